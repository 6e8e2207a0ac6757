"""What goes wrong on the way: trials that lead nowhere are rejected, and errors in a model are not hidden."""

import functools

import numpy as np
import pytest
from tests.engine.support import mixture
from tests.engine.test_accelerate import DAYS, GIVEN, MAXIMUM, POISSONS, QUICK, ROWS, two
from tests.engine.test_lbfgs import PARAMS, Told

import hiddenmix as hm

# Off EM's path


@functools.cache
def ems_path():
    """EM's climb, until nothing is left."""
    return hm.fit(POISSONS, ROWS, two(*GIVEN[0]), stop=hm.Iterations(1500), max_iter=1500, certificate="off")


def fragile(trouble):
    """Whatever lies on the way of EM is fine; anything else breaks."""
    known = {step.params.components.rate.tobytes() for step in ems_path().trace}

    class Fragile(hm.Mixture):
        def e_step(self, params, batch):
            loglik, stats = super().e_step(params, batch)
            if params.components.rate.tobytes() not in known:
                if isinstance(trouble, Exception):
                    raise trouble
                return trouble, stats
            return loglik, stats

    return Fragile(hm.Poisson(), 2)


TROUBLE = [hm.Degenerate(0, "collapsed"), np.linalg.LinAlgError(), ValueError("math domain error"), np.nan, -np.inf]


@pytest.mark.parametrize("trouble", TROUBLE, ids=repr)
@pytest.mark.parametrize("algorithm", QUICK)
def test_trouble_off_ems_path_is_a_rejected_step(algorithm, trouble):
    """Every accelerated step is rejected, and EM's are made, to its end."""
    options = {"algorithm": algorithm, "certificate": "off"}
    result = hm.fit(fragile(trouble), ROWS, two(*GIVEN[0]), stop=hm.Iterations(10), **options)
    assert result.status is hm.Status.ITERATION_LIMIT
    assert result.objective == ems_path().trace.objectives[20 if algorithm == "squarem" else 10]

    tol = 1e-7
    em = hm.fit(POISSONS, ROWS, two(*GIVEN[0]), stop=hm.Gain(tol), certificate="off")
    result = hm.fit(fragile(trouble), ROWS, two(*GIVEN[0]), stop=hm.Gain(tol), **options)
    assert result.converged
    assert em.iterations > 700
    assert result.iterations <= 1.2 * em.iterations
    assert MAXIMUM - result.loglik < 2 * tol * DAYS.sum()


@pytest.mark.parametrize("algorithm", QUICK)
def test_an_error_that_tells_of_the_model_is_raised(algorithm):
    """It is a `ValueError` too, but has nothing to do with where a trial led."""
    trouble = hm.HiddenmixError("HM411", "this model needs something else")
    with pytest.raises(hm.HiddenmixError, match="something else"):
        hm.fit(fragile(trouble), ROWS, two(*GIVEN[0]), algorithm=algorithm, certificate="off")


def test_a_point_without_an_m_step_is_rejected():
    """An accelerator may not lead where EM could not go on."""
    path = hm.fit(POISSONS, ROWS, two(*GIVEN[0]), stop=hm.Iterations(40), certificate="off")
    known = {step.params.components.rate.tobytes() for step in path.trace}

    class Fragile(hm.Mixture):
        def m_step(self, params, stats):
            if params.components.rate.tobytes() not in known:
                raise hm.Degenerate(0, "collapsed")
            return super().m_step(params, stats)

    for name in QUICK:
        model = Fragile(hm.Poisson(), 2)
        result = hm.fit(model, ROWS, two(*GIVEN[0]), algorithm=name, stop=hm.Iterations(10), certificate="off")
        assert result.status is hm.Status.ITERATION_LIMIT


@pytest.mark.parametrize("algorithm", QUICK)
def test_a_collapse_of_ems_own_is_reported_as_ems(algorithm):
    x = np.concatenate([np.zeros(6), np.linspace(4, 8, 20)])[:, None]
    cov = hm.Normal().shape.from_dense(np.array([[[0.01]], [[4.0]]]), 2)
    params = hm.MixtureParams([0.3, 0.7], hm.NormalParams([[0.0], [6.0]], cov))
    result = hm.fit(mixture(k=2), x, params, algorithm=algorithm)
    assert result.status is hm.Status.COLLAPSED
    assert np.isfinite(result.objective)


# Errors in a model


@pytest.mark.parametrize("error", [ValueError("shapes"), hm.HiddenmixError("HM411", "shapes")], ids=["value", "coded"])
@pytest.mark.parametrize("algorithm", ["lbfgs", "auto"])
def test_an_error_in_a_models_own_gradient_is_raised(algorithm, error):
    """It may show only away from the base: it is no rejected step, and not the end of a climb either."""

    class Broken(Told):
        def q_gradient(self, params, stats, base):
            if params is not base:
                raise error
            return super().q_gradient(params, stats, base)

    with pytest.raises(type(error), match="shapes"):
        hm.fit(Broken(hm.Poisson(), 2), ROWS, PARAMS, algorithm=algorithm, stop=hm.Gain(1e-10), certificate="off")


@pytest.mark.parametrize("algorithm", ["lbfgs", "anderson", "squarem"])
@pytest.mark.parametrize("name", ["ravel", "unravel"])
def test_an_error_in_a_models_own_coordinates_is_raised(name, algorithm):
    """Even one that nothing but the steps away from the first point would show, or that every trial would."""
    seen = []

    class Broken(hm.Mixture):
        def ravel(self, params, base):
            seen.append(base)
            if name == "ravel" and sum(base is each for each in seen) > 2:  # a third time around the same base
                raise ValueError("shapes")
            return super().ravel(params, base)

        def unravel(self, vector, base):
            if name == "unravel":
                raise ValueError("shapes")
            return super().unravel(vector, base)

    with pytest.raises(ValueError, match="shapes"):
        hm.fit(Broken(hm.Poisson(), 2), ROWS, PARAMS, algorithm=algorithm, certificate="off")
