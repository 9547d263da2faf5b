import numpy as np
import pytest

import gametools as gt
from gametools.convergence import NEVER, Cell, ConvergenceTable, Criterion, wilson_interval
from gametools.dynamics import GradientDescent, LookAhead


def cell(rule, steps, *, evaluations=1, budget=10, ensemble="cyclic", criterion=Criterion()):  # noqa: B008 (frozen)
    steps = np.array(steps, dtype=np.int32)
    return Cell(ensemble, "paper", rule, f"{rule}()", criterion, steps, 0, budget, evaluations)


BASE = cell("IGA", [2, 4, NEVER, 6, NEVER])
OTHER = cell("LA", [1, NEVER, 3, 6, NEVER], evaluations=2)
TABLE = ConvergenceTable((BASE, OTHER), seed=7)


@pytest.fixture(scope="module")
def study():
    games = {name: gt.random_2x2(name, size=150, rng=0) for name in ("cyclic", "coordination")}
    rules = {"IGA": GradientDescent(0.05), "IGA-PP": LookAhead(0.05)}
    return gt.run_study(games, rules, (Criterion(), Criterion(stay=10)), steps=200, rng=0)


def test_a_row_holds_what_can_be_counted_by_hand():
    row = TABLE.to_frame().iloc[1].to_dict()
    steps, restricted = [1, 3, 6], [1, 10, 3, 6, 10]
    low, high = wilson_interval(3, 5)
    expected = {
        "ensemble": "cyclic", "start": "paper", "rule": "LA", "measure": "distance",
        "tolerance": 0.05, "iterate": "last", "stay": 0, "games": 5, "converged": 3, "rate": 0.6,
        "rate_low": low, "rate_high": high, "mean_steps": np.mean(steps),
        "sd_steps": np.std(steps, ddof=1), "median_steps": 3.0,
        "restricted_mean_steps": np.mean(restricted), "mean_evaluations": 2 * np.mean(steps),
        "restricted_mean_evaluations": 2 * np.mean(restricted), "evaluations_per_step": 2,
        "budget_steps": 10, "budget_evaluations": 20, "lost": 0, "rule_parameters": "LA()",
        "seed": 7,
    }  # fmt: skip
    assert row == expected


@pytest.mark.parametrize(
    ("steps", "mean", "spread"), [([NEVER, NEVER], np.nan, np.nan), ([NEVER, 4], 4.0, np.nan)]
)
def test_means_of_too_few_games_are_missing(steps, mean, spread):
    row = ConvergenceTable((cell("IGA", steps),), 0).to_frame().iloc[0]
    np.testing.assert_equal(row["mean_steps"], mean)
    np.testing.assert_equal(row["median_steps"], mean)
    np.testing.assert_equal(row["sd_steps"], spread)


def test_comparison_is_paired_by_game():
    row = TABLE.compare("IGA").iloc[0]
    rates = np.array([0, -1, 1, 0, 0])
    steps = np.array([1, 10, 3, 6, 10]) - [2, 4, 10, 6, 10]
    evaluations = 2 * np.array([1, 10, 3, 6, 10]) - [2, 4, 10, 6, 10]
    assert (row["rule"], row["baseline"], row["games"]) == ("LA", "IGA", 5)
    assert row["rate_difference"] == rates.mean()
    assert row["steps_difference"] == pytest.approx(steps.mean())
    assert row["evaluations_difference"] == pytest.approx(evaluations.mean())
    assert (row["only_rule"], row["only_baseline"]) == (1, 1)


def test_comparison_turned_round_changes_sign():
    forth, back = TABLE.compare("IGA").iloc[0], TABLE.compare("LA").iloc[0]
    assert back["rule"] == "IGA"
    for name in ("rate", "steps", "evaluations"):
        assert back[f"{name}_difference"] == pytest.approx(-forth[f"{name}_difference"])
        assert back[f"{name}_difference_low"] == pytest.approx(-forth[f"{name}_difference_high"])


def test_comparison_of_a_rule_with_its_equal_is_nothing_at_all():
    twin = ConvergenceTable((BASE, cell("twin", BASE.steps)), 0).compare("IGA").iloc[0]
    differences = twin.filter(like="difference").to_numpy(dtype=float)
    assert (differences == 0).all()


def test_comparison_stays_within_ensemble_and_criterion(study):
    frame = study.compare("IGA", resamples=50)
    assert frame["rule"].tolist() == ["IGA-PP"] * 4
    cells = study.to_frame().set_index(["ensemble", "stay", "rule"])
    for row in frame.itertuples():
        ours, base = (cells.loc[(row.ensemble, row.stay, rule)] for rule in ("IGA-PP", "IGA"))
        assert row.rate_difference == pytest.approx(ours.rate - base.rate, abs=1e-12)
        assert row.steps_difference == pytest.approx(
            ours.restricted_mean_steps - base.restricted_mean_steps
        )
        assert row.evaluations_difference == pytest.approx(
            ours.restricted_mean_evaluations - base.restricted_mean_evaluations
        )
        assert row.rate_difference_low <= row.rate_difference <= row.rate_difference_high


def test_comparison_repeats_itself_for_a_seed(study):
    first, again = (study.compare("IGA", resamples=50, rng=3) for _ in range(2))
    assert first.equals(again)
    assert not first.equals(study.compare("IGA", resamples=50, rng=4))


def test_comparison_needs_a_rule_of_the_study():
    with pytest.raises(
        ValueError, match=r"`baseline` must be a rule of the study \(IGA, LA\).*'GD'"
    ):
        TABLE.compare("GD")


def test_comparison_of_a_lone_rule_is_empty():
    assert ConvergenceTable((BASE,), 0).compare("IGA").empty


def test_curves_count_the_games_converged_by_each_step():
    curves = TABLE.curves()
    own = curves[curves["rule"] == "IGA"]
    assert own["step"].tolist() == list(range(11))
    assert own["share"].tolist() == [0, 0, 0.2, 0.2, 0.4, 0.4, 0.6, 0.6, 0.6, 0.6, 0.6]


@pytest.mark.parametrize("every", [1, 7, 200])
def test_curves_rise_from_zero_to_the_rate(study, every):
    keys = ["ensemble", "start", "rule", "stay"]
    rates = study.to_frame().set_index(keys)["rate"]
    curves = study.curves(every)
    for key, own in curves.groupby(keys):
        assert own["step"].iloc[0] == 0
        assert own["share"].iloc[0] == 0
        assert own["share"].is_monotonic_increasing
        if 200 % every == 0:
            assert own["share"].iloc[-1] == rates[key]


@pytest.mark.parametrize(("every", "error"), [(0, ValueError), (-5, ValueError), (2.5, TypeError)])
def test_curves_need_a_whole_distance(every, error):
    with pytest.raises(error, match=f"`every` must be .* got {every}"):
        TABLE.curves(every)


def test_repr_counts_cells_and_games():
    assert repr(TABLE) == "ConvergenceTable(2 cells, 10 games in all)"
