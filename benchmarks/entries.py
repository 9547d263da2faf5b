"""The benchmarks, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.dynamics import basins, classify, dynamics_steps
from benchmarks.envs import stepping
from benchmarks.equilibria import all_equilibria, meta_games
from benchmarks.report import Row
from benchmarks.rules import matrl_step
from benchmarks.solver import solve_2x2
from benchmarks.startup import import_time, plot_time
from benchmarks.studies import iga_million, released_200, scaling, table1_all, table1_released
from benchmarks.training import lbf_ppo, matrl_checkers


@dataclass(frozen=True)
class Entry:
    """A benchmark: its name, one line about it, and the function that measures it.

    The function takes whether sizes are to be small, and returns the rows.
    """

    name: str
    summary: str
    measure: Callable[[bool], list[Row]]


def fused_loop(quick: bool) -> list[Row]:
    """Measure the fused loop, where numba is installed."""
    try:
        import benchmarks.fused_loop as loops
    except ModuleNotFoundError as error:
        if error.name != "numba":
            raise
        note = "numba is not installed: pip install gametools[bench]"
        return [Row("ours / fused loop", None, "x", note=note)]
    return loops.fused_loop(quick)


ENTRIES = {
    entry.name: entry
    for entry in (
        Entry("table1-all", "the command behind Table 1, all protocols", table1_all),
        Entry("table1-released", "the same command, as released only", table1_released),
        Entry("released-200", "the as-released study beside the original program", released_200),
        Entry("iga-million", "IGA on a million games: time and memory", iga_million),
        Entry("solve-2x2", "all equilibria of 2x2 games, beside nashpy", solve_2x2),
        Entry("all-equilibria", "larger two-player games, beside peers", all_equilibria),
        Entry("meta-games", "many meta-games of two players", meta_games),
        Entry("scaling", "cost of a game in studies of 10^3 to 10^6 games", scaling),
        Entry("fused-loop", "the IGA study beside a compiled loop (numba)", fused_loop),
        Entry("import", "time and weight of `import gametools`", import_time),
        Entry("plot", "a picture of a vector field from the shell", plot_time),
        Entry("dynamics-steps", "rules on many 2x2 games, beside peers", dynamics_steps),
        Entry("classify", "interior equilibria of many 2x2 games classified", classify),
        Entry("basins", "basin maps of MATRL", basins),
        Entry("matrl-step", "cost of an update of every rule", matrl_step),
        Entry("envs", "joint steps of sequential games with random actions", stepping),
        Entry("matrl-checkers", "a training run of MATRL, and its parts", matrl_checkers),
        Entry("lbf-ppo", "PPO on level-based foraging, beside EPyMARL", lbf_ppo),
    )
}
