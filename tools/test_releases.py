#!/usr/bin/env python3
"""What otasim says of releases, and whether its scenarios bear it out.

usage: test_releases.py OTASIM README.md
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

OTASIM, README = sys.argv[1], sys.argv[2]
RECORDED = ["4.4.8", "5.1.7", "5.3.5", "5.5.5", "master"]


def otasim(*arguments, status=0):
    done = subprocess.run([OTASIM, *arguments], capture_output=True, text=True, timeout=500)
    assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout if status == 0 else done.stdout + done.stderr


def names_of(changes):
    """The names that `otasim upgrade` gives, by heading."""
    found, heading = {}, None
    for line in changes.splitlines():
        if line.startswith("  ") and not line.startswith("   "):
            found.setdefault(heading, []).append(line.strip())
        elif line and not line.startswith(" "):
            heading = line
    return found


class Hazards(unittest.TestCase):
    def test_the_readme_has_the_matrix_of_the_table(self):
        with open(README, encoding="utf-8") as text:
            readme = text.read()
        begin, end = "<!-- otasim hazards --matrix -->\n", "<!-- end -->"
        self.assertIn(begin, readme)
        shown = readme.split(begin)[1].split(end)[0]
        self.assertEqual(shown.strip(), otasim("hazards", "--matrix").strip(),
                         "put the output of `otasim hazards --matrix` there")

    def test_a_release_has_its_own(self):
        names = {row["name"] for row in json.loads(otasim("hazards", "--release", "5.1.7", "--json"))}
        self.assertIn("downgrade-followed", names)
        self.assertIn("reselect-duplicates-seq", names)
        self.assertNotIn("endless-401", names)  # fixed in 5.1
        self.assertNotIn("resume-while-pending", names)  # nothing can be resumed there
        self.assertNotIn("length-counted-twice", names)  # fixed in 5.1.3
        self.assertIn("length-counted-twice", otasim("hazards", "--release", "5.1.2"))
        self.assertIn("known hazards in ESP-IDF 5.1.7", otasim("hazards", "--release", "5.1"))

    def test_unknown_releases_are_refused_with_those_that_are_known(self):
        for release in "3.3", "5.1.99", "next", "":
            self.assertIn("5.1", otasim("hazards", "--release", release, status=2))

    def test_scenarios_show_hazards_where_the_table_has_them(self):
        """On a release that has the hazard it is met, and nowhere else; a scenario that expects what
        is safe fails there, and passes elsewhere."""
        shown = {}
        for row in json.loads(otasim("hazards", "--json")):
            if len(row["releases"]) == len(RECORDED):
                continue  # the book's own rows run it
            self.assertTrue(row["scenarios"], f"no scenario shows {row['name']}")
            for scenario in row["scenarios"]:
                shown.setdefault(scenario, []).append(row)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "matrix.json")
            subprocess.run([OTASIM, "run", "--all-releases", "--json", path, *shown],
                           capture_output=True, timeout=550, check=False)
            with open(path, encoding="utf-8") as file:
                matrix = json.load(file)
        self.assertEqual(matrix["releases"], RECORDED)
        verdicts = {row["name"]: row["verdicts"] for row in matrix["scenarios"]}
        wrong = []
        for scenario, hazards in shown.items():
            for release in RECORDED:
                verdict = verdicts[scenario][release]
                if verdict["skipped"]:
                    continue
                where = f"{scenario} on {release}: {verdict['cell']}\n{verdict['text']}"
                for row in hazards:
                    has, met = release in row["releases"], row["name"] in verdict["hazards"]
                    if has != met:
                        wrong.append(f"{row['name']} {'is not' if has else 'is'} met by {where}")
                    elif scenario in row["safe"] and verdict["passed"] == has:
                        wrong.append(f"{row['name']} {'passes' if has else 'fails'}: {where}")
        self.assertFalse(wrong, "\n".join(wrong))


class Shapes(unittest.TestCase):
    """Hazards that every release has, each in its own way."""

    def test_a_second_description_takes_the_slot_or_before_5_5_the_next_bytes(self):
        erased = "VERIFY_CHIP_ID 65535"
        for release in RECORDED:
            trace = otasim("trace", "--release", release, "contract/describes-twice",
                           status=1 if release == "4.4.8" else 0)  # reads no magic: perform fails
            self.assertIn("desc-twice", trace)
            read_on = release in ("4.4.8", "5.1.7", "5.3.5")
            self.assertEqual(erased not in trace, read_on, trace)
            self.assertNotIn("VERIFY_CHIP_ID 9\n", trace)


class Upgrade(unittest.TestCase):
    def test_names_what_changes(self):
        found = names_of(otasim("upgrade", "5.1.7", "5.5.5"))
        self.assertEqual(
            sorted(found["Hazards that are gone"]),
            ["chip-revision-late", "desc-after-perform", "downgrade-followed",
             "overwritten-slot-stays-valid", "unanswerable-401-repeated"])
        self.assertIn("resume-while-pending", found["Hazards that are new"])
        self.assertIn("one-shot-hides-begin", found["Other codes are returned"])
        self.assertIn("bulk-erase-whole", found["Done in another way"])
        self.assertIn("buffer_caps", found["API: new"])

    def test_backwards_is_the_same_the_other_way_round(self):
        there = names_of(otasim("upgrade", "4.4.8", "master"))
        back = names_of(otasim("upgrade", "master", "4.4.8"))
        self.assertEqual(there["Hazards that are gone"], back["Hazards that are new"])
        self.assertEqual(there["Hazards that are new"], back["Hazards that are gone"])
        self.assertEqual(there["Other codes are returned"], back["Other codes are returned"])
        self.assertEqual(there["API: new"], back["API: gone"])

    def test_the_same_release_changes_nothing(self):
        self.assertIn("0 known changes", otasim("upgrade", "5.3.5", "5.3"))

    def test_the_init_callback_comes_before_head_from_4_4_3_on(self):
        out = otasim("upgrade", "4.4.2", "4.4.3", "range/header-of-the-application")
        self.assertIn("1 of 1 scenarios end differently; 0 that passed fail now", out)

    def test_scenarios_whose_verdicts_differ_are_shown(self):
        out = otasim("upgrade", "5.5.4", "5.5.5", "redirect/downgrade-to-http", "image/good")
        self.assertIn("redirect/downgrade-to-http", out)
        self.assertNotIn("image/good", out)
        self.assertIn("1 of 2 scenarios end differently; 0 that passed fail now", out)
        out = otasim("upgrade", "5.5.5", "5.5.4", "redirect/downgrade-to-http", status=1)
        self.assertIn("1 that passed fail now", out)

    def test_what_is_missing_or_wrong_is_said(self):
        otasim("upgrade", status=2)
        otasim("upgrade", "5.1", status=2)
        self.assertIn("2.0", otasim("upgrade", "5.1", "2.0", status=2))
        self.assertIn("nosuch", otasim("upgrade", "5.1", "5.3", "nosuch/*", status=2))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
