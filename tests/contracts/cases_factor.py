"""Normal components whose covariances have factors: own and common loadings and uniquenesses."""

import numpy as np
from scipy import stats
from tests.contracts.entering import K, family, real_line

import hiddenmix as hm
from hiddenmix.families.shapes import shape_of

rng = np.random.default_rng(4)
D = 5
MEANS = np.array([[0.0, 0.0, 0.0, 0.0, 0.0], [5.0, -4.0, 1.0, 0.0, 3.0], [-4.0, 5.0, 4.0, 6.0, 0.0]])
LOADINGS, NOISE = rng.standard_normal((K, D, 2)), rng.uniform(0.3, 1.5, (K, D))


def factors(letters):
    """Covariances (k, d, d) of this shape."""
    common, same, isotropic = (letter == "C" for letter in letters)
    loading = LOADINGS[:1] if common else LOADINGS
    noise = NOISE[:1] if same else NOISE
    noise = noise[:, :1] * np.ones(D) if isotropic else noise
    return np.broadcast_to(loading @ np.swapaxes(loading, 1, 2) + noise[:, :, None] * np.eye(D), (K, D, D))


def oracle_of(cov):
    def oracle(params, x):
        out = np.zeros((len(x), K))
        for i, row in enumerate(x):
            seen = ~np.isnan(row)
            for j in range(K if seen.any() else 0):
                part = cov[j][np.ix_(seen, seen)]
                out[i, j] = stats.multivariate_normal(params.mean[j, seen], part).logpdf(row[seen])
        return out

    return oracle


PRIOR = hm.NormalPrior(np.ones(D), np.eye(D) + 0.2, 0.5, 8.0)
for letters in ("UUU", "UUC", "UCU", "CUU", "CCU"):
    cov, name = factors(letters), f"factors-2-{letters}"
    params = hm.NormalParams(MEANS, shape_of(name).from_dense(cov, K))
    settings = {"constrained": "C" in letters[:2]}  # shared parameters turn the loadings of an empty component
    settings["samples"] = letters in ("UUU", "CCU")  # the others say nothing new, and take long
    # The name draws the data: on those of "factors-2-UUU" EM and L-BFGS find different optima, both on the boundary.
    entry = f"{name}-missing" if letters == "UUU" else name
    family(entry, hm.Normal(name), params, oracle_of(cov), real_line, missing=0.15, **settings)
    if letters in ("UUU", "UCU"):
        settings["samples"] = False
        family(f"{name}-prior", hm.Normal(name, prior=PRIOR), params, oracle_of(cov), missing=0.1, **settings)
