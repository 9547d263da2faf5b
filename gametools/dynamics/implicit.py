"""Rules that solve for their step: the competitive gradient and the proximal point."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from gametools.dynamics.players import off_diagonal, solve
from gametools.dynamics.rule import Array
from gametools.games.differentiable import DifferentiableGame, Domain, Euclidean
from gametools.validation import count, number

__all__ = ["CompetitiveGradient", "ProximalPoint"]

RESIDUAL = 1e-12
"""Largest error of a proximal point, as a share of the point's largest coordinate or of 1."""
NUDGE = 1e-7
"""Width of the differences that show which directions a projection lets pass."""
CORRECTIONS = 8
"""Newton steps of one round."""
SHORTEST = 2.0**-16
"""Part of the step below which no shorter one is tried."""


@dataclass(frozen=True)
class CompetitiveGradient:
    """Competitive gradient descent (CGD): the equilibrium of each step's bilinear local game.

    The direction is ``(I + step * H_o)^-1 xi``.

    Parameters
    ----------
    step : float
        Step size, positive.

    Raises
    ------
    TypeError, ValueError
        If `step` is not a positive number.

    Notes
    -----
    Source: Schaefer and Anandkumar (2019), equation 4, for two players; ours takes n by the same
    formula, and projects the points onto the domain. Where ``I + step * H_o`` is singular, the
    local game has no single equilibrium and the point becomes NaN, which `simulate` reports. An
    update evaluates one gradient and one game Jacobian, and solves a linear system.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> spiral = gt.QuadraticGame([[1, 10], [-10, 1]])
    >>> path = gt.simulate(spiral, gt.dynamics.CompetitiveGradient(0.1), [0.5, 0.5], steps=50)
    >>> bool(np.linalg.norm(path.points[-1]) < 1e-9)
    True
    """

    evaluations: ClassVar[int] = 1

    step: float

    def __post_init__(self) -> None:
        number("step", self.step, above=0)

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points."""
        system = np.eye(x.shape[-1]) + self.step * off_diagonal(game, game.jacobian(x))
        return game.domain.project(x - self.step * solve(system, game.gradient(x))), None


@dataclass(frozen=True)
class ProximalPoint:
    """The implicit gradient step: the point ``y = project(x - step * xi(y))``.

    Parameters
    ----------
    step : float
        Step size, positive.
    rounds : int
        Most rounds of Newton steps in one update, at least 1: the first goes for the whole step,
        the others for parts of it.

    Raises
    ------
    TypeError, ValueError
        If `step` is not a positive number or `rounds` no positive whole number.

    Warns
    -----
    RuntimeWarning
        Where Newton's method finds no such point; the points of those games become NaN, so that a
        simulation ends as `Status.DIVERGED`.

    Notes
    -----
    Source: Martinet (1970); Rockafellar (1976). Ours finds the point by a semismooth Newton
    method; where that fails, it follows the points of shorter steps up to the whole one, as far as
    their path does not turn back. Where several points qualify, the one on that path is taken. The
    number of evaluations differs from game to game: at least two gradients and a game Jacobian,
    which is also what a linear gradient on the whole space needs.

    Examples
    --------
    >>> import numpy as np, gametools as gt
    >>> game = gt.QuadraticGame([[0, 1], [-1, 0]])
    >>> path = gt.simulate(game, gt.dynamics.ProximalPoint(step=10), [1, 0], steps=5)
    >>> np.linalg.norm(path.points, axis=-1)[:3].round(4)
    array([1.    , 0.0995, 0.0099])
    """

    evaluations: ClassVar[int] = 2

    step: float
    rounds: int = 100

    def __post_init__(self) -> None:
        number("step", self.step, above=0)
        count("rounds", self.rounds, at_least=1)

    def init(self, game: DifferentiableGame, x: Array) -> None:
        """Return None: nothing is remembered."""

    def update(
        self, game: DifferentiableGame, x: Array, state: None, rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Return the next points; NaN, with a warning, where none was found."""
        reached, stride, best = np.zeros(x.shape[:-1]), np.ones(x.shape[:-1]), x
        alive = np.isfinite(x).all(axis=-1)
        for _ in range(self.rounds):
            open_games = alive & (reached < 1) & (stride >= SHORTEST)
            if not open_games.any():
                break
            goal = np.minimum(reached + stride, 1.0)
            trial, found = _newton(game, x, best, self.step * goal, open_games)
            best = np.where(found[..., None], trial, best)
            reached = np.where(found, goal, reached)
            stride = np.where(found, 2 * stride, stride / 2)
        lost = alive & (reached < 1)
        if lost.any():
            warnings.warn(
                f"{self!r}: Newton's method found no proximal point for {lost.sum()} of "
                f"{lost.size} games, whose points become NaN; take a smaller `step` or more "
                "`rounds`.",
                RuntimeWarning,
                stacklevel=3,
            )
        return game.domain.project(np.where((reached < 1)[..., None], np.nan, best)), None


def _newton(
    game: DifferentiableGame, x: Array, start: Array, step: Array, wanted: NDArray[np.bool_]
) -> tuple[Array, NDArray[np.bool_]]:
    """Look from `start` for the points whose projections are proximal points.

    They solve ``y = x - step * xi(project(y))``, which has kinks in fewer places than the equation
    of the proximal point itself. Returned with the games in which they are found.
    """
    y, wide = start, step[..., None]
    found = np.zeros_like(wanted)
    point = game.domain.project(y)
    residual = y - x + wide * game.gradient(point)
    for _ in range(CORRECTIONS):
        slope = _product(game.jacobian(point), _projection_slope(game.domain, y))
        change = solve(np.eye(x.shape[-1]) + wide[..., None] * slope, residual)
        y = np.where((wanted & ~found)[..., None], y - change, y)
        point = game.domain.project(y)
        residual = y - x + wide * game.gradient(point)
        bound = RESIDUAL * np.maximum(1.0, np.abs(y).max(axis=-1))
        # After one step at least: close to rest, x itself may pass for the answer.
        found = wanted & (np.abs(residual).max(axis=-1) <= bound)
        if (found == wanted).all():
            break
    return y, found


def _projection_slope(domain: Domain, y: Array) -> Array:
    """Return a derivative of the projection at `y`, which is piecewise linear, by differences."""
    d = y.shape[-1]
    if isinstance(domain, Euclidean):
        return np.eye(d)
    moved = domain.project(y[..., None, :] + NUDGE * np.eye(d))
    return np.swapaxes((moved - domain.project(y)[..., None, :]) / NUDGE, -1, -2)


def _product(first: Array, second: Array) -> Array:
    return np.asarray((first[..., :, :, None] * second[..., None, :, :]).sum(axis=-2))
