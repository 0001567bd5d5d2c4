#!/usr/bin/env python3
"""How fast otasim is, each figure beside what it is to be compared with, measured in the same run.

  sweep   a power sweep of one update, by the size of its image: whole program runs; doublings by wall
          clock and by CPU time, without the start of the program
  fetch   one scenario (server session, update over TLS, verification, the next boot, verdict) against a
          bare mbedTLS client that shakes hands with the same server and fetches as many bytes and hashes
          them as often as the device does, and against curl. Each has a connection and a full handshake
          for each fetch. The server's time counts on both sides: the one waits for it by the wall clock,
          and its CPU seconds are added. What a run costs before its first scenario (program, server,
          firmware) is told apart: a scenario's time is a 15th of what 15 more take in one run.
  suite   all scenarios, as `otasim run` does them

Rounds are interleaved, so that what else the host does hits all alike; a figure is the median of its
rounds, and a round's time of a fetch or scenario the mean of its sixteen.
"""
import argparse
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from timing import ended, timed

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FETCHES = 16
HASHES = 3  # when an update is complete (esp_ota_end), when it is selected, and when it boots
TARGETS = {"sweep/1048576/wall_s": 5.0, "fetch/1048576/wall_of_bare": 1.5, "fetch/1048576/cpu_of_bare": 1.5,
           "suite/wall_s": 25.0}
DOUBLING_AT_MOST = 2.3


class Bench:
    def __init__(self, build, quick):
        self.otasim = build / "otasim"
        self.certs = build / "certs"
        self.bare_client = build / "tools/bench/bare_client"
        self.scenarios = build / "tools/bench/scenarios-bench_scenarios/bench_scenarios.so"
        self.quick = quick
        self.rounds = 1 if quick else 5
        self.figures = {}  # name: number
        self.notes = {}
        for path in (self.otasim, self.bare_client, self.scenarios):
            if not path.exists():
                raise RuntimeError(f"{path} is not built")

    def own(self, command, *arguments):
        return [self.otasim, "--scenarios", self.scenarios, command, *arguments]

    def figure(self, name, values):
        self.figures[name] = statistics.median(values)

    def start(self):
        """Seconds before the first scenario begins: the program, the server, the worker."""
        names = [f"bench/fetch-65536-a-{letter}" for letter in "ab"]
        walls, cpus = [], []
        for _ in range(self.rounds):
            one, two = (timed(self.own("run", "-j1", "-q", *names[:count])) for count in (1, 2))
            walls.append(2 * one.wall - two.wall)
            cpus.append(2 * one.cpu - two.cpu)
        self.figure("start/wall_s", walls)
        self.figure("start/cpu_s", cpus)

    # Sweeps.

    def sweep_once(self, size):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "sweep.jsonl")
            run = timed(self.own("sweep", "power", "--jsonl", path, f"bench/sweep-{size}"))
            records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return run, next(record["summary"] for record in records if "summary" in record)

    def sweep(self):
        sizes = [262144, 524288] if self.quick else [262144, 524288, 1048576, 2097152]
        runs = {size: [] for size in sizes}
        for _ in range(min(self.rounds, 3)):
            for size in sizes:
                run, summary = self.sweep_once(size)
                runs[size].append(run)
                self.figures[f"sweep/{size}/cut_points"] = summary["states"]
        for size in sizes:
            self.figure(f"sweep/{size}/wall_s", [run.wall for run in runs[size]])
            self.figure(f"sweep/{size}/cpu_s", [run.cpu for run in runs[size]])
            self.figure(f"sweep/{size}/memory_mb", [run.memory / 1e6 for run in runs[size]])
            self.figures[f"sweep/{size}/cut_points_per_s"] = (self.figures[f"sweep/{size}/cut_points"] /
                                                              self.figures[f"sweep/{size}/wall_s"])
        for half, whole in zip(sizes, sizes[1:]):
            for clock in ("wall", "cpu"):
                start = self.figures[f"start/{clock}_s"]
                pairs = zip(runs[half], runs[whole])
                self.figure(f"sweep/{whole}/{clock}_of_half_size",
                            [(getattr(b, clock) - start) / (getattr(a, clock) - start) for a, b in pairs])

    # One scenario against other clients.

    def make_image(self, size, folder):
        image = pathlib.Path(folder, "fw.bin")
        timed([self.otasim, "image", "make", "--size", size, "-o", image])
        if image.stat().st_size != size:
            raise RuntimeError(f"the image has {image.stat().st_size} bytes, not {size}")
        return image

    def serve(self, image):
        server = subprocess.Popen([sys.executable, SOURCE / "fixtures/server/server.py", "--certs", self.certs,
                                   "--serve", image], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        for line in server.stdout:
            if line.startswith("https://"):
                return server, line.strip()
        raise RuntimeError("the server does not start")

    def bare(self, image, count):
        """What the client says, and the CPU seconds of it and the server."""
        server, url = self.serve(image)
        with server.stdout:
            try:
                port, path = url.rsplit(":", 1)[1].split("/", 1)
                client = timed([self.bare_client, self.certs / "root_ca.crt", port, "/" + path, HASHES, count])
            finally:
                cpu = ended(server)
        return client.out.splitlines(), client.cpu + cpu

    def bare_fetch(self, image):
        """Seconds by the wall clock and of CPU time of one fetch, and the protocol."""
        _, cpu_of_one = self.bare(image, 1)
        (*seconds, protocol), cpu = self.bare(image, FETCHES)
        return statistics.mean(map(float, seconds)), (cpu - cpu_of_one) / (FETCHES - 1), protocol

    def curl_fetch(self, image, protocol):
        options = ["--silent", "--show-error", "--fail", "--no-sessionid", "--http1.1", "--cacert",
                   self.certs / "root_ca.crt", "--header", "Connection: close", "--write-out", "%{time_total}\n"]
        if protocol.startswith("TLSv1.2"):
            options += ["--tls-max", "1.2"]
        server, url = self.serve(image)
        with server.stdout:
            try:
                urls = [word for _ in range(FETCHES) for word in ("--output", os.devnull, url)]
                return statistics.mean(map(float, timed(["curl", "--disable", *options, *urls]).out.split()))
            finally:
                ended(server)

    def scenario(self, size):
        """Seconds by the wall clock and of CPU time: of a scenario, and of a run before its first."""
        one = timed(self.own("run", "-j1", "-q", f"bench/fetch-{size}-a-a"))
        all_of_them = timed(self.own("run", "-j1", "-q", f"bench/fetch-{size}-*"))
        wall, cpu = ((getattr(all_of_them, clock) - getattr(one, clock)) / (FETCHES - 1) for clock in ("wall", "cpu"))
        return wall, cpu, one.wall - wall, one.cpu - cpu

    def fetch(self, size):
        ours, bare, curl = [], [], []
        has_curl = shutil.which("curl") is not None
        with tempfile.TemporaryDirectory() as folder:
            image = self.make_image(size, folder)
            for _ in range(self.rounds):
                ours.append(self.scenario(size))
                *figures, protocol = self.bare_fetch(image)
                bare.append(figures)
                if has_curl:
                    curl.append(self.curl_fetch(image, protocol))
        self.notes[f"fetch/{size}"] = protocol
        for index, name in enumerate(("wall", "cpu")):
            self.figure(f"fetch/{size}/before_the_first_{name}_s", [each[index + 2] for each in ours])
            self.figure(f"fetch/{size}/scenario_{name}_s", [each[index] for each in ours])
            self.figure(f"fetch/{size}/bare_{name}_s", [each[index] for each in bare])
            self.figure(f"fetch/{size}/{name}_of_bare", [a[index] / b[index] for a, b in zip(ours, bare)])
        if has_curl:
            self.figure(f"fetch/{size}/curl_wall_s", curl)
            self.figure(f"fetch/{size}/wall_of_curl", [a[0] / b for a, b in zip(ours, curl)])

    # All scenarios.

    def suite(self):
        part = ["flow/*"] if self.quick else []
        runs = [timed([self.otasim, "run", "-q", *part], statuses=(0, 1)) for _ in range(min(self.rounds, 3))]
        self.notes["suite"] = runs[0].out.strip().splitlines()[-1]
        self.figure("suite/wall_s", [run.wall for run in runs])
        self.figure("suite/cpu_s", [run.cpu for run in runs])
        self.figure("suite/memory_mb", [run.memory / 1e6 for run in runs])

    def fetches(self):
        for size in [65536] if self.quick else [65536, 1048576]:
            self.fetch(size)

    def sweeps(self):
        self.start()
        self.sweep()

    def measure(self, parts):
        before = os.getloadavg()[0]
        for part in parts:
            PARTS[part](self)
        self.notes["load of the host"] = f"{before:.1f} before, {os.getloadavg()[0]:.1f} after"


PARTS = {"fetch": Bench.fetches, "sweep": Bench.sweeps, "suite": Bench.suite}


def target(name):
    """The most that a figure should be; None: no target."""
    return DOUBLING_AT_MOST if name.endswith("_of_half_size") else TARGETS.get(name)


def print_table(bench):
    print(f"{'figure':42}{'median':>12}   target")
    for name, value in bench.figures.items():
        most = target(name)
        verdict = "" if most is None else f"<= {most:g}: {'met' if value <= most else 'MISSED'}"
        print(f"{name:42}{value:12.4g}   {verdict}".rstrip())
    for name, note in bench.notes.items():
        print(f"{name}: {note}")
    print("memory is that of the largest process")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True, metavar="DIR", help="what cmake has built")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the figures to FILE too")
    parser.add_argument("--quick", action="store_true", help="one round of the small sizes: figures are rough")
    parser.add_argument("--only", choices=PARTS, help="one of the three")
    args = parser.parse_args()
    bench = Bench(args.build.resolve(), args.quick)
    bench.measure([args.only] if args.only else PARTS)
    print_table(bench)
    if args.json:
        targets = {name: target(name) for name in bench.figures if target(name) is not None}
        args.json.write_text(json.dumps({"quick": args.quick, "processors": os.cpu_count(), "figures": bench.figures,
                                         "targets": targets, "notes": bench.notes}, indent=2) + "\n",
                             encoding="utf-8")
    if not all(math.isfinite(value) for value in bench.figures.values()):
        sys.exit("run.py: a figure is not finite")


if __name__ == "__main__":
    try:
        main()
    except (OSError, RuntimeError, ZeroDivisionError) as problem:
        sys.exit(f"run.py: {problem}")
