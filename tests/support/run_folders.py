"""Folders as training leaves them, made by hand."""

import json

import numpy as np
import pandas as pd


def make_run(folder, seed, values, *, status="finished", reason="", every=1000, **about):
    """Write a run whose evaluations have the values given, `every` steps from 0 on."""
    folder = folder / f"seed_{seed}"
    folder.mkdir(parents=True)
    budget = about.pop("budget", every * (len(values) - 1))
    run = {
        "learner": "il-ppo", "env": "switch", "seed": seed, "steps": budget, "preset": "default",
        "changes": [], "evaluate_every": every, "config": {"lr": 0.1},
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(run | about))
    if status == "not begun":
        return folder
    frame = pd.DataFrame({"step": every * np.arange(len(values)), "greedy": values})
    frame["sampled"] = frame["greedy"] - 1
    frame.to_csv(folder / "evaluation.csv", index=False)
    (folder / "checkpoint.pt").write_bytes(b"")
    if status in ("finished", "failed"):
        (folder / f"{status}.json").write_text(json.dumps({"step": budget, "reason": reason}))
    return folder
