"""Saddle points and global optima: two kinds of equilibria that learners tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.equilibria.exploitability import exploitability
from gametools.equilibria.result import SUPPORT_TOLERANCE, NashResult
from gametools.equilibria.single import single_game, unit_payoffs
from gametools.games.normal_form import NormalFormGame

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SADDLE_TOLERANCE", "SaddleOrOptimum", "classify_equilibria", "saddle_or_optimum"]

Array = NDArray[np.float64]

SADDLE_TOLERANCE = 1e-9
"""Differences of payoffs below this share of a player's payoff range count as none."""


@dataclass(frozen=True, eq=False, repr=False)
class SaddleOrOptimum:
    """Is a profile a Nash equilibrium, a saddle point, a global optimum?

    Attributes
    ----------
    game : NormalFormGame
    payoffs : array, shape ``(n,)``
        What each player earns at the profile.
    gain : array, shape ``(n,)``
        The most that each player gains by deviating alone.
    harm : array, shape ``(n,)``
        The most that each player loses when the others deviate: at most 0 at a saddle point,
        negative at a strict one. At a pure profile over the *other* joint actions, so it can be
        negative; -inf if the others have no other joint action. At a mixed profile at least 0.
    shortfall : array, shape ``(n,)``
        The player's largest payoff in the game minus what it earns.
    scale : array, shape ``(n,)``
        Each player's payoff range.
    tolerance : float
        The flags take differences up to this share of `scale` as none.
    """

    game: NormalFormGame
    payoffs: Array
    gain: Array
    harm: Array
    shortfall: Array
    scale: Array
    tolerance: float

    @property
    def is_nash(self) -> bool:
        """Whether nobody gains by deviating alone."""
        return bool((self.gain <= self.tolerance * self.scale).all())

    @property
    def is_saddle(self) -> bool:
        """Whether it is a Nash equilibrium at which no deviation of the others hurts a player."""
        return self.is_nash and bool((self.harm <= self.tolerance * self.scale).all())

    @property
    def is_strict_saddle(self) -> bool:
        """Whether it is a Nash equilibrium and every deviation of the others helps a player."""
        return self.is_nash and bool((self.harm < -self.tolerance * self.scale).all())

    @property
    def is_global_optimum(self) -> bool:
        """Whether every player earns its largest payoff in the whole game."""
        return bool((self.shortfall <= self.tolerance * self.scale).all())

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each player: player, payoff, gain, harm, shortfall."""
        import pandas as pd

        columns = {"player": np.arange(len(self.payoffs)), "payoff": self.payoffs}
        return pd.DataFrame(
            columns | {"gain": self.gain, "harm": self.harm, "shortfall": self.shortfall}
        )

    def __repr__(self) -> str:
        names = {
            "Nash": self.is_nash,
            "strict saddle" if self.is_strict_saddle else "saddle": self.is_saddle,
            "global optimum": self.is_global_optimum,
        }
        said = ", ".join(name if holds else f"no {name}" for name, holds in names.items())
        earned = ", ".join(f"{payoff:.6g}" for payoff in self.payoffs)
        return f"SaddleOrOptimum({said}; payoffs ({earned}))"


def saddle_or_optimum(game: NormalFormGame, profile: Sequence[ArrayLike]) -> SaddleOrOptimum:
    """Say whether a profile is a saddle point or a global optimum of a game.

    A *saddle point* is a Nash equilibrium at which no deviation of the others, alone or together,
    lowers a player's payoff, and that for every player. A *global optimum* gives every player its
    largest payoff; it is always a Nash equilibrium.

    Parameters
    ----------
    game : NormalFormGame
        A single game, of any number of players.
    profile : sequence of n arrays, shapes ``(a_i,)``
        A mixed strategy for each player.

    Returns
    -------
    SaddleOrOptimum
        Flags, and each player's margins in units of payoff.

    Raises
    ------
    ValueError
        If `game` is a batch, or the profile does not fit it.

    Notes
    -----
    With a player's own strategy fixed, its payoff is linear in the joint distribution of the
    others' actions. Whatever the others do, independently or not, is a mixture of joint *pure*
    actions, so some mixture hurts if and only if some joint pure action does: it suffices to check
    these. For the same reason a strict saddle point is pure: if the others mix, their mixture
    averages over joint pure actions to a change of 0, so not all of them help.

    Source: Hu and Wellman (2003), as worded by DRIMA, appendix A.1, definitions 2 and 3. Ours
    differs by a tolerance, and by setting apart the strict version, which the prose of DRIMA
    ("would receive a higher payoff") asks for and its formula (at most) does not.

    Examples
    --------
    Two hunters (DRIMA, table 2) stop at (5, 0), where the other's change of mind would only help
    the one, and change nothing for the other:

    >>> import gametools as gt
    >>> from gametools.equilibria.hu_wellman import saddle_or_optimum
    >>> hunting = gt.NormalFormGame.from_bimatrix([[15, 5], [0, 0]], [[-5, 0], [-5, 0]])
    >>> saddle_or_optimum(hunting, ([1, 0], [0, 1]))
    SaddleOrOptimum(Nash, saddle, no global optimum; payoffs (5, 0))
    >>> saddle_or_optimum(hunting, ([1, 0], [1, 0])).gain.tolist()
    [0.0, 5.0]
    """
    single_game(game)
    exploitability(game, profile)  # checks the profile
    strategies = [np.asarray(strategy, dtype=np.float64) for strategy in profile]
    _, lowest, width = unit_payoffs(game)
    margins = []
    for player, payoff in enumerate(game.payoffs):
        above = payoff - lowest[player]  # 0 where payoffs never vary: nothing to round
        margins.append(_margins(above, strategies, player))
    earned, gain, harm = np.array(margins).T
    return SaddleOrOptimum(
        game, earned + lowest, gain, harm, width - earned, width, SADDLE_TOLERANCE
    )


def _margins(payoff: Array, strategies: list[Array], player: int) -> tuple[float, float, float]:
    """Return what one player earns, what it gains alone, and what the others can take from it."""
    others = [strategy for i, strategy in enumerate(strategies) if i != player]
    joint = np.ones(())
    for strategy in others:
        joint = np.multiply.outer(joint, strategy)
    table = np.moveaxis(payoff, player, 0).reshape(payoff.shape[player], -1)
    chances = joint.ravel()
    earned = float(strategies[player] @ table @ chances)
    left = strategies[player] @ table  # for each joint action of the others
    if all(strategy.max() > 1 - SUPPORT_TOLERANCE for strategy in others):
        left = np.delete(left, chances.argmax())
    return earned, float((table @ chances).max()) - earned, earned - float(left.min(initial=np.inf))


def classify_equilibria(result: NashResult) -> pd.DataFrame:
    """Return which equilibria of a result are saddle points and global optima.

    Parameters
    ----------
    result : NashResult
        Any solver's.

    Returns
    -------
    pandas.DataFrame
        A row for each equilibrium: ``equilibrium``, ``payoffs``, ``is_nash``, ``is_saddle``,
        ``is_strict_saddle``, ``is_global_optimum``, and the worst player's ``gain``, ``harm`` and
        ``shortfall`` as shares of its payoff range.

    Notes
    -----
    Source: see `saddle_or_optimum`; ours differs in nothing further.

    Examples
    --------
    >>> import gametools as gt
    >>> from gametools.equilibria.hu_wellman import classify_equilibria
    >>> from gametools.equilibria.support import support_enumeration
    >>> collection = gt.NormalFormGame.from_bimatrix([[10, 20], [0, 0]], [[5, 0], [10, 0]])
    >>> frame = classify_equilibria(support_enumeration(collection))
    >>> print(frame[["payoffs", "is_saddle", "is_global_optimum"]].to_string(index=False))
        payoffs  is_saddle  is_global_optimum
    (10.0, 5.0)       True              False
    """
    import pandas as pd

    flags = ("is_nash", "is_saddle", "is_strict_saddle", "is_global_optimum")
    margins = ("gain", "harm", "shortfall")
    rows = []
    for k, profile in enumerate(result.equilibria):
        kind = saddle_or_optimum(result.game, profile)
        scale = np.where(kind.scale > 0, kind.scale, 1.0)
        row = {"equilibrium": k, "payoffs": tuple(kind.payoffs.tolist())}
        row |= {flag: getattr(kind, flag) for flag in flags}
        rows.append(row | {name: float((getattr(kind, name) / scale).max()) for name in margins})
    return pd.DataFrame(rows, columns=["equilibrium", "payoffs", *flags, *margins])
