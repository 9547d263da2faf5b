"""Results of solvers: certified, sorted, honest about what is missing."""

import time

import numpy as np
import pytest

import gametools as gt
from gametools.equilibria import SolveStatus
from gametools.equilibria.result import Budget, nash_result

PENNIES = gt.NormalFormGame.from_bimatrix([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
STAG = gt.NormalFormGame.from_bimatrix([[4, 0], [3, 3]], [[4, 3], [0, 3]])
ONE, TWO = np.array([1.0, 0.0]), np.array([0.0, 1.0])
MIXED = np.array([0.75, 0.25])


def pack(game, profiles, **keywords):
    return nash_result(
        game, profiles, method="test", budget=Budget(None), **({"complete": True} | keywords)
    )


def test_profiles_are_sorted_pure_first_and_listed_once():
    result = pack(STAG, [(MIXED, MIXED), (TWO, TWO), (ONE, ONE), (TWO, TWO + 1e-12 * ONE)])
    assert [x.tolist() for x, _ in result.equilibria] == [[1, 0], [0, 1], [0.75, 0.25]]
    assert result.complete
    assert result.status == SolveStatus.COMPLETE


def test_exploitability_is_recomputed_not_believed():
    result = pack(STAG, [(ONE, ONE), (ONE, TWO)])
    assert len(result.equilibria) == 1
    assert not result.complete
    assert result.status == SolveStatus.SOME
    assert "1 profile(s) failed" in result.note


def test_the_certificate_scales_with_the_payoffs():
    off = np.array([0.75 + 1e-6, 0.25 - 1e-6])
    for scale in (1e-9, 1.0, 1e9):
        game = gt.NormalFormGame(STAG.payoffs * scale)
        assert len(pack(game, [(off, off)], tolerance=1e-5).equilibria) == 1
        assert len(pack(game, [(off, off)], tolerance=1e-8).equilibria) == 0


def test_nothing_found_is_a_status_with_a_remedy():
    result = pack(PENNIES, [])
    assert result.status == SolveStatus.NONE
    assert "raise the budget" in result.status
    assert not result.complete
    assert result.to_frame().empty


def test_frame_supports_and_payoffs():
    result = pack(STAG, [(ONE, ONE), (MIXED, MIXED)])
    assert result.supports() == [((0,), (0,)), ((0, 1), (0, 1))]
    np.testing.assert_allclose(result.payoffs(), [[4, 4], [3, 3]])
    frame = result.to_frame()
    assert frame["payoff"].tolist() == [4, 4, 3, 3]
    assert frame["strategy"].tolist()[2] == [0.75, 0.25]


def test_payoffs_of_three_players_by_brute_force():
    rng = np.random.default_rng(0)
    game = gt.NormalFormGame(rng.standard_normal((3, 2, 3, 2)))
    profile = tuple(rng.dirichlet(np.ones(a)) for a in game.num_actions)
    wanted = np.einsum("nabc,a,b,c->n", game.payoffs, *profile)
    from gametools.equilibria.result import expected_payoffs

    np.testing.assert_allclose(expected_payoffs(game, profile), wanted)


def test_budget_is_spent_when_its_time_is_over():
    budget = Budget(0.01)
    assert not Budget(None).spent()
    time.sleep(0.02)
    assert budget.spent()
    with pytest.raises(ValueError, match="`seconds` must be positive; got 0"):
        Budget(0)


def test_auto_says_what_it_picked():
    assert gt.solve(PENNIES).method == "auto: vertex"


@pytest.mark.parametrize(
    ("keywords", "error", "wanted"),
    [
        ({"method": "vertx"}, ValueError, "Did you mean 'vertex'"),
        ({"method": "vertex", "sekonds": 1}, TypeError, "`sekonds` is no option"),
        ({"method": "vertex", "seconds": -1}, ValueError, "`seconds` must be positive"),
    ],
)
def test_bad_arguments_are_named(keywords, error, wanted):
    with pytest.raises(error, match=wanted):
        gt.solve(PENNIES, **keywords)


def test_batches_and_players_are_checked():
    with pytest.raises(ValueError, match="single game"):
        gt.solve(gt.random_2x2("any", size=3, rng=0))
    with pytest.raises(ValueError, match=r"needs two players; got 3\. Use one of .*polynomial"):
        gt.solve(gt.NormalFormGame(np.zeros((3, 2, 2, 2))), method="vertex")


def test_a_budget_shows_its_time_after_a_second_and_takes_the_bar_away(monkeypatch):
    shown = []

    class Bar:
        n = 0.0

        def __init__(self, **options):
            shown.append(options["desc"])

        def update(self, more):
            self.n += more
            shown.append(round(self.n, 6))

        def close(self):
            shown.append("closed")

    now = [100.0]
    monkeypatch.setattr("gametools.equilibria.result.tqdm", Bar)
    monkeypatch.setattr("gametools.equilibria.result.time.monotonic", lambda: now[0])
    budget = Budget(10, "vertices")
    for now[0] in (100.5, 102.0, 105.0):
        assert not budget.spent()
    assert shown == ["vertices", 2.0, 5.0]
    nash_result(PENNIES, [], method="test", complete=False, budget=budget)
    assert shown[-1] == "closed"
    now[0] = 110.0
    assert Budget(10).spent() is False
    assert budget.spent()
