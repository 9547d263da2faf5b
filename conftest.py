import os
from importlib.util import find_spec

# The tests run in several processes: threads of linear algebra would only get in their way.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _lacks(*packages: str) -> bool:
    return any(find_spec(package) is None for package in packages)


# Their examples need an extra.
collect_ignore = []
collect_ignore_glob = []
if _lacks("torch"):
    collect_ignore += ["gametools/games/autodiff.py", "docs/bring-your-own-game.md"]
    collect_ignore_glob += ["gametools/agents/*.py"]
if _lacks("gymnasium", "pettingzoo", "lbforaging"):
    own = ("parallel_env", "to_pettingzoo", "from_pettingzoo", "foraging")
    collect_ignore += [f"gametools/envs/{name}.py" for name in own]
