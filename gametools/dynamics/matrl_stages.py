"""One update of MATRL, taken apart: every policy and the meta-game on the way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.dynamics.matrl import MATRL
from gametools.dynamics.rule import Array
from gametools.dynamics.simulate import start_points
from gametools.equilibria.meta_game import solve_meta_game
from gametools.games.differentiable import DifferentiableGame
from gametools.games.meta import current_or_predicted_game
from gametools.games.normal_form import NormalFormGame
from gametools.games.policy_space import as_differentiable
from gametools.games.taxonomy import TIE_TOLERANCE
from gametools.games.well_formed import require_finite
from gametools.validation import generator

__all__ = ["MATRLStep", "MetaCase", "matrl_step"]


class MetaCase(StrEnum):
    """Who still gains by its own trial step once the other has taken its own (two players).

    Against the other's *current* policy both gain, so these signs decide the meta-game.
    """

    BOTH = "both players"  # the one equilibrium is (predicted, predicted)
    FIRST = "player 1 alone"  # (predicted, current)
    SECOND = "player 2 alone"  # (current, predicted)
    NEITHER = "neither player"  # (predicted, current), (current, predicted) and a mixed one
    NO_IMPROVEMENT = "a tie, or a trial step that does not pay"


@dataclass(frozen=True, eq=False, repr=False)
class MATRLStep:
    """What one update of MATRL computes, in order.

    Attributes
    ----------
    game : DifferentiableGame
        The game that is learned, n players.
    rule : MATRL
    current : array, shape ``(*batch, d)``
        Where the update starts.
    losses : array, shape ``(*batch, n)``
        Every player's loss there.
    gradient : array, shape ``(*batch, d)``
        The simultaneous gradient there; the trial goes the other way.
    predicted : array, shape ``(*batch, d)``
        Every player's policy after its trial step.
    meta : NormalFormGame
        The game of current (action 0) or predicted (action 1) policies: expected advantages over
        `current`, n players.
    rho : array, shape ``(*batch, n)``
        The equilibrium of `meta` that is taken: each player's probability of its current policy.
    aggregated : array, shape ``(*batch, d)``
        Current and predicted policies, mixed by `rho`.
    anchor : array, shape ``(*batch, d)``
        Where the response starts.
    response_gradient : array, shape ``(*batch, d)``
        Every player's own gradient at `anchor` against the others' `aggregated` policies.
    next : array, shape ``(*batch, d)``
        Where the update ends.
    """

    game: DifferentiableGame
    rule: MATRL
    current: Array
    losses: Array
    gradient: Array
    predicted: Array
    meta: NormalFormGame
    rho: Array
    aggregated: Array
    anchor: Array
    response_gradient: Array
    next: Array

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of the batch; ``()`` for a single update."""
        return self.current.shape[:-1]

    @property
    def gains(self) -> Array:
        """What each of two players gains by predicted over current, shape ``(*batch, 2, 2)``.

        Entry ``[..., i, k]``: player i's gain while the other plays current (k = 0) or predicted
        (k = 1).
        """
        if self.meta.num_players != 2:
            raise ValueError(f"`gains` are for two players; got {self.meta.num_players}.")
        first, second = np.moveaxis(self.meta.payoffs, -3, 0)
        return np.stack(
            [first[..., 1, :] - first[..., 0, :], second[..., :, 1] - second[..., :, 0]], axis=-2
        )

    @property
    def improves(self) -> NDArray[np.int8]:
        """The signs of `gains`: 1, -1, or 0 for a tie up to rounding."""
        gains = self.gains
        # Advantages are differences of losses: they carry the rounding of these.
        rounding = 4 * np.finfo(np.float64).eps * np.abs(self.losses)
        slack = TIE_TOLERANCE * self.meta.payoff_ranges() + rounding
        return (np.sign(gains) * (np.abs(gains) > slack[..., None])).astype(np.int8)

    @property
    def case(self) -> Any:
        """The `MetaCase` of a single update; an object array of them for a batch."""
        own, other = np.moveaxis(self.improves, (-1, -2), (0, 1))
        named = {
            (1, 1): MetaCase.BOTH,
            (1, -1): MetaCase.FIRST,
            (-1, 1): MetaCase.SECOND,
            (-1, -1): MetaCase.NEITHER,
        }
        cases = np.empty(self.batch_shape, dtype=object)
        cases[...] = MetaCase.NO_IMPROVEMENT
        pays = (own == 1).all(axis=0)
        for (first, second), name in named.items():
            cases[pays & (other[0] == first) & (other[1] == second)] = name
        return cases[()]

    def __repr__(self) -> str:
        if self.batch_shape:
            return f"MATRLStep(batch {self.batch_shape} of {self.rule!r})"
        words = ("current", "predicted", "aggregated", "next")
        shown = ", ".join(f"{word} {_shown(getattr(self, word))}" for word in words)
        return f"MATRLStep({shown}; rho {_shown(self.rho)})"


def matrl_step(
    game: NormalFormGame | DifferentiableGame,
    x: ArrayLike,
    rule: MATRL,
    rng: int | np.random.Generator | None = None,
) -> MATRLStep:
    """Take one update of MATRL and keep everything that it computes on the way.

    Parameters
    ----------
    game : NormalFormGame or DifferentiableGame
        One game or a batch. A two-action matrix game is learned in probability coordinates.
    x : array_like, shape ``(*batch, d)``
        Where the update starts, inside the domain; broadcast against the batch of games.
    rule : MATRL
    rng : int, numpy.random.Generator or None
        Seed or generator; used where `rule` takes one of several equilibria at random.

    Returns
    -------
    MATRLStep

    Raises
    ------
    TypeError, ValueError
        If `x` has a wrong shape or lies outside the domain, `rule` is not MATRL, or the game has
        more players than it takes, or is NaN or infinite at a point that the update needs.

    Notes
    -----
    Source: Wen et al. (2021), algorithm 1 and figure 2. The numbers are those of `MATRL.update`,
    bit for bit with an equal `rng`; this function is for looking at them.

    Examples
    --------
    Chicken, both fairly sure to swerve: each gains by daring more, unless the other does so too.

    >>> import gametools as gt
    >>> rule = gt.dynamics.MATRL(0.02, trial_step=0.5, selection="last-listed")
    >>> step = gt.dynamics.matrl_step(gt.named_game("chicken"), [0.9, 0.9], rule)
    >>> step
    MATRLStep(current (0.9, 0.9), predicted (0.55, 0.55), aggregated (0.6667, 0.6667), \
next (0.9, 0.9); rho (0.3333, 0.3333))
    >>> str(step.case), step.gains.round(4)
    ('neither player', array([[ 0.245 , -0.1225],
           [ 0.245 , -0.1225]]))
    """
    if not isinstance(rule, MATRL):
        raise TypeError(f"`rule` must be MATRL, such as MATRL(step=0.02); got {rule!r}.")
    play = as_differentiable(game)
    current = start_points(play, x, "x")
    rule.init(play, current)
    trial = rule.step if rule.trial_step is None else rule.trial_step
    losses, gradient = play.losses(current), play.gradient(current)
    require_finite(current, losses, gradient)
    predicted = play.domain.project(current - trial * gradient)
    require_finite(predicted, play.losses(predicted))
    meta = current_or_predicted_game(play, current, predicted)
    rho = solve_meta_game(meta, selection=rule.selection, rng=generator(rng))
    weight = np.repeat(rho, play.dims, axis=-1)
    aggregated = weight * current + (1 - weight) * predicted
    anchor = {"current": current, "aggregated": aggregated, "predicted": predicted}[rule.anchor]
    response = play.gradient(anchor, aggregated)
    require_finite(anchor, response)
    return MATRLStep(
        game=play,
        rule=rule,
        current=current,
        losses=losses,
        gradient=gradient,
        predicted=predicted,
        meta=meta,
        rho=rho,
        aggregated=aggregated,
        anchor=anchor,
        response_gradient=response,
        next=play.domain.project(anchor - rule.step * response),
    )


def _shown(values: Array) -> str:
    return f"({', '.join(f'{value:.4g}' for value in values)})"
