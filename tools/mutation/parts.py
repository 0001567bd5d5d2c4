"""The parts of the suite, each a command that fails if it finds something and names the case."""
import glob
import os
import re
import signal
import subprocess
import time
from typing import NamedTuple, Tuple

SKIPPED = 77
RECORDINGS = "ABCDEF"
# A sample is enough here: a fault of the code is met at many places of a flow.
SWEEPS = {
    "power": ("--strict", "flow/first-update", "flow/a-to-b", "flow/b-to-a"),
    "memory": ("flow/first-update", "flow/first-update-native"),
    "flash": ("--shard", "1/6", "flow/b-to-a"),
    "network": ("--shard", "1/8", "flow/first-update"),
    "random": ("--walks", "300"),
}
WALKED = ("updater-allow_http", "updater-rollback-allow_http", "behaviours", "behaviours-rollback")

FAILED_SCENARIO = re.compile(r"^FAIL\s+(\S+)", re.MULTILINE)
FAILED_RECORD = re.compile(r"^DIFF\s+(\S+)", re.MULTILINE)
# Not that a flow fails without any fault: that is the find of its scenario, not of the sweep.
FINDING = re.compile(r"^[a-z ]+: ((?:power|memory|flash|network|random):\S+@\S+)", re.MULTILINE)


class Verdict(NamedTuple):
    status: int  # exit status; negative: the number of a signal; None: it did not end
    cases: Tuple[str, ...]  # what failed, by name
    output: str
    seconds: float

    @property
    def skipped(self):
        return self.status == SKIPPED

    @property
    def failed(self):
        return self.status not in (0, SKIPPED)

    @property
    def caught(self):
        """A harness that dies or hangs and does not say over what has caught nothing."""
        return self.failed and len(self.cases) > 0

    @property
    def broken(self):
        """How it failed without naming a case; None if it did not."""
        if not self.failed or self.cases:
            return None
        return "hangs" if self.status is None else f"status {self.status}, no case named"


class Part(NamedTuple):
    name: str
    command: Tuple[str, ...]
    case: re.Pattern
    firmware: Tuple[str, ...]  # the modules that it needs
    firmware_folder: str  # where they are, and no other

    def ask(self, timeout):
        started = time.monotonic()
        # The scratch build's own firmware, certificates and fixtures.
        environment = {key: value for key, value in os.environ.items()
                       if key not in ("OTASIM_CERTS_DIR", "OTASIM_FIXTURES_DIR")}
        environment["OTASIM_FIRMWARE_DIR"] = self.firmware_folder
        process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   errors="replace", env=environment, start_new_session=True)
        try:
            output = process.communicate(timeout=timeout)[0]
            status = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output = process.communicate()[0]
            status = None
        return Verdict(status, tuple(self.case.findall(output)), output, time.monotonic() - started)


def firmware_named_in(path, modules):
    """Those whose names a table of scenarios has, and the one that it need not name."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return tuple(name for name in modules if name == "updater" or re.search(f'"{re.escape(name)}[":]', text))


def find_parts(scratch):
    """{name: part}, the cheap before the dear. The families are those that the program has."""
    names = scratch.command(scratch.otasim, "list", "--names").split()
    modules = scratch.firmware()
    parts = []

    def add(name, arguments, case, firmware):
        parts.append(Part(name, (scratch.otasim, *arguments), case, firmware, scratch.only_firmware(name, firmware)))

    for family in sorted({name.split("/")[0] for name in names}):
        add("scenarios/" + family, ("run", "--quiet", family + "/*"), FAILED_SCENARIO,
            firmware_named_in(scratch.path("scenarios", family + ".c"), modules))
    # Faults of what replaces the device's own.
    add("strict", ("run", "--quiet", "--strict"), FAILED_SCENARIO, modules)
    replayers = tuple(name for name in modules if name.startswith("replayer"))
    for family in RECORDINGS:
        add("replay/" + family, ("replay", "--quiet", scratch.path("fixtures", "vectors", family + ".jsonl")),
            FAILED_RECORD, replayers)
    releases = scratch.path("fixtures", "vectors", "releases")
    for release in sorted(os.listdir(releases)):
        files = sorted(glob.glob(os.path.join(releases, release, "*.jsonl")))
        add("replay/" + release, ("replay", "--quiet", *files), FAILED_RECORD, replayers)
    for kind, options in SWEEPS.items():
        add("sweep/" + kind, ("sweep", kind, *options), FINDING, WALKED if kind == "random" else ("updater",))
    return {part.name: part for part in parts}


def with_all_firmware(part, scratch):
    """For a table that puts names together in a way that cannot be read off it."""
    modules = tuple(scratch.firmware())
    return part._replace(firmware=modules, firmware_folder=scratch.only_firmware(part.name, modules))
