"""Programs run and timed."""
import os
import subprocess
import sys
import tempfile
import threading
import time
from typing import NamedTuple

MACOS = sys.platform == "darwin"
TIMEOUT_S = 900


class Timed(NamedTuple):
    wall: float  # seconds
    cpu: float  # seconds, of the program and its children
    memory: int  # bytes, of the largest process among them
    out: str


def cpu_of(usage):
    return usage.ru_utime + usage.ru_stime


def ended(process):
    """Ends a program that runs until it is told to; its CPU seconds."""
    process.terminate()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    return cpu_of(usage)


def timed(argv, statuses=(0,)):
    """Runs it. Ends the bench if it ends with another status than those."""
    with tempfile.TemporaryFile("w+") as out:
        began = time.perf_counter()
        process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        watchdog = threading.Timer(TIMEOUT_S, process.kill)
        watchdog.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        watchdog.cancel()
        process.returncode = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
        out.seek(0)
        text = out.read()
    if process.returncode not in statuses:
        raise RuntimeError(f"{' '.join(map(str, argv))} ended with {process.returncode}:\n{text[-2000:]}")
    return Timed(wall, cpu_of(usage), usage.ru_maxrss * (1 if MACOS else 1024), text)
