"""The lower bound touches the objective at the E-step's parameters, lies below it elsewhere, and has its slope."""

import numpy as np
import pytest
from tests.engine.support import blobs, holes, mixture, start

import hiddenmix as hm
from hiddenmix.engine.information import gradient, score
from hiddenmix.engine.problem import Problem

X = blobs(120, seed=5)
OPTIONS = [{}, {"prior": "conjugate"}, {"concentration": 4.0}, {"reg_covar": 0.3}, {"weights": "equal"}]


PROBLEMS = [
    pytest.param(shape, options, x, id=f"{shape}-{'-'.join(options) or 'plain'}-{name}")
    for shape in ("full", "tied", "diag", "spherical")
    for options in OPTIONS
    for name, x in (("complete", X), ("missing", holes(X, 0.3)))
]


@pytest.mark.parametrize(("shape", "options", "x"), PROBLEMS)
def test_touches_and_lies_below(shape, options, x):
    data = hm.Rows(x)
    model = mixture(shape, **options).prepare(data)
    problem = Problem(model, data)
    base = start(x, shape)
    point = problem.evaluate(problem.update(problem.evaluate(base)))
    assert problem.bound(point.params, point) == pytest.approx(point.objective, abs=1e-9)
    size = model.ravel(base, base).size
    rng = np.random.default_rng(0)
    gaps = []
    for length in (1e-3, 0.03, 0.3, 1.0):
        for _ in range(3):
            params = model.unravel(length * rng.standard_normal(size) / np.sqrt(size), point.params)
            gaps.append(problem.evaluate(params).objective - problem.bound(params, point))
    assert min(gaps) > -1e-9
    assert max(gaps) > 0.1
    after = problem.update(point)
    assert point.objective < problem.bound(after, point) <= problem.evaluate(after).objective


@pytest.mark.parametrize(("shape", "options", "x"), PROBLEMS)
def test_fishers_identity(shape, options, x):
    """The gradient of q is that of the objective, found by differencing the objective itself."""
    data = hm.Rows(x)
    model = mixture(shape, **options).prepare(data)
    problem, base = Problem(model, data), start(x, shape)
    slope = score(problem, problem.evaluate(base))
    direct = gradient(
        lambda v: problem.evaluate(model.unravel(v, base)).objective, np.zeros(len(slope)), np.full(len(slope), 1e-3)
    )
    np.testing.assert_allclose(slope, direct, rtol=1e-6, atol=1e-6)
    assert np.abs(slope).max() > 1


def test_with_labels_and_groups():
    x = blobs(60, seed=6)
    labels = hm.Evidence.from_labels(np.where(np.arange(60) < 10, 1, -1), 3)
    for data in (hm.Rows(x, evidence=labels), hm.Groups(x, np.arange(60) // 3)):
        problem = Problem(mixture(), data)
        point = problem.evaluate(start(x))
        assert problem.bound(point.params, point) == pytest.approx(point.objective, abs=1e-10)
        after = problem.update(point)
        assert point.objective < problem.bound(after, point) < problem.evaluate(after).objective
