"""Rows of four components in two groups, and what their covariances are by formulas."""

import numpy as np

RNG = np.random.default_rng(0)
K, D, N = 4, 3, 120
LABELS = RNG.integers(0, K, N)
X = RNG.standard_normal((N, D)) * np.array([1.0, 2.0, 0.5]) * (1 + LABELS[:, None] // 2) + 2 * LABELS[:, None]
RESP = np.eye(K)[LABELS]
GROUPS = np.array([0, 1, 0, 1])
TIES = {"full": "tied", "diag": "tied_diag", "spherical": "tied_spherical"}


def estimated(family, resp=RESP, x=X):
    """The M-step from these responsibilities, without old parameters."""
    return family.estimate(None, family.stats(None, x, resp))


def deviations(rows):
    """Rows less the means of their components."""
    means = np.array([X[j == LABELS].mean(axis=0) for j in range(K)])
    return (X - means[LABELS])[rows]


def covariance_of(deviation, form):
    """The maximum-likelihood covariance (d, d) of one group's deviations."""
    scatter = deviation.T @ deviation / len(deviation)
    if form == "full":
        return scatter
    variances = np.diag(scatter)
    return np.diag(variances if form == "diag" else np.full(D, variances.mean()))


def dense(family, params):
    """Covariances (k, d, d)."""
    roots = family.shape.roots(params.cov, *params.mean.shape)
    return roots @ np.swapaxes(roots, 1, 2) if roots.ndim == 3 else np.stack([np.diag(r**2) for r in roots])
