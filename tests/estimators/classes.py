"""Irises with their names, and two classes that no line separates."""

import numpy as np
from sklearn.datasets import load_iris

X, CODES = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])
Y = NAMES[CODES]


def rings(n=400, seed=0):
    """Class "ends" lies left and right of class "middle"; no line separates them."""
    rng = np.random.default_rng(seed)
    y = np.where(rng.random(n) < 0.5, "ends", "middle")
    side = np.where(rng.random(n) < 0.3, -1, 1)
    x = rng.standard_normal((n, 2))
    x[:, 0] += np.where(y == "ends", 5 * side, 0)
    return x, y
