"""Evaluations: the same episodes every time, as many as asked for, greedy ones and drawn ones."""

import pandas as pd
import pytest

torch = pytest.importorskip("torch")

from training_runs import small_run  # noqa: E402

from gametools.agents import Situation, make_learner, play_episodes, spec_of, train  # noqa: E402
from gametools.agents.trained import load_trained  # noqa: E402
from gametools.envs import Switch  # noqa: E402
from gametools.envs.registry import parse_env  # noqa: E402

GAME = "climbing:num_steps=3"
SEED = 2**31 - 1  # no run's own


def evaluated(folder, learner, *more, **about):
    run = small_run(learner, GAME, *more, **about)
    train(run, folder)
    return run, pd.read_csv(folder / "evaluation.csv")


@pytest.mark.parametrize("learner", ["il-ppo", "vdn"])
def test_who_learns_nothing_is_evaluated_the_same_every_time(learner, tmp_path):
    still = ("lr=1e-30", "epsilon_end=0.5")[: 1 + (learner == "vdn")]
    _, rows = evaluated(tmp_path, learner, *still, evaluation_episodes=9)
    assert rows["step"].tolist() == [0, 80, 160, 200]
    assert (rows.nunique().drop("step") == 1).all()
    assert rows["greedy_std"].iloc[0] == 0  # nothing is drawn in this game but actions
    assert rows["sampled_std"].iloc[0] > 0


@pytest.mark.parametrize("episodes", [1, 6])
@pytest.mark.parametrize("learner", ["il-ppo", "vdn"])
def test_the_table_holds_means_and_deviations_of_all_its_episodes(learner, episodes, tmp_path):
    run, rows = evaluated(tmp_path, learner, evaluation_episodes=episodes)
    trained = load_trained(tmp_path).learner
    for kind in ("greedy", "sampled"):
        env = parse_env(run.env, num_envs=episodes)
        generator, earned = torch.Generator().manual_seed(SEED), 0.0
        observations, memory = env.reset(SEED), trained.initial_memory(episodes)
        for time in range(3):
            starts = torch.full((episodes,), time == 0)
            situation = Situation(torch.as_tensor(observations), starts, None, memory)
            decision = trained.play(situation, generator, greedy=kind == "greedy")
            step = env.step(decision.actions.numpy())
            earned, observations = earned + step.rewards, step.observations
        assert step.ended.all()
        last, team = rows.iloc[-1], earned.sum(axis=1)
        assert last[kind] == pytest.approx(team.mean())
        assert last[f"{kind}_std"] == pytest.approx(team.std())
        assert last[f"{kind}_length"] == 3
        assert [last[f"{kind}/{i}"] for i in range(2)] == pytest.approx(earned.mean(axis=0))


def test_an_environment_of_other_sizes_is_refused():
    learner = make_learner("il-ppo", spec_of(Switch(2)), seed=0)
    with pytest.raises(
        ValueError, match=r"^`env` must be what `learner` knows, Spec\(num_agents=2"
    ):
        play_episodes(learner, Switch(4), seed=0)
