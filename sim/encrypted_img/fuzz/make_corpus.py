#!/usr/bin/env python3
"""Makes the seeds of fuzz_decrypt: make_corpus.py FOLDER. The control bytes are as in fuzz_decrypt.c."""
import os
import sys

MAKE, FLIP, ABORT, EXPORT = 1, 2, 4, 8
REAL = 0x30
MAGIC = bytes([0xCF, 0xB6, 0x88, 0x07])


def control(flags, pieces=(0, 0), failing=0, flip=0):
    return bytes([flags, *pieces, failing]) + flip.to_bytes(2, "little")


def header(size, magic=MAGIC):
    body = magic + bytes(range(256)) + bytes(128) + bytes(16) + size.to_bytes(4, "little")
    return body + bytes(512 - len(body))


def main():
    plain = bytes(i * 7 & 0xFF for i in range(1000))
    seeds = {
        "whole": control(MAKE) + plain,
        "bytes": control(MAKE, (1, 1)) + plain[:100],
        "odd": control(MAKE, (7, 250)) + plain,
        "blocks": control(MAKE, (16, 16)) + plain[:512],
        "short": control(MAKE, (3, 5)) + plain[:9],
        "flip_body": control(MAKE | FLIP, flip=8 * 700) + plain,
        "flip_tag": control(MAKE | FLIP, flip=8 * 410) + plain,
        "flip_size": control(MAKE | FLIP, flip=8 * 404) + plain,
        "abort": control(MAKE | ABORT, (100, 3)) + plain,
        "export": control(MAKE | EXPORT) + plain[:40],
        "real": control(MAKE | REAL) + plain[:40],
        "real_flip": control(MAKE | FLIP | REAL, flip=8 * 20) + plain[:40],
        "raw": control(0) + header(48) + plain[:48],
        "raw_surplus": control(0, (64, 31)) + header(48) + plain[:80],
        "raw_huge": control(0) + header(0xFFFFFFFF) + plain[:80],
        "raw_empty": control(0) + header(0),
        "raw_magic": control(0) + header(16, b"\xe9\x03\x02\x1f") + plain[:16],
        "raw_header_cut": control(0, (9, 9)) + header(16)[:300],
        "nothing": control(0),
    }
    for n in range(4):
        seeds[f"memory_{n}"] = control(MAKE, (200, 200), n + 1) + plain
    for name, data in seeds.items():
        with open(os.path.join(sys.argv[1], name), "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
