"""What figure 3, Table 1's curves, the matched comparison and the tournament show."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Rectangle

import grid_world_settings
import matched_comparison
import matrl_figure3
import matrl_figure4
import table1_survival
import tournament as tournament_figure
from gametools.plotting.style import policy_colours

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results"


def by_label(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_figure_3_has_the_measured_points_and_distances():
    folder = RESULTS / "matrl_rotational_game"
    curves, rates = (pd.read_csv(folder / f"{name}.csv") for name in ("curves", "rates"))
    measured = rates.set_index("rule")["measured_rate"]
    plane, rules, anchors = matrl_figure3.draw(folder).axes
    for name, (label, _, _) in matrl_figure3.RULES.items():
        own = curves[curves["rule"] == name]
        np.testing.assert_array_equal(by_label(plane)[label].get_xydata(), own[["x0", "x1"]])
        (line,) = (own for text, own in by_label(rules).items() if text.startswith(f"{label}: "))
        np.testing.assert_array_equal(line.get_ydata(), own["distance"])
        assert float(line.get_label().split(": ")[1]) == pytest.approx(measured[name], abs=6e-4)
    for label, line in by_label(anchors).items():
        if not label.startswith("_"):
            anchor, trial = label.split(", ")
            own = curves[curves["rule"] == f"MATRL from {anchor}, trial {trial}"]
            np.testing.assert_array_equal(line.get_ydata(), own["distance"])
    (inset,) = rules.child_axes
    growth = inset.get_lines()[0].get_ydata()
    np.testing.assert_array_equal(growth, by_label(rules)["gradient descent: 1.0002"].get_ydata())
    assert inset.get_ylim()[0] < growth[0] < growth[-1] < inset.get_ylim()[1]
    assert inset.get_yscale() == "linear"
    assert len([line for line in anchors.get_lines() if len(line.get_xdata()) > 10]) == 6
    assert {rules.get_yscale(), anchors.get_yscale()} == {"log"}


def test_figure_3_marks_the_predicted_slopes():
    folder = RESULTS / "matrl_rotational_game"
    predicted = pd.read_csv(folder / "rates.csv").set_index("rule")["predicted_rate"]
    figure = matrl_figure3.draw(folder)
    for ax, names in (
        (figure.axes[1], list(matrl_figure3.RULES)),
        (
            figure.axes[2],
            [f"MATRL from {a}, trial {t}" for a in matrl_figure3.ANCHORS for t in (0.02, 0.06)],
        ),
    ):
        slopes = []
        for line in ax.get_lines():
            if line.get_label() == "_predicted":
                x, y = line.get_data()
                slopes.append((y[-1] / y[0]) ** (1 / (x[-1] - x[0])))
        np.testing.assert_allclose(sorted(slopes), sorted(predicted[names]))
    texts = [text.get_text() for found in figure.legends for text in found.get_texts()]
    assert texts.count("predicted slope") == len(figure.legends) == 2
    assert "predicted, 0.06" in texts


def test_figure_3_has_the_colours_of_figure_2():
    for name, colour in policy_colours().items():
        assert matrl_figure3.ANCHORS[name][0] == colour


def test_survival_curves_are_the_shares():
    curves = pd.read_csv(RESULTS / "matrl_table1" / "curves.csv")
    figure = table1_survival.draw(curves)
    panels = iter(figure.axes)
    for setting in curves["setting"].unique():
        for name in curves["class"].unique():
            ax = next(panels)
            own = curves[(curves["setting"] == setting) & (curves["class"] == name)]
            for rule, line in by_label(ax).items():
                shares = own[own["rule"] == rule]["share"]
                np.testing.assert_allclose(line.get_ydata(), 100 * shares)
            assert len(ax.get_lines()) == own["rule"].nunique()
    assert table1_survival.png(curves) == table1_survival.png(curves)


def test_matched_dots_and_intervals_are_the_differences():
    folder = RESULTS / "matrl_table1"
    figure = matched_comparison.draw(folder)
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert len(names) == 6
    pairs = pd.read_csv(folder / "matched_pairs.csv")
    chosen = pairs[
        (pairs["rule"] == "MATRL") & (pairs["class"] == "cyclic") & (pairs["step_size"] == 0.02)
        & (pairs["payoffs"] == "normal") & (pairs["start"] == "uniform") & (pairs["stay"] == 50)
        & (pairs["budget"] == "1000 evaluations")
    ].iloc[0]  # fmt: skip
    for ax, measure, scale in zip(figure.axes, ("rate", "evaluations"), (100, 1), strict=True):
        boxes = {box.get_label(): box for box in ax.containers}
        assert list(boxes) == ["coordination", "anticoordination", "cyclic"]
        dots, _, (bars,) = boxes["cyclic"]
        assert dots.get_xdata()[-1] == pytest.approx(scale * chosen[f"{measure}_difference"])
        ends = bars.get_segments()[-1][:, 0] / scale
        wanted = chosen[[f"{measure}_difference_low", f"{measure}_difference_high"]]
        np.testing.assert_allclose(ends, wanted.astype(float))
    assert "95% intervals" in figure.legends[0].get_title().get_text()
    released = pd.read_csv(folder / "released_pairs.csv")
    first = released[(released["rule"] == "MATRL") & (released["ensemble"] == "cyclic")].iloc[0]
    dots = figure.axes[0].containers[2][0]
    assert dots.get_xdata()[0] == pytest.approx(100 * first["rate_difference"])


def test_matched_stages_take_one_row_a_class():
    counts = matched_comparison.stages(RESULTS / "matrl_table1").groupby("stage").size()
    assert len(counts) == 6
    assert set(counts) == {3}


@pytest.fixture
def tournament(tmp_path):
    """A small tournament whose picture is known."""
    columns = ["game", "rule", "outcome", "share", "measured_rate", "predicted_rate"]
    rows = [
        ("hill", "Good", "fixed point", 0.3, 0.9, 0.9),
        ("hill", "Good", "fixed point", 0.4, 0.5, 0.51),
        ("hill", "Good", "undecided", 0.3, None, None),
        ("hill", "Bad", "diverged", 1.0, 1.2, 1.1),
    ]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "catalogue.csv", index=False)
    rows = [
        ("cyclic", "Good", "limit cycle", 0.6, None, None),
        ("cyclic", "Good", "fixed point", 0.4, 0.0, 0.0),
        ("cyclic", "Bad", "at rest elsewhere", 1.0, 0.8, 0.8),
        ("cyclic", "Only", "fixed point", 1.0, None, None),
    ]
    frame = pd.DataFrame(rows, columns=["class", *columns[1:]])
    frame.to_csv(tmp_path / "classes_2x2.csv", index=False)
    return tmp_path


def test_the_matrix_shows_the_most_common_ends(tournament):
    matrix = tournament_figure.draw(tournament).axes[0]
    rules = [text.get_text() for text in matrix.get_yticklabels()]
    games = [text.get_text() for text in matrix.get_xticklabels()]
    assert rules == ["Good", "Bad", "Only"]
    assert games == ["hill", "cyclic"]
    cells = {}
    for patch in matrix.patches:
        assert isinstance(patch, Rectangle)
        x, y = patch.get_xy()
        cells[games[round(x)], rules[int(y)]] = to_hex(patch.get_facecolor()).upper()
    colour = {end: look[1] for end, look in tournament_figure.ENDS.items()}
    assert cells == {
        ("hill", "Good"): colour["fixed point"],
        ("hill", "Bad"): colour["diverged"],
        ("cyclic", "Good"): colour["limit cycle"],
        ("cyclic", "Bad"): colour["at rest elsewhere"],
        ("cyclic", "Only"): colour["fixed point"],
    }
    texts = [text.get_text() for text in matrix.texts]
    assert texts == ["70", "d 100", "c 60", "r 100", "100", "(a)"]


def test_rates_stand_beside_each_other(tournament):
    figure = tournament_figure.draw(tournament)
    _, rates, differences = figure.axes
    shown = {c.get_label(): c.get_offsets().data.tolist() for c in rates.collections}
    assert shown == {
        "catalogue": [[0.9, 0.9], [0.51, 0.5], [1.1, 1.2]],
        "2x2 classes": [[0.8, 0.8]],
    }
    found = {c.get_label(): c.get_offsets().data for c in differences.collections}
    np.testing.assert_allclose(found["catalogue"][:, 1], [0, 0.5 / 0.51 - 1, 1.2 / 1.1 - 1])
    assert not rates.get_legend()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(shown)
    for axis in (rates.xaxis, rates.yaxis):
        assert axis.label.get_text().endswith("(factor per update)")


def test_rates_that_differ_are_named(tournament):
    _, rates, differences = tournament_figure.draw(tournament).axes
    names = [[text.get_text() for text in ax.texts] for ax in (rates, differences)]
    assert names == [["Bad\n(hill)"], ["Good\n(hill)", "Bad\n(hill)"]]


def test_every_number_of_the_matrix_is_readable():
    """A contrast of 4.5 is what the web's guidelines ask of small text."""
    for _, colour, ink in tournament_figure.ENDS.values():
        high, low = sorted((luminance(colour) + 0.05, luminance(ink) + 0.05), reverse=True)
        assert high / low > 4.5


def luminance(colour):
    parts = np.array(to_rgb(colour))
    linear = np.where(parts > 0.04045, ((parts + 0.055) / 1.055) ** 2.4, parts / 12.92)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.fixture(params=[1, 2, 3])
def grid_worlds(request, tmp_path):
    """Curves of learners whose numbers of gradient steps are far apart, on some tasks."""
    tasks = ["Checkers", "Switch4, own position", "Switch4, all positions and clock"]
    rows = [
        (task, label, 1000 * k, per * k, k, k - 0.5, k + 0.5, 3, 9.0 if task == tasks[0] else None)
        for task in tasks[: request.param]
        for label, per in (("matrl", 10), ("qmix", 2000))
        for k in range(1, 6)
    ]
    columns = ["task", "label", "step", "gradient_steps", "iqm", "low", "high", "seeds", "optimum"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "curve_intervals.csv", index=False)
    return tmp_path, tasks[: request.param]


def test_learning_curves_of_each_task_stand_side_by_side(grid_worlds):
    folder, tasks = grid_worlds
    figure = matrl_figure4.draw(folder)
    figure.draw_without_rendering()
    above, below = figure.axes[: len(tasks)], figure.axes[len(tasks) :]
    for k, (ax, task) in enumerate(zip(above, tasks, strict=True)):
        assert " ".join(ax.get_title().split()) == f"({'abc'[k]}) {task}"
        assert len([text for text in ax.texts if text.get_text() == "optimum"]) == (k == 0)
    boxes = [ax.title.get_window_extent() for ax in above]
    for left, right in pairwise(boxes):
        assert left.x1 < right.x0
    for ax in below:
        assert ax.get_xscale() == "log"
        assert ax.get_xlim() == (10, 10_000)
    assert len(figure.legends[0].get_texts()) == 2


def test_a_colour_is_a_change_of_settings_and_dashes_are_matrl(grid_worlds):
    folder, tasks = grid_worlds
    path = folder / "curve_intervals.csv"
    curves = pd.read_csv(path)
    team = curves[curves["label"] == "matrl"].assign(label="il-ppo (team reward)")
    pd.concat([curves, team, team.assign(label="matrl (team reward)")]).to_csv(path, index=False)
    figure = grid_world_settings.draw(folder)
    assert len(figure.axes) == len(tasks)
    for k, ax in enumerate(figure.axes):
        lines = {line.get_label(): line for line in ax.lines if line.get_label()[0] != "_"}
        assert list(lines) == ["matrl", "il-ppo (team reward)", "matrl (team reward)"]  # no qmix
        ours, plain, dashed = lines.values()
        assert plain.get_color() == dashed.get_color() != ours.get_color()
        assert plain.get_linestyle() == "-" != dashed.get_linestyle()
        assert ax.get_xlim() == (1000, 5000)
        assert len([text for text in ax.texts if text.get_text() == "optimum"]) == (k == 0)
    assert len(figure.legends[0].get_texts()) == 3


def test_the_tournament_of_the_repository_fills_a_cell_a_pair():
    folder = RESULTS / "rule_tournament"
    pairs = sum(
        len(pd.read_csv(folder / f"{name}.csv")[[column, "rule"]].drop_duplicates())
        for name, column in (("catalogue", "game"), ("classes_2x2", "class"))
    )
    matrix = tournament_figure.draw(folder).axes[0]
    assert len(matrix.patches) == pairs
