"""What training left in its folders, as tidy frames; no seed is forgotten."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["STATUSES", "read_runs", "run_folders", "seeds_frame"]

STATUSES = ("finished", "unfinished", "failed", "not begun")
"""What can have become of a run; an unfinished one may be running."""

_ABOUT = ("learner", "env", "preset", "changes", "seed", "folder", "budget", "status", "reason")


def run_folders(paths: str | Path | Iterable[str | Path], argument: str = "paths") -> list[Path]:
    """Return the folders of single runs that lie at or below some paths, each once.

    Parameters
    ----------
    paths : str, Path or iterable of them
        Folders of runs, or folders that hold such folders.
    argument : str
        Whose value they are, for the message.

    Raises
    ------
    ValueError
        If there is none at or below a path.
    """
    found: dict[Path, None] = {}
    for path in [paths] if isinstance(paths, str | Path) else paths:
        own = sorted(Path(path).rglob("run.json"))
        if not own:
            raise ValueError(
                f"`{argument}` must be folders of `gametools train`; got {str(path)!r}, which "
                "holds no run.json."
            )
        found |= dict.fromkeys(file.parent for file in own)
    return list(found)


def read_runs(paths: str | Path | Iterable[str | Path]) -> pd.DataFrame:
    """Read runs and their evaluations.

    Parameters
    ----------
    paths : str, Path or iterable of them
        Folders of runs, or folders that hold such folders.

    Returns
    -------
    pandas.DataFrame
        A row for each evaluation: ``label`` (the learner, and what sets it apart from others of
        its name on the same environment), ``learner``, ``env``, ``preset``, ``changes``, ``seed``,
        ``folder``, ``budget`` (joint steps asked for), ``status`` (one of `STATUSES`), ``reason``
        (why it failed), ``step``, and the columns of ``evaluation.csv``: ``greedy``, ``sampled``
        and others. A run without evaluations has one row, with NaN from ``step`` on.

    Raises
    ------
    ValueError
        If a path holds no run, a file is damaged, or two runs are of the same learner and seed.
    """
    import pandas as pd

    abouts = [_about(folder) for folder in run_folders(paths)]
    _label(abouts)
    parts = []
    for about in abouts:
        own = _evaluations(about["folder"])
        shown = {name: about[name] for name in ("label", *_ABOUT)}
        parts.append(pd.DataFrame(shown, index=own.index).join(own))
    return pd.concat(parts, ignore_index=True)


def seeds_frame(runs: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each run: what it is, its status, the steps last evaluated.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of `read_runs`.
    """
    about = ["label", *_ABOUT]
    taken = runs.groupby("folder", sort=False)["step"].max()
    once = runs.drop_duplicates("folder")[about].set_index("folder", drop=False)
    return once.assign(step=taken).reset_index(drop=True)


def _about(folder: Path) -> dict[str, Any]:
    run = _json(folder / "run.json")
    names = ("learner", "env", "preset", "changes", "seed", "steps", "config")
    lacking = [name for name in names if name not in run]
    if lacking:
        raise ValueError(f"{folder / 'run.json'} lacks {', '.join(lacking)}.")
    status, reason = "not begun", ""
    if (folder / "finished.json").exists():
        status = "finished"
    elif (folder / "failed.json").exists():
        status, reason = "failed", str(_json(folder / "failed.json").get("reason", ""))
    elif (folder / "checkpoint.pt").exists():
        status = "unfinished"
    told = {name: run[name] for name in ("learner", "env", "preset", "seed", "config")}
    changes = " ".join(run["changes"])
    own = {"folder": str(folder), "budget": run["steps"], "status": status, "reason": reason}
    return told | own | {"changes": changes}


def _label(abouts: list[dict[str, Any]]) -> None:
    """Give every run a label: the same one for what differs in the seed alone."""
    kin: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
    for about in abouts:
        settings = json.dumps([about["preset"], about["changes"], about["config"]])
        kin.setdefault((about["learner"], about["env"]), {}).setdefault(settings, []).append(about)
    for (learner, _), groups in kin.items():
        firsts = [group[0] for group in groups.values()]
        parts = [[first["preset"], *first["changes"].split()] for first in firsts]
        common = set(parts[0]).intersection(*parts)
        words = [" ".join(part for part in own if part not in common) for own in parts]
        if len(set(words)) < len(words):  # settings of other versions of the package
            words = [Path(first["folder"]).parent.name for first in firsts]
        for word, group in zip(words, groups.values(), strict=True):
            seeds = [about["seed"] for about in group]
            for about in group:
                if seeds.count(about["seed"]) > 1:
                    twice = [a["folder"] for a in group if a["seed"] == about["seed"]]
                    raise ValueError(
                        f"`paths` must hold each seed of a learner once; seed {about['seed']} of "
                        f"{learner} lies in {' and in '.join(twice)}."
                    )
                about["label"] = f"{learner} ({word})" if word else learner


def _evaluations(folder: str) -> pd.DataFrame:
    import pandas as pd

    file = Path(folder) / "evaluation.csv"
    if not file.exists():
        return pd.DataFrame({"step": [float("nan")]})
    text = file.read_text()
    try:
        if not text.endswith("\n"):  # cut off: a number of the last row may lack digits
            raise ValueError
        frame = pd.read_csv(io.StringIO(text))
        frame["step"] = frame["step"].astype(float)
    except (KeyError, ValueError) as error:
        raise ValueError(f"{file} is no table of evaluations ({type(error).__name__}).") from None
    return frame if len(frame) else pd.DataFrame({"step": [float("nan")]})


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text())
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ValueError(f"{file} is damaged: no JSON object.")
    return content
