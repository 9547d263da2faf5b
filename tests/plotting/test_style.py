import matplotlib as mpl
import numpy as np
import pytest

from gametools.convergence.basins import Outcome
from gametools.dynamics import ALIASES, RULES
from gametools.plotting import KIND_MARKERS, OUTCOME_COLOURS, PLAYER_COLOURS, RULE_STYLES, theme
from gametools.plotting.style import (
    TARGET_COLOURS,
    THEMES,
    ink,
    kind_marker,
    policy_colours,
    rule_style,
    speed_colours,
)
from gametools.stability.kinds import Kind

# Brettel, Vienot and Mollon (1997) as simplified by Vienot et al. (1999), linear RGB.
DICHROMATS = {
    "protanopia": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deuteranopia": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
}


def seen(colour, matrix):
    linear = np.array(mpl.colors.to_rgb(colour)) ** 2.2
    return np.clip(np.array(matrix) @ linear, 0, 1) ** (1 / 2.2)


def luminance(colour):
    return np.array(mpl.colors.to_rgb(colour)) ** 2.2 @ [0.2126, 0.7152, 0.0722]


def test_every_rule_has_a_look_of_its_own():
    looks = {}
    for name in RULES:
        style = rule_style(name)
        looks[name] = (style["color"], str(style["linestyle"]))
        assert rule_style(f"{name}:step=0.1") == rule_style(f"{name}(step=0.1)") == style
    assert len(set(looks.values())) == len(RULES) == len(RULE_STYLES)
    for alias, name in ALIASES.items():
        assert rule_style(alias) == rule_style(name)


def test_a_rule_that_comes_again_looks_different():
    for name in RULES:
        first, again = rule_style(name), rule_style(name, repeat=1)
        assert first["color"] == again["color"]
        assert (first["linestyle"], 1) != (again["linestyle"], again["alpha"])


def test_black_lines_are_white_on_dark_and_widths_follow_the_theme():
    assert rule_style("IGA")["color"] == "#000000"
    with theme("dark"):
        assert rule_style("IGA")["color"] == "#FFFFFF"
    with theme("print"):
        thin = rule_style("MATRL")["linewidth"]
    assert thin == pytest.approx(2.2 * 1.2 / 1.5)


def test_every_kind_can_be_told_without_colour():
    assert set(KIND_MARKERS) == set(Kind)
    looks = {(m["marker"], m["facecolor"]) for m in KIND_MARKERS.values()}
    assert len(looks) == len(Kind)


def test_filled_is_filled_with_the_colour_of_text():
    assert kind_marker(Kind.STABLE)["facecolor"] == "#000000"
    with theme("dark"):
        assert kind_marker(Kind.STABLE)["facecolor"] == "white"
        assert kind_marker(Kind.UNSTABLE)["facecolor"] == "#000000"
        assert kind_marker(Kind.UNDECIDED)["marker"] == KIND_MARKERS[Kind.UNDECIDED]["marker"]


@pytest.mark.parametrize("matrix", DICHROMATS.values(), ids=DICHROMATS)
@pytest.mark.parametrize("palette", [PLAYER_COLOURS[:4], TARGET_COLOURS[:4]])
def test_the_first_colours_differ_for_the_colour_blind(palette, matrix):
    seen_colours = [seen(colour, matrix) for colour in palette]
    for k, one in enumerate(seen_colours):
        for other in seen_colours[k + 1 :]:
            assert np.linalg.norm(one - other) > 0.2


@pytest.mark.parametrize("matrix", [np.eye(3), *DICHROMATS.values()], ids=["all", *DICHROMATS])
@pytest.mark.parametrize("name", ["light", "dark"])
def test_policies_are_no_players(name, matrix):
    """Of one update of two players: also a dichromat tells players, policies and paper apart."""
    with theme(name):
        colours = [ink(), ink(0), *PLAYER_COLOURS[:2], *policy_colours().values()]
    text, *others, one, other = (seen(colour, matrix) for colour in colours)
    assert np.linalg.norm(one - other) > 0.28
    for policy in (one, other):
        assert np.linalg.norm(policy - text) > 0.2
        assert min(np.linalg.norm(policy - own) for own in others) > 0.28


def test_outcomes_are_greys_of_different_darkness():
    assert set(OUTCOME_COLOURS) == set(Outcome)
    levels = sorted(luminance(colour) for colour in OUTCOME_COLOURS.values())
    assert np.diff(levels).min() > 0.05
    for colour in OUTCOME_COLOURS.values():
        assert len(set(mpl.colors.to_rgb(colour))) == 1


@pytest.mark.parametrize("name", THEMES)
def test_a_theme_sets_and_leaves_the_settings(name):
    before = dict(mpl.rcParams)
    with theme(name):
        inside = dict(mpl.rcParams)
        assert inside["pdf.fonttype"] == inside["ps.fonttype"] == 42
        assert inside["svg.fonttype"] == "none"
        contrast = [luminance(inside["text.color"]) + 0.05, luminance(inside["axes.facecolor"])]
        contrast[1] += 0.05
        assert max(contrast) / min(contrast) > 7  # WCAG AAA
        low, high = speed_colours()([0.0, 1.0])
        paper = luminance(inside["axes.facecolor"])
        assert min(abs(luminance(c[:3]) - paper) for c in (low, high)) > 0.05
    assert inside != before
    assert dict(mpl.rcParams) == before


def test_settings_come_back_after_an_error():
    before = dict(mpl.rcParams)
    with pytest.raises(KeyError), theme("dark"):
        raise KeyError
    assert dict(mpl.rcParams) == before


def test_an_unknown_theme_is_refused():
    with pytest.raises(ValueError, match="`name` must be one of light, dark, print; got 'prin'"):
        theme("prin").__enter__()


def test_ink_is_between_text_and_paper():
    with theme("print"):
        assert ink() == (0, 0, 0)
        assert ink(0.25) == (0.75, 0.75, 0.75)
