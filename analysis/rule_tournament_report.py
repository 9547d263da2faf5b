"""Tables and findings of `rule_tournament.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matrl_report import markdown

__all__ = ["agree", "log_ratio", "same_time", "summary"]

Array = NDArray[np.float64]

HARDLY = 0.05  # of the starts
AGREE = 0.01  # relative difference of two rates, or of their logarithms, that agree
STANDSTILL = 1e-9  # a logarithm of a rate this small is rounding
LINEAR = ("bilinear", "strict_saddle", "rotational", "four_player_rotation", "cournot_duopoly")
WHY_CENTRES = (
    "SymplecticGradient's eigenvalues have so small an angle there that a fit spans less than one "
    "turn of an elongated spiral."
)


def agree(measured: Any, expected: Any) -> Any:
    """Whether two rates differ by at most 1%."""
    return np.abs(measured - expected) <= AGREE * np.maximum(np.abs(expected), AGREE)


def log_ratio(measured: Any, expected: Any) -> Array:
    """log(measured) / log(expected): the ratio of two speeds; inf if the expected one is 0.

    1 where both rates vanish, or neither moves beyond rounding.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = np.log(np.asarray(measured, dtype=float)), np.log(np.asarray(expected, dtype=float))
        still = (np.abs(a) < STANDSTILL) & (np.abs(b) < STANDSTILL)
        b = np.where(np.abs(b) < STANDSTILL, 0.0, b)
        return np.where(still | (np.isneginf(a) & np.isneginf(b)), 1.0, a / b)


def same_time(ratios: Any) -> Any:
    """Whether times to converge differ by at most 1%, from ratios of logarithms."""
    return np.abs(np.asarray(ratios) - 1) <= AGREE


def cell(part: pd.DataFrame) -> str:
    """A cell of the overview: percent at a fixed point, then the most common other outcome."""
    if part.empty:
        return "-"
    shares_ = part.groupby("outcome")["share"].sum()
    fixed = shares_.pop("fixed point") if "fixed point" in shares_ else 0.0
    words = [f"{100 * fixed:.0f}"] if fixed else []
    if len(shares_):
        short = {"limit cycle": "cycle", "at rest elsewhere": "rest", "undecided": "open"}
        name = str(shares_.idxmax())
        words.append(f"{short.get(name, name)} {100 * shares_.max():.0f}")
    return ", ".join(words)


def overview(frame: pd.DataFrame, by: str, rules: list[str], columns: list[str]) -> str:
    """Rules down, games across."""
    rows = [
        [rule, *(cell(frame[(frame["rule"] == rule) & (frame[by] == c)]) for c in columns)]
        for rule in rules
    ]
    return markdown(["rule", *columns], [row for row in rows if set(row[1:]) != {"-"}])


def exceptions(pairs: pd.DataFrame, same: Any) -> str:
    """The pairs of rule and game that are not the same, for the end of a sentence."""
    words = [f"{r.rule} on {r.game}" for r in pairs[~same].itertuples()]
    return f"; the others: {', '.join(words)}" if words else ""


def in_log(pairs: pd.DataFrame) -> str:
    """How many pairs have the predicted logarithm, and the ratios of all others."""
    same = same_time(pairs["log_ratio"])
    words = [f"{r.rule} on {r.game} ({r.log_ratio:.3g})" for r in pairs[~same].itertuples()]
    rest = f", the others, with log(measured) / log(predicted): {', '.join(words)}" if words else ""
    return f"its logarithm, which says how long it takes, in {same.sum()}{rest}"


def rates_off(catalogue: pd.DataFrame) -> str:
    """Measured rates of which the logarithm is not the predicted one."""
    pairs = catalogue.dropna(subset=["measured_rate", "predicted_rate"])
    pairs = pairs[pairs["outcome"].isin(["fixed point", "undecided"])]
    pairs = pairs[~same_time(pairs["log_ratio"])]
    rows = [
        [r.game, r.rule, r.outcome, f"{r.measured_rate:.6g}", f"{r.predicted_rate:.6g}", ratio]
        for r, ratio in zip(
            pairs.itertuples(), pairs["log_ratio"].map("{:.3g}".format), strict=True
        )
    ]
    return markdown(["game", "rule", "runs", "measured", "predicted", "ratio"], rows)


def of_catalogue(catalogue: pd.DataFrame) -> list[str]:
    """What the named games say: do rates agree, and what arrives nowhere."""
    fixed = catalogue[catalogue["outcome"] == "fixed point"]
    pairs = fixed.dropna(subset=["measured_rate", "predicted_rate"])
    smooth = pairs[pairs["predicted_rate"] < 1]
    close = agree(smooth["measured_rate"], smooth["predicted_rate"])
    lines = []
    if len(smooth):
        lines.append(
            f"- Where a rule converges in the catalogue and the linearised update predicts a rate "
            f"below 1, the measured rate is within 1% of it in {close.sum()} of {len(smooth)} "
            f"pairs of rule and game{exceptions(smooth, close)}; {in_log(smooth)}."
        )
    single = catalogue.dropna(subset=["measured_rate", "predicted_rate"])
    single = single[single["outcome"] == "undecided"]
    quadratic = single[single["game"].isin(LINEAR)]
    if len(quadratic):
        same = agree(quadratic["measured_rate"], quadratic["predicted_rate"])
        lines.append(
            f"- Runs that are undecided after all steps, in quadratic games: they shrink or grow "
            f"at the predicted rate within 1% in {same.sum()} of {len(quadratic)} pairs"
            f"{exceptions(quadratic, same)}; {in_log(quadratic)}."
        )
    bent = single[~single["game"].isin(LINEAR)]
    if len(bent):
        same = same_time(bent["log_ratio"])
        lines.append(
            f"- Such runs in other games have the predicted logarithm within 1% in {same.sum()} of "
            f"{len(bent)} pairs (see the table of rates). These rates are fitted far from the "
            "point, where updates are not linear, or while modes that die out have not yet."
        )
    attracted = fixed[fixed["share"] >= HARDLY][["game", "rule"]].apply(tuple, axis=1)
    missed = catalogue[
        (catalogue["attracts"].astype(str) == "True")
        & (catalogue["outcome"] == "diverged")
        & (catalogue["share"] > 0.5)
    ]
    keys = missed[["game", "rule"]].apply(tuple, axis=1)
    missed = missed[~keys.isin(set(attracted))] if len(missed) else missed
    words = [f"{r.rule} on {r.game} ({100 * r.share:.0f}% diverged)" for r in missed.itertuples()]
    lines.append(
        f"- The linearised update attracts, yet most runs diverge and fewer than "
        f"{HARDLY:.0%} arrive: {', '.join(words) or 'none'}."
    )
    return lines


def of_classes(classes: pd.DataFrame) -> list[str]:
    """What the random 2x2 games say: centres, and who finds pure equilibria."""
    lines = []
    mixed = classes[classes["kind"] == "mixed, centre"]
    if mixed["compared"].sum():
        total, same = int(mixed["compared"].sum()), int(mixed["agree"].sum())
        parts = mixed[mixed["agree"] < mixed["compared"]].groupby("rule")[["agree", "compared"]]
        words = [f"{r.Index} {r.compared - r.agree:.0f}" for r in parts.sum().itertuples()]
        lines.append(
            f"- At mixed centres of 2x2 games {same} of {total} measured rates are within 1% of "
            f"the predicted ones; the others: {', '.join(words) or 'none'}. Of their logarithms "
            f"{int(mixed['agree_in_log'].sum())} are.{' ' + WHY_CENTRES if words else ''}"
        )
    cyclic = classes[(classes["class"] == "cyclic") & (classes["kind"] == "mixed, centre")]
    best = cyclic.sort_values("share", ascending=False)
    words = [
        f"{r.rule} {100 * r.share:.0f}% [{100 * r.share_low:.0f}, {100 * r.share_high:.0f}]"
        for r in best.itertuples()
    ]
    lines.append(
        f"- In cyclic 2x2 games these rules come to rest at the mixed equilibrium: "
        f"{', '.join(words) or 'none'}; no other rule does."
    )
    pure = classes[classes["kind"] == "pure, stable"]
    wins = pure.groupby(["class", "rule"])["share"].sum().unstack(0)
    for name in ("coordination", "anticoordination", "dominance-solvable"):
        if name in wins:
            everyone = classes[classes["class"] == name]["rule"].nunique()
            most = int((wins[name] >= 0.95).sum())
            lines.append(
                f"- In {name} games {most} of {everyone} rules reach a pure equilibrium in at "
                f"least 95% of the games."
            )
    return lines


def finding(catalogue: pd.DataFrame, classes: pd.DataFrame, unfit: pd.DataFrame) -> str:
    """What the data say, in sentences."""
    lines = of_catalogue(catalogue) + of_classes(classes)
    fixed = catalogue[catalogue["outcome"] == "fixed point"]
    drawn = fixed[fixed["kind"].isin(["unstable", "strict saddle"])]
    words = [f"{r.rule} on {r.game} ({100 * r.share:.0f}%)" for r in drawn.itertuples()]
    saddles = classes[classes["kind"].isin(["mixed, strict saddle", "mixed, unstable"])]
    pairs = zip(saddles["rule"], saddles["class"], saddles["share"], strict=True)
    words += [f"{rule} in {name} games ({100 * share:.1f}%)" for rule, name, share in pairs]
    lines.append(f"- Drawn to a strict saddle or an unstable point: {', '.join(words) or 'none'}.")
    false = classes[classes["kind"] == "pure, not a fixed point"].groupby("rule")["runs"].sum()
    total = classes.groupby("rule")["runs"].sum()
    words = [f"{rule} ({100 * runs / total[rule]:.1f}%)" for rule, runs in false.items()]
    lines.append(
        f"- At rest at a vertex that is no equilibrium, of all 2x2 games: "
        f"{', '.join(words) or 'none'}."
    )
    lines.append(f"- {len(unfit)} pairs do not fit; `not_fitting.csv` says why.")
    return "\n".join(lines)


def summary(
    catalogue: pd.DataFrame,
    classes: pd.DataFrame,
    unfit: pd.DataFrame,
    parameters: dict[str, str],
    names: list[str],
    class_names: list[str],
    opening: str,
) -> str:
    """The document; `parameters` are those of each rule."""
    rules = list(parameters)
    settings = markdown(
        ["rule", "parameters"], [[r, own or "none"] for r, own in parameters.items()]
    )
    reasons = [
        [
            rule,
            f"{len(part)}",
            "; ".join(dict.fromkeys(r.split(";")[0].split(" (")[0] for r in part["reason"])),
        ]
        for rule, part in unfit.groupby("rule", sort=False)
    ]
    read = (
        "A number is the percentage of runs that come to rest at a known or isolated fixed point "
        "of the game, then the most common other outcome: cycle, diverged, rest (elsewhere) or "
        "open (undecided). A dash: the rule does not fit."
    )
    return f"""# Every rule on every game

{opening}

## Finding

{finding(catalogue, classes, unfit)}

## The catalogue

{read}

{overview(catalogue, "game", rules, names)}

## Rates that are off

Median measured and predicted rates of the catalogue of which the ratio of logarithms,
log(measured) / log(predicted), is off 1 by more than {AGREE:.0%}. Near 1 a rate may be within 1% of
the predicted one and the time to converge several times as long.

{rates_off(catalogue)}

## 2x2 games

{overview(classes, "class", rules, class_names)}

## Hyper-parameters

{settings}

## Rules that do not fit

{markdown(["rule", "games", "reason"], reasons)}
"""
