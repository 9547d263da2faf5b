"""Literal, slow computations that the tests hold the package against."""

import itertools
from fractions import Fraction

import numpy as np

import gametools as gt


def all_small_games():
    """Every 2x2 game with payoffs 0, 1 and 2: most are degenerate, in every way there is."""
    payoffs = np.array(list(itertools.product((0, 1, 2), repeat=8)), dtype=float)
    return gt.NormalFormGame(payoffs.reshape(-1, 2, 2, 2))


def expected_payoffs(payoffs, profile):
    """Every player's expected payoff, as a sum over pure action profiles."""
    totals = [0.0] * len(payoffs)
    for actions in itertools.product(*(range(len(strategy)) for strategy in profile)):
        weight = 1.0
        for strategy, action in zip(profile, actions, strict=True):
            weight *= strategy[action]
        for player in range(len(payoffs)):
            totals[player] += weight * payoffs[(player, *actions)]
    return np.array(totals)


def expected_payoffs_at(payoffs, point):
    """`expected_payoffs` of two-action players, given the probabilities of first actions."""
    return expected_payoffs(payoffs, [(p, 1 - p) for p in point])


def central_difference(function, x, width=1e-6):
    """Derivative of an array-valued function, the coordinates of `x` on the last axis."""
    x = np.asarray(x, dtype=float)
    columns = []
    for k in range(len(x)):
        shift = np.zeros(len(x))
        shift[k] = width
        columns.append((np.asarray(function(x + shift)) - function(x - shift)) / (2 * width))
    return np.stack(columns, axis=-1)


def _vertices(opponent_payoffs):
    """Vertices of one player's best-response polyhedron, with their labels.

    The polyhedron holds all (x, v) where x is a mixed strategy and v at least what each of the
    opponent's two actions earns against x: ``opponent_payoffs[k][i]`` for action k against i.
    Its vertices are where two of the four constraints bind.
    """
    (a, b), (c, d) = opponent_payoffs
    candidates = [Fraction(0), Fraction(1)]
    if a - b != c - d:
        candidates.append(Fraction(d - b, (a - b) - (c - d)))  # both actions earn the same
    found = {}
    for x in candidates:
        if 0 <= x <= 1:
            earned = (a * x + b * (1 - x), c * x + d * (1 - x))
            unused = {("own", 0)} if x == 0 else {("own", 1)} if x == 1 else set()
            best = {("other", k) for k in (0, 1) if earned[k] == max(earned)}
            found[x] = unused | best
    return found


def extreme_equilibria(row, column):
    """All extreme equilibria of an integer 2x2 game, exactly: fully labelled pairs of vertices.

    Vertex enumeration (Mangasarian 1964; Avis, Rosenberg, Savani and von Stengel 2010), with
    the probabilities of the first actions as fractions.
    """
    by_column_action = [[column[i][k] for i in (0, 1)] for k in (0, 1)]
    row_side, column_side = _vertices(by_column_action), _vertices(row)
    everything = {(who, k) for who in ("row", "column") for k in (0, 1)}
    found = set()
    for p, row_labels in row_side.items():
        for q, column_labels in column_side.items():
            labels = {("row" if who == "own" else "column", k) for who, k in row_labels}
            labels |= {("column" if who == "own" else "row", k) for who, k in column_labels}
            if labels == everything:
                found.add((p, q))
    return found
