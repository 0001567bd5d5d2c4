#!/usr/bin/env python3
"""Tests of the otasim command line as a user meets it: test_cli.py OTASIM"""
import os
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

OTASIM = sys.argv[1] if len(sys.argv) > 1 else "otasim"
STRICT_OTASIM = sys.argv[2] if len(sys.argv) > 2 else None
CHIPS = {"esp32": 0x0, "esp32s2": 0x2, "esp32c3": 0x5, "esp32s3": 0x9, "esp32c2": 0xC, "esp32c6": 0xD,
         "esp32h2": 0x10, "esp32p4": 0x12, "esp32c61": 0x14, "esp32c5": 0x17}


def otasim(*arguments, **options):
    return subprocess.run([OTASIM, *arguments], capture_output=True, text=True, timeout=120, **options)


def run_under_way(jobs):
    """A run of the book whose first scenario has passed."""
    run = subprocess.Popen([OTASIM, "run", "--jobs", str(jobs)], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
    for line in run.stdout:
        if line.startswith("ok"):
            break
    return run


def servers(parent=None):
    """Process ids of the scripted servers that run now; with a parent, those that it has started.
    Tests that run at the same time have servers of their own."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()]
    return {int(pid) for pid, ppid, args in rows
            if "server/server.py" in args and parent in (None, int(ppid))}


class Arguments(unittest.TestCase):
    def test_help_of_every_command(self):
        commands = re.findall(r"^  (\w+) ", otasim("--help").stdout, re.M)
        self.assertIn("run", commands)
        for command in commands:
            with self.subTest(command):
                result = otasim(command, "--help")
                self.assertEqual(result.returncode, 0)
                self.assertIn(f"otasim {command}", result.stdout)

    def test_unknown_command_suggests_the_nearest(self):
        result = otasim("rnu")
        self.assertEqual(result.returncode, 2)
        self.assertIn('did you mean "run"', result.stderr)

    def test_unknown_scenario_suggests_the_nearest(self):
        result = otasim("run", "redirect/status-30")
        self.assertEqual(result.returncode, 2)
        self.assertIn('did you mean "redirect/status-30', result.stderr)

    def test_unknown_firmware_suggests_the_nearest(self):
        for name, nearest in (("updatr", "updater"), ("behaviours-rollback:confims", "behaviours-rollback:confirms")):
            with self.subTest(name):
                result = otasim("list", "--firmware", name)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertEqual(result.stderr, f'otasim list: there is no firmware "{name}"; did you mean "{nearest}"?\n')
        self.assertEqual(otasim("list", "--firmware", "no such thing at all").returncode, 2)
        # It is there, but no scenario runs it alone.
        alone = otasim("list", "--count", "--firmware", "behaviours-rollback:confirms")
        self.assertEqual((alone.returncode, alone.stdout), (0, "0\n"))

    def test_names_families_globs_and_ids_select_alike(self):
        family = otasim("list", "--names", "redirect/*").stdout.split()
        self.assertGreater(len(family), 10)
        self.assertEqual(otasim("list", "--names", "redirect").stdout.split(), family)
        for id in ("R06", "r06"):
            names = otasim("list", "--names", id).stdout.split()
            self.assertIn("redirect/more-than-allowed", names)
            self.assertTrue(set(names) < set(family))
        self.assertEqual(otasim("list", "--names", "H07*").stdout.split(),
                         ["framing/length-too-short-split", "framing/length-too-short-joined"])
        both = otasim("list", "--names", "redirect", "R06", "redirect/more-than-allowed").stdout.split()
        self.assertEqual(both, family) # each once

    def test_every_command_takes_an_id(self):
        one = "R13"
        name, = otasim("list", "--names", one).stdout.split()
        with tempfile.TemporaryDirectory() as folder:
            for arguments in (("run", one), ("explain", one), ("trace", one), ("list", one),
                              ("report", "-o", os.path.join(folder, "page.html"), one)):
                result = otasim(*arguments)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertTrue(arguments[0] == "report" or name in result.stdout, result.stdout)
            with open(os.path.join(folder, "page.html"), encoding="utf-8") as file:
                self.assertIn(name, file.read())

    def test_a_family_or_an_id_that_is_almost_one(self):
        for wrong, meant in (("redirekt", "redirect"), ("R66", "R06"), ("rollbak/confirms", "rollback/confirms")):
            result = otasim("run", wrong)
            self.assertEqual(result.returncode, 2)
            self.assertIn(f'did you mean "{meant}"', result.stderr)

    def test_an_id_that_is_not_replayed_says_why(self):
        rows = otasim("list", "--catalogue").stdout.splitlines()
        elsewhere = [row.split()[0] for row in rows if "/" not in row]
        for id in elsewhere[:1]:
            result = otasim("run", id)
            self.assertEqual(result.returncode, 2)
            self.assertIn(f"replays {id}", result.stderr)

    def test_one_scenario_where_several_are_meant(self):
        result = otasim("trace", "redirect")
        self.assertEqual(result.returncode, 2)
        self.assertIn("redirect/found-then-image", result.stderr)

    def test_a_name_like_no_other_says_where_to_look(self):
        result = otasim("run", "nosuch")
        self.assertEqual(result.returncode, 2)
        self.assertIn("otasim list", result.stderr)

    def test_list_has_a_line_a_scenario(self):
        count = int(otasim("list", "--count").stdout)
        self.assertGreaterEqual(count, 12)
        self.assertEqual(len(otasim("list").stdout.splitlines()), count)

    def test_fewer_scenarios_than_expected_is_a_failure(self):
        self.assertEqual(otasim("run", "--min", "9999").returncode, 1)

    def test_numbers_are_checked(self):
        self.assertEqual(otasim("run", "--jobs", "many").returncode, 2)

    def test_options_that_would_do_nothing_are_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "out")
            for arguments, reason in ((["--json", file], "--all-releases"),
                                      (["--all-releases", "--junit", file], "--junit"),
                                      (["--all-releases", "--release", "5.1"], "--release"),
                                      (["--all-releases", "--keep-flash", file], "--keep-flash"),
                                      (["--all-releases", "--tap"], "--tap"),
                                      (["--ca", file], "--url")):
                with self.subTest(arguments):
                    result = otasim("run", *arguments, "image/good")
                    self.assertEqual(result.returncode, 2, result.stdout)
                    self.assertIn(reason, result.stderr)
                    self.assertFalse(os.path.exists(file))

    def test_a_set_of_scenarios_that_is_none(self):
        for arguments, reason in ((["--scenarios"], "needs the file"),
                                  (["--scenarios", "/nonexistent", "list"], "no such file"),
                                  (["--scenarios=" + __file__, "list"], "test_cli.py")):
            result = otasim(*arguments)
            self.assertEqual(result.returncode, 2)
            self.assertIn(reason, result.stderr)


class Runs(unittest.TestCase):
    def test_a_family_passes(self):
        result = otasim("run", "image/*")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertRegex(result.stdout.splitlines()[-1], r"^\d+ passed, 0 failed, 0 skipped$")

    def test_the_trace_is_the_same_every_time(self):
        first, second = (otasim("trace", "--json", "redirect/found-then-image") for _ in range(2))
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertGreater(len(first.stdout.splitlines()), 100)
        self.assertEqual(first.stdout, second.stdout)

    def test_a_crash_is_told_with_its_place_and_the_same_every_time(self):
        first, second = (otasim("trace", "rollback/null-in-event-handler").stdout for _ in range(2))
        self.assertIn("panic: Guru Meditation Error: SIGSEGV", first)
        self.assertIn("#2 after panic: running factory", first)
        if "backtrace" in first:
            self.assertRegex(first, r"backtrace  read_sensor \(behaviours-rollback\.so\)")
        self.assertEqual(first, second)

    def test_the_log_reads_like_a_serial_port(self):
        result = otasim("run", "--verbose", "rollback/restart-after-confirming")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertRegex(result.stdout, r"(?m)^I \(\d+\) updater: update done$")
        self.assertRegex(result.stdout, r"(?m)^I \(\d+\) app: shutdown handler$")

    def test_the_time_line_tells_the_story(self):
        text = otasim("trace", "image/good").stdout
        for part in ("#0 after power-on: running factory", "GET https://localhost:8443/fw.bin",
                     "UPDATE_BOOT_PARTITION 16", "entry 0: erased -> seq 1", "running ota_0, otasim 2.0.0"):
            self.assertIn(part, text)

    def test_strict_differs_where_a_quirk_is_met(self):
        name = "redirect/relative-location-on-https"
        for arguments, moved in ((("--no-strict",), False), (("--strict",), True)):
            result = otasim("run", *arguments, name)
            self.assertEqual(result.returncode, 0, result.stdout) # each build as its column says
            self.assertEqual("hazard: redirect-relative-is-downgrade" not in result.stdout, moved)
            self.assertEqual("GET /moved.bin" in otasim("trace", *arguments, name).stdout, moved)

    @unittest.skipUnless(STRICT_OTASIM, "needs the strict build")
    def test_a_strict_build_is_strict_unless_told_otherwise(self):
        name = "redirect/relative-location-on-https"
        for command in (("run",), ("trace",)):
            for arguments, hazard in (((), False), (("--no-strict",), True)):
                result = subprocess.run([STRICT_OTASIM, *command, *arguments, name], capture_output=True, text=True,
                                        timeout=120, check=False)
                self.assertEqual(result.returncode, 0, result.stdout)
                self.assertEqual("redirect-relative-is-downgrade" in result.stdout, hazard)
        version = subprocess.run([STRICT_OTASIM, "--version"], capture_output=True, text=True, check=False).stdout
        self.assertIn("strict build", version)

    def test_two_runs_at_once(self):
        runs = [subprocess.Popen([OTASIM, "run", "chunked/*"], stdout=subprocess.PIPE) for _ in range(2)]
        for run in runs:
            output = run.communicate(timeout=120)[0]
            self.assertEqual(run.returncode, 0, output)

    def test_kept_flash_can_be_explained(self):
        with tempfile.TemporaryDirectory() as folder:
            dump = os.path.join(folder, "flash.bin")
            self.assertEqual(otasim("run", "--keep-flash", dump, "image/good").returncode, 0)
            self.assertEqual(os.path.getsize(dump), 4 << 20)
            result = otasim("flash", dump)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("2.0.0", result.stdout)

    def test_encrypted_flash_is_explained_with_its_key(self):
        with tempfile.TemporaryDirectory() as folder:
            dump = os.path.join(folder, "flash.bin")
            self.assertEqual(otasim("run", "--keep-flash", dump, "flow/flash-encryption").returncode, 0)
            with open(dump, "rb") as file:
                data = file.read()
            self.assertNotEqual(data[0x8000:0x8002], b"\xaa\x50")
            self.assertNotIn(b"2.0.0", data)
            result = otasim("flash", dump)
            self.assertEqual(result.returncode, 1)
            self.assertIn("--flash-key", result.stderr)
            result = otasim("flash", "--flash-key", "scenario", dump)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertRegex(result.stdout, r"ota_0 .* 2\.0\.0, .*valid")
            key = os.path.join(folder, "key")
            with open(key, "wb") as file:
                file.write(bytes((0xA5 + 37 * i) % 256 for i in range(32)))
            self.assertEqual(otasim("flash", "--flash-key", key, dump).stdout, result.stdout)
            with open(key, "ab") as file:
                file.write(b"x")
            result = otasim("flash", "--flash-key", key, dump)
            self.assertEqual(result.returncode, 2)
            self.assertIn("33 bytes", result.stderr)

    def test_kept_flash_shows_what_nvs_holds(self):
        page = bytearray(b"\xff" * 4096)
        page[0:12] = struct.pack("<IIB3x", 0xFFFFFFFE, 0, 0xFE)[:9] + b"\xff" * 3
        page[28:32] = struct.pack("<I", zlib.crc32(page[4:28], 0xFFFFFFFF))
        items = ((0, 0x01, 1, b"app", b"\x01"), (1, 0x12, 1, b"offset", struct.pack("<h", -300)),
                 (1, 0x21, 2, b"url", struct.pack("<HHI", 7, 0xFFFF, zlib.crc32(b"a\x1b[31m\0", 0xFFFFFFFF))))
        for index, (space, kind, span, key, data) in enumerate(items):
            head = bytes((space, kind, span, 0xFF))
            tail = key.ljust(16, b"\0") + data.ljust(8, b"\xff")
            page[64 + 32 * index:96 + 32 * index] = head + struct.pack("<I", zlib.crc32(head + tail, 0xFFFFFFFF)) + tail
        page[160:167] = b"a\x1b[31m\0"
        page[32] = 0b10101010
        with tempfile.TemporaryDirectory() as folder:
            dump = os.path.join(folder, "flash.bin")
            self.assertEqual(otasim("run", "--keep-flash", dump, "image/good").returncode, 0)
            with open(dump, "r+b") as file:
                file.seek(0x9000)
                file.write(page)
            result = otasim("flash", dump)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("nvs: 4 of 504 entries used, 1 namespace\n", result.stdout)
            self.assertRegex(result.stdout, r"(?m)^  app +offset +i16 +-300$")
            self.assertRegex(result.stdout, r'(?m)^  app +url +str +"a\?\[31m"$')
            with open(dump, "rb") as file:
                file.seek(0x9000)
                self.assertEqual(file.read(4096), page)

    def test_a_killed_runner_leaves_no_server(self):
        run = subprocess.Popen([OTASIM, "run"], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        started = set()
        while not started and time.monotonic() < deadline:
            started = servers(run.pid)
        self.assertTrue(started)
        run.send_signal(signal.SIGKILL)
        run.wait()
        left = started
        while left and time.monotonic() < deadline:
            left = servers() & started
        self.assertFalse(left)


class Recordings(unittest.TestCase):
    def test_files_that_are_none(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, content, reason in (("empty.jsonl", b"", "no record"), ("blank.jsonl", b"\n \n", "no record"),
                                          ("zeros.jsonl", b"\0" * 5000, "1:"), ("list.jsonl", b"[]\n", "no object")):
                path = os.path.join(folder, name)
                with open(path, "wb") as file:
                    file.write(content)
                result = otasim("replay", path)
                self.assertEqual(result.returncode, 2, result.stdout)
                self.assertRegex(result.stderr, f"{name}:.*{reason}")
            result = otasim("replay", folder)
            self.assertEqual(result.returncode, 2)
            self.assertIn("Is a directory", result.stderr)


class StandardFiles(unittest.TestCase):
    PRINTING = (["list"], ["hazards", "--json"], ["upgrade", "5.1.7", "5.5.5"], ["explain", "image/good"],
                ["trace", "--json", "image/good"], ["run", "image/good"], ["list", "--hazards"], ["--help"])

    def test_a_full_disk_is_an_error(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("this system has no /dev/full")
        for arguments in self.PRINTING:
            with self.subTest(arguments), open("/dev/full", "w", encoding="utf-8") as full:
                result = subprocess.run([OTASIM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True,
                                        timeout=120)
                self.assertEqual(result.returncode, 1)
                self.assertIn("writing the output failed", result.stderr)

    def test_a_reader_that_wants_no_more_is_none(self):
        for arguments in self.PRINTING:
            with self.subTest(arguments):
                process = subprocess.Popen([OTASIM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                process.stdout.close()
                errors = process.stderr.read()
                process.stderr.close()
                self.assertEqual(process.wait(120), 0)
                self.assertNotIn(b"output", errors)

    def closed(self, number, *arguments):
        return otasim(*arguments, stdin=None, preexec_fn=lambda: os.close(number))

    def test_without_a_standard_input(self):
        """As some cron and CI runners start programs."""
        result = self.closed(0, "run", "image/good")
        self.assertEqual(result.returncode, 0, result.stdout)
        result = self.closed(0, "sweep", "power", "flow/a-to-b")
        self.assertEqual(result.stdout, otasim("sweep", "power", "flow/a-to-b").stdout)
        self.assertNotRegex(result.stdout, r"\b0 operations")

    def test_without_a_standard_output(self):
        for arguments in (["run", "image/good"], ["list"]):
            result = self.closed(1, *arguments)
            self.assertEqual(result.returncode, 1)
            self.assertIn("writing the output failed", result.stderr)


class Surroundings(unittest.TestCase):
    def test_python_of_the_user_is_not_the_servers(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "ssl.py"), "w", encoding="utf-8") as file:
                file.write("raise SystemExit(3)\n")
            for name, value in (("PYTHONPATH", folder), ("PYTHONHOME", "/nonexistent")):
                result = otasim("run", "image/good", env={**os.environ, name: value})
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_a_file_that_may_not_grow(self):
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000))
        with tempfile.TemporaryDirectory() as folder:
            result = otasim("run", "image/good", "--keep-flash", os.path.join(folder, "dump"), preexec_fn=limit)
            self.assertEqual(os.listdir(folder), [])
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, r"^otasim run: TMPDIR: .*: File too large\n$")
        self.assertIn("0 passed, 0 failed, 0 skipped, 1 not run", result.stdout)

    def test_a_temporary_folder_that_is_none(self):
        """It is no scenario's fault, and named once."""
        env = {**os.environ, "TMPDIR": "/nonexistent/folder"}
        for arguments in (["run", "redirect"], ["sweep", "power", "redirect/found-then-image"], ["report", "redirect", "-o", "-"]):
            with self.subTest(arguments):
                result = otasim(*arguments, env=env)
                self.assertEqual(result.returncode, 2)
                self.assertEqual(result.stderr, f"otasim {arguments[0]}: TMPDIR: no file can be made in "
                                                "/nonexistent/folder: No such file or directory\n")
                self.assertNotIn("FAIL", result.stdout)
        self.assertEqual(otasim("trace", "image/good", env=env).returncode, 2)

    def test_too_few_files(self):
        for most, reason in ((24, "otasim run: only 24 files may be open at once"),
                             (64, "Too many open files")):
            with self.subTest(most):
                limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
                result = otasim("run", "redirect", "--jobs", "16", preexec_fn=limit)
                self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
                self.assertIn(reason, result.stderr)
                self.assertIn(" 0 failed,", result.stdout)

    def test_a_low_limit_that_may_be_raised(self):
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (24, 256))
        result = otasim("run", "image/good", preexec_fn=limit)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_a_server_that_is_killed(self):
        run = run_under_way(jobs=2)
        for pid in servers(run.pid):
            os.kill(pid, signal.SIGKILL)
        rest = run.communicate(timeout=60)[0]
        self.assertEqual(run.returncode, 2, rest)
        self.assertRegex(rest, r"(?m)^otasim run: the scripted server was ended by signal 9 \(Killed.*\)$")
        self.assertRegex(rest, r"(?m)^\d+ passed, 0 failed, 0 skipped, \d{3} not run$")

    def test_a_worker_that_is_killed(self):
        """By the system, when memory runs out: what it had not come to is no success."""
        run = run_under_way(jobs=1)
        rows = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True).stdout
        for pid, parent, command in (row.split(None, 2) for row in rows.splitlines()):
            if int(parent) == run.pid and "server.py" not in command:
                os.kill(int(pid), signal.SIGKILL)
        rest = run.communicate(timeout=60)[0]
        self.assertEqual(run.returncode, 1, rest)
        self.assertRegex(rest, r"(?m)^(  |otasim run: )the harness itself ended with signal 9$")
        self.assertRegex(rest, r"(?m)^\d+ passed, [01] failed, 0 skipped, \d{3} not run$")


class Interrupted(unittest.TestCase):
    def test_nothing_is_left_behind(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number), tempfile.TemporaryDirectory() as folder:
                # What a shell starts in the background ignores SIGINT, and so would we.
                run = subprocess.Popen([OTASIM, "run", "--jobs", "2"], stdout=subprocess.DEVNULL,
                                       env=dict(os.environ, TMPDIR=folder), start_new_session=True,
                                       preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
                deadline = time.monotonic() + 60
                while not os.listdir(folder) and time.monotonic() < deadline:
                    time.sleep(0.001)
                started = servers(run.pid)
                os.killpg(run.pid, number)
                self.assertEqual(run.wait(60), -number)
                while (os.listdir(folder) or servers() & started) and time.monotonic() < deadline:
                    time.sleep(0.001)
                self.assertEqual(os.listdir(folder), [])
                self.assertFalse(servers() & started)


class Images(unittest.TestCase):
    def test_each_chip(self):
        with tempfile.TemporaryDirectory() as folder:
            for chip, chip_id in CHIPS.items():
                with self.subTest(chip):
                    path = os.path.join(folder, chip)
                    made = otasim("image", "make", "--chip", chip, "--version", "7.8.9", "-o", path)
                    self.assertEqual(made.returncode, 0, made.stderr)
                    with open(path, "rb") as file:
                        check_image(self, file.read(), chip_id, b"7.8.9")

    def test_the_same_seed_gives_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            images = []
            for seed in ("1", "1", "2"):
                path = os.path.join(folder, "fw.bin")
                otasim("image", "make", "--seed", seed, "-o", path)
                with open(path, "rb") as file:
                    images.append(file.read())
            self.assertEqual(images[0], images[1])
            self.assertNotEqual(images[0], images[2])

    def test_empty_missing_and_foreign_files(self):
        with tempfile.TemporaryDirectory() as folder:
            empty = os.path.join(folder, "empty.bin")
            with open(empty, "wb"):
                pass
            for path in (empty, os.path.join(folder, "missing.bin"), OTASIM, folder):
                for command in (("image", "info"), ("partitions",), ("flash",)):
                    with self.subTest(command=command, path=path):
                        result = otasim(*command, path)
                        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
                        self.assertTrue(result.stderr or result.stdout)


def check_image(test, image, chip_id, version):
    """What another program makes of an image: header, segments, checksum, hash, descriptor."""
    import hashlib
    import struct

    test.assertEqual(image[0], 0xE9)
    test.assertEqual(struct.unpack_from("<H", image, 12)[0], chip_id)
    at, checksum = 24, 0xEF
    for _ in range(image[1]):
        _, length = struct.unpack_from("<II", image, at)
        for byte in image[at + 8:at + 8 + length]:
            checksum ^= byte
        at += 8 + length
    at += 16 - at % 16
    test.assertEqual(image[at - 1], checksum)
    test.assertEqual(image[at:at + 32], hashlib.sha256(image[:at]).digest())
    test.assertEqual(len(image), at + 32)
    test.assertEqual(struct.unpack_from("<I", image, 32)[0], 0xABCD5432)
    test.assertEqual(image[48:80].rstrip(b"\0"), version)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
