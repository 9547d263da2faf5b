"""Figure 3's distances, and predicted rates beside measured ones."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import matrl_rotational_game as study

FOLDER = Path(__file__).resolve().parents[2] / "results" / "matrl_rotational_game"
CURVES = study.curves()
END = CURVES.groupby("rule")["distance"].last()


@pytest.mark.parametrize(
    ("rule", "distance"),
    [
        ("gradient descent", 0.721),
        ("extragradient", 0.0117),
        ("LookAhead, trial 0.02", 0.0122),
        ("MATRL from current, trial 0.02", 0.0122),
        ("MATRL from aggregated, trial 0.02", 0.563),
        ("MATRL from predicted, trial 0.02", 0.729),
        ("MATRL from current, trial 0.06", 3.2e-6),
        ("LookAhead, trial 0.06", 2.1e-6),
    ],
)
def test_distances_after_100_updates(rule, distance):
    assert END[rule] == pytest.approx(distance, rel=0.03)


@pytest.mark.slow
def test_measured_rates_are_the_predicted_ones_where_the_update_is_smooth():
    frame = study.rates(CURVES)
    assert frame.set_index("rule")["distance"].to_dict() == END.to_dict()
    smooth = frame[frame["smooth"]]
    alike = smooth[~smooth["rule"].str.contains("aggregated|predicted")]
    np.testing.assert_allclose(alike["measured_rate"], alike["predicted_rate"], rtol=0.01)


def test_curves_start_at_the_start_and_end_at_the_end():
    for rule, own in CURVES.groupby("rule"):
        assert own["distance"].iloc[0] == pytest.approx(0.5 * 2**0.5)
        assert own["update"].tolist() == list(range(study.UPDATES + 1)), rule


def test_curves_hold_the_points_that_the_distances_are_of():
    np.testing.assert_allclose(np.hypot(CURVES["x0"], CURVES["x1"]), CURVES["distance"])
    kept = pd.read_csv(FOLDER / "curves.csv")
    assert list(kept.columns) == list(CURVES.columns)
    np.testing.assert_allclose(kept[["x0", "x1"]], CURVES[["x0", "x1"]], rtol=1e-5)


def test_the_manifest_belongs_to_the_results():
    about = json.loads((FOLDER / "manifest.json").read_text())
    for name, digest in about["sha256"].items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest
