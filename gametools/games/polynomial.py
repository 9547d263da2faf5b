"""Games whose losses are polynomials."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.games.domains import Domain, Euclidean, as_points, blocks
from gametools.validation import count, number

__all__ = ["PolynomialGame"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, init=False, repr=False)
class PolynomialGame:
    """A game whose losses are polynomials, with exact derivatives.

    Parameters
    ----------
    losses : sequence of mappings, one for each player
        A loss as ``{exponents: coefficient}``: the key ``(3, 1)`` stands for ``x0**3 * x1``. All
        keys have one exponent for each parameter.
    dims : tuple of int, optional
        Number of parameters of each player; one each by default.
    domain : Domain
        Where the parameters live; the whole space by default.

    Raises
    ------
    TypeError, ValueError
        If a key is not a tuple of d exponents, all whole and at least 0, or a coefficient is not
        a finite number.

    Notes
    -----
    Source: no method but the power rule; nothing differs.

    Examples
    --------
    Losses ``x**3 + xy`` and ``-xy``: the origin is stable, and no local Nash equilibrium.

    >>> import gametools as gt
    >>> game = gt.PolynomialGame([{(3, 0): 1, (1, 1): 1}, {(1, 1): -1}])
    >>> game.gradient([0.5, 2.0]), game.jacobian([0.0, 0.0])
    (array([ 2.75, -0.5 ]), array([[ 0.,  1.],
           [-1.,  0.]]))
    """

    exponents: NDArray[np.int64]
    coefficients: Array
    dims: tuple[int, ...]
    domain: Domain

    def __init__(
        self,
        losses: Sequence[Mapping[tuple[int, ...], float]],
        dims: tuple[int, ...] = (),
        domain: Domain | None = None,
    ) -> None:
        players = len(losses)
        sizes = tuple(count("dims", k, at_least=1) for k in dims) or (1,) * players
        if len(sizes) != players or not players:
            raise ValueError(f"`dims` must have an entry for each of {players} losses; got {dims}.")
        keys = list(dict.fromkeys(key for loss in losses for key in loss))
        coefficients = np.zeros((players, len(keys)))
        for i, loss in enumerate(losses):
            for key, value in loss.items():
                coefficients[i, keys.index(key)] = number(f"losses[{i}][{key}]", value)
        exponents = np.array([_checked(key, sum(sizes)) for key in keys], dtype=np.int64)
        object.__setattr__(self, "exponents", exponents.reshape(len(keys), sum(sizes)))
        object.__setattr__(self, "coefficients", coefficients)
        object.__setattr__(self, "dims", sizes)
        object.__setattr__(self, "domain", Euclidean() if domain is None else domain)
        for array in (self.exponents, self.coefficients):
            array.flags.writeable = False

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Always ``()``: one game, on which any batch of points may be evaluated."""
        return ()

    def losses(self, x: ArrayLike) -> Array:
        """Return every player's loss, shape ``(*batch, n)``."""
        powers = self._powers(x)
        values = [self._value(powers, i, ()) for i in range(len(self.dims))]
        return np.stack(values, axis=-1)

    def gradient(self, x: ArrayLike, others: ArrayLike | None = None) -> Array:
        """Return the simultaneous gradient at ``(x_i, others_-i)``, shape ``(*batch, d)``."""
        mine = theirs = self._powers(x)
        if others is not None:
            shape = np.broadcast_shapes(np.shape(x), np.shape(others))
            mine = self._powers(np.broadcast_to(x, shape))
            theirs = self._powers(np.broadcast_to(others, shape))
        slopes = []
        for i, block in enumerate(blocks(self.dims)):
            at = mine
            if others is not None:
                at = [*theirs]
                at[block] = mine[block]
            slopes += [self._value(at, i, (k,)) for k in range(block.start, block.stop)]
        return np.stack(slopes, axis=-1)

    def jacobian(self, x: ArrayLike) -> Array:
        """Return the derivative of the simultaneous gradient, shape ``(*batch, d, d)``."""
        powers, d = self._powers(x), sum(self.dims)
        result = np.empty((*powers[0].shape[1:], d, d))
        for i, block in enumerate(blocks(self.dims)):
            for k, m in itertools.product(range(block.start, block.stop), range(d)):
                result[..., k, m] = self._value(powers, i, (k, m))
        return result

    def loss_jacobian(self, x: ArrayLike) -> Array:
        """Return the gradient of every loss in all parameters, shape ``(*batch, n, d)``."""
        powers, n, d = self._powers(x), len(self.dims), sum(self.dims)
        result = np.empty((*powers[0].shape[1:], n, d))
        for i, k in itertools.product(range(n), range(d)):
            result[..., i, k] = self._value(powers, i, (k,))
        return result

    def take(self, index: NDArray[np.intp]) -> PolynomialGame:
        """Return the game itself: every point is a point of this one game."""
        del index
        return self

    def _powers(self, x: ArrayLike) -> list[Array]:
        """For each parameter, its powers from 0 up to the largest one needed, first axis."""
        d = sum(self.dims)
        point = as_points(x, d)
        top = self.exponents.max(axis=0, initial=0)
        table = []
        for k in range(d):
            powers = [np.ones(point.shape[:-1])]
            for _ in range(top[k]):
                powers.append(powers[-1] * point[..., k])
            table.append(np.array(powers))
        return table

    def _value(self, powers: list[Array], player: int, derivatives: tuple[int, ...]) -> Array:
        """Evaluate a loss, or its derivative in the parameters listed."""
        total = np.zeros(powers[0].shape[1:])
        for exponents, coefficient in zip(
            self.exponents.tolist(), self.coefficients[player].tolist(), strict=True
        ):
            factor, left = coefficient, list(exponents)
            for k in derivatives:
                factor *= left[k]
                left[k] -= 1
            if factor:
                term = np.asarray(factor)
                for k, power in enumerate(left):
                    term = term * powers[k][power] if power else term
                total = total + term
        return total

    def __repr__(self) -> str:
        degree = int(self.exponents.sum(axis=1).max(initial=0))
        return f"PolynomialGame({len(self.dims)} players, dims {self.dims}, degree {degree})"


def _checked(key: Any, d: int) -> list[int]:
    """Return the exponents of a monomial, or raise an error."""
    if not isinstance(key, tuple) or len(key) != d:
        raise ValueError(
            f"`losses` must have keys of {d} exponents, one for each parameter; got {key!r}."
        )
    return [count("losses' exponents", power) for power in key]
