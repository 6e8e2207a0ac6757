"""Accelerators: EM's maximum in a fraction of its E-steps, never invalid, never lower than what EM promises."""

import functools

import numpy as np
import pytest
from tests.contracts.registry import MODELS, VARIANTS
from tests.engine.support import COUNTS, Linkage, Recombination, blobs, holes, mixture, same, start

import hiddenmix as hm
from hiddenmix.engine.accelerate import ALGORITHMS
from hiddenmix.engine.em import EM
from hiddenmix.engine.pools import single_threaded_blas
from hiddenmix.engine.problem import Problem

QUICK = ["lbfgs", "anderson", "squarem", "auto"]

# Hasselblad 1969; see tests/published/test_hasselblad.py

DAYS = np.array([162.0, 267.0, 271.0, 185.0, 111.0, 61.0, 27.0, 8.0, 3.0, 1.0])
ROWS = hm.Rows(np.arange(10.0)[:, None], DAYS)
POISSONS = hm.Mixture(hm.Poisson(), 2)
MAXIMUM = -1989.945859884
GIVEN = [(0.3, 1.0, 2.5), (0.5, 1, 3), (0.9, 1, 3), (0.9, 1, 6)]


def two(weight, first, second):
    return hm.MixtureParams([weight, 1 - weight], hm.PoissonParams([[first], [second]]))


def random_starts(count=200, seed=0):
    rng = np.random.default_rng(seed)
    return [(rng.uniform(0.02, 0.98), *rng.uniform(0.1, 9, 2)) for _ in range(count)]


def climbed(algorithm, problem, params, goal, most):
    """The state that first reaches the goal, or has used so many evaluations; every step is audited."""
    with single_threaded_blas():
        state = algorithm.init(problem, params)
        while state.point.objective < goal and state.evaluations < most:
            before, state = state.point, algorithm.step(problem, state)
            assert state.point.objective >= before.objective - problem.tolerated_fall(before)
            assert state.point.stats is not None
    return state


def evaluations(name, weight, first, second, most=2000):
    problem = Problem(POISSONS, ROWS)
    state = climbed(ALGORITHMS[name](), problem, two(weight, first, second), MAXIMUM - 1e-7, most)
    assert state.point.loglik >= MAXIMUM - 1e-7
    return state.evaluations


@pytest.mark.parametrize(("name", "most"), [("lbfgs", 15), ("auto", 30), ("anderson", 100), ("squarem", 100)])
def test_hasselblad_from_the_published_start(name, most):
    assert evaluations(name, *GIVEN[0]) <= most


@pytest.mark.parametrize("name", ["lbfgs", "auto"])
def test_hasselblad_from_anywhere(name):
    assert max(evaluations(name, *s) for s in GIVEN + random_starts()) <= 120


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("tol", [1e-6, 1e-9])
def test_stops_only_where_little_is_left(name, tol):
    for s in random_starts(40, seed=1):
        result = hm.fit(POISSONS, ROWS, two(*s), algorithm=name, stop=hm.Gain(tol), certificate="off", history=False)
        assert result.converged
        assert MAXIMUM - result.loglik < (10 if name == "squarem" else 4) * tol * DAYS.sum(), s


# Every model


@functools.cache
def em_fit(name):
    case = MODELS[name]
    return hm.fit(case.model, case.data(), case.params, stop=hm.Gain(1e-8), max_iter=1500, certificate="off")


# L-BFGS asks every model for slopes of its own; the others only for the chart, which variants share.


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [(name, each) for name in MODELS for each in QUICK if each == "lbfgs" or not name.endswith(VARIANTS)],
)
def test_every_model_reaches_ems_optimum(name, algorithm):
    case, em = MODELS[name], em_fit(name)
    result = hm.fit(
        case.model, case.data(), case.params, algorithm=algorithm, stop=hm.Gain(1e-8), max_iter=1500, certificate="off"
    )
    assert result.converged
    assert result.objective >= em.objective - 1e-6 * result.problem.data.total_weight
    assert result.loglik == result.problem.evaluate(result.params).loglik
    if getattr(case, "known", None) is not None:
        held = case.known
        np.testing.assert_array_equal(held(result.params.components), held(case.params.components))


@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("algorithm", QUICK)
def test_missing_cells_priors_and_known_means(shape, algorithm):
    x = holes(blobs(400, seed=5, apart=1.5))
    params = start(x, shape)
    known = hm.Known(params.components.mean, np.array([[True, False], [False, False], [True, True]]))
    model = mixture(shape, mean=known, prior="conjugate", concentration=1.5)
    options = {"max_iter": 4000, "certificate": "off"}
    em = hm.fit(model, x, params, stop=hm.Gain(1e-10), **options)
    result = hm.fit(model, x, params, stop=hm.Gain(1e-8), algorithm=algorithm, **options)
    assert result.converged
    assert result.objective > em.objective - 1e-4
    assert result.evaluations < em.evaluations
    np.testing.assert_array_equal(result.params.components.mean[known.where], known.value[known.where])


@pytest.mark.parametrize("algorithm", QUICK)
def test_the_boundary(algorithm):
    """Levels that one class never shows: their probabilities go to 0, and their coordinates to minus infinity."""
    rng = np.random.default_rng(3)
    first = rng.integers(0, 2, size=(150, 4))
    x = np.concatenate([first, rng.integers(1, 4, size=(150, 4))]).astype(float)
    model = hm.Mixture(hm.Categorical([4] * 4), 2)
    p = rng.dirichlet(np.ones(4), size=(2, 4))
    params = hm.MixtureParams([0.5, 0.5], hm.CategoricalParams(p))
    em = hm.fit(model, x, params, stop=hm.Gain(1e-10), max_iter=4000, certificate="off")
    result = hm.fit(model, x, params, algorithm=algorithm, stop=hm.Gain(1e-9), certificate="off")
    assert result.converged
    assert result.loglik > em.loglik - 1e-4
    assert np.allclose(result.params.components.p.sum(axis=-1), 1)
    assert result.params.components.p.min() >= 0


# Models without q, and with nothing free


class Bare(Linkage):
    """A model without q."""

    def q(self, params, stats):
        return hm.Model.q(self, params, stats)


@pytest.mark.parametrize("algorithm", ["anderson", "squarem", "auto"])
def test_a_model_without_q(algorithm):
    result = hm.fit(Bare(), COUNTS, Recombination(0.1), algorithm=algorithm, stop=hm.Gain(1e-12))
    assert result.converged
    assert result.params.p == pytest.approx(0.6268214980, abs=1e-6)


class BarePoissons(hm.Mixture):
    def q(self, params, stats):
        return hm.Model.q(self, params, stats)


@pytest.mark.parametrize(("algorithm", "most"), [("anderson", 200), ("squarem", 300), ("auto", 220)])
def test_a_slow_model_without_q(algorithm, most):
    model = BarePoissons(hm.Poisson(), 2)
    result = hm.fit(model, ROWS, two(*GIVEN[0]), algorithm=algorithm, stop=hm.Gain(1e-9), certificate="off")
    assert result.converged
    assert result.loglik == pytest.approx(MAXIMUM, abs=1e-5)
    assert result.evaluations < most
    assert np.diff(result.trace.objectives).min() >= -1e-9
    if algorithm == "auto":
        assert any("from here Anderson acceleration (the model has no q)" in step.note for step in result.trace)


def test_lbfgs_needs_q_and_says_so():
    with pytest.raises(hm.HiddenmixError, match="Bare has no q"):
        hm.fit(Bare(), COUNTS, Recombination(0.5), algorithm="lbfgs")


@pytest.mark.parametrize("algorithm", QUICK)
def test_nothing_free_is_no_trouble(algorithm):
    x = blobs(50)
    params = start(x)
    fixed = {"mean": hm.Known(params.components.mean), "cov": hm.Known(hm.Normal().shape.dense(params.components.cov))}
    result = hm.fit(mixture(weights="equal", **fixed), x, params, algorithm=algorithm, certificate="off")
    assert result.converged


# Same answer, and what the trace says


@pytest.mark.parametrize("algorithm", QUICK)
def test_the_same_bits_again_and_in_any_pool(algorithm):
    x = blobs(600, seed=2, apart=1.5)
    results = [
        hm.fit(mixture(), hm.Rows(x, chunk=64), start(x), algorithm=algorithm, pool=pool, certificate="off")
        for pool in (hm.Serial(), hm.Serial(), hm.Threads(2))
    ]
    assert all(same(r.params, results[0].params) for r in results)
    assert all(r.trace.objectives == results[0].trace.objectives for r in results)


def test_auto_is_em_where_em_is_fast():
    x = blobs(apart=8.0)
    em = hm.fit(mixture(), x, rng=0)
    result = hm.fit(mixture(), x, rng=0, algorithm="auto")
    assert same(em.params, result.params)
    assert em.trace.objectives == result.trace.objectives
    assert not any(step.note for step in result.trace)


def test_auto_says_when_and_why_it_switches():
    result = hm.fit(POISSONS, ROWS, two(*GIVEN[0]), algorithm="auto")
    switches = [step.iteration for step in result.trace if "from here L-BFGS, because EM's gains" in step.note]
    assert len(switches) == 1
    em = hm.fit(POISSONS, ROWS, two(*GIVEN[0]), stop=hm.Iterations(switches[0]), certificate="off")
    assert em.trace.objectives == result.trace.objectives[: switches[0] + 1]
    assert result.certificate is hm.Certificate.MAXIMUM


@pytest.mark.parametrize("name", ["em", *QUICK])
def test_only_ems_own_steps_are_made_with_those_of_others(name):
    problem, algorithm = Problem(POISSONS, ROWS), ALGORITHMS[name]()
    state, own, handed_over = algorithm.init(problem, two(*GIVEN[0])), [], name not in ("em", "auto")
    for _ in range(24):
        own.append(state.plain)
        assert state.plain is not handed_over
        expected = EM().step(problem, state).point.objective
        state = algorithm.step(problem, state)
        assert state.point.objective == expected or not own[-1]
        handed_over = handed_over or "from here" in state.note
    assert sum(own) == 24 if name == "em" else sum(own) < 20


def test_evaluations_count_e_steps():
    calls = []

    class Counted(hm.Mixture):
        def e_step(self, params, batch):
            calls.append(1)
            return super().e_step(params, batch)

    for name in ("em", *QUICK):
        calls.clear()
        options = {"algorithm": name, "certificate": "off", "max_iter": 50}
        result = hm.fit(Counted(hm.Poisson(), 2), ROWS, two(*GIVEN[3]), **options)
        assert result.evaluations == len(calls)


def test_a_word_that_names_no_algorithm():
    with pytest.raises(hm.HiddenmixError, match="lbfgs"):
        hm.fit(POISSONS, ROWS, two(*GIVEN[0]), algorithm="newton")


def test_estimators_take_the_words():
    x = blobs(300, apart=1.5)
    fits = [hm.GaussianMixture(2, algorithm=name, random_state=0, tol=1e-9).fit(x) for name in ("em", *QUICK)]
    logliks = [m.score(x) for m in fits]
    assert min(logliks) > logliks[0] - 1e-5
