#!/usr/bin/env python3
"""Can it find bugs? Puts one fault after the other (mutants.py) into a copy of the source, builds it, and
asks each part of the suite (parts.py) whether it notices.

usage: run.py [--matrix] [--only NAME]... [--without PART]... [-- CMAKE_ARGUMENT...]

Exit status: 0 every mutant is caught, 1 one escapes, 2 the table is wrong, a mutant does not build, or a
part fails without any.
"""
import argparse
import fcntl
import fnmatch
import os
import sys
import time

sys.dont_write_bytecode = True

import report
from mutants import MUTANTS
from parts import find_parts, with_all_firmware
from scratch import Scratch, TableError

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--matrix", action="store_true",
                        help="ask every part for every mutant, and say which only one catches")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="these mutants (a pattern); may be repeated")
    parser.add_argument("--every", type=int, default=1, metavar="N",
                        help="each N-th of them only: for a check that takes a minute or two")
    parser.add_argument("--without", action="append", default=[], metavar="PART",
                        help="leave out a part, as \"scenarios/redirect\" or \"replay/*\": what escapes then?")
    parser.add_argument("--check-table", action="store_true",
                        help="only see whether the text that each mutant replaces is there once")
    parser.add_argument("--list", action="store_true", help="print the mutants")
    parser.add_argument("--scratch", default=os.path.join(SOURCE, "build", "mutation"), metavar="FOLDER",
                        help="where the copy lives; it is used again (default: build/mutation)")
    parser.add_argument("--cmake", default="cmake", metavar="PROGRAM")
    parser.add_argument("--timeout", type=int, default=120, metavar="SECONDS", help="of each part (default 120)")
    parser.add_argument("cmake_arguments", nargs="*", metavar="CMAKE_ARGUMENT")
    return parser.parse_args()


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def check_table():
    """Raises TableError unless each mutant can be applied and has a name of its own."""
    names = [mutant.name for mutant in MUTANTS]
    for name in names:
        if names.count(name) > 1:
            raise TableError(f"{name} is there twice")
    problems = []
    for mutant in MUTANTS:
        with open(os.path.join(SOURCE, mutant.file), encoding="utf-8") as file:
            found = file.read().count(mutant.old)
        if found != 1:
            problems.append(f"{mutant.name}: its old text is {found} times in {mutant.file}, not once:\n{mutant.old}")
        if mutant.old == mutant.new:
            problems.append(f"{mutant.name} changes nothing")
    if problems:
        raise TableError("\n".join(problems))


def choose_mutants(names, parts):
    """Those of these names (all, without a name) for which there is a part. Some firmwares, and the
    scenarios that need them, are not built everywhere."""
    chosen = []
    for mutant in MUTANTS:
        if names and not matches(mutant.name, names):
            continue
        if any(name in parts for name in mutant.near):
            chosen.append(mutant)
        else:
            print(f"  {mutant.name} is left out: {', '.join(mutant.near)} is not built here", flush=True)
    if not chosen:
        raise TableError("no mutant has such a name")
    return chosen


class Soundness:
    """Which parts pass without a mutant: one that fails then catches nothing. Found out when a part is first
    needed, since most mutants are caught by the part that is next to them."""

    def __init__(self, scratch, timeout):
        self.scratch, self.timeout = scratch, timeout
        self.known = {}  # name: the part as it passes; None: skipped, this machine lacks what it needs

    def of(self, part):
        """The part, None if it is skipped here; TableError if it fails. The source has no mutant now."""
        if part.name not in self.known:
            self.known[part.name] = self.try_part(part)
        return self.known[part.name]

    def try_part(self, part):
        self.scratch.build("otasim_core", *part.firmware)
        verdict = part.ask(self.timeout)
        if verdict.failed:
            part = with_all_firmware(part, self.scratch)
            self.scratch.build("otasim_core", *part.firmware)
            verdict = part.ask(self.timeout)
        if verdict.failed:
            raise TableError(f"{part.name} fails without a mutant:\n{verdict.output}")
        state = "skipped here" if verdict.skipped else f"passes, {verdict.seconds:.1f} s"
        print(f"  {part.name}: {state}", flush=True)
        return None if verdict.skipped else part


def in_order(parts, mutant):
    """The likeliest parts, then the others as they come: the cheap before the dear."""
    near = [parts[name] for name in mutant.near if name in parts]
    return near, [part for part in parts.values() if part not in near]


def ask_parts(mutant, scratch, parts, arguments):
    """{part: Verdict}, up to the first that catches it, or of all with --matrix."""
    verdicts = {}
    with scratch.mutated(mutant):
        for part in parts:
            scratch.build_mutant(mutant, part.firmware)
            verdict = verdicts[part.name] = part.ask(arguments.timeout)
            if verdict.caught and not arguments.matrix:
                break
    return verdicts


def try_mutant(mutant, scratch, parts, soundness, arguments):
    verdicts = {}
    for group in in_order(parts, mutant):
        sound = [part for part in map(soundness.of, group) if part is not None]
        verdicts.update(ask_parts(mutant, scratch, sound, arguments))
        if not arguments.matrix and any(verdict.caught for verdict in verdicts.values()):
            return verdicts
    if not any(verdict.caught for verdict in verdicts.values()):
        with scratch.mutated(mutant):
            scratch.check_changed(mutant)
    return verdicts


def describe(verdicts):
    catching = [(name, verdict) for name, verdict in verdicts.items() if verdict.caught]
    if not catching:
        broken = [f"{name} ({verdict.broken})" for name, verdict in verdicts.items() if verdict.broken]
        return "ESCAPES" + ("; " + ", ".join(broken) if broken else "")
    name, verdict = catching[0]
    more = f" and {len(catching) - 1} more parts" if len(catching) > 1 else ""
    return f"{name}: {verdict.cases[0]}{more}"


def run(arguments):
    scratch = Scratch(arguments.scratch, SOURCE, arguments.cmake, arguments.cmake_arguments)
    with open(os.path.join(arguments.scratch, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        print("building without a mutant", flush=True)
        scratch.prepare()
        parts = find_parts(scratch)
        chosen = choose_mutants(arguments.only, parts)[:: max(arguments.every, 1)]
        parts = {name: part for name, part in parts.items()
                 if not matches(name, arguments.without)}
        soundness = Soundness(scratch, arguments.timeout)
        results = {}
        for number, mutant in enumerate(chosen, 1):
            started = time.monotonic()
            results[mutant.name] = try_mutant(mutant, scratch, parts, soundness, arguments)
            print(f"[{number:3}/{len(chosen)}] {mutant.name:38} {describe(results[mutant.name])}"
                  f"  ({time.monotonic() - started:.1f} s)", flush=True)
            report.save(results, parts, arguments)
        scratch.check_restored()
    print()
    return report.write(results, parts, arguments)


def main():
    arguments = parse_arguments()
    try:
        if arguments.list:
            for mutant in MUTANTS:
                print(f"{mutant.name:38} {mutant.file}")
            return 0
        check_table()
        if arguments.check_table:
            print(f"{len(MUTANTS)} mutants can be applied")
            return 0
        return 1 if run(arguments) else 0
    except TableError as error:
        print(f"mutation: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
