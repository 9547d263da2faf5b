"""What `classify` returns: the kind of rest, independent flags, and what they rest on."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gametools.games.differentiable import DifferentiableGame
from gametools.stability.kinds import FLAGS, KIND_MARGIN, ZERO_TOLERANCE, Kind
from gametools.stability.update_map import UpdateMap

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FixedPoint", "Flag"]

Array = NDArray[np.float64]
Flag = bool | NDArray[np.object_] | None
"""True, False or None (undecided); an object array of these for a batch."""


@dataclass(frozen=True, eq=False, repr=False)
class FixedPoint:
    """What kind of rest one point is, or each point of a batch.

    For a single point the fields are plain values; for a batch they are arrays of shape
    ``(*batch,)``, so that ``found.kind == "centre"`` is a mask. Losses are minimised; the
    properties `maximising_jacobian` and `maximising_eigenvalues` speak the other convention.

    Attributes
    ----------
    game : DifferentiableGame
    point : array, shape ``(*batch, d)``
    kind : Kind
        Compares equal to its string: ``"stable"``, ``"unstable"``, ``"strict saddle"``,
        ``"attracting"``, ``"centre"``, ``"undecided"`` or ``"not a fixed point"``.
    margin : float
        Distance from the nearest other kind, as a share of `scale`; below `KIND_MARGIN` for an
        undecided point, NaN for a point that is not fixed.
    residual : float
        Largest entry of the projected gradient.
    eigenvalues : complex array, shape ``(*batch, d)``
        Of the game's Jacobian on the free directions, by real part. A single point has as many
        as free directions; a batch is padded with NaN.
    is_stable, is_unstable, is_strict_saddle, is_weak_stable, is_attracting, is_local_nash,
    is_differential_nash : bool or None
        Each by itself; None where a margin is too small to tell.
    margins : dict of str to float
        For each flag how far the condition is from failing (positive) or holding (negative), as
        a share of `scale`.
    jacobian : array, shape ``(*batch, d, d)``
        The game's Jacobian, all directions.
    touches, strict : bool arrays, shape ``(*batch, d)``
        Coordinates on the boundary, and those pressed against it: the latter are removed first.
    scale : float
        Size of the game's gradients here, which all margins are relative to.
    tolerance : float
        A residual up to this share of the scale makes a fixed point.
    update : UpdateMap or None
        What a learning rule makes of the point, if one was given.
    """

    game: DifferentiableGame
    point: Array
    kind: Any
    margin: Any
    residual: Any
    eigenvalues: NDArray[np.complex128]
    is_stable: Flag
    is_unstable: Flag
    is_strict_saddle: Flag
    is_weak_stable: Flag
    is_attracting: Flag
    is_local_nash: Flag
    is_differential_nash: Flag
    margins: dict[str, Any]
    jacobian: Array
    touches: NDArray[np.bool_]
    strict: NDArray[np.bool_]
    scale: Any
    tolerance: float
    update: UpdateMap | None = None
    kind_margin: float = KIND_MARGIN
    zero_tolerance: float = ZERO_TOLERANCE

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of the batch; ``()`` for a single point."""
        return self.point.shape[:-1]

    @property
    def symmetric(self) -> Array:
        """The symmetric part S of the Jacobian, shape ``(*batch, d, d)``."""
        return np.asarray((self.jacobian + self.jacobian.swapaxes(-1, -2)) / 2)

    @property
    def antisymmetric(self) -> Array:
        """The antisymmetric part A of the Jacobian, shape ``(*batch, d, d)``."""
        return np.asarray((self.jacobian - self.jacobian.swapaxes(-1, -2)) / 2)

    @property
    def maximising_jacobian(self) -> Array:
        """The Jacobian of the *payoffs'* gradient, as papers that maximise write it."""
        return np.negative(self.jacobian)

    @property
    def maximising_eigenvalues(self) -> NDArray[np.complex128]:
        """The eigenvalues in that convention."""
        return np.negative(self.eigenvalues)

    @property
    def spectral_radius(self) -> Any:
        """Of the rule's update map here; None without a rule."""
        return None if self.update is None else self.update.spectral_radius

    @property
    def rate(self) -> Any:
        """Factor by which the rule shrinks a distance in one update; None without a rule."""
        return None if self.update is None else self.update.rate

    @property
    def largest_safe_step(self) -> Any:
        """See `UpdateMap.largest_safe_step`; None without a rule."""
        return None if self.update is None else self.update.largest_safe_step

    def __getitem__(self, index: int) -> FixedPoint:
        """Return one point of a batch with one axis."""
        if len(self.batch_shape) != 1:
            raise IndexError("only a batch of points with one axis can be indexed.")
        at = range(self.batch_shape[0])[index]
        values: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                values[field.name] = value[at]
        row = self.eigenvalues[at]
        values["eigenvalues"] = row[~np.isnan(row.real)]
        values["margins"] = {name: value[at] for name, value in self.margins.items()}
        values["update"] = None if self.update is None else self.update[at]
        if self.game.batch_shape:
            values["game"] = self.game.take(np.array([at]))
        return dataclasses.replace(self, **values)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each point: x0, x1, ..., kind, margin, residual, flags, eigenvalues.

        With a rule also ``spectral_radius``, ``rate``, ``rate_error``, ``attracts``,
        ``largest_safe_step`` and ``safe_step_status``.
        """
        import pandas as pd

        d = self.point.shape[-1]
        flat = self.point.reshape(-1, d)
        columns: dict[str, Any] = {f"x{k}": flat[:, k] for k in range(d)}
        for name in ("kind", "margin", "residual", *FLAGS):
            columns[name] = np.atleast_1d(np.asarray(getattr(self, name), dtype=object)).ravel()
        for name in ("margin", "residual"):
            columns[name] = columns[name].astype(np.float64)
        columns["kind"] = [str(kind) for kind in columns["kind"]]
        columns["eigenvalues"] = [
            tuple(row[~np.isnan(row.real)].tolist())
            for row in self.eigenvalues.reshape(len(flat), self.eigenvalues.shape[-1])
        ]
        frame = pd.DataFrame(columns)
        return frame if self.update is None else frame.assign(**self.update.columns())

    def __repr__(self) -> str:
        ruled = f"; {self.update!r}" if self.update is not None else ""
        if self.batch_shape:
            kinds = Counter(map(str, np.ravel(self.kind))).most_common()
            counts = ", ".join(f"{count} {kind}" for kind, count in kinds)
            return f"FixedPoint({self.point[..., 0].size} points: {counts}{ruled})"
        flags = [name for name in FLAGS if getattr(self, name)]
        open_ = [f"{name} undecided" for name in FLAGS if getattr(self, name) is None]
        where = ", ".join(f"{value:.6g}" for value in self.point)
        if self.kind is Kind.NOT_FIXED:
            return f"FixedPoint(not a fixed point at ({where}), residual {self.residual:.3g})"
        values = ", ".join(_shown(value) for value in self.eigenvalues) or "none (strict vertex)"
        words = "; ".join([f"eigenvalues {values}", ", ".join(flags + open_)])
        margin = "" if np.isinf(self.margin) else f", margin {self.margin:.3g}"
        return f"FixedPoint({self.kind} at ({where}){margin}; {words}{ruled})"


def _shown(value: complex) -> str:
    """A short form of a complex number: ``2``, ``2i``, ``1+2i``; rounding noise is dropped."""
    small = 1e-12 * abs(value)
    real = 0.0 if abs(value.real) <= small else value.real
    imag = 0.0 if abs(value.imag) <= small else value.imag
    if imag == 0.0:
        return f"{real:.4g}"
    return f"{imag:.4g}i" if real == 0.0 else f"{real:.4g}{imag:+.4g}i"
