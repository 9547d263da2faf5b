"""Random and structured games of n players, and what may be done to them without changing much."""

import itertools

import numpy as np

import gametools as gt


def normal_game(rng, shape, size=None):
    """Independent standard normal payoffs: one game, or a batch of `size`."""
    batch = () if size is None else (size,)
    return gt.NormalFormGame(rng.normal(size=(*batch, len(shape), *shape)), len(shape))


def permute_players(game, order):
    """The game in which player k is the old player ``order[k]``."""
    payoffs = game.payoffs[list(order)].transpose(0, *(1 + k for k in order))
    return gt.NormalFormGame(payoffs, game.num_players)


def permute_actions(game, orders):
    """The game in which action a of player k is its old action ``orders[k][a]``."""
    payoffs = game.payoffs[np.ix_(range(game.num_players), *orders)]
    return gt.NormalFormGame(payoffs, game.num_players)


def rescale(game, scales, shifts):
    """Each player's payoffs times its scale plus its shift."""
    wide = (-1, *(1 for _ in game.num_actions))
    payoffs = game.payoffs * np.reshape(scales, wide) + np.reshape(shifts, wide)
    return gt.NormalFormGame(payoffs, game.num_players)


def anonymous_game(players, payoff):
    """Two actions each; ``payoff(player, action, share)``, the share of the others on action 0."""
    payoffs = np.zeros((players, *(2,) * players))
    for actions in itertools.product((0, 1), repeat=players):
        first = actions.count(0)
        for player, action in enumerate(actions):
            share = (first - (action == 0)) / (players - 1)
            payoffs[(player, *actions)] = payoff(player, action, share)
    return gt.NormalFormGame(payoffs, players)


def share_gap(game, profile):
    """The largest gain of a player, as a share of its own payoff range."""
    gains = gt.equilibria.deviation_gains(game, profile)
    return float((gains / game.payoff_ranges()).max())


PENNIES = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
SKEWED = gt.NormalFormGame.from_bimatrix([[3, -1], [-1, 1]], [[-1, 1], [1, -1]])
"""Unique equilibrium: (1/2, 1/2) against (1/3, 2/3)."""
SHAPLEY = gt.NormalFormGame.from_bimatrix(
    [[0, 0, 1], [1, 0, 0], [0, 1, 0]], [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
)
"""Unique equilibrium: all actions equally likely; fictitious play cycles around it."""


def mixed_zero_sum(seed=0, actions=6):
    """A zero-sum game with an equilibrium that no double holds exactly."""
    own = np.random.default_rng(seed).normal(size=(actions, actions))
    own -= 3 * np.eye(actions)  # whoever is met at the same action pays for it
    return gt.NormalFormGame.from_bimatrix(own, -own)
