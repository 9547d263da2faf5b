"""Time and memory: of a function in this process, and of a whole process."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAUNCHER = Path(__file__).with_name("launcher.py")


@dataclass(frozen=True)
class Spread:
    """Several measurements of one thing."""

    median: float
    low: float
    high: float
    runs: int

    @classmethod
    def of(cls, values: Sequence[float], scale: float = 1.0) -> Spread:
        """Summarise `values`, each multiplied by `scale`."""
        scaled = [scale * value for value in values]
        return cls(statistics.median(scaled), min(scaled), max(scaled), len(scaled))

    @classmethod
    def of_ratios(cls, above: Sequence[float], below: Sequence[float]) -> Spread:
        """Summarise the ratios of measurements that were made in the same round."""
        return cls.of([a / b for a, b in zip(above, below, strict=True)])


@dataclass(frozen=True)
class Took:
    """What one run took."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int = 0


def timed(body: Callable[[], object]) -> Took:
    """Run `body` once, in this process."""
    began, cpu_began = time.perf_counter(), time.process_time()
    body()
    return Took(time.perf_counter() - began, time.process_time() - cpu_began)


def seconds(body: Callable[[], object], runs: int, warm_up: int = 1) -> list[float]:
    """Wall-clock seconds of each of `runs` runs, after some that do not count."""
    for _ in range(warm_up):
        body()
    return [timed(body).seconds for _ in range(runs)]


def rounds(
    bodies: Sequence[Callable[[], object]],
    runs: int,
    inner: Sequence[int] | None = None,
    *,
    cpu: bool = False,
) -> list[list[float]]:
    """Seconds of several things taken in turns, so that ratios see the same machine.

    Parameters
    ----------
    bodies : sequence of callables
        Each is run once before anything counts.
    runs : int
        Number of rounds.
    inner : sequence of int, optional
        How often each body is run within a round; the median of these is its time there.
    cpu : bool
        Whether to count CPU time: what a single-threaded body takes when nobody else wants the
        core. Wall-clock time otherwise.

    Returns
    -------
    list of list of float
        For each body, its time in each round.
    """
    often = inner or [1] * len(bodies)
    for body in bodies:
        body()
    result: list[list[float]] = [[] for _ in bodies]
    for _ in range(runs):
        for body, n, own in zip(bodies, often, result, strict=True):
            took = [timed(body) for _ in range(n)]
            own.append(statistics.median(t.cpu_seconds if cpu else t.seconds for t in took))
    return result


def process(arguments: Sequence[str]) -> Took:
    """Run this Python with `arguments`, from the repository's root, as a process of its own.

    Raises
    ------
    RuntimeError
        If the process fails; the message holds the end of what it wrote to standard error.
    """
    read, write = os.pipe()
    with os.fdopen(read) as report:
        try:
            done = subprocess.run(
                [sys.executable, "-I", str(LAUNCHER), str(write), sys.executable, *arguments],
                cwd=ROOT,
                pass_fds=[write],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        finally:
            os.close(write)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise RuntimeError(f"a measured process failed ({done.returncode}): {last}")
        return Took(**json.load(report))
