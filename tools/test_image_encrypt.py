#!/usr/bin/env python3
"""Tests of `otasim image encrypt` and `decrypt`: test_image_encrypt.py OTASIM CERTS

What it writes is read here with the openssl CLI and hashlib alone. OTASIM_REAL_IMAGES may name a
folder with files of the vendor's tool.
"""
import hashlib
import hmac
import os
import subprocess
import sys
import tempfile
import unittest

OTASIM, CERTS = sys.argv[1:3]
OPENSSL = os.environ.get("OPENSSL", "openssl")
REAL = os.environ.get("OTASIM_REAL_IMAGES", "")
HEADER = 512
MAGIC = bytes([0xCF, 0xB6, 0x88, 0x07])
SALT = bytes.fromhex("0e2160642dae76d33448e43d7720123d9f3b1eceb88e573a4e8f7fb94ff0c869")
INFO = b"_esp_enc_img_ecc"
P256_PUBLIC = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
GROUP_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def otasim(*arguments):
    return subprocess.run([OTASIM, "image", *arguments], capture_output=True, text=True, timeout=120)


def openssl(*arguments, data=None):
    return subprocess.run([OPENSSL, *arguments], input=data, capture_output=True, check=True).stdout


def certs(name):
    return os.path.join(CERTS, name)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def ghash(key, data):
    """Galois multiplication bit by bit (NIST SP 800-38D, 6.4)."""
    y = 0
    for at in range(0, len(data), 16):
        x, v, z = y ^ int.from_bytes(data[at:at + 16], "big"), key, 0
        for bit in range(127, -1, -1):
            z ^= v if x >> bit & 1 else 0
            v = v >> 1 ^ (0xE1 << 120 if v & 1 else 0)
        y = z
    return y.to_bytes(16, "big")


def padded(data):
    return data + bytes(-len(data) % 16)


def gcm_decrypt(key, iv, ciphertext):
    """Plaintext and tag of AES-256-GCM, from the block cipher alone."""
    def blocks(data):
        return openssl("enc", "-aes-256-ecb", "-nopad", "-K", key.hex(), data=data)
    h = int.from_bytes(blocks(bytes(16)), "big")
    first = ghash(h, padded(iv) + bytes(8) + (8 * len(iv)).to_bytes(8, "big"))
    counter = int.from_bytes(first[12:], "big")
    count = (len(ciphertext) + 15) // 16
    counters = b"".join(first[:12] + ((counter + n) % 2**32).to_bytes(4, "big") for n in range(count + 1))
    stream = blocks(counters)
    plain = bytes(a ^ b for a, b in zip(ciphertext, stream[16:]))
    s = ghash(h, padded(ciphertext) + bytes(8) + (8 * len(ciphertext)).to_bytes(8, "big"))
    return plain, bytes(a ^ b for a, b in zip(s, stream[:16]))


def hkdf(shared, salt):
    extracted = hmac.new(salt, shared, hashlib.sha256).digest()
    return hmac.new(extracted, INFO + b"\x01", hashlib.sha256).digest()


def scalar_pem(scalar):
    """A P-256 key in PEM: SEC1 without the public half, wrapped by openssl."""
    der = bytes.fromhex("30310201010420") + scalar + bytes.fromhex("a00a06082a8648ce3d030107")
    return openssl("ec", "-inform", "DER", "-outform", "PEM", data=der)


class Encryption(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.image = self.path("app.bin")
        self.assertEqual(otasim("make", "--size", "8192", "-o", self.image).returncode, 0)
        self.plain = read(self.image)
        self.out = self.path("encrypted.bin")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def encrypt(self, *options, image=None):
        result = otasim("encrypt", *options, image or self.image, self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        return read(self.out)

    def assert_decrypts(self, *options, plain=None):
        result = otasim("decrypt", *options, self.out, self.path("back.bin"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(read(self.path("back.bin")), self.plain if plain is None else plain)
        self.assertIn("the tag is right", result.stdout)

    def assert_refused(self, *options, file=None, says=""):
        result = otasim("decrypt", *options, file or self.out, self.path("never.bin"))
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn(says, result.stderr)
        self.assertFalse(os.path.exists(self.path("never.bin")))

    def assert_read_by_openssl(self, file, key, plain):
        self.assertEqual(file[:4], MAGIC)
        self.assertEqual(int.from_bytes(file[404:408], "little"), len(plain))
        self.assertEqual(file[424:HEADER], bytes(88))
        got, tag = gcm_decrypt(key, file[388:404], file[HEADER:])
        self.assertEqual(got, plain)
        self.assertEqual(tag, file[408:424])

    def test_openssl_reads_what_is_encrypted_for_rsa(self):
        key = certs("encryption_rsa_a.key")
        self.write("public.pem", openssl("pkey", "-in", key, "-pubout"))
        for option in (key, self.path("public.pem")):
            file = self.encrypt("--key", option)
            aes = openssl("pkeyutl", "-decrypt", "-inkey", key, data=file[4:388])
            self.assertEqual(len(aes), 32)
            self.assert_read_by_openssl(file, aes, self.plain)
            self.assert_decrypts("--key", key)

    def test_openssl_reads_what_is_encrypted_for_an_hmac_key(self):
        hmac_key = certs("encryption_hmac_a.key")
        scalar = hashlib.pbkdf2_hmac("sha256", read(hmac_key), SALT, 2048, 32)
        self.assertLess(int.from_bytes(scalar, "big"), GROUP_ORDER)
        private = self.write("device.pem", scalar_pem(scalar))
        public = self.write("public.pem", openssl("pkey", "-in", private, "-pubout"))
        for option in (("--hmac-key", hmac_key), ("--key", private), ("--key", public),
                       ("--key", scalar.hex())):
            with self.subTest(option):
                file = self.encrypt(*option)
                peer = self.write("peer.der", P256_PUBLIC + b"\x04" + file[4:68])
                shared = openssl("pkeyutl", "-derive", "-inkey", private, "-peerkey", peer,
                                 "-peerform", "DER")
                self.assert_read_by_openssl(file, hkdf(shared, file[68:100]), self.plain)
                self.assertEqual(file[100:388], bytes(288))
                self.assert_decrypts("--hmac-key", hmac_key)
                self.assert_decrypts("--key", private)
                self.assert_decrypts("--key", scalar.hex().upper())

    def test_odd_lengths(self):
        for length in (1, 15, 16, 17, 1000):
            plain = os.urandom(length)
            self.encrypt("--hmac-key", certs("encryption_hmac_a.key"),
                         image=self.write("odd.bin", plain))
            self.assert_decrypts("--hmac-key", certs("encryption_hmac_a.key"), plain=plain)

    def test_each_time_another_key_unless_seeded(self):
        option = ("--key", certs("encryption_rsa_a.key"))
        self.assertNotEqual(self.encrypt(*option)[:HEADER], self.encrypt(*option)[:HEADER])
        self.assertEqual(self.encrypt(*option, "--seed", "7"), self.encrypt(*option, "--seed", "7"))
        self.assertNotEqual(self.encrypt(*option, "--seed", "7"), self.encrypt(*option, "--seed", "8"))

    def test_a_flipped_bit_anywhere_is_noticed(self):
        option = ("--hmac-key", certs("encryption_hmac_a.key"))
        file = bytearray(self.encrypt(*option))
        for at in [*range(0, 424, 19), 300, 424, 511, *range(HEADER, len(file), 1111), len(file) - 1]:
            with self.subTest(at=at):
                file[at] ^= 0x08
                self.assert_refused(*option, file=self.write("flipped.bin", file))
                file[at] ^= 0x08

    def test_flaws_are_told(self):
        rows = {"bad-magic": "magic", "bad-tag": "tag is wrong", "bit-flip": "tag is wrong",
                "cut": "8176 bytes of the image have come, of 8192", "header-only": "0 bytes",
                "bad-size": "of 8208", "surplus": "8195 bytes"}
        for key in (("--key", certs("encryption_rsa_a.key")), ("--hmac-key", certs("encryption_hmac_a.key"))):
            for flaw, says in rows.items():
                with self.subTest(flaw):
                    self.encrypt(*key, "--flaw", flaw)
                    self.assert_refused(*key, says=says)

    def test_other_keys(self):
        self.encrypt("--key", certs("encryption_rsa_a.key"))
        self.assert_refused("--key", certs("encryption_rsa_b.key"), says="not encrypted for this device")
        self.encrypt("--hmac-key", certs("encryption_hmac_a.key"))
        self.assert_refused("--hmac-key", certs("encryption_hmac_b.key"), says="tag is wrong")

    def test_what_is_no_such_file(self):
        for name, data in (("empty", b""), ("noise", os.urandom(2000)), ("plain", self.plain),
                           ("magic", MAGIC), ("header", MAGIC + bytes(508))):
            with self.subTest(name):
                self.assert_refused("--key", certs("encryption_rsa_a.key"), file=self.write(name, data))

    def test_keys_that_will_not_do(self):
        public = self.write("public.pem", openssl("pkey", "-in", certs("encryption_rsa_a.key"), "-pubout"))
        self.assertEqual(otasim("decrypt", "--key", public, self.image).returncode, 2)
        self.assertEqual(otasim("encrypt", "--hmac-key", self.image, self.image, self.out).returncode, 2)
        for name in ("rsa_server.key", "signing_p384_a.key", "server.crt", "image_key.bin"):
            with self.subTest(name):
                result = otasim("encrypt", "--key", certs(name), self.image, self.out)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(name, result.stderr)

    def test_command_line(self):
        for command in ("encrypt", "decrypt"):
            self.assertIn(f"otasim image {command}", otasim(command, "--help").stdout)
            self.assertEqual(otasim(command, self.image).returncode, 2)
        both = ("--key", certs("encryption_rsa_a.key"), "--hmac-key", certs("encryption_hmac_a.key"))
        self.assertEqual(otasim("encrypt", *both, self.image, self.out).returncode, 2)
        result = otasim("encrypt", *both[:2], "--flaw", "bad-tga", self.image, self.out)
        self.assertEqual(result.returncode, 2)
        self.assertIn("bad-tag", result.stderr)

    @unittest.skipUnless(os.path.exists(os.path.join(REAL, "encrypted_rsa3072.bin")),
                         "OTASIM_REAL_IMAGES has no pre-encrypted files")
    def test_vendor_files(self):
        def real(name):
            return os.path.join(REAL, name)
        scalar = "831793660de4913366ae1e379b2ceb4317c88700cc0791d98e5a2a2d5c71af66"
        for key, name, length in ((real("encrypted_rsa3072_key.pem"), "encrypted_rsa3072.bin", 11680),
                                  (scalar, "encrypted_ecies.bin", 10)):
            with self.subTest(name):
                result = otasim("decrypt", "--key", key, real(name), self.path("plain.bin"))
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(os.path.getsize(self.path("plain.bin")), length)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
