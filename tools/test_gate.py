#!/usr/bin/env python3
"""Tests of `otasim gate`: test_gate.py OTASIM CERTS

The images are those that `otasim image make` builds, and one that the vendor's tools have built,
where there is one (OTASIM_REAL_IMAGES).
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

OTASIM, CERTS = sys.argv[1:3]
REAL = os.environ.get("OTASIM_REAL_IMAGES", "")

TWO_SLOTS = """nvs, data, nvs, 0x9000, 0x4000
otadata, data, ota, 0xd000, 0x2000
ota_0, app, ota_0, 0x10000, {size}
ota_1, app, ota_1, , {size}
"""
NO_OTADATA = "ota_0, app, ota_0, 0x10000, 512K\nota_1, app, ota_1, , 512K\n"
ONE_APP = "otadata, data, ota, 0xd000, 0x2000\nota_0, app, ota_0, 0x10000, 512K\n"
ONE_SLOT = "otadata, data, ota, 0xd000, 0x2000\nfactory, app, factory, 0x10000, 512K\nota_0, app, ota_0, , 512K\n"
ROLLBACK = "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE=y\n"
ANTI_ROLLBACK = ROLLBACK + "CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK=y\n"
SIGNED = "CONFIG_SECURE_SIGNED_APPS_NO_SECURE_BOOT=y\n"


class GateTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, contents):
        with open(self.path(name), "wb") as file:
            file.write(contents.encode() if isinstance(contents, str) else contents)
        return self.path(name)

    def read(self, path):
        with open(path, "rb") as file:
            return bytearray(file.read())

    def image(self, name, *options, chip="esp32c3"):
        subprocess.run([OTASIM, "image", "make", "--chip", chip, *options, "-o", self.path(name)], check=True,
                       capture_output=True, timeout=60)
        return self.path(name)

    def sign(self, image, key):
        subprocess.run([OTASIM, "image", "sign", "--key", f"{CERTS}/signing_{key}.key", image, image + "." + key],
                       check=True, capture_output=True, timeout=60)
        return image + "." + key

    def table(self, text=TWO_SLOTS, size="512K"):
        return self.write("partitions.csv", text.format(size=size))

    def gate(self, *arguments, status):
        """The lines of the page."""
        done = subprocess.run([OTASIM, "gate", *arguments], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def failures(self, *arguments):
        """What a page of a release that must not be shipped says so of; nothing was updated to."""
        page = self.gate(*arguments, status=1)
        self.assertIn("no update was tried", page)
        self.assertIn("do not ship this", page)
        return [line.split("FAIL", 1)[1].strip() for line in page.splitlines() if line.startswith("  FAIL")]

    def assert_only_failure(self, text, *arguments):
        failures = self.failures(*arguments)
        self.assertEqual(len(failures), 1, failures)
        self.assertIn(text, failures[0])


class GoodTest(GateTest):
    def test_a_new_release(self):
        page = self.gate(self.image("new.bin", "--version", "1.10.0"), "--from",
                         self.image("old.bin", "--version", "1.9.0"), "--partitions", self.table(), status=0)
        self.assertIn("0 warnings, 0 failed: good to go", page)
        for line in ("version 1.10.0 after 1.9.0", "OLD to NEW", "NEW to OLD, the way back", "from the last slot",
                     "a captive portal", "power fails at each of"):
            self.assertIn(f"  ok    {line}", page)

    def test_a_binary_table(self):
        subprocess.run([OTASIM, "partitions", self.table(), "-o", self.path("table.bin")], check=True,
                       capture_output=True, timeout=60)
        page = self.gate(self.image("new.bin"), "--partitions", self.path("table.bin"), "--no-sweep", status=0)
        self.assertIn("of 524288 bytes", page)
        self.assertIn("no sweep was asked for", page)

    def test_rollback(self):
        page = self.gate(self.image("new.bin", "--version", "2.0.0"), "--partitions", self.table(), "--sdkconfig",
                         self.write("sdkconfig", ROLLBACK), status=0)
        self.assertIn("ok    NEW confirms itself after its first boot", page)
        self.assertIn("ok    NEW does not confirm itself: the next reset brings back", page)

    def test_without_rollback_nothing_is_brought_back(self):
        page = self.gate(self.image("new.bin"), "--no-sweep", status=0)
        self.assertNotIn("confirm", page)

    def test_anti_rollback_shuts_the_way_back(self):
        page = self.gate(self.image("new.bin", "--version", "2.0.0", "--secure-version", "2"), "--from",
                         self.image("old.bin", "--version", "1.0.0", "--secure-version", "1"), "--partitions",
                         self.table(), "--sdkconfig", self.write("sdkconfig", ANTI_ROLLBACK), status=0)
        self.assertIn("ok    NEW to OLD, the way back: refused, its secure version is lower", page)

    def test_a_large_flash(self):
        page = self.gate(self.image("new.bin"), "--partitions", self.table(size="3M"), "--sdkconfig",
                         self.write("sdkconfig", 'CONFIG_ESPTOOLPY_FLASHSIZE="8MB"\n'), "--no-sweep", status=0)
        self.assertIn("0 warnings", page)

    def test_signed(self):
        config = self.write("sdkconfig", SIGNED)
        new = self.image("new.bin", "--version", "1.1.0")
        old = self.sign(self.image("old.bin", "--version", "1.0.0"), "rsa_a")
        page = self.gate(self.sign(new, "rsa_a"), "--from", old, "--sdkconfig", config, "--no-sweep", status=0)
        self.assertIn("ok    signed by the key of OLD", page)
        self.assert_only_failure("not signed by the key of OLD", self.sign(new, "rsa_b"), "--from", old,
                                 "--sdkconfig", config)
        self.assert_only_failure("NEW is signed by ECDSA P-256, the sdkconfig takes RSA-3072 only",
                                 self.sign(new, "p256_a"), "--sdkconfig", config)
        self.assert_only_failure("NEW is not signed", new, "--sdkconfig", config)


class AllAtOnceTest(GateTest):
    """What the sdkconfig has is tried together: each alone is kinder than the device."""
    SECURE = ANTI_ROLLBACK + "CONFIG_SECURE_BOOT=y\nCONFIG_SECURE_FLASH_ENC_ENABLED=y\n"

    def pair(self, key):
        return (self.sign(self.image("new.bin", "--version", "2.0.0", "--secure-version", "2"), key),
                self.sign(self.image("old.bin", "--version", "1.0.0", "--secure-version", "1"), key))

    def test_signatures_with_rollback(self):
        new, old = self.pair("p256_a")
        config = self.write("sdkconfig", ANTI_ROLLBACK + SIGNED + "CONFIG_SECURE_SIGNED_APPS_ECDSA_V2_SCHEME=y\n")
        page = self.gate(new, "--from", old, "--partitions", self.table(), "--sdkconfig", config, status=0)
        for line in ("NEW to OLD, the way back: refused, its secure version is lower",
                     "NEW confirms itself after its first boot", "NEW does not confirm itself: the next reset brings back",
                     "power fails at each of"):
            self.assertIn(f"  ok    {line}", page)

    def test_secure_boot_with_all_else(self):
        new, old = self.pair("rsa_a")
        page = self.gate(new, "--from", old, "--partitions", self.table(), "--sdkconfig",
                         self.write("sdkconfig", self.SECURE), status=0)
        for line in ("NEW confirms itself", "NEW does not confirm itself", "power fails at each of"):
            self.assertIn(f"  ok    {line}", page)
        self.assertIn("  skip  secure boot: which keys the devices have in efuse is not known here; those of OLD", page)

    def test_keys_that_rotate(self):
        """Without secure boot the first key of the app that runs counts, with it any that is burnt."""
        new, old = self.image("new.bin", "--version", "2.0.0"), self.image("old.bin", "--version", "1.0.0")
        for image, signers in ((new, "ba"), (old, "a")):
            options = [word for name in signers for word in ("--key", f"{CERTS}/signing_rsa_{name}.key")]
            subprocess.run([OTASIM, "image", "sign", *options, image, image + ".signed"], check=True,
                           capture_output=True, timeout=60)
        arguments = (new + ".signed", "--from", old + ".signed", "--no-sweep", "--sdkconfig")
        self.assert_only_failure("not signed by the key of OLD", *arguments,
                                 self.write("signed", ROLLBACK + SIGNED))
        page = self.gate(*arguments, self.write("burnt", ROLLBACK + "CONFIG_SECURE_BOOT=y\n"), status=0)
        for line in ("signed by a key of OLD", "OLD to NEW", "NEW to OLD, the way back", "NEW confirms itself"):
            self.assertIn(f"  ok    {line}", page)

    def test_the_module_is_the_one_that_rollback_wants(self):
        old = self.sign(self.image("old.bin", "--version", "1.0.0"), "rsa_a")
        new = self.sign(self.image("new.bin", "--version", "2.0.0"), "rsa_a")
        modules = self.path("firmware")
        os.mkdir(modules)
        built = os.path.join(CERTS, "..", "firmware")
        shutil.copy(os.path.join(built, "updater.so"), os.path.join(modules, "updater-rollback.so"))
        shutil.copy(os.path.join(built, "behaviours.so"), os.path.join(modules, "behaviours-rollback.so"))
        with unittest.mock.patch.dict(os.environ, OTASIM_FIRMWARE_DIR=modules):
            page = self.gate(new, "--from", old, "--no-sweep", "--sdkconfig",
                             self.write("sdkconfig", ROLLBACK + SIGNED), status=1)
        # As the sdkconfig has it only the bootloader rolls back: these libraries were compiled without.
        self.assertIn("  FAIL  NEW does not confirm itself: the next reset brings back", page)
        self.assertIn("  ok    a captive portal", page)

    def test_what_is_not_tried_is_told(self):
        new = self.image("new.bin", "--version", "2.0.0")
        page = self.gate(self.sign(new, "rsa_a"), "--no-sweep", "--sdkconfig",
                         self.write("sdkconfig", ROLLBACK + SIGNED + "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=4096\n"),
                         status=0)
        self.assertIn("  skip  NEW confirms itself: it stands for the app in the field too", page)
        self.assertIn("  ok    NEW does not confirm itself: the next reset brings back what ran before", page)
        self.assertIn("  skip  a receive buffer of less than 16384 bytes", page)
        page = self.gate(new, "--no-sweep", "--sdkconfig",
                         self.write("sdkconfig", "CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN=16384\n"
                                    "# CONFIG_ESP_HTTPS_OTA_DECRYPT_CB is not set\n"), status=0)
        self.assertEqual(page.count("  skip  "), 1)
        self.assertIn("  skip  no sweep was asked for", page)

    def test_both_of_one_version(self):
        page = self.gate(self.image("new.bin", "--seed", "2"), "--from", self.image("old.bin"), "--no-sweep",
                         "--sdkconfig", self.write("sdkconfig", ROLLBACK), status=0)
        self.assertIn("  skip  NEW confirms itself: the apps are told apart by their versions, and these are alike", page)
        self.assertIn("  ok    NEW does not confirm itself: the next reset brings back what ran before", page)


class MachineTest(GateTest):
    def test_its_faults_are_not_the_images(self):
        new = self.image("new.bin")
        with unittest.mock.patch.dict(os.environ, TMPDIR="/nonexistent"):
            page = self.gate(new, status=2)
        self.assertNotIn("FAIL", page)
        self.assertNotIn("good to go", page)
        self.assertIn("\nno verdict: it was not tried to its end\n", page)
        self.assertIn("otasim gate: the updates could not be run: TMPDIR: no file can be made in /nonexistent: ", page)


class ReleaseTest(GateTest):
    """The images are good: whatever departs is the release's doing."""
    DOWNGRADE = "a 302 leads to plain http: updated"
    BLOCKS = "an image for later efuse blocks of the chip is offered: updated"
    # What is warned of, and how many codes are told that newer releases have not.
    RELEASES = {
        "4.4.8": ({"401 that does not say what it wants: the update never ends", BLOCKS, DOWNGRADE,
                   "the image comes without a length: refused"}, 4),
        "5.1.2": ({BLOCKS, DOWNGRADE}, 5),
        "5.1.7": ({DOWNGRADE}, 5),
        "5.3.5": ({DOWNGRADE}, 5),
        "5.5.4": ({DOWNGRADE}, 0),
        "5.5.5": (set(), 0),
        "6.0.1": ({DOWNGRADE}, 0),
        "6.0.2": (set(), 1),
        "master": (set(), 0),
    }

    def built_with(self, name, idf_version, flash_mode=0, **options):
        """An image whose descriptor says so; the checksum at its end is a sum of all bytes."""
        image = self.read(self.image(name, "--no-hash", *options.get("options", ())))
        descriptor = image[32:32 + 256]
        descriptor[112:144] = idf_version.encode().ljust(32, b"\0")
        descriptor[181] = flash_mode
        for before, after in zip(image[32:32 + 256], descriptor):
            image[-1] ^= before ^ after
        image[32:32 + 256] = descriptor
        return self.write(name, image)

    def notes(self, *arguments):
        lines = iter(self.gate(*arguments, "--no-sweep", status=0).splitlines())
        return [(line[8:], next(lines).strip()) for line in lines if line.startswith("  note")]

    def test_each_release_is_judged_as_it_behaves(self):
        new = self.image("new.bin", "--version", "1.10.0")
        old = self.image("old.bin", "--version", "1.9.0")
        for release, (warned, codes) in self.RELEASES.items():
            with self.subTest(release):
                page = self.gate(new, "--from", old, "--no-sweep", "--release", release, status=0)
                self.assertIn(f"AS   ESP-IDF {release}\n", page)
                warnings = [line[8:].split("  hazard")[0] for line in page.splitlines() if line.startswith("  warn")]
                self.assertEqual(set(warnings), warned)
                self.assertEqual(page.count(f"{release} returns "), codes)
                self.assertIn("ok    OLD to NEW", page)

    def test_other_chips_are_as_good(self):
        """The stock updater is built for one of them."""
        for chip in ("esp32", "esp32s3"):
            for release in ("5.1.7", "5.5.4"):
                with self.subTest(f"{chip} {release}"):
                    page = self.gate(self.image(f"{chip}.bin", chip=chip), "--no-sweep", "--release", release, status=0)
                    self.assertIn("1 warning, 0 failed", page)

    def test_a_code_is_told_and_a_hazard_named_with_its_fix(self):
        new = self.image("new.bin")
        page = self.gate(new, "--release", "5.1", status=0)
        self.assertIn("AS   ESP-IDF 5.1.7\n", page)
        self.assertIn("ok    the server's certificate is by an unknown CA: refused\n"
                      "      5.1.7 returns ESP_FAIL here; since 5.5 it is ESP_ERR_HTTP_CONNECT (one-shot-hides-begin)\n",
                      page)
        self.assertIn("-> 5.1.7 does so; since 5.5.5 and master it is refused (downgrade-followed)\n", page)
        met = page.split("\nhazards that were met\n")[1].split("\npower\n")
        known = subprocess.run([OTASIM, "hazards", "--release", "5.1.7"], capture_output=True, text=True, timeout=60)
        count = int(re.search(r"(\d+) known hazards in", known.stdout).group(1))
        self.assertIn(f"  {met[0].count('(catalogue')} of the {count} that ESP-IDF 5.1.7 has;", met[0])
        self.assertEqual(met[0].count("  downgrade-followed (catalogue R09)\n"), 1)
        self.assertIn("fixed in 5.5.5 and master (cec6f5bff4e)", met[0])
        self.assertIn("advice     set disable_auto_redirect", met[0])
        self.assertNotIn("close-delimited-fails", met[0])
        self.assertIn("ok    power fails at each of", met[1])
        self.assertIn("look at the warnings", met[1])
        self.gate(new, "--no-sweep", "--release", "5.1.7", "--strict", status=1)

    def test_rollback_is_judged_with_the_release(self):
        page = self.gate(self.image("new.bin", "--version", "2.1.0", "--secure-version", "2"), "--from",
                         self.image("old.bin", "--version", "1.0.0", "--secure-version", "1"), "--partitions",
                         self.table(), "--sdkconfig", self.write("sdkconfig", ANTI_ROLLBACK), "--release", "4.4.8",
                         status=0)
        self.assertIn("ok    NEW to OLD, the way back: refused, its secure version is lower", page)
        self.assertIn("ok    NEW does not confirm itself: the next reset brings back", page)
        self.assertIn("ok    power fails at each of", page)

    def test_an_update_that_does_not_happen_fails_with_every_release(self):
        modules = self.path("firmware")
        os.mkdir(modules)
        shutil.copy(os.path.join(CERTS, "..", "firmware", "behaviours.so"), os.path.join(modules, "updater.so"))
        with unittest.mock.patch.dict(os.environ, OTASIM_FIRMWARE_DIR=modules):
            page = self.gate(self.image("new.bin"), "--release", "4.4.8", status=1)
        for line in ("to NEW, from a stand-in", "the server's certificate", "a 302 leads to plain http",
                     "401 that does not say what it wants"):
            self.assertIn(f"  FAIL  {line}", page)

    def test_what_an_image_was_built_with_is_noted_and_not_followed(self):
        said = {
            "v5.1.2": "--release 5.1.2 judges it as what it is",
            "v5.1": "--release 5.1.0 judges it as what it is",
            "v5.1.2-31-gabcdef0": "--release 5.1.2 judges it as the release before it",
            "v5.5.5-dirty": "--release 5.5.5 judges it as the release before it",
            "v5.2-dev-1234-gabc": "it is on the way to a release; say which release it behaves like: --release",
            "v5.5.99": "ESP-IDF 5.5.99 is newer than 5.5.5, the newest patch that is known; say which",
            "3.0\x1b[31m": "no ESP-IDF release \"3.0.0\" is known",
            "HEAD": "it names no release; say which",
            "v99999999999.1": "it names no release; say which",
        }
        for idf_version, advice in said.items():
            with self.subTest(idf_version):
                note, = self.notes(self.built_with("new.bin", idf_version))
                shown = idf_version.replace("\x1b", "?")
                self.assertEqual(note[0], f"NEW was built with ESP-IDF {shown}, and is judged as master")
                self.assertIn(advice, note[1])
        self.assertEqual(self.notes(self.built_with("new.bin", "v6.2-dev-99-gabc")), [])

    def test_no_note_where_it_is_judged_by_its_own(self):
        new = self.built_with("new.bin", "v5.1.7")
        self.assertEqual(self.notes(new, "--release", "5.1.7"), [])
        (never, _), = self.notes(self.built_with("other.bin", "v5.1.2"), "--release", "5.1.2")
        self.assertIn("ESP-IDF 5.1.2 itself was never recorded", never)
        note, = self.notes(new, "--from", self.built_with("old.bin", "v5.3.5", options=("--version", "1.0.0")),
                           "--release", "5.3.5")
        self.assertEqual(note[0], "NEW was built with ESP-IDF v5.1.7, and is judged as 5.3.5")
        self.assertIn("the way back would be its own", note[1])

    def test_a_flash_mode_that_the_release_does_not_look_at(self):
        new = self.built_with("new.bin", "v5.1.7", flash_mode=1)
        old = self.built_with("old.bin", "v5.1.7", flash_mode=2, options=("--version", "1.0.0"))
        self.assert_only_failure("the update is refused (ESP_ERR_OTA_SPI_MODE_MISMATCH)", new, "--from", old)
        page = self.gate(new, "--from", old, "--no-sweep", "--release", "5.1.7", status=1)
        self.assertIn("  FAIL  flash mode 1 after 2 in the app descriptor: ESP-IDF 5.1.7 does not look at it", page)
        self.assertIn("  ok    OLD to NEW", page)
        self.assertIn(", 1 failed", page)

    def test_a_release_that_is_none(self):
        self.assertIn("otasim gate: --release:", self.gate("a.bin", "--release", "3.3", status=2))


class BadUpdateTest(GateTest):
    def test_an_update_that_does_not_happen(self):
        """Nothing is wrong with the files; the firmware that should update does nothing."""
        modules = self.path("firmware")
        os.mkdir(modules)
        shutil.copy(os.path.join(CERTS, "..", "firmware", "behaviours.so"), os.path.join(modules, "updater.so"))
        with unittest.mock.patch.dict(os.environ, OTASIM_FIRMWARE_DIR=modules):
            page = self.gate(self.image("new.bin"), status=1)
        self.assertIn("  FAIL  to NEW, from a stand-in (no --from): not so\n", page)
        self.assertIn("the update never returned", page)
        self.assertIn("  FAIL  the image comes in chunks: updated: not so\n", page)
        self.assertIn("  skip  the update itself fails\n", page)


class BadImageTest(GateTest):
    def test_a_flipped_byte(self):
        image = self.read(self.image("new.bin"))
        image[len(image) // 2] ^= 1
        self.assert_only_failure("NEW does not verify", self.write("new.bin", image))

    def test_another_chip(self):
        self.assert_only_failure("NEW is for another chip", self.image("new.bin"), "--chip", "esp32")

    def test_an_old_chip(self):
        image = self.image("new.bin", "--min-rev", "101")
        self.assert_only_failure("needs chip revision v1.1", image, "--revision", "100")
        self.gate(image, "--revision", "101", "--no-sweep", status=0)

    def test_a_slot_that_is_too_small(self):
        new = self.image("new.bin", "--size", "182368")
        failures = self.failures(new, "--partitions", self.table(size="128K"))
        self.assertEqual([failure[:23] for failure in failures], ["NEW does not fit ota_0:", "NEW does not fit ota_1:"])

    def test_a_signature_needs_room_too(self):
        new = self.image("new.bin", "--size", "128K")
        self.gate(new, "--partitions", self.table(size="128K"), "--no-sweep", status=0)
        failures = self.failures(new, "--partitions", self.table(size="128K"), "--sdkconfig",
                                 self.write("sdkconfig", SIGNED))
        self.assertIn("NEW does not fit ota_0: 135168 bytes with its signature", failures[1])

    def test_a_broken_old_release(self):
        image = self.read(self.image("old.bin"))
        image[-1] ^= 1
        self.assert_only_failure("OLD does not verify", self.image("new.bin"), "--from", self.write("old.bin", image))

    def test_a_file_of_another_kind(self):
        bootloader = self.read(self.image("boot.bin", "--bootloader", "--size", "16K"))
        kinds = {"is empty": b"", "an ELF file": b"\x7fELF" + bytes(100), "ZIP": b"PK\x03\x04" + bytes(100),
                 "a partition table": b"\xaa\x50" + bytes(30), "erased flash": b"\xff" * 4096,
                 "a bootloader image": bytes(bootloader), "a web page": b"<!DOCTYPE html>",
                 "a whole flash chip": bytes(bootloader).ljust(0x8000, b"\xff") + b"\xaa\x50\x01\x02" + bytes(28),
                 "does not verify": b"\xe9" + bytes(5000), "NEW does not verify": b"hello"}
        for text, contents in kinds.items():
            with self.subTest(text):
                self.assert_only_failure(text, self.write("new.bin", contents))

    def test_secure_boot_wants_a_signature(self):
        new = self.image("new.bin")
        for config in ("CONFIG_SECURE_BOOT=y\n", "CONFIG_SECURE_BOOT=y\nCONFIG_SECURE_BOOT_V2_ENABLED=y\n"):
            with self.subTest(config):
                self.assert_only_failure("is not signed, and the sdkconfig wants it", new, "--partitions",
                                         self.table(), "--sdkconfig", self.write("sdkconfig", config))


class WarningTest(GateTest):
    def warned(self, text, new, old, *arguments):
        page = self.gate(new, "--from", old, "--no-sweep", *arguments, status=0)
        self.assertIn(f"  warn  {text}", page)
        self.gate(new, "--from", old, "--no-sweep", "--strict", *arguments, status=1)

    def test_the_same_version(self):
        self.warned("same version as before: 1.0.0", self.image("new.bin", "--version", "1.0.0", "--seed", "2"),
                    self.image("old.bin", "--version", "1.0.0"))

    def test_a_downgrade(self):
        self.warned("a downgrade: v1.9 after v1.10", self.image("new.bin", "--version", "v1.9"),
                    self.image("old.bin", "--version", "v1.10"))

    def test_another_project(self):
        self.warned("another project: lamp after otasim",
                    self.image("new.bin", "--version", "2.1", "--project", "lamp"), self.image("old.bin"))

    def test_a_lower_secure_version(self):
        old = self.image("old.bin", "--version", "1", "--secure-version", "3")
        new = self.image("new.bin", "--version", "2", "--secure-version", "2")
        self.warned("lower secure version: 2 after 3", new, old)
        self.assert_only_failure("lower secure version", new, "--from", old, "--partitions", self.table(),
                                 "--sdkconfig", self.write("sdkconfig", ANTI_ROLLBACK))

    def test_another_flash_mode(self):
        new = self.read(self.image("new.bin", "--version", "3.0.0", "--no-hash"))
        new[2] = 3  # DOUT; the checksum is over the segments' data alone
        self.warned("flash settings differ: DOUT", self.write("new.bin", new), self.image("old.bin"))


class TableTest(GateTest):
    def test_no_otadata(self):
        self.assert_only_failure("no otadata", self.image("new.bin"), "--partitions", self.table(NO_OTADATA))

    def test_one_app(self):
        self.assert_only_failure("nothing can be updated", self.image("new.bin"), "--partitions",
                                 self.table(ONE_APP))

    def test_one_slot(self):
        page = self.gate(self.image("new.bin"), "--partitions", self.table(ONE_SLOT), "--no-sweep", status=0)
        self.assertIn("  warn  the table has one OTA slot", page)

    def test_beyond_the_flash(self):
        self.assert_only_failure("the table ends at 0x610000", self.image("new.bin"), "--partitions",
                                 self.table(size="3M"), "--sdkconfig",
                                 self.write("sdkconfig", 'CONFIG_ESPTOOLPY_FLASHSIZE="4MB"\n'))


class CommandLineTest(GateTest):
    def test_files_that_cannot_be_used(self):
        new = self.image("new.bin")
        self.assertIn("missing.bin: No such file", self.gate(self.path("missing.bin"), status=1))
        self.assertIn("huge.bin", self.gate(self.write("huge.bin", bytes((16 << 20) + 1)), status=1))
        self.gate(self.folder, status=1)
        self.assertIn("partitions.csv:1", self.gate(new, "--partitions", self.table("what?"), status=1))
        self.assertIn("sdkconfig:2: expected CONFIG_NAME=value",
                      self.gate(new, "--sdkconfig", self.write("sdkconfig", "# fine\nnot fine\n"), status=1))
        self.assertIn("no sdkconfig", self.gate(new, "--sdkconfig", new, status=1))

    def test_a_wrong_command_line(self):
        for arguments in ((), ("a", "b"), ("a", "--chip", "esp32c33"), ("a", "--revision", "x"), ("a", "--what")):
            with self.subTest(arguments):
                self.assertIn("otasim gate", self.gate(*arguments, status=2))
        self.assertIn("usage: otasim gate", self.gate("--help", status=0))


@unittest.skipUnless(os.path.exists(os.path.join(REAL, "esp_idf_blink_esp32s2.bin")), "OTASIM_REAL_IMAGES has no blink")
class RealImageTest(GateTest):
    def setUp(self):
        super().setUp()
        self.blink = os.path.join(REAL, "esp_idf_blink_esp32s2.bin")

    def test_with_its_chip(self):
        self.assertIn("0 warnings, 0 failed: good to go", self.gate(self.blink, "--chip", "esp32s2", status=0))

    def test_what_is_wrong_is_told_apart(self):
        image = self.read(self.blink)
        image[90000] ^= 1
        self.assert_only_failure("NEW does not verify: checksum", self.write("flipped.bin", image))
        self.assert_only_failure("NEW is for another chip: chip id 0x0002 (esp32s2)", self.blink, "--chip", "esp32s3")
        failures = self.failures(self.blink, "--partitions", self.table(size="128K"))
        self.assertIn("NEW does not fit ota_0: 182368 bytes, the slot has 131072 (128 KB)", failures[0])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
