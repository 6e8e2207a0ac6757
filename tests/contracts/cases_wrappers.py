"""Mixtures whose memberships are decided or tempered."""

import numpy as np
from tests.contracts.cases_counts import RATES
from tests.contracts.cases_mixtures import with_evidence
from tests.contracts.cases_normal import PRIOR, normal
from tests.contracts.entering import FAMILIES, WEIGHTS, K, model

import hiddenmix as hm
from hiddenmix.batch import Evidence

_full = hm.MixtureParams(WEIGHTS, normal("full"))
_holes = FAMILIES["normal-full-missing"].x
model("hard-normal-missing", hm.Hard(hm.Mixture(hm.Normal(prior=PRIOR), K)), _full, _holes, exchangeable=True)
model("hard-poisson", hm.Hard(hm.Mixture(hm.Poisson(), K)), hm.MixtureParams(WEIGHTS, RATES), exchangeable=True)
_soft = np.log(np.random.default_rng(5).dirichlet(np.ones(K), size=96))
model(
    "hard-soft-labels", hm.Hard(hm.Mixture(hm.Normal(), K, concentration=2.0)), _full, **with_evidence(Evidence(_soft))
)
_even = hm.Mixture(hm.Normal("tied"), K)
_tied = hm.MixtureParams(WEIGHTS, normal("tied"))
model("tempered-normal-missing", hm.Tempered(_even, 0.6), _tied, FAMILIES["normal-full-missing"].x, exchangeable=True)
model(
    "tempered-poisson",
    hm.Tempered(hm.Mixture(hm.Poisson(), K), 2.0),
    hm.MixtureParams(WEIGHTS, RATES),
    exchangeable=True,
)
