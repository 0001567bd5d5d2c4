#!/usr/bin/env python3
"""Turns ESP-IDF *.defaults files into sdkconfig.h and a table that the harness can read.

Later files win over earlier ones. As in ESP-IDF: `CONFIG_X=y` defines 1, `CONFIG_X=n` and
`# CONFIG_X is not set` define nothing, strings are quoted, numbers are decimal or 0x hex.
"""
import argparse
import os
import re
import sys

ASSIGNMENT = re.compile(r"^(CONFIG_[A-Z0-9_a-z]+)=(.*)$")
NOT_SET = re.compile(r"^# (CONFIG_[A-Z0-9_a-z]+) is not set$")
NUMBER = re.compile(r"^-?([0-9]+|0[xX][0-9a-fA-F]+)$")
STRING = re.compile(r'^"(?:[^"\\]|\\.)*"$')

# An option that is set sets these too (Kconfig `select`).
# In this order, so that what is selected can select further.
SELECTS = {
    "CONFIG_SECURE_SIGNED_ON_UPDATE_NO_SECURE_BOOT": ["CONFIG_SECURE_SIGNED_ON_UPDATE"],
    "CONFIG_SECURE_BOOT_V2_ENABLED": ["CONFIG_SECURE_BOOT", "CONFIG_SECURE_SIGNED_ON_UPDATE",
                                      "CONFIG_SECURE_SIGNED_ON_BOOT", "CONFIG_SECURE_SIGNED_APPS"],
    "CONFIG_SECURE_SIGNED_APPS_NO_SECURE_BOOT": ["CONFIG_SECURE_SIGNED_APPS"],
    "CONFIG_ESP_HTTPS_OTA_ENABLE_PARTIAL_DOWNLOAD": ["CONFIG_ESP_HTTP_CLIENT_ENABLE_GET_CONTENT_RANGE"],
}

# An option that is set has these as the default of others (Kconfig `default y if`); of a choice only
# where no file has chosen.
SCHEMES = ["CONFIG_SECURE_SIGNED_APPS_RSA_SCHEME", "CONFIG_SECURE_SIGNED_APPS_ECDSA_V2_SCHEME"]
IMPLIES = [
    ("CONFIG_SECURE_SIGNED_APPS_NO_SECURE_BOOT", "CONFIG_SECURE_SIGNED_ON_UPDATE_NO_SECURE_BOOT", []),
    ("CONFIG_SECURE_SIGNED_APPS_NO_SECURE_BOOT", SCHEMES[0], SCHEMES),
    ("CONFIG_SECURE_BOOT", "CONFIG_SECURE_BOOT_V2_ENABLED", []),
    ("CONFIG_SECURE_BOOT", SCHEMES[0], SCHEMES),
    ("CONFIG_SECURE_BOOT_V2_ENABLED", SCHEMES[0], SCHEMES),
]


def fail(path, number, message):
    sys.exit(f"{path}:{number}: {message}")


def read(path, values):
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.strip()
            off = NOT_SET.match(line)
            if off:
                values[off.group(1)] = "n"
                continue
            if not line or line.startswith("#"):
                continue
            assignment = ASSIGNMENT.match(line)
            if not assignment:
                fail(path, number, f"expected CONFIG_NAME=value, found {line!r}")
            name, value = assignment.groups()
            if value not in ("y", "n") and not NUMBER.match(value) and not STRING.match(value):
                fail(path, number, f'{name}: {value!r} is neither y, n, a number nor a "string"')
            values[name] = value


def write_if_changed(path, text):
    try:
        with open(path, encoding="utf-8") as old:
            if old.read() == text:
                os.utime(path)
                return
    except FileNotFoundError:
        pass
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--header", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("defaults", nargs="+")
    args = parser.parse_args()

    values = {}
    for path in args.defaults:
        read(path, values)
    for name, implied, choice in IMPLIES:
        if values.get(name) == "y" and not any(values.get(other) == "y" for other in choice):
            values.setdefault(implied, "y")
    for name, selected in SELECTS.items():
        if values.get(name) == "y":
            values.update((other, "y") for other in selected)

    header = ["/* Made from " + ", ".join(os.path.basename(p) for p in args.defaults) + ". */", "#pragma once", ""]
    table = ['#include "firmware_module.h"', "", "const struct firmware_option otasim_sdkconfig[] = {"]
    for name in sorted(values):
        value = values[name]
        if value != "n":
            header.append(f"#define {name} {'1' if value == 'y' else value}")
        text = value if value.startswith('"') else f'"{value}"'
        table.append(f'    {{"{name}", {text}}},')
    table += ["    {0, 0},", "};", ""]
    write_if_changed(args.header, "\n".join(header) + "\n")
    write_if_changed(args.table, "\n".join(table))


if __name__ == "__main__":
    main()
