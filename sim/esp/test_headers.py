#!/usr/bin/env python3
"""Every public header compiles by itself, and all of them together, in C and in C++.

usage: test_headers.py C_COMPILER C++_COMPILER|- SDKCONFIG_DIR INCLUDE_DIR...
Exit status 77 without a C++ compiler: then only C was tested.
"""
import os
import subprocess
import sys

OPTIONS = ["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"]


def headers_of(folders):
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                if name.endswith(".h"):
                    yield os.path.relpath(os.path.join(place, name), folder)


def compile_all(compiler, language, includes, headers):
    """None if it compiles, else what the compiler says."""
    text = "".join(f'#include "{header}"\n' for header in headers)
    command = compiler.split() + ["-x", language] + OPTIONS + includes + ["-"]
    result = subprocess.run(command, input=text, text=True, capture_output=True)
    return None if result.returncode == 0 else result.stderr


def main():
    c_compiler, cxx_compiler, sdkconfig, *folders = sys.argv[1:]
    includes = [f"-I{folder}" for folder in [sdkconfig] + folders]
    headers = sorted(headers_of(folders))
    if len(headers) < 60:
        sys.exit(f"only {len(headers)} headers found in {', '.join(folders)}")
    languages = [("c", c_compiler)]
    if cxx_compiler != "-":
        languages.append(("c++", cxx_compiler))
    failures = 0
    for language, compiler in languages:
        for part in [[header] for header in headers] + [headers]:
            said = compile_all(compiler, language, includes, part)
            if said is not None:
                failures += 1
                name = part[0] if len(part) == 1 else "all headers together"
                print(f"{name} does not compile as {language}:\n{said}")
    print(f"{len(headers)} headers, {len(languages)} languages, {failures} failures")
    if failures:
        return 1
    return 0 if cxx_compiler != "-" else 77


if __name__ == "__main__":
    sys.exit(main())
