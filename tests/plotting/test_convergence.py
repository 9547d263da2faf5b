import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import gametools as gt
from gametools.dynamics import GradientDescent, LookAhead
from gametools.plotting import plot_convergence_curves

CURVES = pd.DataFrame(
    {
        "rule": ["IGA"] * 3 + ["my rule"] * 3,
        "step": [0, 5, 10] * 2,
        "share": [0, 0.5, 0.75, 0, 0.25, 1],
    }
)


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_lines_hold_the_shares_in_percent_and_the_rules_names(ax):
    lines = plot_convergence_curves(CURVES, ax)
    assert lines == list(ax.get_lines())
    assert [line.get_label() for line in lines] == ["IGA", "my rule"]
    for line, percent in zip(lines, ([0, 50, 75], [0, 25, 100]), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [0, 5, 10])
        np.testing.assert_array_equal(line.get_ydata(), percent)


def test_axes_say_what_they_show_and_hold_all_of_it(ax):
    plot_convergence_curves(CURVES, ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("updates", "games converged (%)")
    assert ax.get_xlim() == (0, 10)
    low, high = ax.get_ylim()
    assert low == 0
    assert 100 < high < 110


def test_rules_keep_their_style_and_differ_from_each_other(ax):
    rules = ["IGA", "IGA-PP (0.01)", "IGA-PP (0.02)", "MATRL", "extragradient", "mine", "yours"]
    curves = pd.concat([CURVES[:3].assign(rule=rule) for rule in rules])
    lines = plot_convergence_curves(curves, ax)
    looks = [(line.get_color(), line.get_linestyle(), line.get_alpha()) for line in lines]
    assert len(set(looks)) == len(rules)
    alone = plot_convergence_curves(curves[curves["rule"] == "MATRL"], ax)[0]
    assert alone.get_color() == lines[3].get_color()


def test_keywords_go_over_the_style(ax):
    lines = plot_convergence_curves(CURVES, ax, color="red", linewidth=5)
    assert {(line.get_color(), line.get_linewidth()) for line in lines} == {("red", 5)}


def test_the_current_axes_are_drawn_on_by_default(ax):
    plt.sca(ax)
    plot_convergence_curves(CURVES)
    assert len(ax.get_lines()) == 2


def test_the_curves_of_a_study_are_drawn_as_they_come(ax):
    rules = {"IGA": GradientDescent(0.05), "IGA-PP": LookAhead(0.05)}
    study = gt.run_study(gt.random_2x2("cyclic", size=20, rng=0), rules, steps=50, rng=0)
    lines = plot_convergence_curves(study.curves(), ax)
    for line, rate in zip(lines, study.to_frame()["rate"], strict=True):
        assert line.get_ydata()[-1] == pytest.approx(100 * rate)
        assert len(line.get_xdata()) == 51


def test_curves_are_left_as_they_were(ax):
    before = CURVES.copy()
    plot_convergence_curves(CURVES, ax)
    assert CURVES.equals(before)


def test_a_missing_column_is_named(ax):
    with pytest.raises(ValueError, match="`curves` must have columns rule, step, share; it lacks"):
        plot_convergence_curves(CURVES.drop(columns="share"), ax)


def test_several_criteria_in_one_plot_are_refused(ax):
    with pytest.raises(ValueError, match="`curves` must hold one ensemble, start and criterion"):
        plot_convergence_curves(pd.concat([CURVES, CURVES]), ax)
    assert not ax.get_lines()
