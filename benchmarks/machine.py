"""What the figures depend on besides the code: the machine, and who else is busy on it."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

PEERS = ("nashpy", "numba", "quantecon", "open_spiel")


@dataclass(frozen=True)
class Usage:
    """CPU seconds used up to now, by all processes and by this one with those it waited for.

    All is 0 where the system does not tell.
    """

    clock: float
    everyone: float
    ours: float

    @classmethod
    def now(cls) -> Usage:
        own = os.times()
        ours = own.user + own.system + own.children_user + own.children_system
        return cls(time.perf_counter(), _busy_seconds(), ours)

    def others_since(self, before: Usage) -> float:
        """Cores that other processes kept busy, on average, since `before`."""
        others = (self.everyone - before.everyone) - (self.ours - before.ours)
        return max(0.0, others / (self.clock - before.clock))


def _busy_seconds() -> float:
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    except OSError:
        return 0.0
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def about_machine() -> dict[str, Any]:
    """Processor, number of cores, and the load at this moment."""
    return {"cpu": _cpu_model(), "cores": _cores(), "load": round(os.getloadavg()[0], 2)}


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def peer_versions() -> dict[str, str]:
    """Versions of the peers, as far as they are installed."""
    versions = {}
    for name in PEERS:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return versions
