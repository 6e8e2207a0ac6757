"""Measurements and counts of two groups each, and a model of them that tests of input clone."""

import numpy as np

import hiddenmix as hm

NAN = np.nan
RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(0, 1, (40, 3)), RNG.normal(6, 1.5, (50, 3))])
COUNTS = RNG.poisson(np.repeat([[2, 9], [8, 3]], 30, axis=0))
HOLES = np.where(RNG.random(X.shape) < 0.1, NAN, X)
MODEL = hm.GaussianMixture(2, random_state=0, n_init=3)
