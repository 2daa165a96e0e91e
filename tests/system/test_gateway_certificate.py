#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The certificate and the key of valhalla-gateway: what is wrong with them, and what a hang-up does."""

import signal
import ssl

from gateway_service import run_gateway
from gateway_tls import HOST, TlsTest, give_to_gateway, make_certificate, make_expired_certificate, openssl
from harness import eventually, main

USAGE = 2


class Files(TlsTest):
    def hang_up(self, words: str):
        begin = len(self.log())
        self.gateway.process.send_signal(signal.SIGHUP)
        eventually(lambda: words in self.log()[begin:], f"it is told: {words}")

    def becomes(self, certificate: str, key: str):
        (self.directory / "now.pem").write_bytes((self.directory / f"{certificate}.pem").read_bytes())
        (self.directory / "now.key").write_bytes((self.directory / f"{key}.key").read_bytes())

    def test_a_new_certificate_is_read_at_a_hang_up_and_connections_go_on(self):
        before = self.secure()
        half = self.records()
        half.socket.sendall(half.hello())
        half.receive()
        make_certificate(self.directory, "old")
        make_certificate(self.directory, "next")
        (self.directory / "old.pem").write_bytes((self.directory / "now.pem").read_bytes())
        self.becomes("next", "next")
        self.hang_up(f"new connections get the certificate that is in {self.directory}/now.pem now, which expires at 20")
        self.assertEqual(self.secure(authority="next").request("GET", "/healthz").status, 200)
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.secure(authority="old")
        self.assertEqual(before.request("GET", "/healthz").status, 200)
        half.shake_hands()

    def test_files_that_cannot_be_used_change_nothing_and_are_told(self):
        before = self.secure()
        make_certificate(self.directory, "old")
        (self.directory / "old.pem").write_bytes((self.directory / "now.pem").read_bytes())
        make_certificate(self.directory, "next")
        make_expired_certificate(self.directory, "expired", "next")
        goes_on = "goes on with the certificate and the key that it has: tls."
        now = self.directory / "now"
        for certificate, key, words in (("next", "old", f"key: {now}.key is not the key of the certificate in {now}.pem"),
                                        ("expired", "next", f"certificate: {now}.pem expired at 2001-02-01 00:00:00 UTC")):
            self.becomes(certificate, key)
            self.hang_up(goes_on + words)
            self.assertEqual(self.secure(authority="old").request("GET", "/healthz").status, 200)
        self.becomes("next", "next")
        (self.directory / "now.key").chmod(0o644)
        self.hang_up(goes_on + f"key: {self.directory}/now.key is open to other users")
        (self.directory / "now.pem").unlink()
        self.hang_up(goes_on + f"certificate: {self.directory}/now.pem cannot be read: No such file or directory")
        self.assertEqual(self.secure(authority="old").request("GET", "/healthz").status, 200)
        self.assertEqual(before.request("GET", "/healthz").status, 200)

    def test_what_is_wrong_with_the_files_is_told_before_they_are_used(self):
        make_certificate(self.directory, "other")
        make_certificate(self.directory, "rsa", ("rsa:2048",))
        make_expired_certificate(self.directory, "expired", "now")
        openssl("pkey", "-in", self.directory / "now.key", "-aes256", "-passout", "pass:secret", "-out",
                self.directory / "locked.key")
        (self.directory / "chain.pem").write_bytes((self.directory / "now.pem").read_bytes() +
                                                   (self.directory / "other.pem").read_bytes())
        (self.directory / "cut.pem").write_bytes((self.directory / "chain.pem").read_bytes()[:-100])
        (self.directory / "open.key").write_bytes((self.directory / "now.key").read_bytes())
        for name, mode in (("open.key", 0o604), ("locked.key", 0o600), ("other.key", 0o640)):
            give_to_gateway(self.directory / name, mode)
        for certificate, key, words in (
                ("now.pem", "other.key", f"tls.key: {self.directory}/other.key is not the key of the certificate in "
                                         f"{self.directory}/now.pem"),
                ("now.pem", "rsa.key", f"tls.key: {self.directory}/rsa.key is not the key of the certificate in"),
                ("none.pem", "now.key", f"tls.certificate: {self.directory}/none.pem cannot be read: No such file or directory"),
                ("", "now.key", f"tls.certificate: {self.directory}/ is not a regular file"),
                ("now.key", "now.key", f"tls.certificate: {self.directory}/now.key does not contain a certificate (PEM)"),
                ("cut.pem", "now.key", f"tls.certificate: {self.directory}/cut.pem contains a certificate that is not valid PEM"),
                ("now.pem", "none.key", f"tls.key: {self.directory}/none.key cannot be read: No such file or directory"),
                ("now.pem", "now.pem", f"tls.key: {self.directory}/now.pem is open to other users"),
                ("now.pem", "open.key", f"tls.key: {self.directory}/open.key is open to other users"),
                ("now.pem", "locked.key", f"tls.key: {self.directory}/locked.key is locked with a passphrase")):
            self.configure(certificate, key)
            for options in (("--check-config",), ("--listen", "127.0.0.1:0")):
                done = run_gateway("--config", str(self.gateway.config), *options)
                self.assertEqual((done.returncode, done.stdout), (USAGE, ""), done.stderr)
                self.assertIn(words, done.stderr)
        self.configure("expired.pem", "now.key")
        done = run_gateway("--config", str(self.gateway.config), "--check-config")
        self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
        self.assertIn(f"tls.certificate: {self.directory}/expired.pem expired at 2001-02-01 00:00:00 UTC", done.stderr)
        for certificate, key in (("chain.pem", "now.key"), ("other.pem", "other.key"), ("rsa.pem", "rsa.key")):
            self.configure(certificate, key)
            done = run_gateway("--config", str(self.gateway.config), "--check-config")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, rf"\n  tls +{self.directory}/{certificate}, which expires at 20\d\d-\d\d-\d\d ")

    def configure(self, certificate: str, key: str):
        self.gateway.config.write_text(f'[tls]\ncertificate = "{self.directory}/{certificate}"\nkey = "{self.directory}/{key}"\n')

    def test_a_service_begins_with_an_expired_certificate_and_says_so(self):
        self.gateway.stop()
        make_expired_certificate(self.directory, "now", "now")
        self.gateway.start()
        self.assertIn(f"clients will not accept the certificate: tls.certificate: {self.directory}/now.pem expired at 2001-02-01",
                      self.log())
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.secure()

    def test_a_chain_is_sent_whole(self):
        def file(name: str):
            return self.directory / name

        key_names = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n"
        file("of-a-signer").write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n" + key_names)
        file("of-a-host").write_text(f"subjectAltName=DNS:{HOST}\n" + key_names)
        make_certificate(self.directory, "root")
        make_certificate(self.directory, "middle")
        for name, extensions, signer in (("middle", "of-a-signer", "root"), ("now", "of-a-host", "middle")):
            openssl("req", "-new", "-key", file(f"{name}.key"), "-subj", f"/CN={name}", "-out", file("request"))
            openssl("x509", "-req", "-in", file("request"), "-days", "2", "-CA", file(f"{signer}.pem"), "-CAkey",
                    file(f"{signer}.key"), "-CAcreateserial", "-extfile", file(extensions), "-out", file(f"{name}.pem"))
        file("now.pem").write_bytes(file("now.pem").read_bytes() + file("middle.pem").read_bytes())
        self.hang_up("new connections get the certificate")
        self.assertEqual(self.secure(authority="root").request("GET", "/healthz").status, 200)


if __name__ == "__main__":
    main()
