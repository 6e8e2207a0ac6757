"""Normal components: every shape, with missing cells, priors, known parameters, groups and ranks."""

import numpy as np
from scipy import stats
from tests.contracts.entering import K, family, real_line

import hiddenmix as hm
from hiddenmix import _tree
from hiddenmix.families.shapes import DECOMPOSED, FORMS, SHAPES, TIED, Grouped


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


for shape in (*FORMS, *TIED):
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

for shape in DECOMPOSED:  # what is shared makes an empty component follow the others, but for what it owns
    spread = COVS["diag" if SHAPES[shape].kind == "diag" else "full"]
    rows = np.ones(spread.shape[: 2 if SHAPES[shape].kind == "diag" else 1])
    params, oracle = (
        hm.NormalParams(MEANS, SHAPES[shape].estimate(None, spread, rows, np.ones(3))),
        normal_oracle(shape),
    )
    family(f"normal-{shape}-missing", hm.Normal(shape), params, oracle, real_line, missing=0.2)
    held = hm.Normal(shape, prior=PRIOR, mean=hm.Known(MEANS, DIAGONAL))
    family(f"normal-{shape}-prior", held, params, oracle, known=lambda p: p.mean[DIAGONAL], constrained=True)
units = np.array([1.0, 5.0, 0.2])
shape = hm.Normal("VEV", units=units).shape
params = hm.NormalParams(MEANS, shape.estimate(None, COVS["full"], np.ones(K), np.ones(3)))


def in_units(params, x):
    plain = hm.NormalParams(params.mean / units, params.cov)
    return normal_oracle("VEV")(plain, x / units) - (~np.isnan(x) @ np.log(units))[:, None]


family("normal-same_shape-units", hm.Normal("VEV", units=units), params, in_units, missing=0.1)

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
