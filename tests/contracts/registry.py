"""Every family and model, with parameters, data and a second opinion. A new one is a new entry; the tests are there."""

from dataclasses import replace

import numpy as np
from examples.own_family import Exponential, ExponentialParams
from examples.own_model import ANIMALS, Linkage
from scipy import stats

import hiddenmix as hm
from hiddenmix import _tree
from hiddenmix.batch import Evidence
from hiddenmix.data import Groups, Rows
from hiddenmix.families.binomial import Tosses
from hiddenmix.families.shapes import SHAPES, Grouped
from hiddenmix.testing import FamilyCase, ModelCase

ROWS = 96
FAMILIES, MODELS = {}, {}
K = 3
WEIGHTS = np.array([0.2, 0.3, 0.5])


def family(name, family, params, oracle=None, support=None, *, missing=0.0, x=None, samples=True, **settings):
    """Enter a family, and the mixture of it. Data are drawn from it, some cells then removed."""
    rng = np.random.default_rng(list(name.encode()))
    settings = {"array_api": True, "samples": samples and x is None, **settings}
    if x is None:
        x = family.sample(params, rng.choice(K, size=ROWS, p=WEIGHTS), rng)
        x[rng.random(x.shape) < missing] = np.nan
    family = family.prepare(x, None, K)
    FAMILIES[name] = FamilyCase(family, params, x, oracle, support, **settings)
    settings["exchangeable"] = settings.pop("known", None) is None
    settings.pop("constrained", None)
    model(f"mixture-of-{name}", hm.Mixture(family, K), hm.MixtureParams(WEIGHTS, params), x, **settings)


def model(name, model, params, x=None, **settings):
    """Enter a model. Data are drawn from it unless they are given."""
    if x is None:
        x, _ = model.sample(params, ROWS, np.random.default_rng(list(name.encode())))
    case = ModelCase(model, params, x, **{"array_api": True, **settings})
    MODELS[name] = replace(case, model=model.prepare(case.data())) if hasattr(model, "prepare") else case


# Second opinions on log densities, and the values that a cell may have


def by_column(logpmf):
    """Columns independent, missing cells left out; `logpmf(x (n, 1, d), params)`."""

    def oracle(params, x):
        return np.nansum(logpmf(np.asarray(x)[:, None, :], params), axis=2)

    return oracle


def normal_oracle(shape, reg_covar=0.0):
    def oracle(params, x):
        k, d = params.mean.shape
        roots = SHAPES[shape].roots(params.cov, k, d)
        dense = roots @ np.swapaxes(roots, 1, 2) if roots.ndim == 3 else np.stack([np.diag(r**2) for r in roots])
        out = np.zeros((len(x), k))
        for i, row in enumerate(x):
            seen = ~np.isnan(row)
            for j in range(k if seen.any() else 0):
                cov = dense[j][np.ix_(seen, seen)]
                out[i, j] = stats.multivariate_normal(params.mean[j, seen], cov).logpdf(row[seen])
                out[i, j] -= 0.5 * reg_covar * np.trace(np.linalg.inv(cov))
        return out

    return oracle


def own_covariances(oracle):
    """Of parameters with groups that share a covariance: the oracle for one of each component's own."""
    return lambda params, x: oracle(hm.NormalParams(params.mean, _tree.pick(params.cov.cov, params.cov.group)), x)


def multinomial_oracle(params, x):
    out = np.zeros((len(x), len(params.p)))
    for i, row in enumerate(x):
        seen = ~np.isnan(row)
        for j, p in enumerate(params.p):
            if seen.any():
                out[i, j] = stats.multinomial(row[seen].sum(), p[seen] / p[seen].sum()).logpmf(row[seen])
    return out


def product_oracle(*parts):
    """Each part an oracle and its columns."""
    return lambda params, x: sum(oracle(p, x[:, cols]) for (oracle, cols), p in zip(parts, params))


def level_oracle(params, x):
    out = np.zeros((len(x), len(params.p)))
    for i, row in enumerate(x):
        for c, code in enumerate(row):
            if not np.isnan(code):
                out[i] += np.log(params.p[:, c, int(code)])
    return out


binomial_oracle = by_column(lambda x, params: stats.binom.logpmf(x, 12, params.p))
poisson_oracle = by_column(lambda x, params: stats.poisson.logpmf(x, params.rate))


def counts_to(most):
    return lambda column: (np.arange(most + 1.0), np.ones(most + 1))


def real_line(column):
    return np.linspace(-40, 40, 8001), np.full(8001, 0.01)


# Normal

rng = np.random.default_rng(0)
MEANS = np.array([[0.0, 0.0, 0.0], [4.0, -3.0, 1.0], [-3.0, 4.0, 5.0]])
_noise = rng.standard_normal((K, 3, 3))
COVS = {"full": 0.3 * _noise @ np.swapaxes(_noise, 1, 2) + 0.7 * np.eye(3)}
COVS["tied"] = COVS["full"].mean(axis=0)
COVS["diag"] = np.diagonal(COVS["full"], axis1=1, axis2=2)
COVS["spherical"] = COVS["diag"].mean(axis=1)
COVS["tied_diag"], COVS["tied_spherical"] = COVS["diag"].mean(axis=0), COVS["diag"].mean()
DIAGONAL = np.eye(3, dtype=bool)
PRIOR = hm.NormalPrior(np.array([0.5, 0.0, 1.0]), np.eye(3) + 0.2, 0.5, 6.0)


def normal(shape):
    return hm.NormalParams(MEANS, SHAPES[shape].from_dense(COVS[shape], K))


for shape in SHAPES:
    params, oracle = normal(shape), normal_oracle(shape)
    family(f"normal-{shape}", hm.Normal(shape), params, oracle, real_line)
    family(f"normal-{shape}-missing", hm.Normal(shape), params, oracle, real_line, missing=0.2)
    family(f"normal-{shape}-prior", hm.Normal(shape, prior=PRIOR), params, oracle, missing=0.1)
    ridge = hm.Normal(shape, reg_covar=0.05)
    family(f"normal-{shape}-reg_covar", ridge, params, normal_oracle(shape, 0.05), missing=0.1, samples=False)
    held = hm.Normal(shape, mean=hm.Known(MEANS))
    family(f"normal-{shape}-known-mean", held, params, oracle, missing=0.1, known=lambda p: p.mean)
    held = hm.Normal(shape, mean=hm.Known(MEANS, DIAGONAL))
    family(f"normal-{shape}-mean-known-in-part", held, params, oracle, missing=0.1, known=lambda p: p.mean[DIAGONAL])
    held = hm.Normal(shape, cov=hm.Known(COVS[shape]))
    family(f"normal-{shape}-known-cov", held, params, oracle, missing=0.1, known=lambda p: p.cov)
    if SHAPES[shape].own:
        held = hm.Normal(shape, cov=hm.Known(COVS[shape], np.array([True, False, True])))
        first = lambda p: _tree.pick(p.cov, [0, 2])  # noqa: E731
        family(f"normal-{shape}-covs-known-in-part", held, params, oracle, missing=0.1, known=first)

GROUP = np.array([0, 1, 0])


def grouped_normal(shape):
    return hm.NormalParams(MEANS, Grouped(SHAPES[shape].from_dense(COVS[shape][:2], 2), GROUP))


for shape in ("full", "diag", "spherical"):
    params, oracle = grouped_normal(shape), own_covariances(normal_oracle(shape))
    name = f"normal-{shape}-groups"
    family(name, hm.Normal(shape, groups=GROUP), params, oracle, real_line)
    family(f"{name}-missing", hm.Normal(shape, groups=GROUP), params, oracle, real_line, missing=0.2)
    codes = lambda p: p.cov.group  # noqa: E731
    held = hm.Normal(shape, groups=GROUP, prior=PRIOR)
    family(f"{name}-prior", held, params, oracle, missing=0.1, known=codes)
    held = hm.Normal(shape, groups=GROUP, cov=hm.Known(COVS[shape][GROUP]), mean=hm.Known(MEANS, DIAGONAL))
    family(f"{name}-known", held, params, oracle, missing=0.1, known=lambda p: p.cov)

LINE = hm.NormalParams(np.array([[0.0, 0.0, 0.0], [4.0, -2.0, 1.0], [-6.0, 3.0, -1.5]]), normal("tied").cov)
for name, options in {"": {}, "-reg_covar": {"reg_covar": 0.05}, "-known-cov": {"cov": hm.Known(COVS["tied"])}}.items():
    ranked, oracle = hm.Normal("tied", rank=1, **options), normal_oracle("tied", options.get("reg_covar", 0.0))
    settings = {"samples": not options, "constrained": True}
    settings |= {"known": lambda p: p.cov} if "cov" in options else {}
    family(f"normal-rank{name}", ranked, LINE, oracle, **settings)
    family(f"normal-rank{name}-missing", ranked, LINE, oracle, missing=0.2, **settings)
family("normal-rank-everywhere", hm.Normal("tied", rank=2), normal("tied"), normal_oracle("tied"), missing=0.1)
family("normal-conjugate-prior", hm.Normal("full", prior="conjugate"), normal("full"), normal_oracle("full"))

# Counts and categories

CHANCES = hm.BinomialParams([[0.2, 0.5, 0.7, 0.3], [0.8, 0.3, 0.4, 0.6], [0.5, 0.9, 0.1, 0.2]])
family("binomial", hm.Binomial(12), CHANCES, binomial_oracle, counts_to(12))
family("binomial-missing", hm.Binomial(12), CHANCES, binomial_oracle, counts_to(12), missing=0.2)
family("binomial-prior", hm.Binomial(12, prior=(1.5, 0.5)), CHANCES, binomial_oracle, missing=0.1)
FIFTHS = np.arange(12).reshape(3, 4) % 5 == 0
_held = hm.Binomial(12, p=hm.Known(CHANCES.p, FIFTHS))
family("binomial-known", _held, CHANCES, binomial_oracle, known=lambda p: p.p[FIFTHS])
_trials = rng.integers(0, 9, size=(ROWS, 4)).astype(float)
_tosses = Tosses(rng.binomial(_trials.astype(int), 0.4).astype(float), _trials)
family("binomial-tosses", hm.Binomial(), CHANCES, x=_tosses)

FLIPS = by_column(lambda x, params: stats.bernoulli.logpmf(x, params.p))
_flips = hm.BinomialParams(np.concatenate([CHANCES.p, 1 - CHANCES.p[::-1]], axis=1))
family("bernoulli", hm.Bernoulli(), _flips, FLIPS, counts_to(1))
family("bernoulli-missing", hm.Bernoulli(prior=(1.0, 1.0)), _flips, FLIPS, counts_to(1), missing=0.2)

RATES = hm.PoissonParams([[1.0, 6.0], [5.0, 2.0], [9.0, 9.0]])
family("poisson", hm.Poisson(), RATES, poisson_oracle, counts_to(80))
family("poisson-missing", hm.Poisson(), RATES, poisson_oracle, counts_to(80), missing=0.2)
family("poisson-prior", hm.Poisson(prior=(2.0, 0.5)), RATES, poisson_oracle, missing=0.1)
SOME = np.array([[True, False], [False, False], [True, True]])
_held = hm.Poisson(rate=hm.Known(RATES.rate, SOME))
family("poisson-known", _held, RATES, poisson_oracle, known=lambda p: p.rate[SOME])

LEVELS = hm.CategoricalParams(
    np.array(
        [
            [[0.7, 0.3, 0.0, 0.0], [0.2, 0.1, 0.6, 0.1], [0.1, 0.2, 0.7, 0.0]],
            [[0.2, 0.8, 0.0, 0.0], [0.4, 0.4, 0.1, 0.1], [0.8, 0.1, 0.1, 0.0]],
            [[0.5, 0.5, 0.0, 0.0], [0.1, 0.1, 0.1, 0.7], [0.3, 0.6, 0.1, 0.0]],
        ]
    )
)
CODES = lambda column: (np.arange((2.0, 4.0, 3.0)[column]), np.ones((2, 4, 3)[column]))  # noqa: E731
family("categorical", hm.Categorical([2, 4, 3]), LEVELS, level_oracle, CODES)
family("categorical-missing", hm.Categorical([2, 4, 3]), LEVELS, level_oracle, CODES, missing=0.2)
family("categorical-prior", hm.Categorical([2, 4, 3], prior=0.7), LEVELS, level_oracle, CODES, missing=0.1)
CELLS = np.arange(36).reshape(3, 3, 4) % 5 == 0
_held = hm.Categorical([2, 4, 3], p=hm.Known(LEVELS.p, CELLS))
family("categorical-known", _held, LEVELS, level_oracle, known=lambda p: p.p[CELLS])

SHARES = hm.MultinomialParams([[0.1, 0.2, 0.3, 0.4], [0.4, 0.4, 0.1, 0.1], [0.25, 0.05, 0.6, 0.1]])
family("multinomial", hm.Multinomial(20), SHARES, multinomial_oracle)
family("multinomial-missing", hm.Multinomial(20), SHARES, multinomial_oracle, missing=0.15)
family("multinomial-prior", hm.Multinomial(20, prior=1.5), SHARES, multinomial_oracle, missing=0.1)
_held = hm.Multinomial(20, p=hm.Known(SHARES.p, FIFTHS))
family("multinomial-known", _held, SHARES, multinomial_oracle, known=lambda p: p.p[FIFTHS])

# Probabilities and rates of exactly 0: no NaN, whatever they multiply

family("bernoulli-edge", hm.Bernoulli(), hm.BinomialParams([[0.0, 0.5], [1.0, 0.0], [1.0, 1.0]]), missing=0.1)
family("poisson-edge", hm.Poisson(), hm.PoissonParams([[0.0, 1.0], [2.0, 0.0], [3.0, 3.0]]), missing=0.1)
_sharp = np.array([[[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]], [[0.0, 1.0, 0.0], [0.0, 0.2, 0.8]], [[0.2, 0.3, 0.5]] * 2])
family("categorical-edge", hm.Categorical(3), hm.CategoricalParams(_sharp), missing=0.1)
_sharp = hm.MultinomialParams([[0.0, 0.0, 1.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
family("multinomial-edge", hm.Multinomial(9), _sharp, missing=0.2)

# Mixed columns

family(
    "product",
    hm.Product([hm.Normal("full"), hm.Categorical([2, 4, 3]), hm.Poisson()], [(0, 5, 2), (1, 3, 4), 6]),
    (normal("full"), LEVELS, hm.PoissonParams(RATES.rate[:, :1])),
    product_oracle((normal_oracle("full"), [0, 5, 2]), (level_oracle, [1, 3, 4]), (poisson_oracle, [6])),
    missing=0.1,
)
family(
    "product-of-linear",
    hm.Product([hm.Bernoulli(), hm.Categorical([2, 4, 3], prior=0.5), hm.Poisson()], [range(4), (4, 5, 8), (6, 7)]),
    (CHANCES, LEVELS, RATES),
    product_oracle((FLIPS, [0, 1, 2, 3]), (level_oracle, [4, 5, 8]), (poisson_oracle, [6, 7])),
    missing=0.1,
)

# Mixtures with known or partly known weights and members, one distribution, groups, and a user's own model

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
