#!/usr/bin/env python3
"""Tests of `otasim image sign` and `verify` against the openssl CLI: test_image_sign.py OTASIM CERTS"""
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import unittest
import zlib

OTASIM, CERTS = sys.argv[1:3]
OPENSSL = os.environ.get("OPENSSL", "openssl")
BLOCK = 1216
SECTOR = 4096
KEYS = {"rsa_a": "RSA-3072", "p256_a": "ECDSA P-256", "p384_a": "ECDSA P-384"}


def otasim(*arguments):
    return subprocess.run([OTASIM, "image", *arguments], capture_output=True, text=True, timeout=120)


def openssl(*arguments, data=None):
    return subprocess.run([OPENSSL, *arguments], input=data, capture_output=True, check=True).stdout


def p192_key():
    """Not every openssl has the curve, so none is made with the certificates."""
    folder = tempfile.TemporaryDirectory()
    path = os.path.join(folder.name, "p192.key")
    made = subprocess.run([OPENSSL, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-192",
                           "-out", path], capture_output=True)
    return folder, path if made.returncode == 0 else None


P192_FOLDER, P192_KEY = p192_key()
if P192_KEY:
    KEYS["p192"] = "ECDSA P-192"


def key_path(name):
    return P192_KEY if name == "p192" else os.path.join(CERTS, f"signing_{name}.key")


def little(number, length):
    return number.to_bytes(length, "little")


def der_integers(signature):
    """r and s of a DER ECDSA signature."""
    assert signature[0] == 0x30
    at = 3 if signature[1] & 0x80 else 2
    numbers = []
    for _ in range(2):
        assert signature[at] == 0x02
        length = signature[at + 1]
        numbers.append(int.from_bytes(signature[at + 2:at + 2 + length], "big"))
        at += 2 + length
    return numbers


def openssl_signature(name, padded):
    """Digest, key fields and signature, as a block has them, by the openssl CLI alone."""
    key = key_path(name)
    if name.startswith("rsa"):
        digest = hashlib.sha256(padded).digest()
        text = openssl("rsa", "-in", key, "-modulus", "-noout").decode()
        n = int(text.split("=")[1], 16)
        fields = (little(n, 384) + little(65537, 4) + little(2**6144 % n, 384) +
                  little(-pow(n, -1, 2**32) % 2**32, 4))
        signature = openssl("dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt",
                            "rsa_pss_saltlen:32", "-sign", key, data=padded)
        return 2, digest, fields, signature[::-1]
    curve, length, sha, room = {"p192": (1, 24, "sha256", 32), "p256_a": (2, 32, "sha256", 32),
                                "p384_a": (3, 48, "sha384", 48)}[name]
    digest = hashlib.new(sha, padded).digest()
    point = openssl("ec", "-in", key, "-pubout", "-outform", "DER")[-2 * length:]
    fields = bytes([curve]) + (point[:length][::-1] + point[length:][::-1]).ljust(2 * room, b"\0")
    r, s = der_integers(openssl("dgst", "-" + sha, "-sign", key, data=padded))
    return 3, digest, fields, little(r, length) + little(s, length)


def openssl_block(name, padded):
    version, digest, fields, signature = openssl_signature(name, padded)
    block = bytes([0xE7, version, 0, 0]) + digest + fields + signature
    block += bytes(1196 - len(block))
    return block + little(zlib.crc32(block), 4) + bytes(16)


class Signatures(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.image = self.path("app.bin")
        self.assertEqual(otasim("make", "--size", "20480", "-o", self.image).returncode, 0)
        short = otasim("make", "--size", "20000", "-o", self.path("short.bin"))
        self.assertEqual(short.returncode, 0)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def sign(self, *keys, image="short.bin", out="signed.bin", flaw=None):
        arguments = [word for name in keys for word in ("--key", key_path(name))]
        if flaw:
            arguments += ["--flaw", flaw]
        result = otasim("sign", *arguments, self.path(image), self.path(out))
        self.assertEqual(result.returncode, 0, result.stderr)
        return re.findall(r"key digest ([0-9a-f]{64})", result.stdout)

    def verify(self, *arguments, file="signed.bin"):
        return otasim("verify", *arguments, self.path(file))

    def test_each_scheme(self):
        for name, scheme in KEYS.items():
            with self.subTest(name):
                digest, = self.sign(name)
                result = self.verify()
                self.assertEqual(result.returncode, 0, result.stdout)
                self.assertIn(f"block 0  {scheme}", result.stdout)
                self.assertIn(digest, result.stdout)
                self.assertNotIn("WRONG", result.stdout)

    def test_blocks_are_those_of_openssl(self):
        """All but the signature itself, in which both sides choose numbers of their own."""
        for name in KEYS:
            with self.subTest(name):
                self.sign(name)
                ours = self.read("signed.bin")
                padded = ours[:-SECTOR]
                self.assertEqual(padded, self.read("short.bin").ljust(20480, b"\xff"))
                theirs = openssl_block(name, padded)
                signature = 4 + {"rsa_a": 32 + 776, "p256_a": 32 + 65, "p384_a": 48 + 97, "p192": 32 + 65}[name]
                block = ours[-SECTOR:][:BLOCK]
                self.assertEqual(block[:signature], theirs[:signature])
                self.assertEqual(zlib.crc32(block[:1196]), int.from_bytes(block[1196:1200], "little"))
                self.assertEqual(ours[-SECTOR + BLOCK:], b"\xff" * (SECTOR - BLOCK))

    def test_a_signature_of_openssl_verifies(self):
        for name in KEYS:
            with self.subTest(name):
                padded = self.read("short.bin").ljust(20480, b"\xff")
                block = openssl_block(name, padded)
                self.write("theirs.bin", padded + block.ljust(SECTOR, b"\xff"))
                result = self.verify(file="theirs.bin")
                self.assertEqual(result.returncode, 0, result.stdout)

    def test_openssl_verifies_what_was_signed(self):
        self.sign("rsa_a")
        signed = self.read("signed.bin")
        signature = signed[-SECTOR:][812:1196][::-1]
        public = openssl("pkey", "-in", key_path("rsa_a"), "-pubout")
        answer = openssl("dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt",
                         "rsa_pss_saltlen:32", "-verify", self.write("public.pem", public),
                         "-signature", self.write("signature", signature), data=signed[:-SECTOR])
        self.assertIn(b"Verified OK", answer)

    def test_three_keys(self):
        digests = self.sign("rsa_a", "p256_a", "p384_a")
        result = self.verify()
        self.assertEqual(result.returncode, 0, result.stdout)
        for index, (digest, scheme) in enumerate(zip(digests, KEYS.values())):
            self.assertIn(f"block {index}  {scheme}", result.stdout)
            self.assertIn(digest, result.stdout)

    def test_four_keys_are_too_many(self):
        arguments = ["--key", key_path("rsa_a")] * 4
        result = otasim("sign", *arguments, self.image, self.path("signed.bin"))
        self.assertEqual(result.returncode, 2)
        self.assertIn("at most 3", result.stderr)

    def test_a_signed_image_is_not_signed_again(self):
        self.sign("rsa_a")
        result = otasim("sign", "--key", key_path("rsa_b"), self.path("signed.bin"), self.path("twice.bin"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("signed already", result.stderr)

    def test_trust_by_digest(self):
        digests = self.sign("rsa_a", "rsa_b")
        other, = self.sign("rsa_c", out="other.bin")
        self.assertEqual(self.verify("--trust", digests[1]).returncode, 0)
        self.assertEqual(self.verify("--trust", other, "--trust", digests[0].upper()).returncode, 0)
        refused = self.verify("--trust", other)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("REFUSES", refused.stdout)
        self.assertIn("is not trusted", refused.stdout)
        file = self.write("digest", bytes.fromhex(digests[0]))
        self.assertEqual(self.verify("--trust", file).returncode, 0)
        wrong = self.verify("--trust", digests[0][1:])
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("64 hex digits", wrong.stderr)

    def test_trust_by_image_looks_at_first_blocks_only(self):
        self.sign("rsa_a", "rsa_b", out="running.bin")
        running = self.path("running.bin")
        for keys, status in ((["rsa_a"], 0), (["rsa_b"], 1), (["rsa_b", "rsa_a"], 1), (["rsa_a", "p256_a"], 0),
                             (["p256_a"], 1)):
            with self.subTest(keys):
                self.sign(*keys)
                self.assertEqual(self.verify("--trust-image", running).returncode, status)
        unsigned = self.verify("--trust-image", self.image)
        self.assertEqual(unsigned.returncode, 1)
        self.assertIn("app.bin", unsigned.stderr)

    def test_flaws_are_explained(self):
        rows = {"bit-flip": "image digest  WRONG", "bad-crc": "CRC           WRONG",
                "other-version": "malformed", "bad-signature": "signature     WRONG",
                "bad-digest": "image digest  WRONG", "cut": "NOT SIGNED", "bad-magic": "block 0  none"}
        for flaw, words in rows.items():
            with self.subTest(flaw):
                self.sign("rsa_a", flaw=flaw)
                result = self.verify()
                self.assertEqual(result.returncode, 1)
                self.assertIn(words, result.stdout)

    def test_a_flipped_bit_anywhere_is_noticed(self):
        self.sign("p256_a")
        signed = bytearray(self.read("signed.bin"))
        start = len(signed) - SECTOR
        for at in [*range(0, start, 1999), *range(start, start + BLOCK, 41), start + BLOCK - 1]:
            with self.subTest(at=at):
                signed[at] ^= 0x40
                self.write("flipped.bin", signed)
                self.assertEqual(self.verify(file="flipped.bin").returncode, 1)
                signed[at] ^= 0x40

    def test_an_unsigned_image_says_so(self):
        result = self.verify(file="app.bin")
        self.assertEqual(result.returncode, 1)
        self.assertIn("NOT SIGNED", result.stdout)

    def test_noise_and_nothing(self):
        for name, data in (("empty", b""), ("noise", os.urandom(3 * SECTOR)), ("short", b"\xe9"),
                           ("magic", b"\xe7\x02" * 2 * SECTOR)):
            with self.subTest(name):
                self.write(name, data)
                result = self.verify(file=name)
                self.assertEqual(result.returncode, 1, result.stdout + result.stderr)

    def test_keys_that_will_not_do(self):
        for path in (os.path.join(CERTS, "rsa_server.key"), os.path.join(CERTS, "server.crt"), self.image):
            with self.subTest(path):
                result = otasim("sign", "--key", path, self.image, self.path("signed.bin"))
                self.assertEqual(result.returncode, 2)
                self.assertIn(path, result.stderr)

    def test_help(self):
        for command in ("sign", "verify"):
            result = otasim(command, "--help")
            self.assertEqual(result.returncode, 0)
            self.assertIn(f"otasim image {command}", result.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
