"""Checkers: apples and lemons, of which one agent cares much and the other little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametools.envs.grid import MOVES, Codes, Floats, GridWorld
from gametools.envs.pictures import AGENT_COLOURS, FloatArray, GridPicture
from gametools.validation import number

__all__ = ["Checkers"]

_MAP = ("RYRYRY..", "YRYRYR..", "RYRYRY..")  # R apples, Y lemons
_STARTS = ((0, 6), (2, 6))
_ROWS, _COLUMNS = len(_MAP), len(_MAP[0])
_CELLS = _ROWS * _COLUMNS
_CHANNELS = 5  # of a cell in an observation: lemon, apple, agent 1, agent 2, wall

# A code is, from the lowest bit: 5 bits for the cell of each agent, then a bit for the food of
# each cell, in rows of `_WIDTH` with a border all around, so that a window is cut out by shifts.
_PLACE, _PAIR = 5, 10
_WIDTH = _COLUMNS + 2
_LOW = (1 << _PAIR) - 1
_OWN = 2 + 4 * _CHANNELS + 2  # where agent 1 sees itself in an observation; agent 2 one further on


def _food_bit(cell: int) -> int:
    row, column = divmod(cell, _COLUMNS)
    return 1 << (_PAIR + _WIDTH * (row + 1) + column + 1)


def _mark(cell: int) -> str:
    return _MAP[cell // _COLUMNS][cell % _COLUMNS]


_APPLES = sum(_food_bit(cell) for cell in range(_CELLS) if _mark(cell) == "R")
_LEMONS = sum(_food_bit(cell) for cell in range(_CELLS) if _mark(cell) == "Y")
_FOOD = [cell for cell in range(_CELLS) if _mark(cell) != "."]


class Checkers(GridWorld):
    """A sensitive agent gains and loses much by apples and lemons, the other one little.

    Parameters
    ----------
    num_envs : int
        Number of copies, at least 1.
    apple, lemon : pair of float
        Reward of either agent for an apple and for a lemon.
    step_cost : float
        Reward of either agent for every step, besides.
    max_steps : int

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Notes
    -----
    Actions are 0 down, 1 left, 2 up, 3 right, 4 stay. Agents move one after the other; a move
    against the edge or the other agent leaves the agent where it is, and costs the same. An agent
    eats what lies where it comes to. The episode is over for both when the apples are gone.

    An observation is row/3 and column/7, to two places, then the 3 x 3 cells around the agent, row
    by row, with five 0-1 entries each: lemon, apple, agent 1, agent 2, wall (no cell is one). The
    state is row/3 and column/7 of both agents, the food left in each cell that had some, row by
    row, and the share of `max_steps` that has passed.

    Source: ma-gym 0.0.14, ``Checkers-v0``, with its registered rewards and limit; step for step
    the same. Difference: the time limit truncates, where ma-gym reports both agents as done.

    Examples
    --------
    >>> from gametools.envs import Checkers
    >>> env = Checkers.ma_gym(num_envs=1024)
    >>> env.reset(rng=0).shape
    (1024, 2, 47)
    >>> env.step(np.full((1024, 2), 1)).rewards[0]  # to the left: a lemon each
    array([-10.01,  -1.01])
    """

    def __init__(
        self,
        num_envs: int = 1,
        *,
        apple: Sequence[float] = (10.0, 1.0),
        lemon: Sequence[float] = (-10.0, -1.0),
        step_cost: float = -0.01,
        max_steps: int = 100,
    ) -> None:
        super().__init__(num_envs, 2, max_steps)
        self.apple, self.lemon = _pair("apple", apple), _pair("lemon", lemon)
        self.step_cost = number("step_cost", step_cost)
        self.observation_sizes = (2 + 9 * _CHANNELS,) * 2
        self.state_size = 4 + len(_FOOD) + 1
        cells = [row * _COLUMNS + column for row, column in _STARTS]
        self.start = _APPLES | _LEMONS | cells[0] | cells[1] << _PLACE
        self._tabulate_moves()
        self._tabulate_views()

    @classmethod
    def ma_gym(cls, num_envs: int = 1, *, max_steps: int = 100) -> Checkers:
        """Return the game as registered by ma-gym: rewards 10, -10 and 1, -1, a step -0.01."""
        return cls(num_envs, max_steps=max_steps)

    @classmethod
    def matrl(cls, num_envs: int = 1, *, max_steps: int = 100) -> Checkers:
        """Return the game as in MATRL: rewards 5, -5 and 1, -1.

        The paper gives no cost of a step and no limit: these are ma-gym's.
        """
        return cls(num_envs, apple=(5.0, 1.0), lemon=(-5.0, -1.0), max_steps=max_steps)

    def __repr__(self) -> str:
        return (
            f"Checkers(num_envs={self.num_envs}, apple={self.apple}, lemon={self.lemon}, "
            f"step_cost={self.step_cost:g}, max_steps={self.max_steps})"
        )

    def move(self, codes: Codes, agent: int, actions: Codes) -> tuple[Codes, FloatArray]:
        """Return the codes after one agent's actions, and that agent's rewards."""
        pair = self._next[agent].take((codes & _LOW) * len(MOVES) + actions)
        bit = self._bit[agent].take(pair)
        eaten = codes & bit
        rewards = self._reward[agent].take(pair) * (eaten != 0)
        rewards += self.step_cost
        return ((codes ^ eaten) & ~_LOW) | pair, rewards

    def terminated(self, codes: Codes) -> NDArray[np.bool_]:
        """Return whether the apples are gone, for both agents, shape ``(len(codes), 2)``."""
        return np.repeat((codes & _APPLES) == 0, 2).reshape(-1, 2)

    def bound(self, codes: Codes) -> FloatArray:
        """Return what all food left is worth at the most, shape ``(len(codes),)``."""
        apples = np.bitwise_count(codes & _APPLES).astype(np.float64)
        lemons = np.bitwise_count(codes & _LEMONS).astype(np.float64)
        worth: FloatArray = apples * max(0.0, *self.apple) + lemons * max(0.0, *self.lemon)
        return worth

    def observe(self, codes: Codes, clock: Codes, out: Floats) -> None:
        """Write the observations, shape ``(len(codes), 2, 47)``."""
        pair = codes & _LOW
        place = np.empty((len(codes), 2), dtype=np.int64)
        place[:, 0], place[:, 1] = pair & (_LOW >> _PLACE), pair >> _PLACE
        window = (codes >> _PAIR)[:, None] >> self._corner.take(place)
        key = window & 0b111
        key |= window >> (_WIDTH - 3) & 0b111_000
        key |= window >> (2 * _WIDTH - 6) & 0b111_000_000
        key |= place << 9
        self._views.take(key, axis=0, out=out, mode="clip")  # "raise" would use a buffer
        out[:, 0, _OWN], out[:, 1, _OWN + 1] = 1, 1
        near = np.flatnonzero(self._near.take(pair))
        out[near[:, None], (0, 1), self._other.take(pair[near], axis=0)] = 1

    def describe(self, codes: Codes, clock: Codes, out: Floats) -> None:
        """Write the states, shape ``(len(codes), s)``."""
        out[:, :4] = self._where.take(codes & _LOW, axis=0)
        rows = codes[:, None] >> self._row_starts & (len(self._row_food) - 1)
        out[:, 4:-1] = self._row_food.take(rows, axis=0).reshape(len(codes), -1)
        out[:, -1] = clock / self.max_steps

    def picture(self, code: int) -> NDArray[np.uint8]:
        """Draw a situation: agents as numbered discs, apples as red discs, lemons as diamonds."""
        drawing = GridPicture(_ROWS, _COLUMNS)
        for cell in _FOOD:
            if code & _food_bit(cell):
                row, column = divmod(cell, _COLUMNS)
                if _mark(cell) == "R":
                    drawing.disc(row, column, (170, 40, 40), radius=0.24)
                else:
                    drawing.diamond(row, column, (240, 228, 66))
        for i, cell in enumerate((code & (_LOW >> _PLACE), (code & _LOW) >> _PLACE)):
            row, column = divmod(cell, _COLUMNS)
            drawing.disc(row, column, AGENT_COLOURS[i])
            drawing.number(row, column, i)
        return drawing.image

    def _tabulate_moves(self) -> None:
        """Tabulate by the cells of both: where a move leads, which food lies there, its reward."""
        pairs, a = _LOW + 1, len(MOVES)
        self._next = np.zeros((2, pairs * a), dtype=np.int64)
        self._bit = np.zeros((2, pairs), dtype=np.int64)
        self._reward = np.zeros((2, pairs))
        for pair in _pairs():
            cells = (pair & (_LOW >> _PLACE), pair >> _PLACE)
            for i, cell in enumerate(cells):
                self._bit[i, pair] = _food_bit(cell) & (_APPLES | _LEMONS)
                own = {"R": self.apple[i], "Y": self.lemon[i], ".": 0.0}
                self._reward[i, pair] = own[_mark(cell)]
                for action, move in enumerate(MOVES):
                    to = _neighbour(cell, move)
                    to = cell if to == cells[1 - i] else to
                    after = (to, cells[1]) if i == 0 else (cells[0], to)
                    self._next[i, pair * a + action] = after[0] | after[1] << _PLACE

    def _tabulate_views(self) -> None:
        """Tabulate observations by cell and food around it, and where agents see each other."""
        self._corner = np.array([_WIDTH * (c // _COLUMNS) + c % _COLUMNS for c in range(_CELLS)])
        own = np.array(
            [
                [round(c // _COLUMNS / _ROWS, 2), round(c % _COLUMNS / (_COLUMNS - 1), 2)]
                for c in range(_CELLS)
            ]
        )
        self._views = np.zeros((_CELLS << 9, 2 + 9 * _CHANNELS), dtype=np.float32)
        self._where = np.zeros((_LOW + 1, 4), dtype=np.float32)
        self._near = np.zeros(_LOW + 1, dtype=np.bool_)
        self._other = np.zeros((_LOW + 1, 2), dtype=np.int64)
        self._row_starts = np.array(
            [_food_bit(row * _COLUMNS).bit_length() - 1 for row in range(_ROWS)]
        )
        width = len(_FOOD) // _ROWS  # food lies in the first columns of every row
        bits = np.arange(1 << width)[:, None] >> np.arange(width) & 1
        self._row_food = bits.astype(np.float32)
        windows = np.arange(1 << 9)
        for cell in range(_CELLS):
            rows = self._views[cell << 9 : (cell + 1) << 9]
            rows[:, :2] = own[cell]
            for k, there in _window(cell):
                rows[:, 2 + k * _CHANNELS + (_mark(there) == "R")] = windows >> k & 1
        for pair in _pairs():
            cells = (pair & (_LOW >> _PLACE), pair >> _PLACE)
            self._where[pair] = own[list(cells)].ravel()
            for k, there in _window(cells[0]):
                if there == cells[1] != cells[0]:
                    # The window of agent 2 has agent 1 where that of agent 1 has agent 2, mirrored.
                    self._near[pair] = True
                    self._other[pair] = 2 + k * _CHANNELS + 3, 2 + (8 - k) * _CHANNELS + 2


def _pairs() -> list[int]:
    return [one | two << _PLACE for one in range(_CELLS) for two in range(_CELLS)]


def _neighbour(cell: int, move: tuple[int, int]) -> int:
    """Return the cell that a move leads to; the same one at the edge."""
    row, column = cell // _COLUMNS + move[0], cell % _COLUMNS + move[1]
    inside = 0 <= row < _ROWS and 0 <= column < _COLUMNS
    return row * _COLUMNS + column if inside else cell


def _window(cell: int) -> list[tuple[int, int]]:
    """Return the cells around a cell: their place 0 to 8 in the window, and their number."""
    row, column = divmod(cell, _COLUMNS)
    return [
        (3 * (r - row + 1) + c - column + 1, r * _COLUMNS + c)
        for r in range(max(row - 1, 0), min(row + 2, _ROWS))
        for c in range(max(column - 1, 0), min(column + 2, _COLUMNS))
    ]


def _pair(name: str, value: Any) -> tuple[float, float]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"`{name}` must be a pair of numbers, one for each agent; got {value!r}.")
    return number(name, value[0]), number(name, value[1])
