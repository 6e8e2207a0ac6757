"""Regressions with published answers."""

import numpy as np
import pytest

import hiddenmix as hm


def test_dyestuff():
    """Yields of six batches of dyestuff (Davies & Goldsmith 1972, Statistical Methods in Research and Production).

    Balanced, so that maximum likelihood is in closed form (Searle, Casella & McCulloch 1992, Variance Components,
    section 3.7): residual variance MSE = 2451.25, between batches ((1 - 1/6) MSB - MSE) / 5, with MSB = 11271.5.
    """
    yields = np.array(
        [
            [1545, 1440, 1440, 1520, 1580],
            [1540, 1555, 1490, 1560, 1495],
            [1595, 1550, 1605, 1510, 1560],
            [1445, 1440, 1595, 1465, 1545],
            [1595, 1630, 1515, 1635, 1625],
            [1520, 1455, 1450, 1480, 1445],
        ],
        dtype=float,
    )
    ones = np.ones((6, 5, 1))
    result = hm.fit(hm.Single(hm.RandomRegression()), hm.Rows(hm.Panel(yields, ones, ones)),
                    algorithm="lbfgs", stop=hm.Gain(1e-13), max_iter=5000)  # fmt: skip
    assert result.params.lines.coef[0, 0] == pytest.approx(1527.5, abs=1e-6)
    assert result.params.lines.sd[0] ** 2 == pytest.approx(2451.25, rel=1e-5)
    assert result.params.chol[0, 0, 0] ** 2 == pytest.approx((5 / 6 * 11271.5 - 2451.25) / 5, rel=1e-5)
    assert -2 * result.loglik == pytest.approx(327.3271, abs=1e-4)


def test_dobsons_counts():
    """A trial of two factors with three levels each (Dobson 1990, An Introduction to Generalized Linear Models, p. 93).

    Poisson coefficients 3.045, -0.4543, -0.2930, and no effect of treatment; deviance 5.1291.
    """
    counts = np.array([18, 17, 15, 20, 10, 20, 25, 13, 12], dtype=float)
    outcome, treatment = np.tile(np.arange(3), 3), np.repeat(np.arange(3), 3)
    X = np.column_stack([outcome == 1, outcome == 2, treatment == 1, treatment == 2]).astype(float)
    model = hm.RegressionMixture(1, distribution="poisson", tol=1e-12).fit(X, counts)
    assert model.intercept_[0] == pytest.approx(3.0445, abs=5e-5)
    assert model.coef_[0] == pytest.approx([-0.4543, -0.2930, 0.0, 0.0], abs=5e-5)
    mean = model.predict(X)
    assert 2 * np.sum(counts * np.log(counts / mean)) == pytest.approx(5.1291, abs=5e-5)
    errors = model.standard_errors()["coef"][0]
    assert errors == pytest.approx([0.1709, 0.2022, 0.1927, 0.2000, 0.2000], abs=1e-4)
