#!/usr/bin/env python3
"""Writes the seeds of fuzz_signature: make_corpus.py FOLDER. Each is a control byte (fuzz_signature.c)
and a sector. No key signs any of them: numbers are noise, so none may ever be taken."""
import os
import sys

FIX = 0x03
RSA, P256, P384, P192 = 0x10, 0x20, 0x30, 0x40


def noise(length, seed):
    out = bytearray()
    while len(out) < length:
        seed = (seed * 1103515245 + 12345) % 2**31
        out.append(seed >> 16 & 0xFF)
    return bytes(out)


def block(version, body, curve_at=None, curve=0):
    data = bytearray(bytes([0xE7, version, 0, 0]) + body)
    data = data[:1196].ljust(1216, b"\0")
    if curve_at is not None:
        data[curve_at] = curve
    return bytes(data)


RSA_BLOCK = block(2, noise(32 + 776 + 384, 1))
P256_BLOCK = block(3, noise(32 + 65 + 64, 2), 36, 2)
P384_BLOCK = block(3, noise(48 + 97 + 96, 3), 52, 3)
SEEDS = {
    "rsa": (RSA | FIX, RSA_BLOCK),
    "p256": (P256 | FIX, P256_BLOCK),
    "p384": (P384 | FIX, P384_BLOCK),
    "three_blocks": (RSA | FIX, RSA_BLOCK + P256_BLOCK + P384_BLOCK),
    "first_only": (RSA | FIX | 0x04, RSA_BLOCK + RSA_BLOCK),
    "long_image": (P256 | FIX | 0x08, P256_BLOCK),
    "bad_crc": (RSA, RSA_BLOCK),
    "bad_digest": (RSA | 0x01, RSA_BLOCK),
    "p192": (P192 | FIX, block(3, noise(32 + 65 + 48, 4), 36, 1)),
    "p192_for_p256": (P256 | FIX, block(3, noise(200, 4), 36, 1)),
    "version_1": (RSA | FIX, block(1, noise(600, 5))),
    "other_scheme": (P384 | FIX, RSA_BLOCK),
    "zero_modulus": (RSA | FIX, block(2, bytes(1192))),
    "even_modulus": (RSA | FIX, block(2, bytes(32) + b"\x02" + noise(383, 6) + b"\x01\0\x01\0" + noise(772, 7))),
    "full_modulus": (RSA | FIX, block(2, b"\xff" * 1192)),
    "exponent_zero": (RSA | FIX, block(2, noise(32 + 384, 8) + bytes(4) + noise(772, 9))),
    "p256_infinity": (P256 | FIX, block(3, bytes(32 + 65 + 64), 36, 2)),
    "p256_r_zero": (P256 | FIX, block(3, noise(32 + 65, 10) + bytes(64), 36, 2)),
    "p384_full": (P384 | FIX, block(3, b"\xff" * (48 + 97 + 96), 52, 3)),
    "both_curves": (P256 | FIX, block(3, bytes(32) + b"\x02" + bytes(15) + b"\x03" + noise(192, 11))),
    "erased": (RSA, b"\xff" * 1216),
    "cut": (RSA | FIX, RSA_BLOCK[:700]),
    "nothing": (RSA | FIX, b""),
}

for name, (control, data) in SEEDS.items():
    sector = data if name in ("cut", "nothing") else data.ljust(4096, b"\xff")
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(bytes([control]) + sector)
