"""What kind of rest is a point, for the game and for a learning rule?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gametools.dynamics.rule import UpdateRule
from gametools.dynamics.simulate import checked_rule
from gametools.games.differentiable import DifferentiableGame
from gametools.games.normal_form import NormalFormGame
from gametools.games.policy_space import as_differentiable
from gametools.stability.faces import Contact, contact, faces, inside, player_of, tangent
from gametools.stability.fixed_point import FixedPoint
from gametools.stability.kinds import FLAGS, KINDS, Codes, Kind, Spectrum, label
from gametools.stability.local_nash import local_nash
from gametools.stability.update_map import update_map
from gametools.validation import number

__all__ = ["STATIONARY", "classify", "gradient_scale", "points_and_games"]

Array = NDArray[np.float64]

STATIONARY = 1e-6
"""A projected gradient up to this share of the game's scale makes a fixed point."""
_CODES = np.array([False, True, None], dtype=object)


def classify(
    game: NormalFormGame | DifferentiableGame,
    point: ArrayLike,
    rule: UpdateRule | None = None,
    *,
    tolerance: float = STATIONARY,
    measure_safe_step: bool = False,
) -> FixedPoint:
    """Return what kind of rest a point of a game is, or each point of a batch.

    Parameters
    ----------
    game : NormalFormGame or DifferentiableGame
        One game or a batch. Two-action matrix games are seen in probability coordinates.
    point : array_like, shape ``(*batch, d)``
        Inside the domain; broadcast against the batch of games.
    rule : UpdateRule, optional
        Also say what this learning rule makes of the point: the eigenvalues of its update map,
        its rate and its largest safe step.
    tolerance : float
        Largest projected gradient of a fixed point, as a share of the game's scale; positive.
    measure_safe_step : bool
        Where the rule's update has a kink or draws at random, its largest safe step is not
        derived: whether to measure it. That takes 20 to 50 measurements of a rate: half a minute
        to two minutes for MATRL, seconds for cheaper rules, with a progress bar.

    Returns
    -------
    FixedPoint
        One `kind`, independent flags, and the margins of all of them.

    Raises
    ------
    TypeError, ValueError
        If a point is not finite, lies outside the domain or has a wrong number of coordinates;
        if the rule does not fit the game, or the game returns NaN.

    Notes
    -----
    On the boundary of a box or a simplex, coordinates that the gradient presses against their
    bound (by more than 1e-6 of the scale) are removed first: H is the Jacobian on the directions
    that remain, so that a strict vertex is ``"stable"``. A coordinate that touches its bound
    without pressure stays; such a point is ``"stable"`` if S > 0, and undecided otherwise, for
    half of its neighbourhood is missing.

    Source: Balduzzi et al. (2018), Letcher et al. (2019), Wen et al. (2021), Ratliff, Burden and
    Sastry (2016) for local and differential Nash equilibria. Ours names the first kind that
    applies of stable (S > 0), unstable (S < 0), strict saddle, attracting and centre, and calls a
    point undecided if H is singular or a margin is below 1e-6 of the scale, zeros up to 1e-10
    excepted: those make +-xy a centre.

    A rule's spectral radius takes milliseconds, the scan for its largest safe step up to a second.
    At a kink its rate is measured, in 2000 to 8000 updates of 16 starts, and near a rate of 1 more
    often, to see which parameters sit on a boundary: seconds for MATRL, up to 20 near a boundary.

    Examples
    --------
    Matching pennies' equilibrium is a centre; a coordination game's mixed one a strict saddle.

    >>> import gametools as gt
    >>> pennies = gt.named_game("matching_pennies")
    >>> gt.classify(pennies, [0.5, 0.5]).kind == "centre"
    True
    >>> gt.classify(gt.named_game("battle_of_the_sexes"), [2 / 3, 1 / 3])
    FixedPoint(strict saddle at (0.666667, 0.333333), margin 1; eigenvalues -3, 3; \
is_strict_saddle, is_weak_stable, is_local_nash)

    What a rule makes of it: gradient descent leaves, extragradient arrives.

    >>> for rule in (gt.dynamics.GradientDescent(0.1), gt.dynamics.ExtraGradient(0.1)):
    ...     found = gt.classify(pennies, [0.5, 0.5], rule)
    ...     print(f"{found.spectral_radius:.4f}, safe up to {found.largest_safe_step or 0:.4f}")
    1.0770, safe up to 0.0000
    0.9304, safe up to 0.2500
    """
    share = number("tolerance", tolerance, above=0)
    play, x, batch = points_and_games(game, point, "point")
    xi, jacobian = _derivatives(play, x)
    scale = gradient_scale(play, xi, jacobian)
    touch = contact(play, x, xi, scale)
    fixed = touch.residual <= share * scale
    found = _Findings.blank(*x.shape)
    for removed, members in faces(touch.strict):
        index = members[fixed[members]]
        if len(index):
            found.fill(play, x, removed, index, touch, jacobian, scale)
    update = None
    if rule is not None:
        update = update_map(
            play, checked_rule(rule), x, touch.touches, measure=measure_safe_step
        ).shaped(batch)

    def shaped(values: NDArray[Any]) -> Any:
        return values.reshape(batch + values.shape[1:])[()]

    eigenvalues = found.eigenvalues
    return FixedPoint(
        game=as_differentiable(game),
        point=shaped(x),
        kind=shaped(KINDS[found.kind]),
        margin=shaped(found.margin),
        residual=shaped(touch.residual),
        eigenvalues=shaped(eigenvalues) if batch else eigenvalues[0][~np.isnan(eigenvalues[0])],
        **{name: shaped(_CODES[found.flags[name]]) for name in FLAGS},
        margins={name: shaped(found.margins[name]) for name in FLAGS},
        jacobian=shaped(jacobian),
        touches=shaped(touch.touches),
        strict=shaped(touch.strict),
        scale=shaped(scale),
        tolerance=share,
        update=update,
    )


@dataclass(frozen=True, eq=False)
class _Findings:
    """What is known of each point so far, first axis N; points not filled in are not fixed."""

    kind: Codes
    margin: Array
    flags: dict[str, Codes]
    margins: dict[str, Array]
    eigenvalues: NDArray[np.complex128]

    @classmethod
    def blank(cls, total: int, d: int) -> _Findings:
        return cls(
            np.full(total, list(Kind).index(Kind.NOT_FIXED), dtype=np.int8),
            np.full(total, np.nan),
            {name: np.zeros(total, dtype=np.int8) for name in FLAGS},
            {name: np.full(total, np.nan) for name in FLAGS},
            np.full((total, d), np.nan, dtype=np.complex128),
        )

    def fill(
        self,
        game: DifferentiableGame,
        x: Array,
        removed: NDArray[np.bool_],
        index: NDArray[np.intp],
        touch: Contact,
        jacobian: Array,
        scale: Array,
    ) -> None:
        """Label the fixed points `index`, which are pressed against the same bounds `removed`."""
        part = game if len(index) == len(x) else game.take(index)
        basis, players = tangent(game, removed)
        weak = touch.touches[index] & ~removed
        spectrum, free = _spectrum(jacobian[index], basis, players, scale[index])
        kind, margin, flags, margins = label(spectrum)
        one_sided = weak.any(axis=-1) & (kind != list(Kind).index(Kind.STABLE))
        kind[one_sided] = list(Kind).index(Kind.UNDECIDED)
        pressed = touch.pressure[index] / scale[index]
        margin = np.where(one_sided, 0.0, np.minimum(margin, pressed))
        own = [np.flatnonzero(players == i) for i in range(len(game.dims))]
        owner = player_of(game)
        one_way = np.stack([weak[:, owner == i].any(axis=-1) for i in range(len(own))], axis=-1)
        flags["is_local_nash"], margins["is_local_nash"] = local_nash(
            part, x[index], basis, own, free, one_way, touch.residual[index], scale[index]
        )
        self.kind[index], self.margin[index] = kind, margin
        for name in FLAGS:
            self.flags[name][index] = _half_seen(name, flags[name], one_sided)
            self.margins[name][index] = margins[name]
        self.eigenvalues[index, : basis.shape[1]] = spectrum.eigenvalues


def _derivatives(game: DifferentiableGame, x: Array) -> tuple[Array, Array]:
    """Return the gradients and Jacobians at points, or raise an error where they are not finite."""
    xi, jacobian = game.gradient(x), game.jacobian(x)
    if not (np.isfinite(xi).all() and np.isfinite(jacobian).all()):
        bad = ~(np.isfinite(xi).all(axis=-1) & np.isfinite(jacobian).all(axis=(-2, -1)))
        raise ValueError(
            f"`game` must have finite derivatives; got NaN or infinity at {x[bad][0].tolist()}."
        )
    return xi, jacobian


def points_and_games(
    game: NormalFormGame | DifferentiableGame, point: ArrayLike, name: str
) -> tuple[DifferentiableGame, Array, tuple[int, ...]]:
    """Return games and points in one flat batch, and the shape of the batch they come from.

    The games are a flat batch of N, or one game for all points.
    """
    play = as_differentiable(game)
    x = inside(play, point, name)
    try:
        batch = np.broadcast_shapes(x.shape[:-1], play.batch_shape)
    except ValueError:
        raise ValueError(
            f"`{name}` must broadcast to the games' batch {play.batch_shape}; got {x.shape}."
        ) from None
    flat = np.array(np.broadcast_to(x, (*batch, x.shape[-1])).reshape(-1, x.shape[-1]))
    if play.batch_shape:
        if len(play.batch_shape) > 1:
            if not isinstance(game, NormalFormGame):
                raise ValueError(
                    "`game` must have at most one batch axis, or be a NormalFormGame; "
                    f"got batch {play.batch_shape}."
                )
            play = as_differentiable(game.flatten())
        size = int(np.prod(as_differentiable(game).batch_shape, dtype=np.int64))
        rank = np.arange(size).reshape(as_differentiable(game).batch_shape)
        index = np.broadcast_to(rank, batch).ravel()
        if not np.array_equal(index, np.arange(size)):
            play = play.take(index)
    return play, np.asfortranarray(flat), batch


def gradient_scale(game: DifferentiableGame, xi: Array, jacobian: Array) -> Array:
    """Return the size of a game's gradients near points, shape ``(N,)``, positive.

    The largest of the entries of the Jacobian and of the gradient; for a matrix game also the
    most that any player's choice of action can matter, which no constant added to a payoff that
    the player cannot influence will change.
    """
    size = np.maximum(np.abs(jacobian).max(axis=(-2, -1)), np.abs(xi).max(axis=-1))
    matrix_game = getattr(game, "matrix_game", None)
    if isinstance(matrix_game, NormalFormGame):
        n = matrix_game.num_players
        for i in range(n):
            own = np.take(matrix_game.payoffs, i, axis=-n - 1)
            spread = own.max(axis=i - n) - own.min(axis=i - n)
            size = np.maximum(size, spread.max(axis=tuple(range(1 - n, 0))))
    return np.asarray(np.maximum(size, np.finfo(np.float64).tiny))


def _spectrum(
    jacobian: Array, basis: Array, players: NDArray[np.intp], scale: Array
) -> tuple[Spectrum, Array]:
    """Return the spectra on the free directions, and the symmetric part there over `scale`."""
    relative = scale[:, None, None]
    whole = basis.shape[1] == len(basis)
    free = jacobian if whole else basis.T @ jacobian @ basis
    symmetric = (free + free.swapaxes(-1, -2)) / 2 / relative
    if not basis.shape[1]:
        none = np.full(len(jacobian), np.inf)
        empty = np.empty((len(jacobian), 0), dtype=np.complex128)
        return Spectrum(empty, none, -none, none, none, none), symmetric
    values = np.asarray(np.linalg.eigvals(free), dtype=np.complex128)
    # By real part, rounding apart, then by imaginary part.
    order = np.lexsort((values.imag, (values.real / scale[:, None]).round(9)), axis=-1)
    values = np.take_along_axis(values, order, axis=-1)
    bent = np.asarray(np.linalg.eigvalsh(symmetric), dtype=np.float64)
    own = np.full(len(jacobian), np.inf)
    for i in np.unique(players):
        columns = np.flatnonzero(players == i)
        block = symmetric[:, columns[:, None], columns]
        lowest = block[:, 0, 0] if len(columns) == 1 else np.linalg.eigvalsh(block)[:, 0]
        own = np.minimum(own, lowest)
    real, size = values.real / scale[:, None], np.abs(values) / scale[:, None]
    return (
        Spectrum(values, bent[:, 0], bent[:, -1], real.min(axis=-1), size.min(axis=-1), own),
        symmetric,
    )


def _half_seen(name: str, code: Codes, one_sided: NDArray[np.bool_]) -> Codes:
    """Leave open what half a neighbourhood cannot tell.

    `is_local_nash` has looked at the directions that exist, `is_differential_nash` is algebra.
    """
    if name in {"is_local_nash", "is_differential_nash"}:
        return code
    return np.where(one_sided, -1, code).astype(np.int8)
