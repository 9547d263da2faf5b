"""Games in this process, or spread over worker processes that write into shared memory."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import pickle
import traceback
import weakref
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawArray
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gametools.envs.optional import load
from gametools.envs.parallel_game import Layout, ParallelGame

__all__ = ["InProcess", "Pool", "Workers", "make_pool"]

Arrays = dict[str, NDArray[Any]]
Make = Callable[[], Any]


class Pool(Protocol):
    """Games, one for each row of `arrays`."""

    arrays: Arrays

    def call(self, command: str, arguments: Sequence[Any] = ()) -> list[Any]:
        """Have every game do something, with its own argument where there are any."""
        ...

    def one(self, command: str, index: int) -> Any:
        """Have one game do something."""
        ...

    def close(self) -> None:
        """End what was started."""
        ...


def make_pool(make: Make, layout: Layout, num_envs: int, workers: int) -> Pool:
    """Make `num_envs` games, in this process or in `workers` others."""
    if workers == 0:
        return InProcess(make, layout, num_envs)
    return Workers(make, layout, num_envs, min(workers, num_envs))


class InProcess:
    """Games in this process, one after the other."""

    def __init__(
        self, make: Make, layout: Layout, num_envs: int, arrays: Arrays | None = None
    ) -> None:
        shapes = layout.shapes(num_envs)
        self.arrays = arrays or {name: np.zeros(*shape) for name, shape in shapes.items()}
        rows = [{k: v[e, ...] for k, v in self.arrays.items()} for e in range(num_envs)]
        self.games = [ParallelGame(make, layout, row) for row in rows]
        self._make, self._proved = make, False

    def call(self, command: str, arguments: Sequence[Any] = ()) -> list[Any]:
        """Have every game do something, with its own argument where there are any."""
        if command == "step":
            for game in self.games:
                game.step()
            return []
        if command == "pack" and not self._proved:
            self.games[0].prove(self._make)
            self._proved = True
        if not arguments:
            return [self.one(command, e) for e in range(len(self.games))]
        pairs = zip(self.games, arguments, strict=True)
        return [getattr(game, command)(own) for game, own in pairs]

    def one(self, command: str, index: int) -> Any:
        """Have one game do something."""
        return getattr(self.games[index], command)()

    def close(self) -> None:
        """Close the games."""
        for own in self.games:
            with contextlib.suppress(AttributeError, NotImplementedError):
                own.game.close()


class Workers:
    """Games in worker processes, each of which has some rows of shared arrays.

    Processes are spawned, so a script that makes one must do it under
    ``if __name__ == "__main__"``.
    """

    def __init__(self, make: Make, layout: Layout, num_envs: int, workers: int) -> None:
        context = multiprocessing.get_context("spawn")
        shapes = layout.shapes(num_envs)
        memory = {
            name: RawArray("b", max(1, int(np.prod(shape)) * np.dtype(dtype).itemsize))
            for name, (shape, dtype) in shapes.items()
        }
        self.arrays = _mapped(memory, layout, num_envs)
        edges = np.linspace(0, num_envs, workers + 1).astype(int)
        self._parts = [(int(a), int(b)) for a, b in itertools.pairwise(edges)]
        self._pipes: list[Connection] = []
        self._processes: list[Any] = []
        payload = load("cloudpickle", "a PettingZoo environment in workers").dumps(make)
        for part in self._parts:
            here, there = context.Pipe()
            work = (there, payload, layout, num_envs, part, memory)
            process = context.Process(target=_serve, args=work, daemon=True)
            process.start()
            there.close()
            self._pipes.append(here)
            self._processes.append(process)
        self._finalizer = weakref.finalize(self, _stop, self._pipes, self._processes)
        self._receive(range(workers))

    def call(self, command: str, arguments: Sequence[Any] = ()) -> list[Any]:
        """Have every game do something, with its own argument where there are any."""
        for k, (low, high) in enumerate(self._parts):
            self._send(k, ("call", command, arguments[low:high]))
        return [item for part in self._receive(range(len(self._parts))) for item in part]

    def one(self, command: str, index: int) -> Any:
        """Have one game do something."""
        k = next(k for k, (_, high) in enumerate(self._parts) if index < high)
        self._send(k, ("one", command, index - self._parts[k][0]))
        return self._receive([k])[0]

    def close(self) -> None:
        """End the processes."""
        self._finalizer()

    def _send(self, k: int, message: Any) -> None:
        if not self._finalizer.alive:
            raise RuntimeError("the environment was closed, or a worker failed; make it anew.")
        with contextlib.suppress(BrokenPipeError):  # _receive reports it
            self._pipes[k].send(message)

    def _receive(self, which: Sequence[int]) -> list[Any]:
        """Collect an answer from each worker; raise the first failure, after all have answered."""
        answers, failure = [], ""
        for k in which:
            low, high = self._parts[k]
            try:
                good, answer = self._pipes[k].recv()
            except (EOFError, ConnectionResetError):
                self._processes[k].join(1)
                code = self._processes[k].exitcode
                good, answer = False, f"it ended with exit code {code}."
            if not good:
                failure = failure or f"the worker of environments {low} to {high - 1}: {answer}"
            answers.append(answer)
        if failure:
            self.close()
            raise RuntimeError(failure)
        return answers


def _serve(
    pipe: Connection,
    payload: bytes,
    layout: Layout,
    num_envs: int,
    part: tuple[int, int],
    memory: dict[str, Any],
) -> None:
    """Do what comes through the pipe, until it is closed."""
    try:
        shared = _mapped(memory, layout, num_envs)
        arrays = {name: array[part[0] : part[1]] for name, array in shared.items()}
        games = InProcess(pickle.loads(payload), layout, part[1] - part[0], arrays)
        pipe.send((True, None))
        while True:
            kind, command, argument = pipe.recv()
            pipe.send((True, getattr(games, kind)(command, argument)))
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        pass
    except Exception:  # whatever a game raises is shown where it was called from
        with contextlib.suppress(BrokenPipeError):
            pipe.send((False, traceback.format_exc()))


def _mapped(memory: dict[str, Any], layout: Layout, num_envs: int) -> Arrays:
    """Return shared memory as arrays."""
    return {
        name: np.frombuffer(memory[name], dtype=dtype, count=int(np.prod(shape))).reshape(shape)
        for name, (shape, dtype) in layout.shapes(num_envs).items()
    }


def _stop(pipes: list[Connection], processes: list[Any]) -> None:
    for pipe in pipes:
        pipe.close()
    for process in processes:
        process.join(2)
        if process.is_alive():
            process.terminate()
