from importlib.util import find_spec

# Their examples are written in torch, which is an extra.
collect_ignore = (
    [] if find_spec("torch") else ["gametools/games/autodiff.py", "docs/bring-your-own-game.md"]
)
