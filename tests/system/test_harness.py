#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the harness itself promises: a test fails where it has to."""

import unittest

from harness import Daemon, main

REPORTS = ("WARNING: ThreadSanitizer: data race (pid=1)", "==1==ERROR: AddressSanitizer: heap-use-after-free",
           "schema/base/time.cpp:12:5: runtime error: signed integer overflow")


class Reporting(Daemon):
    """A daemon that has a sanitizer's report in its log."""

    def __init__(self, report: str):
        self.report = report
        super().__init__()

    def command(self) -> list[str]:
        return ["/bin/sh", "-c", 'printf "%s\\n" "$0" >&2; exec "$@"', self.report, *super().command()]


class Sanitizers(unittest.TestCase):
    def test_a_report_fails_the_test_though_the_daemon_is_killed(self):
        for report in REPORTS:
            with self.subTest(report), self.assertRaisesRegex(AssertionError, "a sanitizer has a report"):
                with Reporting(report) as daemon:
                    daemon.kill()

    def test_other_lines_do_not(self):
        with Reporting("audit.append: WARNING: no sanitizer") as daemon:
            daemon.kill()


if __name__ == "__main__":
    main()
