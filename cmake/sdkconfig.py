#!/usr/bin/env python3
"""Turns ESP-IDF *.defaults files into sdkconfig.h and a table that the harness can read.

The first file has the defaults of a fresh project, later files win over earlier ones. As in ESP-IDF:
`CONFIG_X=y` defines 1, `CONFIG_X=n` and `# CONFIG_X is not set` define nothing, strings are quoted,
numbers are decimal or 0x hex.

One option is otasim's own: CONFIG_OTASIM_IDF_VERSION="5.3.5" is the ESP-IDF release that the
firmware is compiled for ("5.3": its newest patch, "master"). Options that this release does not have
are left out, with a warning, as ESP-IDF does.
"""
import argparse
import hashlib
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


# Of a choice, what a project sets takes the place of the default.
CHOICES = [("CONFIG_PRE_ENCRYPTED_OTA_USE_RSA", "CONFIG_PRE_ENCRYPTED_OTA_USE_ECIES")]

RELEASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir,
                        "sim", "esp", "include", "otasim_releases.def")


def known_releases():
    """Minor releases that are known, and the newest patch of each that is; the last is master."""
    with open(RELEASES, encoding="utf-8") as table:
        rows = re.findall(r"^RELEASE\((\d+), (\d+), (\d+), \w+\)", table.read(), re.MULTILINE)
    return [tuple(int(number) for number in row) for row in rows]


NEWEST_PATCH = {release[:2]: release[2] for release in known_releases()}
MASTER = known_releases()[-1]

# The release in which an option came, and the one in which it was gone.
SINCE = {
    "CONFIG_ESP_HTTPS_OTA_ALLOW_HTTP": (5, 0, 0),
    "CONFIG_ESP_HTTPS_OTA_DECRYPT_CB": (5, 0, 0),
    "CONFIG_ESP_HTTPS_OTA_ENABLE_PARTIAL_DOWNLOAD": (6, 0, 0),
    "CONFIG_ESP_HTTPS_OTA_EVENT_POST_TIMEOUT": (5, 4, 0),
    "CONFIG_ESP_HTTPS_OTA_VERIFY_SPI_MODE": (6, 1, 0),
    "CONFIG_ESP_HTTP_CLIENT_ENABLE_GET_CONTENT_RANGE": (6, 0, 0),
    "CONFIG_ESP_HTTP_CLIENT_STRICT_HEADER_BUFFER": (6, 1, 0),
}
UNTIL = {"CONFIG_OTA_ALLOW_HTTP": (5, 0, 0)}

# What a fresh project had before a release, where the first file says otherwise.
DEFAULT_BEFORE = {"CONFIG_ESP_HTTP_CLIENT_ENABLE_DIGEST_AUTH": ((5, 0, 0), "y")}

VERSION = "CONFIG_OTASIM_IDF_VERSION"


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


def parse_version(text):
    """The numbers of a release: (5, 3, 5) for "5.3.5", "5.3" and "v5.3.5"."""
    if text == "master":
        return MASTER
    numbers = re.fullmatch(r"v?([0-9]+)\.([0-9]+)(?:\.([0-9]+))?", text)
    minor = (int(numbers[1]), int(numbers[2])) if numbers else None
    if minor not in NEWEST_PATCH:
        known = ", ".join("%d.%d" % release for release in NEWEST_PATCH if release != MASTER[:2])
        sys.exit(f'{VERSION}: no release "{text}" is known, only {known} and master')
    newest = NEWEST_PATCH[minor]
    patch = newest if numbers[3] is None else int(numbers[3])
    if patch > newest:
        sys.exit(f'{VERSION}: "{text}" is newer than {minor[0]}.{minor[1]}.{newest}, the newest patch known')
    return minor + (patch,)


def version_text(version):
    """As esp_get_idf_version() has it."""
    if version == MASTER:
        return "v%d.%d-dev" % version[:2]
    return ("v%d.%d" if version[2] == 0 else "v%d.%d.%d") % version[: 3 if version[2] else 2]


def exists(name, version):
    return SINCE.get(name, version) <= version and version < UNTIL.get(name, (99, 0, 0))


def for_release(fresh, given):
    """All options of the release that `given` names, and that release."""
    text = given.get(VERSION, fresh.get(VERSION, '"master"')).strip('"')
    version = parse_version(text)
    values = {name: value for name, value in fresh.items() if exists(name, version)}
    for name, (release, value) in DEFAULT_BEFORE.items():
        if version < release:
            values[name] = value
    for name, value in given.items():
        if exists(name, version):
            values[name] = value
        elif value != "n":
            print(f"warning: {name}: ESP-IDF {text} has no such option", file=sys.stderr)
    for choice in CHOICES:
        if any(given.get(name) == "y" for name in choice):
            values.update((name, given.get(name, "n")) for name in choice)
    for name, implied, choice in IMPLIES:
        if values.get(name) == "y" and not any(values.get(other) == "y" for other in choice):
            values.setdefault(implied, "y")
    for name, selected in SELECTS.items():
        if values.get(name) == "y":
            values.update((other, "y") for other in selected)
    values[VERSION] = '"%d.%d.%d"' % version
    return values, version


def mentioned(folders):
    """The options that the sources and headers below the folders mention."""
    names = {VERSION}
    for folder in folders:
        for path, _, files in os.walk(folder):
            for file in files:
                if file.endswith((".c", ".h", ".def")):
                    with open(os.path.join(path, file), encoding="utf-8") as text:
                        names.update(re.findall(r"CONFIG_[A-Za-z0-9_]+", text.read()))
    return names


def key_of(values, folders):
    """Equal for sdkconfigs that what lies in the folders cannot tell apart."""
    names = mentioned(folders)
    told = sorted((name, value) for name, value in values.items() if name in names and value != "n")
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--header")
    parser.add_argument("--table")
    parser.add_argument("--key", action="append", default=[], metavar="DIR,DIR...",
                        help="print what tells sdkconfigs apart for what lies there; a line each")
    parser.add_argument("defaults", nargs="+")
    args = parser.parse_args()

    fresh, given = {}, {}
    read(args.defaults[0], fresh)
    for path in args.defaults[1:]:
        read(path, given)
    values, version = for_release(fresh, given)

    for folders in args.key:
        print(key_of(values, folders.split(",")))
    if args.key:
        return

    header = ["/* Made from " + ", ".join(os.path.basename(p) for p in args.defaults) + ". */", "#pragma once", ""]
    table = ['#include "firmware_module.h"', "", "const struct firmware_option otasim_sdkconfig[] = {"]
    for name in sorted(values):
        value = values[name]
        if value != "n":
            header.append(f"#define {name} {'1' if value == 'y' else value}")
        text = value if value.startswith('"') else f'"{value}"'
        table.append(f'    {{"{name}", {text}}},')
    for part, number in zip(("MAJOR", "MINOR", "PATCH"), version):
        header.append(f"#define {VERSION}_{part} {number}")
    header.append(f'#define IDF_VER "{version_text(version)}"')
    table += ["    {0, 0},", "};", ""]
    write_if_changed(args.header, "\n".join(header) + "\n")
    write_if_changed(args.table, "\n".join(table))


if __name__ == "__main__":
    main()
