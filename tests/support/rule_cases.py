"""The one table of update rules that all behavioural checks run through."""

import dataclasses
from dataclasses import dataclass

from gametools.dynamics import (
    ANCHORS,
    LOLA,
    MATRL,
    PHC,
    SOS,
    WPL,
    AlternatingGradient,
    CompetitiveGradient,
    ConsensusOptimization,
    ExploitabilityDescent,
    ExtraGradient,
    FictitiousPlay,
    FirstOrderLookAhead,
    GIGAWoLF,
    GradientDescent,
    Hedge,
    KLBallStep,
    LogitBestResponse,
    LookAhead,
    OptimisticGradient,
    ProximalPoint,
    RegretMatching,
    Replicator,
    SampledRegretMatching,
    SampledWPL,
    SymplecticGradient,
    UpdateRule,
    WoLF,
    WoLFPHC,
)
from gametools.equilibria import SELECTIONS


@dataclass(frozen=True)
class Case:
    rule: UpdateRule
    draws: bool = False
    only_matrix_games: bool = False
    flow: bool = False
    """Whether a small step is ``-step * gradient`` to first order."""
    inverse_units: tuple[str, ...] = ("step", "trial_step", "step_win", "step_lose")
    """Parameters whose unit is one over that of payoffs, or the square of it."""
    units: tuple[str, ...] = ()
    """Parameters in the unit of payoffs."""
    has_units: bool = True
    """Whether the rule is the same in other units of payoffs."""
    keeps_rest: bool = True
    """Whether it stays where the gradient vanishes."""
    keeps_vertices: bool = True
    """Whether it stays at strict equilibria."""
    only_own_choices: bool = True
    """Whether payoffs that a player cannot change are nothing to it."""
    even: bool = True
    """Whether players are treated alike."""
    calls: int | None = None
    """Gradients of the game in one update, where they are not those of each player."""
    at_least: bool = False
    """Whether an update may evaluate more gradients than it says."""

    def scaled(self, factor: float) -> UpdateRule:
        """The rule with its parameters changed as if payoffs were multiplied by ``1 / factor``."""
        given = {
            field.name: getattr(self.rule, field.name)
            for field in dataclasses.fields(self.rule)
            if getattr(self.rule, field.name) is not None
        }
        steps = {name: factor * given[name] for name in self.inverse_units if name in given}
        levels = {name: given[name] / factor for name in self.units}
        return dataclasses.replace(self.rule, **steps, **levels)


CASES = [
    Case(GradientDescent(0.03), flow=True),
    Case(LookAhead(0.03), flow=True),
    Case(LookAhead(0.02, trial_step=0.05), flow=True),
    Case(LookAhead(0.03, project_prediction=True), flow=True),
    Case(FirstOrderLookAhead(0.03), flow=True),
    Case(FirstOrderLookAhead(0.02, trial_step=0.05), flow=True),
    Case(ExtraGradient(0.03), flow=True),
    Case(AlternatingGradient(0.03), flow=True, even=False, calls=2),
    Case(AlternatingGradient(0.03, order=(1, 0)), flow=True, even=False, calls=2),
    Case(AlternatingGradient(0.03, order="random"), flow=True, draws=True, even=False, calls=2),
    Case(OptimisticGradient(0.03), flow=True),
    Case(WoLF(0.01, 0.06), only_matrix_games=True),
    Case(LOLA(0.03), flow=True, keeps_rest=False, only_own_choices=False),
    Case(LOLA(0.03, form="sos"), flow=True, keeps_rest=False, only_own_choices=False),
    Case(LOLA(0.03, trial_step=0.01), flow=True, keeps_rest=False, only_own_choices=False),
    Case(SOS(0.03), flow=True, only_own_choices=False, has_units=False),
    Case(ConsensusOptimization(0.03, gamma=0.01), inverse_units=("step", "gamma")),
    Case(SymplecticGradient(0.03, gamma=0.1), has_units=False),
    Case(SymplecticGradient(0.03, gamma=0.1, align=False), inverse_units=("step", "gamma")),
    Case(CompetitiveGradient(0.03), flow=True),
    Case(ProximalPoint(0.03), flow=True, at_least=True),
    Case(GIGAWoLF(0.03)),
    Case(WPL(0.03), only_matrix_games=True),
    Case(ExploitabilityDescent(0.03), keeps_rest=False),
    Case(Replicator(0.3), only_matrix_games=True),
    Case(Replicator(0.3, form="euler"), only_matrix_games=True),
    Case(Hedge(0.3), only_matrix_games=True),
    Case(Hedge(0.3, decay=True), only_matrix_games=True),
    Case(
        LogitBestResponse(0.3, 0.5),
        keeps_rest=False,
        keeps_vertices=False,
        only_matrix_games=True,
        inverse_units=(),
        units=("temperature",),
    ),
    Case(FictitiousPlay(), keeps_rest=False, only_matrix_games=True),
    Case(FictitiousPlay(weight=5.0), keeps_rest=False, only_matrix_games=True),
    Case(RegretMatching(), keeps_rest=False, only_matrix_games=True),
    Case(RegretMatching(plus=True), keeps_rest=False, only_matrix_games=True),
    *(
        Case(
            KLBallStep(radius, order, divergence),
            keeps_rest=False,
            only_matrix_games=True,
            inverse_units=(),
            draws=order == "random",
            even=order == "simultaneous" and radius == 0.01,
            calls=1 if order == "simultaneous" else 2,
        )
        for radius, order, divergence in (
            (0.01, "simultaneous", "old-new"),
            (0.01, "simultaneous", "new-old"),
            ((0.01, 0.05), "fixed", "old-new"),
            (0.01, "random", "new-old"),
            (0.01, (1, 0), "old-new"),
        )
    ),
    *(
        Case(
            rule,
            draws=True,
            keeps_rest=False,
            keeps_vertices=isinstance(rule, SampledRegretMatching),
            only_matrix_games=True,
            only_own_choices=isinstance(rule, SampledRegretMatching),
            even=False,
            inverse_units=("step",) if isinstance(rule, SampledWPL) else (),
        )
        for rule in (
            PHC(0.01),
            PHC(0.01, horizon=10.0),
            WoLFPHC(0.01, 0.04),
            SampledWPL(0.02),
            SampledRegretMatching(),
            SampledRegretMatching(plus=True),
        )
    ),
    *(Case(MATRL(0.03, selection=s), draws=s == "random", flow=True) for s in SELECTIONS),
    *(Case(MATRL(0.02, trial_step=0.06, anchor=a, selection="best-total")) for a in ANCHORS),
]

STEPS = [
    (GradientDescent, "step"),
    (LookAhead, "step"),
    (LookAhead, "trial_step"),
    (FirstOrderLookAhead, "step"),
    (FirstOrderLookAhead, "trial_step"),
    (ExtraGradient, "step"),
    (WoLF, "step_win"),
    (WoLF, "step_lose"),
    (MATRL, "step"),
    (MATRL, "trial_step"),
    (AlternatingGradient, "step"),
    (OptimisticGradient, "step"),
    (LOLA, "step"),
    (LOLA, "trial_step"),
    (SOS, "step"),
    (SOS, "a"),
    (SOS, "b"),
    (ConsensusOptimization, "step"),
    (ConsensusOptimization, "gamma"),
    (SymplecticGradient, "step"),
    (SymplecticGradient, "gamma"),
    (CompetitiveGradient, "step"),
    (ProximalPoint, "step"),
    (GIGAWoLF, "step"),
    (WPL, "step"),
    (ExploitabilityDescent, "step"),
    (Replicator, "step"),
    (Hedge, "step"),
    (LogitBestResponse, "step"),
    (LogitBestResponse, "temperature"),
    (FictitiousPlay, "weight"),
    (KLBallStep, "radius"),
    (PHC, "step"),
    (PHC, "learning_rate"),
    (PHC, "horizon"),
    (WoLFPHC, "step_win"),
    (WoLFPHC, "step_lose"),
    (WoLFPHC, "learning_rate"),
    (WoLFPHC, "horizon"),
    (SampledWPL, "step"),
    (SampledWPL, "learning_rate"),
]
NEEDED = {
    WoLF: {"step_win": 0.1, "step_lose": 0.1},
    WoLFPHC: {"step_win": 0.1, "step_lose": 0.1},
    ConsensusOptimization: {"step": 0.1, "gamma": 0.1},
    LogitBestResponse: {"step": 0.1, "temperature": 1.0},
    FictitiousPlay: {},
    KLBallStep: {},
}
