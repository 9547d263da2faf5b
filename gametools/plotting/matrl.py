"""One update of MATRL in the space of joint policies, and the meta-game behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gametools.dynamics.field import checked_plane
from gametools.games.differentiable import Array, Box, losses_from_payoffs
from gametools.plotting.fields import coordinate_label
from gametools.plotting.style import PLAYER_COLOURS, ink, policy_colours

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle
    from matplotlib.quiver import Quiver

    from gametools.dynamics.matrl_stages import MATRLStep

__all__ = ["plot_matrl_step", "plot_meta_game", "plot_trust_regions"]


def plot_matrl_step(
    step: MATRLStep,
    ax: Axes | None = None,
    *,
    plane: tuple[int, int] = (0, 1),
    region_keywords: dict[str, Any] | None = None,
    marker_keywords: dict[str, Any] | None = None,
) -> dict[str, Artist]:
    """Draw one update of MATRL: the four policies, and the regions that they span.

    Parameters
    ----------
    step : MATRLStep
        A single update, as of `gametools.dynamics.matrl_step`.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default.
    plane : (int, int)
        The coordinates along x and y: two players with one parameter each.
    region_keywords : dict, optional
        Passed to both regions (``Rectangle``), over the package's style.
    marker_keywords : dict, optional
        Passed to ``Axes.plot`` for the four policies, over the package's style.

    Returns
    -------
    dict of str to Artist
        ``"improvement"``: where both players move the way that pays against the other's current
        policy; ``"stable"``: between current and aggregated policies; ``"trial"`` and
        ``"response"``: the arrows of the two gradient steps (missing where a step has no length);
        ``"current"``, ``"predicted"``, ``"aggregated"``, ``"next"``. Regions and policies have
        labels for a legend.

    Raises
    ------
    ValueError
        If `step` is a batch, or a coordinate of `plane` is not a player's only parameter.

    Notes
    -----
    Source: Wen et al. (2021), figure 2 (left), whose regions are drawn by hand; ours are those of
    one update. Where the meta-game keeps a player at its current policy, the stable region is a
    segment.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.plotting.matrl import plot_matrl_step
    >>> rule = gt.dynamics.MATRL(0.2, trial_step=0.5, selection="last-listed")
    >>> step = gt.dynamics.matrl_step(gt.named_game("chicken"), [0.9, 0.8], rule)
    >>> drawn = plot_matrl_step(step)
    >>> drawn["stable"].get_width(), round(drawn["stable"].get_height(), 3)
    (0.0, 0.35)
    """
    import matplotlib.pyplot as plt

    i, j = _checked(step, plane, axes=0)
    axes = plt.gca() if ax is None else ax
    fresh = not axes.has_data()
    drawn: dict[str, Artist] = {}
    for name, style in _policy_looks().items():
        x, y = getattr(step, name)[[i, j]]
        look: dict[str, Any] = {"linestyle": "none", "zorder": 4, "markersize": 6} | style
        (drawn[name],) = axes.plot(x, y, **look | (marker_keywords or {}))
    regions = {
        "improvement": _improvement(step, (i, j)),
        "stable": _between(step.current[[i, j]], step.aggregated[[i, j]]),
    }
    for name, patch in regions.items():
        patch.set(**_region_looks()[name] | (region_keywords or {}))
        drawn[name] = axes.add_artist(patch)  # unlike a patch, it leaves the limits as they are
    for name, tail, head in (
        ("trial", step.current, step.predicted),
        ("response", step.anchor, step.next),
    ):
        tip, foot = (head[i], head[j]), (tail[i], tail[j])
        if tip != foot:
            arrow = {"arrowstyle": "-|>", "shrinkA": 3, "shrinkB": 6, "linewidth": 1.4}
            arrow |= (
                {"linestyle": "--", "color": policy_colours()["predicted"]}
                if name == "trial"
                else {"color": ink()}
            )
            drawn[name] = axes.annotate("", tip, foot, arrowprops=arrow, zorder=3)
    if fresh:
        points = [getattr(step, name)[[i, j]] for name in _policy_looks()]
        _frame_fresh(axes, step, np.array(points))
    _label_players(axes, step, (i, j))
    return drawn


def plot_trust_regions(
    steps: MATRLStep,
    ax: Axes | None = None,
    *,
    plane: tuple[int, int] = (0, 1),
    region_keywords: dict[str, Any] | None = None,
    quiver_keywords: dict[str, Any] | None = None,
) -> tuple[PatchCollection, Quiver]:
    """Draw the gradient and the stable trust region at several points, such as along a path.

    Parameters
    ----------
    steps : MATRLStep
        A batch of updates with one axis.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default.
    plane : (int, int)
        The coordinates along x and y: two players with one parameter each.
    region_keywords, quiver_keywords : dict, optional
        Passed to the ``PatchCollection`` and to ``Axes.quiver``, over the package's style.

    Returns
    -------
    PatchCollection, Quiver
        The rectangles between current and aggregated policies, and arrows along every player's
        own payoff's gradient, as long as the trial step (before projection on the domain). Both
        have labels for a legend.

    Raises
    ------
    ValueError
        If `steps` is not a batch with one axis, or a coordinate of `plane` is not a player's only
        parameter.

    Notes
    -----
    Source: Wen et al. (2021), figure 7; nothing differs that the paper states.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.plotting.matrl import plot_trust_regions
    >>> game, rule = gt.named_game("matching_pennies"), gt.dynamics.MATRL(0.05, trial_step=0.1)
    >>> path = gt.simulate(game, rule, [0.9, 0.2], steps=200, rng=0)
    >>> steps = gt.dynamics.matrl_step(game, path.points[::10], rule, rng=0)
    >>> regions, arrows = plot_trust_regions(steps)
    >>> len(regions.get_paths()), len(arrows.U)
    (21, 21)
    """
    import matplotlib.pyplot as plt
    from matplotlib.collections import PatchCollection

    from gametools.plotting.arrows import NamedQuiver

    i, j = _checked(steps, plane, axes=1)
    axes = plt.gca() if ax is None else ax
    fresh = not axes.has_data()
    current, mixed = steps.current[:, [i, j]], steps.aggregated[:, [i, j]]
    boxes = [_between(a, b) for a, b in zip(current, mixed, strict=True)]
    stable = policy_colours()["aggregated"]
    look: dict[str, Any] = {
        "facecolor": stable + "40", "edgecolor": stable, "linewidth": 0.8, "zorder": 1.5,
        "label": "stable trust region",
    }  # fmt: skip
    regions = PatchCollection(boxes, **look | (region_keywords or {}))
    axes.add_collection(regions)
    axes.update_datalim(np.concatenate([current, mixed]))
    trial = steps.rule.step if steps.rule.trial_step is None else steps.rule.trial_step
    up = losses_from_payoffs(steps.gradient[:, [i, j]])
    arrows: dict[str, Any] = {
        "angles": "xy", "scale_units": "xy", "scale": 1 / trial, "color": ink(), "width": 0.005,
        "zorder": 4, "label": "gradient of own payoff",
    }  # fmt: skip
    quiver = NamedQuiver(axes, *current.T, *up.T, **arrows | (quiver_keywords or {}))
    axes.add_collection(quiver)
    axes.autoscale_view()
    if fresh:
        _frame_fresh(axes, steps, np.concatenate([current, mixed]))
    _label_players(axes, steps, (i, j))
    return regions, quiver


def plot_meta_game(
    step: MATRLStep,
    ax: Axes | None = None,
    *,
    arrow_keywords: dict[str, Any] | None = None,
    text_keywords: dict[str, Any] | None = None,
    **marker_keywords: Any,
) -> dict[str, list[Artist]]:
    """Draw the meta-game of two players: payoffs, who gains by moving, the equilibrium taken.

    Parameters
    ----------
    step : MATRLStep
        A single update of two players.
    ax : matplotlib Axes, optional
        Where to draw; the current Axes by default.
    arrow_keywords : dict, optional
        Over the ``arrowprops`` of all arrows.
    text_keywords : dict, optional
        Passed to ``Axes.text`` for the payoffs.
    **marker_keywords
        Passed to ``Axes.plot`` for the equilibrium.

    Returns
    -------
    dict of str to list of Artist
        ``"payoffs"``: eight texts, players 1 and 2 at (current, current), (current, predicted),
        (predicted, current), (predicted, predicted). ``"arrows"``: player 1 against current and
        predicted, then player 2; each points to what the player prefers, and has no head where it
        does not care. ``"equilibrium"``: the mark at ``1 - rho``, labelled.

    Raises
    ------
    ValueError
        If `step` is a batch or has more or fewer than two players.

    Notes
    -----
    Source: Wen et al. (2021), figure 2 (right). Player 1 moves along x and player 2 along y, as
    in `plot_matrl_step`. Dashed arrows, against the other's current policy, point to *predicted*
    wherever the trial step pays; the two solid ones decide which of the four cases it is
    (`MATRLStep.case`). The paper colours the arrows by these two sorts, we by player.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.plotting.matrl import plot_meta_game
    >>> rule = gt.dynamics.MATRL(0.2, trial_step=0.5, selection="last-listed")
    >>> step = gt.dynamics.matrl_step(gt.named_game("chicken"), [0.9, 0.9], rule)
    >>> drawn = plot_meta_game(step)
    >>> [text.get_text() for text in drawn["payoffs"][4:5]]
    ['0.245']
    """
    import matplotlib.pyplot as plt

    if step.batch_shape or step.meta.num_players != 2:
        raise ValueError(
            "`step` must be a single update of two players; got "
            f"batch {step.batch_shape} and {step.meta.num_players} players."
        )
    axes = plt.gca() if ax is None else ax
    drawn: dict[str, list[Artist]] = {"payoffs": [], "arrows": [], "equilibrium": []}
    for x, y in ((0, 0), (0, 1), (1, 0), (1, 1)):
        for player, (side, align) in enumerate(((-0.03, "right"), (0.03, "left"))):
            look = {"ha": align, "va": "center", "color": PLAYER_COLOURS[player]}
            value = f"{step.meta.payoffs[player, x, y] + 0.0:.3g}".replace("-", "\N{MINUS SIGN}")
            where = (x + side, y + (0.17 if y else -0.17))
            drawn["payoffs"].append(axes.text(*where, value, **look | (text_keywords or {})))
    for player, signs in enumerate(step.improves):
        for other, sign in enumerate(signs):
            ends = np.array([[0.1, other], [0.9, other]])[:: -1 if sign < 0 else 1]
            tail, head = ends if player == 0 else ends[:, ::-1]
            arrow = {
                "arrowstyle": "-|>" if sign else "-", "color": PLAYER_COLOURS[player],
                "linewidth": 2.0 if other else 1.4, "linestyle": "-" if other else "--",
                "mutation_scale": 16, "shrinkA": 0, "shrinkB": 0,
            } | (arrow_keywords or {})  # fmt: skip
            drawn["arrows"].append(axes.annotate("", head, tail, arrowprops=arrow))
    rho = ", ".join(f"{p + 0.0:.2g}" for p in step.rho)
    mark: dict[str, Any] = {"marker": "*", "markersize": 15, "color": ink(), "linestyle": "none"}
    mark |= {"zorder": 4} | {"label": rf"equilibrium $\rho$ = ({rho})", "clip_on": False}
    drawn["equilibrium"] += axes.plot(*(1 - step.rho), **mark | marker_keywords)
    _frame_meta_game(axes)
    return drawn


def _frame_meta_game(axes: Axes) -> None:
    """Corners, ticks and labels of the square of joint choices."""
    axes.plot([0, 0, 1, 1], [0, 1, 0, 1], "o", color=ink(0.4), markersize=4, zorder=2)
    axes.set(xlim=(-0.4, 1.4), ylim=(-0.35, 1.35), aspect="equal")
    names = ["current", "predicted"]
    axes.set_xticks([0, 1], names)
    axes.set_yticks([0, 1], names, rotation=90, va="center")
    axes.set_xlabel("player 1's policy", color=PLAYER_COLOURS[0])
    axes.set_ylabel("player 2's policy", color=PLAYER_COLOURS[1])


def _checked(step: MATRLStep, plane: tuple[int, int], *, axes: int) -> tuple[int, int]:
    """Return the plane's coordinates, or raise an error."""
    if len(step.batch_shape) != axes:
        wanted = "a batch of updates with one axis" if axes else "a single update"
        name = "steps" if axes else "step"
        raise ValueError(f"`{name}` must be {wanted}; got batch {step.batch_shape}.")
    dims = step.game.dims
    i, j = checked_plane(plane, sum(dims))
    sizes = np.repeat(dims, dims)
    if sizes[i] != 1 or sizes[j] != 1:
        raise ValueError(
            "`plane` must be the parameters of two players with one each; "
            f"got {(i, j)} of players with {dims}."
        )
    return i, j


def _region_looks() -> dict[str, dict[str, Any]]:
    """Return the look of each region; they differ in print by hatch and outline."""
    colours = policy_colours()
    stable = colours["aggregated"]
    return {
        "improvement": {
            "facecolor": colours["predicted"], "alpha": 0.18, "linewidth": 0, "zorder": 0.5,
            "label": "independent improvement",
        },
        "stable": {
            "facecolor": stable + "50", "edgecolor": stable, "linewidth": 1.6, "zorder": 1.5,
            "hatch": "////", "label": "stable trust region",
        },
    }  # fmt: skip


def _policy_looks() -> dict[str, dict[str, Any]]:
    """Return the marker of each policy; all of them show where they coincide."""
    dark, colours = ink(), policy_colours()
    return {
        "predicted": {
            "marker": "o", "markersize": 12, "markerfacecolor": "none",
            "color": colours["predicted"], "markeredgewidth": 2.0, "label": r"predicted $\hat\pi$",
        },
        "aggregated": {
            "marker": "D", "markersize": 6.5, "color": colours["aggregated"],
            "markeredgecolor": dark, "label": r"aggregated $\bar\pi$",
        },
        "current": {"marker": "o", "markersize": 5, "color": dark, "label": r"current $\pi$"},
        "next": {
            "marker": "s", "markersize": 9, "markerfacecolor": "none", "color": dark,
            "markeredgewidth": 1.4,
            "label": r"next $\pi'$",
        },
    }  # fmt: skip


def _frame_fresh(axes: Axes, step: MATRLStep, points: Array) -> None:
    """Give empty Axes a view of the points: a square one where both are probabilities."""
    low, high = points.min(axis=0), points.max(axis=0)
    half = 0.75 * (high - low)
    if isinstance(step.game.domain, Box):
        half = np.full(2, half.max())
        axes.set_aspect("equal", adjustable="box")
    middle, half = (low + high) / 2, np.where(half > 0, half, 0.05)
    (left, bottom), (right, top) = middle - half, middle + half
    # What is drawn later may still widen the view.
    axes.set_xlim(left, right, auto=True)
    axes.set_ylim(bottom, top, auto=True)


def _between(one: Array, other: Array) -> Rectangle:
    """Return the rectangle with these corners."""
    from matplotlib.patches import Rectangle

    low, size = np.minimum(one, other), np.abs(other - one)
    return Rectangle((float(low[0]), float(low[1])), float(size[0]), float(size[1]))


def _improvement(step: MATRLStep, plane: tuple[int, int]) -> Rectangle:
    """Return the quadrant in which both players move against their gradients, in the domain.

    A player with a zero gradient may stay where it is only.
    """
    at = list(plane)
    here, slope = step.current[at], step.gradient[at]
    far = 1e3 * (1e-9 + np.abs(step.predicted[at] - here).max())  # past any view of the step
    low, high = here - far, here + far
    if isinstance(step.game.domain, Box):
        low = np.maximum(low, step.game.domain.low)
        high = np.minimum(high, step.game.domain.high)
    return _between(here, np.where(slope > 0, low, np.where(slope < 0, high, here)))


def _label_players(axes: Axes, step: MATRLStep, plane: tuple[int, int]) -> None:
    """Label the axes with what the coordinates are."""
    axes.set_xlabel(coordinate_label(step.game, plane[0]))
    axes.set_ylabel(coordinate_label(step.game, plane[1]))
