"""`gametools plot` as a user meets it."""

import contextlib
import functools
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gametools as gt
from gametools.cli import main
from gametools.commands import picture

MODULE = """
import gametools as gt
def spiral():
    return gt.QuadraticGame([[1, 10], [-10, 1]])
"""
BATTLE = ["plot", "battle_of_the_sexes"]
GROWING = ["plot", "hill", "--rule", "IGA:step=0.5"]


@pytest.fixture
def in_a_folder(tmp_path, monkeypatch):
    (tmp_path / "spiral_games.py").write_text(MODULE)
    gt.write_game(gt.named_game("chicken"), tmp_path / "chicken.nfg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were finished."""
    return keep_figures(monkeypatch)


def keep_figures(monkeypatch):
    figures = []
    finish = picture._finish

    def kept(figure, *rest):
        finish(figure, *rest)
        figures.append(figure)

    monkeypatch.setattr(picture, "_finish", kept)
    return figures


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """The examples of the help: by their games, the figures, and what was said."""
    said = io.StringIO(), io.StringIO()
    redirected = contextlib.redirect_stdout(said[0]), contextlib.redirect_stderr(said[1])
    with pytest.MonkeyPatch.context() as patch, redirected[0], redirected[1]:
        patch.chdir(tmp_path_factory.mktemp("examples"))
        figures = keep_figures(patch)
        patch.setattr(picture, "basins", functools.partial(picture.basins, grid=(20, 20)))
        with pytest.raises(SystemExit):
            main(["plot", "--help"])
        text = said[0].getvalue().replace("\\\n", " ")
        lines = re.findall(r"^  gametools (plot .*)$", text, re.MULTILINE)
        codes = [main(line.split()) for line in lines]
    return lines, codes, said[1].getvalue(), figures


def figure_of(examples, game):
    lines, _, _, figures = examples
    (place,) = (k for k, line in enumerate(lines) if line.split()[1] == game)
    return figures[place]


@pytest.fixture
def few_starts(monkeypatch):
    """Basins of a coarse grid."""
    monkeypatch.setattr(picture, "basins", functools.partial(picture.basins, grid=(20, 20)))


def entries(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def line_of(axes, label):
    return next(line for line in axes.get_lines() if line.get_label() == label)


def test_the_field_of_a_game_is_drawn_into_a_png_of_its_name(in_a_folder, drawn, capsys):
    assert main(["plot", "matching_pennies"]) == 0
    assert capsys.readouterr().out == "matching_pennies.png\n"
    assert (in_a_folder / "matching_pennies.png").read_bytes().startswith(b"\x89PNG")
    (axes,) = drawn[0].axes
    (bar,) = axes.child_axes
    field = gt.vector_field(gt.named_game("matching_pennies"))
    np.testing.assert_allclose(axes.collections[0].get_array(), field.speed.ravel())
    assert bar.get_ylabel() == "speed of gradient flow"
    assert entries(drawn[0]) == []


def test_each_rule_goes_from_each_start(in_a_folder, drawn):
    rules = ["IGA:step=0.05", "ExtraGradient:step=0.1", "IGA:step=0.01"]
    words = [word for rule in rules for word in ("--rule", rule)]
    starts = ["--start", "0.9,0.5", "--start", "1/3,0.25"]
    assert main(["plot", "matching_pennies", *words, *starts, "--steps", "30", "-o", "a.svg"]) == 0
    labels = ["IGA (step=0.05)", "ExtraGradient (step=0.1)", "IGA (step=0.01)"]
    assert entries(drawn[0]) == labels
    (axes,) = drawn[0].axes
    lines = [line for line in axes.get_lines() if len(line.get_xdata()) > 1]
    assert len(lines) == 6
    for rule, pair in zip(rules, (lines[:2], lines[2:4], lines[4:]), strict=True):
        for start, line in zip([[0.9, 0.5], [1 / 3, 0.25]], pair, strict=True):
            path = gt.simulate(
                gt.named_game("matching_pennies"), gt.dynamics.parse_rule(rule), start, steps=30
            )
            np.testing.assert_allclose(line.get_xydata(), path.points, atol=1e-12)
    assert line_of(axes, labels[0]).get_linestyle() != line_of(axes, labels[2]).get_linestyle()


def test_default_and_random_starts_lie_within_the_bounds(in_a_folder, drawn):
    words = ["plot", "spiral_games:spiral", "--rule", "IGA-PP:step=0.02", "--steps", "5"]
    words += ["--bounds=-2,2,3,4"]
    assert main(words) == 0
    assert (in_a_folder / "spiral.png").exists()
    assert main([*words, "--starts", "9"]) == 0
    assert main([*words, "--starts", "9", "--seed", "1"]) == 0
    firsts = []
    for figure, many in zip(drawn, (4, 9, 9), strict=True):
        lines = [line for line in figure.axes[0].get_lines() if len(line.get_xdata()) > 1]
        firsts.append(np.array([line.get_xydata()[0] for line in lines]))
        assert firsts[-1].shape == (many, 2)
        assert ((firsts[-1] >= [-2, 3]) & (firsts[-1] <= [2, 4])).all()
    assert not np.array_equal(firsts[1], firsts[2])


def test_fixed_points_nullclines_and_stream_lines(examples):
    wanted = ["player 1 does not move", "player 2 does not move", "stable", "strict saddle"]
    assert entries(figure_of(examples, "battle_of_the_sexes")) == wanted


def test_the_ending_of_the_file_may_be_in_capitals(in_a_folder):
    assert main([*BATTLE, "--arrows", "2", "-o", "b.PNG"]) == 0
    assert (in_a_folder / "b.PNG").exists()


def test_fixed_points_off_the_bounds_or_off_the_plane_are_left_out(in_a_folder, drawn):
    few = ["--fixed-points", "--arrows", "4"]
    assert main([*BATTLE, *few, "--bounds", "0,0.5"]) == 0
    assert entries(drawn[0]) == ["stable"]
    jordan = ["plot", "jordan_matching_pennies", "--plane", "0,2", *few]
    assert main(jordan) == 0
    assert main([*jordan, "--at", "0.5,0.9,0.5"]) == 0
    assert len(entries(drawn[1])) == 1
    assert entries(drawn[2]) == []
    axes = drawn[2].axes[0]
    assert axes.get_title() == "field at player 2's probability of action 1 = 0.9"
    assert axes.get_ylabel() == "player 3's probability of action 1"


def test_basins_of_the_one_rule(examples):
    figure = figure_of(examples, "stag_hunt")
    (axes,) = figure.axes
    assert axes.images[0].get_array().shape == (20, 20, 4)
    assert not [line for line in axes.get_lines() if len(line.get_xdata()) > 1]
    found = [re.search(r": (.*)%", entry) for entry in entries(figure)]
    shares = [float(entry[1]) for entry in found if entry]
    assert sum(shares) == pytest.approx(100, abs=0.2)


@pytest.mark.usefixtures("few_starts")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_arrow_leaves_the_basins_and_all_have_an_edge(in_a_folder, drawn, theme):
    words = ["plot", "matching_pennies", "--rule", "IGA:step=0.05", "--basins", "--steps", "50"]
    assert main([*words, "--theme", theme]) == 0
    (axes,) = drawn[0].axes
    (quiver,) = (c for c in axes.collections if hasattr(c, "scale_units"))
    half = np.stack([quiver.U, quiver.V], axis=-1) / 2
    for end in (quiver.XY + half, quiver.XY - half):
        assert (end >= 0).all()
        assert (end <= 1).all()
    fill, edge = quiver.get_facecolor()[0], quiver.get_edgecolor()[0]
    assert (fill[0], edge[0]) == (0, 1)
    assert axes.get_xlim()[0] < 0 < 1 < axes.get_xlim()[1]


def test_the_title_says_what_the_other_coordinates_are(in_a_folder, drawn):
    assert main(["plot", "iterated_prisoners_dilemma", "--plane", "0,7"]) == 0
    (axes,) = drawn[0].axes
    assert axes.get_title().splitlines() == [
        "field at player 1's parameter 2 = 0",
        "player 1's parameter 3 = 0",
        "player 1's parameter 4 = 0",
        "and 5 more",
    ]


def test_three_actions_are_drawn_on_triangles(in_a_folder, drawn, examples):
    alike = figure_of(examples, "rock_paper_scissors")
    assert [axes.get_title() for axes in alike.axes] == ["all players alike"]
    assert entries(alike) == ["Replicator (step=0.05)"]
    few = ["plot", "rock_paper_scissors", "--arrows", "4"]
    rule = ["--rule", "Replicator:step=0.1", "--steps", "20", "--fixed-points"]
    assert main([*few, *rule, "--start", "0.6,0.3,0.1,0.2,0.2,0.6"]) == 0
    assert main([*few, "--at", "1,0,0,0,1,0"]) == 0
    for figure in drawn:
        assert [axes.get_title() for axes in figure.axes] == ["player 1", "player 2"]
    assert all(len(axes.child_axes) == 1 for axes in drawn[1].axes)  # colour bars
    for axes in drawn[1].axes:
        assert axes.child_axes[0].get_ylabel() == "speed of gradient flow"
    assert entries(drawn[0]) == ["Replicator (step=0.1)", "centre"]
    assert main([*few, *rule, "--start", "0.6,0.3,0.1"]) == 0
    assert entries(drawn[2]) == ["Replicator (step=0.1)", "centre in joint play"]


def test_the_picture_is_as_wide_as_asked(in_a_folder, drawn):
    for theme, width in (("light", 5.0), ("print", 3.3), ("dark", 5.0)):
        assert main([*BATTLE, "--theme", theme, "--fixed-points", "--arrows", "4"]) == 0
        assert drawn[-1].get_figwidth() == pytest.approx(width)
    assert main([*BATTLE, "--size", "2.5", "--arrows", "4"]) == 0
    assert drawn[-1].get_figwidth() == 2.5


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_picture_is_the_same_file(in_a_folder, kind):
    words = [*BATTLE, "--rule", "MATRL:step=0.05", "--fixed-points", "--starts", "3"]
    words += ["--steps", "20", "--arrows", "4"]
    for name in ("one", "two"):
        assert main([*words, "-o", f"{name}.{kind}"]) == 0
    data = (in_a_folder / f"one.{kind}").read_bytes()
    assert data == (in_a_folder / f"two.{kind}").read_bytes()
    assert b"Date" not in data
    if kind == "pdf":
        assert b"/FontFile2" in data  # embedded, as TrueType
        assert b"/Type3" not in data
    if kind == "svg":
        assert "player 1's probability" in data.decode()  # text is text


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["chiken"], ["`GAME`", "Did you mean 'chicken'?"]),
        (["chicken", "-o", "a.gif"], ["`-o`", ".png, .svg, .pdf", "'a.gif'"]),
        (["chicken", "-o", "picture"], ["`-o`", "'picture'"]),
        (["chicken", "-o", "no/such/a.png"], ["`-o`", "folder", "'no/such/a.png'"]),
        (["chicken", "--rule", "IGAA:step=1"], ["'IGAA'", "'IGA'"]),
        (["chicken", "--basins"], ["`--basins`", "one --rule", "got 0"]),
        (["chicken", "--basins", *["--rule", "IGA:step=0.1"] * 2], ["`--basins`", "got 2"]),
        (["chicken", "--start", "0.5,0.5"], ["`--start`", "--rule"]),
        (["chicken", "--rule", "IGA:step=0.1", "--start", "0.5"], ["`start`", "(*batch, 2)"]),
        (["chicken", "--rule", "IGA:step=0.1", "--start", "0.5,2"], ["`start`", "Box"]),
        (
            ["chicken", "--rule", "IGA:step=0.1", "--start", "0,0", "--start", "0"],
            ["`--start`", "as many numbers"],
        ),
        (
            ["chicken", "--rule", "IGA:step=0.1", "--start", "0,0", "--starts", "2"],
            ["`--start` and `--starts` exclude"],
        ),
        (["chicken", "--plane", "0,2"], ["`plane`", "below 2"]),
        (["chicken", "--plane", "0,0.5"], ["`--plane`", "whole"]),
        (["chicken", "--bounds", "0,1,2"], ["`--bounds`", "2 or 4"]),
        (["chicken", "--bounds", "0,2"], ["`bounds`", "Box"]),
        (["chicken", "--bounds", "1,0"], ["`bounds`", "low < high"]),
        (["chicken", "--at", "0.5"], ["`at`", "(2,)"]),
        (["chicken", "--size", "0"], ["`--size`", "at least 1"]),
        (["chicken", "--size", "1"], ["wider"]),
        (["chicken", "--arrows", "1"], ["`--arrows`", "at least 2"]),
        (["chicken", "--seed", "-1"], ["`--seed`", "at least 0"]),
        (["chicken", "--theme", "sepia"], ["--theme", "sepia"]),
        (
            ["four_player_rotation", "--basins", "--rule", "IGA:step=0.1"],
            ["`--basins`", "two coordinates"],
        ),
        (["rock_paper_scissors", "--stream"], ["`--stream`", "on a plane"]),
        (["rock_paper_scissors", "--nullclines"], ["`--nullclines`", "on a plane"]),
        (["climbing", "--plane", "0,1"], ["`--plane`", "on a plane"]),
        (["random_8x8"], ["three", "(8, 8)"]),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else None,
)
def test_bad_input_is_one_line_and_exit_code_2_and_writes_nothing(
    in_a_folder, words, wanted, capsys
):
    before = sorted(Path().iterdir())
    try:
        code = main(["plot", *words])
    except SystemExit as stop:  # argparse's own errors
        code = stop.code
    assert code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert all(piece in captured.err for piece in wanted), captured.err
    assert sorted(Path().iterdir()) == before


def test_a_failed_write_leaves_the_old_picture(in_a_folder, monkeypatch, capsys):
    (in_a_folder / "chicken.png").write_text("old")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    before = sorted(Path().iterdir())
    assert main(["plot", "chicken"]) == 2
    assert "`-o` cannot be written: 'chicken.png' (No space left" in capsys.readouterr().err
    assert (in_a_folder / "chicken.png").read_text() == "old"
    assert sorted(Path().iterdir()) == before


def test_a_file_of_a_game_gives_the_picture_its_name(in_a_folder):
    assert main(["plot", "chicken.nfg"]) == 0
    assert (in_a_folder / "chicken.png").exists()


def test_what_diverges_is_drawn_as_far_as_it_goes(in_a_folder, drawn):
    assert main([*GROWING, "--steps", "3000", "--fixed-points"]) == 0
    assert drawn[0].axes[0].get_xlim()[1] < 1.1


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["plot", "--help"])
    assert stop.value.code == 0
    assert "gametools plot stag_hunt" in capsys.readouterr().out


def test_the_examples_of_the_help_run(examples):
    _, codes, errors, figures = examples
    assert codes == [0] * 7
    assert errors == ""
    assert len(figures) == 7


def test_a_field_is_drawn_without_torch_pandas_scipy_and_pyplot(in_a_folder):
    script = (
        "import sys; from gametools.cli import main; main(['plot', 'chicken']);"
        "print(*{'torch', 'pandas', 'scipy', 'cma', 'matplotlib.pyplot'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("chicken.png\n\n", "")
