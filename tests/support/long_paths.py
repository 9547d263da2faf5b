"""Games with long Lemke-Howson paths, and their paths by combinatorics alone.

The square games of Savani and von Stengel (2006): both best-response polytopes are dual cyclic
polytopes in even dimension d with 2d facets, so that their vertices and edges are known from
Gale's evenness condition, without any numbers. Each game has one equilibrium, with full supports.
"""

from fractions import Fraction

import numpy as np

import gametools as gt


def facet_labels(d):
    """The labels 1 to 2d of the facets 1 to 2d, in cyclic order, of either polytope."""
    first = list(range(1, 2 * d + 1))
    second = [k if k in (1, d) else k + (-1) ** k if k < d else k - (-1) ** k for k in first]
    return first, second


def is_vertex(facets, d):
    """Gale's evenness condition: around the circle, every run of facets is even."""
    start = next(k for k in range(2 * d) if k not in facets)
    run = 0
    for k in range(start + 1, start + 1 + 2 * d):
        if k % (2 * d) in facets:
            run += 1
        elif run % 2:
            return False
        else:
            run = 0
    return True


def path_length(d, label):
    """Steps of the Lemke-Howson path of a label (from 1) from the artificial equilibrium."""
    facet_of = [{label: k for k, label in enumerate(labels)} for labels in facet_labels(d)]
    label_of = facet_labels(d)
    vertices = [
        {facet_of[0][k] for k in range(1, d + 1)},
        {facet_of[1][k] for k in range(d + 1, 2 * d + 1)},
    ]
    turn, dropped, steps = int(label > d), label, 0
    while True:
        edge = vertices[turn] - {facet_of[turn][dropped]}
        (new,) = (k for k in range(2 * d) if k not in vertices[turn] and is_vertex(edge | {k}, d))
        vertices[turn] = edge | {new}
        steps += 1
        dropped = label_of[turn][new]
        if dropped == label:
            return steps
        turn = 1 - turn


def long_path_game(d):
    """The game, with points of the moment curve at half integers around 0."""
    first, second = facet_labels(d)
    points = [Fraction(2 * k + 1, 2) for k in range(-d, d)]
    column = _payoffs(d, first[:d], first[d:], first, points)  # of column's actions against rows
    row = _payoffs(d, second[d:], second[:d], second, points)
    order = np.argsort(second[d:]), np.argsort(second[:d])
    return gt.NormalFormGame.from_bimatrix(row[np.ix_(order[1], order[0])], column.T)


def _payoffs(d, own, rest, labels, points):
    """The matrix M with {x >= 0, M x <= 1} a dual cyclic polytope, as floats."""
    curve = [[t**k for k in range(1, d + 1)] for t in points]
    centre = [sum(values) / len(curve) for values in zip(*curve, strict=True)]
    normals = [[a - b for a, b in zip(row, centre, strict=True)] for row in curve]
    basis = [normals[labels.index(label)] for label in own]
    others = [normals[labels.index(label)] for label in rest]
    # Facets `own` become x = 1 - basis z >= 0; the others, in terms of x, are scaled to 1.
    in_basis = _solved([list(c) for c in zip(*basis, strict=True)],
                       [list(c) for c in zip(*others, strict=True)])  # fmt: skip
    rows = [list(c) for c in zip(*in_basis, strict=True)]
    return np.array([[float(-a / (1 - sum(row))) for a in row] for row in rows])


def _solved(matrix, right):
    """Gauss-Jordan elimination in fractions."""
    size = len(matrix)
    rows = [[*a, *b] for a, b in zip(matrix, right, strict=True)]
    for c in range(size):
        pivot = next(r for r in range(c, size) if rows[r][c] != 0)
        rows[c], rows[pivot] = rows[pivot], rows[c]
        rows[c] = [value / rows[c][c] for value in rows[c]]
        for r in range(size):
            if r != c:
                factor = rows[r][c]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[c], strict=True)]
    return [row[size:] for row in rows]
