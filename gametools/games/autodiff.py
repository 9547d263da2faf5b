"""Games whose losses are written in torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.games.domains import Domain, Euclidean, as_points, blocks
from gametools.validation import count

__all__ = ["TorchGame"]

Array = NDArray[np.float64]


class TorchGame:
    """A game of any losses written in torch; autograd finds the derivatives.

    Parameters
    ----------
    losses : callable
        ``losses(x)`` takes *one* point, a float64 tensor of shape ``(d,)``, and returns the n
        losses: a tensor of shape ``(n,)``, or n scalars in a tuple or list. Losses are minimised.
    dims : tuple of int
        Number of parameters of each player; player i owns block i of x.
    domain : Domain
        Where the parameters live; the whole space by default.
    vectorize : bool
        Whether many points are evaluated at once by `torch.func.vmap` (the default). A function
        that branches on values (``if x[0] > 0``) needs False, and runs point by point.

    Raises
    ------
    ImportError
        If torch is not installed.
    TypeError, ValueError
        If `losses` is no function or `dims` are no counts; and on evaluation, if `losses` returns
        a wrong number of losses.

    Notes
    -----
    NumPy arrays go in and come out, in float64 on the CPU; a constant in `losses` should be
    float64 too (``torch.tensor(2.0)`` is float32). Where a loss is NaN so are its derivatives: a
    simulation that meets one stops being finite there, and its status says so.

    Source: reverse-mode differentiation by `torch.func` (Paszke et al. 2019); nothing differs.

    Examples
    --------
    >>> import torch
    >>> import gametools as gt
    >>> def losses(x):
    ...     return torch.cos(x[0]) * x[1], -torch.cos(x[0]) * x[1]
    >>> game = gt.TorchGame(losses, dims=(1, 1))
    >>> game.losses([0.0, 2.0]), game.gradient([0.0, 2.0])
    (array([ 2., -2.]), array([ 0., -1.]))
    >>> game.jacobian([0.0, 2.0])
    array([[-2.,  0.],
           [ 0.,  0.]])
    """

    def __init__(
        self,
        losses: Callable[[Any], Any],
        dims: tuple[int, ...],
        domain: Domain | None = None,
        *,
        vectorize: bool = True,
    ) -> None:
        self._torch = _import_torch()
        if not callable(losses):
            raise TypeError(f"`losses` must be a function of a point; got {losses!r}.")
        self.dims = tuple(count("dims", k, at_least=1) for k in dims)
        if not self.dims:
            raise ValueError("`dims` must have an entry for each player; got ().")
        self.domain: Domain = Euclidean() if domain is None else domain
        self.vectorize = vectorize
        self._function = losses
        self._players = np.repeat(np.arange(len(self.dims)), self.dims)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Always ``()``: one game, on which any batch of points may be evaluated."""
        return ()

    def losses(self, x: ArrayLike) -> Array:
        """Return every player's loss, shape ``(*batch, n)``."""
        return self._evaluate(lambda point: (self._losses(point),), x, 1)[0]

    def gradient(self, x: ArrayLike, others: ArrayLike | None = None) -> Array:
        """Return the simultaneous gradient at ``(x_i, others_-i)``, shape ``(*batch, d)``."""
        if others is None:
            return self._derivative(self._simultaneous, x, self._players)
        mine, theirs = np.broadcast_arrays(self._points(x), self._points(others))
        slopes = np.empty(mine.shape)
        for i, block in enumerate(blocks(self.dims)):
            point = np.where(self._players == i, mine, theirs)
            slopes[..., block] = self._derivative(self._all_slopes, point)[..., i, block]
        return slopes

    def jacobian(self, x: ArrayLike) -> Array:
        """Return the derivative of the simultaneous gradient, shape ``(*batch, d, d)``."""
        function = self._torch.func.jacrev(self._simultaneous, has_aux=True)
        return self._derivative(function, x, self._players)

    def loss_jacobian(self, x: ArrayLike) -> Array:
        """Return the gradient of every loss in all parameters, shape ``(*batch, n, d)``."""
        return self._derivative(self._all_slopes, x)

    def take(self, index: NDArray[np.intp]) -> TorchGame:
        """Return the game itself: every point is a point of this one game."""
        del index
        return self

    def _losses(self, x: Any) -> Any:
        """Losses at one point as one tensor, or an error that says what is wrong with them."""
        torch, players = self._torch, len(self.dims)
        result = self._function(x)
        if isinstance(result, list | tuple):
            result = torch.stack([torch.as_tensor(loss).reshape(()) for loss in result])
        if not isinstance(result, torch.Tensor):
            raise TypeError(
                "`losses` must return a tensor, or a tuple of scalar tensors; "
                f"got {type(result).__name__}."
            )
        if tuple(result.shape) != (players,):
            raise ValueError(
                f"`losses` must return {players} losses, one for each entry of `dims`; "
                f"got shape {tuple(result.shape)}."
            )
        return result.to(torch.float64)

    def _all_slopes(self, x: Any) -> Any:
        """Gradients of all losses at one point, ``(n, d)``, and the losses."""
        return self._torch.func.jacrev(_twice(self._losses), has_aux=True)(x)

    def _simultaneous(self, x: Any) -> Any:
        """The simultaneous gradient at one point, ``(d,)``, and the losses."""
        slopes, values = self._all_slopes(x)
        own = [slopes[i, block] for i, block in enumerate(blocks(self.dims))]
        return self._torch.cat(own), values

    def _points(self, x: ArrayLike) -> Array:
        return as_points(x, sum(self.dims))

    def _derivative(
        self, function: Callable[[Any], Any], x: ArrayLike, owners: NDArray[np.intp] | None = None
    ) -> Array:
        """Apply a function to all points, with NaN in the rows of players whose loss is NaN."""
        result, values = self._evaluate(function, x, 2)
        lost = np.isnan(values)
        result[lost if owners is None else lost[..., owners]] = np.nan
        return result

    def _evaluate(self, function: Callable[[Any], Any], x: ArrayLike, parts: int) -> list[Array]:
        """Apply a function of one point, which returns `parts` tensors, to all points."""
        torch, point = self._torch, self._points(x)
        rows = torch.from_numpy(np.array(point.reshape(-1, point.shape[-1]), order="C"))
        if self.vectorize and len(rows):
            results = torch.func.vmap(function)(rows)
        else:
            # An empty batch has its shape from a row that is thrown away.
            each = [function(row) for row in rows] or [function(rows.new_full(rows.shape[1:], 0.5))]
            results = [torch.stack([one[k] for one in each])[: len(rows)] for k in range(parts)]
        arrays = [result.detach().numpy() for result in results]
        return [np.array(a.reshape(point.shape[:-1] + a.shape[1:])) for a in arrays]

    def __repr__(self) -> str:
        name = getattr(self._function, "__name__", type(self._function).__name__)
        return f"TorchGame({name}, dims {self.dims})"


def _twice(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function's value twice: once to be differentiated, once as it is."""

    def twice(x: Any) -> Any:
        value = function(x)
        return value, value

    return twice


def _import_torch() -> Any:
    try:
        import torch
    except ImportError:
        raise ImportError("TorchGame needs torch: pip install gametools[torch]") from None
    return torch
