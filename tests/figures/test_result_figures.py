"""What figure 3, Table 1's curves, the matched comparison and the tournament show."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

import matched_comparison
import matrl_figure3
import table1_survival
import tournament as tournament_figure

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results"


def by_label(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_figure_3_has_the_measured_points_and_distances():
    folder = RESULTS / "matrl_rotational_game"
    curves = pd.read_csv(folder / "curves.csv")
    plane, rules, anchors = matrl_figure3.draw(folder).axes
    for name, (label, _, _) in matrl_figure3.RULES.items():
        own = curves[curves["rule"] == name]
        np.testing.assert_array_equal(by_label(plane)[label].get_xydata(), own[["x0", "x1"]])
        np.testing.assert_array_equal(by_label(rules)[label].get_ydata(), own["distance"])
    for label, line in by_label(anchors).items():
        if not label.startswith("_"):
            anchor, trial = label.split(", ")
            own = curves[curves["rule"] == f"MATRL from {anchor}, trial {trial}"]
            np.testing.assert_array_equal(line.get_ydata(), own["distance"])
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
    assert "predicted slope" in texts
    assert "predicted, 0.06" in texts


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
    _, rates, differences = tournament_figure.draw(tournament).axes
    shown = {c.get_label(): c.get_offsets().data.tolist() for c in rates.collections}
    assert shown == {
        "catalogue": [[0.9, 0.9], [0.51, 0.5], [1.1, 1.2]],
        "2x2 classes": [[0.8, 0.8]],
    }
    found = {c.get_label(): c.get_offsets().data for c in differences.collections}
    np.testing.assert_allclose(found["catalogue"][:, 1], [0, 0.5 / 0.51 - 1, 1.2 / 1.1 - 1])


def test_the_tournament_of_the_repository_fills_a_cell_a_pair():
    folder = RESULTS / "rule_tournament"
    pairs = sum(
        len(pd.read_csv(folder / f"{name}.csv")[[column, "rule"]].drop_duplicates())
        for name, column in (("catalogue", "game"), ("classes_2x2", "class"))
    )
    matrix = tournament_figure.draw(folder).axes[0]
    assert len(matrix.patches) == pairs
