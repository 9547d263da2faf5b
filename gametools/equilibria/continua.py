"""Degenerate sets of equilibria: points on them, and which points hang together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from gametools.equilibria.multilinear import change_coordinates, evaluate, solve_each, split
from gametools.equilibria.result import Profile

__all__ = ["Cloud", "Cluster", "close_to", "clusters", "equilibria_near", "in_first_unknowns"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_HOLDS = 1e-10  # an equation, relative to the payoff range, or a negative probability
_STEPS = 60
_MOST_STARTS = 2000
_ONE_POINT = 1e-4  # points of a degenerate equilibrium are no better known
_POSITIVE = 1e-6
_NEIGHBOURS = 16


def in_first_unknowns(rows: Floats) -> Floats:
    """Return rows, ``(s_1, ..., s_k, rows, 1)``, in the unknowns of `evaluate`.

    These are the probabilities of all actions but the first of each group.
    """
    for j, s in enumerate(rows.shape[:-2]):
        frame = np.eye(s)
        frame[0, 1:] = -1
        rows = change_coordinates(rows, j, frame)
    return rows


def equilibria_near(rows: Floats, equations: int, corners: list[Floats]) -> list[Floats]:
    """Return equilibria in or near products of simplices.

    Parameters
    ----------
    rows : array, shape ``(s_1, ..., s_k, rows, 1)``
        Advantages, relative to the payoff range: the first `equations` have to be 0, the others
        may not be positive.
    equations : int
    corners : list of arrays, shapes ``(s_j, s_j, R)``
        Vertices of the products, in columns.

    Returns
    -------
    list of arrays, shapes ``(s_j, Q)``
        Those vertices of the products that are equilibria, and the equilibria to which
        Gauss-Newton steps of least length lead from their middles.
    """
    rows = in_first_unknowns(rows)
    some = np.linspace(0, max(0, corners[0].shape[-1] - 1), _MOST_STARTS).astype(np.intp)
    corners = [c[..., np.unique(some)] if c.size else c for c in corners]
    middles = [c.mean(axis=1) for c in corners]
    found = [_polished(rows, equations, middles)]
    for vertices in itertools.product(*(range(c.shape[1]) for c in corners)):
        points = [c[:, v] for c, v in zip(corners, vertices, strict=True)]
        found.append(_holding(rows, equations, np.concatenate([p[1:] for p in points])))
    return [np.concatenate(column, axis=1) for column in zip(*found, strict=True)]


def _polished(rows: Floats, equations: int, starts: list[Floats]) -> list[Floats]:
    x = np.concatenate([point[1:] for point in starts])
    for _ in range(_STEPS):
        value, slopes = evaluate(rows, x)
        value, slopes = value[:equations], slopes[:, :equations]
        square = np.einsum("aep,afp->efp", slopes, slopes)
        damping = (value**2).sum(axis=0) + 1e-15
        solved = solve_each(square + damping * np.eye(equations)[..., None], value[:, None])
        x = x - np.einsum("aep,ep->ap", slopes, solved[:, 0])
    return _holding(rows, equations, x)


def _holding(rows: Floats, equations: int, x: Floats) -> list[Floats]:
    """Return the points, in probabilities, that are equilibria."""
    value, _ = evaluate(rows, x)
    good = (np.abs(value[:equations]) <= _HOLDS).all(axis=0)
    good &= (value[equations:] <= _HOLDS).all(axis=0)
    points = []
    for group in split(x, rows.shape[:-2]):
        point = np.concatenate([1 - group.sum(axis=0, keepdims=True), group])
        good &= point.min(axis=0) >= -_HOLDS
        points.append(np.clip(point, 0.0, None))
    return [point[:, good] / point[:, good].sum(axis=0) for point in points]


def close_to(points: list[Floats], places: list[Floats], distance: Floats) -> Mask:
    """Return which places, ``(s_j, R)``, have one of the points, ``(s_j, Q)``, this close."""
    cloud = np.concatenate(points).T
    if not len(cloud) or not len(distance):
        return np.zeros(len(distance), dtype=np.bool_)
    nearest = KDTree(cloud).query(np.concatenate(places).T, p=np.inf)[0]
    return np.asarray(nearest <= distance)


@dataclass(frozen=True)
class Cloud:
    """Where the equilibria on one support are not isolated, or not seen to be.

    Attributes
    ----------
    points : array, shape ``(Q, d)``
        Equilibria; the strategies of all players, one after the other.
    spacing : float
        Points this close belong together.
    boxes : list of lists of arrays, shapes ``(a_i, v_i)``
        Products of simplices in which everything is an equilibrium: vertices in columns.
    """

    points: Floats
    spacing: float
    boxes: list[list[Floats]]

    @classmethod
    def of(cls, points: Floats, spacing: float, boxes: list[list[Floats]]) -> Cloud:
        """Make a cloud of at most one point in each cell of a fifth of the spacing."""
        if len(points):
            cells = np.floor(points / (spacing / 5))
            points = points[np.unique(cells, axis=0, return_index=True)[1]]
        return cls(points[:: 1 + len(points) // _MOST_STARTS], spacing, boxes)


@dataclass(frozen=True)
class Cluster:
    """Equilibria that hang together.

    Attributes
    ----------
    members : list of int
        Which of the listed equilibria are among them.
    inside : array, shape ``(d,)``
        The one of them with the largest support, as far from its border as any.
    single : bool
        They are one point, as far as can be seen.
    """

    members: list[int]
    inside: Floats
    single: bool


def clusters(listed: Sequence[Profile], clouds: Sequence[Cloud]) -> list[Cluster]:
    """Return the connected sets that the clouds show, at the resolution of their points.

    Parameters
    ----------
    listed : sequence of profiles
        Degenerate equilibria that are known already (regular ones are isolated).
    clouds : sequence of Cloud
    """
    boxes = [box for cloud in clouds for box in cloud.boxes]
    parts = [np.concatenate(profile)[None] for profile in listed]
    clouds = [cloud for cloud in clouds if len(cloud.points)]
    parts += [cloud.points for cloud in clouds]
    parts += [_vertices_and_middle(box) for box in boxes]
    if len(parts) == len(listed):
        return []
    points = np.concatenate(parts)
    label = _labels(points, clouds, boxes)
    found = []
    for one in np.unique(label[len(listed) :]):
        here = points[label == one]
        used = here > _POSITIVE
        least = np.where(used, here, np.inf).min(axis=1)
        best = max(range(len(here)), key=lambda k: (used[k].sum(), least[k]))
        found.append(
            Cluster(
                np.flatnonzero(label[: len(listed)] == one).tolist(),
                here[best],
                bool(np.ptp(here, axis=0).max() < _ONE_POINT),
            )
        )
    return found


def _vertices_and_middle(box: list[Floats]) -> Floats:
    """Return the vertices of a product of simplices and its middle, shape ``(points, d)``."""
    choices = itertools.product(*(corner.T for corner in box))
    points = [np.concatenate(choice) for choice in choices]
    return np.array([*points, np.concatenate([corner.mean(axis=1) for corner in box])])


def _labels(points: Floats, clouds: Sequence[Cloud], boxes: list[list[Floats]]) -> NDArray[np.intp]:
    """Number the connected sets: points near each other or in the same box are linked."""
    tree = KDTree(points)
    links = [np.empty((2, 0), dtype=np.intp)]
    for cloud in clouds:
        near, place = map(np.asarray, tree.query(cloud.points, k=_NEIGHBOURS, p=np.inf))
        start, column = np.nonzero(near <= cloud.spacing)
        links.append(np.array([place[start, 0], place[start, column]]))
    for number, box in enumerate(boxes):
        inside = np.ones(len(points), dtype=np.bool_)
        row = 0
        for corner in box:
            part = points[:, row : row + len(corner)].T
            weights = np.linalg.pinv(corner) @ part
            inside &= (weights >= -_HOLDS).all(axis=0)
            inside &= (np.abs(corner @ weights - part) <= _HOLDS).all(axis=0)
            row += len(corner)
        there = np.flatnonzero(inside)
        links.append(np.array([np.full(len(there), len(points) + number), there]))
    start, end = np.concatenate(links, axis=1)
    size = len(points) + len(boxes)
    graph = coo_array((np.ones(len(start)), (start, end)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1][: len(points)], dtype=np.intp)
