"""That the bench measures what it says, whatever the figures are.

usage: test_bench.py BUILD
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

BUILD = sys.argv.pop(1)
RUN = pathlib.Path(__file__).with_name("run.py")


def bench(build, *options):
    return subprocess.run([sys.executable, RUN, "--build", build, *options], capture_output=True, text=True,
                          timeout=580)


class BenchTest(unittest.TestCase):
    def test_figures_come_out(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "figures.json")
            done = bench(BUILD, "--quick", "--json", path)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            figures = json.loads(path.read_text(encoding="utf-8"))["figures"]
        for name in ("start/wall_s", "fetch/65536/scenario_wall_s", "fetch/65536/cpu_of_bare", "sweep/524288/cut_points_per_s",
                     "sweep/524288/wall_of_half_size", "sweep/524288/cpu_of_half_size", "suite/memory_mb"):
            self.assertIn(name, figures)
            self.assertIn(name, done.stdout)
        for name, value in figures.items():
            self.assertTrue(math.isfinite(value), f"{name} is {value}")
        for name in ("fetch/65536/bare_wall_s", "fetch/65536/bare_cpu_s", "sweep/262144/wall_s", "suite/wall_s", "suite/memory_mb"):
            self.assertGreater(figures[name], 0, name)
        # 64 sectors erased, 1024 pages programmed, 2 operations on otadata: six ways to fail at each.
        self.assertEqual(figures["sweep/262144/cut_points"], (64 + 1024 + 2) * 6)

    def test_a_build_that_is_none_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            done = bench(folder, "--quick")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("is not built", done.stderr)


if __name__ == "__main__":
    unittest.main()
