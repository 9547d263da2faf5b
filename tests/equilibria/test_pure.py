import itertools

import numpy as np
import pytest
from game_strategies import games, positive_scales
from hypothesis import given
from hypothesis import strategies as st
from n_player_games import normal_game, permute_actions, permute_players

import gametools as gt
from gametools.equilibria.pure import pure_equilibria, pure_profiles
from gametools.equilibria.result import SolveStatus


def literal_pure(game):
    """Profiles from which no single deviation pays, one by one."""
    found = []
    for place in itertools.product(*(range(a) for a in game.num_actions)):
        stays = True
        for player, actions in enumerate(game.num_actions):
            for action in range(actions):
                other = (*place[:player], action, *place[player + 1 :])
                stays &= game.payoffs[(player, *other)] <= game.payoffs[(player, *place)]
        if stays:
            found.append(place)
    return found


@given(games())
def test_it_is_what_no_single_deviation_improves(game):
    found = [tuple(place) for place in np.argwhere(pure_profiles(game)).tolist()]
    assert found == literal_pure(game)


@given(games(), positive_scales(), st.integers(-50, 50))
def test_ties_stay_ties_in_other_units(game, scale, shift):
    moved = gt.NormalFormGame(scale * (game.payoffs + shift), game.num_players)
    np.testing.assert_array_equal(pure_profiles(moved), pure_profiles(game))


def test_a_tie_that_rounding_breaks_is_a_tie_and_a_small_difference_is_not():
    third = 0.1 + 0.2  # not 0.3
    tied = gt.NormalFormGame.from_bimatrix([[third, 0], [0.3, 1]], [[1, 0], [1, 0]])
    assert pure_profiles(tied).tolist() == [[True, False], [True, False]]
    strict = gt.NormalFormGame.from_bimatrix([[0.3 + 1e-9, 0], [0.3, 1]], [[1, 0], [1, 0]])
    assert pure_profiles(strict).tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize("shape", [(4,), (3, 5), (2, 3, 4), (2, 2, 2, 2)], ids=str)
def test_batched_equals_looped(shape):
    games = normal_game(np.random.default_rng(shape), shape, size=30)
    expected = np.array([pure_profiles(games[k]) for k in range(30)])
    np.testing.assert_array_equal(pure_profiles(games), expected)


@pytest.mark.parametrize("seed", range(5))
def test_it_follows_permutations(seed):
    rng = np.random.default_rng(seed)
    game = normal_game(rng, (2, 3, 4))
    orders = [rng.permutation(a) for a in game.num_actions]
    found = pure_profiles(game)
    np.testing.assert_array_equal(
        pure_profiles(permute_actions(game, orders)), found[np.ix_(*orders)]
    )
    players = rng.permutation(3)
    np.testing.assert_array_equal(
        pure_profiles(permute_players(game, players)), found.transpose(players)
    )


def test_each_profile_is_certified_and_matching_pennies_has_none():
    game = normal_game(np.random.default_rng(2), (3, 3, 3))
    found = pure_equilibria(game)
    assert len(found.equilibria) == len(literal_pure(game))
    assert found.exploitability.max() == 0
    pennies = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
    none = pure_equilibria(pennies)
    assert none.equilibria == []
    assert none.status == SolveStatus.NONE
    assert not none.complete
    assert "0 pure of 4 profiles" in none.note


def test_it_is_complete_where_dominance_leaves_one_profile_and_nowhere_else():
    # The third row goes first, then the third column, then the second row, then the second column.
    row, column = [[3, 2, 0], [2, 1, 9], [1, 0, 1]], [[2, 1, 0], [2, 3, 0], [0, 0, 9]]
    solvable = gt.NormalFormGame.from_bimatrix(row, column)
    assert pure_equilibria(solvable).complete
    assert pure_equilibria(solvable).supports() == [((0,), (0,))]
    stag_hunt = gt.NormalFormGame.from_bimatrix([[4, 0], [3, 3]], [[4, 3], [0, 3]])
    found = pure_equilibria(stag_hunt)
    assert len(found.equilibria) == 2
    assert not found.complete
    weak = gt.NormalFormGame.from_bimatrix([[1, 1], [1, 0]], [[1, 0], [1, 0]])
    assert not pure_equilibria(weak).complete


def test_one_player_picks_the_best():
    game = gt.NormalFormGame([[1.0, 5.0, 2.0]], 1)
    found = pure_equilibria(game)
    assert found.supports() == [((1,),)]
    assert found.complete


def test_a_batch_is_refused_and_the_game_is_left_as_it_was():
    batch = normal_game(np.random.default_rng(0), (2, 2), size=3)
    with pytest.raises(ValueError, match=r"`game` must be a single game.*\(3,\).*pure_profiles"):
        pure_equilibria(batch)
    with pytest.raises(ValueError, match="`seconds` must be positive"):
        pure_equilibria(batch[0], seconds=0)
