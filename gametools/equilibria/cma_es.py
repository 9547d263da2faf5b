"""An equilibrium by evolution: CMA-ES on the Nash gap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.approximate import FINEST, Best, approximate_result, unit_gains
from gametools.equilibria.nash_gap import DeviationGains
from gametools.equilibria.result import Budget, NashResult
from gametools.equilibria.single import single_game
from gametools.games.normal_form import NormalFormGame
from gametools.validation import choice, count, generator, number

__all__ = ["OBJECTIVES", "cma_es"]

Array = NDArray[np.float64]

WIDEST, NARROWEST = 0.5, 0.02
"""Standard deviations that a start samples with: angles have a period of pi."""


def _largest(gains: DeviationGains, values: Array) -> Array:
    del gains
    return np.asarray(values.max(axis=-1))


def _sum_of_largest(gains: DeviationGains, values: Array) -> Array:
    return np.asarray(sum(values[:, block].max(axis=-1) for block in gains.blocks))


def _length(gains: DeviationGains, values: Array) -> Array:
    del gains
    positive = np.maximum(values, 0)
    return np.asarray(np.sqrt((positive**2).sum(axis=-1)))


OBJECTIVES: dict[str, Callable[[DeviationGains, Array], Array]] = {
    "length": _length,
    "gap": _largest,
    "nash-conv": _sum_of_largest,
}
"""What `cma_es` can minimise; all are 0 exactly at the equilibria."""


def cma_es(
    game: NormalFormGame,
    *,
    seconds: float | None = 10.0,
    restarts: int | None = None,
    objective: str = "length",
    population: int | None = None,
    rng: int | np.random.Generator | None = 0,
    tolerance: float = 1e-3,
) -> NashResult:
    """Return an approximate equilibrium by minimising the Nash gap with CMA-ES.

    Parameters
    ----------
    game : NormalFormGame
        A single game of any number of players.
    seconds : float, optional
        Time after which it stops; None for no limit.
    restarts : int, optional
        How often it may start again after a search that converged elsewhere; by default until
        the time is over.
    objective : {"length", "gap", "nash-conv"}
        The Euclidean length of all positive gains; the largest gain; the sum of the players'
        largest gains.
    population : int, optional
        Points sampled at a time; the package's default, ``4 + 3 log(dimension)``.
    rng : int, numpy.random.Generator or None
        Seed or generator.
    tolerance : float
        The search ends when no player gains more than this share of its payoff range.

    Returns
    -------
    NashResult
        One equilibrium to `tolerance`, or none, with the reason and the best profile in
        `details`: ``best_profile``, ``best_gap``, ``starts`` and ``generations``.

    Raises
    ------
    ValueError
        If `game` is a batch, or a parameter is out of bounds.

    Notes
    -----
    An evolution strategy knows no derivative and leaves local minima of the gap by starting
    again; how often it must is not known in advance, so a failure says nothing about the game.
    A player with two actions is searched by one angle t, its probabilities being the squares of
    sine and cosine; one with more by a vector of any length whose squares are proportional to
    its probabilities. Unlike softmax, these reach pure strategies at finite points. Each start is
    uniform on the simplices; the first samples widely, later ones anything from widely to
    closely, for a wide search may end in the same local minimum every time.

    Source: Hansen and Ostermeier (2001) for CMA-ES, in the package `cma`; Wen et al. (2021),
    section 2.2, for its use on meta-games. Ours differs by the coordinates, and minimises the
    length of the gains, which took about half as many generations as the gap on random games.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.cma_es import cma_es
    >>> battle = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    >>> found = cma_es(battle, tolerance=1e-6)
    >>> len(found.equilibria), bool(found.exploitability[0] <= 3e-6)
    (1, True)
    """
    single_game(game)
    limit = number("tolerance", tolerance, at_least=FINEST)
    starts = None if restarts is None else 1 + count("restarts", restarts)
    size = None if population is None else count("population", population, at_least=2)
    score = OBJECTIVES[choice("objective", objective, OBJECTIVES)]
    source = generator(rng)
    import cma  # 0.7 seconds that few users of the package need

    budget = Budget(seconds, "CMA-ES")
    gains = unit_gains(game)
    coordinates = _Coordinates(gains)
    best, done, generations = Best(), 0, 0
    while best.gap > limit and not budget.spent() and (starts is None or done < starts):
        spread = WIDEST * (NARROWEST / WIDEST) ** (source.random() if done else 0.0)
        done += 1
        search = cma.CMAEvolutionStrategy(
            coordinates.draw(source), spread, _options(source, limit, size)
        )
        while not search.stop() and not (best.gap <= limit or (generations and budget.spent())):
            sampled = search.ask()
            points = coordinates.to_points(np.array(sampled))
            values = gains.gains(points)
            best.see(points, values.max(axis=-1))
            search.tell(sampled, score(gains, values).tolist())
            generations += 1
    return approximate_result(
        game,
        gains.split(best.point),
        method="cma-es",
        budget=budget,
        tolerance=limit,
        spent=budget.spent(),
        note=f"{done} start{'s' * (done != 1)}, {generations} generations.",
        details={"starts": done, "generations": generations},
    )


def _options(source: np.random.Generator, limit: float, size: int | None) -> dict[str, Any]:
    """Return the package's options: silent, seeded by us, stopping when nothing moves."""
    fine = limit / 100
    options = {
        "verbose": -9,
        "verb_log": 0,
        "seed": np.nan,  # not to seed (or to read) the global generator
        "randn": lambda *shape: source.standard_normal(shape),
        "tolx": fine,
        "tolfun": fine,
        "tolfunhist": fine,
    }
    return options if size is None else options | {"popsize": size}


class _Coordinates:
    """The search space: an angle for two actions, a vector of square roots for more."""

    def __init__(self, gains: DeviationGains) -> None:
        self.actions = [block.stop - block.start for block in gains.blocks]
        self.widths = [a - 1 if a <= 2 else a for a in self.actions]
        self.idle = max(0, 2 - sum(self.widths))  # the package wants two dimensions or more

    def to_points(self, z: Array) -> Array:
        """Return profiles ``(k, d)`` for rows of coordinates."""
        parts, begin = [], 0
        for actions, width in zip(self.actions, self.widths, strict=True):
            own = z[:, begin : begin + width]
            begin += width
            if actions == 1:
                parts.append(np.ones((len(z), 1)))
            elif actions == 2:
                first = np.sin(own) ** 2
                parts += [first, 1 - first]
            else:
                squares = own**2
                parts.append(squares / squares.sum(axis=1, keepdims=True))
        return np.concatenate(parts, axis=1)

    def draw(self, source: np.random.Generator) -> Array:
        """Return the coordinates of a profile drawn uniformly."""
        parts = [np.zeros(self.idle)]
        for actions in reversed(self.actions):
            roots = np.sqrt(source.dirichlet(np.ones(actions)))
            if actions > 1:
                parts.append(np.arcsin(roots[:1]) if actions == 2 else roots)
        return np.concatenate(parts[::-1])
