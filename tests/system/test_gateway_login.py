# SPDX-License-Identifier: Apache-2.0
"""A browser logs in with a key: what its cookie opens, what it does not, and when that ends."""

import signal
import socket
import time

from attack_table import attack
from gateway import ConnectionEnded, Gateway, GatewayTest, Stream, resident_kib
from gateway_service import ServiceGateway
from harness import DEADLINE_S, NO_RATES, SANITIZED, DaemonTest, audit_records, eventually, main
from place import can_be_others, directory_for_all

SESSION = "/core/go/session"
START = "/core/go/start_session"
DECIDE = "/core/cone/decide?engine=wholesaling&action=run"
PLAIN = "valhalla-login"
SECURE = "__Host-valhalla-login"
MANY = 10_000
TOGETHER = 250  # pipelined


class Browser:
    """Keeps the cookie and the token as a page does."""

    def __init__(self, gateway: Gateway, key: str | None = None, **fields: str):
        self.gateway = gateway
        self.fields = fields
        self.cookie = ""
        self.token = ""
        if key is not None:
            self.answer = self.log_in(key)
            assert self.answer.status == 200, self.answer

    def log_in(self, key: str, **fields: str):
        answer = self.get_answer("POST", "/login", {"key": key}, **fields)
        if answer.status == 200:
            self.cookie = answer.fields["set-cookie"].split(";")[0]
            self.token = answer.json()["csrf"]
        return answer

    def get_answer(self, method: str, target: str, body=None, **fields):
        with self.gateway.http() as http:
            return http.request(method, target, body, **self.fields, **fields)

    def request(self, method: str, target: str, body=None, token: str | None = None, **fields):
        """With the cookie and, for a change, the token; `token`: another one."""
        more = {"Cookie": self.cookie} if self.cookie else {}
        if method == "POST" and (token or self.token):
            more["X_VALHALLA_CSRF"] = self.token if token is None else token
        return self.get_answer(method, target, body, **(more | fields))

    def get(self, target: str, **fields):
        return self.request("GET", target, **fields)

    def post(self, target: str, body=None, **fields):
        return self.request("POST", target, {} if body is None else body, **fields)

    def stream(self) -> Stream:
        return Stream(self.gateway.port, Cookie=self.cookie)


class LoginTest(DaemonTest):
    """The gateway as a service: every request needs a key or a login."""

    config = NO_RATES
    gateway_config = ""

    def setUp(self):
        super().setUp()
        programs = self.enterContext(directory_for_all())
        self.gateway = self.enterContext(ServiceGateway(self.daemon, programs, self.gateway_config))

    def create_key(self, name: str = "anna", role: str = "operator") -> dict:
        return self.client.call("key.create", name=name, role=role)

    def browser(self, name: str = "anna", role: str = "operator", **fields: str) -> Browser:
        return Browser(self.gateway, self.create_key(name, role)["key"], **fields)

    def own_records(self) -> list[str]:
        """The trail but for keys, and for who was denied."""
        return [r["event"] for r in audit_records(self.client) if not r["event"].startswith(("KEY_", "ACCESS_"))]

    def assert_ended(self, browser: Browser):
        for answer in (browser.get(SESSION), browser.post(START)):
            self.assertEqual(answer.status, 401)
            self.assertRegex(answer.fields["set-cookie"], rf"^{PLAIN}=; .*Max-Age=0")


class Login(LoginTest):
    def test_a_browser_logs_in_once_and_acts_in_the_name_of_the_key(self):
        browser = self.browser()
        self.assertEqual(browser.answer.json(), {"operator": "anna", "role": "operator", "csrf": browser.token, "ends_in_s": 43_200})
        self.assertRegex(browser.answer.fields["set-cookie"], rf"^{PLAIN}=[0-9a-f]{{64}}; Path=/; HttpOnly; SameSite=Strict$")
        self.assertEqual(browser.answer.fields["cache-control"], "no-store")
        self.assertRegex(browser.token, r"^[0-9a-f]{64}$")
        self.assertNotIn(browser.token, browser.cookie)
        self.assertEqual(browser.post(START, {"notes": "hers"}).status, 200)
        self.assertEqual(browser.get(SESSION).json()["notes"], "hers")
        self.assertEqual(browser.post("/rpc", {"jsonrpc": "2.0", "id": 1, "method": "daemon.info"}).json()["result"]["operator"], "anna")
        [started] = audit_records(self.client, event="GO_SESSION_START")
        self.assertEqual(started["actor"], {"name": "anna", "via": "http"})
        told = browser.get("/login").json()  # a page that was loaded anew asks for its token
        self.assertEqual((told["operator"], told["csrf"]), ("anna", browser.token))
        self.assertLessEqual(told["ends_in_s"], 43_200)
        stream = browser.stream()
        self.addCleanup(stream.close)
        self.assertIn("200 OK", stream.head)

    def test_without_a_login_there_is_none_to_tell(self):
        self.assertEqual(Browser(self.gateway).get("/login").status, 401)
        key = self.create_key()["key"]
        answer = self.gateway.request("GET", "/login", X_VALHALLA_KEY=key)
        self.assertEqual(answer.json(), {"operator": "anna", "role": "operator", "csrf": None, "ends_in_s": None})
        self.assertEqual(self.gateway.request("POST", "/logout", {}, X_VALHALLA_KEY=key).json(), {"ended": False})

    def test_what_is_not_a_key_begins_no_login(self):
        self.create_key()  # before there is one, the daemon lets nobody without a role come in
        for body, status in (({}, 422), ({"key": None}, 422), ({"key": 1}, 422), ({"key": ""}, 422), ([], 422), ({"key": "x", "more": 1}, 422),
                             ({"key": "x"}, 401), ({"key": "vhk_0123456789ab_" + "0" * 64}, 401)):
            answer = self.gateway.request("POST", "/login", body)
            self.assertEqual((body, answer.status), (body, status))
            self.assertNotIn("set-cookie", answer.fields)
        self.assertEqual(self.gateway.request("POST", "/login?key=x").status, 422)

    def test_a_key_in_its_field_comes_before_the_cookie(self):
        browser = self.browser()
        other = self.create_key("bert", "viewer")["key"]
        self.assertEqual(browser.get("/core/info", X_VALHALLA_KEY=other).json()["operator"], "bert")
        self.assertEqual(browser.get("/core/info", X_VALHALLA_KEY="x").status, 401)
        # A program that has a cookie by chance needs no token.
        self.assertEqual(browser.post(START, token="", X_VALHALLA_KEY=self.create_key("carl")["key"]).status, 200)

    def test_logins_outlast_what_is_kept_for_keys(self):
        """More keys than have connections to the daemon at once."""
        browsers = [self.browser(f"anna{n}", "viewer") for n in range(20)]
        for _ in range(2):
            for n, browser in enumerate(browsers):
                self.assertEqual(browser.get("/core/info").json()["operator"], f"anna{n}")

    def test_while_the_daemon_is_away_nobody_logs_in_and_logins_stay(self):
        browser = self.browser()
        key = self.create_key("bert")["key"]
        self.client.close()
        self.daemon.kill()
        answer = self.gateway.request("POST", "/login", {"key": key})
        self.assertEqual(answer.status, 503)
        self.assertNotIn("set-cookie", answer.fields)
        self.assertEqual(browser.get(SESSION).status, 503)
        self.daemon.start()
        if can_be_others():
            self.gateway.open_socket()
        self.reconnect()
        eventually(lambda: browser.get(SESSION).status == 200, "it is back")

    def test_a_login_ends_with_the_process(self):
        browser = self.browser()
        self.gateway.stop()
        self.gateway.start()
        self.assert_ended(browser)


class Attacks(LoginTest):
    CHANGES = ((START, {"notes": "x"}), ("/core/cone/state", {"band": "A", "reason": "x"}), ("/core/audit/records", {"event": "X_A", "payload": {}}),
               ("/core/cone/decide", {"engine": "wholesaling", "action": "run"}), ("/logout", {}),
               ("/rpc", {"jsonrpc": "2.0", "id": 1, "method": "session.start"}), ("/rpc", {"jsonrpc": "2.0", "id": 1, "method": "cone.state"}))

    @attack("a cookie without its token, or with a token that is nearly the right one", "403 for every change, nothing is recorded; reads are answered")
    def test_a_cookie_without_its_token_changes_nothing(self):
        browser = self.browser(role="owner")
        before = self.own_records()
        nearly = browser.token[:-1] + ("0" if browser.token[-1] != "0" else "1")
        for target, body in self.CHANGES:
            for token in ("", nearly, browser.token[:-1], browser.token + "0", browser.token.upper() + "x", browser.cookie):
                self.assertEqual((target, token, browser.post(target, body, token=token).status), (target, token, 403))
        self.assertEqual(self.own_records(), before)
        self.assertEqual(browser.get(SESSION).status, 200)
        for target, body in self.CHANGES[:4]:
            self.assertEqual((target, browser.post(target, body).status), (target, 200))

    @attack("a cookie with the token of another login, of the same key or of another key", "403, nothing is recorded")
    def test_the_token_of_another_login_does_not_fit(self):
        key = self.create_key(role="owner")["key"]
        one, two = (Browser(self.gateway, key) for _ in range(2))
        stranger = self.browser("bert", "owner")
        before = self.own_records()
        for token in (two.token, stranger.token):
            for target, body in self.CHANGES:
                self.assertEqual(one.post(target, body, token=token).status, 403)
        self.assertEqual(self.own_records(), before)
        self.assertEqual({browser.post(START).status for browser in (one, two, stranger)}, {200})

    @attack("a cookie for a GET that leaves a record, with and without its token", "401, nothing is recorded")
    def test_a_cookie_never_decides_by_get(self):
        key = self.create_key()["key"]
        browser = Browser(self.gateway, key)
        before = self.own_records()
        self.assertEqual(browser.get(DECIDE).status, 401)
        self.assertEqual(browser.get(DECIDE, X_VALHALLA_CSRF=browser.token).status, 401)
        self.assertEqual(self.own_records(), before)
        self.assertEqual(browser.get(DECIDE, X_VALHALLA_KEY=key).status, 200)

    @attack("a login, a logout or a change by a page of another site", "403 or 415; no login begins or ends, nothing is recorded")
    def test_pages_of_other_sites_log_nobody_in_or_out(self):
        key = self.create_key(role="owner")["key"]
        browser = Browser(self.gateway, key)
        before = self.own_records()
        for fields in ({"Origin": "https://evil.test"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}):
            answer = Browser(self.gateway).post("/login", {"key": key}, **fields)
            self.assertEqual((fields, answer.status), (fields, 403))
            self.assertNotIn("set-cookie", answer.fields)
            for target, body in self.CHANGES:
                self.assertEqual((fields, browser.post(target, body, **fields).status), (fields, 403))
            told = browser.get("/login", **fields)
            self.assertEqual((fields, told.status), (fields, 403))
            self.assertNotIn("access-control-allow-origin", told.fields)
            self.assertNotIn(browser.token, told.body.decode())
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            answer = Browser(self.gateway).post("/login", {"key": key}, Content_Type=kind)
            self.assertEqual((kind, answer.status), (kind, 415))
        self.assertEqual(self.own_records(), before)
        self.assertEqual(browser.get(SESSION).status, 200)

    @attack("a cookie that somebody else chose, or put beside the right one (fixation)", "401; every login makes a new cookie and ends the login of the one that came with it")
    def test_a_cookie_is_never_taken_from_a_client(self):
        chosen = f"{PLAIN}=" + "0" * 64
        victim = Browser(self.gateway)
        key = self.create_key()["key"]
        self.assertEqual(victim.get(SESSION, Cookie=chosen).status, 401)
        self.assertEqual(victim.log_in(key, Cookie=chosen).status, 200)
        self.assertNotEqual(victim.cookie, chosen)
        self.assertEqual(victim.get(SESSION, Cookie=chosen).status, 401)
        for both in (f"{chosen}; {victim.cookie}", f"{victim.cookie}; {chosen}", f"{victim.cookie}; {victim.cookie}"):
            self.assertEqual(victim.get(SESSION, Cookie=both).status, 401)
        self.assertEqual(victim.get(SESSION, Cookie=f"other=1; {victim.cookie}; x{PLAIN}=2; {PLAIN}x=3").status, 200)
        first = Browser(self.gateway)
        first.cookie, first.token = victim.cookie, victim.token
        self.assertEqual(victim.log_in(key, Cookie=victim.cookie).status, 200)
        self.assertNotIn(victim.cookie, (first.cookie, chosen))
        self.assertNotEqual(victim.token, first.token)
        self.assertEqual(victim.get(SESSION).status, 200)
        self.assert_ended(first)

    @attack("a cookie after its logout", "401, its event streams are closed; other logins of the key are still good")
    def test_after_a_logout_the_cookie_opens_nothing(self):
        key = self.create_key()["key"]
        one, two = (Browser(self.gateway, key) for _ in range(2))
        stream, other = one.stream(), two.stream()
        self.addCleanup(other.close)
        answer = one.post("/logout")
        self.assertEqual((answer.status, answer.json()), (200, {"ended": True}))
        self.assertRegex(answer.fields["set-cookie"], rf"^{PLAIN}=; .*Max-Age=0")
        self.assert_ended(one)
        self.assert_stream_ends(stream)
        self.assertEqual(two.post(START).status, 200)
        seq = audit_records(self.client, event="GO_SESSION_START")[-1]["seq"]
        self.assertEqual(other.event()[0], seq)

    @attack("an event stream, or a read, by a page of another origin with the cookie", "403, no stream begins, nothing is told")
    def test_pages_of_other_origins_read_nothing_by_a_cookie(self):
        browser = self.browser()
        for fields in ({"Origin": "https://evil.test"}, {"Origin": "null"}, {"Origin": "http://localhost:1"}, {"Sec_Fetch_Site": "cross-site"},
                       {"Sec_Fetch_Site": "same-site"}):
            for target in ("/core/audit/stream", SESSION, "/core/audit/records", "/core/export", "/tlog/checkpoint"):
                answer = browser.get(target, **fields)
                self.assertEqual((fields, target, answer.status), (fields, target, 403))
        own = f"http://localhost:{self.gateway.port}"
        for fields in ({}, {"Origin": own}, {"Sec_Fetch_Site": "same-origin"}, {"Sec_Fetch_Site": "none"}):
            self.assertEqual((fields, browser.get(SESSION, **fields).status), (fields, 200))

    def test_a_login_that_ends_while_its_stream_is_asked_for_gets_none(self):
        browser = self.browser()
        with self.gateway.http() as http:
            self.daemon.process.send_signal(signal.SIGSTOP)
            try:
                http.send(http.text("GET", "/core/audit/stream", Cookie=browser.cookie))
                self.assertEqual(self.gateway.request("GET", "/").status, 404)  # so it was read
                self.assertEqual(browser.post("/logout").json(), {"ended": True})
            finally:
                self.daemon.process.send_signal(signal.SIGCONT)
            with self.assertRaises(ConnectionEnded):
                while True:
                    http.take(1)

    def test_a_connection_on_which_a_stream_was_refused_outlasts_the_login(self):
        """A proxy's connections are everybody's."""
        key = self.create_key()["key"]
        browser = Browser(self.gateway, key)
        with self.gateway.http() as http:
            self.assertEqual(http.request("GET", "/core/audit/stream?after=999999", Cookie=browser.cookie).status, 404)
            self.assertEqual(browser.post("/logout").status, 200)
            self.assertEqual(http.request("GET", SESSION, X_VALHALLA_KEY=key).status, 200)

    def assert_stream_ends(self, stream: Stream):
        with self.assertRaises(ConnectionEnded):
            while True:
                stream.http.take(1)
        stream.close()

    @attack("a cookie whose key was revoked", "401 for all logins with it; their event streams are closed")
    def test_a_revoked_key_ends_its_logins(self):
        key = self.create_key()
        browsers = [Browser(self.gateway, key["key"]) for _ in range(3)]
        stream = browsers[0].stream()
        other = self.browser("bert", "viewer")
        self.client.call("key.revoke", id=key["id"])
        self.assert_stream_ends(stream)
        for browser in browsers:
            self.assertEqual(browser.get(SESSION).status, 401)
            self.assert_ended(browser)
        self.assertEqual(Browser(self.gateway).log_in(key["key"]).status, 401)
        self.assertEqual(other.get(SESSION).status, 200)

    @attack("keys guessed by logging in", "429; they count together with keys in X-VALHALLA-KEY: some 20 and one in 3 s from an address")
    def test_logins_are_guesses_like_any_other(self):
        key = self.create_key()["key"]
        fresh = self.create_key("bert", "viewer")["key"]
        with self.gateway.http() as http:
            self.assertEqual(http.request("GET", SESSION, X_VALHALLA_KEY=key).status, 200)
            wrong = [f"vhk_0123456789ab_{n:064x}" for n in range(30)]
            http.send(b"".join(http.text("POST", "/login", {"key": guess}) if n % 2 else http.text("GET", SESSION, X_VALHALLA_KEY=guess)
                               for n, guess in enumerate(wrong)) + http.text("POST", "/login", {"key": fresh}))
            seen = [http.answer() for _ in range(len(wrong) + 1)]
        self.assertEqual({answer.status for answer in seen[:19]}, {401})
        self.assertEqual([answer.status for answer in seen[-4:]], [429] * 4)
        self.assertGreaterEqual(int(seen[-1].fields["retry-after"]), 1)
        self.assertEqual(Browser(self.gateway).log_in(key).status, 200)  # it is in use
        with self.gateway.http() as elsewhere:
            elsewhere.socket.close()
            elsewhere.socket = socket.create_connection(("127.0.0.1", self.gateway.port), timeout=DEADLINE_S,
                                                        source_address=("127.0.0.2", 0))
            self.assertEqual(elsewhere.request("POST", "/login", {"key": fresh}).status, 200)

    @attack("10,000 logins with one key", "only the newest 16 are kept; logins of other keys are still good; below 64 MiB")
    def test_10_000_logins_leave_the_newest_and_those_of_others(self):
        key = self.create_key()["key"]
        other = self.browser("bert", "viewer")
        cookies: list[str] = []
        begin = time.monotonic()
        for _ in range(0, MANY, TOGETHER):
            with self.gateway.http() as http:
                http.send(http.text("POST", "/login", {"key": key}) * TOGETHER)
                for _ in range(TOGETHER):
                    answer = http.answer()
                    self.assertEqual(answer.status, 200)
                    cookies.append(answer.fields["set-cookie"].split(";")[0])
        print(f"{MANY} logins in {time.monotonic() - begin:.1f} s")
        self.assertEqual(len(set(cookies)), MANY)
        self.assertEqual([Browser(self.gateway).get(SESSION, Cookie=cookie).status for cookie in cookies[-20:]], [401] * 4 + [200] * 16)
        self.assertEqual(other.get(SESSION).status, 200)
        if not SANITIZED:
            self.assertLess(resident_kib(self.gateway.process.pid), 64 << 10)


class Expiry(LoginTest):
    gateway_config = "[limits]\nlogin_time_s = 1\n"

    @attack("a cookie after 12 hours (1 s in the test)", "401, its event streams are closed")
    def test_a_login_ends_after_its_time(self):
        browser = self.browser()
        self.assertEqual(browser.answer.json()["ends_in_s"], 1)
        stream = browser.stream()
        if "200 OK" in stream.head:  # it was in time
            with self.assertRaises(ConnectionEnded):
                while True:
                    stream.http.take(1)
        stream.close()
        eventually(lambda: browser.get(SESSION).status == 401, "it ends, however often it is used")
        self.assert_ended(browser)


class Proxy(LoginTest):
    gateway_config = 'trusted_proxies = ["127.0.0.1"]\n'

    @attack("a cookie from a login over TLS that is sent in clear text, and the reverse",
            "401; the two cookies have different names, and the one over TLS is Secure with the prefix __Host-")
    def test_the_cookie_is_for_https_alone_where_a_proxy_says_so(self):
        browser = self.browser(X_Forwarded_Proto="https")
        self.assertRegex(browser.answer.fields["set-cookie"],
                         rf"^{SECURE}=[0-9a-f]{{64}}; Path=/; HttpOnly; SameSite=Strict; Secure$")
        self.assertEqual(browser.post(START).status, 200)
        own = f"https://localhost:{self.gateway.port}"
        self.assertEqual(browser.post(START, Origin=own).status, 200)
        self.assertEqual(browser.post(START, Origin=own.replace("https", "http")).status, 403)
        # The name of the one is not that of the other: a cookie that was set in clear cannot take its place.
        self.assertEqual(browser.get(SESSION, Cookie=browser.cookie.replace(SECURE, PLAIN)).status, 401)
        for proto in ("http", "", "https,http", "http,https"):
            browser.fields = {"X_Forwarded_Proto": proto}
            self.assertEqual((proto, browser.get(SESSION).status), (proto, 401))
        clear = self.browser("bert", X_Forwarded_Proto="http")
        self.assertRegex(clear.answer.fields["set-cookie"], rf"^{PLAIN}=")
        self.assertEqual(clear.get(SESSION).status, 200)
        clear.fields = {"X_Forwarded_Proto": "https"}
        self.assertEqual(clear.get(SESSION).status, 401)


class NoProxy(LoginTest):
    def test_nobody_else_is_believed_about_https(self):
        self.assertRegex(self.browser(X_Forwarded_Proto="https").answer.fields["set-cookie"], rf"^{PLAIN}=[^;]*; Path=/; HttpOnly; SameSite=Strict$")


class Development(GatewayTest):
    """--dev: everybody is the user who runs it, and whoever logs in with a key is no longer that user."""

    def test_without_a_key_everybody_is_told_who_they_are_and_no_login_begins(self):
        own = self.get("/core/info").json()
        for answer in (self.get("/login"), self.post("/login", {}), self.post("/login")):
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.json(), {"operator": own["operator"], "role": own["role"], "csrf": None, "ends_in_s": None})
            self.assertNotIn("set-cookie", answer.fields)
        self.assertEqual(self.post("/logout", {}).json(), {"ended": False})

    def test_who_logs_in_with_a_key_is_held_to_it(self):
        browser = Browser(self.gateway, self.client.call("key.create", name="anna", role="viewer")["key"])
        self.assertEqual(browser.get("/core/info").json()["operator"], "anna")
        self.assertEqual(browser.post(START).status, 403)
        self.assertEqual(browser.post(START, token="").status, 403)
        self.assertEqual(browser.get(DECIDE).status, 401)
        self.assertEqual(browser.post("/logout").json(), {"ended": True})
        self.assertEqual(browser.get(SESSION).status, 401)  # not as the user who runs it; the cookie is taken back with that
        self.assertEqual(self.get(SESSION).status, 200)


class DevKey(GatewayTest):
    gateway_environment = {"VALHALLA_DEV_KEY": "open-sesame"}

    def test_its_key_logs_in_as_the_user_who_runs_the_gateway(self):
        self.assertEqual(self.post("/login", {}).status, 422)
        self.assertEqual(self.post("/login", {"key": "open-sesamf"}).status, 401)
        browser = Browser(self.gateway, "open-sesame")
        self.assertEqual(browser.get("/core/info").json()["operator"], self.get("/core/info", X_VALHALLA_KEY="open-sesame").json()["operator"])
        self.assertEqual(browser.post(START, token="").status, 403)
        self.assertEqual(browser.post(START).status, 200)
        self.assertEqual(browser.get(DECIDE).status, 401)
        browser.post("/logout")
        self.assertEqual(browser.get(SESSION).status, 401)


if __name__ == "__main__":
    main()
