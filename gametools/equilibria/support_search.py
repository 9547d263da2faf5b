"""The search for equilibria over all supports, and what it proves about each of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Never

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from gametools.equilibria.certificate import real_roots
from gametools.equilibria.complex_roots import MOST_PATHS, all_roots
from gametools.equilibria.continua import Cloud
from gametools.equilibria.homotopy import Structure, bezout_number
from gametools.equilibria.pure import pure_profiles
from gametools.equilibria.result import Budget, Profile
from gametools.equilibria.subdivision import Explored, explore
from gametools.equilibria.support_systems import (
    Support,
    Systems,
    join_systems,
    mixing_players,
    support_sizes,
    surviving_supports,
    systems_on,
)
from gametools.games.normal_form import NormalFormGame
from gametools.games.taxonomy import TIE_TOLERANCE

__all__ = ["BORDER", "Found", "SupportSearch"]

Floats = NDArray[np.float64]

BORDER = 1e-9
"""A probability, or an advantage relative to the payoff range, this close to 0 is degenerate."""
_BATCH = 3000  # paths followed together
_PART = 1000  # supports whose equations are written down together
_MANY_PATHS = 1000  # beyond this, subdivision is quicker than following them


@dataclass(frozen=True)
class Found:
    """An equilibrium; `index` is 0 if it is degenerate: an unused action does equally well."""

    profile: Profile
    index: int


class SupportSearch:
    """Goes through all supports of one game.

    Attributes
    ----------
    found : list of Found
    excluded, counted, subdivided : int
        Supports settled by dominance (or pure), by the number of complex roots, by subdivision.
    unproved : list of Support
        Tried in vain. All others are left for want of time.
    clouds : list of Cloud
        Where equilibria are not isolated.
    """

    def __init__(
        self, game: NormalFormGame, budget: Budget, rng: np.random.Generator, bar: tqdm[Never]
    ) -> None:
        self.game, self.payoffs = game, _unit_scale(game.payoffs)
        self.budget, self.rng, self.bar = budget, rng, bar
        width = np.ptp(self.payoffs.reshape(game.num_players, -1), axis=1)
        self.scale = np.where(width > 0, width, 1.0)
        self.tie = TIE_TOLERANCE * width
        self.found: list[Found] = []
        self.excluded = self.counted = self.subdivided = 0
        self.unproved: list[Support] = []
        self.clouds: list[Cloud] = []
        self._later: list[tuple[Support, Systems | None]] = []

    def run(self) -> None:
        """Search until all is done or the time is over."""
        self._pure()
        for systems in self._batches():
            self._solve(systems)
            if self.budget.spent():
                return
        for support, large in sorted(self._later, key=lambda item: _dimension(item[0])):
            if self.budget.spent():
                return
            self._explore(support, large)

    def _pure(self) -> None:
        for place in np.argwhere(pure_profiles(self.game)):
            profile = self._profile(place, [], [])
            support = tuple((int(action),) for action in place)
            self._keep(profile, support, 1, 1.0)

    def _batches(self) -> Iterator[Systems]:
        """Yield the systems on the supports that are not dominated, small supports first."""
        n = self.game.num_players
        for total, same in itertools.groupby(support_sizes(self.game.num_actions), key=sum):
            collected: dict[Structure, list[Systems]] = {}
            for sizes in same:
                for looked, supports in surviving_supports(self.payoffs, sizes, self.tie):
                    if self.budget.spent():
                        return
                    kept = len(supports) if total > n else 0
                    self.excluded += looked - kept
                    self.bar.update(looked - kept)
                    for at in range(0, kept, _PART):
                        part = supports.take(slice(at, at + _PART))
                        systems = systems_on(self.payoffs, part, self.tie)
                        waiting = collected.setdefault(systems.structure, [])
                        waiting.append(systems)
                        if sum(map(len, waiting)) >= _width(systems.structure):
                            yield from _cut(collected.pop(systems.structure))
            for parts in collected.values():
                yield from _cut(parts)

    def _solve(self, systems: Systems) -> None:
        """Settle supports by counting complex roots; put off those where that is no way."""
        paths = bezout_number(systems.structure) if systems.structure.sizes else 0
        fit = ~systems.dependent & (0 < paths <= _MANY_PATHS)
        retry = ~systems.dependent & (_MANY_PATHS < paths <= MOST_PATHS)
        for k in np.flatnonzero(~fit):
            self._later.append(
                (systems.supports[k], systems.take(np.array([k])) if retry[k] else None)
            )
        if not fit.any():
            return
        systems = systems.take(np.flatnonzero(fit))
        unsure = self._count(systems)
        self.counted += int((~unsure).sum())
        self.bar.update(int((~unsure).sum()))
        self._later += [(systems.supports[k], None) for k in np.flatnonzero(unsure)]

    def _count(self, systems: Systems) -> NDArray[np.bool_]:
        """Keep the equilibria among the complex roots; return where these may not be all."""
        roots = all_roots(systems, self.rng, self.budget.spent)
        unsure = ~roots.proved
        near = np.flatnonzero(roots.near_simplex())
        if not len(near):
            return unsure
        where = roots.system[near]
        part = systems.take(where)
        real = real_roots(part, [p[:, near].real for p in roots.points])
        certain = real.certificate.proved
        lowest = np.min([p.min(axis=0) for p in real.points], axis=0)
        np.logical_or.at(unsure, where, ~certain)
        inside = certain & (lowest > -BORDER)
        if part.left_over is not None:
            np.logical_or.at(unsure, where, inside & _vanish(part.left_over, real.points))
            return unsure
        for r in np.flatnonzero(inside):
            probabilities = [p[:, r] for p in real.points]
            players, support = part.players[:, r].tolist(), part.supports[r]
            profile = self._profile(part.base[:, r], players, probabilities, support)
            self._keep(profile, support, int(real.index[r]), float(lowest[r]))
        return unsure

    def _explore(self, support: Support, systems: Systems | None) -> None:
        """Settle a support by subdivision, or where that fails by counting many roots."""
        seen = explore(self.payoffs, support, self.tie, self.budget.spent)
        players = mixing_players([len(actions) for actions in support])
        base = np.array([actions[0] for actions in support])
        for r in range(len(seen.index)):
            probabilities = [p[:, r] for p in seen.roots]
            lowest = min(float(p.min()) for p in probabilities)
            if lowest > -BORDER:
                profile = self._profile(base, players, probabilities, support)
                self._keep(profile, support, int(seen.index[r]), lowest)
        self.bar.update(1)
        if seen.clear:
            self.subdivided += 1
            return
        if systems is not None and not self.budget.spent() and not self._count(systems)[0]:
            self.counted += 1
            return
        if not self.budget.spent():
            self.unproved.append(support)
        self.clouds.append(self._cloud(seen, support))

    def _cloud(self, seen: Explored, support: Support) -> Cloud:
        """Return what subdivision left, in strategies of all players."""
        players = mixing_players([len(actions) for actions in support])
        base = np.array([actions[0] for actions in support])
        points = [self._profile(base, players, list(p), support) for p in _rows(seen.samples)]
        boxes = []
        for corners in _rows(seen.full):
            box = [np.eye(a)[:, [k]] for a, k in zip(self.game.num_actions, base, strict=True)]
            for player, corner in zip(players, corners, strict=True):
                box[player] = np.zeros((self.game.num_actions[player], corner.shape[1]))
                box[player][list(support[player])] = corner
            boxes.append(box)
        total = sum(self.game.num_actions)
        flat = np.array([np.concatenate(p) for p in points]).reshape(-1, total)
        return Cloud.of(flat, seen.spacing, boxes)

    def _profile(
        self,
        base: NDArray[np.intp],
        players: list[int],
        probabilities: list[Floats],
        support: Support = (),
    ) -> Profile:
        """Return the profile in which `players` mix over their support, and the others do not."""
        profile = [np.eye(a)[k] for a, k in zip(self.game.num_actions, base, strict=True)]
        for player, weights in zip(players, probabilities, strict=True):
            strategy = np.zeros(self.game.num_actions[player])
            strategy[list(support[player])] = np.clip(weights, 0.0, None)
            profile[player] = strategy / strategy.sum()
        return tuple(profile)

    def _keep(self, profile: Profile, support: Support, index: int, lowest: float) -> None:
        """Add a solution of the equations if no unused action is better."""
        gain = -np.inf
        mixing = [i for i, actions in enumerate(support) if len(actions) > 1]
        for player, actions in enumerate(support):
            free = {player, *mixing}
            at = [slice(None) if i in free else a[0] for i, a in enumerate(support)]
            earned = np.moveaxis(self.payoffs[(player, *at)], sorted(free).index(player), 0)
            for other in reversed([i for i in mixing if i != player]):
                earned = earned @ profile[other]
            unused = np.delete(earned, list(actions))
            advantage = unused.max(initial=-np.inf) - earned[list(actions)].max()
            gain = max(gain, float(advantage / self.scale[player]))
        if gain < BORDER:
            regular = gain < -BORDER and lowest > BORDER
            self.found.append(Found(profile, index if regular else 0))


def _unit_scale(payoffs: Floats) -> Floats:
    """Return payoffs times powers of two (no rounding) so that each player's range is about 1."""
    flat = payoffs.reshape(len(payoffs), -1)
    flat = np.ldexp(flat, -np.frexp(np.abs(flat).max(axis=1, keepdims=True))[1])
    flat = np.ldexp(flat, -np.frexp(np.ptp(flat, axis=1, keepdims=True))[1])
    return np.asarray(flat.reshape(payoffs.shape))


def _dimension(support: Support) -> int:
    return sum(len(actions) - 1 for actions in support)


def _rows(groups: list[Floats]) -> Iterator[tuple[Floats, ...]]:
    """Yield what arrays that share their last axis hold at each place of it."""
    return zip(*(np.moveaxis(group, -1, 0) for group in groups), strict=True)


def _width(structure: Structure) -> int:
    """Return how many systems are solved together."""
    return max(1, _BATCH // max(1, bezout_number(structure) if structure.sizes else 1))


def _cut(parts: list[Systems]) -> Iterator[Systems]:
    """Yield systems of the same structure in batches of bounded work."""
    systems = join_systems(parts)
    width = _width(systems.structure)
    for at in range(0, len(systems), width):
        yield systems.take(np.arange(at, min(at + width, len(systems))))


def _vanish(rows: Floats, points: list[Floats]) -> NDArray[np.bool_]:
    """Return where all rows, ``(s_1, ..., s_k, equations, P)``, are nearly 0."""
    for point in points:
        rows = (rows * point.reshape(len(point), *[1] * (rows.ndim - 2), -1)).sum(axis=0)
    return np.asarray((np.abs(rows) < BORDER).all(axis=0))
