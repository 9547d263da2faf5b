"""Differentiable games of the literature, written out in numpy for the tests."""

import numpy as np

from gametools.games.differentiable import Euclidean


class QuadraticLosses:
    """Losses ``x' Q_i x / 2 + b_i' x``, the terms that a player cannot change included."""

    domain = Euclidean()
    batch_shape = ()

    def __init__(self, curvatures, slopes, dims=(1, 1)):
        self.q, self.b, self.dims = np.array(curvatures, float), np.array(slopes, float), dims
        self.players = np.repeat(np.arange(len(dims)), dims)

    def losses(self, x):
        x = np.asarray(x, float)
        return np.einsum("...a,iab,...b->...i", x, self.q, x) / 2 + x @ self.b.T

    def loss_jacobian(self, x):
        return np.einsum("iab,...b->...ia", self.q, np.asarray(x, float)) + self.b

    def gradient(self, x, others=None):
        x = np.asarray(x, float)
        others = x if others is None else others
        blocks = []
        for i in range(len(self.dims)):
            joint = np.where(self.players == i, x, others)
            blocks.append(self.loss_jacobian(joint)[..., i, self.players == i])
        return np.concatenate(blocks, axis=-1)

    def jacobian(self, x):
        matrix = self.q[self.players, np.arange(len(self.players))]
        return np.broadcast_to(matrix, (*np.shape(x)[:-1], *matrix.shape))

    def take(self, index):
        return self


TANDEM = QuadraticLosses(np.full((2, 2, 2), 2.0), [[-2, 0], [0, -2]])
"""Letcher et al. (2019): (x + y)^2 - 2x and (x + y)^2 - 2y."""


class IteratedDilemma:
    """The discounted iterated prisoner's dilemma with memory one, in logits of cooperating.

    Each player has five logits: for the first round and after CC, CD, DC and DD, its own move
    first. Losses are CC 1, CD 3, DC 0, DD 2, discounted and not normalised.
    """

    domain = Euclidean()
    batch_shape = ()
    dims = (5, 5)

    def __init__(self, discount=0.96):
        self.discount = discount
        self.rewards = np.array([[1.0, 3.0, 0.0, 2.0], [1.0, 0.0, 3.0, 2.0]])

    def _moves(self, x):
        """Probabilities to cooperate, ``(*batch, 2, 5)``, states as the first player sees them."""
        moves = 1 / (1 + np.exp(-np.asarray(x, float))).reshape(*np.shape(x)[:-1], 2, 5)
        order = [[0, 1, 2, 3, 4], [0, 1, 3, 2, 4]]
        return np.take_along_axis(moves, np.broadcast_to(order, moves.shape), -1), np.ravel(
            order + np.array([[0], [5]])
        )

    def _derivatives(self, x):
        """Losses with first and second derivatives in all logits."""
        moves, place = self._moves(x)
        batch = moves.shape[:-2]
        sides = np.stack([moves, 1 - moves], -1)  # (*batch, player, row, move)
        slope = np.array([1.0, -1.0])
        # Row 0 is the distribution of the first round, rows 1 to 4 the transition matrix.
        rows = np.einsum("...ra,...rb->...rab", sides[..., 0, :, :], sides[..., 1, :, :])
        first = np.zeros((*batch, 10, 5, 2, 2))
        second = np.zeros((*batch, 10, 10, 5, 2, 2))
        for r in range(5):
            first[..., r, r, :, :] = slope[:, None] * sides[..., 1, r, None, :]
            first[..., 5 + r, r, :, :] = sides[..., 0, r, :, None] * slope
            second[..., r, 5 + r, r, :, :] = second[..., 5 + r, r, r, :, :] = np.outer(slope, slope)
        rows, first, second = (
            array.reshape(*array.shape[:-2], 4) for array in (rows, first, second)
        )
        g = self.discount
        inverse = np.linalg.inv(np.eye(4) - g * rows[..., 1:, :])
        values = np.einsum("...st,it->...is", inverse, self.rewards)
        visits = np.einsum("...s,...st->...t", rows[..., 0, :], inverse)
        weights = np.concatenate([np.ones((*batch, 1)), g * visits], -1)  # of the five rows
        losses = np.einsum("...s,...is->...i", rows[..., 0, :], values)
        slopes = np.einsum("...r,...krs,...is->...ik", weights, first, values)
        bends = np.einsum("...r,...klrs,...is->...ikl", weights, second, values)
        after = np.einsum("...r,...krs,...st->...kt", weights, first, inverse)
        back = g * np.einsum("...lts,...is->...ilt", first[..., 1:, :], values)
        cross = np.einsum("...kt,...ilt->...ikl", after, back)
        bends = bends + cross + np.swapaxes(cross, -1, -2)
        # From probabilities to logits, and from the first player's view to each player's own.
        p = moves.reshape(*batch, 10)
        d = p * (1 - p)
        curve = d * (1 - 2 * p)
        bends = bends * d[..., None, :, None] * d[..., None, None, :]
        bends = bends + np.eye(10) * (slopes * curve[..., None, :])[..., None]
        slopes = slopes * d[..., None, :]
        back_place = np.argsort(place)
        bends = bends[..., back_place, :][..., back_place]
        return losses, slopes[..., back_place], bends

    def losses(self, x):
        return self._derivatives(x)[0]

    def loss_jacobian(self, x):
        return self._derivatives(x)[1]

    def gradient(self, x, others=None):
        def own(point):
            slopes = self.loss_jacobian(point)
            return np.concatenate([slopes[..., 0, :5], slopes[..., 1, 5:]], -1)

        if others is None:
            return own(x)
        first = np.concatenate([x[..., :5], others[..., 5:]], -1)
        second = np.concatenate([others[..., :5], x[..., 5:]], -1)
        return np.concatenate([own(first)[..., :5], own(second)[..., 5:]], -1)

    def jacobian(self, x):
        bends = self._derivatives(x)[2]
        return np.concatenate([bends[..., 0, :5, :], bends[..., 1, 5:, :]], -2)

    def take(self, index):
        return self
