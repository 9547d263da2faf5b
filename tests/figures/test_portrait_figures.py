"""What figures 1, 2 and 7 and the classes show is what the results say."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PatchCollection
from matplotlib.colors import same_color, to_rgb
from matplotlib.quiver import Quiver

import matrl_figure1
import matrl_figure2
import matrl_figure7
import two_by_two_classes
from gametools.plotting import PLAYER_COLOURS

FOLDER = Path(__file__).resolve().parents[2] / "results" / "portraits"
STEPS = pd.read_csv(FOLDER / "steps.csv")
PATHS = pd.read_csv(FOLDER / "trajectories.csv")
REST = pd.read_csv(FOLDER / "fixed_points.csv")


def of(frame, picture):
    return frame[frame["picture"] == picture]


def lines(ax, label):
    return [line for line in ax.get_lines() if line.get_label() == label]


def legend(figure):
    (found,) = figure.legends
    return [text.get_text() for text in found.get_texts()]


def test_figure_1_marks_the_payoffs_of_the_four_pairs():
    figure = matrl_figure1.draw(FOLDER)
    for ax, (_, row) in zip(figure.axes, of(STEPS, "figure 1").iterrows(), strict=True):
        entries = [text.get_text() for text in ax.get_legend().get_texts()]
        gains = [0.0, row["meta0_10"], row["meta0_01"], row["meta0_11"]]
        assert [entry for entry in entries if ":" not in entry] == [
            "own trial step",
            "both trial steps",
        ]
        entries = [entry for entry in entries if ":" in entry]
        order = ["both current", "own predicted", "other predicted", "both predicted"]
        entries.sort(key=lambda entry: order.index(entry.split(":")[0]))
        shown = [float(entry.split(": ")[1]) for entry in entries]
        np.testing.assert_allclose(shown, -row["losses0"] + np.array(gains), atol=0.006)
        mark = lines(ax, entries[3])[0]
        x, y, z = (float(np.ravel(part)[0]) for part in mark.get_data_3d())
        np.testing.assert_allclose([x, y], row[["predicted0", "predicted1"]].tolist())
        assert z == pytest.approx(-row["losses0"] + row["meta0_11"])
        assert ax.get_zlabel() == "player 1's payoff"


def test_figure_2_has_the_four_policies_of_each_case():
    figure = matrl_figure2.draw(FOLDER)
    own = of(STEPS, "figure 2")
    above, below = figure.axes[: len(own)], figure.axes[len(own) :]
    for ax, (_, row) in zip(above, own.iterrows(), strict=True):
        for name in ("current", "predicted", "aggregated", "next"):
            (mark,) = (line for line in ax.get_lines() if line.get_label().startswith(name))
            place = np.ravel(mark.get_data())
            np.testing.assert_allclose(place, row[[f"{name}0", f"{name}1"]].tolist())
    titles = [ax.get_title() for ax in above]
    assert titles == [
        "(a) both still gain", "(b) player 1 still gains", "(c) player 2 still gains",
        "(d) neither still gains",
    ]  # fmt: skip
    for ax, (_, row) in zip(below, own.iterrows(), strict=True):
        (star,) = (line for line in ax.get_lines() if line.get_marker() == "*")
        np.testing.assert_allclose(np.ravel(star.get_data()), [1 - row["rho0"], 1 - row["rho1"]])
    assert [entry.split(" ")[0] for entry in legend(figure)] == [
        "independent", "stable", "current", "predicted", "aggregated", "next",
    ]  # fmt: skip


def test_no_number_of_a_meta_game_leaves_its_panel():
    figure = matrl_figure2.draw(FOLDER)
    figure.draw_without_rendering()
    for ax in figure.axes[4:]:
        frame = ax.get_window_extent()
        for text in ax.texts:
            box = text.get_window_extent()
            assert frame.x0 <= box.x0
            assert box.x1 <= frame.x1


def test_figure_7_follows_matrl_with_its_trust_regions():
    figure = matrl_figure7.draw(FOLDER)
    own = of(PATHS, "figure 7")
    for ax, (game, path) in zip(figure.axes, own.groupby("game", sort=False), strict=True):
        (line,) = lines(ax, "MATRL")
        np.testing.assert_array_equal(line.get_xydata(), path[["x0", "x1"]])
        (regions,) = (c for c in ax.collections if isinstance(c, PatchCollection))
        taken = of(STEPS, "figure 7")
        taken = taken[(taken["game"] == game) & (taken["update"] % matrl_figure7.EVERY == 0)]
        taken = taken[taken["update"] <= matrl_figure7.LAST]
        taken = taken[~taken["case"].str.startswith("a tie")]
        assert len(regions.get_paths()) == len(taken) >= 4
        for shape, (_, row) in zip(regions.get_paths(), taken.iterrows(), strict=True):
            corners = np.array([row[["current0", "current1"]], row[["aggregated0", "aggregated1"]]])
            found = shape.get_extents().get_points()
            np.testing.assert_allclose(found, np.sort(corners.astype(float), axis=0), atol=1e-9)
        assert sum(isinstance(c, Quiver) for c in ax.collections) == 2
    wanted = {"MATRL", "stable trust region", "gradient of own payoff", "centre", "stable"}
    assert wanted | {"strict saddle", "gradient flow"} == set(legend(figure))
    title = figure.legends[0].get_title().get_text()
    assert "open dot at the start" in title
    assert "of gradient flow" in title


def test_figure_7_has_the_colours_of_figure_2():
    regions = [c for c in matrl_figure7.draw(FOLDER).axes[0].collections
               if isinstance(c, PatchCollection)]  # fmt: skip
    (sample,) = (patch for patch in matrl_figure2.draw(FOLDER).legends[0].get_patches()
                 if patch.get_hatch())  # fmt: skip
    assert same_color(regions[0].get_edgecolor()[0], sample.get_edgecolor())
    assert not any(same_color(sample.get_edgecolor(), own) for own in PLAYER_COLOURS[:2])


def test_classes_show_every_trajectory_and_fixed_point():
    figure = two_by_two_classes.draw(FOLDER)
    own = of(PATHS, "classes")
    for ax, (game, ways) in zip(figure.axes, own.groupby("game", sort=False), strict=True):
        drawn = [line.get_xydata() for line in ax.get_lines()]
        for _, path in ways.groupby(["rule", "start"], sort=False):
            points = path[["x0", "x1"]].to_numpy()
            assert any(np.array_equal(points, data) for data in drawn)
        known = REST[REST["game"] == game]
        for kind, places in known.groupby("kind"):
            (marks,) = (c for c in ax.collections if c.get_label() == kind)
            np.testing.assert_array_equal(marks.get_offsets(), places[["x0", "x1"]])
        assert known["class"].iloc[0] in ax.get_title()
        assert ax.get_xlabel() == "player 1's probability of action 1"
        for name, colour in zip(("player 1", "player 2"), PLAYER_COLOURS, strict=False):
            for line in lines(ax, f"{name} does not move"):
                assert same_color(line.get_color()[:3], to_rgb(colour))
    assert "open dot at the start" in figure.legends[0].get_title().get_text()
    assert {"MATRL", "IGA", "WoLF", "gradient flow", "stable", "strict saddle", "centre"} <= set(
        legend(figure)
    )
