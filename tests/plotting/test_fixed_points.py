import matplotlib.pyplot as plt
import numpy as np
import pytest

import gametools as gt
from gametools.plotting import KIND_MARKERS, plot_fixed_points
from gametools.stability.kinds import Kind

BATTLE = gt.named_game("battle_of_the_sexes")


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_a_marker_for_each_kind_where_its_points_are(ax):
    found = gt.find_fixed_points(BATTLE, rng=0)
    stable, saddle = plot_fixed_points(found, ax)
    assert [stable.get_label(), saddle.get_label()] == ["stable", "strict saddle"]
    assert sorted(map(tuple, stable.get_offsets().round(9).tolist())) == [(0, 0), (1, 1)]
    np.testing.assert_allclose(saddle.get_offsets(), [[2 / 3, 1 / 3]])
    assert ax.get_legend_handles_labels() == ([stable, saddle], ["stable", "strict saddle"])
    filled, open_ = stable.get_facecolor()[0], saddle.get_facecolor()[0]
    np.testing.assert_array_equal(filled, [0, 0, 0, 1])
    np.testing.assert_array_equal(open_, [1, 1, 1, 1])


def test_one_point_and_one_that_is_not_fixed(ax):
    plot_fixed_points(gt.classify(BATTLE, [1, 1]), ax)
    plot_fixed_points(gt.classify(BATTLE, [0.2, 0.2]), ax)
    assert ax.get_legend_handles_labels()[1] == ["stable", "not a fixed point"]


def test_every_kind_that_can_be_drawn(ax):
    games = {
        Kind.STABLE: [[1, 0], [0, 1]],
        Kind.UNSTABLE: [[-1, 0], [0, -1]],
        Kind.STRICT_SADDLE: [[0, 1], [1, 0]],
        Kind.ATTRACTING: [[-1, -3], [3, 2]],
        Kind.CENTRE: [[0, 1], [-1, 0]],
        Kind.UNDECIDED: [[1, 0], [0, 0]],
    }
    for kind, matrix in games.items():
        (drawn,) = plot_fixed_points(gt.classify(gt.QuadraticGame(matrix), [0, 0]), ax)
        assert drawn.get_label() == str(kind)
        marker = plt.matplotlib.markers.MarkerStyle(KIND_MARKERS[kind]["marker"])
        wanted = marker.get_path().transformed(marker.get_transform())
        np.testing.assert_array_equal(drawn.get_paths()[0].vertices, wanted.vertices)


def test_a_plane_of_a_larger_game(ax):
    found = gt.find_fixed_points(gt.named_game("jordan_matching_pennies"), rng=0)
    drawn = plot_fixed_points(found, ax, plane=(2, 0))
    shown = np.concatenate([kind.get_offsets() for kind in drawn])
    assert sorted(map(tuple, shown)) == sorted(map(tuple, found.points.point[:, [2, 0]]))
    with pytest.raises(ValueError, match="`plane` must be two different coordinates below 3"):
        plot_fixed_points(found, ax, plane=(1, 1))


def test_keywords_go_over_the_style_and_no_points_draw_nothing(ax):
    (drawn,) = plot_fixed_points(gt.classify(BATTLE, [1, 1]), ax, s=200, facecolor="red")
    assert drawn.get_sizes().tolist() == [200]
    assert tuple(drawn.get_facecolor()[0]) == (1, 0, 0, 1)
    plt.sca(ax)
    assert plot_fixed_points(gt.classify(BATTLE, np.zeros((0, 2)))) == []
