// SPDX-License-Identifier: Apache-2.0
//
// Logins and their cookies.
#include "ipc/http/logins.hpp"

#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace valhalla::http;

namespace {

using login_clock = login_book::clock;

const login_clock::time_point login_start = login_clock::now();

}  // namespace

BOOST_AUTO_TEST_SUITE(http_logins)

BOOST_AUTO_TEST_CASE(a_login_is_found_by_its_cookie_until_its_time_is_over) {
    login_book book{std::chrono::hours{12}};
    const auto made = book.begin("key", login_start);
    const auto cookie = made.cookie;
    const auto token = made.what->csrf;
    BOOST_TEST(made.what->key == "key");
    for (const auto passed : {std::chrono::milliseconds{0}, std::chrono::milliseconds{43'199'999}}) {
        const auto* const found = book.find(cookie, login_start + passed);
        BOOST_REQUIRE(found != nullptr);
        BOOST_TEST(found->csrf == token);  // however often it is used
    }
    BOOST_TEST(book.find(cookie, login_start + std::chrono::hours{12}) == nullptr);
    BOOST_TEST(book.size() == 1U);
    book.on_tick(login_start + std::chrono::hours{12});
    BOOST_TEST(book.size() == 0U);
}

BOOST_AUTO_TEST_CASE(no_other_text_is_its_cookie) {
    login_book book{std::chrono::hours{1}};
    const auto made = book.begin("key", login_start);
    const auto cookie = made.cookie;
    BOOST_TEST(cookie.size() == 64U);
    for (const auto& other : {std::string{}, cookie.substr(1), cookie + "0", made.what->csrf, std::string{"key"}}) {
        BOOST_TEST(book.find(other, login_start) == nullptr);
    }
}

BOOST_AUTO_TEST_CASE(secrets_are_never_the_same) {
    login_book book{std::chrono::hours{1}};
    std::set<std::string> seen;
    for (int n = 0; n < 500; ++n) {
        const auto made = book.begin("key", login_start);
        seen.insert(made.cookie);
        seen.insert(made.what->csrf);
    }
    BOOST_TEST(seen.size() == 1'000U);
}

BOOST_AUTO_TEST_CASE(of_one_key_the_oldest_gives_way_and_no_other) {
    login_book book{std::chrono::hours{1}};
    const auto other = book.begin("other", login_start).cookie;
    std::vector<std::string> cookies;
    for (std::size_t n = 0; n < login_book::most_of_a_key + 3; ++n) {
        cookies.push_back(book.begin("key", login_start + std::chrono::milliseconds{n}).cookie);
    }
    const auto later = login_start + std::chrono::seconds{1};
    for (std::size_t n = 0; n < cookies.size(); ++n) {
        BOOST_TEST((book.find(cookies[n], later) != nullptr) == (n >= 3));
    }
    BOOST_TEST(book.find(other, later) != nullptr);
    BOOST_TEST(book.size() == login_book::most_of_a_key + 1);
}

BOOST_AUTO_TEST_CASE(of_all_the_oldest_gives_way) {
    login_book book{std::chrono::hours{1}};
    const auto first = book.begin("first", login_start).cookie;
    for (std::size_t n = 1; n < login_book::most_logins; ++n) {
        static_cast<void>(book.begin(std::to_string(n), login_start + std::chrono::milliseconds{n}));
    }
    const auto later = login_start + std::chrono::seconds{10};
    BOOST_TEST(book.find(first, later) != nullptr);
    static_cast<void>(book.begin("last", later));
    BOOST_TEST(book.find(first, later) == nullptr);
    BOOST_TEST(book.size() == login_book::most_logins);
}

BOOST_AUTO_TEST_CASE(one_ends_by_its_cookie_and_all_of_a_key_by_its_digest) {
    login_book book{std::chrono::hours{1}};
    const auto one = book.begin("key", login_start).cookie;
    const auto two = book.begin("key", login_start).cookie;
    const auto other = book.begin("other", login_start).cookie;
    book.end(one);
    book.end("nothing");
    BOOST_TEST(book.find(one, login_start) == nullptr);
    BOOST_TEST(book.find(two, login_start) != nullptr);
    book.end_all_of(digest_of("key"));
    BOOST_TEST(book.find(two, login_start) == nullptr);
    BOOST_TEST(book.find(other, login_start) != nullptr);
}

BOOST_AUTO_TEST_CASE(a_cookie_is_taken_by_its_whole_name_and_once) {
    BOOST_TEST(cookie_value("a=1; valhalla-login=x; b=2", "valhalla-login").value() == "x");
    BOOST_TEST(cookie_value("valhalla-login=x=y", "valhalla-login").value() == "x=y");
    BOOST_TEST(cookie_value("valhalla-login=", "valhalla-login").value().empty());
    BOOST_TEST(cookie_value("valhalla-login=x;valhalla-login=x", "valhalla-login").value().empty());
    BOOST_TEST(
        cookie_value("valhalla-login=x; a=1; valhalla-login=y; valhalla-login=z", "valhalla-login").value().empty());
    for (const char* const field : {"", "a=1", "valhalla-login", "xvalhalla-login=1", "valhalla-loginx=1",
                                    "a=valhalla-login=1", "__Host-valhalla-login=1", "Valhalla-Login=1"}) {
        BOOST_TEST(!cookie_value(field, "valhalla-login"));
    }
}

BOOST_AUTO_TEST_CASE(a_cookie_line_keeps_scripts_other_sites_and_clear_text_out) {
    BOOST_TEST(login_cookie_line("x", true) ==
               "Set-Cookie: __Host-valhalla-login=x; Path=/; HttpOnly; SameSite=Strict; Secure\r\n");
    BOOST_TEST(login_cookie_line("x", false) == "Set-Cookie: valhalla-login=x; Path=/; HttpOnly; SameSite=Strict\r\n");
    BOOST_TEST(end_cookie_line(true) ==
               "Set-Cookie: __Host-valhalla-login=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
