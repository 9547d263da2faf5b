"""Every rule on games of other kinds: more players, more actions, other domains."""

import dataclasses

import numpy as np
import pytest
from example_games import IteratedDilemma

import gametools as gt
from gametools.dynamics import (
    LOLA,
    MATRL,
    PHC,
    SOS,
    WPL,
    AlternatingGradient,
    CompetitiveGradient,
    ConsensusOptimization,
    ExploitabilityDescent,
    ExtraGradient,
    FictitiousPlay,
    FirstOrderLookAhead,
    GIGAWoLF,
    GradientDescent,
    Hedge,
    KLBallStep,
    LogitBestResponse,
    LookAhead,
    OptimisticGradient,
    ProximalPoint,
    RegretMatching,
    Replicator,
    SampledRegretMatching,
    SampledWPL,
    Status,
    SymplecticGradient,
    WoLF,
    WoLFPHC,
)
from gametools.dynamics.players import solve
from gametools.dynamics.registry import RULES

EVERYWHERE = [
    GradientDescent(0.05),
    AlternatingGradient(0.05),
    AlternatingGradient(0.05, order="random"),
    LookAhead(0.05),
    FirstOrderLookAhead(0.05),
    ExtraGradient(0.05),
    OptimisticGradient(0.05),
    LOLA(0.05),
    LOLA(0.05, form="sos"),
    SOS(0.05),
    ConsensusOptimization(0.05, 0.2),
    SymplecticGradient(0.05),
    CompetitiveGradient(0.05),
    ProximalPoint(0.05),
    GIGAWoLF(0.05),
    MATRL(0.05, selection="best-total"),
]
ON_STRATEGIES = [
    WPL(0.05),
    ExploitabilityDescent(0.05),
    Replicator(0.2),
    Replicator(0.2, form="euler"),
    LogitBestResponse(0.2, 0.5),
    FictitiousPlay(),
    Hedge(0.2),
    Hedge(0.2, decay=True),
    RegretMatching(),
    RegretMatching(plus=True),
    PHC(0.02),
    WoLFPHC(0.01, 0.04),
    SampledRegretMatching(),
    SampledWPL(0.02),
    KLBallStep(0.01),
    KLBallStep(0.01, "random", "new-old"),
]


def draws(rule):
    sampled = (PHC, WoLFPHC, SampledRegretMatching, SampledWPL)
    return isinstance(rule, sampled) or getattr(rule, "order", "") == "random"


def matrix_games(shape, seed=0):
    return gt.NormalFormGame(np.random.default_rng(seed).normal(size=(6, len(shape), *shape)))


def strategies(shape, size=6, seed=1):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.dirichlet(np.ones(a), size) for a in shape], axis=-1)


def quadratic():
    rng = np.random.default_rng(2)
    h = rng.normal(size=(4, 4))
    h[:2, :2] = h[:2, :2] @ h[:2, :2].T
    h[3, 3] = h[2, 2] = 1.0
    return gt.QuadraticGame(h, rng.normal(size=4), dims=(2, 1, 1))


def common(actions):
    return actions.prod(axis=-1) - (actions**2).sum(axis=-1) / 4


STAGES = {
    "3x4 on the simplex": (gt.SimplexGame(matrix_games((3, 4))), strategies((3, 4))),
    "2x3x2 on the simplex": (gt.SimplexGame(matrix_games((2, 3, 2))), strategies((2, 3, 2))),
    "2x2x2 in probabilities": (
        gt.ProbabilityGame(matrix_games((2, 2, 2))),
        np.random.default_rng(3).random((6, 3)),
    ),
    "3x4 in logits": (
        gt.SoftmaxGame(matrix_games((3, 4))),
        np.random.default_rng(4).normal(size=(6, 7)),
    ),
    "quadratic": (quadratic(), np.random.default_rng(5).normal(size=(6, 4))),
    "normal policies": (
        gt.games.GaussianGame(common, players=3, nodes=6),
        np.random.default_rng(6).normal(size=(6, 3)),
    ),
    "learned deviations": (
        gt.games.GaussianGame(common, players=2, std=None, nodes=7),
        np.random.default_rng(7).normal(size=(6, 4)) / 3,
    ),
    "repeated dilemma": (
        gt.games.RepeatedGame(gt.named_game("prisoners_dilemma"), 0.8, normalised=True),
        np.random.default_rng(8).normal(size=(6, 10)),
    ),
}
MIXED = [name for name in STAGES if "simplex" in name or "probabilities" in name]


def cases():
    for rule in EVERYWHERE:
        yield from ((rule, name) for name in STAGES)
    for rule in ON_STRATEGIES:
        yield from ((rule, name) for name in MIXED)
    for rule in (KLBallStep(0.01), KLBallStep(0.01, "fixed", "new-old")):
        yield from ((rule, name) for name in ("3x4 in logits", "normal policies"))
        yield rule, "learned deviations"
    yield ExploitabilityDescent(0.05), "quadratic"


def test_every_rule_is_played_elsewhere():
    assert {type(rule) for rule, _ in cases()} | {WoLF} == set(RULES.values())


@pytest.mark.parametrize(("rule", "name"), list(cases()), ids=str)
def test_batches_stay_in_the_domain_and_equal_single_games(rule, name):
    game, starts = STAGES[name]
    path = gt.simulate(game, rule, starts, steps=4, rng=0).points
    assert game.domain.contains(path).all()
    assert not np.array_equal(path[0], path[-1])
    if draws(rule):
        # Alone, a game would meet other draws; but it must not matter where the others are.
        moved = starts.copy()
        moved[1:] = starts[:0:-1]
        other = gt.simulate(game, rule, moved, steps=4, rng=0).points
        np.testing.assert_array_equal(other[:, 0], path[:, 0])
        return
    for k in range(2):
        one = game.take(np.array([k])) if game.batch_shape else game
        alone = gt.simulate(one, rule, starts[k : k + 1], steps=4, rng=0).points[:, 0]
        np.testing.assert_allclose(alone, path[:, k], rtol=1e-9, atol=1e-11)


def test_an_update_is_the_same_in_our_and_the_packages_repeated_dilemma():
    stage = gt.NormalFormGame.from_bimatrix([[-1, -3], [0, -2]], [[-1, 0], [-3, -2]])
    theirs = gt.games.RepeatedGame(stage, 0.96)
    x = np.random.default_rng(9).normal(size=(5, 10))
    for rule in EVERYWHERE[:-2]:
        if rule == AlternatingGradient(0.05, order="random"):
            continue
        ours, other = (
            gt.simulate(game, rule, x, steps=3).points[-1] for game in (IteratedDilemma(), theirs)
        )
        np.testing.assert_allclose(ours, other, rtol=1e-8, atol=1e-10, err_msg=repr(rule))


def test_players_with_many_parameters_count_as_one_where_they_are_one():
    # Losses that a change of coordinates within a player splits: rules of gradients commute with
    # rotations of each player's own parameters.
    rng = np.random.default_rng(10)
    h = rng.normal(size=(4, 4))
    h[:2, :2] += h[:2, :2].T
    h[2:, 2:] += h[2:, 2:].T
    turn = np.zeros((4, 4))
    for block in (slice(0, 2), slice(2, 4)):
        turn[block, block] = np.linalg.qr(rng.normal(size=(2, 2)))[0]
    plain = gt.QuadraticGame(h, dims=(2, 2))
    turned = gt.QuadraticGame(turn @ h @ turn.T, dims=(2, 2))
    x = rng.normal(size=4)
    for rule in EVERYWHERE:
        if getattr(rule, "order", "") == "random":
            continue
        before = gt.simulate(plain, rule, x, steps=5, rng=0).points @ turn.T
        after = gt.simulate(turned, rule, turn @ x, steps=5, rng=0).points
        np.testing.assert_allclose(after, before, atol=1e-10, err_msg=repr(rule))


def test_every_order_of_three_players_is_drawn():
    game = gt.QuadraticGame(np.random.default_rng(11).normal(size=(3, 3)) + np.eye(3))
    starts = np.tile([0.3, -0.2, 0.5], (1200, 1))
    after = gt.simulate(game, AlternatingGradient(0.3, "random"), starts, steps=1, rng=0).points[1]
    orders = {
        order: gt.simulate(game, AlternatingGradient(0.3, order), starts[0], steps=1).points[1]
        for order in [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    }
    shares = [np.mean(np.abs(after - end).max(axis=-1) < 1e-12) for end in orders.values()]
    np.testing.assert_allclose(shares, 1 / 6, atol=0.05)


def test_proximal_points_solve_their_equation_on_every_domain():
    for name, (game, starts) in STAGES.items():
        after = gt.simulate(game, ProximalPoint(0.1), starts, steps=1).points[1]
        again = game.domain.project(starts - 0.1 * game.gradient(after))
        np.testing.assert_allclose(after, again, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("step", [0.1, 1.0, 10.0, 100.0])
def test_proximal_points_of_zero_sum_games_are_found_for_every_step(step):
    rng = np.random.default_rng(12)
    row = rng.normal(size=(100, 3, 4))
    game = gt.SimplexGame(gt.NormalFormGame(np.stack([row, -row], axis=1)))
    starts = strategies((3, 4), 100, 13)
    after = gt.simulate(game, ProximalPoint(step), starts, steps=1).points[1]
    again = game.domain.project(starts - step * game.gradient(after))
    np.testing.assert_allclose(after, again, atol=1e-9)
    if step == 100.0:
        # The point is within its own size over the step of an equilibrium.
        gaps = gt.exploitability(game.matrix_game, game.profile(after))
        assert gaps.max() < 2 * np.sqrt(2) / step * 2


def test_a_proximal_point_that_is_not_found_is_reported():
    def gradient(x):
        return np.where(x > 0, -1.0, 1.0) * 10  # jumps across its own solution

    class Jump:
        dims, domain, batch_shape = (1,), gt.games.Euclidean(), ()

        def gradient(self, x, others=None):
            return -gradient(x)

        def jacobian(self, x):
            return np.zeros((*np.shape(x), 1))

        def losses(self, x):
            return 10 * np.abs(x)

        def loss_jacobian(self, x):
            return self.gradient(x)[..., None]

        def take(self, index):
            return self

    with pytest.warns(RuntimeWarning, match=r"no proximal point for 1 of 2 games.*smaller `step`"):
        path = gt.simulate(Jump(), ProximalPoint(0.1), [[0.5], [3.0]], steps=1)
    assert path.status is Status.DIVERGED
    assert np.isnan(path.points[1, 0]).all()
    np.testing.assert_allclose(path.points[1, 1], 2.0)


def test_singular_competitive_steps_are_lost_points_of_their_own_game_only():
    game = gt.QuadraticGame([[0, 1], [1, 0]])
    path = gt.simulate(game, CompetitiveGradient(1.0), [[0.5, 0.4], [0.1, 0.1]], steps=1)
    assert path.status is Status.DIVERGED
    systems = np.array([[[1.0, 1], [1, 1]], [[2, 0], [0, 4]]])
    found = solve(systems, np.array([[1.0, 2], [1, 1]]))
    assert np.isnan(found[0]).all()
    np.testing.assert_array_equal(found[1], [0.5, 0.25])


@pytest.mark.parametrize(
    ("order", "error"),
    [((0, 0), "name every player once"), ("last", "must be one of fixed, random")],
)
def test_orders_that_make_no_sense_are_refused(order, error):
    with pytest.raises(ValueError, match=error):
        AlternatingGradient(0.1, order)


def test_an_order_for_other_players_is_refused():
    with pytest.raises(ValueError, match="`order` must name the game's 2 players; got 3"):
        gt.simulate(gt.QuadraticGame(np.eye(2)), AlternatingGradient(0.1, (0, 1, 2)), [0.1, 0.2])


def test_rules_keep_their_parameters_in_fields():
    for rule in (*EVERYWHERE, *ON_STRATEGIES):
        assert vars(rule).keys() == {field.name for field in dataclasses.fields(rule)}
