#!/usr/bin/env python3
"""Turns files into a C source that puts them between _binary_<name>_start and _binary_<name>_end.

The symbols are defined in assembly: applications declare them with asm("_binary_..."), which is
taken literally, while a C definition would get a leading underscore on Mach-O. A text is followed
by a zero byte that counts, as ESP-IDF's EMBED_TXTFILES has it.
"""
import argparse
import os
import re
import sys

HEAD = """\
/* Made by embed.py from {names}. */
#ifdef __APPLE__
#define BEGIN ".pushsection __TEXT,__const\\n"
#else
#define BEGIN ".pushsection .rodata\\n"
#endif
"""


def symbol(name):
    return "_binary_" + re.sub("[^A-Za-z0-9]", "_", name)


def embedded(name, data):
    begin, end = symbol(name) + "_start", symbol(name) + "_end"
    lines = ["__asm__(BEGIN", f'        ".balign 4\\n.globl {begin}\\n.globl {end}\\n{begin}:\\n"']
    for at in range(0, len(data), 24):
        lines.append('        ".byte ' + ",".join(str(byte) for byte in data[at:at + 24]) + '\\n"')
    lines.append(f'        "{end}:\\n.popsection\\n");')
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", required=True)
    parser.add_argument("--text", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--binary", action="append", default=[], metavar="NAME=PATH")
    args = parser.parse_args()

    parts, names = [], {}
    for given, tail in [(text, b"\0") for text in args.text] + [(binary, b"") for binary in args.binary]:
        name, _, path = given.partition("=")
        if symbol(name) in names:
            sys.exit(f"{path}: its symbol {symbol(name)}_start is that of {names[symbol(name)]} too")
        names[symbol(name)] = path
        try:
            with open(path, "rb") as file:
                parts.append(embedded(name, file.read() + tail))
        except OSError as error:
            sys.exit(f"{path}: {error.strerror}")
    head = HEAD.format(names=", ".join(os.path.basename(path) for path in names.values()))
    with open(args.output, "w", encoding="utf-8") as out:
        out.write(head + "\n" + "\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
