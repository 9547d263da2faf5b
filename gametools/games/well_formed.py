"""Does a game that somebody wrote return what a game must? Checked once, at the public edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gametools.games.differentiable import DifferentiableGame

__all__ = ["is_finite_at", "require_finite", "require_well_formed"]

Array = NDArray[np.float64]


def require_well_formed(game: DifferentiableGame, x: Array) -> None:
    """Raise an error unless every method of `game` returns an array of the right shape.

    Parameters
    ----------
    game : DifferentiableGame
        The package's own games are not asked.
    x : array, shape ``(*batch, d)``
        Points of its domain; the methods are called at the first.

    Raises
    ------
    ValueError
        If a shape is wrong; the message names the method, the shape wanted and the one returned.

    Notes
    -----
    A method that raises NotImplementedError is passed over: not every rule needs all of them.
    """
    if type(game).__module__.startswith("gametools.") or not x.size:
        return
    n, d = len(game.dims), sum(game.dims)
    batch = game.batch_shape or (1,) * min(x.ndim - 1, 1)
    point = np.array(np.broadcast_to(x.reshape(-1, d)[0], (*batch, d)))
    wanted = {"losses": (n,), "gradient": (d,), "jacobian": (d, d), "loss_jacobian": (n, d)}
    for method, shape in wanted.items():
        try:
            found = np.shape(getattr(game, method)(point))
        except NotImplementedError:
            continue
        if found != (*batch, *shape):
            raise ValueError(
                f"`game.{method}` must return shape {(*batch, *shape)} for points of shape "
                f"{point.shape} and players with {tuple(game.dims)} parameters; got {found}."
            )


def require_finite(x: Array, *values: Array) -> None:
    """Raise an error if what a game returned at points ``(*batch, d)`` holds NaN or infinity.

    Raises
    ------
    ValueError
        If it does; the message names the first such point.
    """
    good = np.ones(x.shape[:-1], dtype=np.bool_)
    for value in values:
        good &= _all_finite(value, x.ndim - 1)
    if not good.all():
        raise ValueError(
            "`game` must have finite losses and derivatives; got NaN or infinity at "
            f"{x[~good][0].tolist()}."
        )


def is_finite_at(game: DifferentiableGame, x: Array) -> NDArray[np.bool_]:
    """Return where losses, gradient and Jacobian are all finite, shape ``(*batch,)``."""
    good = np.ones(x.shape[:-1], dtype=np.bool_)
    for method in (game.losses, game.gradient, game.jacobian):
        try:
            good &= _all_finite(method(x), x.ndim - 1)
        except NotImplementedError:
            continue
    return good


def _all_finite(value: Array, axes: int) -> NDArray[np.bool_]:
    """Return where all entries beyond the first `axes` are finite."""
    finite = np.isfinite(value)
    return np.asarray(finite.all(axis=tuple(range(axes, finite.ndim))))
