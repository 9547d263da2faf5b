"""How the extreme equilibria of a degenerate two-player game hang together."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["connected_components", "maximal_subsets"]

Edge = tuple[int, int]


def connected_components(edges: Sequence[Edge]) -> tuple[tuple[int, ...], ...]:
    """Return which extreme equilibria are connected, as tuples of their indices.

    Parameters
    ----------
    edges : sequence of (int, int)
        For each extreme equilibrium the number of the first and of the second player's strategy.

    Notes
    -----
    Two extreme equilibria that share a strategy are joined by a segment of equilibria, and
    connected sets of equilibria are unions of maximal Nash subsets that share an extreme
    equilibrium, so the components are those of the bipartite graph of strategies.

    Source: Jansen (1981); nothing differs.

    Examples
    --------
    >>> connected_components([(0, 0), (0, 1), (1, 2)])
    ((0, 1), (2,))
    """
    label = list(range(len(edges)))
    for k, edge in enumerate(edges):
        for j in range(k):
            if label[j] != label[k] and (edge[0] == edges[j][0] or edge[1] == edges[j][1]):
                low, high = sorted((label[j], label[k]))
                label = [low if c == high else c for c in label]
    groups: dict[int, list[int]] = {}
    for k, c in enumerate(label):
        groups.setdefault(c, []).append(k)
    return tuple(tuple(group) for group in groups.values())


def maximal_subsets(
    edges: Sequence[Edge],
) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """Return the maximal Nash subsets: pairs (U, V) of strategies, all of U x V in equilibrium.

    Parameters
    ----------
    edges : sequence of (int, int)
        As for `connected_components`.

    Notes
    -----
    Maximal Nash subsets are the maximal complete subgraphs of the bipartite graph of extreme
    equilibria. Every V is an intersection of neighbourhoods, so they are closed under
    intersection one at a time.

    Source: Winkels (1979), Avis, Rosenberg, Savani and von Stengel (2010), section 4; ours closes
    neighbourhoods under intersection instead of running a clique search.

    Examples
    --------
    >>> maximal_subsets([(0, 0), (0, 1), (1, 1)])
    (((0,), (0, 1)), ((0, 1), (1,)))
    """
    neighbours: dict[int, frozenset[int]] = {}
    for i, j in edges:
        neighbours[i] = neighbours.get(i, frozenset()) | {j}
    closed: set[frozenset[int]] = set()
    for own in neighbours.values():
        closed |= {own} | {own & other for other in closed if own & other}
    subsets = [
        (tuple(i for i, own in neighbours.items() if common <= own), tuple(sorted(common)))
        for common in closed
    ]
    return tuple(sorted(subsets))
