import matplotlib.pyplot as plt
import numpy as np
import pytest

import gametools as gt
from gametools.dynamics import MATRL, matrl_step
from gametools.dynamics.field import vector_field
from gametools.plotting.style import PLAYER_COLOURS
from gametools.plotting.surfaces import plot_payoff_surface, plot_policy_pairs

CHICKEN = gt.named_game("chicken")
RULE = MATRL(0.2, trial_step=0.8, selection="last-listed")


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


@pytest.fixture
def solid():
    figure, axes = plt.subplots(subplot_kw={"projection": "3d"})
    yield axes
    plt.close(figure)


@pytest.fixture
def field():
    return vector_field(CHICKEN, shape=(5, 7))


def payoff(player, p, q):
    return np.einsum("ab,a,b->", CHICKEN.payoffs[player], [p, 1 - p], [q, 1 - q])


def is_level(drawn, player):
    """Whether a player's payoff is that of the level all along the borders of the bands."""
    path = drawn.get_paths()[0]  # the band above the only level
    inner = [v for v in path.vertices if 1e-9 < v[0] < 1 - 1e-9 and 1e-9 < v[1] < 1 - 1e-9]
    assert len(inner) > 5
    return np.allclose([payoff(player, *at) for at in inner], drawn.levels[0], atol=0.05)


@pytest.mark.parametrize("player", [0, 1])
def test_contours_are_of_the_payoff_that_is_minus_the_loss(ax, player):
    fine = vector_field(CHICKEN, shape=(41, 41))
    drawn = plot_payoff_surface(fine, player, ax, levels=[3, 10])
    assert is_level(drawn, player)
    assert not is_level(drawn, 1 - player)
    assert ax.get_title() == f"player {player + 1}'s payoff"
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 1), (0, 1))


def test_contours_cover_the_whole_range(ax, field):
    drawn = plot_payoff_surface(field, 0, ax)
    payoffs = -field.losses[..., 0]
    assert drawn.levels[0] <= payoffs.min() < payoffs.max() <= drawn.levels[-1]
    np.testing.assert_allclose(drawn.zmin, 0)
    np.testing.assert_allclose(drawn.zmax, 7)


@pytest.mark.parametrize("player", [0, 1])
def test_the_surface_is_at_the_height_of_the_payoff(monkeypatch, solid, field, player):
    draw, seen = solid.plot_surface, []
    monkeypatch.setattr(solid, "plot_surface", lambda *a, **k: seen.append(a) or draw(*a, **k))
    drawn = plot_payoff_surface(field, player, solid, kind="surface")
    ((x, y, z),) = seen
    assert drawn in solid.collections
    np.testing.assert_allclose(z, np.vectorize(payoff)(player, x, y), atol=1e-12)
    assert (x.shape, x[0, -1], y[0, -1]) == ((5, 7), 1, 0)
    np.testing.assert_allclose(solid.zz_dataLim.intervalx, [0, 7])
    assert solid.get_zlabel() == f"player {player + 1}'s payoff"


@pytest.mark.parametrize("kind", ["contour", "surface"])
def test_axes_say_which_coordinates_they_show(ax, solid, field, kind):
    axes = solid if kind == "surface" else ax
    plot_payoff_surface(field, 0, axes, kind=kind)
    for text, player in ((axes.get_xlabel(), 1), (axes.get_ylabel(), 2)):
        assert text.split() == f"player {player}'s probability of action 1".split()


def test_keywords_go_over_the_style(ax, solid, field):
    assert plot_payoff_surface(field, 0, ax, cmap="plasma").get_cmap().name == "plasma"
    surface = plot_payoff_surface(field, 0, solid, kind="surface", alpha=0.25)
    assert surface.get_alpha() == 0.25


def test_a_surface_makes_its_own_axes_only_in_an_empty_figure(field):
    figure = plt.figure()
    try:
        assert plot_payoff_surface(field, kind="surface").axes.name == "3d"
        assert plot_payoff_surface(field, kind="surface").axes is figure.axes[0]
        assert len(figure.axes) == 1
    finally:
        plt.close(figure)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"player": 2}, "`player` must be below 2; got 2"),
        ({"player": -1}, "`player` must be at least 0"),
        ({"kind": "heatmap"}, "`kind` must be one of contour, surface"),
        ({"kind": "surface"}, '`ax` must be made with projection="3d"'),
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_refused(ax, field, options, message):
    with pytest.raises(ValueError, match=message):
        plot_payoff_surface(field, ax=ax, **options)
    assert not ax.has_data()


class TestPolicyPairs:
    """Figure 1: the own move pays against a fixed opponent; that of both need not."""

    @pytest.mark.parametrize("player", [0, 1])
    def test_marks_lie_at_the_joint_policies_and_say_the_payoffs(self, ax, player):
        step = matrl_step(CHICKEN, [0.8, 0.75], RULE)
        marks = plot_policy_pairs(step, player, ax)[2:]
        (p, q), (p_, q_) = step.current, step.predicted
        own, other = ((p_, q), (p, q_)) if player == 0 else ((p, q_), (p_, q))
        names = ("both current", "own predicted", "other predicted", "both predicted")
        for mark, name, at in zip(marks, names, ((p, q), own, other, (p_, q_)), strict=True):
            np.testing.assert_allclose(mark.get_xydata(), [at])
            assert mark.get_label() == f"{name}: {payoff(player, *at):.3g}"
        assert payoff(player, *own) > payoff(player, p, q) > payoff(player, p_, q_)

    @pytest.mark.parametrize("player", [0, 1])
    def test_lines_are_the_own_move_and_that_of_both(self, ax, player):
        step = matrl_step(CHICKEN, [0.8, 0.75], RULE)
        alone, both = plot_policy_pairs(step, player, ax)[:2]
        moved = np.array(step.current)
        moved[player] = step.predicted[player]
        np.testing.assert_allclose(alone.get_xydata(), [step.current, moved])
        np.testing.assert_allclose(both.get_xydata(), [step.current, step.predicted])
        assert alone.get_color() == both.get_color() == PLAYER_COLOURS[player]
        assert alone.get_linestyle() != both.get_linestyle()

    def test_on_a_surface_they_lie_at_the_height_of_the_payoff(self, solid):
        step = matrl_step(CHICKEN, [0.8, 0.75], RULE)
        for artist in plot_policy_pairs(step, 1, solid):
            for x, y, z in zip(*artist.get_data_3d(), strict=True):
                assert z == pytest.approx(payoff(1, x, y))

    def test_a_legend_names_steps_and_marks(self, ax):
        drawn = plot_policy_pairs(matrl_step(CHICKEN, [0.8, 0.75], RULE), 0, ax)
        handles, labels = ax.get_legend_handles_labels()
        assert handles == drawn
        assert labels[:2] == ["own trial step", "both trial steps"]
        assert [drawn[k].get_linestyle() for k in (0, 1)] == ["-", "--"]

    def test_keywords_go_over_the_style(self, ax):
        step = matrl_step(CHICKEN, [0.8, 0.75], RULE)
        assert plot_policy_pairs(step, 0, ax, markersize=3)[-1].get_markersize() == 3

    def test_batches_and_other_games_are_refused(self, ax):
        blocks = gt.QuadraticGame(np.eye(3), dims=(2, 1))
        single = matrl_step(CHICKEN, [0.8, 0.75], RULE)
        batch = matrl_step(CHICKEN, np.full((4, 2), 0.3), RULE)
        for step, player in (
            (matrl_step(blocks, [0.1, 0.2, 0.3], MATRL(0.1), 0), 0),
            (batch, 0),
            (single, 2),
        ):
            with pytest.raises(ValueError, match="`step` must be a single update of two players"):
                plot_policy_pairs(step, player, ax)
        assert not ax.has_data()
