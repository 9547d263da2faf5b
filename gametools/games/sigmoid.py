"""A matrix game seen as a differentiable game, in the logits of first actions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.games.domains import Euclidean
from gametools.games.normal_form import NormalFormGame
from gametools.games.probability import ProbabilityGame

__all__ = ["SigmoidGame", "logits", "sigmoid"]

Array = NDArray[np.float64]


class SigmoidGame:
    """Two-action games learned in the logit of each player's first action.

    Parameters
    ----------
    matrix_game : NormalFormGame
        One game or a batch, any number of players, two actions each.

    Raises
    ------
    ValueError
        If a player has more or fewer than two actions.

    Notes
    -----
    Source: Foerster et al. (2018) and Letcher et al. (2019), whose policies are sigmoids; nothing
    differs. `SoftmaxGame` has two logits a player where this has one, their difference.

    Examples
    --------
    >>> import gametools as gt
    >>> view = gt.games.SigmoidGame(gt.named_game("matching_pennies"))
    >>> view.jacobian([0.0, 0.0])       # that of +-xy, over four
    array([[ 0.  , -0.25],
           [ 0.25,  0.  ]])
    """

    domain = Euclidean()

    def __init__(self, matrix_game: NormalFormGame) -> None:
        self._inner = ProbabilityGame(matrix_game)
        self.matrix_game = matrix_game
        self.dims = self._inner.dims
        self.batch_shape = self._inner.batch_shape

    def losses(self, x: ArrayLike) -> Array:
        """Return every player's expected loss (minus payoff), shape ``(*batch, n)``."""
        return self._inner.losses(sigmoid(x))

    def gradient(self, x: ArrayLike, others: ArrayLike | None = None) -> Array:
        """Return the simultaneous gradient at ``(x_i, others_-i)``, shape ``(*batch, n)``."""
        p = sigmoid(x)
        theirs = None if others is None else sigmoid(others)
        return np.asarray(p * (1 - p) * self._inner.gradient(p, theirs))

    def jacobian(self, x: ArrayLike) -> Array:
        """Return the derivative of the simultaneous gradient, shape ``(*batch, n, n)``."""
        p = sigmoid(x)
        slope = p * (1 - p)
        result = slope[..., :, None] * self._inner.jacobian(p) * slope[..., None, :]
        own = np.arange(len(self.dims))
        result[..., own, own] += self._inner.gradient(p) * slope * (1 - 2 * p)
        return np.asarray(result)

    def loss_jacobian(self, x: ArrayLike) -> Array:
        """Return every loss's gradient in all logits, shape ``(*batch, n, n)``."""
        p = sigmoid(x)
        return np.asarray(self._inner.loss_jacobian(p) * (p * (1 - p))[..., None, :])

    def profile(self, x: ArrayLike) -> tuple[Array, ...]:
        """Return the mixed strategies at `x`: for each player, an array ``(*batch, 2)``."""
        return self._inner.profile(sigmoid(x))

    def point(self, profile: Sequence[ArrayLike]) -> Array:
        """Return the logits at which the players play `profile`, shape ``(*batch, n)``."""
        return logits(self._inner.point(profile), "profile")

    def take(self, index: NDArray[np.intp]) -> SigmoidGame:
        """Return the games of a flat batch at `index`; a single game is returned as it is."""
        if not self.batch_shape:
            return self
        inner = self._inner.take(index)
        part = SigmoidGame(inner.matrix_game)
        part._inner = inner
        return part

    def __repr__(self) -> str:
        return f"SigmoidGame({self.matrix_game!r})"


def logits(probabilities: Array, name: str) -> Array:
    """Return the logits of probabilities, or raise an error that names the argument."""
    if not ((probabilities > 0) & (probabilities < 1)).all():
        raise ValueError(
            f"`{name}` must hold probabilities between 0 and 1, whose logits are finite; "
            f"got {probabilities.tolist()}."
        )
    return np.asarray(np.log(probabilities) - np.log1p(-probabilities))


def sigmoid(x: ArrayLike) -> Array:
    """Return ``1 / (1 + exp(-x))``, without overflow."""
    from scipy.special import expit  # a heavy import: only when it is used

    return np.asarray(expit(np.asarray(x, dtype=np.float64)))
