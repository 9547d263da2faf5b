"""What it looks like: draws on a given Axes, computes nothing."""
