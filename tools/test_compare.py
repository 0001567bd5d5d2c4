#!/usr/bin/env python3
"""Tests of otasim compare with whole logs: test_compare.py OTASIM LOGS"""
import os
import re
import subprocess
import sys
import unittest

OTASIM, LOGS = sys.argv[1:3] if len(sys.argv) > 2 else ("otasim", "fixtures/serial")


def otasim(*arguments, **options):
    return subprocess.run([OTASIM, *arguments], capture_output=True, timeout=120, check=False, **options)


def compare(*arguments, log=b""):
    result = otasim("compare", *arguments, input=log)
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def log(name):
    return os.path.join(LOGS, name + ".log")


class Boards(unittest.TestCase):
    """Logs as boards and terminal programs leave them."""

    # log, scenario, exit status, what must be said
    ROWS = (
        ("good_esp32s3", "flow/first-update", 0,
         ["ESP-IDF v5.5.1", "agrees   line 40    result", "agrees   line 39    events", "agrees   line 60    boot: ota_0",
          "3 agree, 0 depart"]),
        ("good_other_slots", "flow/first-update", 0, ["boot: the update"]),
        ("saved_by_powershell", "flow/first-update", 0, ["agrees   line 13    events"]),
        ("rolled_back", "firmware/advanced/crashes-and-rolls-back", 0,
         ["line 58    boot: ota_0", "line 87    boot: factory", "line 64    crash"]),
        ("rolled_back", "flow/first-update", 1, ["DEPARTS  line 64    crash", "1 depart"]),
        ("wrong_root", "tls/unknown-ca", 0, ["line 1     TLS error: -0x2700", "ESP_ERR_HTTP_CONNECT"]),
        ("wrong_root", "tls/expired", 0, ["TLS error: -0x2700"]),
        ("wrong_root", "tls/version-1.3-only", 1, ["DEPARTS  line 1     TLS error"]),
        ("html_for_image", "flow/first-update", 1,
         ["DEPARTS  line 33    result", '"ESP_HTTPS_OTA upgrade failed 0x1503"', "DEPARTS  line 54    boot", "expected  ota_0",
          "factory, at 0x10000"]),
        ("noise", "flow/first-update", 1, ["DEPARTS  line 7     result", "not told            boot"]),
    )

    def test_each(self):
        for name, scenario, status, words in self.ROWS:
            with self.subTest(log=name, scenario=scenario):
                code, out, err = compare(log(name), scenario)
                self.assertEqual(code, status, out + err)
                for word in words:
                    self.assertIn(word, out)

    def test_noise_steers_no_terminal(self):
        out = compare(log("noise"), "flow/first-update")[1]
        self.assertRegex(out, r"\A[ -~\n]*\Z")


class Simulated(unittest.TestCase):
    """A log of the simulator's own device agrees with the scenario, and with no other result."""

    def serial(self, name):
        return otasim("run", "--verbose", name).stdout

    def test_families_agree(self):
        names = []
        for family in ("flow/*", "rollback/*", "auth/*"):
            names += otasim("list", "--names", family).stdout.decode().split()[::4]
        self.assertGreater(len(names), 10)
        for name in names:
            with self.subTest(name):
                code, out, err = compare("-", name, log=self.serial(name))
                self.assertEqual(code, 0, out + err)

    def test_another_scenarios_log_departs(self):
        good = self.serial("flow/first-update")
        bad = self.serial("content/random")
        self.assertEqual(compare("-", "content/random", log=good)[0], 1)
        self.assertEqual(compare("-", "flow/first-update", log=bad)[0], 1)

    def test_strict_expects_what_is_documented(self):
        name = "redirect/relative-location-on-https"
        strict = otasim("run", "--verbose", "--strict", name).stdout
        self.assertEqual(compare("--strict", "-", name, log=strict)[0], 0)
        code, out, _ = compare("-", name, log=strict)
        self.assertEqual(code, 1)
        self.assertIn("try --strict", out)


class Arguments(unittest.TestCase):
    def test_what_is_wrong_is_told_apart(self):
        for status, arguments, words in (
                (2, ["x.log"], "usage"), (2, [log("noise"), "nosuch/one"], "nosuch"), (2, [log("noise"), "flow/*"], "names"),
                (1, ["/nonexistent.log", "flow/first-update"], "/nonexistent.log"),
                (1, ["--image", log("noise"), log("noise"), "flow/first-update"], "no app image"),
                (1, ["--partitions", "/nonexistent.csv", log("noise"), "flow/first-update"], "/nonexistent.csv")):
            with self.subTest(arguments):
                code, out, err = compare(*arguments)
                self.assertEqual(code, status, out + err)
                self.assertIn(words, err)

    def test_a_log_that_tells_nothing_is_a_failure(self):
        code, _, err = compare("-", "flow/first-update", log=b"\x00\xff nothing here\n")
        self.assertEqual(code, 1)
        self.assertIn("tells nothing", err)

    def test_quiet_prints_departures_only(self):
        code, out, _ = compare("-q", log("good_esp32s3"), "flow/first-update")
        self.assertEqual((code, len(re.findall("\n", out))), (0, 1))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
