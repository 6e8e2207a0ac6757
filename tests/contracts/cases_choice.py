"""A different family for each component, the components in any order."""

import numpy as np
from scipy import stats
from tests.contracts.entering import family

import hiddenmix as hm
from hiddenmix.families.shapes import Full


def oracle_of(choice, *oracles):
    """Each family by an oracle (params, row's observed cells) -> (its components,)."""

    def oracle(params, x):
        out = np.zeros((len(x), len(params.place)))
        for i, row in enumerate(x):
            seen = ~np.isnan(row)
            if seen.any():
                out[i] = np.concatenate([of(p, row, seen) for of, p in zip(oracles, params.parts)])[params.place]
        return out

    return oracle


def normals(params, row, seen):
    dense = params.cov.chol @ np.swapaxes(params.cov.chol, 1, 2)
    return [
        stats.multivariate_normal(m[seen], c[np.ix_(seen, seen)]).logpdf(row[seen]) for m, c in zip(params.mean, dense)
    ]


def boxes(params, row, seen):
    return stats.uniform.logpdf(row[seen], params.low[:, seen], (params.high - params.low)[:, seen]).sum(axis=1)


def rates(params, row, seen):
    return stats.poisson.logpmf(row[seen], params.rate[:, seen]).sum(axis=1)


def heads(params, row, seen):
    return stats.binom.logpmf(row[seen], 12, params.p[:, seen]).sum(axis=1)


BOX = np.array([[-30.0, -30.0], [30.0, 30.0]])
_normal = hm.NormalParams(
    [[0.0, 0.0], [4.0, -3.0]], Full(np.array([[[1.0, 0.0], [0.5, 1.0]], [[0.7, 0.0], [-0.5, 2.0]]]))
)
_noisy = hm.ChoiceParams((_normal, hm.UniformParams(BOX[:1], BOX[1:])), np.array([1, 2, 0]))
_family = hm.Choice([hm.Normal(), hm.Uniform(BOX)], [2, 1])
_given = lambda p: p.parts[1].low  # noqa: E731
_wide = lambda column: (np.linspace(-30, 30, 12001)[:-1] + 0.0025, np.full(12000, 0.005))  # noqa: E731
family("choice", _family, _noisy, oracle_of(_family, normals, boxes), _wide, missing=0.15, known=_given)

_counted = hm.ChoiceParams(
    (hm.PoissonParams([[1.0, 6.0]]), hm.BinomialParams([[0.2, 0.5], [0.8, 0.3]])), np.array([0, 1, 2])
)
_family = hm.Choice([hm.Poisson(prior=(1.0, 0.5)), hm.Binomial(12)], [1, 2])
_kinds = lambda p: p.place  # noqa: E731
_prior = oracle_of(_family, rates, heads)
family("choice-prior", _family, _counted, _prior, missing=0.1, samples=False, known=_kinds)
