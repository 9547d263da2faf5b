"""Which supports an equilibrium can have, and the equations that its probabilities solve."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gametools.equilibria.homotopy import Structure
from gametools.equilibria.multilinear import Array, change_coordinates

__all__ = [
    "Support",
    "Supports",
    "Systems",
    "assemble",
    "join_systems",
    "mixing_players",
    "number_of_supports",
    "support_sizes",
    "surviving_supports",
    "systems_on",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

Support = tuple[tuple[int, ...], ...]
"""The actions of each player that have positive probability."""

_SLAB = 50_000  # supports looked at together


@dataclass(frozen=True)
class Supports:
    """Supports of the same sizes: ``actions[i]``, shape ``(K, s_i)``, are those player i mixes."""

    actions: tuple[Ints, ...]

    def __len__(self) -> int:
        return len(self.actions[0])

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many actions each player mixes."""
        return tuple(a.shape[1] for a in self.actions)

    def take(self, which: Ints | slice) -> Supports:
        """Pick some."""
        return Supports(tuple(a[which] for a in self.actions))


def mixing_players(sizes: Sequence[int]) -> list[int]:
    """Return the players that mix, those with few actions first: the order of the unknowns."""
    return sorted((i for i, s in enumerate(sizes) if s > 1), key=lambda i: sizes[i])


def number_of_supports(num_actions: Sequence[int]) -> int:
    """Return how many supports there are, pure profiles included."""
    return math.prod(2**a - 1 for a in num_actions)


def support_sizes(num_actions: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield all support sizes, small supports first."""

    def fill(total: int, rest: Sequence[int]) -> Iterator[tuple[int, ...]]:
        if len(rest) == 1:
            yield (total,)
            return
        low, high = total - sum(rest[1:]), total - (len(rest) - 1)
        for first in range(max(1, low), min(rest[0], high) + 1):
            for tail in fill(total - first, rest[1:]):
                yield (first, *tail)

    for total in range(len(num_actions), sum(num_actions) + 1):
        yield from fill(total, tuple(num_actions))


def surviving_supports(
    payoffs: Floats, sizes: Sequence[int], tie: Floats
) -> Iterator[tuple[int, Supports]]:
    """Yield the supports of these sizes on which no action is conditionally dominated.

    Parameters
    ----------
    payoffs : array, shape ``(n, a_1, ..., a_n)``
    sizes : sequence of n int
    tie : array, shape ``(n,)``
        An advantage has to be larger than this everywhere to dominate.

    Yields
    ------
    pair of int and Supports
        How many supports were looked at, and those of them that are left.

    Notes
    -----
    An action in the support that is strictly worse than another one, in the support or not,
    against every pure profile in the others' supports cannot be played there.

    Source: Porter, Nudelman and Shoham (2008), "Simple search methods for finding a Nash
    equilibrium", Games Econ. Behav. 63, conditional dominance. Ours looks at whole supports, in
    bulk, and does not search a tree of them.
    """
    subsets = [
        np.array(list(itertools.combinations(range(a), s)), dtype=np.intp)
        for a, s in zip(payoffs.shape[1:], sizes, strict=True)
    ]
    widths, room = [], _SLAB
    for choices in subsets:
        widths.append(max(1, min(len(choices), room)))
        room = max(1, room // widths[-1])
    cuts = [range(0, len(c), w) for c, w in zip(subsets, widths, strict=True)]
    for corner in itertools.product(*cuts):
        slab = [c[at : at + w] for c, at, w in zip(subsets, corner, widths, strict=True)]
        alive = _not_dominated(payoffs, slab, tie)
        places = np.nonzero(alive)
        yield alive.size, Supports(tuple(c[at] for c, at in zip(slab, places, strict=True)))


def _not_dominated(payoffs: Floats, subsets: list[Ints], tie: Floats) -> NDArray[np.bool_]:
    """Return, for each combination of the players' subsets, whether no action is dominated."""
    alive = np.ones([len(c) for c in subsets], dtype=np.bool_)
    for player, own_subsets in enumerate(subsets):
        own = np.moveaxis(payoffs[player], player, 0)
        others = [j for j in range(len(subsets)) if j != player]
        # Axes that grow least come first, which keeps what is in memory small.
        order = sorted(others, key=lambda j: len(subsets[j]) / payoffs.shape[j + 1])
        dominated = []
        for action in own:
            margin = own - action  # of every action over this one
            for j in order:
                axis = 1 + others.index(j)
                margin = np.take(margin, subsets[j], axis=axis).min(axis=axis + 1)
            dominated.append(margin.max(axis=0) > tie[player])
        bad = np.asarray(np.array(dominated)[own_subsets].any(axis=1))
        alive &= ~np.moveaxis(bad, 0, player)
    return alive


@dataclass(frozen=True)
class Systems:
    """Indifference equations on K supports that have the same structure.

    Attributes
    ----------
    structure : Structure
        Groups are players that mix, in the order of their support sizes.
    blocks : tuple of arrays, shapes ``(s_j of the groups involved..., equations, K)``
        The equations of each owner in turn, without the axis of the group that they do not
        involve: advantages of the owner's other actions over its first, scaled by powers of two.
    left_over : array or None, shape ``(s_1, ..., s_k, equations, K)``
        Equations beyond the number of unknowns; they have to hold as well.
    players : int array, shape ``(k, K)``
        Which player each group is.
    groups : tuple of int arrays, shapes ``(s_j, K)``
        Which actions it mixes.
    base : int array, shape ``(n, K)``
        The first action of each player in the support: what players play who do not mix.
    dependent : bool array, shape ``(K,)``
        Some equation vanishes everywhere.
    supports : tuple of K supports
        The actions of each player, player after player.
    """

    structure: Structure
    blocks: tuple[Floats, ...]
    left_over: Floats | None
    players: Ints
    groups: tuple[Ints, ...]
    base: Ints
    dependent: NDArray[np.bool_]
    supports: tuple[Support, ...]

    def __len__(self) -> int:
        return len(self.supports)

    def take(self, which: Ints) -> Systems:
        """Pick some."""
        rest = None if self.left_over is None else self.left_over[..., which]
        return Systems(
            self.structure,
            tuple(block[..., which] for block in self.blocks),
            rest,
            self.players[:, which],
            tuple(group[:, which] for group in self.groups),
            self.base[:, which],
            self.dependent[which],
            tuple(self.supports[k] for k in which),
        )


def join_systems(parts: Sequence[Systems]) -> Systems:
    """Concatenate systems of the same structure."""
    first = parts[0]
    rest = None
    if first.left_over is not None:
        rest = np.concatenate([p.left_over for p in parts if p.left_over is not None], axis=-1)
    return Systems(
        first.structure,
        tuple(np.concatenate(b, axis=-1) for b in zip(*(p.blocks for p in parts), strict=True)),
        rest,
        np.concatenate([p.players for p in parts], axis=1),
        tuple(np.concatenate(g, axis=1) for g in zip(*(p.groups for p in parts), strict=True)),
        np.concatenate([p.base for p in parts], axis=1),
        np.concatenate([p.dependent for p in parts]),
        tuple(itertools.chain.from_iterable(p.supports for p in parts)),
    )


def systems_on(payoffs: Floats, supports: Supports, tie: Floats) -> Systems:
    """Write down the indifference equations on supports of the same sizes.

    Where one player has more equations than the others have unknowns, its own probabilities are
    left out, since its equations alone already decide: as many of them as there are unknowns make
    the square system, the others are `left_over`. (By Hall's theorem these are the only supports
    whose Bezout number is 0.)
    """
    sizes = np.array(supports.sizes)
    free = sizes - 1
    mixing = mixing_players([a.shape[1] for a in supports.actions])
    over = [i for i in mixing if 2 * free[i] > free.sum()]
    groups = [i for i in mixing if i not in over]
    owners, blocks, rest = [], [], None
    zero = np.zeros(len(supports), dtype=np.bool_)
    for player in over or groups:
        equations, vanish = _advantages(payoffs[player], player, supports, groups, tie[player])
        zero |= vanish
        if over:
            square = int(free.sum() - free[player])
            equations, rest = equations[..., :square, :], equations[..., square:, :]
        blocks.append(equations)
        owners += [-1 if over else groups.index(player)] * equations.shape[-2]
    names = zip(*(a.tolist() for a in supports.actions), strict=True)
    return Systems(
        Structure(tuple(int(sizes[i]) for i in groups), tuple(owners)),
        tuple(blocks),
        rest,
        np.repeat(np.array(groups, dtype=np.intp)[:, None], len(supports), axis=1),
        tuple(supports.actions[i].T for i in groups),
        np.array([a[:, 0] for a in supports.actions]),
        zero,
        tuple(tuple(map(tuple, name)) for name in names),
    )


def _advantages(
    payoffs: Floats, player: int, supports: Supports, groups: list[int], tie: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return a player's scaled equations ``(groups but it..., equations, K)``, and if any is 0."""
    n = payoffs.ndim
    index = []
    for i, actions in enumerate(supports.actions):
        shown = actions if i in groups or i == player else actions[:, :1]
        index.append(shown.reshape(len(shown), *(-1 if j == i else 1 for j in range(n))))
    table = np.moveaxis(payoffs[tuple(index)], (player + 1, 0), (-2, -1))
    # The axes are now the others in the order of the players, then own actions, then supports.
    others = [i for i in range(n) if i != player]
    order = [others.index(i) for i in groups if i != player]
    idle = [axis for axis in range(n - 1) if axis not in order]
    table = table.transpose(*idle, *order, n - 1, n).reshape(
        *(table.shape[axis] for axis in order), *table.shape[-2:]
    )
    equations = table[..., 1:, :] - table[..., :1, :]
    axes = tuple(range(equations.ndim - 2))
    size = np.sqrt((equations**2).sum(axis=axes))
    zero = np.abs(equations).max(axis=axes) <= tie
    scale = np.exp2(-np.ceil(np.log2(np.where(zero, 1.0, size))))
    return equations * scale, zero.any(axis=0)


def assemble(systems: Systems, matrices: Sequence[Array], *, magnitude: bool = False) -> Array:
    """Return the tensors of the square systems in other coordinates, ``(s_1, ..., s_k, N, K)``.

    Parameters
    ----------
    systems : Systems
    matrices : sequence of arrays, shapes ``(s_j, s_j)`` or ``(s_j, s_j, K)``
        Probabilities of group j are ``matrix @ (1, unknowns)``.
    magnitude : bool
        Take absolute values throughout: what rounding errors are in proportion to.
    """
    structure = systems.structure
    k = len(structure.sizes)
    kind = np.result_type(np.float64, *(m.real if magnitude else m for m in matrices))
    tensor = np.zeros((*structure.sizes, structure.unknowns, len(systems)), dtype=kind)
    row = 0
    for block in systems.blocks:
        owner = structure.owners[row]
        changed = np.abs(block) if magnitude else block
        for axis, j in enumerate(j for j in range(k) if j != owner):
            matrix = np.abs(matrices[j]) if magnitude else matrices[j]
            changed = change_coordinates(changed, axis, matrix)
        rows = slice(row, row + block.shape[-2])
        place = tuple(0 if j == owner else slice(None) for j in range(k))
        tensor[(*place, rows)] = changed
        row += block.shape[-2]
    return tensor
