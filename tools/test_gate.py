#!/usr/bin/env python3
"""Tests of `otasim gate`: test_gate.py OTASIM CERTS

The images are those that `otasim image make` builds, and one that the vendor's tools have built,
where there is one (OTASIM_REAL_IMAGES).
"""
import os
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
