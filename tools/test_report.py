#!/usr/bin/env python3
"""Tests of what otasim writes for people and for CI: test_report.py OTASIM"""
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

OTASIM = sys.argv[1] if len(sys.argv) > 1 else "otasim"
VOID = {"meta", "br", "img", "link", "hr", "input"}


# A file that is none of the vendor's makes this scenario fail.
FAILING = "real_image/blink"


def spoilt_images(folder):
    with open(os.path.join(folder, "esp_idf_blink_esp32s2.bin"), "wb") as file:
        file.write(b"U" * 65536)
    return {**os.environ, "OTASIM_REAL_IMAGES": folder}


def otasim(*arguments, **options):
    return subprocess.run([OTASIM, *arguments], capture_output=True, text=True, timeout=300, **options)


class Page(html.parser.HTMLParser):
    """Elements must nest; collects what a browser would fetch or run, ids, links and texts."""

    def __init__(self, text):
        super().__init__()
        self.open, self.problems, self.ids, self.targets, self.texts = [], [], [], [], []
        self.drawings = 0
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        self.look_at(tag, attributes)

    def handle_startendtag(self, tag, attributes):
        self.look_at(tag, attributes)

    def look_at(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("script", "iframe", "object", "embed", "link", "img", "base", "form"):
            self.problems.append(f"<{tag}> at {self.getpos()}")
        for name, value in attributes.items():
            if name.startswith("on") or name in ("src", "srcset", "action", "xlink:href"):
                self.problems.append(f"{name}={value} at {self.getpos()}")
            if name == "href" and not value.startswith("#"):
                self.problems.append(f"leads outside: {value}")
        if "href" in attributes:
            self.targets.append(attributes["href"][1:])
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "svg":
            self.drawings += 1
            if not attributes.get("aria-label"):
                self.problems.append(f"a drawing without a name at {self.getpos()}")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> at {self.getpos()} closes another element")

    def handle_data(self, data):
        self.texts.append(data)


class Report(unittest.TestCase):
    """One run of all scenarios, with a sweep."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        sweep = os.path.join(cls.folder.name, "sweep.jsonl")
        otasim("sweep", "network", "--shard", "1/8", "--jsonl", sweep, "flow/first-update")
        with open(sweep, "a", encoding="utf-8") as file:  # what a sweep of power adds where it finds something
            for record in ({"finding": {"at": "none", "class": "fails without a fault", "text": "it just fails",
                                        "window": None, "id": "power:flow/made-up@none"}},
                           {"way": {"id": "power:flow/made-up@3/half", "class": "brick", "steps": ["one"]}},
                           {"summary": {"operations": 0, "findings": 1}}):
                file.write(json.dumps({"sweep": "power", "scenario": "flow/made-up", **record}) + "\n")
        cls.path = os.path.join(cls.folder.name, "report.html")
        cls.result = otasim("report", "-o", cls.path, "--sweep", sweep)
        with open(cls.path, encoding="utf-8") as file:
            cls.text = file.read()
        cls.page = Page(cls.text)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_all_passed(self):
        self.assertEqual(self.result.returncode, 0, self.result.stdout + self.result.stderr)
        self.assertRegex(self.result.stdout, r"(?m)^\d+ passed, 0 failed, \d+ skipped$")

    def test_it_is_well_formed_and_stands_alone(self):
        self.assertEqual(self.page.problems, [])
        self.assertNotRegex(self.text, r"\burl\(|@import")
        self.assertEqual(len(set(self.page.ids)), len(self.page.ids))
        self.assertEqual(set(self.page.targets) - set(self.page.ids), set())

    def test_it_has_every_scenario(self):
        names = otasim("list", "--names").stdout.split("\n")[:-1]
        heads = re.findall(r'<summary><span class="verdict">\w+</span> <b>([^<]*)</b>', self.text)
        self.assertEqual(heads, names)

    def test_it_stays_small(self):
        self.assertLess(os.path.getsize(self.path), 5 << 20)

    def test_it_is_made_for_a_phone_too(self):
        self.assertIn('<meta name="viewport" content="width=device-width, initial-scale=1">', self.text)

    def test_it_tells_what_happened(self):
        part = re.search(r"<b>redirect/found-then-image</b>.*?(?=<details class=\"case|</section>)", self.text, re.S)
        text = part.group(0)
        for word in ("GET /fw.bin: 302", "GET /moved.bin: 200", "WRITE_FLASH \u00d764", "UPDATE_BOOT_PARTITION",
                     "erase \u00d716", "program \u00d764", "sector erases: 16 (of one at most 1), programs: 64, bytes: 65536",
                     "empty \u2192 <b>otasim 2.0.0</b>", "entry 0 selects ota_0", "seq 1"):
            self.assertIn(word, text)

    def test_it_names_hazards_with_advice(self):
        self.assertRegex(self.text, r"Hazard: redirect-relative-is-downgrade\.</b>.*<b>Advice:</b> have the server")

    def test_rows_name_the_hazards_that_they_meet(self):
        listed = set(re.findall(r"(?:met by|^)\s+(\S+/\S+)$", otasim("list", "--hazards").stdout, re.M))
        met = {name for names in re.findall(r"<br>Met by (.*?)</dd>", self.text)
               for name in re.findall(r">([^<]+)</a>", names)}
        self.assertGreaterEqual(len(met), 1)
        self.assertEqual(met - listed, set())

    def test_it_shows_sweeps(self):
        self.assertIn("network: flow/first-update</b>", self.text)
        self.assertIn("known window", self.text)
        self.assertIn("fails without a fault: it just fails", self.text)
        self.assertIn("otasim sweep power:flow/made-up@none", self.text)

    @unittest.skipUnless(shutil.which("xmllint"), "no xmllint")
    def test_a_parser_of_others_reads_it(self):
        # The lines that it quotes are cut anywhere, characters of two bytes included.
        result = subprocess.run(["xmllint", "--html", "--huge", "--noout", self.path], capture_output=True, text=True,
                                errors="replace")
        # libxml2 knows HTML 4 only: the elements that came later are all that it may complain of.
        complaints = [line for line in result.stderr.splitlines() if "error :" in line and
                      not re.search(r"Tag (svg|g|rect|text|title|line|details|summary|section|header|main|figure|"
                                    r"figcaption) invalid", line)]
        self.assertEqual(complaints, [])


class Departures(unittest.TestCase):
    def test_a_failed_scenario_is_open_with_both_sides(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "report.html")
            result = otasim("report", "-o", path, FAILING, env=spoilt_images(folder))
            self.assertEqual(result.returncode, 1, result.stdout)
            with open(path, encoding="utf-8") as file:
                text = file.read()
        self.assertEqual(Page(text).problems, [])
        self.assertRegex(text, r'<details class="case failed" id="s0" open>')
        self.assertIn("Departure from the expectation", text)
        self.assertIn("ESP_ERR_INVALID_VERSION", text)

    def test_what_cannot_be_written_is_a_failure(self):
        result = otasim("report", "-o", "/nonexistent/report.html", "image/good")
        self.assertEqual(result.returncode, 1)
        self.assertIn("/nonexistent/report.html", result.stderr)

    def test_a_sweep_that_is_none_is_named_with_its_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "sweep.jsonl")
            good = {"sweep": "power", "scenario": "a/b", "summary": {"operations": 1}}
            for bad in ("{", "[]", '{"sweep": 1}', '{"sweep": "power", "scenario": "a", "finding": {"at": 3}}'):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(json.dumps(good) + "\n" + bad + "\n")
                result = otasim("report", "-o", os.path.join(folder, "r.html"), "--sweep", path, "image/good")
                self.assertEqual(result.returncode, 1, bad)
                self.assertIn("sweep.jsonl:2: ", result.stderr)
            for nothing in ("", "\n"):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(nothing)
                result = otasim("report", "-o", os.path.join(folder, "r.html"), "--sweep", path, "image/good")
                self.assertEqual(result.returncode, 1)
                self.assertIn("sweep.jsonl: no record in it", result.stderr)


class ForCi(unittest.TestCase):
    def junit(self, *arguments, spoilt=False):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "junit.xml")
            env = spoilt_images(folder) if spoilt else None
            result = otasim("run", "--junit", path, *arguments, env=env)
            return result, ElementTree.parse(path).getroot()

    def check_schema(self, root):
        """What the schemas in use have in common: order of children, attributes, counts that add up."""
        self.assertEqual((root.tag, root.attrib), ("testsuites", {}))
        for number, suite in enumerate(root):
            self.assertEqual(suite.tag, "testsuite")
            self.assertEqual(set(suite.attrib), {"name", "id", "package", "hostname", "timestamp", "tests", "failures",
                                                 "errors", "skipped", "time"})
            self.assertEqual(int(suite.get("id")), number)
            self.assertRegex(suite.get("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$")
            tags = [child.tag for child in suite]
            cases = suite.findall("testcase")
            self.assertEqual(tags, ["properties"] + ["testcase"] * len(cases) + ["system-out", "system-err"])
            self.assertEqual(int(suite.get("tests")), len(cases))
            for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
                self.assertEqual(int(suite.get(name)), len(suite.findall(f"testcase/{tag}")))
            for case in cases:
                self.assertEqual(set(case.attrib), {"name", "classname", "time"})
                self.assertLessEqual(len(case), 1)
                float(case.get("time"))

    def test_junit_has_every_scenario(self):
        result, root = self.junit("image/*", "chunked/*")
        self.assertEqual(result.returncode, 0)
        self.check_schema(root)
        names = [f"{case.get('classname')}/{case.get('name')}" for case in root.iter("testcase")]
        self.assertEqual(names, otasim("list", "--names", "image/*", "chunked/*").stdout.split())

    def test_junit_tells_a_skip(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "junit.xml")
            otasim("run", "--junit", path, FAILING, env={**os.environ, "OTASIM_REAL_IMAGES": folder})
            root = ElementTree.parse(path).getroot()
        self.check_schema(root)
        self.assertIsNotNone(root.find("testsuite/testcase/skipped"))

    def test_junit_tells_a_failure(self):
        result, root = self.junit(FAILING, "redirect/status-302", spoilt=True)
        self.assertEqual(result.returncode, 1)
        self.check_schema(root)
        failure = root.find("testsuite/testcase/failure")
        self.assertEqual(failure.get("message"), "result")
        self.assertIn("| actual", failure.text)

    def test_junit_that_cannot_be_written_is_a_failure(self):
        self.assertEqual(otasim("run", "--junit", "/nonexistent/junit.xml", "image/good").returncode, 1)

    def test_tap_comes_in_order(self):
        result = otasim("run", "--tap", "image/*", "chunked/*")
        self.assertEqual(result.returncode, 0)
        lines = result.stdout.splitlines()
        names = otasim("list", "--names", "image/*", "chunked/*").stdout.split()
        self.assertEqual(lines, ["TAP version 14", f"1..{len(names)}"] +
                         [f"ok {number} - {name}" for number, name in enumerate(names, 1)] +
                         ["# OTA library: otalib"])

    def test_tap_tells_a_failure(self):
        with tempfile.TemporaryDirectory() as folder:
            result = otasim("run", "--tap", FAILING, env=spoilt_images(folder))
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, r"(?m)^not ok 1 - real_image/blink\n  ---\n"
                                        r"  message: \|2\n(    .*\n)+  \.\.\.$")


class Words(unittest.TestCase):
    def test_explain_says_it_all(self):
        text = otasim("explain", "redirect/relative-location-on-https").stdout
        for word in ("refused as if it were a downgrade", "espressif/esp-idf#14562, catalogue R07", "esp_https_ota()",
                     "302, Location: /moved.bin", "expected   ESP_ERR_HTTP_REDIRECT_DOWNGRADE", "documented ESP_OK",
                     "advice     have the server",
                     "otasim trace redirect/relative-location-on-https"):
            self.assertIn(word, text)

    def test_every_scenario_can_be_explained(self):
        text = otasim("explain", "*").stdout
        self.assertEqual(re.findall(r"(?m)^(\S+)$", text), otasim("list", "--names").stdout.split())
        self.assertLessEqual(max(len(line) for line in text.splitlines()), 160)

    def test_hazards_have_advice_and_scenarios(self):
        text = otasim("list", "--hazards").stdout
        parts = text.split("\n\n")
        self.assertGreaterEqual(len(parts), 20)
        for part in parts:
            self.assertRegex(part, r"(?s)^[a-z0-9-]+( \(catalogue \w+\))?\n  \S.*\n  advice     \S.*\n  met by     \S")
        self.assertIn("met by     redirect/relative-location-on-https", text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
