"""The principal branch of logit quantal-response equilibria, followed from the centroid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.nash_gap import DeviationGains
from gametools.equilibria.path_following import CurvePoint, follow_curve
from gametools.equilibria.result import Budget, Profile
from gametools.games.normal_form import NormalFormGame

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LogitBranch", "LogitPath"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class LogitPath:
    """Points of the principal branch of logit quantal-response equilibria, in order.

    Attributes
    ----------
    game : NormalFormGame
    lambdas : array, shape ``(k,)``
        Precision of the players' choices, in 1 / units of payoff; from 0, and not always growing:
        the branch may turn back for a while.
    profiles : list of k tuples of arrays
        The quantal-response equilibria; the first is the centroid.
    exploitability : array, shape ``(k,)``
        What a player could still gain, in units of payoff.
    crossings : bool array, shape ``(k,)``
        Another branch crosses just before this point (which does not happen in generic games):
        the branch was followed straight on.
    finished : bool
        Whether the precision asked for was reached within the budget.
    """

    game: NormalFormGame
    lambdas: Array
    profiles: list[Profile]
    exploitability: Array
    crossings: NDArray[np.bool_]
    finished: bool

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each point, player and action.

        Columns: ``point``, ``lambda``, ``player``, ``action``, ``probability``,
        ``exploitability`` (of the whole profile).
        """
        import pandas as pd

        rows = [
            {
                "point": k,
                "lambda": self.lambdas[k],
                "player": player,
                "action": action,
                "probability": probability,
                "exploitability": self.exploitability[k],
            }
            for k, profile in enumerate(self.profiles)
            for player, strategy in enumerate(profile)
            for action, probability in enumerate(strategy.tolist())
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        turns = int(np.count_nonzero(np.diff(np.sign(np.diff(self.lambdas)))))
        bends = f", {turns} turning point{'s' * (turns != 1)}" if turns else ""
        crossed = int(self.crossings.sum())
        crossings = f", {crossed} crossing{'s' * (crossed != 1)}" if crossed else ""
        return (
            f"LogitPath({len(self.lambdas)} points to lambda {self.lambdas[-1]:.3g}{bends}"
            f"{crossings}, exploitability {self.exploitability[-1]:.1e})"
        )


class LogitBranch:
    """The branch as far as it has been followed.

    Payoffs are in units of the largest range of a player's payoffs, lambda in their inverse.
    Points are log-probabilities and lambda. Where lambda is large, those of unused actions fall
    in proportion to it, the branch becomes straight and the steps long.
    """

    def __init__(self, game: NormalFormGame, budget: Budget) -> None:
        self.game, self.budget = game, budget
        own = tuple(range(1, game.num_players + 1))
        above = game.payoffs - game.payoffs.min(axis=own, keepdims=True)
        self.scale = float(above.max()) or 1.0  # shifts of a player's payoffs do not count
        unit = above / self.scale
        self.gains = DeviationGains(NormalFormGame(unit, game.num_players))
        self._same = (self.gains.owner[:, None] == self.gains.owner).astype(np.float64)
        centroid = [np.full(a, -np.log(a)) for a in game.num_actions]
        start, forward = np.append(np.concatenate(centroid), 0.0), np.zeros(self.gains.width + 1)
        forward[-1] = 1.0
        self._curve = follow_curve(self._system, start, forward, budget.spent)
        self.points: list[CurvePoint] = [next(self._curve)]

    def _system(self, z: Array) -> tuple[Array, Array]:
        """Return residuals and derivative in log-probabilities and lambda.

        With ``f = y - lambda * u(p)``, ``p`` the normalised ``exp(y)``, the residual of an action
        is f minus its player's mean of f, plus how far its player's ``exp(y)`` add up above 1.
        """
        log, lam = z[:-1], z[-1]
        weights = np.exp(log)
        total = self._same @ weights
        p = weights / total
        earned = self.gains.action_payoffs(p[None])[0]
        slope = self.gains.jacobian(p[None])[0] - earned[:, None] * (1 - self._same)
        centre = np.eye(len(p)) - self._same * p
        derivative = np.column_stack([np.eye(len(p)) - lam * slope * p, -earned])
        derivative = centre @ derivative
        derivative[:, :-1] += self._same * weights
        return centre @ (log - lam * earned) + total - 1, derivative

    def _profile_at(self, log: Array) -> Array:
        weights = np.exp(log)
        return np.asarray(weights / (self._same @ weights))

    def profile(self) -> Profile:
        """Return the last point's profile."""
        return self.gains.split(self._profile_at(self.points[-1].z[:-1]))

    def reached(self) -> float:
        """Return the last point's lambda."""
        return float(self.points[-1].z[-1]) / self.scale

    def _further(self) -> bool:
        """Add a point; return False if there is no time or no way."""
        point = next(self._curve, None)
        if point is not None:
            self.points.append(point)
        return point is not None

    def to_gap(self, aim: float) -> bool:
        """Walk on until no player gains more than `aim` such units; return whether it did."""
        while self._gap(self.points[-1]) > aim:
            if not self._further():
                return False
        return True

    def _gap(self, point: CurvePoint) -> float:
        return float(self.gains.gap(self._profile_at(point.z[:-1])[None])[0])

    def at_lambda(self, lam: float) -> Profile | None:
        """Walk on to `lam` and return the profile there, None if it cannot be reached."""
        wanted = lam * self.scale
        while self.points[-1].z[-1] < wanted:
            if not self._further():
                return None
        after = self.points[-1].z
        before = self.points[-2].z if len(self.points) > 1 else after
        share = (wanted - before[-1]) / (after[-1] - before[-1]) if len(self.points) > 1 else 0.0
        z = np.append((before + share * (after - before))[:-1], wanted)
        for _ in range(20):
            residual, derivative = self._system(z)
            move = np.linalg.lstsq(derivative[:, :-1], -residual)[0]
            z[:-1] += move
            if np.abs(move).max() <= 1e-12 * (1 + wanted):
                return self.gains.split(self._profile_at(z[:-1]))
        return None

    def path(self, *, finished: bool) -> LogitPath:
        """Return the points so far."""
        z = np.array([point.z for point in self.points])
        strategies = np.array([self._profile_at(log) for log in z[:, :-1]])
        return LogitPath(
            self.game,
            z[:, -1] / self.scale,
            [self.gains.split(point) for point in strategies],
            self.scale * np.array([self._gap(point) for point in self.points]),
            np.array([point.crossing for point in self.points]),
            finished,
        )
