"""Proofs that a solution is there, that it is alone in a ball, and that two are not the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.multilinear import Array, evaluate, recentre, solve_each, split
from gametools.equilibria.support_systems import Systems, assemble

__all__ = ["Certificate", "RealRoots", "certify", "real_roots"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_UNIT = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Certificate:
    """What is proved about approximate solutions, arrays of shape ``(P,)``.

    Attributes
    ----------
    radius : array
        An exact solution lies this close, in the largest absolute value of the unknowns; infinite
        where nothing is proved.
    alone : array
        It is the only solution this close, and its Jacobian is not singular; 0 where unproved.
    """

    radius: Floats
    alone: Floats

    @property
    def proved(self) -> Mask:
        """Where a solution is proved."""
        return np.asarray(self.alone > 0)


def certify(tensor: Array, magnitude: Floats, x: Array) -> Certificate:
    """Prove that exact solutions of square multilinear systems lie near `x`.

    Parameters
    ----------
    tensor : array, shape ``(s_1, ..., s_k, N, P)``
        Real or complex; the proof is about the same number field.
    magnitude : array, same shape
        The tensor computed with absolute values throughout, `tensor` being the result of at most
        ``2 * sum(s)`` operations: rounding errors are in proportion to it.
    x : array, shape ``(N, P)``

    Notes
    -----
    The system is expanded about `x` and multiplied by an approximate inverse C of its Jacobian:
    ``G(d) = g + (1 + E) d + terms of degree 2 to k``. With c_q the largest row sum of absolute
    values of the terms of degree q, rounding errors included, ``p(r) = c_0 + c_1 r + ... ``
    bounds ``|d - G(d)|`` on the ball of radius r; a solution exists in it if ``p(r) <= r``, and
    is the only one if ``p'(r) < 1``.

    Source: the Newton-Kantorovich theorem as radii polynomials (for example Hungria, Lessard and
    Mireles James 2016). Ours differs in that a multilinear system has no remainder term, so
    that all coefficients are explicit, and that rounding is bounded a priori (Higham 2002,
    section 3.1) instead of by interval arithmetic.
    """
    total = len(x)
    k = tensor.ndim - 2
    with np.errstate(all="ignore"):
        centred = recentre(tensor, x)
        sizes = recentre(magnitude, np.abs(x))
        _, derivative = evaluate(centred, np.zeros_like(x))
        identity = np.broadcast_to(np.eye(total, dtype=x.dtype)[..., None], derivative.shape)
        inverse = solve_each(derivative, identity)
        scaled = np.einsum("fep,...ep->...fp", inverse, centred)
        doubt = np.einsum("fep,...ep->...fp", np.abs(inverse), sizes)
        doubt *= 4 * (4 * sum(tensor.shape[:k]) + total + 8) * _UNIT
        coefficients = _by_degree(np.abs(scaled) + doubt)
        linear = _linear(tensor.shape[:k])
        rest = np.abs(scaled[linear] - identity) + doubt[linear]
        coefficients[1] = rest.sum(axis=0)
        bounds = coefficients.max(axis=1)  # (k + 1, P)
    bounds = np.where(np.isfinite(bounds), bounds, np.inf)
    return _radii(bounds)


def _linear(sizes: tuple[int, ...]) -> tuple[NDArray[np.intp], ...]:
    """Index of the linear terms, in the order of the unknowns."""
    places = [(j, b) for j, s in enumerate(sizes) for b in range(1, s)]
    index = np.zeros((len(sizes), len(places)), dtype=np.intp)
    for column, (j, b) in enumerate(places):
        index[j, column] = b
    return tuple(index)


def _by_degree(sizes: Floats) -> Floats:
    """Sum the terms of each degree: ``(s_1, ..., s_k, N, P)`` -> ``(k + 1, N, P)``."""
    degrees = sizes[None]
    while degrees.ndim > 3:
        constant, others = degrees[:, 0], degrees[:, 1:].sum(axis=1)
        nothing = np.zeros_like(constant[:1])
        degrees = np.concatenate([constant, nothing]) + np.concatenate([nothing, others])
    return degrees


def _radii(bounds: Floats) -> Certificate:
    """Return the radii that the bounds on the terms of each degree prove, shape ``(k + 1, P)``."""
    degrees = np.arange(1, len(bounds))[:, None, None]
    grid = np.exp2(-np.arange(60.0))[:, None]
    with np.errstate(all="ignore"):
        slopes = (degrees * bounds[1:, None] * grid ** (degrees - 1)).sum(axis=0)
        alone = np.where(slopes < 0.999, grid, 0.0).max(axis=0)
        radius = 1.01 * bounds[0] / (1 - bounds[1])
        for _ in range(3):
            radius = 1.001 * sum(bound * radius**q for q, bound in enumerate(bounds))
        reached = sum(bound * radius**q for q, bound in enumerate(bounds))
        holds = (reached <= radius) & (radius <= alone) & (alone > 0)
    return Certificate(np.where(holds, radius, np.inf), np.where(holds, alone, 0.0))


@dataclass(frozen=True)
class RealRoots:
    """Solutions in probabilities that sum to 1.

    Attributes
    ----------
    points : list of arrays, shapes ``(s_j, P)``
    certificate : Certificate
        In the probabilities; existence and uniqueness among *real* solutions.
    index : int array, shape ``(P,)``
        Sign of the determinant of minus the Jacobian: the index of a regular equilibrium.
    """

    points: list[Floats]
    certificate: Certificate
    index: NDArray[np.int64]


def real_roots(systems: Systems, points: list[Floats], *, steps: int = 4) -> RealRoots:
    """Polish approximate real solutions and certify them.

    Newton's method with residuals in extended precision, where the platform has it.

    Notes
    -----
    Source: iterative refinement (Higham 2002, chapter 12); the index after Gul, Pearce and
    Stacchetti (1993), "A bound on the proportion of pure strategy equilibria in generic games".
    """
    wide: list[Array] = [p.astype(np.longdouble) for p in points]
    wide = [p / p.sum(axis=0) for p in wide]
    for _ in range(steps):
        tensor = assemble(systems, _frames(wide))
        value, derivative = evaluate(tensor, np.zeros((_unknowns(wide), 1)))
        with np.errstate(all="ignore"):
            right = value.astype(np.float64)[:, None]
            step = -solve_each(derivative.astype(np.float64), right)[:, 0]
            step = np.where(np.isfinite(step), step, 0.0)
        for point, part in zip(wide, split(step, [len(p) for p in wide]), strict=True):
            point[1:] += part
            point[0] -= part.sum(axis=0)
    final = [p.astype(np.float64) for p in wide]
    frames = _frames(final)
    tensor = assemble(systems, frames)
    size = assemble(systems, frames, magnitude=True)
    origin = np.zeros((_unknowns(final), len(systems)))
    _, derivative = evaluate(tensor, origin)
    sign, _ = np.linalg.slogdet(-derivative.transpose(2, 1, 0))
    return RealRoots(final, certify(tensor, size, origin), np.rint(sign).astype(np.int64))


def _unknowns(points: list[Array]) -> int:
    return sum(len(p) - 1 for p in points)


def _frames(points: list[Array]) -> list[Array]:
    """For each group the matrix whose columns are the point and moves that keep the sum."""
    frames = []
    for point in points:
        s, count = point.shape
        frame = np.zeros((s, s, count), dtype=point.dtype)
        frame[:, 0] = point
        frame[0, 1:] = -1
        frame[np.arange(1, s), np.arange(1, s)] = 1
        frames.append(frame)
    return frames
