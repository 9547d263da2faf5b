from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import gametools as gt
from gametools.convergence import Criterion, study
from gametools.dynamics import MATRL, ExtraGradient, GradientDescent, LookAhead, WoLF

GAMES = {name: gt.random_2x2(name, size=60, rng=0) for name in ("cyclic", "coordination")}
RULES = {"IGA": GradientDescent(0.05), "IGA-PP": LookAhead(0.05)}
BOTH = (Criterion(tolerance=0.1), Criterion(stay=10))


def run(games=GAMES, rules=RULES, criteria=BOTH, **options):
    return gt.run_study(games, rules, criteria, **{"steps": 80, "rng": 3} | options)


def cells_by_name(table):
    return {(c.ensemble, c.start, c.rule, c.criterion): c for c in table.cells}


def assert_same_steps(table, other):
    theirs = cells_by_name(other)
    assert cells_by_name(table).keys() <= theirs.keys()
    for name, own in cells_by_name(table).items():
        np.testing.assert_array_equal(own.steps, theirs[name].steps)
        assert own.lost == theirs[name].lost


def test_every_cell_is_there_once_and_in_order():
    table = run(start={"paper": [0.9, 0.2], "uniform": "uniform"})
    names = [(c.ensemble, c.start, c.rule, c.criterion.stay) for c in table.cells]
    assert names == [
        (ensemble, start, rule, stay)
        for ensemble in ("cyclic", "coordination")
        for start in ("paper", "uniform")
        for rule in ("IGA", "IGA-PP")
        for stay in (0, 10)
    ]


def test_steps_are_those_of_the_trajectories():
    games = GAMES["cyclic"]
    table = run(games, rules={"EG": ExtraGradient(0.1)}, criteria=Criterion(), start=[0.9, 0.2])
    path = gt.simulate(games, ExtraGradient(0.1), [0.9, 0.2], steps=80).points[1:]
    inside = gt.solve_2x2(games).equilibria[:, 0]
    hit = (np.abs(path - inside) < 0.05).all(axis=-1)
    expected = np.where(hit.any(axis=0), hit.argmax(axis=0) + 1, -1)
    np.testing.assert_array_equal(table.cells[0].steps, expected)


def test_the_frame_is_that_of_the_table():
    frame = gt.convergence_study(GAMES, RULES, BOTH, steps=80, rng=3)
    assert frame.equals(run().to_frame())


def test_same_seed_same_table_and_other_seed_other_starts():
    assert_same_steps(run(), run())
    assert run().to_frame().equals(run(rng=np.int64(3)).to_frame())
    other = cells_by_name(run(rng=4))
    assert any((own.steps != other[name].steps).any() for name, own in cells_by_name(run()).items())


def test_a_generator_is_drawn_from_once():
    first, second = (run(rng=rng) for rng in (np.random.default_rng(5), np.random.default_rng(5)))
    assert first.seed == second.seed
    assert_same_steps(first, second)
    assert_same_steps(first, run(rng=first.seed))


RANDOM = {"MATRL": MATRL(0.1, trial_step=0.5)}


def test_adding_rules_ensembles_and_starts_changes_no_other_cell():
    games = {"games": gt.random_2x2("anticoordination", size=60, rng=1)}
    small = run(games, rules=RANDOM)
    large = run(games | GAMES, RULES | RANDOM, start={"middle": [0.5, 0.4], "uniform": "uniform"})
    assert_same_steps(small, large)


def test_the_order_of_rules_and_ensembles_changes_no_cell():
    turned = run(dict(reversed(GAMES.items())), dict(reversed((RULES | RANDOM).items())))
    assert_same_steps(run(rules=RULES | RANDOM), turned)


def test_all_rules_start_from_the_same_uniform_points():
    rules = {"small": GradientDescent(0.05), "again": GradientDescent(0.05)}
    table = run(rules=rules)
    for first, second in zip(table.cells[0:2], table.cells[2:4], strict=True):
        np.testing.assert_array_equal(first.steps, second.steps)


@dataclass(frozen=True)
class Notebook:
    """Notes where it starts, and stays there."""

    evaluations: ClassVar[int] = 1
    starts: ClassVar[list] = []

    def init(self, game, x):
        return None

    def update(self, game, x, state, rng):
        self.starts.append(x.copy())
        return x, None


def test_uniform_starts_fill_the_domain_game_by_game():
    Notebook.starts.clear()
    games = gt.random_2x2("any", size=4000, rng=2)
    gt.run_study(games, Notebook(), Criterion(stay=1), steps=1, rng=0)
    (starts,) = Notebook.starts
    counts, _, _ = np.histogram2d(*starts.T, bins=4, range=[(0, 1), (0, 1)])
    assert ((starts >= 0) & (starts <= 1)).all()
    assert (np.abs(counts - 250) < 4 * np.sqrt(250)).all()


@pytest.mark.parametrize(
    "rule", [GradientDescent(0.05), ExtraGradient(0.1), WoLF(0.02, 0.1)], ids=repr
)
def test_chunks_and_memory_budgets_change_nothing_where_nothing_is_drawn(rule, monkeypatch):
    games = gt.random_2x2("cyclic", size=500, rng=4)
    whole = run(games, rules={"rule": rule})
    monkeypatch.setattr(study, "_CACHE_GAMES", 37)
    assert_same_steps(whole, run(games, rules={"rule": rule}))
    monkeypatch.setattr(study, "_CACHE_GAMES", 4096)
    assert_same_steps(whole, run(games, rules={"rule": rule}, memory_budget=1))


def test_parts_cover_every_game_once_within_the_memory_budget():
    games = gt.random_2x2("any", size=10_000, rng=5)
    parts = list(study._parts(games, 10_000, 1))
    assert np.concatenate([np.arange(p.start, p.stop) for p in parts]).tolist() == list(
        range(10_000)
    )
    sizes = [p.stop - p.start for p in parts]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) * 8 * (6 * 8 + 40 * 2) <= 2**20
    assert len(parts) < 20


class FuseBlown(Exception):
    pass


class Fuse:
    """Counts updates, and breaks at one of them."""

    left = np.inf
    error = FuseBlown

    @classmethod
    def burn(cls):
        cls.left -= 1
        if cls.left < 0:
            raise cls.error


@dataclass(frozen=True)
class Fused:
    """Gradient steps that can be interrupted."""

    evaluations: ClassVar[int] = 1

    step: float

    def init(self, game, x):
        return None

    def update(self, game, x, state, rng):
        Fuse.burn()
        kick = rng.normal(0, 0.01, x.shape)  # resuming must find the stream again
        return game.domain.project(x - self.step * game.gradient(x) + kick), None


@pytest.fixture
def fuse(monkeypatch):
    monkeypatch.setattr(Fuse, "left", np.inf)
    monkeypatch.setattr(Fuse, "error", FuseBlown)
    monkeypatch.setattr(study, "_CACHE_GAMES", 25)
    return Fuse


@pytest.mark.parametrize("error", [KeyboardInterrupt, FuseBlown])
@pytest.mark.parametrize("updates", [1, 79, 330])
def test_an_interrupted_study_resumes_to_the_same_table(tmp_path, fuse, error, updates):
    rules = {"short": Fused(0.05), "long": Fused(0.1)}
    uninterrupted = run(rules=rules)
    fuse.left, fuse.error = updates, error
    with pytest.raises(error):
        run(rules=rules, checkpoint=tmp_path)
    fuse.left = np.inf
    resumed = run(rules=rules, checkpoint=tmp_path)
    assert_same_steps(uninterrupted, resumed)
    assert uninterrupted.to_frame().equals(resumed.to_frame())


def test_finished_parts_are_not_run_again(tmp_path, fuse):
    rules = {"fused": Fused(0.05)}
    fuse.left = 200  # of 80 updates for each of 2 x 3 parts
    with pytest.raises(FuseBlown):
        run(rules=rules, checkpoint=tmp_path)
    fuse.left = 4 * 80
    run(rules=rules, checkpoint=tmp_path)
    fuse.left = 0
    run(rules=rules, checkpoint=tmp_path)


def changed(**options):
    plain = {"rules": {"fused": Fused(0.05)}, "games": GAMES["cyclic"], "start": {"s": [0.9, 0.2]}}
    return plain | options


@pytest.mark.parametrize(
    "options",
    [
        changed(rng=4),
        changed(steps=79),
        changed(start={"s": [0.9, 0.3]}),
        changed(start={"other name": [0.9, 0.2]}),
        changed(criteria=Criterion(tolerance=0.1)),
        changed(rules={"fused": Fused(0.06)}),
        changed(rules={"other name": Fused(0.05)}),
        changed(games=gt.random_2x2("cyclic", size=60, rng=9)),
        changed(games={"other name": GAMES["cyclic"]}),
    ],
    ids=[
        "seed",
        "steps",
        "start",
        "start name",
        "criteria",
        "rule",
        "rule name",
        "games",
        "ensemble name",
    ],
)
def test_parts_of_another_study_are_not_mistaken_for_ones_own(tmp_path, fuse, options):
    run(**changed(checkpoint=tmp_path))
    fuse.left = 0
    run(**changed(checkpoint=tmp_path))
    with pytest.raises(FuseBlown):
        run(**options, checkpoint=tmp_path)


def test_a_damaged_part_is_run_again(tmp_path, fuse):
    options = changed(checkpoint=tmp_path)
    expected = run(**options)
    damaged = sorted(tmp_path.glob("*.npz"))[0]
    damaged.write_bytes(damaged.read_bytes()[:100])
    fuse.left = 80
    assert_same_steps(expected, run(**options))
    assert fuse.left == 0


def test_rules_are_named_by_their_repr_unless_a_mapping_names_them():
    several = run(GAMES["cyclic"], rules=[GradientDescent(0.05), LookAhead(0.05)])
    assert {c.rule for c in several.cells} == {repr(GradientDescent(0.05)), repr(LookAhead(0.05))}
    alone = run(GAMES["cyclic"], rules=GradientDescent(0.05))
    assert {c.rule for c in alone.cells} == {repr(GradientDescent(0.05))}
    named = run(rules={"mine": GradientDescent(0.05)})
    assert {c.rule_parameters for c in named.cells} == {repr(GradientDescent(0.05))}


@pytest.mark.parametrize(
    ("start", "name"),
    [("uniform", "uniform"), ([0.9, 0.2], "(0.9, 0.2)"), (np.full((60, 2), 0.5), "given")],
    ids=["uniform", "one point", "a point for each game"],
)
def test_starts_are_named_by_what_they_are(start, name):
    assert {c.start for c in run(GAMES["cyclic"], start=start).cells} == {name}


def test_a_batch_of_any_shape_is_studied_game_by_game():
    flat = gt.random_2x2("any", size=12, rng=6)
    boxed = gt.NormalFormGame(flat.payoffs.reshape(3, 4, 2, 2, 2))
    assert_same_steps(run(flat, start=[0.9, 0.2]), run(boxed, start=[0.9, 0.2]))


def test_a_batch_of_any_shape_takes_starts_of_its_shape():
    flat = gt.random_2x2("any", size=12, rng=6)
    boxed = gt.NormalFormGame(flat.payoffs.reshape(3, 4, 2, 2, 2))
    starts = np.random.default_rng(7).random((12, 2))
    ours, theirs = run(flat, start=starts), run(boxed, start=starts.reshape(3, 4, 2))
    for own, other in zip(ours.cells, theirs.cells, strict=True):
        np.testing.assert_array_equal(own.steps, other.steps)


def test_one_game_is_studied_from_many_starts():
    game = gt.NormalFormGame.from_bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]])
    copies = gt.NormalFormGame(np.tile(game.payoffs, (40, 1, 1, 1)), num_players=2)
    starts = np.random.default_rng(8).random((40, 2))
    assert_same_steps(run(game, start=starts), run(copies, start=starts))


def test_budgets_of_evaluations_are_shared_fairly():
    rules = RULES | {"WoLF": WoLF(0.02, 0.1), "MATRL": MATRL(0.05)}
    frame = run(GAMES["cyclic"], rules, steps=None, evaluations=101).to_frame()
    first = frame[frame["stay"] == 0].set_index("rule")
    assert first["budget_steps"].to_dict() == {"IGA": 101, "IGA-PP": 50, "WoLF": 101, "MATRL": 50}
    by_steps = run(GAMES["cyclic"], {"IGA-PP": LookAhead(0.05)}, steps=50)
    theirs = run(GAMES["cyclic"], {"IGA-PP": LookAhead(0.05)}, steps=None, evaluations=101)
    assert_same_steps(by_steps, theirs)


def test_three_player_games_are_studied_by_their_nash_gap():
    rng = np.random.default_rng(9)
    games = gt.NormalFormGame(rng.normal(size=(30, 3, 2, 2, 2)), num_players=3)
    criterion = Criterion("nash-gap", 0.01)
    rule, start = GradientDescent(0.1), [0.5, 0.4, 0.6]
    (cell,) = run(games, rules=rule, criteria=criterion, start=start, steps=100).cells
    path = gt.simulate(games, rule, start, steps=100).points[1:]
    profiles = [np.stack([p, 1 - p], axis=-1) for p in np.moveaxis(path, -1, 0)]
    within = gt.exploitability(games, profiles) < 0.01 * games.payoff_range()
    expected = np.where(within.any(axis=0), within.argmax(axis=0) + 1, -1)
    np.testing.assert_array_equal(cell.steps, expected)
    assert 0 < cell.converged.sum() < 30


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"games": {}}, ValueError, "`games` must hold at least one ensemble"),
        ({"games": {"mine": [[1]]}}, TypeError, "`games` must be NormalFormGame .* 'mine' is"),
        ({"games": GAMES["cyclic"][:0]}, ValueError, "`games` must hold at least one game each"),
        ({"rules": []}, ValueError, "`rules` must hold at least one update rule"),
        ({"rules": [GradientDescent]}, TypeError, "`rule` must be an update rule"),
        ({"criteria": []}, TypeError, r"`criteria` must be one or more Criterion.* got \[\]"),
        ({"criteria": ["distance"]}, TypeError, "`criteria` must be one or more Criterion"),
        ({"criteria": Criterion(stay=81)}, ValueError, r"`stay` must be at most .* \(80\); got 81"),
        ({"start": "unifrom"}, ValueError, "`start` must be points or \"uniform\"; got 'unifrom'"),
        ({"start": [2, 0]}, ValueError, r"`start` must lie in Box.* got \[2\.0, 0\.0\]"),
        ({"start": [0.5]}, ValueError, r"`start` must have shape \(\*batch, 2\)"),
        (
            {"games": GAMES["cyclic"], "start": np.full((3, 60, 2), 0.5)},
            ValueError, r"`start` must hold one point for each of \(60,\) games",
        ),
        ({"steps": 0}, ValueError, "`steps` must be at least 1; got 0"),
        ({"evaluations": 10}, ValueError, "give `steps` or `evaluations` .* not both"),
        ({"steps": None, "evaluations": 1}, ValueError, "`evaluations` must be at least 2; got 1"),
        ({"rng": -1}, ValueError, "`rng` must be at least 0; got -1"),
        ({"rng": True}, TypeError, "`rng` must be a whole number; got True"),
        ({"memory_budget": 0}, ValueError, "`memory_budget` must be at least 1; got 0"),
        (
            {"games": gt.NormalFormGame(np.zeros((2, 3, 3)))},
            ValueError, "`matrix_game` must have two actions",
        ),
        (
            {"games": gt.NormalFormGame(np.zeros((5, 2, 2, 2)), num_players=2)},
            ValueError, "5 of 5 are degenerate",
        ),
        (
            {"games": gt.NormalFormGame(np.eye(8).reshape(8, 2, 2, 2)[:3], num_players=3)},
            ValueError, '`measure` "distance" needs 2x2 games',
        ),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, dict) else "",
)  # fmt: skip
def test_arguments_that_do_not_fit_are_refused_before_any_work(options, error, message, fuse):
    fuse.left = 0
    rules = {"fused": Fused(0.05), "IGA-PP": LookAhead(0.05)}
    with pytest.raises(error, match=message):
        run(**{"rules": rules} | options)


def test_rules_that_do_not_fit_the_games_are_refused_before_any_work(fuse):
    fuse.left = 0
    rng = np.random.default_rng(10)
    games = gt.NormalFormGame(rng.normal(size=(4, 3, 2, 2, 2)), num_players=3)
    rules = {"fused": Fused(0.05), "WoLF": WoLF(0.01, 0.06)}
    with pytest.raises(TypeError, match="WoLF needs a 2x2 matrix game"):
        run(games, rules, Criterion("nash-gap"))


def test_a_rule_without_gradients_needs_a_budget_in_steps():
    rule = gt.dynamics.PHC(0.1)
    with pytest.raises(ValueError, match=r"`evaluations` cannot limit PHC.*use `steps`"):
        gt.run_study(gt.random_2x2("cyclic", size=2, rng=0), rule, evaluations=100, rng=0)
