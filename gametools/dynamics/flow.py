"""Learning in continuous time: trajectories of a vector field on a game."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from gametools.dynamics.rule import Array
from gametools.dynamics.simulate import start_points
from gametools.games.differentiable import DifferentiableGame, Domain, Euclidean
from gametools.games.normal_form import NormalFormGame
from gametools.games.policy_space import as_differentiable
from gametools.validation import finite_array, number

__all__ = ["Flow", "FlowStatus", "HasField", "flow"]

Field = Callable[[DifferentiableGame, Array], Array]
"""A velocity for every point of a game, ``field(game, x)``, shape as `x`."""

EDGE = 1e-6
"""How far outside its domain a trajectory counts as having left it; less is rounding."""


@runtime_checkable
class HasField(Protocol):
    """A rule that knows its continuous limit, such as `Replicator` or `GradientDescent`."""

    def field(self, game: DifferentiableGame, x: Array) -> Array:
        """Return the velocity at `x`."""
        ...


class FlowStatus(StrEnum):
    """How an integration ended; the text carries the remedy."""

    COMPLETED = "all times reached"
    LEFT = "left the domain; points after `stopped_at` are NaN (a projected rule would go on)"
    FAILED = "the integrator gave up; points after `stopped_at` are NaN (see `message`)"


@dataclass(frozen=True, eq=False, repr=False)
class Flow:
    """Where a flow went.

    Attributes
    ----------
    points : array, shape ``(len(times), *batch, d)``
        Points at the times asked for; NaN after a game has stopped.
    times : array
        The times.
    status : FlowStatus
        `FlowStatus.FAILED` if the integrator failed in any game, otherwise `FlowStatus.LEFT` if
        any game left its domain.
    stopped_at : array, shape ``(*batch,)``
        When a game left the domain or failed; infinity where it did not.
    message : str
        What the integrator said of the first game in which it failed; empty otherwise.
    """

    points: Array
    times: Array
    status: FlowStatus
    stopped_at: Array
    message: str

    def __repr__(self) -> str:
        batch = self.points.shape[1:-1]
        games = f"{batch} games, " if batch else ""
        return f"Flow({games}time {self.times[0]:g} to {self.times[-1]:g}: {self.status})"


def flow(
    game: NormalFormGame | DifferentiableGame,
    field: Field | HasField,
    start: ArrayLike,
    times: ArrayLike,
    *,
    method: str = "DOP853",
    rtol: float = 1e-9,
    atol: float = 1e-12,
) -> Flow:
    """Integrate a vector field on `game` from `start`.

    Parameters
    ----------
    game : NormalFormGame or DifferentiableGame
        One game or a batch.
    field : callable or rule
        ``field(game, x)`` returns velocities shaped as `x`; or a rule with a method of that name:
        gradient descent, consensus, symplectic gradient, replicator, logit best response.
    start : array_like, shape ``(*batch, d)``
        First points, inside the domain; broadcast against the batch of games.
    times : array_like
        Increasing times at which points are kept, at least two; `start` belongs to the first.
    method : str
        Integrator of `scipy.integrate.solve_ivp`.
    rtol, atol : float
        Its relative and absolute tolerance, positive.

    Returns
    -------
    Flow

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong shape or is out of range; before any work.

    Notes
    -----
    Every game of a batch is integrated by itself, with its own steps, so that none depends on
    the others. The field may be asked for points that lie off the domain by as much as a trial
    step of the integrator.

    Examples
    --------
    On matching pennies the replicator goes round for ever:

    >>> import numpy as np, gametools as gt
    >>> pennies = gt.named_game("matching_pennies")
    >>> rule = gt.dynamics.Replicator(step=1)
    >>> path = gt.dynamics.flow(pennies, rule, [0.8, 0.5], np.linspace(0, 20, 5))
    >>> path
    Flow(time 0 to 20: all times reached)
    >>> p, q = path.points.T
    >>> (p * (1 - p) * q * (1 - q)).round(9)
    array([0.04, 0.04, 0.04, 0.04, 0.04])
    """
    play = as_differentiable(game)
    x = start_points(play, start)
    at = finite_array("times", times)
    if at.ndim != 1 or len(at) < 2 or not (np.diff(at) > 0).all():
        raise ValueError(f"`times` must increase and hold at least two; got {at.tolist()}.")
    number("rtol", rtol, above=0)
    number("atol", atol, above=0)
    velocity = _velocity(field)
    batch, d = x.shape[:-1], x.shape[-1]
    if len(play.batch_shape) > 1:
        raise ValueError(
            f"`game` must be one game or a batch with one axis; got batch {play.batch_shape}."
        )
    numbers = np.arange(np.prod(play.batch_shape, dtype=np.intp)).reshape(play.batch_shape)
    which = np.broadcast_to(numbers, batch).ravel()
    points = np.full((len(at), which.size, d), np.nan)
    stopped, message = np.full(which.size, np.inf), ""
    statuses: set[FlowStatus] = set()
    from scipy.integrate import solve_ivp  # a heavy import: only when it is used

    integrate: Any = solve_ivp
    events = None if isinstance(play.domain, Euclidean) else _edge(play.domain)
    for k, first in enumerate(x.reshape(-1, d)):
        with np.errstate(over="ignore", invalid="ignore"):
            found = integrate(
                _derivative(velocity, play.take(which[k : k + 1])),
                (at[0], at[-1]),
                first,
                method=method,
                t_eval=at,
                events=events,
                rtol=rtol,
                atol=atol,
            )
        kept = len(found.t)
        points[:kept, k] = np.reshape(found.y, (d, kept)).T
        if found.status == 1:
            stopped[k] = found.t_events[0][0]
            statuses.add(FlowStatus.LEFT)
        elif found.status < 0:
            stopped[k] = at[max(kept - 1, 0)]
            statuses.add(FlowStatus.FAILED)
            message = message if message else str(found.message)
    order = (FlowStatus.FAILED, FlowStatus.LEFT)
    status = next((s for s in order if s in statuses), FlowStatus.COMPLETED)
    return Flow(points.reshape(len(at), *batch, d), at, status, stopped.reshape(batch), message)


def _velocity(field: Field | HasField) -> Field:
    if isinstance(field, HasField) and not isinstance(field, type):
        return field.field
    if isinstance(field, type) or not callable(field):
        raise TypeError(
            "`field` must be a function of game and points, or a rule with a method `field` such "
            f"as Replicator(step=1); got {field!r}."
        )
    return field


def _derivative(velocity: Field, game: DifferentiableGame) -> Callable[[float, Array], Array]:
    def derivative(_: float, y: Array) -> Array:
        return np.asarray(velocity(game, y[None])[0], dtype=np.float64)

    return derivative


def _edge(domain: Domain) -> Callable[[float, Array], float]:
    """Return the event of leaving the domain: what is left of the slack at its edge."""

    def slack(_: float, y: Array) -> float:
        return EDGE - float(np.abs(y - domain.project(y)).max())

    slack.terminal = True  # type: ignore[attr-defined]
    return slack
