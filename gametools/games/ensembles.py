"""Random ensembles of games of any shape, alone or in batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.games.normal_form import NormalFormGame
from gametools.validation import choice, count, finite_array, generator, number

__all__ = ["ENSEMBLES", "random_game"]

Array = NDArray[np.float64]


def random_game(
    kind: str,
    num_actions: Sequence[int],
    size: int | None = None,
    *,
    rng: int | np.random.Generator | None = None,
    rho: float | None = None,
    total: float | None = None,
    graph: ArrayLike | None = None,
    edge_probability: float | None = None,
) -> NormalFormGame:
    """Return a random game, or a batch of independent ones, of one kind.

    Parameters
    ----------
    kind : str
        A name in `ENSEMBLES`; the notes define each.
    num_actions : sequence of int
        Number of actions of each player, ``(a_1, ..., a_n)``.
    size : int, optional
        Number of games; a single game without a batch axis by default.
    rng : int, numpy.random.Generator or None
        Seed or generator.
    rho : float
        Only for ``"covariant"``, and needed there: correlation of two players' payoffs, from
        -1 / (n - 1) to 1.
    total : float
        Only for ``"zero-sum"``: what the payoffs of each profile sum to; 0 by default.
    graph : array_like of bool, shape ``(n, n)`` or ``(size, n, n)``
        Only for ``"graphical"`` and ``"polymatrix"``: ``graph[..., i, j]`` says whether player j's
        action matters to player i (directed, unless symmetric; the diagonal is ignored).
    edge_probability : float
        Instead of `graph`: an undirected random graph for each game, each edge with this
        probability. ``"graphical"`` needs one of the two; ``"polymatrix"`` takes the complete
        graph by default.

    Returns
    -------
    NormalFormGame
        Batch of shape ``(size,)``, or ``()`` without `size`.

    Raises
    ------
    TypeError
        If an argument is of the wrong type, or an option is given that `kind` does not take.
    ValueError
        If an argument is out of range, or `kind` lacks an option that it needs.

    Notes
    -----
    "Normal" means independent standard normal numbers, one for each case.

    - ``"normal"``: all payoffs normal. ``"uniform"``: all uniform on [0, 1).
    - ``"covariant"``: each payoff standard normal; within a profile any two players' payoffs have
      correlation `rho`, profiles are independent. Source: Rinott and Scarsini (2000).
    - ``"zero-sum"``: the covariant game with rho = -1 / (n - 1), whose payoffs sum to 0, with
      `total` / n added to each. With two players A - `total` / 2 is normal, and B = `total` - A.
    - ``"common-interest"``: one normal payoff for each profile, the same for all players.
    - ``"potential"``: ``u_i(s) = P(s) + D_i(s_-i)``, P and D_i normal: an exact potential game with
      potential P. Source: Monderer and Shapley (1996); all of them have this form, Facchini et
      al. (1997).
    - ``"symmetric"``: the payoff is a normal function of the own action and of *how many* others
      play each action, the same for all players, who have equally many actions.
    - ``"graphical"``: player i's payoff is a normal function of its own action and those of its
      neighbours. Source: Kearns, Littman and Singh (2001).
    - ``"polymatrix"``: u_i(s) = sum over the neighbours j of M_ij(s_i, s_j), M_ij normal, so with
      variance n - 1 on the complete graph. Source: Janovskaja (1968), Howson (1972).

    Source of the collection: GAMUT (Nudelman, Wortman, Shoham and Leyton-Brown 2004). Ours
    differs: payoffs are normal where GAMUT's are uniform, and are not rescaled.

    Examples
    --------
    >>> import gametools as gt
    >>> gt.random_game("potential", (2, 3, 2), size=1000, rng=0)
    NormalFormGame(3 players, 2x3x2 actions, batch (1000,))
    >>> game = gt.random_game("zero-sum", (2, 2), rng=0)
    >>> game.payoffs.sum(axis=0)
    array([[0., 0.],
           [0., 0.]])
    >>> gt.random_game("normal", (2, 2), rho=0.5)
    Traceback (most recent call last):
    TypeError: `rho` is no option of kind 'normal', which takes none.
    """
    choice("kind", kind, ENSEMBLES)
    given = {"rho": rho, "total": total, "graph": graph, "edge_probability": edge_probability}
    _refuse_foreign_options(kind, [name for name, value in given.items() if value is not None])
    actions = _actions(num_actions)
    games = 1 if size is None else count("size", size, at_least=1)
    draw = _Draw(kind, actions, games, generator(rng))
    payoffs = _KINDS[kind].function(draw, **{name: given[name] for name in _KINDS[kind].options})
    if size is None:
        return NormalFormGame(payoffs[..., 0], len(actions))
    return NormalFormGame(np.moveaxis(payoffs, -1, 0), len(actions))


@dataclass(frozen=True)
class _Draw:
    """What is drawn: arrays of shape ``(n, a_1, ..., a_n, games)``."""

    kind: str
    actions: tuple[int, ...]
    games: int
    source: np.random.Generator

    @property
    def players(self) -> int:
        return len(self.actions)

    def normal(self, *shape: int) -> Array:
        return self.source.standard_normal((*shape, self.games))

    def require_several_players(self) -> None:
        if self.players < 2:
            raise ValueError(
                f"`num_actions` must name two or more players for kind {self.kind!r}; got 1."
            )


def _normal(draw: _Draw) -> Array:
    return draw.normal(draw.players, *draw.actions)


def _uniform(draw: _Draw) -> Array:
    return draw.source.random((draw.players, *draw.actions, draw.games))


def _covariant(draw: _Draw, rho: float | None) -> Array:
    draw.require_several_players()
    if rho is None:
        raise ValueError("`rho` must be given for kind 'covariant'; for example rho=0.5.")
    lowest = -1 / (draw.players - 1)
    return _correlated(draw, number("rho", rho, at_least=lowest, at_most=1))


def _correlated(draw: _Draw, rho: float) -> Array:
    """The square root of the correlation matrix, which has two eigenspaces, times normals."""
    drawn = _normal(draw)
    mean = drawn.mean(axis=0)
    common = math.sqrt(max(0.0, 1 + (draw.players - 1) * rho))
    correlated: Array = math.sqrt(1 - rho) * (drawn - mean) + common * mean
    return correlated


def _zero_sum(draw: _Draw, total: float | None) -> Array:
    draw.require_several_players()
    wanted = 0.0 if total is None else number("total", total)
    payoffs = _correlated(draw, -1 / (draw.players - 1)) + wanted / draw.players
    payoffs[-1] = wanted - payoffs[:-1].sum(axis=0)  # no rounding where there are two players
    return payoffs


def _common_interest(draw: _Draw) -> Array:
    return np.repeat(draw.normal(1, *draw.actions), draw.players, axis=0)


def _potential(draw: _Draw) -> Array:
    potential = draw.normal(*draw.actions)
    dummies = (
        draw.normal(*(1 if j == i else actions for j, actions in enumerate(draw.actions)))
        for i in range(draw.players)
    )
    return np.stack([potential + dummy for dummy in dummies])


def _symmetric(draw: _Draw) -> Array:
    if len(set(draw.actions)) > 1:
        raise ValueError(
            "`num_actions` must be the same for all players for kind 'symmetric'; "
            f"got {draw.actions}."
        )
    profiles = np.indices(draw.actions).reshape(draw.players, -1)
    cases = []  # for each player and profile: own action, then the others' sorted, as one number
    for own, actions in enumerate(profiles):
        others = np.sort(np.delete(profiles, own, axis=0), axis=0)
        cases.append(np.ravel_multi_index((actions, *others), draw.actions))
    different, which = np.unique(cases, return_inverse=True)
    shape = (draw.players, *draw.actions, draw.games)
    return draw.normal(len(different))[which].reshape(shape)


def _graphical(draw: _Draw, graph: ArrayLike | None, edge_probability: float | None) -> Array:
    if graph is None and edge_probability is None:
        raise ValueError("`graph` or `edge_probability` must be given for kind 'graphical'.")
    edges = _edges(draw, graph, edge_probability)
    payoffs = _normal(draw)
    for i in range(draw.players):
        for j in range(draw.players):
            if j != i:  # whose action does not matter may as well always play the first
                payoffs[i] = np.where(edges[i, j], payoffs[i], payoffs[i].take([0], axis=j))
    return payoffs


def _polymatrix(draw: _Draw, graph: ArrayLike | None, edge_probability: float | None) -> Array:
    edges = _edges(draw, graph, edge_probability)
    payoffs = np.zeros((draw.players, *draw.actions, draw.games))
    for i in range(draw.players):
        for j in range(draw.players):
            if j != i:
                pair = draw.normal(*(a if k in (i, j) else 1 for k, a in enumerate(draw.actions)))
                payoffs[i] += np.where(edges[i, j], pair, 0.0)
    return payoffs


def _edges(
    draw: _Draw, graph: ArrayLike | None, edge_probability: float | None
) -> NDArray[np.bool_]:
    """Return whose action matters to whom, shape ``(n, n, games)`` or ``(n, n, 1)``."""
    n = draw.players
    if graph is not None and edge_probability is not None:
        raise ValueError("`graph` and `edge_probability` exclude each other; give one of them.")
    if edge_probability is not None:
        share = number("edge_probability", edge_probability, at_least=0, at_most=1)
        drawn = draw.source.random((n, n, draw.games)) < share
        upper = drawn & np.triu(np.ones((n, n), dtype=bool), 1)[..., None]
        return upper | upper.swapaxes(0, 1)
    given = finite_array("graph", np.ones((n, n)) if graph is None else graph)
    if given.shape not in ((n, n), (draw.games, n, n)) or not np.isin(given, (0, 1)).all():
        raise ValueError(
            f"`graph` must hold booleans, shape {(n, n)} or (size, {n}, {n}); "
            f"got shape {given.shape}."
        )
    return np.moveaxis(given.reshape(-1, n, n), 0, -1).astype(bool)


@dataclass(frozen=True)
class _Kind:
    function: Callable[..., Array]
    options: tuple[str, ...] = ()


_GRAPH = ("graph", "edge_probability")
_KINDS = {
    "normal": _Kind(_normal),
    "uniform": _Kind(_uniform),
    "covariant": _Kind(_covariant, ("rho",)),
    "zero-sum": _Kind(_zero_sum, ("total",)),
    "common-interest": _Kind(_common_interest),
    "potential": _Kind(_potential),
    "symmetric": _Kind(_symmetric),
    "graphical": _Kind(_graphical, _GRAPH),
    "polymatrix": _Kind(_polymatrix, _GRAPH),
}
ENSEMBLES = tuple(_KINDS)
"""Kinds of games that `random_game` draws."""


def _refuse_foreign_options(kind: str, given: list[str]) -> None:
    own = _KINDS[kind].options
    for name in given:
        if name not in own:
            takes = " and ".join(f"`{option}`" for option in own) or "none"
            raise TypeError(f"`{name}` is no option of kind {kind!r}, which takes {takes}.")


def _actions(num_actions: Sequence[int]) -> tuple[int, ...]:
    try:
        actions = tuple(num_actions)
    except TypeError:
        raise TypeError(
            "`num_actions` must hold a number of actions for each player, such as (2, 2); "
            f"got {num_actions!r}."
        ) from None
    if not actions:
        raise ValueError("`num_actions` must name at least one player; got none.")
    return tuple(count("num_actions", number, at_least=1) for number in actions)
