"""Where can play rest? Newton's method from many starts, and the faces of the domain."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.dynamics.rule import UpdateRule
from gametools.dynamics.simulate import start_points
from gametools.games.differentiable import Box, DifferentiableGame, Euclidean, Simplex
from gametools.games.normal_form import NormalFormGame
from gametools.games.policy_space import as_differentiable
from gametools.games.well_formed import require_finite, require_well_formed
from gametools.stability.classify import classify, gradient_scale
from gametools.stability.faces import player_of, require_known
from gametools.stability.fixed_point import FixedPoint
from gametools.stability.kinds import Kind
from gametools.validation import count, generator, number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DISTINCT", "FixedPointSearch", "find_fixed_points"]

Array = NDArray[np.float64]

DISTINCT = 1e-5
"""Two points closer than this in every coordinate are one."""
ITERATIONS = 200
"""Newton steps at most."""
SOLVED = 1e-9
"""Residual of a solution, as a share of the game's scale."""
MOST_CORNERS = 4096
"""Faces of the domain that are tried at most."""
MOST_POINTS = 100
"""Points that are listed at most; a game with more has a continuum of them."""


@dataclass(frozen=True, eq=False, repr=False)
class FixedPointSearch:
    """The fixed points that a search found, each classified.

    Attributes
    ----------
    points : FixedPoint
        A batch of k points; those that most starts led to come first.
    shares : array, shape ``(k,)``
        Share of the starts that Newton's method led to each; 0 for a point found on a face only.
    lost : float
        Share of the starts that led nowhere.
    starts : int
        Number of starts.
    note : str
        A warning where the points look like a continuum.
    distinct : float
        Points closer than this were taken for one.
    """

    points: FixedPoint
    shares: Array
    lost: float
    starts: int
    note: str = ""
    distinct: float = DISTINCT

    def __len__(self) -> int:
        return len(self.shares)

    def __getitem__(self, index: int) -> FixedPoint:
        """Return one of the points."""
        return self.points[index]

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each point: ``share`` of the starts, and `FixedPoint.to_frame`."""
        frame = self.points.to_frame()
        frame.insert(0, "share", self.shares)
        return frame

    def __repr__(self) -> str:
        pairs = zip(self.points.kind, self.shares, strict=True)
        kinds = ", ".join(f"{kind} {share:.0%}" for kind, share in itertools.islice(pairs, 8))
        kinds += ", ..." if len(self) > 8 else ""
        note = f"; {self.note}" if self.note else ""
        some = f"{len(self)} point{'s' * (len(self) != 1)}"
        return (
            f"FixedPointSearch({some} from {self.starts} starts, "
            f"{self.lost:.0%} lost: {kinds or 'none'}{note})"
        )


def find_fixed_points(
    game: NormalFormGame | DifferentiableGame,
    *,
    starts: int | ArrayLike = 200,
    spread: float = 1.0,
    rule: UpdateRule | None = None,
    rng: int | np.random.Generator | None = None,
) -> FixedPointSearch:
    """Search for the fixed points of gradient play, and classify each.

    Parameters
    ----------
    game : NormalFormGame or DifferentiableGame
        A single game.
    starts : int or array_like of shape ``(k, d)``
        How many random starts (uniform in boxes and simplices, normal in the whole space), or the
        starts themselves.
    spread : float
        Standard deviation of normal starts, positive.
    rule : UpdateRule, optional
        Also say what this rule makes of each point, see `classify`.
    rng : int, numpy.random.Generator or None
        Seed or generator of random starts.

    Returns
    -------
    FixedPointSearch

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, before any work; or if the game is NaN or infinite at every
        start.

    Notes
    -----
    A fixed point is a zero of ``x - project(x - xi(x))``, divided by the game's scale: a semismooth
    Newton method with a backtracking line search looks for one from every start (Qi and Sun 1993),
    so that saddles and sources are found as readily as sinks. Besides, Newton starts from the
    centre of every face of a box or a simplex, at most 4096 of them, the vertices first. Nothing
    proves that no point is missing.

    Examples
    --------
    >>> import gametools as gt
    >>> found = gt.find_fixed_points(gt.named_game("battle_of_the_sexes"), rng=0)
    >>> for k in range(len(found)):
    ...     print(found[k].kind, found[k].point.round(3))
    strict saddle [0.667 0.333]
    stable [1. 1.]
    stable [0. 0.]
    """
    play = as_differentiable(game)
    if play.batch_shape:
        raise ValueError(f"`game` must be a single game; got a batch {play.batch_shape}.")
    require_known(play.domain)
    scatter = number("spread", spread, above=0)
    source = generator(rng)
    if isinstance(starts, int | np.integer):
        first = random_points(play, count("starts", starts, at_least=1), scatter, source)
    else:
        first = start_points(play, starts, "starts")
        first = first.reshape(-1, first.shape[-1])
    total = len(first)
    require_well_formed(play, first)
    found, solved = _newton(play, np.concatenate([first, _face_centres(play)]))
    group, centres = _distinct(found, solved)
    tally = np.bincount(group[:total][solved[:total]], minlength=len(centres))
    order = np.argsort(-tally, kind="stable")
    note = ""
    if len(order) > MOST_POINTS:
        note = f"{len(order)} points, of which {MOST_POINTS} are listed; "
        order = order[:MOST_POINTS]
    points = classify(play, centres[order], rule)
    singular = int(np.sum(points.kind == Kind.UNDECIDED))
    if len(order) > 10 and singular > len(order) / 2:
        note += "a continuum of fixed points is likely: most of them are singular"
    return FixedPointSearch(
        points, tally[order] / total, float(1 - solved[:total].mean()), total, note.rstrip("; ")
    )


def random_points(
    game: DifferentiableGame, size: int, spread: float, rng: np.random.Generator
) -> Array:
    """Return random points of a game's domain, shape ``(size, d)``: uniform where it is bounded."""
    d = sum(game.dims)
    if isinstance(game.domain, Simplex):
        blocks = [rng.dirichlet(np.ones(k), size=size) for k in game.dims]
        return np.concatenate(blocks, axis=-1)
    if isinstance(game.domain, Box):
        low, high = np.asarray(game.domain.low), np.asarray(game.domain.high)
        if np.isfinite(low).all() and np.isfinite(high).all():
            return np.asarray(low + (high - low) * rng.random((size, d)))
    return np.asarray(game.domain.project(spread * rng.normal(size=(size, d))))


def _face_centres(game: DifferentiableGame) -> Array:
    """Return the centres of the faces of the domain, vertices first, at most `MOST_CORNERS`."""
    d = sum(game.dims)
    if isinstance(game.domain, Euclidean):
        return np.zeros((0, d))
    if isinstance(game.domain, Box):
        low, high = np.broadcast_to(game.domain.low, d), np.broadcast_to(game.domain.high, d)
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            return np.zeros((0, d))
        choices = [[low[k], high[k], (low[k] + high[k]) / 2] for k in range(d)]
        if 3**d > MOST_CORNERS:
            choices = [some[:2] for some in choices]
        points = list(itertools.islice(itertools.product(*choices), MOST_CORNERS))
        return np.array(points)
    supports = []
    for k in game.dims:
        sizes = range(1, k + 1)
        subsets = itertools.chain.from_iterable(itertools.combinations(range(k), s) for s in sizes)
        block = [np.bincount(s, minlength=k) / len(s) for s in itertools.islice(subsets, 256)]
        supports.append(block)
    rows = itertools.islice(itertools.product(*supports), MOST_CORNERS)
    return np.array([np.concatenate(row) for row in rows])


def _newton(game: DifferentiableGame, x: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Return where Newton's method ends from each point, and whether it solved the equations."""
    d = x.shape[-1]
    slopes, jacobian = np.asarray(game.gradient(x)), np.asarray(game.jacobian(x))
    usable = np.isfinite(slopes).all(axis=-1) & np.isfinite(jacobian).all(axis=(-2, -1))
    if not usable.any():
        require_finite(x, slopes, jacobian)
    scale = np.max(gradient_scale(game, np.zeros_like(x), jacobian)[usable])

    def residual(points: Array) -> tuple[Array, Array]:
        target = points - game.gradient(points) / scale
        near = game.domain.project(target)
        return points - near, near

    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        off, near = residual(x)
        for _ in range(ITERATIONS):
            size = np.abs(off).max(axis=-1)
            open_ = np.flatnonzero(np.isfinite(size) & (size > 1e-15))
            if not len(open_):
                break
            h = _or_zero(game.jacobian(x[open_])) / scale
            slope = _projection_slope(game, x[open_], off[open_], near[open_])
            matrix = np.eye(d) - slope @ (np.eye(d) - h)
            step = -_solve(matrix, off[open_])
            best, best_size = x[open_], size[open_]
            for length in (1.0, 0.5, 0.25, 0.1, 0.01):
                tried = game.domain.project(x[open_] + length * step)
                here = np.abs(residual(tried)[0]).max(axis=-1)
                better = np.isfinite(here) & (here < (1 - 1e-4 * length) * size[open_])
                better &= best_size == size[open_]
                best = np.where(better[:, None], tried, best)
                best_size = np.where(better, here, best_size)
            # Where no length helps, a projected gradient step leads to another face.
            stuck = best_size == size[open_]
            best = np.where(stuck[:, None], near[open_], best)
            x = x.copy()
            x[open_] = best
            off, near = residual(x)
        solved = np.abs(off).max(axis=-1) <= SOLVED
    derivatives = np.isfinite(game.jacobian(x)).all(axis=(-2, -1))
    return x, solved & derivatives & np.isfinite(x).all(axis=-1)


def _or_zero(jacobian: Array) -> Array:
    """Return Jacobians, 0 where they are not finite: the step is then one of gradient descent."""
    finite = np.isfinite(jacobian).all(axis=(-2, -1), keepdims=True)
    return np.where(finite, jacobian, 0.0)


def _projection_slope(game: DifferentiableGame, x: Array, off: Array, near: Array) -> Array:
    """Return the derivative of the projection that gave `near`, shape ``(N, d, d)``."""
    d = x.shape[-1]
    if isinstance(game.domain, Box):
        moves = (near > game.domain.low) & (near < game.domain.high)
        return np.where(moves[:, :, None], np.eye(d), 0.0)
    if not isinstance(game.domain, Simplex):
        return np.broadcast_to(np.eye(d), (len(x), d, d))
    moves = near > 0
    owner = player_of(game)
    mate = moves[:, :, None] & moves[:, None, :] & np.equal.outer(owner, owner)
    many = np.maximum(mate.sum(axis=-1), 1)
    return np.asarray(np.where(moves[:, :, None], np.eye(d), 0.0) - mate / many[:, :, None])


def _solve(matrix: Array, right: Array) -> Array:
    """Solve linear systems, by least squares where they are singular."""
    try:
        return np.asarray(np.linalg.solve(matrix, right[..., None])[..., 0])
    except np.linalg.LinAlgError:
        inverse = np.linalg.pinv(matrix, rcond=1e-12)
        return np.asarray((inverse @ right[..., None])[..., 0])


def _distinct(x: Array, solved: NDArray[np.bool_]) -> tuple[NDArray[np.intp], Array]:
    """Return the group of each solved point (-1 otherwise) and a representative of each group."""
    group = np.full(len(x), -1)
    centres: list[Array] = []
    open_ = solved.copy()
    while open_.any():
        first = x[open_.argmax()]
        mine = open_ & (np.abs(x - first).max(axis=-1) < DISTINCT * (1 + np.abs(first).max()))
        group[mine] = len(centres)
        centres.append(first)
        open_ &= ~mine
    return group, np.array(centres).reshape(-1, x.shape[-1])
