"""Sweeps from the outside: that they are complete, that shards and identifiers mean what they say, and
that none of the shortcuts changes what is found.

usage: test_sweep.py OTASIM [unittest arguments]
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

OTASIM = sys.argv.pop(1) if len(sys.argv) > 1 else "otasim"
TEARS = 6
WRONG = ("--wrong-bootloader",)


class SweepTest(unittest.TestCase):
    def otasim(self, *arguments, status=0, options=()):
        done = subprocess.run([OTASIM, *options, "sweep", *arguments], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def records(self, *arguments, status=0, options=()):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "results.jsonl")
            self.otasim(*arguments, "--jsonl", path, status=status, options=options)
            with open(path, encoding="utf-8") as file:
                return [json.loads(line) for line in file]

    def summary(self, *arguments):
        summaries = [record["summary"] for record in self.records(*arguments) if "summary" in record]
        self.assertEqual(len(summaries), 1)
        return summaries[0]

    def findings(self, records):
        return sorted(record["finding"]["id"] for record in records if "finding" in record)


class PowerTest(SweepTest):
    def test_every_operation_in_every_way(self):
        summary = self.summary("power", "flow/first-update", "--retries", "0")
        self.assertEqual(summary["operations"], 274)  # 16 erases, 256 pages, and 2 of otadata
        self.assertEqual(summary["states"], 274 * TEARS)
        self.assertEqual(summary["findings"], 0)
        self.assertEqual(summary["retries"], summary["distinct"])

    def test_hashing_anew_and_every_retry_find_the_same(self):
        part = ("power", "flow/first-update", "--shard", "6/6")
        self.assertEqual(self.findings(self.records(*part)), [])
        self.assertEqual(self.findings(self.records(*part, "--no-memo")), [])
        every = self.records(*part, "--every-retry")
        self.assertEqual(self.findings(every), [])
        summary = every[-1]["summary"]
        self.assertEqual(summary["retries"], summary["states"])

    def test_shards_are_the_whole(self):
        whole = self.summary("power", "flow/a-to-b", "--retries", "0")
        parts = [self.summary("power", "flow/a-to-b", "--retries", "0", "--shard", f"{n}/3") for n in (1, 2, 3)]
        for figure in ("operations", "states"):
            self.assertEqual(sum(part[figure] for part in parts), whole[figure])

    def test_a_point_and_its_flash(self):
        with tempfile.TemporaryDirectory() as folder:
            flash = os.path.join(folder, "flash.bin")
            said = self.otasim("power:flow/first-update@273/half", "--keep-flash", flash)
            self.assertIn("0 findings", said)
            self.assertEqual(os.path.getsize(flash), 4 << 20)
            explained = subprocess.run([OTASIM, "flash", flash], capture_output=True, text=True, timeout=60)
            self.assertIn("bad CRC", explained.stdout)

    def test_a_wrong_bootloader_bricks(self):
        """And the way to the brick that is printed is the shortest: of all bricks the one with the fewest
        cuts, boots and operations."""
        flows = ("flow/rollback-confirmed", "flow/first-update", "flow/a-to-b")
        records = self.records("power", *flows, "--retries", "0", status=1, options=WRONG)
        findings = [record["finding"] for record in records
                    if "finding" in record and record["finding"]["window"] is None]
        bricks = [finding["at"] for finding in findings if finding["class"] == "brick"]
        ways = {record["way"]["class"]: record["way"] for record in records if "way" in record}
        self.assertEqual(set(ways), {finding["class"] for finding in findings})
        scenario, point = ways["brick"]["id"].rsplit("@", 1)
        self.assertEqual(scenario, "power:flow/first-update")
        self.assertNotIn(",", point)
        self.assertEqual(int(point.split("/")[0]), min(int(at.split("/")[0]) for at in bricks))
        steps = ways["brick"]["steps"]
        self.assertIn("power fails in the", steps[1])
        self.assertIn("nothing boots", steps[-1])
        self.assertEqual(len(steps), 3)
        said = self.otasim(ways["brick"]["id"], status=1, options=WRONG)
        self.assertIn("nothing boots", said)
        self.assertIn(steps[1], said)

    def test_a_flow_that_fails_without_a_fault_is_a_finding_and_the_others_are_swept(self):
        """This bootloader never rolls back; that does not hide its brick."""
        flows = ("flow/rollback-unconfirmed", "flow/first-update")
        records = self.records("power", *flows, "--retries", "0", status=1, options=WRONG)
        finding, *others = [record["finding"] for record in records if "finding" in record
                            and record["finding"]["class"] == "fails without a fault"]
        self.assertEqual(others, [])
        self.assertEqual(finding["id"], "power:flow/rollback-unconfirmed@none")
        self.assertIn("boots: expected ota_0 2.0.0, factory 1.0.0; actual ota_0 2.0.0, ota_0 2.0.0", finding["text"])
        summaries = {record["scenario"]: record["summary"] for record in records if "summary" in record}
        self.assertEqual((summaries[flows[0]]["operations"], summaries[flows[0]]["findings"]), (0, 1))
        self.assertEqual(summaries[flows[1]]["operations"], 274)
        ways = {record["way"]["class"] for record in records if "way" in record}
        self.assertIn("brick", ways)
        self.assertNotIn("fails without a fault", ways)
        said = self.otasim(finding["id"], status=1, options=WRONG)
        self.assertIn(f"fails without a fault: {finding['id']}", said)
        self.assertIn("0 findings", self.otasim(finding["id"]))
        point = finding["id"].replace("none", "3/half")
        self.assertIn(finding["id"], self.otasim(point, status=1, options=WRONG))

    def test_shards_tell_once_of_a_flow_that_fails_without_a_fault(self):
        shard = ("power", "flow/rollback-unconfirmed", "--shard")
        self.assertEqual(len(self.findings(self.records(*shard, "1/2", status=1, options=WRONG))), 1)
        self.assertEqual(self.findings(self.records(*shard, "2/2", options=WRONG)), [])

    def test_the_bootloader_is_the_release_s(self):
        """5.1.2 does not look at efuse block revisions: what has confirmed itself boots again, whatever was cut."""
        row = """    {.name = "walk/blocks", .about = "needs later efuse blocks", .device = {.efuse_block_revision = 1},
     .firmware = "updater-rollback", .firmware_of = {{"2.0.0", "behaviours-rollback:confirms"}},
     .image = {.min_block_revision = 2}, .server = {IMAGE()}, .update = {.restart = true},
     .expect = {.any_events = true, .boots = {{OTA_0, "2.0.0"}, {OTA_0, "2.0.0"}}}},
"""
        with tempfile.TemporaryDirectory() as folder:
            scenarios = ("--scenarios", build_set(folder, row))
            sweep = ("power", "walk/blocks", "--retries", "0")
            said = self.otasim(*sweep, "--release", "5.1.2", options=scenarios)
            self.assertIn("278 operations", said)
            self.assertIn("0 findings, 39 in known windows", said)
            found = self.findings(self.records(*sweep, "--release", "5.1.7", status=1, options=scenarios))
            self.assertEqual(found, ["power:walk/blocks@none"])

    def test_windows_are_where_otadata_is_rewritten_in_place(self):
        """With rollback by the bootloader, which marks the new entry PENDING_VERIFY (erase and program: 274
        and 275, after the update's own 274 operations); the new app may give way while it is on trial, so
        confirming and rejecting opens no further window. Without rollback by the app that confirms itself.
        Nowhere else, and whatever else power fails in finds nothing."""
        in_place = {("silent downgrade", "otadata rewritten in place", op) for op in (274, 275)}
        expected = {"flow/rollback-confirmed": in_place, "flow/rollback-unconfirmed": in_place,
                    "flow/rollback-marked-invalid": in_place, "flow/anti-rollback": in_place,
                    "flow/confirmed-without-rollback": in_place, "flow/resume": set(),
                    "flow/resume-native": set()}
        listed = subprocess.run([OTASIM, "list", "--names"], capture_output=True, text=True, timeout=60).stdout
        flows = [flow for flow in expected if flow in listed.split()]  # examples are not built everywhere
        records = self.records("power", "--strict", "--retries", "0", *flows, status=1)
        found = {flow: set() for flow in flows}
        for record in records:
            if "finding" in record:
                finding = record["finding"]
                op = int(finding["at"].split("/")[0])
                found[record["scenario"]].add((finding["class"], finding["window"], op))
        self.assertEqual(found, {flow: expected[flow] for flow in flows})

    def test_bad_points(self):
        self.assertIn("has 274 operations", self.otasim("power:flow/first-update@274/half", status=1))
        self.assertIn("is no cut point", self.otasim("power:flow/first-update@1/hlaf", status=1))
        self.assertIn("is no id", self.otasim("power:flow/first-update", status=2))
        self.assertIn("not lightning", self.otasim("lightning", status=2))
        self.assertIn("--shard", self.otasim("power", "--shard", "4/3", status=2))

    def test_a_scenario_that_fails_is_no_flow(self):
        self.assertIn("flow/nothing", self.otasim("power", "flow/nothing", status=2))


class FaultTest(SweepTest):
    def test_each_allocation(self):
        summary = self.summary("memory", "flow/first-update")
        self.assertGreater(summary["faults"], 10)
        self.assertEqual(summary["findings"], 0)

    def test_flash(self):
        summary = self.summary("flash", "flow/first-update", "--shard", "1/8")
        self.assertGreater(summary["faults"], 10)
        self.assertEqual(summary["findings"], 0)

    def test_a_flow_that_fails_without_a_fault_is_a_finding_and_the_others_are_swept(self):
        flows = ("flow/rollback-unconfirmed", "flow/first-update")
        for kind in ("memory", "flash", "network"):
            with self.subTest(kind):
                records = self.records(kind, *flows, "--shard", "1/30", status=1, options=WRONG)
                self.assertIn(f"{kind}:{flows[0]}@none", self.findings(records))
                summaries = {record["scenario"]: record["summary"] for record in records if "summary" in record}
                self.assertEqual(summaries[flows[0]], {"faults": 0, "findings": 1, "windows": 0})
                self.assertGreater(summaries[flows[1]]["faults"], 0)
                point = f"{kind}:{flows[0]}@none"
                self.assertIn(f"fails without a fault: {point}", self.otasim(point, status=1, options=WRONG))
                self.assertIn("0 findings", self.otasim(point))

    def test_silence_holds_the_one_shot(self):
        records = self.records("network:flow/first-update@1+20000/silence", status=1)
        classes = {(record["finding"]["class"], record["finding"]["window"])
                   for record in records if "finding" in record}
        self.assertEqual(classes, {("hang", "esp_https_ota waits for ever")})

    def test_an_end_in_the_header_and_in_the_body(self):
        for point in ("1+0/fin", "1+17/rst", "1+90/fin", "1+5000/rst", "1+30/silence"):
            with self.subTest(point):
                self.otasim(f"network:flow/first-update@{point}")


class RandomTest(SweepTest):
    def walks(self, *arguments):
        records = self.records("random", "--walks", "60", *arguments)
        return [json.dumps(record["walk"]) for record in records if "walk" in record]

    def test_a_seed_is_its_walks(self):
        whole = self.walks("--jobs", "2")
        self.assertEqual(len(whole), 60)
        self.assertEqual(whole, self.walks("--jobs", "1"))
        self.assertNotEqual(whole, self.walks("--seed", "2"))
        parts = [walk for n in (1, 2, 3) for walk in self.walks("--shard", f"{n}/3")]
        self.assertEqual(sorted(parts), sorted(whole))

    def test_a_cut_in_an_entry_rewritten_in_place_is_a_known_window(self):
        """Power fails between erase and program, when an app without rollback confirms itself."""
        for walk in ("1/4503", "1/7561"):
            with self.subTest(walk):
                records = self.records(f"random:walk@{walk}", status=1)
                found = [(record["finding"]["class"], record["finding"]["window"])
                         for record in records if "finding" in record]
                self.assertEqual(found, [("silent downgrade", "otadata rewritten in place")])

    def test_a_wrong_bootloader_is_found_and_its_row_fails_for_that_alone(self):
        records = self.records("random", "--walks", "500", status=1, options=WRONG)
        finding = next(record["finding"] for record in records
                       if "finding" in record and "row" in record["finding"])
        with tempfile.TemporaryDirectory() as folder:
            command = [OTASIM, "--scenarios", build_set(folder, finding["row"]), "run"]
            right = subprocess.run(command, capture_output=True, text=True, timeout=120)
            command[1:1] = WRONG
            wrong = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual(wrong.returncode, 1, wrong.stdout + wrong.stderr)
        self.assertIn("boots", wrong.stdout)
        self.assertEqual(right.returncode, 0, right.stdout + right.stderr)
        self.assertIn("1 passed", right.stdout)


SET = """#include "scenario_set.h"
extern const struct scenario scenarios_walk[];
static const struct scenario *const tables[] = {scenarios_walk, 0};
const struct scenario_set otasim_scenario_set = {
    .layout = SCENARIO_SET_LAYOUT, .tables = tables, .firmware = "updater",
    .firmware_dir = "%s", .certs_dir = "%s"};
"""


def build_set(folder, row):
    """A module with the row, compiled as otasim_add_scenarios() would."""
    sources = {"walk.c": '#include "scenario.h"\nSCENARIOS(walk) = {\n' + row + "END_OF_SCENARIOS,\n};\n",
               "set.c": SET % (os.environ["OTASIM_TEST_FIRMWARE"], os.environ["OTASIM_TEST_CERTS"])}
    for name, text in sources.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    module = os.path.join(folder, "walk.so")
    includes = ["-I" + path for path in os.environ["OTASIM_TEST_INCLUDES"].split(":")]
    subprocess.run([os.environ["OTASIM_TEST_CC"], "-std=gnu11", "-shared", "-fPIC", *includes,
                    *(os.path.join(folder, name) for name in sources), "-o", module], check=True, timeout=120)
    return module


if __name__ == "__main__":
    unittest.main()
