"""Updates as maps of the point and the memory together, and their derivatives."""

import numpy as np


def update_jacobian(rule, game, rest, width=1e-6):
    """Central differences of one update in the point and the rule's memory, at a point of rest.

    The memory may be None or an array; with one, the map has as many coordinates more.
    """
    rest = np.asarray(rest, dtype=float)
    memory = rule.init(game, rest)
    shape = None if memory is None else memory.shape

    def moved(joint):
        state = None if shape is None else joint[rest.size :].reshape(shape)
        x, state = rule.update(game, joint[: rest.size], state, np.random.default_rng(0))
        return x if shape is None else np.append(x, state.ravel())

    joint = rest if memory is None else np.append(rest, np.ravel(memory))
    columns = [
        (moved(joint + e) - moved(joint - e)) / (2 * width) for e in width * np.eye(len(joint))
    ]
    return np.stack(columns, axis=-1)


def spectral_radius(rule, game, rest, width=1e-6):
    """Largest modulus of an eigenvalue of `update_jacobian`."""
    return np.abs(np.linalg.eigvals(update_jacobian(rule, game, rest, width))).max()
