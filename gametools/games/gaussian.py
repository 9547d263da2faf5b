"""One-state games of agents with Gaussian policies."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.games.differentiable import losses_from_payoffs
from gametools.games.domains import Euclidean, as_points, blocks
from gametools.validation import count, number

__all__ = ["GaussianGame"]

Array = NDArray[np.float64]


class GaussianGame:
    """Each agent draws a real action from a normal distribution; expectations are exact.

    Parameters
    ----------
    payoffs : callable
        ``payoffs(actions)`` takes actions of shape ``(..., n)`` and returns every agent's payoff,
        ``(..., n)``, or the payoff of all of them, ``(...)``. Payoffs are maximised.
    players : int
        Number of agents n.
    std : float or None
        Standard deviation of every policy, positive; None if each agent learns its own.
    nodes : int
        Nodes of the quadrature for each agent, at least 3; ``nodes**n`` payoffs are evaluated
        at each point.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range; and on evaluation, if `payoffs` returns a wrong shape.

    Notes
    -----
    A point of shape ``(*batch, n)`` holds the means; with ``std=None`` a point of shape
    ``(*batch, 2 * n)`` holds each agent's mean and the *logarithm* of its standard deviation.

    Expected payoffs and their first and second derivatives are sums over a tensor grid of
    Gauss-Hermite nodes. Derivatives come from the policies' densities (the log-derivative trick),
    so payoffs need none of their own. All are exact for payoffs that are polynomials of degree
    up to ``2 * nodes - 5`` in each action, and otherwise approximate: compare two numbers of
    nodes.

    Source: the example of Kuba et al. (2022), figure 1, and exact policy gradients of Gaussian
    policies; nothing differs.

    Examples
    --------
    The two agents of that figure gain by moving alone, and lose by moving together:

    >>> import numpy as np, gametools as gt
    >>> game = gt.games.GaussianGame(lambda actions: actions.prod(axis=-1), players=2)
    >>> x = np.array([-0.25, 0.25])
    >>> both = x - np.sign(game.gradient(x))           # a KL divergence of 1/2 each
    >>> game.divergence(x, both).round(12)
    array([0.5, 0.5])
    >>> for point in (x, [both[0], x[1]], both):
    ...     print(-game.losses(point)[0].round(12))    # the expected payoff
    -0.0625
    0.1875
    -0.5625
    """

    domain = Euclidean()

    def __init__(
        self,
        payoffs: Callable[[Array], ArrayLike],
        players: int,
        *,
        std: float | None = 1.0,
        nodes: int = 12,
    ) -> None:
        if not callable(payoffs):
            raise TypeError(f"`payoffs` must be a function of actions; got {payoffs!r}.")
        self._payoffs = payoffs
        self.players = count("players", players, at_least=1)
        self.std = None if std is None else number("std", std, above=0)
        self.nodes = count("nodes", nodes, at_least=3)
        self.dims = (2 if std is None else 1,) * self.players

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Always ``()``: one game, on which any batch of points may be evaluated."""
        return ()

    @cached_property
    def _grid(self) -> tuple[Array, Array]:
        """Standard normal nodes ``(nodes**n, n)`` and their weights."""
        z, w = np.polynomial.hermite_e.hermegauss(self.nodes)
        w = w / w.sum()
        places = np.array(list(itertools.product(range(self.nodes), repeat=self.players)))
        return z[places], w[places].prod(axis=1)

    @cached_property
    def _features(self) -> tuple[Array, Array]:
        """First and second derivatives of the density over the density, for each node.

        In units of the standard deviation, shapes ``(nodes**n, d)`` and ``(nodes**n, d, d)``.
        """
        z = self._grid[0]
        kinds = 1 if self.std is not None else 2
        one = [z, z**2 - 1]  # mean, log-deviation
        two = {(0, 0): z**2 - 1, (0, 1): z**3 - 3 * z, (1, 1): z**4 - 4 * z**2 + 1}
        first = np.stack(one[:kinds], axis=-1)  # (nodes**n, n, kinds)
        flat = first.reshape(len(z), -1)
        second = flat[:, :, None] * flat[:, None, :]
        for i, a, b in itertools.product(range(self.players), range(kinds), range(kinds)):
            second[:, kinds * i + a, kinds * i + b] = two[min(a, b), max(a, b)][:, i]
        return flat, second

    def losses(self, x: ArrayLike) -> Array:
        """Return every agent's expected loss (minus payoff), shape ``(*batch, n)``."""
        return np.asarray(self._expected(x)[0].sum(axis=-2))

    def gradient(self, x: ArrayLike, others: ArrayLike | None = None) -> Array:
        """Return the simultaneous gradient at ``(x_i, others_-i)``, shape ``(*batch, d)``."""
        if others is None:
            return self._own(self.loss_jacobian(x))
        mine, theirs = np.broadcast_arrays(x, others)
        owners = np.repeat(np.arange(self.players), self.dims)
        points = np.stack(
            [np.where(owners == i, mine, theirs) for i in range(self.players)], axis=-2
        )
        slopes = self.loss_jacobian(points)  # (*batch, n, n, d): at player i's point, loss j
        return self._own(np.einsum("...iid->...id", slopes))

    def jacobian(self, x: ArrayLike) -> Array:
        """Return the derivative of the simultaneous gradient, shape ``(*batch, d, d)``."""
        weighted, scale = self._expected(x)
        second = self._features[1]
        rows = []
        for i, block in enumerate(blocks(self.dims)):
            rows.append(np.einsum("...k,kab->...ab", weighted[..., i], second[:, block]))
        hessian = np.concatenate(rows, axis=-2)
        return np.asarray(hessian / (scale[..., :, None] * scale[..., None, :]))

    def loss_jacobian(self, x: ArrayLike) -> Array:
        """Return the gradient of every loss in all parameters, shape ``(*batch, n, d)``."""
        weighted, scale = self._expected(x)
        slopes = np.einsum("...ki,kd->...id", weighted, self._features[0])
        return np.asarray(slopes / scale[..., None, :])

    def policies(self, x: ArrayLike) -> tuple[Array, Array]:
        """Return means and standard deviations of the policies, each ``(*batch, n)``."""
        point = self._points(x)
        if self.std is not None:
            return np.array(point), np.full(point.shape, self.std)
        return np.array(point[..., ::2]), np.exp(point[..., 1::2])

    def divergence(self, x: ArrayLike, y: ArrayLike) -> Array:
        """Return each agent's KL divergence from its policy at `x` to that at `y`.

        Shape ``(*batch, n)``; the policy at `x` comes first, KL(x, y), as in the KL constraint of
        Kuba et al. (2022).
        """
        (mean, std), (other, other_std) = self.policies(x), self.policies(y)
        ratio = std / other_std
        return np.asarray((ratio**2 + ((mean - other) / other_std) ** 2 - 1) / 2 - np.log(ratio))

    def take(self, index: NDArray[np.intp]) -> GaussianGame:
        """Return the game itself: every point is a point of this one game."""
        del index
        return self

    def _points(self, x: ArrayLike) -> Array:
        return as_points(x, sum(self.dims))

    def _expected(self, x: ArrayLike) -> tuple[Array, Array]:
        """Weighted losses at the nodes, ``(*batch, nodes**n, n)``, and each parameter's unit."""
        mean, std = self.policies(x)
        z, weights = self._grid
        actions = mean[..., None, :] + std[..., None, :] * z
        payoffs = np.asarray(self._payoffs(actions), dtype=np.float64)
        if payoffs.shape == actions.shape[:-1]:
            payoffs = np.repeat(payoffs[..., None], self.players, axis=-1)
        if payoffs.shape != actions.shape:
            raise ValueError(
                f"`payoffs` must return shape {actions.shape} or {actions.shape[:-1]} for actions "
                f"of shape {actions.shape}; got {payoffs.shape}."
            )
        units = std if self.std is not None else np.stack([std, np.ones_like(std)], axis=-1)
        scale = units.reshape(*mean.shape[:-1], sum(self.dims))
        return losses_from_payoffs(payoffs * weights[:, None]), scale

    def _own(self, slopes: Array) -> Array:
        """Pick each agent's own block from the gradients of all losses."""
        own = [slopes[..., i, block] for i, block in enumerate(blocks(self.dims))]
        return np.concatenate(own, axis=-1)

    def __repr__(self) -> str:
        std = "learned" if self.std is None else self.std
        return f"GaussianGame({self.players} players, std {std}, {self.nodes} nodes)"
