"""Basins against symmetry, closed forms, and a plain loop."""

import sys

import numpy as np
import pytest

import gametools as gt
from gametools.convergence.basins import Outcome
from gametools.convergence.recurrence import returns
from gametools.dynamics import MATRL, ExtraGradient, GradientDescent, LookAhead

BATTLE, PENNIES = gt.named_game("battle_of_the_sexes"), gt.named_game("matching_pennies")


def test_the_basins_of_a_symmetric_game_are_mirror_images():
    found = gt.basins(BATTLE, GradientDescent(0.02), grid=(40, 40), rng=0)
    first = found.labels[np.argmin(np.abs(found.starts - 1).sum(axis=-1))]
    second = found.labels[np.argmin(found.starts.sum(axis=-1))]
    assert found.targets.point[first].tolist() == [1, 1]
    assert found.targets.point[second].tolist() == [0, 0]
    # The players' roles and names of actions may be exchanged together.
    image = found.image
    mirrored = image.T[::-1, ::-1]
    swapped = np.where(mirrored == first, second, np.where(mirrored == second, first, mirrored))
    ridge = np.isclose(found.starts.sum(axis=-1), 1).reshape(40, 40)  # its own mirror image
    assert (image == swapped)[~ridge].all()


def test_labels_equal_a_plain_loop():
    rule = LookAhead(0.05)
    found = gt.basins(BATTLE, rule, samples=60, steps=600, rng=1)
    for start, label in zip(found.starts, found.labels, strict=True):
        end = gt.simulate(BATTLE, rule, start, steps=600, record=0).points[-1]
        assert np.abs(end - found.targets.point[label]).max() < 1e-3


@pytest.mark.parametrize(("rule", "word"), [
    (GradientDescent(0.05), "limit cycle"),
    (ExtraGradient(0.05), "target 0"),
])  # fmt: skip
def test_pennies_cycle_or_settle(rule, word):
    frame = gt.basins(PENNIES, rule, samples=300, rng=0).to_frame().set_index("outcome")
    assert frame.loc[word, "share"] == 1.0
    low, high = gt.convergence.wilson_interval(300, 300)
    assert frame.loc[word, ["share_low", "share_high"]].tolist() == [low, high]


def test_a_slow_spiral_is_no_cycle():
    found = gt.basins(PENNIES, ExtraGradient(0.005), samples=50, steps=400, rng=0)
    assert (found.labels == Outcome.MOVING).all()
    assert (found.times == 400).all()


def test_a_divergent_start_is_said():
    game = gt.PolynomialGame([{(4, 0): -1, (2, 0): 1}, {(0, 2): 1}])  # a well between two hills
    found = gt.basins(game, GradientDescent(0.1), grid=(20, 5), window=[[-2, 2], [-1, 1]], rng=0)
    inside = np.abs(found.starts[:, 0]) < np.sqrt(0.5)
    assert (found.labels[~inside] == Outcome.DIVERGED).all()
    assert (found.labels[inside] >= 0).all()
    assert set(map(tuple, found.targets.point[np.unique(found.labels[inside])].round(6))) == {
        (0.0, 0.0)
    }


class Ridge:
    """From 0 down one side without end, ever faster; on the other side NaN begins at 1."""

    dims, domain, batch_shape = (1, 1), gt.games.Euclidean(), ()

    def losses(self, x):
        return np.zeros(np.shape(x))

    def gradient(self, x, others=None):
        first, second = np.moveaxis(np.asarray(x), -1, 0)
        slope = np.where(first > 1, np.nan, np.where(first < 0, -first, -1.0))
        return np.stack([slope, second], axis=-1)

    def jacobian(self, x):
        return np.broadcast_to(np.eye(2), (*np.shape(x), 2))

    def loss_jacobian(self, x):
        return np.zeros((*np.shape(x), 2))

    def take(self, index):
        return self


@pytest.mark.parametrize("steps", [60, 400])  # in the tail, and long before it
def test_a_game_that_is_nan_is_told_from_divergence_and_both_are_dated(steps):
    rule = GradientDescent(0.5)
    found = gt.basins(Ridge(), rule, grid=(20, 5), targets=[[0.5, 0.0]], steps=steps, rng=0)
    wanted = np.where(found.starts[:, 0] < 0, Outcome.DIVERGED, Outcome.NOT_FINITE)
    np.testing.assert_array_equal(found.labels, wanted)
    alone = gt.simulate(Ridge(), rule, found.starts, steps=steps)
    np.testing.assert_array_equal(found.times, alone.diverged_at)
    assert "50.0% diverged, 50.0% the game is NaN or infinite" in repr(found)
    assert set(found.to_frame()["outcome"]) == {
        "target 0", "diverged", "the game is NaN or infinite",
    }  # fmt: skip


def test_beyond_the_safe_step_is_no_longer_still_moving():
    spiral = gt.named_differentiable_game("rotational")
    found = gt.basins(spiral, GradientDescent(0.1), grid=(20, 20), steps=1000, rng=0)
    assert found.share(Outcome.DIVERGED) == 1.0
    assert found.times.max() < 100


def test_rest_where_no_target_is():
    found = gt.basins(BATTLE, GradientDescent(0.05), samples=100, targets=[[1.0, 1.0]], rng=0)
    assert set(found.labels) == {0, int(Outcome.REST)}
    ends = found.labels == 0
    assert found.share(0) == ends.mean()


def test_a_saddle_is_not_arrived_at_by_passing():
    # Every start passes or begins near the mixed equilibrium, and all but its ridge go on.
    targets = [[2 / 3, 1 / 3], [1, 1], [0, 0]]
    near = gt.basins(BATTLE, GradientDescent(0.05), samples=200, targets=targets, tolerance=0.4,
                     rng=0)  # fmt: skip
    assert (near.labels != 0).all()


def test_a_point_that_starts_on_the_saddle_rests_there():
    found = gt.basins(BATTLE, GradientDescent(0.05), grid=(3, 3), rng=0)
    saddle = int(np.argmin(np.abs(found.targets.point - [2 / 3, 1 / 3]).sum(axis=-1)))
    assert not np.any(found.labels == saddle)  # no cell centre is on it
    chicken = gt.basins(gt.named_game("chicken"), GradientDescent(0.05), grid=(3, 3), rng=0)
    diagonal = chicken.image.diagonal()
    kinds = chicken.targets.kind[diagonal]
    assert (kinds == "strict saddle").all()  # the ridge p = q leads to it


def test_chunks_and_seeds_change_nothing(monkeypatch):
    whole = gt.basins(BATTLE, LookAhead(0.05), grid=(30, 30), steps=300, rng=2)
    # The package exports a function of the same name as the module.
    monkeypatch.setattr(sys.modules["gametools.convergence.basins"], "_CHUNK", 97)
    parts = gt.basins(BATTLE, LookAhead(0.05), grid=(30, 30), steps=300, rng=2)
    np.testing.assert_array_equal(whole.labels, parts.labels)
    one, two = (gt.basins(BATTLE, MATRL(0.05), samples=200, rng=5) for _ in range(2))
    np.testing.assert_array_equal(one.labels, two.labels)
    np.testing.assert_array_equal(one.starts, two.starts)


def test_simplices_take_samples():
    rps = gt.named_game("rock_paper_scissors")
    found = gt.basins(rps, ExtraGradient(0.1), samples=60, rng=0)
    assert (found.labels == 0).all()
    with pytest.raises(ValueError, match="`samples` must say how many"):
        gt.basins(rps, ExtraGradient(0.1), rng=0)
    with pytest.raises(ValueError, match="no `image`"):
        _ = found.image


def test_the_frame_and_the_text():
    found = gt.basins(BATTLE, GradientDescent(0.05), grid=(10, 20), rng=0)
    frame = found.to_frame()
    assert frame["starts"].sum() == 200
    assert np.isnan(frame["share_low"]).all()
    assert found.image.shape == (10, 20)
    assert "10x20 grid" in repr(found)
    assert (found.times <= found.steps).all()


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"grid": (3, 3), "samples": 5}, "exclude each other"),
        ({"grid": (3,)}, "`grid` must have 2 numbers"),
        ({"grid": (0, 3)}, "`grid` must be at least 1"),
        ({"samples": 0}, "`samples` must be at least 1"),
        ({"steps": 1}, "`steps` must be at least 2"),
        ({"tolerance": 0}, "`tolerance` must be positive"),
        ({"targets": [[2.0, 0.0]]}, "`point` must lie in Box"),
    ],
)
def test_bad_input_is_named(changes, wanted):
    with pytest.raises(ValueError, match=wanted):
        gt.basins(BATTLE, GradientDescent(0.1), **changes)
    with pytest.raises(ValueError, match="`window` must be"):
        gt.basins(gt.QuadraticGame(np.eye(2)), GradientDescent(0.1), window=(1, -1))
    with pytest.raises(ValueError, match="`game` must be a single game"):
        gt.basins(gt.random_2x2("any", size=2, rng=0), GradientDescent(0.1))


def orbits():
    t = np.arange(400.0)[:, None]
    circle = np.stack([np.cos(0.1 * t), np.sin(0.1 * t)], axis=-1)
    return {
        "circle": circle,
        "spiral in": circle * 0.999 ** t[..., None],
        "spiral out": circle * 1.001 ** t[..., None],
        "line": np.stack([t, t], axis=-1) * 1e-3,
        "rest": np.full((400, 1, 2), 0.3),
        "two points": np.where(t % 2 == 0, 0.0, 1.0)[..., None] * np.ones(2),
        "tiny circle": circle * 1e-6,
        "slow circle": np.stack([np.cos(0.01 * t), np.sin(0.01 * t)], axis=-1),
    }


@pytest.mark.parametrize("name", orbits())
def test_what_recurs(name):
    wanted = name in {"circle", "two points"}
    assert returns(orbits()[name], 1e-3).tolist() == [wanted]
