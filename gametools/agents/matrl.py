"""MATRL: a trial, a meta-game over it, and a best response to the meta-game's answer."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gametools.agents.actor_critic import ActorCritic
from gametools.agents.diagnostics import gradient_alignment, joint_divergence
from gametools.agents.experience import Experience
from gametools.agents.il_ppo import PRESETS as IL_PPO_PRESETS
from gametools.agents.il_ppo import ILPPOConfig
from gametools.agents.policy_gradient import PolicyGradientLearner
from gametools.agents.ppo import PPOStep, Targets, policy_report, ppo_step
from gametools.agents.sampled_meta_game import PAYOFFS, sampled_meta_game
from gametools.agents.spec import Spec
from gametools.agents.trust_region import TRPOStep, trpo_step
from gametools.equilibria.meta_game import METHODS, solve_meta_game
from gametools.equilibria.selection import SELECTIONS
from gametools.games.normal_form import NormalFormGame
from gametools.validation import choice, number

__all__ = ["MATRL", "MATRLConfig"]

ANCHORS = ("current", "aggregated", "predicted")
MIXTURES = ("probabilities", "parameters")
WEIGHTS = ("sample", "batch")


@dataclass(frozen=True)
class MATRLConfig(ILPPOConfig):
    """Settings of MATRL; those of independent PPO hold for the response.

    Attributes
    ----------
    trial : PPOStep or TRPOStep
        The step that predicts: clipped, or in a trust region.
    meta_game : "solve" or tuple of float
        Solve the meta-game, or fix each agent's probability of its *current* policy: (1, ..., 1)
        makes an independent learner, (0, ..., 0) one that looks ahead (IL-LA).
    solver : {"auto", "exact", "cma-es"}
    selection : {"random", "pure-first", "best-total", "last-listed"}
        Of several equilibria.
    meta_payoff : {"joint-mean", "product-of-means"}
    meta_clip : float or None
        Ratios of the meta-game count up to 1 plus or minus this.
    mixture : {"probabilities", "parameters"}
        What the aggregated policies mix.
    anchor : {"current", "aggregated", "predicted"}
        Where the response starts; the aggregated networks mix parameters.
    best_response : bool
        Without it the aggregated networks are the next ones ("w/o BR").
    weight : {"sample", "batch"}
        Importance of a step for the response: each its own, or one mean for all of them, those
        that do not count for an agent (as 1) included.
    weight_clip : float
        Importances count up to 1 plus or minus this.
    """

    trial: PPOStep | TRPOStep = field(default_factory=PPOStep)
    meta_game: str | tuple[float, ...] = "solve"
    solver: str = "auto"
    selection: str = "random"
    meta_payoff: str = "joint-mean"
    meta_clip: float | None = None
    mixture: str = "probabilities"
    anchor: str = "current"
    best_response: bool = True
    weight: str = "sample"
    weight_clip: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.trial, PPOStep):
            self.trial.require_environments("trial", self.num_envs)
        if self.meta_game != "solve":
            if not isinstance(self.meta_game, tuple):
                raise ValueError(
                    "`meta_game` must be 'solve' or a share for each agent, such as (1, 1); "
                    f"got {self.meta_game!r}."
                )
            for share in self.meta_game:
                number("meta_game", share, at_least=0, at_most=1)
        if isinstance(self.trial, TRPOStep) and not self.best_response:
            raise ValueError(
                "`trial` must be a PPOStep without `best_response`: a trust-region step leaves "
                "critics alone, and nothing else would train them."
            )
        choice("solver", self.solver, METHODS)
        choice("selection", self.selection, SELECTIONS)
        choice("meta_payoff", self.meta_payoff, PAYOFFS)
        choice("mixture", self.mixture, MIXTURES)
        choice("anchor", self.anchor, ANCHORS)
        choice("weight", self.weight, WEIGHTS)
        number("weight_clip", self.weight_clip, above=0)
        if self.meta_clip is not None:
            number("meta_clip", self.meta_clip, above=0)
        mixes = self.mixture == "parameters" or self.anchor == "aggregated"
        if (mixes or not self.best_response) and self.network.sharing != "none":
            raise ValueError(
                "`network.sharing` must be 'none' where parameters are mixed, for each agent has "
                f"its own share; got {self.network.sharing!r}."
            )


class MATRL(PolicyGradientLearner):
    """Multi-agent trust region learning.

    Each update (1) predicts every agent's next policy by an independent step on a copy,
    (2) estimates the game in which each agent chooses between its current and its predicted
    policy, and solves it, (3) mixes the two by that equilibrium, and (4) steps from the anchor
    against the others' mixed policies, by importance weights on the same experience.

    Parameters
    ----------
    spec : Spec
    config : MATRLConfig
    seed : int

    Notes
    -----
    Source: Wen et al. (2021), algorithm 1 and equations 2 to 6. The importance of a step for
    agent i's response is the product over the others of aggregated over current probability of
    their actions, clipped: the ratio that is right for experience of the current policies (the
    paper prints its inverse). The trial is the step that independent PPO would take, moments of
    its optimiser included, and leaves no trace.

    The program released with the paper departs from the equations; some of its choices are
    options: ``meta_payoff="product-of-means"`` (0 up to rounding with normalised advantages, there
    as here), ``mixture="parameters"``, ``anchor="aggregated"``, ``weight="batch"``. Not offered:
    its trial networks are never reset, its trial's entropy has the opposite sign, its weights use
    the predicted opponents and are clipped one by one and averaged, it mixes critics too, its
    value errors are not halved and aim at discounted rewards, and its response has no limit on
    the divergence.
    """

    def __init__(self, spec: Spec, config: MATRLConfig, seed: int) -> None:
        if config.meta_game != "solve" and len(config.meta_game) != spec.num_agents:
            raise ValueError(
                f"`meta_game` must give a share for each of {spec.num_agents} agents; "
                f"got {config.meta_game}."
            )
        super().__init__(spec, config, seed)
        self._rng = np.random.default_rng(seed)

    def improve(self, experience: Experience) -> dict[str, float]:
        """Predict, solve the meta-game, mix, respond."""
        own, generator = self.config, self.generator
        targets = self.targets(experience)
        predicted = self.model.clone()
        if isinstance(own.trial, TRPOStep):
            trial = trpo_step(predicted, experience, targets, own.trial)
        else:
            kept = not own.best_response or own.anchor != "current"
            settings = own.trial if kept else replace(own.trial, value=0.0)
            source = generator.clone_state() if own.best_response else generator
            trial = ppo_step(predicted, experience, targets, settings, source)
        with torch.no_grad():
            moved = predicted.distribution(experience).log_prob(experience.actions)
            ratios = (moved - experience.log_probs).exp()
        rho, report = self._solve(experience, targets, ratios)
        report |= gradient_alignment(self.model, experience, targets)
        report |= {f"trial_{name}": value for name, value in trial.items()}
        if not own.best_response:
            mix_parameters(predicted, self.model, rho)
            self.model = predicted
            report |= policy_report(self.model, experience, targets)
            return report | {"joint_kl": joint_divergence(report)}
        weights = self._weights(experience, predicted, ratios, rho)
        if own.anchor != "current":
            if own.anchor == "aggregated":
                mix_parameters(predicted, self.model, rho)
            self.model = predicted
        response = ppo_step(self.model, experience, targets, own.step, generator, weights)
        report |= response
        return report | {"joint_kl": joint_divergence(report)}

    def _solve(
        self, experience: Experience, targets: Targets, ratios: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        """Return each agent's probability of its current policy, and diagnostics."""
        own = self.config
        game = sampled_meta_game(
            targets.advantages,
            ratios,
            experience.active,
            payoff=own.meta_payoff,
            clip=own.meta_clip,
        )
        if own.meta_game == "solve":
            rho = solve_meta_game(game, selection=own.selection, rng=self._rng, method=own.solver)
        else:
            rho = np.array(own.meta_game, dtype=np.float64)
        return torch.as_tensor(rho, dtype=torch.float32), _described(game, rho)

    @torch.no_grad()
    def _weights(
        self, experience: Experience, predicted: ActorCritic, ratios: Tensor, rho: Tensor
    ) -> Tensor:
        """Return the importance of each agent's steps for its response, shape ``(T, E, n)``."""
        own, actions = self.config, experience.actions
        if own.mixture == "parameters":
            mixed = predicted.clone()
            mix_parameters(mixed, self.model, rho)
            ratios = (mixed.distribution(experience).log_prob(actions) - experience.log_probs).exp()
        else:
            ratios = rho + (1 - rho) * ratios
        ratios = torch.where(experience.active, ratios, 1.0)
        agents = range(self.spec.num_agents)
        others = torch.stack(
            [ratios[..., [j for j in agents if j != i]].prod(dim=-1) for i in agents], dim=-1
        )
        if own.weight == "batch":
            others = others.mean(dim=(0, 1)).expand_as(others)
        return others.clamp(1 - own.weight_clip, 1 + own.weight_clip)

    def state_dict(self) -> dict[str, Any]:
        """Return networks, optimiser and generators."""
        return super().state_dict() | {"rng": self._rng.bit_generator.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over networks, optimiser and generators."""
        super().load_state_dict(state)
        self._rng.bit_generator.state = state["rng"]


@torch.no_grad()
def mix_parameters(predicted: ActorCritic, current: ActorCritic, rho: Tensor) -> None:
    """Turn predicted policies into ``rho * current + (1 - rho) * predicted``, in place.

    Critics stay the predicted ones, which have seen more.
    """
    pairs = zip(predicted.policy.parameters(), current.policy.parameters(), strict=True)
    for new, old in pairs:
        share = rho.view(-1, *(1,) * (new.dim() - 1))
        new.copy_(share * old + (1 - share) * new)


def _described(game: NormalFormGame, rho: np.ndarray) -> dict[str, float]:
    """Return payoffs and equilibrium of a meta-game by name."""
    n = game.num_players
    report = {f"rho/{agent}": float(value) for agent, value in enumerate(rho)}
    for joint in itertools.product((0, 1), repeat=n):
        name = "".join("cp"[action] for action in joint)
        for agent in range(n):
            report[f"meta_{name}/{agent}"] = float(game.payoffs[(agent, *joint)])
    return report


def _paper(value: float, entropy: float = 0.05, **more: Any) -> MATRLConfig:
    """Settings of the paper's grid worlds (appendix F); `value` weighs the value loss."""
    response = replace(IL_PPO_PRESETS["paper"].step, epochs=5, value=value, entropy=entropy)
    own = {f.name: getattr(IL_PPO_PRESETS["paper"], f.name) for f in fields(ILPPOConfig)}
    options = {
        "step": response, "trial": replace(response, epochs=10), "meta_clip": 0.1,
        "solver": "exact",
    }  # fmt: skip
    return MATRLConfig(**own | options | more)


def _released(value: float) -> MATRLConfig:
    """Choices of the program released with the paper, where they can be had."""
    paper = _paper(value)
    return replace(
        paper,
        trial=paper.step,  # five epochs, like the response
        meta_payoff="product-of-means",
        meta_clip=None,
        mixture="parameters",
        anchor="aggregated",
        weight="batch",
        solver="cma-es",
    )


PRESETS = {
    "default": MATRLConfig(),
    "paper": _paper(1.0),
    "paper-switch": _paper(0.01),
    "tuned": _paper(1.0, entropy=0.0, rewards="team"),
    "tuned-switch": _paper(0.01, entropy=0.0),
    "trpo": _paper(1.0, trial=TRPOStep()),
    "trpo-switch": _paper(0.01, trial=TRPOStep()),
    "released": _released(1.0),
    "released-switch": _released(0.001),
}
"""Settings by name: "paper", "released", "tuned" (as independent PPO's) and "trpo" (a trial in a
trust region) on Checkers, with "-switch" on Switch.

"paper" solves meta-games exactly, where the paper uses CMA-ES.
"""
