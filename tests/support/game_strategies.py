"""Hypothesis strategies for games, mixed profiles and points in probability coordinates."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import gametools as gt


def payoff_tensors(shape, *, largest=9):
    """Integer payoffs: all sums and differences of a few of them are exact, and ties are common."""
    return arrays(np.float64, shape, elements=st.integers(-largest, largest).map(float))


def games_2x2(*, largest=2):
    """2x2 games, degenerate more often than not."""
    return payoff_tensors((2, 2, 2), largest=largest).map(gt.NormalFormGame)


def generic_games_2x2():
    """2x2 games in which no player is ever indifferent between two pure actions."""

    def without_ties(payoffs):
        row, column = payoffs[0, 0] - payoffs[0, 1], payoffs[1, :, 0] - payoffs[1, :, 1]
        return bool(row.all() and column.all())

    return payoff_tensors((2, 2, 2), largest=20).filter(without_ties).map(gt.NormalFormGame)


def games(*, max_players=4, max_actions=3):
    """Games of one or more players with possibly different numbers of actions."""
    actions = st.lists(st.integers(1, max_actions), min_size=1, max_size=max_players)
    return actions.flatmap(
        lambda sizes: payoff_tensors((len(sizes), *sizes)).map(
            lambda payoffs: gt.NormalFormGame(payoffs, num_players=len(sizes))
        )
    )


def mixed_strategies(actions):
    """Distributions over actions, pure and partly mixed ones included."""
    weights = st.lists(st.integers(0, 5), min_size=actions, max_size=actions)
    return weights.filter(any).map(lambda w: np.array(w) / sum(w))


def profiles(num_actions):
    """A mixed strategy for each player."""
    return st.tuples(*(mixed_strategies(actions) for actions in num_actions))


@st.composite
def games_with_profiles(draw, **limits):
    game = draw(games(**limits))
    return game, draw(profiles(game.num_actions))


def points(players):
    """Points of the unit box, vertices and edges included."""
    coordinate = st.sampled_from([0.0, 1.0, 0.5]) | st.floats(0.0, 1.0)
    return arrays(np.float64, (players,), elements=coordinate)


def positive_scales():
    """Scales of payoffs over twelve orders of magnitude."""
    return st.sampled_from([1e-6, 1e-3, 0.3, 1.0, 7.0, 1e3, 1e6])
