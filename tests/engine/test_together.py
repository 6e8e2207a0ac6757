"""Several parameters in one pass: what comes of each is what comes of it alone, but for rounding."""

import pickle

import numpy as np
import pytest
from tests.engine.support import arrays, blobs, holes, mixture, same, start

import hiddenmix as hm
from hiddenmix.engine.accelerate import LONGER
from hiddenmix.engine.problem import Problem
from hiddenmix.engine.together import Seat
from hiddenmix.model import Degenerate

X = blobs(n=120, seed=3, apart=2.5)
GROUPS = np.repeat(np.arange(40), 3)
KNOWN = np.where(np.arange(120) < 20, np.arange(120) % 3, -1)


def weights(n):
    return np.random.default_rng(1).uniform(0.2, 3.0, n)


DATA = {
    "complete": hm.Rows(X),
    "weights": hm.Rows(X, weights(120)),
    "evidence": hm.Rows(X, None, hm.Evidence.from_labels(KNOWN, 3)),
    "missing": hm.Rows(holes(X), weights(120)),
    "groups": hm.Groups(X, GROUPS, weights(40)),
    "chunks": hm.Rows(X, weights(120), chunk=50),
}
MODELS = {
    "full": mixture(),
    "diag": mixture("diag"),
    "spherical": mixture("spherical"),
    "prior": mixture(prior="conjugate", concentration=2.0),
    "ridge": mixture(reg_covar=0.1),
    "weights": mixture(weights="equal"),
}


def problem(model, data):
    return Problem(model.prepare(data), data)


def close(one, other):
    np.testing.assert_allclose(arrays(one), arrays(other), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_both_steps_are_those_of_each_alone(model, data):
    shape = model.family.shape.name
    together, alone = problem(model, data), problem(model, data)
    params = [start(X, shape, seed=seed) for seed in range(4)]
    points = together.evaluate_all(params)
    assert isinstance(points[0].given, Seat)
    for _ in range(3):
        expected = [alone.evaluate(each) for each in params]
        for here, there in zip(points, expected, strict=True):
            assert here.loglik == pytest.approx(there.loglik, rel=1e-12)
            assert here.log_prior == pytest.approx(there.log_prior, rel=1e-11)
            assert here.magnitude == pytest.approx(there.magnitude, rel=1e-12)
            close(here.stats, there.stats)
        params = [alone.update(each) for each in expected]
        points = together.evaluate_all(together.update_all(points))
        for here, there in zip(points, params, strict=True):
            close(here.params, there)


def test_some_of_a_stack_go_on_without_the_others():
    together, alone = problem(mixture(), DATA["complete"]), problem(mixture(), DATA["complete"])
    points = together.evaluate_all([start(X, seed=seed) for seed in range(5)])
    chosen = [points[3], points[0]]
    for point, image in zip(chosen, together.update_all(chosen), strict=True):
        close(image.value, alone.update(alone.evaluate(point.params)))


@pytest.mark.parametrize("family", [hm.Normal("tied"), hm.Normal(mean=hm.Known(np.zeros((3, 2))))], ids=repr)
def test_components_that_share_something_are_taken_one_by_one(family):
    model = hm.Mixture(family, 3)
    params = [model.start(DATA["complete"], np.random.default_rng(seed), "random") for seed in range(3)]
    for point, each in zip(problem(model, DATA["complete"]).evaluate_all(params), params, strict=True):
        assert point.given is each
        assert point.loglik == problem(model, DATA["complete"]).evaluate(each).loglik


def test_the_one_that_collapses_is_told_from_the_others():
    x = np.concatenate([np.zeros(3), np.linspace(4, 6, 30)])[:, None]
    tight = hm.MixtureParams([0.1, 0.9], hm.NormalParams([[0.0], [5.0]], start(x / 1e9, k=2).components.cov))
    here = problem(mixture(k=2), hm.Rows(x))
    points = here.evaluate_all([start(x, k=2), tight, start(x, k=2, seed=1)])
    images = here.update_all(points)
    assert [isinstance(image, Degenerate) for image in images] == [False, True, False]
    assert "component 1 collapsed" in str(images[1])


def test_what_was_foreseen_is_asked_for_once():
    here, alone = problem(mixture(), DATA["complete"]), problem(mixture(), DATA["complete"])
    params = [start(X, seed=seed) for seed in range(3)]
    here.foresee_at(params)
    points = [here.evaluate(each) for each in params]
    here.foresee(points)
    image = here.update(points[1])
    assert isinstance(image, Seat)
    assert here.update(points[1]) is not image
    assert here.evaluate(image).loglik == pytest.approx(alone.evaluate(image.value).loglik, rel=1e-12)


def test_a_forecast_forgets_the_one_before():
    """Whoever went another way never asks, and what nobody asks for must not pile up."""
    here = problem(mixture(), DATA["complete"])
    first, second = ([start(X, seed=seed) for seed in range(i, i + 3)] for i in (0, 3))
    here.foresee_at(first)
    here.foresee_at(second)
    assert not here.evaluate(first[0]).together
    points = [here.evaluate(each) for each in second]
    assert all(point.together for point in points)
    here.foresee(points[:2])
    image = here.update(points[0])
    here.foresee(points[1:])
    assert isinstance(here.update(points[1]), Seat)
    assert not here.evaluate(image).together
    here.foresee(points[:2])
    here.foresee(points[2:])  # one alone is not foreseen
    assert not isinstance(here.update(points[0]), Seat)


def test_what_sits_in_a_seat_is_always_the_same_object():
    """Accelerators ask whether they stand at their base by identity."""
    point = problem(mixture(), DATA["complete"]).evaluate_all([start(X, seed=seed) for seed in range(3)])[1]
    assert point.params is point.params


def test_a_point_survives_pickle_without_its_stack():
    point = problem(mixture(), DATA["complete"]).evaluate_all([start(X, seed=seed) for seed in range(3)])[1]
    again = pickle.loads(pickle.dumps(point))
    assert same(again.params, point.params)
    assert same(again.stats, point.stats)
    assert not isinstance(again.given, Seat)


def test_history_holds_the_parameters_of_each_start():
    result = hm.fit(mixture(), X, starts=5, rng=2, race=False)
    check = problem(mixture(), hm.Rows(X))
    assert result.iterations > 3
    for step in result.trace:
        assert check.evaluate(step.params).loglik == pytest.approx(step.loglik, rel=1e-12)
    for entry in result.starts:
        assert check.evaluate(entry.params).loglik == pytest.approx(entry.loglik, rel=1e-12)


def test_raced_starts_are_those_that_climb_alone():
    """What a start reaches does not depend on whether others climb beside it."""
    result = hm.fit(mixture(), X, starts=6, rng=5, race=False)
    for entry, generator in zip(result.starts, np.random.default_rng(5).spawn(6), strict=True):
        params = mixture().start(hm.Rows(X), generator, entry.how)
        alone = hm.fit(mixture(), X, params, certificate="off")
        assert alone.iterations == entry.iterations
        assert alone.loglik == pytest.approx(entry.loglik, rel=1e-12)


@pytest.mark.filterwarnings("ignore:component")  # some starts collapse
def test_iris_ends_in_the_best_optimum():
    from sklearn.datasets import load_iris

    x = load_iris().data
    found = [hm.GaussianMixture(3, random_state=seed).fit(x).result_.loglik for seed in range(20)]
    assert np.sum(np.abs(np.array(found) + 180.1854) < 1e-2) >= 19


def test_acceleration_waits_longer_where_steps_of_em_are_made_together():
    x = blobs(300, apart=1.0)

    def handed_over(starts):
        result = hm.fit(mixture(), x, algorithm="auto", stop=hm.Gain(1e-9), starts=starts, rng=0)
        return next(step.iteration for step in result.trace if "from here" in step.note)

    assert handed_over(1) < LONGER <= handed_over(5)
