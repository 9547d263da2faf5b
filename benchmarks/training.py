"""Training runs of deep learners: whole commands, and where the time of MATRL's goes."""

from __future__ import annotations

import contextlib
import importlib.util
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks import SEED
from benchmarks.measure import Spread, Took, process
from benchmarks.report import Bar, Row

CHECKERS = 400_000
FORAGING = 300_000
# The peer's MAPPO on LBF 8x8-2p-2f-coop, measured on two cores; it cannot be installed here.
EPYMARL = 879.0


def matrl_checkers(quick: bool) -> list[Row]:
    """MATRL on Checkers with the paper's batch and networks, as a command; its parts."""
    if missing := _missing("torch"):
        return [missing]
    steps = 4_000 if quick else CHECKERS
    rows = []
    for solver, bar, runs in (("exact", Bar(120.0), 3), ("cma-es", None, 1)):
        changes = ["--preset", "paper", "--set", f"solver={solver}"]
        own = ["matrl", "checkers_matrl", "--steps", str(steps), *changes]
        took = [_command(own) for _ in range(1 if quick else runs)]
        what = f"whole process: MATRL on Checkers, {steps:,} steps, {solver} solver"
        rows.append(Row(what, Spread.of([t.seconds for t in took]), "s", bar))
        rows.append(Row("the same in CPU time", Spread.of([t.cpu_seconds for t in took]), "s"))
    return rows + _parts(4_000 if quick else 40_000, 2 if quick else 3)


def lbf_ppo(quick: bool) -> list[Row]:
    """PPO with shared networks on level-based foraging, as a command."""
    for package in ("torch", "lbforaging"):
        if missing := _missing(package):
            return [missing]
    steps = 4_000 if quick else FORAGING
    own = ["il-ppo", "foraging", "--steps", str(steps), "--preset", "lbf"]
    took = [_command(own) for _ in range(1 if quick else 3)]
    rates = [steps / t.seconds for t in took]
    note = f"EPyMARL's MAPPO, quoted: {EPYMARL:g}"
    what = f"whole process: PPO on LBF 8x8-2p-2f-coop, {steps:,} steps"
    return [
        Row(what, Spread.of(rates), "steps/s", Bar(3 * EPYMARL, "at least"), note),
        Row("the same by CPU time", Spread.of([steps / t.cpu_seconds for t in took]), "steps/s"),
        Row("times faster than EPyMARL", Spread.of(rates, 1 / EPYMARL), "x"),
    ]


def _missing(package: str) -> Row | None:
    """Return a row that says so, where a package is missing."""
    if importlib.util.find_spec(package) is not None:
        return None
    extra = "torch" if package == "torch" else "envs"
    note = f"{package} is not installed: pip install gametools[{extra}]"
    return Row("training", None, "s", note=note)


def _command(arguments: list[str]) -> Took:
    """What one seed takes by `gametools train`, interpreter, evaluations and files included."""
    with tempfile.TemporaryDirectory() as out:
        command = ["-m", "gametools.cli", "train", *arguments, "--out", out]
        return process([*command, "--seeds", f"{SEED}:{SEED + 1}"])


@dataclass
class Stopwatch:
    """Seconds spent in named parts; what a part spends in another counts for the other."""

    seconds: dict[str, float] = field(default_factory=dict)
    _inner: list[float] = field(default_factory=list)

    def watched(self, name: Callable[..., str], body: Callable[..., Any]) -> Callable[..., Any]:
        """Return `body`, watched; `name` says from its arguments what counts as."""

        def run(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            self._inner.append(0.0)
            try:
                return body(*arguments, **options)
            finally:
                took, inner = time.perf_counter() - began, self._inner.pop()
                part = name(*arguments, **options)
                self.seconds[part] = self.seconds.get(part, 0.0) + took - inner
                if self._inner:
                    self._inner[-1] += took

        return run


@contextlib.contextmanager
def _watching(watch: Stopwatch) -> Iterator[None]:
    """Watch the parts of a MATRL run."""
    from gametools.agents import matrl, trainer
    from gametools.agents.actor_critic import ActorCritic
    from gametools.agents.collector import Collector
    from gametools.envs import Checkers

    def always(name: str) -> Callable[..., str]:
        return lambda *_, **__: name

    def step(*arguments: Any, **_: Any) -> str:
        return "response" if len(arguments) > 5 else "trial"  # a response has weights

    parts: list[tuple[Any, str, Callable[..., str]]] = [
        (Collector, "collect", always("collecting: acting and storing")),
        (Checkers, "step", always("environments' steps")),
        (matrl.MATRL, "targets", always("advantages")),
        (matrl, "ppo_step", step),
        (ActorCritic, "clone", always("trial")),
        (matrl.MATRL, "_solve", always("meta-game")),
        (matrl.MATRL, "_weights", always("response")),
        (matrl, "gradient_alignment", always("diagnostics")),
        (trainer, "play_episodes", always("evaluation")),
        (trainer._Session, "save", always("saving")),
    ]
    with contextlib.ExitStack() as patches:
        for owner, name, part in parts:
            body = watch.watched(part, getattr(owner, name))
            patches.enter_context(mock.patch.object(owner, name, body))
        yield


def _parts(steps: int, runs: int) -> list[Row]:
    """Shares of a run's time, evaluations and saving as often as in the whole one."""
    import torch

    from gametools.agents import Run, train

    run = Run("matrl", "checkers_matrl", SEED, steps, "paper")
    threads, shares = torch.get_num_threads(), []
    torch.set_num_threads(1)  # as the command does
    try:
        for count in range(runs + 1):
            watch = Stopwatch()
            with tempfile.TemporaryDirectory() as out, _watching(watch):
                watch.watched(lambda *_, **__: "all else", train)(run, Path(out))
            total = sum(watch.seconds.values())
            if count:  # what is loaded at first use counts in the first run
                shares.append({name: 100 * own / total for name, own in watch.seconds.items()})
    finally:
        torch.set_num_threads(threads)
    names = sorted(shares[0], key=lambda name: -shares[0][name])
    return [
        Row(f"share of a run of {steps:,} steps: {name}", Spread.of([s[name] for s in shares]), "%")
        for name in names
    ]
