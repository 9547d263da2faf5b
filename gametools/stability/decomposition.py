"""How much of a game is a common potential, and how much a rotation?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.games.differentiable import DifferentiableGame
from gametools.games.normal_form import NormalFormGame
from gametools.games.well_formed import require_finite
from gametools.stability.classify import points_and_games

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PURE_SHARE", "Decomposition", "decompose"]

Array = NDArray[np.float64]

PURE_SHARE = 1e-9
"""A part below this share of the Jacobian's norm is no part at all."""


@dataclass(frozen=True, eq=False, repr=False)
class Decomposition:
    """The game's Jacobian at points, in two parts: ``H = potential + hamiltonian``.

    Attributes
    ----------
    point : array, shape ``(*batch, d)``
    potential : array, shape ``(*batch, d, d)``
        The symmetric part: the whole of it in a potential game.
    hamiltonian : array, shape ``(*batch, d, d)``
        The antisymmetric part: the whole of it in a Hamiltonian game, in which gradient descent
        circles.
    potential_norm, hamiltonian_norm : float
        Frobenius norms; their squares add up to that of H. Arrays ``(*batch,)`` for a batch.
    """

    point: Array
    potential: Array
    hamiltonian: Array
    potential_norm: Any
    hamiltonian_norm: Any

    @property
    def hamiltonian_share(self) -> Any:
        """The antisymmetric part's share of the squared norm, in [0, 1]; NaN where H is 0."""
        squares = np.square(self.potential_norm), np.square(self.hamiltonian_norm)
        with np.errstate(invalid="ignore"):
            return np.divide(squares[1], squares[0] + squares[1])

    @property
    def is_potential(self) -> Any:
        """Whether H is symmetric here, up to `PURE_SHARE` of its norm."""
        return self.hamiltonian_norm <= PURE_SHARE * self._norm

    @property
    def is_hamiltonian(self) -> Any:
        """Whether H is antisymmetric here, up to `PURE_SHARE` of its norm."""
        return self.potential_norm <= PURE_SHARE * self._norm

    @property
    def _norm(self) -> Any:
        return np.hypot(self.potential_norm, self.hamiltonian_norm)

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each point: x0, ..., both norms and the Hamiltonian share."""
        import pandas as pd

        flat = self.point.reshape(-1, self.point.shape[-1])
        columns = {f"x{k}": flat[:, k] for k in range(flat.shape[-1])}
        for name in ("potential_norm", "hamiltonian_norm", "hamiltonian_share"):
            columns[name] = np.ravel(getattr(self, name))
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        if np.ndim(self.potential_norm):
            share = float(np.nanmean(self.hamiltonian_share))
            return f"Decomposition({np.size(self.potential_norm)} points, Hamiltonian {share:.0%})"
        return (
            f"Decomposition(potential {self.potential_norm:.4g}, "
            f"Hamiltonian {self.hamiltonian_norm:.4g})"
        )


def decompose(game: NormalFormGame | DifferentiableGame, point: ArrayLike) -> Decomposition:
    """Split the game's Jacobian at points into a potential and a Hamiltonian part.

    Parameters
    ----------
    game : NormalFormGame or DifferentiableGame
        One game or a batch.
    point : array_like, shape ``(*batch, d)``
        Any points of the domain, fixed or not.

    Returns
    -------
    Decomposition

    Raises
    ------
    TypeError, ValueError
        If a point is not finite, lies outside the domain or has a wrong number of coordinates;
        or the game's Jacobian is NaN or infinite there, or misshapen.

    Notes
    -----
    Source: Balduzzi et al. (2018), section 2.2: the Helmholtz decomposition of H at each point.
    Nothing differs.

    Examples
    --------
    >>> import gametools as gt
    >>> gt.stability.decompose(gt.QuadraticGame([[1, 10], [-10, 1]]), [0, 0])
    Decomposition(potential 1.414, Hamiltonian 14.14)
    >>> gt.stability.decompose(gt.named_game("matching_pennies"), [0.5, 0.5])
    Decomposition(potential 0, Hamiltonian 5.657)
    """
    play, x, batch = points_and_games(game, point, "point")
    jacobian = np.array(play.jacobian(x))
    require_finite(x, jacobian)
    flipped = jacobian.swapaxes(-1, -2)
    symmetric, rotation = (jacobian + flipped) / 2, (jacobian - flipped) / 2

    def norm(part: Array) -> Any:
        size = np.linalg.norm(part, axis=(-2, -1)).reshape(batch)
        return size if batch else float(size)

    def shaped(values: Array) -> Array:
        return values.reshape(batch + values.shape[1:])

    return Decomposition(
        shaped(x), shaped(symmetric), shaped(rotation), norm(symmetric), norm(rotation)
    )
