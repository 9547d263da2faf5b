"""Looping, part two: collect, learn, evaluate, log, save; and go on where a run stopped."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch

from gametools.agents.checkpoint import load_checkpoint, save_checkpoint
from gametools.agents.collector import Collector
from gametools.agents.learner import Learner
from gametools.agents.play import play_episodes
from gametools.agents.run import Run, close, prepare_run, write_json
from gametools.agents.settings import as_plain
from gametools.envs.protocol import Environment
from gametools.envs.registry import parse_env
from gametools.storage import whole_file

__all__ = ["TrainingFailed", "train"]

Row = dict[str, float]

_RETURNS = {"return", "length"}  # a row has these where episodes ended
_SPARED = 20
"""Saving waits for at least so many times what it took, however large a replay is."""


class TrainingFailed(RuntimeError):
    """A run that cannot go on, with what was last seen."""


def train(
    run: Run, folder: str | Path, *, report: Callable[[int, Row], None] = lambda step, row: None
) -> Path:
    """Train, or go on training, in a folder of its own.

    Parameters
    ----------
    run : Run
    folder : str or Path
        Receives ``run.json``, ``progress.csv`` (a row for each update), ``evaluation.csv``,
        ``checkpoint.pt``, and ``finished.json`` at the end. A folder that holds a stopped run of
        the same settings is continued; the result is the same, bit for bit.
    report : callable
        Called with the evaluation before the first step, and after each update, with the number of
        steps taken and the last row, to which the evaluation is joined where there was one. What
        it raises stops the run, which is saved first: so a run is stopped in good order.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ValueError
        If a name or a setting is unknown, the folder holds another run, or a damaged checkpoint;
        in a new folder nothing is written then.
    TrainingFailed
        If a diagnostic, a reward or an observation is not finite, or the learner cannot make
        anything of what it saw; ``failed.json`` says which. The last checkpoint is kept, and the
        tables go up to the end.
    OSError
        If the folder cannot be written, for example on a full disk. The last checkpoint is kept.
    """
    place = Path(folder)
    learner = prepare_run(run, place)
    if (place / "finished.json").exists():
        return place
    session = _Session(run, place, learner)
    try:
        session.begin()
        if not session.steps:
            session.tell(report)
        while session.steps < run.steps:
            session.advance()
            session.tell(report)
        session.finish()
    except FloatingPointError as error:  # of the environment
        session.fail(str(error), error, remedy=f"Mend {run.env}.")
    finally:
        session.close()
    return place


class _Session:
    """A run under way."""

    def __init__(self, run: Run, folder: Path, learner: Learner) -> None:
        self.run, self.folder, self.learner = run, folder, learner
        self._last_save, self._save_took = time.monotonic(), 0.0
        own = learner.config
        self.env: Environment = parse_env(run.env, num_envs=own.num_envs)
        self._judge: Environment = parse_env(run.env, num_envs=run.evaluation_episodes)
        seed = np.random.default_rng([run.seed, 1])
        memory = self.learner.initial_memory(own.num_envs)
        self.collector = Collector(self.env, seed, memory)
        self.times = own.steps_per_update // own.num_envs
        self.steps = 0
        self.progress: list[Row] = []
        self.evaluation: list[Row] = []

    def begin(self) -> None:
        """Go on from the checkpoint, or evaluate the untrained learner."""
        if self._checkpoint.exists():
            self._restore(load_checkpoint(self._checkpoint))
        else:
            self._evaluate()
        (self.folder / "failed.json").unlink(missing_ok=True)

    @property
    def _checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def advance(self) -> None:
        """Collect, learn, log; evaluate and save where it is time."""
        before = self.steps
        experience = self.collector.collect(self.learner.explore, self.times)
        self.steps += experience.num_steps
        try:
            diagnostics = self.learner.update(experience)
        except (ArithmeticError, ValueError, torch.linalg.LinAlgError) as error:
            self.fail(f"{type(error).__name__}: {error}", error)
        self.progress.append(self._row(diagnostics))
        bad = [name for name, value in diagnostics.items() if not math.isfinite(value)]
        if bad:
            self.fail(f"{', '.join(bad)} not finite")
        every = self.run.evaluate_every
        if self.steps // every > before // every or self.steps >= self.run.steps:
            self._evaluate()
        wait = self.run.checkpoint_every
        if time.monotonic() - self._last_save >= (wait and max(wait, _SPARED * self._save_took)):
            self.save()

    def _row(self, diagnostics: Row) -> Row:
        finished = self.collector.finished
        row: Row = {"step": self.steps, "episodes": len(finished)}
        if finished:
            returns = np.mean([own for own, _ in finished], axis=0)
            row |= {"return": float(returns.sum())}
            row |= {f"return/{agent}": float(value) for agent, value in enumerate(returns)}
            row["length"] = float(np.mean([length for _, length in finished]))
            finished.clear()
        taken = (row.keys() | _RETURNS) & diagnostics.keys()
        if taken:
            raise ValueError(f"`update` must not report {sorted(taken)}, which the trainer does.")
        return row | {name: float(value) for name, value in diagnostics.items()}

    def fail(
        self,
        reason: str,
        cause: Exception | None = None,
        remedy: str = "A smaller `lr` is the usual remedy.",
    ) -> NoReturn:
        """End the run: tables and ``failed.json`` say how, the checkpoint stays as it was."""
        self._write_tables()
        last = {name: value if math.isfinite(value) else str(value)
                for name, value in (self.progress or [{}])[-1].items()}  # fmt: skip
        record = {"step": self.steps, "reason": reason, "last row": last}
        write_json(self.folder / "failed.json", record)
        raise TrainingFailed(
            f"{reason} after {self.steps} steps; see {self.folder / 'failed.json'}. {remedy}"
        ) from cause

    def tell(self, report: Callable[[int, Row], None]) -> None:
        """Report the last update, and the evaluation after it if there was one."""
        row: Row = self.progress[-1] if self.progress else {}
        if self.evaluation[-1]["step"] == self.steps:
            row = row | self.evaluation[-1]
        try:
            report(self.steps, row)
        except BaseException:
            if self.steps:
                self.save()
            raise

    def _evaluate(self) -> None:
        row: Row = {"step": self.steps}
        for name, greedy in (("greedy", True), ("sampled", False)):
            played = play_episodes(self.learner, self._judge, seed=2**31 - 1, greedy=greedy)
            row[name] = float(played.team.mean())
            row[f"{name}_std"] = float(played.team.std())
            row[f"{name}_length"] = float(played.lengths.mean())
            for agent, value in enumerate(played.returns.mean(axis=0)):
                row[f"{name}/{agent}"] = float(value)
        self.evaluation.append(row)

    def save(self) -> None:
        """Write tables and checkpoint, the checkpoint last."""
        began = time.monotonic()
        try:
            self._write_all()
        except OSError as error:
            kept = (
                "the last checkpoint is kept" if self._checkpoint.exists() else "none is kept yet"
            )
            raise OSError(
                error.errno,
                f"{error.strerror}; {kept}: make room and start again",
                str(self.folder),
            ) from error
        self._last_save = time.monotonic()
        self._save_took = self._last_save - began

    def _write_all(self) -> None:
        self._write_tables()
        content = {
            "run": as_plain(self.run),
            "learner": self.learner.state_dict(), "collector": self.collector.snapshot(),
            "steps": self.steps, "progress": self.progress, "evaluation": self.evaluation,
        }  # fmt: skip
        save_checkpoint(self._checkpoint, content)

    def close(self) -> None:
        """End the environments' processes, where they have some."""
        close(self.env)
        close(self._judge)

    def _write_tables(self) -> None:
        _write_table(self.folder / "progress.csv", self.progress)
        _write_table(self.folder / "evaluation.csv", self.evaluation)

    def _restore(self, content: dict[str, Any]) -> None:
        if content["run"] != as_plain(self.run):
            raise ValueError(
                f"{self._checkpoint} belongs to another run; remove it to start again."
            )
        self.learner.load_state_dict(content["learner"])
        self.collector.restore(content["collector"])
        self.steps = content["steps"]
        self.progress, self.evaluation = content["progress"], content["evaluation"]

    def finish(self) -> None:
        """Save, and say that the run is complete."""
        self.save()
        last = self.evaluation[-1]
        write_json(self.folder / "finished.json", {"step": self.steps, "evaluation": last})


def _write_table(path: Path, rows: list[Row]) -> None:
    """Write rows, some of which may lack some columns; numbers are written exactly."""
    columns = dict.fromkeys(name for row in rows for name in row)
    with whole_file(path) as file:
        table = csv.DictWriter(file, list(columns), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
