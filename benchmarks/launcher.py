"""Run one command and write what it took, as JSON, to a file descriptor.

A process inherits the peak memory of the one that starts it, up to the moment the new program
begins. So the commands measured are started from here, a process that stays small: it imports
nothing but the standard library, and is run as a file, not as a part of the package.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main(report: int, command: list[str]) -> int:
    """Run `command`; write wall-clock seconds, CPU seconds and peak memory (bytes) to `report`."""
    began = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    figures = {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * unit,
    }
    with os.fdopen(report, "w") as file:
        json.dump(figures, file)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
