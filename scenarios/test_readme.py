#!/usr/bin/env python3
"""What scenarios/README.md says is so: test_readme.py OTASIM ROOT

Its example compiles and passes, its mismatch reads as it says, and its tables have each word of the
headers, and no other."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

OTASIM, ROOT = sys.argv[1:3] if len(sys.argv) > 2 else ("otasim", ".")
SET = """#include "scenario_set.h"
extern const struct scenario scenarios_portal[];
static const struct scenario *const tables[] = {scenarios_portal, 0};
const struct scenario_set otasim_scenario_set = {
    .layout = SCENARIO_SET_LAYOUT, .tables = tables, .firmware = "updater",
    .firmware_dir = "%s", .certs_dir = "%s"};
"""
# Which structures a table is about.
TABLES = {
    "The row": ["scenario"],
    "Servers": ["scenario_response", "scenario_listeners"],
    "Devices": ["scenario_device", "scenario_app", "scenario_otadata_entry", "scenario_signing", "scenario_power",
                "app_image_spec"],
    "Firmware": ["scenario", "scenario_behaviour", "scenario_trust", "update_plan"],
    "Expectations": ["scenario_expect", "expected_event", "expected_request", "expected_boot"],
}
# Set by the harness from other words of the row.
NOT_WRITTEN = {"app_image_spec": {"chip"}}


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def code(*path):
    return re.sub(r"/\*.*?\*/", "", read(*path), flags=re.S)


HEADERS = "\n".join(code(*path) for path in (
    ("sim", "harness", "scenario.h"), ("fixtures", "firmware", "update_plan.h"), ("sim", "device", "app_image.h")))
GUIDE = read("scenarios", "README.md")


def fields(struct):
    begin = HEADERS.index("struct %s {" % struct)
    depth, end = 0, HEADERS.index("{", begin)
    body = end + 1
    while True:
        depth += {"{": 1, "}": -1}.get(HEADERS[end], 0)
        end += 1
        if depth == 0:
            break
    text = re.sub(r"struct\s*\{.*?\}", "struct x", HEADERS[body:end - 1], flags=re.S)
    names = set()
    for declaration in text.split(";"):
        for name in declaration.split(","):
            found = re.search(r"(\w+)\s*(\[[^\]]*\]\s*)*$", name.strip())
            if found:
                names.add(found.group(1))
    return names - NOT_WRITTEN.get(struct, set())


def enumerators(*enums):
    names = set()
    for enum in enums:
        body = re.search(r"enum %s\s*\{(.*?)\}" % enum, HEADERS, re.S).group(1)
        names |= set(re.findall(r"\b([A-Z][A-Z0-9_]+)\b", body))
    return names


def macros():
    names = set(re.findall(r"^#define (\w+)", code("sim", "harness", "scenario.h"), re.M))
    return {name for name in names if not name.startswith("SCENARIO_MAX_")}


def section(title):
    return re.search(r"^## %s\n(.*?)(?=^## |\Z)" % title, GUIDE, re.M | re.S).group(1)


def rows(title):
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines[1:]]


def words(title):
    return {word for row in rows(title) for word in re.findall(r"`([^`]+)`", row[0])}


def blocks(language):
    return re.findall(r"^```%s\n(.*?)^```" % language, GUIDE, re.M | re.S)


class Tables(unittest.TestCase):
    def test_a_table_has_the_fields_of_its_structures_and_no_other(self):
        for title, structs in TABLES.items():
            with self.subTest(title):
                known = set().union(*(fields(struct) for struct in structs))
                self.assertGreater(len(known), 3)
                written = {word for word in words(title) if not word.isupper()}
                self.assertEqual(written - known, set())
                left = known - fields("scenario") if title != "The row" else known
                self.assertEqual(left - written, set())

    def test_the_tables_have_each_macro_and_no_other(self):
        written = {word for title in TABLES for word in words(title) if word.isupper()}
        self.assertEqual(written, macros())

    def test_the_tables_have_each_value(self):
        text = "".join(section(title) for title in TABLES)
        wanted = enumerators("update_api", "update_trust", "update_mistake", "update_decryption", "scenario_state",
                             "scenario_tag")
        said = {word for word in re.findall(r"`(?:UPDATE|STATE|TAG)_\w+`", text)}
        self.assertEqual({word.strip("`") for word in said} - macros(), wanted)

    def test_values_and_firmwares_that_are_named_are_there(self):
        text = "".join(section(title) for title in TABLES)
        known = HEADERS + code("sim", "device", "flash.h") + code("sim", "device", "otadata.h")
        for word in re.findall(r"\b(?:FLASH_CUT|OTADATA)_\w+", text):
            self.assertIn(word, known)
        for module in re.findall(r'"((?:updater|behaviours)[\w.-]*)[":]', text):
            self.assertTrue(os.path.exists(os.path.join(os.environ["OTASIM_TEST_FIRMWARE"], module + ".so")), module)


class Example(unittest.TestCase):
    def run_example(self, source):
        with tempfile.TemporaryDirectory() as folder:
            files = {"portal.c": source,
                     "set.c": SET % (os.environ["OTASIM_TEST_FIRMWARE"], os.environ["OTASIM_TEST_CERTS"])}
            for name, text in files.items():
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            module = os.path.join(folder, "portal.so")
            includes = ["-I" + path for path in os.environ["OTASIM_TEST_INCLUDES"].split(":")]
            subprocess.run([os.environ["OTASIM_TEST_CC"], "-std=gnu11", "-Wall", "-Wextra", "-Werror",
                            "-Wno-missing-field-initializers", "-Wno-override-init", "-shared", "-fPIC", *includes,
                            *(os.path.join(folder, name) for name in files), "-o", module], check=True, timeout=120)
            return subprocess.run([OTASIM, "--scenarios", module, "run", "--no-strict"], capture_output=True, text=True,
                                  timeout=120, check=False)

    def test_it_is_the_first_thing_and_passes(self):
        self.assertLess(GUIDE.index("```c\n"), 250)
        result = self.run_example(blocks("c")[0])
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("1 passed, 0 failed", result.stdout)

    def test_it_can_fail(self):
        good = re.sub(r"RESPONSE\(.*\)\}", "IMAGE()}", blocks("c")[0])
        self.assertEqual(self.run_example(good).returncode, 1)

    def test_its_mismatch_reads_as_the_guide_says(self):
        result = self.run_example(blocks("c")[0].replace("ESP_FAIL", "ESP_ERR_INVALID_VERSION"))
        self.assertEqual(result.returncode, 1)
        actual = re.sub(r" +\d+ ms", "", result.stdout)
        self.assertIn(blocks("text")[0], actual)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
