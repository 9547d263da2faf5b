"""The named games: as printed in their sources, and with the properties they are known for."""

import itertools
import json

import numpy as np
import pytest
from reference_files import FOLDER, nfg_files

import gametools as gt
from gametools.games import NAMED_GAMES, catalogue_frame

PURE_EQUILIBRIA = {
    "prisoners_dilemma": [(1, 1)],
    "drima_prisoners_dilemma": [(1, 1)],
    "matching_pennies": [],
    "stag_hunt": [(0, 0), (1, 1)],
    "chicken": [(0, 1), (1, 0)],
    "battle_of_the_sexes": [(0, 0), (1, 1)],
    "zero_2x2": 4,
    "rock_paper_scissors": [],
    "good_rock_paper_scissors": [],
    "bad_rock_paper_scissors": [],
    "shapley_1964": [],
    "climbing": [(0, 0), (1, 1)],
    "penalty": [(0, 0), (1, 1), (2, 2)],
    "maintain": [(1, 1), (2, 2)],
    "hunting": [(0, 1)],
    "collection": [(0, 0)],
    "zeeman": [(0, 0)],
    "coordination_3": [(0, 0), (1, 1), (2, 2)],
    "shapley_1974": [(2, 2)],
    "winkels_1979": 2,
    "von_stengel_1997": 2,
    "savani_von_stengel_2006": 2,
    "kreps_wilson_1982": [(0, 0), (2, 1)],
    "burning_a_dollar": 4,
    "mixed_dominance": [],
    "dominated_equilibrium": [(0, 0), (1, 1), (2, 2)],
    "degenerate_3x3_a": 3,
    "degenerate_3x3_b": 4,
    "random_8x8": 3,
    "mckelvey_mclennan": 4,
    "nau_2004_section_4": [],
    "nau_2004_section_5": 3,
    "jordan_matching_pennies": [],
    "minority_3": 6,
    "gambit_3x3x3": 2,
    "gambit_2x2x2x2": 2,
    "van_der_laan": [],
    "pigou_4": 5,
    "two_halves": 8,
    "el_farol": 10,
}
FILES = {
    "6x6_game_with_75_eq": "von_stengel_1997",
    "6x6_game_with_75_eq_small_payoffs": "savani_von_stengel_2006",
    "2x2x2": "mckelvey_mclennan",
    "2x2x2x2": "gambit_2x2x2x2",
    "3x3x3": "gambit_3x3x3",
    "8x8": "random_8x8",
    "coord3": "coordination_3",
    "deg1": "degenerate_3x3_a",
    "deg2": "degenerate_3x3_b",
    "e04": "kreps_wilson_1982",
    "g3": "van_der_laan",
    "mixdom2": "mixed_dominance",
    "nau2004_sec4": "nau_2004_section_4",
    "nau2004_sec5": "nau_2004_section_5",
    "perfect1": "dominated_equilibrium",
    "sh3": "shapley_1974",
    "shapley1974_fig3": "shapley_1974",
    "vd": "burning_a_dollar",
    "winkels": "winkels_1979",
    "zero": "zero_2x2",
}


def payoffs(name):
    return gt.named_game(name).payoffs


def pure_equilibria(game):
    """All of them, by asking each player about each deviation."""
    found = []
    for profile in itertools.product(*map(range, game.num_actions)):
        deviations = (
            game.payoffs[(i, *profile[:i], action, *profile[i + 1 :])]
            <= game.payoffs[(i, *profile)]
            for i in range(game.num_players)
            for action in range(game.num_actions[i])
        )
        if all(deviations):
            found.append(profile)
    return found


def test_every_game_is_checked_here():
    assert list(PURE_EQUILIBRIA) == list(NAMED_GAMES)


@pytest.mark.parametrize(("name", "wanted"), PURE_EQUILIBRIA.items(), ids=NAMED_GAMES)
def test_pure_equilibria(name, wanted):
    found = pure_equilibria(gt.named_game(name))
    assert (len(found) if isinstance(wanted, int) else found) == wanted


@pytest.mark.skipif(not nfg_files(), reason="the reference files are not here")
@pytest.mark.parametrize("path", nfg_files(), ids=lambda path: path.stem)
def test_reference_games_are_in_the_catalogue(path):
    name = FILES[path.stem]
    np.testing.assert_array_equal(payoffs(name), gt.read_game(path).payoffs)
    known = json.loads((FOLDER / "expected.json").read_text())[path.stem]
    if "pure" in known:
        assert len(pure_equilibria(gt.named_game(name))) == known["pure"]


def test_the_frame_names_shape_and_source_of_each():
    frame = catalogue_frame()
    assert list(frame.columns) == ["name", "players", "actions", "source", "shows"]
    assert tuple(frame["name"]) == NAMED_GAMES
    for row in frame.itertuples():
        game = gt.named_game(row.name)
        assert row.players == game.num_players
        assert row.actions == "x".join(map(str, game.num_actions))
        assert len(row.source) > 10
        assert len(row.shows) > 10


def test_an_unknown_name_is_corrected():
    with pytest.raises(ValueError, match="Did you mean 'matching_pennies'"):
        gt.named_game("matching_penny")


SYMMETRIC = ["prisoners_dilemma", "stag_hunt", "chicken", "rock_paper_scissors", "zeeman"]
SYMMETRIC += ["good_rock_paper_scissors", "bad_rock_paper_scissors", "drima_prisoners_dilemma"]
SYMMETRIC += ["minority_3", "pigou_4", "el_farol"]


@pytest.mark.parametrize("name", SYMMETRIC)
def test_symmetric_games(name):
    game = gt.named_game(name)
    for i, j in itertools.combinations(range(game.num_players), 2):
        np.testing.assert_array_equal(game.payoffs[i].swapaxes(i, j), game.payoffs[j])


ZERO_SUM = ["matching_pennies", "rock_paper_scissors", "mixed_dominance"]


@pytest.mark.parametrize("name", ZERO_SUM)
def test_zero_sum_games(name):
    assert not payoffs(name).sum(axis=0).any()


@pytest.mark.parametrize("name", ["climbing", "penalty", "two_halves"])
def test_common_interest_games(name):
    assert (payoffs(name) == payoffs(name)[0]).all()


UNIFORM = ["matching_pennies", "rock_paper_scissors", "good_rock_paper_scissors"]
UNIFORM += ["bad_rock_paper_scissors", "shapley_1964", "zeeman", "jordan_matching_pennies"]


@pytest.mark.parametrize("name", UNIFORM)
def test_the_uniform_mixture_is_an_equilibrium(name):
    game = gt.named_game(name)
    profile = [np.full(a, 1 / a) for a in game.num_actions]
    assert gt.exploitability(game, profile) == pytest.approx(0, abs=1e-15)


def replicator_eigenvalues(matrix):
    """Of one-population replicator dynamics at the uniform mixture, by central differences."""

    def velocity(x):
        return x * (matrix @ x - x @ matrix @ x)

    n, width = len(matrix), 1e-6
    columns = [
        (velocity(1 / n + width * e) - velocity(1 / n - width * e)) / (2 * width) for e in np.eye(n)
    ]
    tangent = np.linalg.svd(np.ones((1, n)))[2][1:]
    return np.linalg.eigvals(tangent @ np.array(columns).T @ tangent.T)


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("good_rock_paper_scissors", -1),
        ("rock_paper_scissors", 0),
        ("bad_rock_paper_scissors", 1),
        ("zeeman", -1),
    ],
)
def test_where_replicator_dynamics_go(name, sign):
    parts = replicator_eigenvalues(payoffs(name)[0]).real
    assert (np.sign(np.round(parts, 6)) == sign).all()


def test_zeemans_mixture_is_not_evolutionarily_stable():
    matrix, x = payoffs("zeeman")[0], np.full(3, 1 / 3)
    mutants = np.random.default_rng(0).dirichlet(np.ones(3), 100)
    assert any(y @ matrix @ y >= x @ matrix @ y for y in mutants)


def test_the_irrational_equilibrium():
    q = (np.sqrt(601) - 13) / 24
    p, r = (9 * q - 1) / (7 * q + 2), (2 - 3 * q) / (q + 1)
    profile = [(p, 1 - p), (q, 1 - q), (r, 1 - r)]
    assert gt.exploitability(gt.named_game("nau_2004_section_4"), profile) < 1e-14


def test_the_worst_equilibrium_of_pigous_game_costs_a_third_more():
    game = gt.named_game("pigou_4")
    cost = -game.payoffs.sum(axis=0)
    worst = max(cost[profile] for profile in pure_equilibria(game))
    assert worst / cost.min() == pytest.approx(4 / 3)


def test_best_shared_policy_of_two_halves():
    reward = payoffs("two_halves")[0]
    p = np.linspace(0, 1, 1001)
    earned = sum(
        np.prod([p if action == 0 else 1 - p for action in profile], axis=0)
        for profile in np.argwhere(reward == 1)
    )
    assert earned.max() == pytest.approx(1 / 8)


def test_mixed_dominance_has_no_action_dominated_by_a_pure_one():
    game = payoffs("mixed_dominance")
    for matrix in (game[0], game[1].T):
        for one, other in itertools.permutations(range(4), 2):
            assert (matrix[one] > matrix[other]).any()
    assert (0.5 * (game[0][1] + game[0][3]) > game[0][0]).all()


def test_two_player_games_of_drima_have_their_best_totals_off_equilibrium():
    best = {"maintain": (20, 15), "hunting": (15, -5), "collection": (20, 0)}
    best["drima_prisoners_dilemma"] = (10, 10)
    for name, pair in best.items():
        game = gt.named_game(name)
        profile = np.unravel_index(game.payoffs.sum(axis=0).argmax(), game.num_actions)
        assert tuple(game.payoffs[(slice(None), *profile)]) == pair
        assert tuple(map(int, profile)) not in pure_equilibria(game)
