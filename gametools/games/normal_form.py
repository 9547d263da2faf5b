"""Games in normal form: payoff tensors, alone or in batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.validation import count, finite_array

__all__ = ["NormalFormGame"]


@dataclass(frozen=True, eq=False, repr=False)
class NormalFormGame:
    """One game in normal form, or a batch of games of the same shape.

    Parameters
    ----------
    payoffs : array_like, shape ``(*batch, n, a_1, ..., a_n)``
        ``payoffs[..., i, s_1, ..., s_n]`` is player i's payoff when each player j plays action
        ``s_j``; axis j belongs to player j in *every* player's tensor (no rotated axes).
        Payoffs are maximised. Copied to float64 and made read-only; the memory layout is kept.
    num_players : int, optional
        The number of players n. Needed only where the shape can be read in several ways:
        ``(3, 2, 2, 2)`` is one three-player game or a batch of three two-player games. Without
        it, the reading with the fewest batch axes is taken.

    Raises
    ------
    TypeError
        If the payoffs are not numbers.
    ValueError
        If no reading of the shape fits, or a payoff is NaN or infinite.

    Notes
    -----
    Source: the tensor form of a finite game, as in any textbook (for example Shoham and
    Leyton-Brown 2008, definition 3.2.1). Ours differs by the leading batch axes only.

    Examples
    --------
    >>> import gametools as gt
    >>> game = gt.NormalFormGame.from_bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    >>> game
    NormalFormGame(2 players, 2x2 actions)
    >>> game.payoffs[1, 0, 1]           # what the column player earns at (first, second)
    np.float64(5.0)
    """

    payoffs: NDArray[np.float64]
    num_players: int

    def __init__(self, payoffs: ArrayLike, num_players: int | None = None) -> None:
        array = np.array(finite_array("payoffs", payoffs), order="K")
        players = _read_shape(array.shape, num_players)
        array.flags.writeable = False
        object.__setattr__(self, "payoffs", array)
        object.__setattr__(self, "num_players", players)

    @classmethod
    def from_owned(cls, payoffs: NDArray[np.float64], num_players: int) -> NormalFormGame:
        """Make a game of an array as it is: for the package's inner loops.

        Nothing is copied or checked: `payoffs` must be finite float64 of the right shape, and
        nobody may write to it afterwards.
        """
        payoffs.flags.writeable = False
        game = object.__new__(cls)
        object.__setattr__(game, "payoffs", payoffs)
        object.__setattr__(game, "num_players", num_players)
        return game

    @classmethod
    def from_bimatrix(cls, row: ArrayLike, column: ArrayLike) -> NormalFormGame:
        """Make a two-player game (or a batch) from two payoff matrices.

        Parameters
        ----------
        row, column : array_like, shape ``(*batch, a_1, a_2)``
            Payoffs of the row and the column player; rows are the row player's actions in both.

        Raises
        ------
        ValueError
            If the shapes differ or have fewer than two axes.
        """
        first, second = finite_array("row", row), finite_array("column", column)
        if first.shape != second.shape or first.ndim < 2:
            raise ValueError(
                "`row` and `column` must have one shape (*batch, a_1, a_2); "
                f"got {first.shape} and {second.shape}."
            )
        return cls(np.stack([first, second], axis=-3), num_players=2)

    @property
    def num_actions(self) -> tuple[int, ...]:
        """Number of actions of each player, ``(a_1, ..., a_n)``."""
        return self.payoffs.shape[-self.num_players :]

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of the batch; ``()`` for a single game."""
        return self.payoffs.shape[: -self.num_players - 1]

    @property
    def size(self) -> int:
        """Number of games in the batch; 1 for a single game."""
        return int(np.prod(self.batch_shape, dtype=np.int64))

    def payoff_range(self) -> NDArray[np.float64]:
        """Largest minus smallest payoff of each game, shape ``(*batch,)``: the scale of errors."""
        own = tuple(range(-self.num_players - 1, 0))
        return np.asarray(self.payoffs.max(axis=own) - self.payoffs.min(axis=own))

    def payoff_ranges(self) -> NDArray[np.float64]:
        """Largest minus smallest payoff of each player, shape ``(*batch, n)``."""
        own = tuple(range(-self.num_players, 0))
        return np.asarray(self.payoffs.max(axis=own) - self.payoffs.min(axis=own))

    def flatten(self) -> NormalFormGame:
        """Return the same games with one batch axis, shape ``(size, n, a_1, ..., a_n)``."""
        if len(self.batch_shape) == 1:
            return self
        shape = (self.size, *self.payoffs.shape[-self.num_players - 1 :])
        return NormalFormGame.from_owned(self.payoffs.reshape(shape), self.num_players)

    def __getitem__(self, index: Any) -> NormalFormGame:
        """Pick games by an index into the batch axes.

        Examples
        --------
        >>> import numpy as np, gametools as gt
        >>> games = gt.random_2x2("cyclic", size=5, rng=0)
        >>> games[:2].batch_shape, games[3].batch_shape
        ((2,), ())
        """
        if not self.batch_shape:
            raise IndexError("this is a single game; only a batch of games can be indexed.")
        keys = index if isinstance(index, tuple) else (index,)
        own = (slice(None),) * (self.num_players + 1)
        rest = () if any(key is Ellipsis for key in keys) else (Ellipsis,)
        return NormalFormGame.from_owned(self.payoffs[(*keys, *rest, *own)], self.num_players)

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.num_actions))
        what = f"{self.num_players} player{'s' * (self.num_players != 1)}, {shape} actions"
        return f"NormalFormGame({what}{f', batch {self.batch_shape}' if self.batch_shape else ''})"


def _read_shape(shape: tuple[int, ...], num_players: int | None) -> int:
    """Return the number of players that a payoff shape stands for."""
    readings = [n for n in range(len(shape) - 1, 0, -1) if shape[-n - 1] == n]
    if num_players is not None:
        wanted = count("num_players", num_players, at_least=1)
        readings = [n for n in readings if n == wanted]
    if not readings:
        asked = "" if num_players is None else f" with n = {num_players}"
        raise ValueError(
            f"`payoffs` must have shape (*batch, n, a_1, ..., a_n){asked}; got {shape}. "
            "The axis before the n action axes must have length n."
        )
    players = readings[0]
    if 0 in shape[-players:]:
        raise ValueError(f"`payoffs` must give every player an action; got shape {shape}.")
    return players
