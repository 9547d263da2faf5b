"""What kind of rest a point is, for the game and for a learning rule."""

from gametools.stability.classify import classify
from gametools.stability.decomposition import Decomposition, decompose
from gametools.stability.fixed_point import FixedPoint
from gametools.stability.kinds import Kind
from gametools.stability.search import FixedPointSearch, find_fixed_points
from gametools.stability.update_map import UpdateMap

__all__ = [
    "Decomposition",
    "FixedPoint",
    "FixedPointSearch",
    "Kind",
    "UpdateMap",
    "classify",
    "decompose",
    "find_fixed_points",
]
