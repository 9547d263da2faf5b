"""Learning rules on many games, classified equilibria, and basin maps.

The rules are held against nashpy's and OpenSpiel's dynamics, which take one game at a time, and
against a loop that is compiled for the simplest of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

import gametools as gt
from benchmarks import SEED
from benchmarks.measure import Spread, rounds, seconds, timed
from benchmarks.report import Bar, Row
from benchmarks.studies import START, STEP_SIZE, STEPS
from gametools.dynamics import UpdateRule

PART = 8_192  # games at a time: what the caches hold; gradient rules do not gain by it
SAMPLE = 20  # games that a peer is given, one at a time

RULES: dict[str, UpdateRule] = {
    "GradientDescent": gt.dynamics.GradientDescent(STEP_SIZE),
    "LookAhead": gt.dynamics.LookAhead(STEP_SIZE),
    "ExtraGradient": gt.dynamics.ExtraGradient(STEP_SIZE),
    "MATRL": gt.dynamics.MATRL(STEP_SIZE),
}
REPLICATOR = gt.dynamics.Replicator(STEP_SIZE, form="euler")


@dataclass(frozen=True)
class Peer:
    """Another library's dynamic: a function that runs it on the sample, for `STEPS` steps.

    `run` is None where the library is not installed; `package` is then what to install.
    """

    name: str
    package: str
    run: Callable[[], object] | None
    note: str = ""


def dynamics_steps(quick: bool) -> list[Row]:
    """Rules on many games at once, in turns with the peers and the compiled loop."""
    size, steps = (2 * PART, 20) if quick else (100_000, STEPS)
    games = gt.random_2x2("cyclic", size=size, rng=SEED)
    parts = [games[low : low + PART] for low in range(0, size, PART)]
    peers = _peers(games[:SAMPLE])
    runs = {peer.name: peer.run for peer in peers if peer.run is not None}
    loop = _compiled_loop()
    payoffs = np.ascontiguousarray(games.payoffs)  # game by game: the loop's best layout
    rules = RULES | {"Replicator": REPLICATOR}
    bodies: dict[str, Callable[[], object]] = {
        name: _in_parts([games], rule, steps) for name, rule in rules.items()
    }
    for name in ("MATRL", "Replicator"):
        bodies[f"{name} in parts"] = _in_parts(parts, rules[name], steps)
    bodies |= runs
    if loop is not None:
        own = _in_parts([games], RULES["GradientDescent"], steps)()
        assert np.array_equal(loop(payoffs, *START, STEP_SIZE, steps), own), "points disagree"
        bodies["loop"] = lambda: loop(payoffs, *START, STEP_SIZE, steps)
    took = dict(zip(bodies, rounds(list(bodies.values()), 2 if quick else 3), strict=True))
    per_step = {name: [t / (size * steps) for t in own] for name, own in took.items()}
    per_step |= {name: [t / (SAMPLE * STEPS) for t in took[name]] for name in runs}

    rows = []
    for name in rules:
        rows += [
            Row(f"{name}, {size:,} games x {steps} steps in one call", Spread.of(took[name]), "s"),
            Row(f"{name}, per game-step", Spread.of(per_step[name], 1e9), "ns"),
        ]
    for name in ("MATRL", "Replicator"):
        what = f"{name}, per game-step, in parts of {PART:,} games"
        rows.append(Row(what, Spread.of(per_step[f"{name} in parts"], 1e9), "ns"))
    for peer in peers:
        rows += _beside(peer, per_step)
    if loop is None:
        note = "numba is not installed: pip install gametools[bench]"
        return [*rows, Row("GradientDescent / fused loop", None, "x", note=note)]
    ratio = Spread.of_ratios(took["GradientDescent"], took["loop"])
    return [
        *rows,
        Row("the fused loop of IGA, per game-step", Spread.of(per_step["loop"], 1e9), "ns"),
        Row("GradientDescent / fused loop", ratio, "x", note="equal points"),
    ]


def _in_parts(
    parts: list[gt.NormalFormGame], rule: UpdateRule, steps: int
) -> Callable[[], np.ndarray]:
    """Return a function that returns where all games' learners end."""

    def run() -> np.ndarray:
        ends = [
            gt.simulate(part, rule, START, steps=steps, record=0, rng=SEED).points[-1]
            for part in parts
        ]
        return np.concatenate(ends)

    return run


def _beside(peer: Peer, per_step: dict[str, list[float]]) -> list[Row]:
    """A peer's cost, and how many times as long as each rule of ours it takes."""
    if peer.run is None:
        return [Row(f"{peer.name} / ours", None, "x", note=f"not installed: {peer.package}")]
    theirs = per_step[peer.name]
    rows = [Row(f"{peer.name}, per game-step", Spread.of(theirs, 1e9), "ns", note=peer.note)]
    for name in (*RULES, "Replicator"):
        ratio = Spread.of_ratios(theirs, per_step[name])
        bar = Bar(100.0, "at least") if name in RULES else None
        rows.append(Row(f"{peer.name} / {name}", ratio, "x", bar))
    return rows


def _peers(games: gt.NormalFormGame) -> list[Peer]:
    """What the others offer that is nearest: replicator dynamics, and a learning loop."""
    p, q = START
    row_start, column_start = np.array([p, 1 - p]), np.array([q, 1 - q])
    return [*_nashpy(games, row_start, column_start), _openspiel(games, row_start, column_start)]


def _nashpy(games: gt.NormalFormGame, row: np.ndarray, column: np.ndarray) -> list[Peer]:
    names = (
        "nashpy's asymmetric replicator",
        "nashpy's replicator field, Euler steps",
        "nashpy's fictitious play",
    )
    try:
        import nashpy
        from nashpy.learning.replicator_dynamics import (
            get_derivative_of_asymmetric_fitness as field,
        )
    except ModuleNotFoundError as error:
        if error.name != "nashpy":
            raise
        return [Peer(name, "pip install gametools[bench]", None) for name in names]
    players = [nashpy.Game(*payoffs) for payoffs in games.payoffs]
    times = STEP_SIZE * np.arange(STEPS + 1)

    def replicate() -> None:
        for player in players:
            player.asymmetric_replicator_dynamics(x0=row, y0=column, timepoints=times)

    def play() -> None:
        for player in players:
            for _ in player.fictitious_play(STEPS):
                pass

    fields = [partial(field, t=0.0, A=own[0], B=own[1]) for own in games.payoffs]
    euler = partial(_euler, fields, row, column)
    _same_ends(games, euler(), names[1])
    evaluations = _evaluations(fields[0], np.concatenate([row, column]), times)
    return [
        Peer(
            names[0],
            "",
            replicate,
            "a step is a time it returns: an adaptive integrator, which evaluates its field "
            f"{evaluations} times in {STEPS} of them",
        ),
        Peer(names[1], "", euler, "the work that one of our updates does; equal points to 1e-4"),
        Peer(names[2], "", play),
    ]


def _evaluations(field: Callable[..., np.ndarray], start: np.ndarray, times: np.ndarray) -> int:
    """How often the integrator behind nashpy's replicator evaluates its field."""
    from scipy.integrate import odeint

    _, report = odeint(lambda x, t: field(x), start, times, full_output=True)
    return int(report["nfe"][-1])


def _openspiel(games: gt.NormalFormGame, row: np.ndarray, column: np.ndarray) -> Peer:
    name = "OpenSpiel's replicator"
    try:
        from open_spiel.python.egt import dynamics
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "open_spiel":
            raise
        return Peer(name, "pip install open_spiel", None)
    populations = [dynamics.replicator] * 2
    fields = [dynamics.MultiPopulationDynamics(own, populations) for own in games.payoffs]

    run = partial(_euler, fields, row, column)
    _same_ends(games, run(), name)
    return Peer(name, "", run, "Euler steps, equal points to 1e-4")


def _euler(
    fields: list[Callable[..., np.ndarray]], row: np.ndarray, column: np.ndarray
) -> np.ndarray:
    """Where Euler steps along each peer's field end: first probabilities, a row a game."""
    ends = []
    for field in fields:
        x = np.concatenate([row, column])
        for _ in range(STEPS):
            x = x + STEP_SIZE * field(x)
        ends.append(x[[0, 2]])
    return np.array(ends)


def _same_ends(games: gt.NormalFormGame, ends: np.ndarray, name: str) -> None:
    """Check a peer's Euler steps against ours."""
    # Rounding moves its strategies off the simplex, slowly; ours are put back.
    ours = gt.simulate(games, REPLICATOR, START, steps=STEPS, record=0).points[-1]
    assert np.allclose(ends, ours, atol=1e-4), f"{name} and we disagree"


def _compiled_loop() -> Callable[..., np.ndarray] | None:
    """Gradient ascent as one compiled loop, where numba is installed."""
    try:
        import numba
    except ModuleNotFoundError as error:
        if error.name != "numba":
            raise
        return None
    compiled: Callable[..., np.ndarray] = numba.njit(_ascend)
    return compiled


def _ascend(payoffs, p_start, q_start, step, steps):  # type: ignore[no-untyped-def]
    """Where each game's learners end: one game after the other, nothing kept in between."""
    ends = np.empty((len(payoffs), 2))
    for k in range(len(payoffs)):
        row, column = payoffs[k, 0], payoffs[k, 1]
        # Losses are minimised: the coefficients are those of minus the payoffs.
        row_constant = -(row[0, 1] - row[1, 1])
        row_slope = -((row[0, 0] - row[1, 0]) - (row[0, 1] - row[1, 1]))
        column_constant = -(column[1, 0] - column[1, 1])
        column_slope = -((column[0, 0] - column[1, 0]) - (column[0, 1] - column[1, 1]))
        p, q = p_start, q_start
        for _ in range(steps):
            p_gradient = row_slope * q + row_constant
            q_gradient = column_slope * p + column_constant
            p = min(max(p - step * p_gradient, 0.0), 1.0)
            q = min(max(q - step * q_gradient, 0.0), 1.0)
        ends[k, 0], ends[k, 1] = p, q
    return ends


def classify(quick: bool) -> list[Row]:
    """The interior equilibrium of every cyclic game, classified in one call."""
    size = 5_000 if quick else 100_000
    games = gt.random_2x2("cyclic", size=size, rng=SEED)
    points = gt.solve_2x2(games).equilibria[:, 0]  # a cyclic game has one, and it is mixed
    assert (gt.classify(games, points).kind == "centre").all(), "not all are centres"
    took = seconds(lambda: gt.classify(games, points), 2 if quick else 7)
    what = f"{size:,} interior equilibria of 2x2 games classified"
    return [Row(what, Spread.of(took), "s", Bar(2.0), "all of them centres")]


def basins(quick: bool) -> list[Row]:
    """Basin maps of MATRL on two games, with two steps."""
    cells, steps = (20, 100) if quick else (200, STEPS)
    rows = []
    for game in ("matching_pennies", "stag_hunt"):
        for step in (0.05, 0.02):
            draw = partial(_map, game, step, cells, steps)
            found = draw()
            runs = [timed(draw) for _ in range(2 if quick else 3)]
            what = f"{cells} x {cells} starts x {steps} steps, {game}, MATRL({step:g})"
            shares = repr(found).partition("grid: ")[2].removesuffix(")")
            cpu = Spread.of([took.cpu_seconds for took in runs]).median
            wall = Spread.of([took.seconds for took in runs])
            rows.append(Row(what, wall, "s", Bar(5.0), f"{cpu:.2g} s of CPU time; {shares}"))
    return rows


def _map(game: str, step: float, cells: int, steps: int) -> gt.convergence.BasinMap:
    rule = gt.dynamics.MATRL(step)
    return gt.basins(gt.named_game(game), rule, grid=(cells, cells), steps=steps, rng=SEED)
