"""Rows of three groups in a plane, and a start for a mixture of them."""

import numpy as np

CENTRES = np.array([[0.0, 0.0], [8.0, 2.0], [2.0, 10.0]])


def table(seed=0, n=120, apart=1.0):
    rng = np.random.default_rng(seed)
    mix = np.array([[1.0, 0.4], [0.0, 0.8]])
    parts = [apart * centre + rng.standard_normal((n, 2)) @ mix * (1 + j / 3) for j, centre in enumerate(CENTRES)]
    return rng.permutation(np.concatenate(parts))


def start(shape):
    k, d = CENTRES.shape
    precisions = {
        "full": np.array([np.eye(d)] * k),
        "tied": np.eye(d),
        "diag": np.ones((k, d)),
        "spherical": np.ones(k),
    }
    return {
        "weights_init": np.array([0.3, 0.3, 0.4]),
        "means_init": CENTRES + 0.3,
        "precisions_init": precisions[shape] * 0.5,
    }
