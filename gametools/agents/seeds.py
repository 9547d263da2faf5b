"""Many seeds of one run, in parallel processes, resumed as a set."""

from __future__ import annotations

import contextlib
import importlib.util
import multiprocessing
import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gametools.agents.run import Run, check_run, prepare_run
from gametools.agents.seed_process import train_one
from gametools.validation import count

__all__ = ["SeedReport", "seed_folder", "train_seeds"]

_PATIENCE = 60.0
"""Seconds that processes have to save and end when they are told to stop."""


@dataclass(frozen=True)
class SeedReport:
    """What became of a seed.

    Attributes
    ----------
    seed : int
    folder : Path
    reason : str
        Why it failed; empty if it finished.
    skipped : bool
        It had finished before.
    """

    seed: int
    folder: Path
    reason: str = ""
    skipped: bool = False

    @property
    def failed(self) -> bool:
        """Whether the seed did not finish."""
        return bool(self.reason)


def seed_folder(folder: str | Path, seed: int) -> Path:
    """Return where a seed of a set lies."""
    return Path(folder) / f"seed_{seed}"


def train_seeds(
    run: Run,
    seeds: Iterable[int],
    folder: str | Path,
    *,
    jobs: int | None = None,
    tensorboard: bool = False,
    progress: bool = True,
) -> list[SeedReport]:
    """Train seeds in parallel processes, each in a folder of its own; go on with those stopped.

    Parameters
    ----------
    run : Run
        Its seed does not matter.
    seeds : iterable of int
    folder : str or Path
        Receives ``seed_0``, ``seed_1``, ..., see `train`. Seeds that have finished are skipped,
        those that were stopped are continued.
    jobs : int, optional
        Processes at a time, each with one thread; as many as there are cores by default.
    tensorboard : bool
        Whether event files are written, too; needs the package tensorboard.
    progress : bool
        Whether to show a progress bar on a terminal: joint steps of all seeds.

    Returns
    -------
    list of SeedReport
        In the order of `seeds`. A seed that fails stops no other.

    Raises
    ------
    ValueError
        If a name or a setting is unknown, or a folder holds another run or a damaged checkpoint;
        before any work.
    ImportError
        If tensorboard is asked for and not there.
    KeyboardInterrupt
        If it comes: all processes have then saved their state and ended.

    Notes
    -----
    Processes are started afresh ("spawn"): a script that calls this must do so under
    ``if __name__ == "__main__":``.
    """
    own = [replace(run, seed=seed) for seed in dict.fromkeys(seeds)]
    if not own:
        raise ValueError("`seeds` must hold at least one seed; got none.")
    if jobs is not None:
        count("jobs", jobs, at_least=1)
    if tensorboard:
        _require_tensorboard()
    places = {one.seed: seed_folder(folder, one.seed) for one in own}
    for check in (check_run, prepare_run):  # nothing is written unless all seeds can be trained
        for one in own:
            check(one, places[one.seed])
    done = {seed for seed, place in places.items() if (place / "finished.json").exists()}
    waiting = [one for one in own if one.seed not in done]
    reports = {seed: SeedReport(seed, places[seed], skipped=True) for seed in done}
    with tqdm(
        total=run.steps * len(own), unit=" steps", unit_scale=True, smoothing=0.1,
        initial=run.steps * len(done), disable=None if progress else True, leave=False,
    ) as bar:  # fmt: skip
        pool = _Pool(jobs or os.cpu_count() or 1, bar, tensorboard, len(own))
        pool.finished = len(done)
        for seed, reason in pool.run(waiting, places).items():
            reports[seed] = SeedReport(seed, places[seed], reason)
    return [reports[one.seed] for one in own]


@dataclass
class _Worker:
    """A process that trains a seed."""

    run: Run
    process: BaseProcess
    steps: int | None = None  # that the bar has counted
    reason: str | None = None  # why it failed, "" once it has finished


class _Pool:
    """Processes under way, and the bar that they share."""

    def __init__(self, jobs: int, bar: Any, tensorboard: bool, total: int) -> None:
        self.jobs, self.bar, self.tensorboard, self.total = jobs, bar, tensorboard, total
        self.finished = self.failed = 0
        self.workers: dict[Connection, _Worker] = {}

    def run(self, waiting: list[Run], places: dict[int, Path]) -> dict[int, str]:
        """Run all that wait; return for each seed why it failed, or ""."""
        waiting, reasons = list(waiting), {}
        self._describe()
        try:
            while waiting or self.workers:
                while waiting and len(self.workers) < self.jobs:
                    one = waiting.pop(0)
                    self._start(one, places[one.seed])
                for connection in wait(list(self.workers)):
                    assert isinstance(connection, Connection)
                    worker = self.workers[connection]
                    if not self._hear(connection, worker):
                        reasons[worker.run.seed] = self._ended(connection)
        finally:
            self._stop()
        return reasons

    def _start(self, run: Run, place: Path) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=train_one, args=(run, place, theirs, self.tensorboard))
        with _without_interrupts():
            process.start()
        theirs.close()
        self.workers[ours] = _Worker(run, process)

    def _hear(self, connection: Connection, worker: _Worker) -> bool:
        """Take in a message; return False once there are no more."""
        try:
            kind, value = connection.recv()
        except (EOFError, OSError):
            return False
        if kind == "ended":
            worker.reason = value
            return False
        if all(other.steps is None for other in self.workers.values()):
            self.bar.unpause()  # speed is that of learning, not of starting processes
        value = min(value, worker.run.steps)
        if worker.steps is not None:
            self.bar.update(value - worker.steps)
        elif not self.bar.disable:  # what a resumed seed had done before does not count as speed
            self.bar.initial += value
            self.bar.last_print_n += value
            self.bar.n += value
        worker.steps = value
        return True

    def _ended(self, connection: Connection) -> str:
        worker = self.workers[connection]
        worker.process.join()
        del self.workers[connection]
        connection.close()
        reason = worker.reason
        if reason is None:
            reason = _killed(worker.process.exitcode)
        if not reason:
            self.bar.update(worker.run.steps - (worker.steps or 0))
        self.failed += bool(reason)
        self.finished += not reason
        self._describe()
        return reason

    def _describe(self) -> None:
        lost = f", {self.failed} failed" if self.failed else ""
        self.bar.set_description(f"{self.finished} of {self.total} seeds done{lost}")

    def _stop(self) -> None:
        """Have all processes save and end; those that do not in time are killed."""
        processes = [worker.process for worker in self.workers.values()]
        if processes:
            self.bar.set_description("stopping; seeds are being saved")
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + _PATIENCE
        try:
            for process in processes:
                process.join(max(0.0, deadline - time.monotonic()))
        finally:
            for process in processes:
                if process.is_alive():
                    process.kill()
                    process.join()


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: it goes to all of a terminal, and we tell them.

    A Ctrl-C in between is ours, afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its own start would undo the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _killed(code: int | None) -> str:
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"the process ended with exit code {code}"


def _require_tensorboard() -> None:
    if importlib.util.find_spec("tensorboard") is None:
        raise ImportError("event files need tensorboard: pip install gametools[tensorboard]")
