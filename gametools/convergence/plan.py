"""The runs that a study consists of, with their arguments checked and their streams fixed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gametools.convergence.criteria import MEASURES, Criterion
from gametools.convergence.stream import Outcome, steps_to_convergence
from gametools.convergence.table import Cell
from gametools.dynamics.rule import Array, UpdateRule
from gametools.dynamics.simulate import checked_rule, start_points
from gametools.games.normal_form import NormalFormGame
from gametools.games.policy_space import ProbabilityGame
from gametools.validation import count

__all__ = ["UNIFORM", "Run", "plan_runs"]

UNIFORM = "uniform"
"""The start that draws each game's point uniformly from the domain."""

Starts = ArrayLike | Mapping[str, ArrayLike]
Rules = UpdateRule | Sequence[UpdateRule] | Mapping[str, UpdateRule]
Games = NormalFormGame | Mapping[str, NormalFormGame]


@dataclass(frozen=True, eq=False)
class Run:
    """One rule on one ensemble from one kind of start, under all criteria.

    Attributes
    ----------
    ensemble, start_name, rule_name : str
    games : NormalFormGame
        A flat batch, or one game for all points.
    rule : UpdateRule
    points : array, shape ``(games, d)``
    criteria : tuple of Criterion
    budget : int
        Largest number of updates.
    stream : tuple of int
        Seeds of the run's random stream; derived from names, so that a run does not depend on
        which others are in the study.
    """

    ensemble: str
    start_name: str
    rule_name: str
    games: NormalFormGame
    rule: UpdateRule
    points: Array
    criteria: tuple[Criterion, ...]
    budget: int
    stream: tuple[int, ...]

    def identity(self, part: slice) -> tuple[bytes | str, ...]:
        """Return everything that the outcome of a part depends on."""
        games = self.games.payoffs[part] if self.games.batch_shape else self.games.payoffs
        settings = (type(self.rule).__module__, self.rule, self.criteria, self.budget)
        return (
            repr(settings),
            repr((self.stream, part)),
            games.tobytes(),
            self.points[part].tobytes(),
        )

    def execute(self, part: slice) -> Outcome:
        """Run the games of `part`."""
        games = self.games[part] if self.games.batch_shape else self.games
        rng = np.random.default_rng((*self.stream, part.start))
        return steps_to_convergence(
            ProbabilityGame(games), self.rule, self.points[part], self.criteria, self.budget, rng
        )

    def cells(self, outcomes: Sequence[Outcome]) -> list[Cell]:
        """Return the table's cells, one for each criterion."""
        steps = np.concatenate([outcome.steps for outcome in outcomes], axis=1)
        lost = sum(int(outcome.lost.sum()) for outcome in outcomes)
        return [
            Cell(
                self.ensemble,
                self.start_name,
                self.rule_name,
                repr(self.rule),
                criterion,
                own,
                lost,
                self.budget,
                self.rule.evaluations,
            )
            for criterion, own in zip(self.criteria, steps, strict=True)
        ]


def plan_runs(
    games: Games,
    rules: Rules,
    criteria: Criterion | Sequence[Criterion],
    start: Starts,
    steps: int | None,
    evaluations: int | None,
    seed: int,
) -> list[Run]:
    """Check the arguments of a study and return its runs."""
    ensembles = _named_games(games)
    named_rules = _named_rules(rules)
    several = criteria if isinstance(criteria, Sequence) else (criteria,)
    wanted = tuple(several)
    if not wanted or not all(isinstance(criterion, Criterion) for criterion in wanted):
        raise TypeError(f"`criteria` must be one or more Criterion values; got {criteria!r}.")
    starts = start if isinstance(start, Mapping) else {_start_name(start): start}
    if not starts:
        raise ValueError("`start` must name at least one start; got an empty mapping.")
    budgets = {name: _budget(rule, steps, evaluations) for name, rule in named_rules.items()}
    for criterion in wanted:
        if criterion.stay > min(budgets.values()):
            raise ValueError(
                f"`stay` must be at most the number of steps ({min(budgets.values())}); "
                f"got {criterion.stay}."
            )
    runs = []
    for ensemble, batch in ensembles.items():
        flat = batch.flatten() if batch.batch_shape else batch
        play = ProbabilityGame(flat)
        for criterion in wanted:
            MEASURES[criterion.measure](play)  # raises where it does not fit these games
        for start_name, value in starts.items():
            draws = (seed, 0, _code(ensemble), _code(start_name))
            points = _points(ProbabilityGame(batch), value, draws)
            for rule_name, rule in named_rules.items():
                rule.init(play, points)  # raises where it does not fit these games
                names = (ensemble, start_name, rule_name)
                stream = (seed, 1, *map(_code, names))
                budget = budgets[rule_name]
                runs.append(Run(*names, flat, rule, points, wanted, budget, stream))
    return runs


def _named_games(games: Games) -> dict[str, NormalFormGame]:
    named = dict(games) if isinstance(games, Mapping) else {"games": games}
    if not named:
        raise ValueError("`games` must hold at least one ensemble; got none.")
    for name, batch in named.items():
        if not isinstance(batch, NormalFormGame):
            raise TypeError(f"`games` must be NormalFormGame values; {name!r} is {type(batch)}.")
        if not batch.size:
            raise ValueError(f"`games` must hold at least one game each; {name!r} is empty.")
    return named


def _named_rules(rules: Rules) -> dict[str, UpdateRule]:
    if isinstance(rules, Mapping):
        named = dict(rules)
    else:
        several = rules if isinstance(rules, Sequence) else [rules]
        named = {repr(rule): rule for rule in several}
    if not named:
        raise ValueError("`rules` must hold at least one update rule; got none.")
    return {name: checked_rule(rule) for name, rule in named.items()}


def _budget(rule: UpdateRule, steps: int | None, evaluations: int | None) -> int:
    if steps is not None and evaluations is not None:
        raise ValueError("give `steps` or `evaluations` as the budget, not both.")
    if evaluations is None:
        return count("steps", 1000 if steps is None else steps, at_least=1)
    if not rule.evaluations:
        raise ValueError(
            f"`evaluations` cannot limit {rule!r}, which uses no gradients; use `steps`."
        )
    return count("evaluations", evaluations, at_least=rule.evaluations) // rule.evaluations


def _start_name(start: ArrayLike) -> str:
    if isinstance(start, str):
        return start
    point = np.asarray(start)
    return f"({', '.join(f'{p:g}' for p in point)})" if point.ndim == 1 else "given"


def _points(game: ProbabilityGame, start: ArrayLike, stream: tuple[int, ...]) -> Array:
    """Return the start of every game, shape ``(games, d)``."""
    if isinstance(start, str):
        if start != UNIFORM:
            raise ValueError(f'`start` must be points or "{UNIFORM}"; got {start!r}.')
        shape = (*(game.batch_shape or (1,)), sum(game.dims))
        drawn = np.random.default_rng(stream).uniform(game.domain.low, game.domain.high, shape)
        return np.asfortranarray(drawn.reshape(-1, shape[-1]))
    points = start_points(game, start)
    if game.batch_shape and points.shape[:-1] != game.batch_shape:
        raise ValueError(
            f"`start` must hold one point for each of {game.batch_shape} games; got "
            f"{np.shape(start)}. Name several starts in a mapping."
        )
    return np.asfortranarray(points.reshape(-1, points.shape[-1]))


def _code(name: str) -> int:
    """A stable number for a name."""
    return zlib.crc32(name.encode())
