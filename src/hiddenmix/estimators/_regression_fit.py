"""The fit of a mixture of regressions: its family, its starts, and several numbers of components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix._validate import check_n_components, check_number, check_word
from hiddenmix.engine.fit import fit
from hiddenmix.engine.result import Result
from hiddenmix.engine.stopping import Gain
from hiddenmix.estimators import _options, _order
from hiddenmix.estimators._labels import Knowledge, Labels
from hiddenmix.estimators._regression_data import Reader, Sample
from hiddenmix.estimators._regression_start import GivenLines, RandomLines
from hiddenmix.estimators._starting import read_means
from hiddenmix.families.regression import NormalRegression, RegressionPrior
from hiddenmix.families.regression_glm import BinomialRegression, GammaRegression, PoissonRegression
from hiddenmix.families.regression_random import RandomRegression
from hiddenmix.latent.gates import GatedMixture
from hiddenmix.latent.mixture import Mixture
from hiddenmix.model import Pool
from hiddenmix.select import Selection, search

GLM = {"poisson": PoissonRegression, "binomial": BinomialRegression, "gamma": GammaRegression}
DISTRIBUTIONS = ("normal", *GLM)
STARTS = ("random_lines", *_options.STARTS)


@dataclass(frozen=True)
class Plan:
    """What is to be fitted to what."""

    reader: Reader
    rows: Sample
    labels: Labels
    random: list[int]
    family: Any
    pool: Pool
    rng: np.random.Generator

    @staticmethod
    def of(estimator: Any, reader: Reader, rows: Sample, labels: Labels) -> Plan:
        """The plan. Raises HM4xx for options that cannot be."""
        _check(estimator)
        random = reader.places(estimator.random, "random")
        if random and (rows.groups is None or estimator.distribution != "normal"):
            what = "random effects need groups" if rows.groups is None else "random effects need normal responses"
            raise HiddenmixError("HM434", what, "distribution='normal', and groups=... for fit")
        family = _family(estimator, reader, rows, random)
        pool = _options.pool_for(estimator.n_jobs, len(rows.design.response))
        return Plan(reader, rows, labels, random, family, pool, _options.generator(estimator.random_state))

    def data(self, knowledge: Knowledge) -> Any:
        """The units for the engine."""
        return self.rows.data(self.random, knowledge.evidence)


def fitted_to(estimator: Any, plan: Plan) -> tuple[Result[Any, Any], bool, Selection | None]:
    """The result, whether its components keep their order, and the selection where there were several numbers."""
    p = len(plan.reader.names)
    lines = RandomLines(2 if plan.rows.groups is not None else p + 2)
    ways = {"auto": (lines, "kmeans", lines, "random_from_data"), "random_lines": (lines,)}
    how: Any = ways.get(estimator.init_params, (estimator.init_params,))
    options = {
        "algorithm": estimator.algorithm,
        "stop": Gain(estimator.tol),
        "max_iter": estimator.max_iter,
        "pool": plan.pool,
        "callback": _options.watcher(int(estimator.verbose), estimator.verbose_interval, estimator.callback),
    }

    def build(k: int, shape: str = "") -> Any:
        check_n_components(k, plan.rows.n_units)
        if plan.rows.covariates is None:
            return Mixture(plan.family, k, weights=estimator.weights)
        return GatedMixture(plan.family, k, penalty=estimator.penalty)

    if _options.several(estimator.n_components):
        if estimator.coef_init is not None:
            raise HiddenmixError("HM410", "a given start belongs to one number of components", "n_components=2")
        options |= {"how": how, "starts": estimator.n_init}
        selection = _search(estimator, plan, build, options)
        result = selection.best.result
        assert result is not None
        return result, _order.in_place(result.model), selection
    k = check_n_components(estimator.n_components, plan.rows.n_units)
    model, knowledge = build(k), plan.labels.knowledge(k)
    starts, located = (1 if k == 1 else estimator.n_init), False
    coef = read_means("coef_init", estimator.coef_init, k, p)
    if coef is not None:
        how, starts, located = GivenLines(coef), 1, True
    elif knowledge.components is not None:
        how, starts = knowledge.components, 1
    result = fit(model, plan.data(knowledge), rng=plan.rng, how=how, starts=starts, **options)
    return result, located or _order.in_place(model), None


def _search(estimator: Any, plan: Plan, build: Any, options: dict[str, Any]) -> Selection:
    sizes = [int(k) for k in _options.listed(estimator.n_components, plan.labels.sizes(_options.AUTO_COMPONENTS))]
    groups = [[k] for k in sizes] if plan.labels else [sizes]  # evidence belongs to one number of components
    found: list[Any] = []
    for group, rng in zip(groups, plan.rng.spawn(len(groups)), strict=True):
        data = plan.data(plan.labels.knowledge(group[0]))
        found += search(build, data, group, criterion=estimator.criterion, rng=rng, **options).candidates
    return Selection(tuple(found), estimator.criterion)


def _family(estimator: Any, reader: Reader, rows: Sample, random: list[int]) -> Any:
    shared = reader.places(estimator.shared, "shared")
    prior = _prior(estimator, reader, rows)
    if estimator.distribution != "normal":
        return GLM[estimator.distribution](shared=shared, coef=estimator.coef, prior=prior)
    if prior is not None and not hasattr(prior, "factor"):
        prior = RegressionPrior(prior)
    options = {"variance": estimator.variance, "shared": shared, "coef": estimator.coef, "prior": prior}
    if random:
        return RandomRegression(covariance=estimator.covariance, **options)
    return NormalRegression(**options)


def _prior(estimator: Any, reader: Reader, rows: Sample) -> Any:
    """The prior that is given, or the precisions (p,) of one that is a number of rows."""
    prior = estimator.prior
    if prior is None or hasattr(prior, "factor"):
        if prior is not None and estimator.distribution != "normal":
            raise HiddenmixError("HM410", "a RegressionPrior belongs to normal responses", "prior=1.0")
        return prior
    check_number("prior", prior, 0.0)
    features = rows.design.features
    spread: Array = np.var(features, axis=0)
    if reader.intercept is None:
        spread = np.mean(np.square(features), axis=0)
    for j in reader.slopes:
        if reader.intercept is not None and np.ptp(features[:, j]) == 0:
            what = f"feature {reader.names[j]!r} is constant, and no number of rows tells it from the intercept"
            raise HiddenmixError("HM147", what, "leave it out, or fit_intercept=False")
    return float(prior) * spread


def _check(estimator: Any) -> None:
    check_word("init_params", estimator.init_params, STARTS)
    check_word("variance", estimator.variance, ("own", "shared"))
    check_word("covariance", estimator.covariance, ("own", "shared"))
    if estimator.coef is not None and not hasattr(estimator.coef, "mask"):
        raise HiddenmixError("HM401", "coef says which coefficients are given", "coef=hm.Known(values, where=mask)")
    check_number("penalty", estimator.penalty, 0.0)
    check_number("tol", estimator.tol, 0.0)
    check_number("max_iter", estimator.max_iter, 0, whole=True)
    check_number("n_init", estimator.n_init, 1, whole=True)
