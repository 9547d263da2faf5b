"""The process that trains one seed of a set, and tells how it goes."""

from __future__ import annotations

import contextlib
import json
import signal
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from gametools.agents.run import Run
from gametools.agents.trainer import TrainingFailed, train
from gametools.storage import whole_file

__all__ = ["train_one"]

_OFTEN = 0.2
"""Least seconds between two messages."""


def train_one(run: Run, folder: Path, connection: Connection, tensorboard: bool) -> None:
    """Train one seed in a process of its own, and tell how it goes."""
    import torch

    torch.set_num_threads(1)
    teller = _Teller(connection)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, teller.request_stop)
    with contextlib.ExitStack() as stack:
        if tensorboard:
            teller.log = stack.enter_context(_events(folder))
        reason = ""
        try:
            train(run, folder, report=teller.report)
        except _Stopped:
            reason = "stopped before its end; start it again as before to go on"
        except TrainingFailed as error:
            reason = str(error)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}; see {folder / 'failed.json'}"
            _leave_word(folder, f"{type(error).__name__}: {error}", traceback.format_exc())
        with contextlib.suppress(OSError):
            connection.send(("ended", " ".join(reason.split())))


class _Stopped(BaseException):
    """The process has been told to stop, and the run is saved."""


class _Teller:
    """What a process tells the one that started it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.stop = False
        self.log: Any = None
        self._last = 0.0

    def request_stop(self, *_: object) -> None:
        """Stop after the update that is under way."""
        self.stop = True

    def report(self, step: int, row: dict[str, float]) -> None:
        """Take note of an update."""
        if self.log is not None:
            for name, value in row.items():
                self.log.add_scalar(name, value, step)
        if self.stop:
            raise _Stopped
        if time.monotonic() - self._last >= _OFTEN:
            self._last = time.monotonic()
            try:
                self.connection.send(("steps", step))
            except OSError:  # whoever started us is gone
                raise _Stopped from None


def _leave_word(folder: Path, reason: str, trace: str) -> None:
    """Write ``failed.json``; on a full disk that fails, too."""
    with contextlib.suppress(OSError), whole_file(folder / "failed.json") as file:
        json.dump({"reason": reason, "traceback": trace}, file, indent=2)
        file.write("\n")


def _events(folder: Path) -> Any:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(folder / "tensorboard")
