import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import same_color, to_rgb
from matplotlib.patches import FancyArrowPatch

import gametools as gt
from gametools.dynamics import MATRL, matrl_step
from gametools.plotting.matrl import plot_matrl_step, plot_meta_game, plot_trust_regions
from gametools.plotting.style import PLAYER_COLOURS

CHICKEN = gt.named_game("chicken")
PENNIES = gt.named_game("matching_pennies")
RULE = MATRL(0.2, trial_step=0.5, selection="last-listed")
CASES = {  # start: case, rho
    (0.85, 0.3): ("both players", (0, 0)),
    (0.8, 0.9): ("player 1 alone", (0, 1)),
    (0.9, 0.8): ("player 2 alone", (1, 0)),
    (0.9, 0.9): ("neither player", (1 / 3, 1 / 3)),
}


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def corners(patch):
    return np.array(
        [patch.get_xy(), np.add(patch.get_xy(), (patch.get_width(), patch.get_height()))]
    )


class TestStep:
    @pytest.mark.parametrize("start", CASES)
    def test_marks_lie_at_the_four_policies(self, ax, start):
        step = matrl_step(CHICKEN, start, RULE)
        assert str(step.case) == CASES[start][0]
        np.testing.assert_allclose(step.rho, CASES[start][1], atol=1e-12)
        drawn = plot_matrl_step(step, ax)
        for name in ("current", "predicted", "aggregated", "next"):
            np.testing.assert_array_equal(drawn[name].get_xydata(), [getattr(step, name)])
            assert drawn[name] in ax.get_lines()

    @pytest.mark.parametrize("start", CASES)
    def test_the_stable_region_spans_current_and_aggregated(self, ax, start):
        step = matrl_step(CHICKEN, start, RULE)
        ends = corners(plot_matrl_step(step, ax)["stable"])
        np.testing.assert_allclose(ends[0], np.minimum(step.current, step.aggregated))
        np.testing.assert_allclose(ends[1], np.maximum(step.current, step.aggregated))

    def test_improvement_is_the_quadrant_against_the_gradient_within_the_box(self, ax):
        """From (0.85, 0.3) player 1 gains by swerving more, player 2 by less: right, down."""
        drawn = plot_matrl_step(matrl_step(CHICKEN, (0.85, 0.3), RULE), ax)
        np.testing.assert_allclose(corners(drawn["improvement"]), [[0.85, 0], [1, 0.3]])

    def test_improvement_goes_past_the_view_where_there_is_no_box(self, ax):
        spiral = gt.QuadraticGame([[1, 10], [-10, 1]])
        drawn = plot_matrl_step(matrl_step(spiral, [0.5, 0.5], MATRL(0.02)), ax)
        low, high = corners(drawn["improvement"])
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        assert low[0] < left < 0.5 == high[0] < right
        assert bottom < low[1] == 0.5 < top < high[1]

    def test_a_player_at_rest_has_no_improvement(self, ax):
        drawn = plot_matrl_step(matrl_step(PENNIES, [0.3, 0.5], MATRL(0.1)), ax)
        assert drawn["improvement"].get_width() == 0
        assert drawn["improvement"].get_height() == 0.5

    def test_arrows_are_the_trial_and_the_response_from_the_anchor(self, ax):
        rule = MATRL(0.2, 0.5, "aggregated", "last-listed")
        step = matrl_step(CHICKEN, (0.9, 0.8), rule)
        drawn = plot_matrl_step(step, ax)
        for name, tail, head in (
            ("trial", step.current, step.predicted),
            ("response", step.aggregated, step.next),
        ):
            np.testing.assert_array_equal(drawn[name].xy, head)
            np.testing.assert_array_equal(drawn[name].xyann, tail)

    def test_a_step_without_length_has_no_arrow(self, ax):
        drawn = plot_matrl_step(matrl_step(CHICKEN, (1.0, 0.0), RULE), ax)
        assert not {"trial", "response"} & set(drawn)

    def test_a_legend_names_policies_and_regions_once(self, ax):
        plot_matrl_step(matrl_step(CHICKEN, (0.9, 0.9), RULE), ax)
        labels = ax.get_legend_handles_labels()[1]
        assert sorted(labels) == sorted(
            [
                r"current $\pi$",
                r"predicted $\hat\pi$",
                r"aggregated $\bar\pi$",
                r"next $\pi'$",
                "independent improvement",
                "stable trust region",
            ]
        )

    def test_axes_say_what_they_show_and_hold_all_policies(self, ax):
        step = matrl_step(CHICKEN, (0.9, 0.8), RULE)
        plot_matrl_step(step, ax)
        assert ax.get_xlabel() == "player 1's probability of action 1"
        assert ax.get_ylabel() == "player 2's probability of action 1"
        for (low, high), k in ((ax.get_xlim(), 0), (ax.get_ylim(), 1)):
            own = [p[k] for p in (step.current, step.predicted, step.aggregated, step.next)]
            assert low < min(own) < max(own) < high
            assert high - low < 3 * (max(own) - min(own) + 0.1)

    def test_limits_set_before_stay(self, ax):
        ax.plot([0, 1], [0, 1])
        ax.set(xlim=(0, 1), ylim=(0, 1))
        plot_matrl_step(matrl_step(CHICKEN, (0.9, 0.8), RULE), ax)
        assert (ax.get_xlim(), ax.get_ylim()) == ((0, 1), (0, 1))

    def test_any_two_players_may_be_shown(self, ax):
        game = gt.NormalFormGame(np.random.default_rng(0).normal(size=(3, 2, 2, 2)), 3)
        step = matrl_step(game, [0.2, 0.4, 0.6], MATRL(0.1), 0)
        drawn = plot_matrl_step(step, ax, plane=(2, 0))
        np.testing.assert_array_equal(drawn["next"].get_xydata(), [step.next[[2, 0]]])
        assert ax.get_xlabel().startswith("player 3's")

    def test_keywords_go_over_the_style(self, ax):
        step = matrl_step(CHICKEN, (0.9, 0.8), RULE)
        drawn = plot_matrl_step(
            step, ax, region_keywords={"linewidth": 7}, marker_keywords={"markersize": 3}
        )
        assert drawn["stable"].get_linewidth() == drawn["improvement"].get_linewidth() == 7
        assert drawn["next"].get_markersize() == drawn["predicted"].get_markersize() == 3

    def test_the_step_is_left_as_it_was(self, ax):
        step = matrl_step(CHICKEN, (0.9, 0.8), RULE)
        before = {name: np.copy(getattr(step, name)) for name in ("current", "next", "gradient")}
        plot_matrl_step(step, ax)
        for name, value in before.items():
            np.testing.assert_array_equal(getattr(step, name), value)

    def test_no_region_or_policy_has_a_players_colour(self, ax):
        drawn = plot_matrl_step(matrl_step(CHICKEN, (0.85, 0.3), RULE), ax)
        colours = [drawn[name].get_color() for name in ("predicted", "aggregated")]
        colours += [drawn[name].get_facecolor()[:3] for name in ("improvement", "stable")]
        for colour in colours:
            assert not any(same_color(colour, to_rgb(own)) for own in PLAYER_COLOURS[:2])
        assert same_color(drawn["stable"].get_edgecolor()[:3], to_rgb(colours[1]))


class TestTrustRegions:
    @pytest.fixture
    def steps(self):
        points = gt.simulate(PENNIES, MATRL(0.1), [0.9, 0.2], steps=50, rng=0).points
        return matrl_step(PENNIES, points[::5], MATRL(0.1), 0)

    def test_rectangles_and_arrows_start_along_the_path(self, ax, steps):
        regions, arrows = plot_trust_regions(steps, ax)
        assert len(regions.get_paths()) == len(steps.current) == 11
        for path, a, b in zip(regions.get_paths(), steps.current, steps.aggregated, strict=True):
            box = path.get_extents()
            np.testing.assert_allclose(box.min, np.minimum(a, b), atol=1e-15)
            np.testing.assert_allclose(box.max, np.maximum(a, b), atol=1e-15)
        np.testing.assert_array_equal(arrows.XY, steps.current)
        np.testing.assert_array_equal(np.stack([arrows.U, arrows.V], axis=-1), -steps.gradient)

    def test_inside_the_box_arrows_end_at_the_predicted_policies(self, ax, steps):
        _, arrows = plot_trust_regions(steps, ax)
        assert (arrows.angles, arrows.scale_units) == ("xy", "xy")
        ends = arrows.XY + np.stack([arrows.U, arrows.V], axis=-1) / arrows.scale
        np.testing.assert_allclose(ends, steps.predicted, atol=1e-12)

    def test_a_legend_shows_an_arrow_in_the_colour_of_the_arrows(self, ax, steps):
        _, arrows = plot_trust_regions(steps, ax, quiver_keywords={"color": "#123456"})
        legend = ax.legend(handles=[arrows])
        (key,) = legend.findobj(FancyArrowPatch)
        assert same_color(key.get_facecolor(), "#123456")
        assert legend.get_texts()[0].get_text() == arrows.get_label() == "gradient of own payoff"
        other = ax.quiver([0], [0], [1], [1], label="another")
        assert not ax.legend(handles=[other]).findobj(FancyArrowPatch)

    def test_the_view_holds_them_and_a_legend_names_them(self, ax, steps):
        plot_trust_regions(steps, ax)
        low, high = np.transpose([ax.get_xlim(), ax.get_ylim()])
        assert (low < steps.aggregated).all()
        assert (steps.aggregated < high).all()
        assert set(ax.get_legend_handles_labels()[1]) == {
            "stable trust region",
            "gradient of own payoff",
        }

    def test_keywords_go_over_the_style(self, ax, steps):
        regions, arrows = plot_trust_regions(
            steps, ax, region_keywords={"linewidth": 4}, quiver_keywords={"scale": 3}
        )
        assert (regions.get_linewidth()[0], arrows.scale) == (4, 3)

    def test_a_single_update_is_refused(self, ax):
        with pytest.raises(ValueError, match=r"`steps` must be a batch .*got batch \(\)"):
            plot_trust_regions(matrl_step(PENNIES, [0.9, 0.2], MATRL(0.1)), ax)


class TestMetaGame:
    @pytest.mark.parametrize("start", CASES)
    def test_payoffs_stand_at_their_corners_in_their_players_colours(self, ax, start):
        step = matrl_step(CHICKEN, start, RULE)
        texts = plot_meta_game(step, ax)["payoffs"]
        order = [(x, y, player) for x in (0, 1) for y in (0, 1) for player in (0, 1)]
        for text, (x, y, player) in zip(texts, order, strict=True):
            value = float(text.get_text().replace("\N{MINUS SIGN}", "-"))
            assert value == pytest.approx(step.meta.payoffs[player, x, y], rel=5e-3, abs=1e-12)
            assert same_color(text.get_color(), PLAYER_COLOURS[player])
            np.testing.assert_allclose(text.get_position(), (x, y), atol=0.2)

    def test_arrows_of_the_four_cases(self, ax):
        """Against the other's current policy all point to predicted; the rest make the case."""
        heads = {}
        for start, (case, _) in CASES.items():
            arrows = plot_meta_game(matrl_step(CHICKEN, start, RULE), ax)["arrows"]
            moves = [np.sign(np.subtract(arrow.xy, arrow.xyann)).tolist() for arrow in arrows]
            assert moves[0] == [1, 0]
            assert moves[2] == [0, 1]
            assert [arrow.xy[1] for arrow in arrows[:2]] == [0, 1]
            assert [arrow.xy[0] for arrow in arrows[2:]] == [0, 1]
            heads[case] = (moves[1], moves[3])
        assert heads == {
            "both players": ([1, 0], [0, 1]),
            "player 1 alone": ([1, 0], [0, -1]),
            "player 2 alone": ([-1, 0], [0, 1]),
            "neither player": ([-1, 0], [0, -1]),
        }

    def test_who_does_not_care_has_a_line_without_head(self, ax):
        arrows = plot_meta_game(matrl_step(PENNIES, [0.3, 0.5], MATRL(0.1)), ax)["arrows"]
        styles = [type(arrow.arrow_patch.get_arrowstyle()).__name__ for arrow in arrows]
        assert styles == ["Curve", "Curve", "CurveFilledB", "CurveFilledB"]

    @pytest.mark.parametrize("start", CASES)
    def test_the_equilibrium_is_marked_where_it_is(self, ax, start):
        step = matrl_step(CHICKEN, start, RULE)
        (mark,) = plot_meta_game(step, ax)["equilibrium"]
        np.testing.assert_allclose(mark.get_xydata(), [1 - step.rho])
        words = ", ".join(f"{p:.2g}" for p in CASES[start][1])
        assert mark.get_label() == rf"equilibrium $\rho$ = ({words})"

    def test_axes_are_the_players_choices(self, ax):
        plot_meta_game(matrl_step(CHICKEN, (0.9, 0.9), RULE), ax)
        for axis in (ax.xaxis, ax.yaxis):
            assert [label.get_text() for label in axis.get_ticklabels()] == ["current", "predicted"]
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("player 1's policy", "player 2's policy")
        assert ax.get_legend_handles_labels()[1] == [r"equilibrium $\rho$ = (0.33, 0.33)"]

    def test_keywords_go_over_the_style(self, ax):
        drawn = plot_meta_game(
            matrl_step(CHICKEN, (0.9, 0.9), RULE),
            ax,
            arrow_keywords={"linewidth": 5},
            text_keywords={"fontsize": 4},
            markersize=3,
        )
        assert {arrow.arrow_patch.get_linewidth() for arrow in drawn["arrows"]} == {5}
        assert {text.get_fontsize() for text in drawn["payoffs"]} == {4}
        assert drawn["equilibrium"][0].get_markersize() == 3

    def test_three_players_and_batches_are_refused(self, ax):
        three = gt.NormalFormGame(np.zeros((3, 2, 2, 2)), 3)
        for step in (
            matrl_step(three, [0.2, 0.4, 0.6], MATRL(0.1), 0),
            matrl_step(CHICKEN, np.full((4, 2), 0.3), MATRL(0.1), 0),
        ):
            with pytest.raises(ValueError, match="`step` must be a single update of two players"):
                plot_meta_game(step, ax)
        assert not ax.texts


def test_the_current_axes_are_drawn_on_by_default(ax):
    plt.sca(ax)
    step = matrl_step(CHICKEN, (0.9, 0.9), RULE)
    assert plot_matrl_step(step)["next"].axes is ax
    assert plot_meta_game(step)["equilibrium"][0].axes is ax


def test_what_cannot_be_shown_is_refused(ax):
    blocks = gt.QuadraticGame(np.eye(3), dims=(2, 1))
    step = matrl_step(blocks, [0.1, 0.2, 0.3], MATRL(0.1), 0)
    with pytest.raises(ValueError, match=r"`plane` must be the parameters of two players with one"):
        plot_matrl_step(step, ax, plane=(0, 2))
    with pytest.raises(ValueError, match=r"`plane` must be two different coordinates"):
        plot_matrl_step(step, ax, plane=(0, 3))
    with pytest.raises(ValueError, match=r"`step` must be a single update; got batch \(4,\)"):
        plot_matrl_step(matrl_step(CHICKEN, np.full((4, 2), 0.3), RULE), ax)
    assert not ax.has_data()
