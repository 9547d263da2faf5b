"""What TensorBoard shows of a run, read back by TensorBoard itself."""

import pandas as pd
import pytest

pytest.importorskip("torch")
pytest.importorskip("tensorboard")
from training_runs import small_run

from gametools.agents.seeds import train_seeds


def events_of(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    return {
        name: {event.step: event.value for event in found.Scalars(name)}
        for name in found.Tags()["scalars"]
    }


@pytest.mark.slow
def test_event_files_hold_the_tables(tmp_path):
    (report,) = train_seeds(small_run(), [3], tmp_path, tensorboard=True, progress=False)
    assert not report.failed
    shown = events_of(report.folder / "tensorboard")
    progress = pd.read_csv(report.folder / "progress.csv").set_index("step")
    evaluation = pd.read_csv(report.folder / "evaluation.csv").set_index("step")
    for table in (progress, evaluation):
        for name, column in table.items():
            assert shown[name] == pytest.approx(column.dropna().to_dict(), rel=1e-6), name
    assert set(shown) <= {"step", *progress, *evaluation}
