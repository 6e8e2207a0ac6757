"""Mixtures whose memberships depend on covariates, over rows, with evidence and missing cells, and over groups."""

import numpy as np
from tests.contracts.cases_counts import CHANCES, LEVELS, RATES, SHARES, multinomial_oracle
from tests.contracts.entering import ROWS, K, family, model

import hiddenmix as hm
from hiddenmix.batch import Evidence
from hiddenmix.data import Groups, Rows

rng = np.random.default_rng(5)
C = rng.normal(size=(ROWS, 2)) * [1.0, 20.0] + [3.0, 500.0]
COEF = np.array([[0.4, 0.8, -0.01], [-0.1, -0.3, 0.03], [-0.3, -0.5, -0.02]])
GATED = {"centre": np.array([3.0, 500.0]), "scale": np.array([1.0, 20.0])}


def over_rows(name, family, components, missing=0.0, evidence=None, **options):
    gated = hm.GatedMixture(family, K, **options, **GATED)
    params = hm.GatedParams(COEF, components)
    x, _ = gated.sample(params, ROWS, rng, C)
    x[rng.random(x.shape) < missing] = np.nan

    def build(units, weight, chunk):
        known = None if evidence is None else evidence.take(units)
        return Rows(x[units], weight, known, chunk=chunk, covariates=C[units])

    model(name, gated, params, x, build=build, array_api=False, exchangeable=evidence is None)


over_rows("gated-poisson", hm.Poisson(), RATES)
_some = np.where(rng.random(ROWS) < 0.7, -1, rng.integers(0, K, ROWS))
_labels = Evidence.from_labels(_some, K)
over_rows("gated-penalty", hm.Categorical([2, 4, 3], prior=0.5), LEVELS, 0.2, _labels, penalty=2.0)

_sizes = rng.integers(1, 6, size=40)
_ends = np.cumsum(_sizes)
_gated = hm.GatedMixture(hm.Binomial(12), K, **GATED)
_params = hm.GatedParams(COEF, CHANCES)
_heads = hm.Binomial(12).sample(CHANCES, np.repeat(rng.integers(0, K, 40), _sizes), rng)


def groups(units, weight, chunk):
    rows = [np.arange(_ends[u] - _sizes[u], _ends[u]) for u in units]
    labels = np.repeat(np.arange(len(units)), _sizes[units])
    return Groups(_heads[np.concatenate(rows)], labels, weight, chunk=chunk or 4096, covariates=C[units])


model("gated-groups", _gated, _params, _heads, build=groups, n_units=len(_sizes), array_api=False, exchangeable=True)

# A pseudo-count for each category

_each = hm.Multinomial(20, prior=np.array([0.5, 2.0, 0.0, 1.0]))
family("multinomial-prior-each", _each, SHARES, multinomial_oracle, missing=0.1)
