"""Differentiable games of every kind, with their losses written a second time, in torch.

Each case is a game, points inside its domain, and a function that makes the torch losses.
"""

import itertools
import string
from dataclasses import dataclass
from typing import Any

import numpy as np

import gametools as gt
from gametools.games import GaussianGame, RepeatedGame, SigmoidGame


@dataclass
class Case:
    name: str
    game: Any
    points: np.ndarray
    torch_losses: Any

    def __repr__(self):
        return self.name


def random_matrix_game(sizes, batch=(), seed=0):
    payoffs = np.random.default_rng((seed, *sizes)).normal(size=(*batch, len(sizes), *sizes))
    return gt.NormalFormGame(payoffs, num_players=len(sizes))


def expected_losses(torch, payoffs, strategies):
    """Minus the sum over action profiles of payoffs times probabilities, by einsum."""
    axes = string.ascii_lowercase[: len(strategies)]
    formula = "z" + axes + "," + ",".join(axes) + "->z"
    return -torch.einsum(formula, torch.tensor(payoffs), *strategies)


def cut(x, sizes):
    edges = np.cumsum((0, *sizes))
    return [x[low:high] for low, high in itertools.pairwise(edges)]


def _probabilities(torch, payoffs, sizes):
    def losses(x):
        return expected_losses(torch, payoffs, [torch.stack([p, 1 - p]) for p in x])

    return losses


def _sigmoids(torch, payoffs, sizes):
    inner = _probabilities(torch, payoffs, sizes)
    return lambda x: inner(torch.sigmoid(x))


def _simplices(torch, payoffs, sizes):
    def losses(x):
        parts = [part + (1 - part.sum()) / len(part) for part in cut(x, sizes)]
        return expected_losses(torch, payoffs, parts)

    return losses


def _softmaxes(torch, payoffs, sizes):
    def losses(x):
        parts = [torch.softmax(part, dim=0) for part in cut(x, sizes)]
        return expected_losses(torch, payoffs, parts)

    return losses


MATRIX_VIEWS = {
    "probability": (gt.ProbabilityGame, _probabilities),
    "sigmoid": (SigmoidGame, _sigmoids),
    "simplex": (gt.SimplexGame, _simplices),
    "softmax": (gt.SoftmaxGame, _softmaxes),
}
TWO_ACTIONS = ((2,), (2, 2), (2, 2, 2), (2, 2, 2, 2))
MORE_ACTIONS = ((3,), (1, 4), (3, 5), (2, 3, 4), (3, 2, 2, 3))


def matrix_points(coordinates, sizes, count, seed=1):
    """Points inside the domain, shape ``(count, d)``."""
    rng = np.random.default_rng((seed, *sizes))
    if coordinates == "probability":
        return rng.random((count, len(sizes)))
    if coordinates == "sigmoid":
        return rng.normal(size=(count, len(sizes)))
    if coordinates == "softmax":
        return rng.normal(size=(count, sum(sizes)))
    return np.concatenate([rng.dirichlet(np.ones(size), count) for size in sizes], axis=-1)


def _matrix_cases():
    for coordinates, (view, make) in MATRIX_VIEWS.items():
        two_only = coordinates in ("probability", "sigmoid")
        for sizes in TWO_ACTIONS if two_only else TWO_ACTIONS + MORE_ACTIONS:
            game = random_matrix_game(sizes)
            yield Case(
                f"{coordinates} {'x'.join(map(str, sizes))}",
                view(game),
                matrix_points(coordinates, sizes, 4),
                lambda torch, make=make, game=game: make(torch, game.payoffs, game.num_actions),
            )


def _polynomial_cases():
    rng = np.random.default_rng(5)
    for dims in ((1, 1), (2, 1), (1, 1, 2), (1, 2, 1, 1)):
        d = sum(dims)
        keys = [tuple(int(e) for e in rng.integers(0, 4, d)) for _ in range(6)]
        tables = [{key: float(rng.normal()) for key in keys[k:]} for k in range(len(dims))]

        def make(torch, tables=tables):
            def losses(x):
                return [
                    sum(c * torch.stack([t**e for t, e in zip(x, key, strict=True)]).prod()
                        for key, c in table.items())
                    for table in tables
                ]  # fmt: skip

            return losses

        game = gt.PolynomialGame(tables, dims)
        yield Case(f"polynomial {dims}", game, rng.normal(size=(4, d)), make)


def _quadratic_cases():
    for dims in ((1, 2, 1), (1, 1, 1, 1)):
        rng = np.random.default_rng((6, *dims))
        matrix, offset = rng.normal(size=(4, 4)), rng.normal(size=4)
        owner = np.repeat(np.arange(len(dims)), dims)
        own = np.equal.outer(owner, owner)
        matrix = np.where(own, (matrix + matrix.T) / 2, matrix)

        def make(torch, matrix=matrix, offset=offset, own=own, dims=dims):
            h = torch.tensor(np.where(own, matrix / 2, matrix))
            b = torch.tensor(offset)
            return lambda x: [part.sum() for part in cut(x * (h @ x + b), dims)]

        game = gt.QuadraticGame(matrix, offset, dims)
        yield Case(f"quadratic {dims}", game, rng.normal(size=(4, 4)), make)


def _first_round_and_after(torch, payoffs, discount, p):
    """Discounted losses by an honest solve of V = l + discount P V, round by round."""
    rows = []
    order = ((0, 0), (1, 1), (2, 3), (3, 2), (4, 4))  # own action first, for both
    for mine, theirs in order:
        a, b = p[mine], p[5 + theirs]
        rows.append(torch.stack([a * b, a * (1 - b), (1 - a) * b, (1 - a) * (1 - b)]))
    rounds = torch.stack(rows)
    stage = -torch.tensor(payoffs.reshape(2, 4)).T
    after = torch.linalg.solve(torch.eye(4, dtype=torch.float64) - discount * rounds[1:], stage)
    return rounds[0] @ after


def _repeated_cases():
    rng = np.random.default_rng(7)
    for coordinates in ("sigmoid", "probability"):
        for normalised in (False, True):
            payoffs = rng.normal(size=(2, 2, 2))
            game = RepeatedGame(
                gt.NormalFormGame(payoffs), 0.9, coordinates=coordinates, normalised=normalised
            )
            logit = coordinates == "sigmoid"
            points = rng.normal(size=(4, 10)) if logit else rng.uniform(0.05, 0.95, (4, 10))

            def make(torch, payoffs=payoffs, logit=logit, scale=0.1 if normalised else 1.0):
                def losses(x):
                    p = torch.sigmoid(x) if logit else x
                    return scale * _first_round_and_after(torch, payoffs, 0.9, p)

                return losses

            yield Case(repr(game), game, points, make)


def _gaussian_cases():
    """Payoffs a1 a2 + a1**3 and a1**2 a2, whose expectations are written out."""
    rng = np.random.default_rng(8)

    def payoffs(a):
        u, v = a[..., 0], a[..., 1]
        return np.stack([u * v + u**3, u**2 * v], axis=-1)

    def closed(torch, mean, std):
        (u, v), (s, _) = mean, std
        return torch.stack([-(u * v + u**3 + 3 * u * s**2), -((u**2 + s**2) * v)])

    def fixed(torch):
        std = torch.tensor([0.7, 0.7], dtype=torch.float64)
        return lambda x: closed(torch, x, std)

    def learned(torch):
        return lambda x: closed(torch, x[::2], torch.exp(x[1::2]))

    yield Case("gaussian", GaussianGame(payoffs, 2, std=0.7), rng.normal(size=(4, 2)), fixed)
    points = rng.normal(size=(4, 4)) / 2
    yield Case("gaussian, learned std", GaussianGame(payoffs, 2, std=None), points, learned)

    def product(torch):
        return lambda x: torch.stack([-x.prod()] * 4)

    team = GaussianGame(lambda a: a.prod(axis=-1), 4, nodes=4)
    yield Case("gaussian, four players", team, rng.normal(size=(4, 4)), product)


CASES = [
    *_matrix_cases(),
    *_polynomial_cases(),
    *_quadratic_cases(),
    *_repeated_cases(),
    *_gaussian_cases(),
]
