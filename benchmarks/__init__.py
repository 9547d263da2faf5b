"""Speed and memory, measured beside peers: ``python -m benchmarks.run --help``."""

SEED = 0
"""Of every random game."""
