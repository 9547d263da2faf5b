"""The pictures of `gametools plot`: what is computed for them, and how it is put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gametools.convergence.basins import basins
from gametools.dynamics import Trajectory, simulate, vector_field
from gametools.dynamics.field import SimplexField, VectorField, is_symmetric_play, simplex_field
from gametools.dynamics.rule import UpdateRule
from gametools.games.differentiable import Box, DifferentiableGame
from gametools.games.domains import blocks
from gametools.stability import classify, find_fixed_points
from gametools.stability.fixed_point import FixedPoint
from gametools.stability.search import random_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Request", "plane_figure", "simplex_figure"]

Array = NDArray[np.float64]

_STARTS = np.array([[0.85, 0.7], [0.2, 0.35], [0.6, 0.1], [0.3, 0.9]])
"""Default starts, as shares of the sides of the plane; several rules go from the first."""
_MIXED = np.array([[0.7, 0.2, 0.1], [0.1, 0.7, 0.2], [0.2, 0.1, 0.7]])
"""The same on a simplex."""
_FINE = 121
"""Points along each side of the field from which nullclines are drawn."""
_STREAM = 40
"""The same for stream lines."""
_SPEED = "speed of gradient flow"


@dataclass(frozen=True)
class Request:
    """What shall be drawn; see the options of `gametools plot`."""

    game: DifferentiableGame
    rules: tuple[tuple[str, UpdateRule], ...]
    starts: tuple[tuple[float, ...], ...]
    random_starts: int
    steps: int
    basins: bool
    fixed_points: bool
    nullclines: bool
    stream: bool
    arrows: int | None
    plane: tuple[int, int] | None
    at: Sequence[float] | None
    bounds: Any
    seed: int


def plane_figure(request: Request, width: float) -> Figure:
    """Draw a game on a plane; `width` in inches."""
    from matplotlib.figure import Figure

    from gametools.plotting import basins as basin_plots
    from gametools.plotting import fields, fixed_points
    from gametools.plotting.trajectories import plot_trajectory

    size = request.arrows or (12 if request.basins else 20)
    size = max(size, _STREAM) if request.stream else size
    field = _field(request, size)
    starts = _starts(request, field)
    figure = Figure(figsize=(width, width))
    axes = figure.add_subplot()
    note = None
    plain = bool(request.rules) or request.nullclines
    drawn = fields.plot_vector_field(
        _inner_field(request, field) if request.basins else field, axes,
        kind="stream" if request.stream else "quiver", colour=None if plain else "speed",
        **(_over_basins(request.stream) if request.basins else {}),
    )  # fmt: skip
    if request.basins:
        _check_basins(request)
        window = np.array([field.x[[0, -1]], field.y[[0, -1]]])
        found = basins(
            request.game, request.rules[0][1], steps=request.steps, window=window, rng=request.seed
        )
        basin_plots.plot_basins(found, axes)
        note = "fainter: arrives later" if (found.labels >= 0).any() else None
    if not plain:
        _add_speed_bar(axes, getattr(drawn, "lines", drawn))
    if request.nullclines:
        fields.plot_nullclines(_field(request, _FINE), axes)
    if len(starts):
        paths = [
            (text, simulate(request.game, rule, starts, steps=request.steps, rng=request.seed))
            for text, rule in request.rules
        ]
        for text, path, style in _styled(paths):
            plot_trajectory(path, axes, plane=field.plane, label=_label(text), **style)
    if request.fixed_points:
        fixed_points.plot_fixed_points(_rest_on(request, field), axes, plane=field.plane)
    if sum(request.game.dims) > 2:
        axes.set_title(_elsewhere(field, projected=bool(request.rules)))
    _finish(figure, [axes], note)
    return figure


def simplex_figure(request: Request, width: float) -> Figure:
    """Draw a game on triangles: one for all players of a symmetric game, or one for each."""
    for name in ("basins", "nullclines", "stream", "plane", "bounds"):
        if getattr(request, name):
            raise ValueError(
                f"`--{name.replace('_', '-')}` is for games on a plane; the players of "
                f"{request.game!r} mix {request.game.dims} actions."
            )
    players = [i for i, size in enumerate(request.game.dims) if size == 3]
    if not players:
        raise ValueError(
            "`GAME` must have players with two actions, or one with three, to be drawn; "
            f"got {request.game.dims} actions."
        )
    alone = request.at is None and is_symmetric_play(request.game)
    alone = alone and all(len(start) == 3 for start in request.starts)
    starts = _mixed_starts(request, alone)
    panels = players[:1] if alone else players
    steps = request.arrows or (16 if alone else 10)
    fields = [
        simplex_field(request.game, i, resolution=steps, at=request.at, symmetric=alone)
        for i in panels
    ]
    paths = [
        (text, simulate(request.game, rule, starts, steps=request.steps, rng=request.seed))
        for text, rule in request.rules
    ]
    rest = _joint_rest(request, alone) if request.fixed_points else None
    from matplotlib.figure import Figure

    from gametools.plotting import simplex

    figure = Figure(figsize=(width, width))
    all_axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, field in zip(all_axes, fields, strict=True):
        _draw_triangle(axes, field, paths)
        if rest is not None:
            for mark in simplex.plot_simplex_fixed_points(rest, axes, player=field.player):
                if alone:  # one triangle shows what all players do
                    mark.set_label(f"{mark.get_label()} in joint play")
        # Above the name of the corner.
        axes.set_title("all players alike" if alone else f"player {field.player + 1}", pad=9)
    _finish(figure, all_axes)
    return figure


def _draw_triangle(axes: Axes, field: SimplexField, paths: list[tuple[str, Trajectory]]) -> None:
    from gametools.plotting import simplex
    from gametools.plotting.style import speed_colours

    simplex.plot_simplex(axes)
    look: dict[str, Any] = {"colour": None} if paths else {"cmap": speed_colours()}
    quiver = simplex.plot_simplex_field(field, axes, **look)
    if not paths and quiver.N:
        _add_speed_bar(axes, quiver)
    for text, path, style in _styled(paths):
        own = path.points[..., blocks(field.game.dims)[field.player]]
        for k in range(own.shape[1]):
            label = _label(text) if k == 0 else "_nolegend_"
            simplex.plot_simplex_trajectory(own[:, k], axes, label=label, **style)
    axes.set_xlim(-0.12, 1.12)  # room for the names of the corners


def _joint_rest(request: Request, alone: bool) -> FixedPoint:
    """Find fixed points of joint play; those at which all play the same, if players are alike."""
    found = find_fixed_points(request.game, rng=request.seed).points
    if not alone:
        return found
    strategies = found.point.reshape(len(found.point), -1, 3)
    same = np.ptp(strategies, axis=1).max(axis=-1) < 1e-6
    return classify(request.game, found.point[same])


def _styled(
    paths: Sequence[tuple[str, Trajectory]],
) -> Iterator[tuple[str, Trajectory, dict[str, Any]]]:
    """Give each path the style of its rule; another dash to a rule that comes again."""
    from gametools.plotting.style import rule_name, rule_style

    names: list[str] = []
    for index, (text, path) in enumerate(paths):
        name = rule_name(text)
        yield text, path, rule_style(text, names.count(name), index)
        names.append(name)


def _add_speed_bar(axes: Axes, artist: Any) -> None:
    beside = axes.inset_axes((1.04, 0.1, 0.03, 0.8))
    figure: Any = axes.figure
    figure.colorbar(artist, cax=beside, label=_SPEED)


def _field(request: Request, size: int) -> VectorField:
    return vector_field(
        request.game, shape=(size, size), plane=request.plane, bounds=request.bounds, at=request.at
    )


def _inner_field(request: Request, field: VectorField) -> VectorField:
    """Return the field in the middle of as many cells: no arrow leaves the colours of basins."""
    side = len(field.x)
    ends = [(axis[0], axis[-1]) for axis in (field.x, field.y)]
    halves = [(high - low) / (2 * side) for low, high in ends]
    bounds = [(low + half, high - half) for (low, high), half in zip(ends, halves, strict=True)]
    return vector_field(
        request.game, shape=(side, side), plane=field.plane, bounds=bounds, at=request.at
    )


def _over_basins(stream: bool) -> dict[str, Any]:
    """Return a look that is seen on every colour of a basin: arrows with a light edge."""
    if stream:
        return {"color": "black"}
    return {"color": None, "facecolor": "black", "edgecolor": "white", "linewidth": 0.4}


def _check_basins(request: Request) -> None:
    d = sum(request.game.dims)
    if d != 2:
        raise ValueError(f"`--basins` is for games with two coordinates; this one has {d}.")


def _starts(request: Request, field: VectorField) -> Array:
    """Return where trajectories begin, shape ``(N, d)``."""
    if request.starts:
        return _stacked(request.starts)
    base = field.points[0, 0]
    low = np.array([field.x[0], field.y[0]])
    sides = np.array([field.x[-1], field.y[-1]]) - low
    shares = _STARTS[: 1 if len(request.rules) > 1 else None]
    if request.random_starts:
        shares = np.random.default_rng(request.seed).random((request.random_starts, 2))
    elif request.basins or not request.rules:
        shares = shares[:0]
    starts = np.tile(base, (len(shares), 1))
    starts[:, list(field.plane)] = low + sides * shares
    return starts


def _mixed_starts(request: Request, alone: bool) -> Array:
    """Return starts in mixed strategies of all players, shape ``(N, d)``."""
    n = len(request.game.dims)
    if request.starts:
        starts = _stacked(request.starts)
        return np.tile(starts, n) if alone else starts
    if request.random_starts:
        rng = np.random.default_rng(request.seed)
        starts = random_points(request.game, request.random_starts, 1.0, rng)
        return np.tile(starts[:, :3], n) if alone else starts
    first = _MIXED[: 1 if len(request.rules) > 1 else None]
    if alone:
        return np.tile(first, n)
    rng = np.random.default_rng(request.seed)
    return random_points(request.game, len(first), 1.0, rng)


def _stacked(starts: Sequence[tuple[float, ...]]) -> Array:
    if len({len(start) for start in starts}) > 1:
        raise ValueError("`--start` must have as many numbers each time.")
    return np.array(starts)


def _rest_on(request: Request, field: VectorField) -> FixedPoint:
    """Find fixed points, and keep those on the plane and within its bounds."""
    window = np.array([field.x[[0, -1]], field.y[[0, -1]]])
    spread = 1.0 if isinstance(request.game.domain, Box) else float(np.abs(window).max())
    found = find_fixed_points(request.game, spread=spread, rng=request.seed).points
    others = np.delete(np.arange(found.point.shape[-1]), field.plane)
    here = np.abs(found.point - field.points[0, 0])[:, others].max(axis=-1, initial=0.0) < 1e-6
    shown = found.point[:, list(field.plane)]
    slack = 1e-9 * (window[:, 1] - window[:, 0])
    inside = ((shown >= window[:, 0] - slack) & (shown <= window[:, 1] + slack)).all(axis=-1)
    return classify(request.game, found.point[here & inside])


def _elsewhere(field: VectorField, *, projected: bool) -> str:
    """Say where the coordinates off the plane stay."""
    from gametools.plotting.fields import coordinate_label

    point = field.points[0, 0]
    others = [k for k in range(len(point)) if k not in field.plane]
    lines = [f"{coordinate_label(field.game, k)} = {point[k]:.3g}" for k in others[:3]]
    lines += [f"and {len(others) - 3} more"] if len(others) > 3 else []
    lines += ["paths leave the plane"] if projected else []
    return "field at " + "\n".join(lines)


def _label(text: str) -> str:
    """Write ``IGA:step=0.1`` as ``IGA (step=0.1)``."""
    name, _, rest = text.partition(":")
    return f"{name} ({rest.replace(',', ', ')})" if rest else name


def _finish(figure: Figure, panels: Sequence[Axes], title: str | None = None) -> None:
    """Put the legend below, and fit all to the width of the figure."""
    import matplotlib as mpl

    from gametools.plotting.layout import fit_panels

    handles, labels = panels[0].get_legend_handles_labels()
    if handles:
        letter = 0.55 * float(mpl.rcParams["legend.fontsize"]) / 72  # inches
        entry = letter * (max(map(len, labels)) + 7)
        columns = int(np.clip(figure.get_figwidth() // entry, 1, len(handles)))
        figure.legend(
            handles, labels, loc="lower center", borderaxespad=0, ncols=columns, title=title
        )
    fit_panels(figure, panels)
