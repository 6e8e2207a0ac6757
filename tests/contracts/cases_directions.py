"""Directions (unit vectors), compositions, and noise on a box."""

import numpy as np
from scipy import stats
from tests.contracts.entering import family

import hiddenmix as hm


def sphere_oracle(params, x):
    out = np.zeros((len(x), len(params.kappa)))
    seen = ~np.isnan(x).all(axis=1)
    for j, (mean, kappa) in enumerate(zip(params.mean, params.kappa)):
        out[seen, j] = stats.vonmises_fisher(mean, kappa).logpdf(x[seen])
    return out


MEANS = np.array([[1.0, 2.0, -1.0, 0.5], [-2.0, 0.0, 1.0, 1.0], [0.0, 0.3, 0.0, -1.0]])
POLES = hm.VonMisesFisherParams(MEANS / np.linalg.norm(MEANS, axis=1, keepdims=True), [40.0, 8.0, 2.0])
family("von-mises-fisher", hm.VonMisesFisher(), POLES, sphere_oracle)
family("von-mises-fisher-prior", hm.VonMisesFisher(prior=(2.0, [0.5, 0.1, 0.0, 0.0])), POLES, sphere_oracle)
_held = hm.VonMisesFisher(
    mean=hm.Known(POLES.mean, [True, False, False]), kappa=hm.Known(POLES.kappa, [False, True, False])
)
_given = lambda p: np.append(p.mean[0], p.kappa[1])  # noqa: E731
family("von-mises-fisher-known", _held, POLES, sphere_oracle, known=_given)


def composition_oracle(params, x):
    """The observed parts and the rest are Dirichlet, the missing parts' parameters added up."""
    out = np.zeros((len(x), len(params.alpha)))
    for i, row in enumerate(x):
        seen = ~np.isnan(row)
        for j, alpha in enumerate(params.alpha if seen.any() else ()):
            if seen.all():
                out[i, j] = stats.dirichlet(alpha).logpdf(row[:-1])
            else:
                out[i, j] = stats.dirichlet([*alpha[seen], alpha[~seen].sum()]).logpdf(row[seen])
    return out


SHARES = hm.DirichletParams([[8.0, 2.0, 3.0, 1.0], [1.0, 5.0, 0.7, 2.0], [20.0, 20.0, 5.0, 30.0]])
family("dirichlet", hm.Dirichlet(), SHARES, composition_oracle)
family("dirichlet-missing", hm.Dirichlet(), SHARES, composition_oracle, missing=0.3)
family("dirichlet-prior", hm.Dirichlet(prior=(2.0, 0.15)), SHARES, composition_oracle, missing=0.1)
SOME = np.array([[True, False, False, False], [False, False, False, False], [True, True, True, True]])
_held = hm.Dirichlet(alpha=hm.Known(SHARES.alpha, SOME))
family("dirichlet-known", _held, SHARES, composition_oracle, missing=0.1, known=lambda p: p.alpha[SOME])


def box_oracle(params, x):
    columns = stats.uniform.logpdf(x[:, None, :], params.low, params.high - params.low)
    return np.where(np.isnan(x)[:, None, :], 0.0, columns).sum(axis=2)


EDGES = np.array([[[-1.0, 0.0], [0.0, 5.0], [-20.0, 2.0]], [[2.0, 9.0], [1.0, 6.0], [30.0, 4.0]]])  # (2, k, d)
BOXES = hm.UniformParams(*EDGES)
_inside = lambda column: (np.linspace(-40, 40, 16001)[:-1] + 0.0025, np.full(16000, 0.005))  # noqa: E731
family("uniform", hm.Uniform(EDGES), BOXES, box_oracle, _inside, missing=0.2, known=lambda p: p.low)
