"""Mixtures with known or partly known weights and members, one distribution, groups, and examples of a user."""

import numpy as np
from examples.own_family import Exponential, ExponentialParams
from examples.own_model import ANIMALS, Linkage
from scipy import stats
from tests.contracts.cases_counts import CHANCES, RATES
from tests.contracts.cases_normal import COVS, GROUP, MEANS, PRIOR, grouped_normal, normal
from tests.contracts.entering import FAMILIES, ROWS, WEIGHTS, K, family, model

import hiddenmix as hm
from hiddenmix.batch import Evidence
from hiddenmix.data import Groups, Rows
from hiddenmix.families.shapes import SHAPES

rng = np.random.default_rng(2)
_poisson = hm.MixtureParams(WEIGHTS, RATES)
_even = hm.MixtureParams(np.full(K, 1 / K), RATES)
model("mixture-equal-weights", hm.Mixture(hm.Poisson(), K, weights="equal"), _even, exchangeable=True, samples=True)
model("mixture-given-weights", hm.Mixture(hm.Poisson(), K, weights=WEIGHTS), _poisson, samples=True)
_first = hm.Known(WEIGHTS, np.array([True, False, False]))
model("mixture-weights-known-in-part", hm.Mixture(hm.Poisson(), K, weights=_first), _poisson, samples=True)
_sums = hm.GroupWeights(np.array([0, 1, 0]), np.array([0.7, 0.3]))
model("mixture-group-weights", hm.Mixture(hm.Poisson(), K, weights=_sums), _poisson, samples=True)
_more = hm.Mixture(hm.Normal("full", groups=GROUP), K, weights=_sums, concentration=[2.0, 1.5, 4.0])
model("mixture-group-weights-concentration", _more, hm.MixtureParams(WEIGHTS, grouped_normal("full")), samples=True)
_dirichlet = hm.Mixture(hm.Normal("tied", prior=PRIOR), K, concentration=[2.0, 1.5, 4.0])
model("mixture-concentration", _dirichlet, hm.MixtureParams(WEIGHTS, normal("tied")), samples=True)


def with_evidence(evidence):
    x, _ = hm.Mixture(hm.Normal("full"), K).sample(hm.MixtureParams(WEIGHTS, normal("full")), ROWS, rng)
    x[rng.random(x.shape) < 0.1] = np.nan

    def build(units, weight, chunk):
        return Rows(x[units], weight, evidence.take(units), chunk=chunk)

    return {"x": x, "build": build, "array_api": False}


_codes = np.where(rng.random(ROWS) < 0.5, -1, rng.integers(0, K, ROWS))
_soft = np.log(rng.dirichlet(np.ones(K), size=ROWS))
_full = hm.MixtureParams(WEIGHTS, normal("full"))
model("mixture-known-labels", hm.Mixture(hm.Normal(), K), _full, **with_evidence(Evidence.from_labels(_codes, K)))
model("mixture-soft-labels", hm.Mixture(hm.Normal(), K), _full, **with_evidence(Evidence(_soft)))

_alone = hm.NormalParams(MEANS[1:2], SHAPES["full"].from_dense(COVS["full"][1:2], 1))
_holes = FAMILIES["normal-full-missing"].x
model("single-normal-missing", hm.Single(hm.Normal()), _alone, _holes, exchangeable=True, samples=True)
_one = hm.PoissonParams(RATES.rate[:1])
model("single-poisson", hm.Single(hm.Poisson(prior=(1.0, 2.0))), _one, exchangeable=True, samples=True)

_sizes = rng.integers(1, 6, size=40)
_ends = np.cumsum(_sizes)
_heads = rng.binomial(12, CHANCES.p[np.repeat(rng.integers(0, K, 40), _sizes)]).astype(float)


def groups(units, weight, chunk):
    rows = [np.arange(_ends[u] - _sizes[u], _ends[u]) for u in units]
    labels = np.repeat(np.arange(len(units)), _sizes[units])
    return Groups(_heads[np.concatenate(rows)], labels, weight, chunk=chunk or 4096)


_binomials = hm.MixtureParams(WEIGHTS, CHANCES)
_grouped = {"build": groups, "n_units": len(_sizes), "array_api": False}
model("mixture-of-groups", hm.Mixture(hm.Binomial(12), K), _binomials, _heads, **_grouped)

family(
    "own-exponential",
    Exponential(),
    ExponentialParams([0.1, 0.5, 2.0]),
    lambda params, x: stats.expon.logpdf(x, scale=1 / params.rate),
    x=rng.exponential([[0.5]] * 48 + [[8.0]] * 48),
    array_api=False,
)
model("own-linkage", Linkage(), 0.5, ANIMALS, array_api=False)
