"""How families and models come into the registry, and what their entries share."""

from dataclasses import replace

import numpy as np

import hiddenmix as hm
from hiddenmix.testing import FamilyCase, ModelCase

ROWS = 96
FAMILIES, MODELS = {}, {}
#: Endings of the names of entries that differ from another one by their data or settings only.
VARIANTS = ("-missing", "-prior", "-known", "-edge", "-tosses")
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


def product_oracle(*parts):
    """Each part an oracle and its columns."""
    return lambda params, x: sum(oracle(p, x[:, cols]) for (oracle, cols), p in zip(parts, params))


def counts_to(most):
    return lambda column: (np.arange(most + 1.0), np.ones(most + 1))


def real_line(column):
    return np.linspace(-40, 40, 8001), np.full(8001, 0.01)
