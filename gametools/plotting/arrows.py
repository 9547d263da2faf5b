"""Arrows that a legend shows as an arrow."""

from __future__ import annotations

from typing import Any

from matplotlib.artist import Artist
from matplotlib.legend import Legend
from matplotlib.legend_handler import HandlerBase
from matplotlib.patches import FancyArrowPatch
from matplotlib.quiver import Quiver
from matplotlib.transforms import Transform

__all__ = ["NamedQuiver"]


class NamedQuiver(Quiver):
    """A quiver that legends show as an arrow; matplotlib shows a box for any other."""


class _ArrowKey(HandlerBase):
    """Draw the key of a `NamedQuiver`."""

    def create_artists(
        self,
        legend: Legend,
        orig_handle: Artist,
        xdescent: float,
        ydescent: float,
        width: float,
        height: float,
        fontsize: float,
        trans: Transform,
    ) -> list[Artist]:
        """Return one arrow across the key, in the colour of the first arrow of the quiver."""
        del legend
        colours: Any = orig_handle.get_facecolor() if isinstance(orig_handle, Quiver) else ["black"]
        middle = height / 2 - ydescent
        arrow = FancyArrowPatch(
            (-xdescent, middle), (width - xdescent, middle), arrowstyle="-|>", shrinkA=0, shrinkB=0,
            mutation_scale=fontsize, color=colours[0], transform=trans,
        )  # fmt: skip
        return [arrow]


Legend.update_default_handler_map({NamedQuiver: _ArrowKey()})
