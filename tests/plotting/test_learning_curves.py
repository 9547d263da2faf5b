import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from gametools.plotting.learning_curves import LEARNER_STYLES, plot_learning_curves
from gametools.plotting.style import theme


def curves(*labels):
    steps = np.array([0, 1000, 3000])
    parts = [
        pd.DataFrame({"label": label, "step": steps, "iqm": k + steps / 1000,
                      "low": k - 1.0, "high": k + 9.0})
        for k, label in enumerate(labels)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def ax():
    return Figure().add_subplot()


def test_lines_and_bands_are_the_data(ax):
    one, two = plot_learning_curves(curves("matrl", "il-ppo"), ax)
    assert [one.get_label(), two.get_label()] == ["matrl", "il-ppo"]
    np.testing.assert_array_equal(two.get_xydata(), [[0, 1], [1000, 2], [3000, 4]])
    low, high = (f(ax.collections[1].get_paths()[0].vertices[:, 1]) for f in (min, max))
    assert (low, high) == (0.0, 10.0)
    assert ax.get_xlim() == (0, 3000)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("environment steps", "return of an episode")


def test_a_learner_keeps_its_look_whoever_is_beside_it(ax):
    alone, = plot_learning_curves(curves("qmix"), ax)  # fmt: skip
    beside = plot_learning_curves(curves("matrl", "x", "qmix"), ax)[2]
    assert alone.get_color() == beside.get_color() == LEARNER_STYLES["qmix"]["color"]


def test_settings_of_one_learner_share_its_colour_and_differ_in_dashes(ax):
    lines = plot_learning_curves(curves("matrl", "matrl (lr=0.1)", "matrl (released)"), ax)
    assert len({line.get_color() for line in lines}) == 1
    assert len({str(line._unscaled_dash_pattern) for line in lines}) == 3


def test_a_setting_looks_the_same_in_a_panel_that_lacks_another(ax):
    everyone = ["matrl", "matrl (lr=0.1)", "matrl (released)", "someone", "someone else"]
    whole = plot_learning_curves(curves(*everyone), ax)
    few = plot_learning_curves(curves("someone else", "matrl (released)"), ax, labels=everyone)
    for line in few:
        twin = next(other for other in whole if other.get_label() == line.get_label())
        assert line.get_color() == twin.get_color()
        assert line._unscaled_dash_pattern == twin._unscaled_dash_pattern


def test_styles_differ_without_colour_where_colours_are_alike():
    looks = [(style["color"], str(style["linestyle"])) for style in LEARNER_STYLES.values()]
    assert len(set(looks)) == len(looks)


def test_optimum_other_axes_and_keywords(ax):
    frame = curves("matrl").rename(columns={"step": "gradient_steps"})
    line, = plot_learning_curves(
        frame, ax, x="gradient_steps", optimum=8.3, linewidth=4, band_keywords={"alpha": 0.5}
    )  # fmt: skip
    assert ax.get_xlabel() == "gradient steps"
    assert line.get_linewidth() == 4
    assert ax.collections[0].get_alpha() == 0.5
    assert 8.3 in ax.lines[-1].get_ydata()
    assert ax.texts[0].get_text() == "optimum"


def test_black_lines_are_white_on_dark(ax):
    with theme("dark"):
        line, = plot_learning_curves(curves("il-ppo"), ax)  # fmt: skip
    assert to_hex(line.get_color()) == "#ffffff"


def test_bad_frames_are_refused(ax):
    with pytest.raises(ValueError, match=r"`curves` must have columns label, step.*lacks {'low'}"):
        plot_learning_curves(curves("a").drop(columns="low"), ax)
    with pytest.raises(ValueError, match="`curves` must hold one environment"):
        plot_learning_curves(pd.concat([curves("a"), curves("a")]), ax)
