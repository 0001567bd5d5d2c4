#!/usr/bin/env python3
"""What README.md says is there: test_readme.py OTASIM ROOT

Each otasim command and option that it names exists, each command has its row, links lead to files, the
CMake functions, sdkconfig options and presets are real, and its recording replays."""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

OTASIM, ROOT = sys.argv[1:3] if len(sys.argv) > 2 else ("otasim", ".")
with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as readme:
    TEXT = readme.read()


def otasim(*arguments):
    return subprocess.run([OTASIM, *arguments], capture_output=True, text=True, timeout=120, check=False)


def help_of(command):
    return otasim(command, "--help").stdout


COMMANDS = set(re.findall(r"^  (\w+) ", otasim("--help").stdout, re.M))


def lines_of(language):
    for block in re.findall(r"^```%s\n(.*?)^```" % language, TEXT, re.M | re.S):
        yield from re.sub(r"\\\n *", "", block).splitlines()


class Commands(unittest.TestCase):
    def test_each_command_has_a_row(self):
        rows = re.search(r"^\| command \|.*?\n\n", TEXT, re.M | re.S).group(0)
        self.assertEqual(set(re.findall(r"^\| `(\w+)`", rows, re.M)), COMMANDS)
        for command, cell in re.findall(r"^\| `(\w+)` \|(.*)\|$", rows, re.M):
            for option in re.findall(r"`(--[\w-]+)`", cell):
                self.assertRegex(help_of(command), re.escape(option) + r"\b", command)

    def test_command_lines_name_what_is_there(self):
        seen = 0
        for line in [*lines_of("sh"), *lines_of("yaml"), *re.findall(r"`((?:build/)?otasim [^`]*)`", TEXT)]:
            found = re.search(r"otasim (?:--scenarios \S+ )?([a-z]+)\b(.*?)(?:  #|$)", line)
            if found is None or "apt-get" in line or "git clone" in line:
                continue
            seen += 1
            self.assertIn(found.group(1), COMMANDS, line)
            for option in re.findall(r" (--[a-z][\w-]*)", found.group(2)):
                self.assertRegex(help_of(found.group(1)), re.escape(option) + r"\b", line)
        self.assertGreater(seen, 15)

    def test_scenarios_that_are_named_are_there(self):
        # portal/ is the guide's example, update/ that of the package.
        names = set(re.findall(r"otasim (?:trace|explain|serve) ([a-z_]+/[\w-]+)", TEXT))
        names |= set(re.findall(r"serial\.log ([a-z_]+/[\w-]+)", TEXT))
        self.assertGreater(len(names), 1)
        for name in names:
            self.assertEqual(otasim("explain", name).returncode, 0, name)

    def test_help_says_what_exit_statuses_mean(self):
        for command in COMMANDS - {"list", "explain"}:
            with self.subTest(command):
                self.assertIn("Exit status:", help_of(command))


class References(unittest.TestCase):
    def test_links_lead_somewhere(self):
        headings = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
                    for heading in re.findall(r"^#+ (.*)$", TEXT, re.M)}
        links = re.findall(r"\]\(([^)]+)\)", TEXT)
        self.assertGreater(len(links), 10)
        for link in links:
            path, _, anchor = link.partition("#")
            if path:
                self.assertTrue(os.path.exists(os.path.join(ROOT, path)), link)
            else:
                self.assertIn(anchor, headings)

    def test_paths_are_there(self):
        for path in re.findall(r"^(tools/[\w/.]+)", "\n".join(lines_of("sh")), re.M):
            self.assertTrue(os.path.exists(os.path.join(ROOT, path)), path)

    def test_presets_are_there(self):
        with open(os.path.join(ROOT, "CMakePresets.json"), encoding="utf-8") as file:
            presets = {preset["name"] for preset in json.load(file)["configurePresets"]}
        self.assertLessEqual(set(re.findall(r"cmake --preset (\w+)", TEXT)), presets)

    def test_cmake_options_are_there(self):
        text = ""
        for folder, _, names in os.walk(ROOT):
            if "/build" in folder or "/.git" in folder:
                continue
            for name in names:
                if name == "CMakeLists.txt" or name.endswith(".cmake"):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        text += file.read()
        for option in set(re.findall(r"-D(OTASIM_\w+)=", TEXT)) | set(re.findall(r"^(otasim_\w+)\($", TEXT, re.M)):
            self.assertIn(option, text)

    def test_the_first_scenario_is_that_of_the_guide(self):
        with open(os.path.join(ROOT, "scenarios", "README.md"), encoding="utf-8") as file:
            guide = file.read()
        row = re.search(r"```c\n(.*?)```", guide, re.S).group(1)
        without_source = re.sub(r" *\.source = .*\n", "", row)
        self.assertIn(without_source, TEXT)


class Recording(unittest.TestCase):
    def test_it_replays(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "bench.jsonl")
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(lines_of("json")) + "\n")
            result = otasim("replay", "--min", "1", path)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(lines_of("json")).replace("0x102", "0x103") + "\n")
            self.assertEqual(otasim("replay", path).returncode, 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
