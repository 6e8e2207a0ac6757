"""Rubin's rules."""

import numpy as np
import pytest
import scipy.stats

import hiddenmix as hm

# Means and standard errors of five imputations of the fitness data (31 men), SAS/STAT 13.2 User's Guide, the MIANALYZE
# procedure, example 64.1 ("Reading Means and Standard Errors from a DATA= Data Set"), Output 64.1.1.
OXYGEN = [47.0120, 47.2407, 47.4995, 47.1485, 47.0042]
OXYGEN_SE = [0.95984, 0.93540, 1.00766, 0.95439, 0.96528]
RUN_TIME = [10.4441, 10.5040, 10.5922, 10.5279, 10.4913]
RUN_TIME_SE = [0.28520, 0.26661, 0.26302, 0.26405, 0.27275]


def test_the_fitness_example():
    """Expected from the rounded means and errors above, step by step with a pocket calculator."""
    pooled = hm.pool(OXYGEN, np.square(OXYGEN_SE), dof_complete=30)
    assert pooled.m == 5
    assert pooled.estimate == pytest.approx(47.18098, abs=1e-9)
    assert pooled.between == pytest.approx(0.0414705, abs=1e-6)
    assert pooled.within == pytest.approx(0.930854, abs=1e-6)
    assert pooled.total == pytest.approx(0.930854 + 1.2 * 0.0414705, abs=2e-6)
    assert pooled.increase == pytest.approx(1.2 * 0.0414705 / 0.930854, abs=2e-6)  # 0.0534611
    assert pooled.dof == pytest.approx(26.2987, abs=1e-4)  # 1 / (1 / 1553.1 + 1 / 26.7517)
    assert pooled.missing_information == pytest.approx((0.0534611 + 2 / 1556.1) / 1.0534611, abs=1e-5)
    np.testing.assert_allclose(pooled.interval(), [45.1466, 49.2154], atol=1e-4)  # 2.05430 standard errors of 0.990262


def test_several_quantities_are_each_pooled_as_one():
    both = hm.pool(
        np.stack([OXYGEN, RUN_TIME], axis=1), np.square(np.stack([OXYGEN_SE, RUN_TIME_SE], axis=1)), [30, 28]
    )
    for j, (q, se, dof) in enumerate([(OXYGEN, OXYGEN_SE, 30), (RUN_TIME, RUN_TIME_SE, 28)]):
        one = hm.pool(q, np.square(se), dof)
        for name in ("estimate", "within", "between", "total", "dof", "increase", "missing_information", "se"):
            assert getattr(both, name)[j] == pytest.approx(float(getattr(one, name)), rel=1e-13), name
        np.testing.assert_allclose(both.interval(0.9)[:, j], one.interval(0.9))


def test_by_hand():
    """Fractions: three estimates 10, 12, 11 with variance 4 each: b = 1, t = 4 + 4/3, r = 1/3, l = 1/4."""
    pooled = hm.pool([10, 12, 11], [4, 4, 4])
    assert pooled.total == pytest.approx(16 / 3)
    assert pooled.increase == pytest.approx(1 / 3)
    assert pooled.dof == pytest.approx(32)
    assert pooled.missing_information == pytest.approx((1 / 3 + 2 / 35) / (4 / 3))
    small = hm.pool([10, 12, 11], [4, 4, 4], dof_complete=9)
    assert small.dof == pytest.approx(1 / (1 / 32 + 1 / (9 * 10 / 12 * 3 / 4)))
    np.testing.assert_allclose(
        small.interval(), 11 + np.array([-1, 1]) * scipy.stats.t.ppf(0.975, small.dof) * np.sqrt(16 / 3)
    )
    assert pooled.p_value(11) == pytest.approx(1.0)
    assert pooled.p_value() == pytest.approx(2 * scipy.stats.t.sf(11 / np.sqrt(16 / 3), 32))


def test_covariances():
    estimates = np.array([[1.0, 2.0], [1.5, 2.5], [0.5, 3.0]])
    covariances = np.array([[[2.0, 0.5], [0.5, 1.0]]] * 3)
    pooled = hm.pool(estimates, covariances)
    np.testing.assert_allclose(pooled.covariance, covariances[0] + 4 / 3 * np.cov(estimates.T), rtol=1e-14)
    np.testing.assert_allclose(np.diag(pooled.covariance), pooled.total, rtol=1e-14)
    np.testing.assert_allclose(pooled.dof, hm.pool(estimates, [[2.0, 1.0]] * 3).dof)
    assert hm.pool(estimates, [[2.0, 1.0]] * 3).covariance is None


def test_nothing_missing_is_the_complete_analysis():
    pooled = hm.pool([3.0, 3.0], [0.25, 0.25])
    assert pooled.increase == pooled.missing_information == pooled.between == 0
    assert pooled.dof == np.inf
    np.testing.assert_allclose(pooled.interval(), 3 + np.array([-1, 1]) * scipy.stats.norm.ppf(0.975) * 0.5)
    small = hm.pool([3.0, 3.0], [0.25, 0.25], 10)
    assert small.dof == pytest.approx(10 * 11 / 13)
    certain = hm.pool([3.0, 3.0], [0.0, 0.0], 10)  # and no variance at all
    np.testing.assert_array_equal(certain.interval(), [3.0, 3.0])
    assert certain.p_value(3) == 1
    assert certain.p_value(2) == 0
    between = hm.pool([3.0, 4.0], [0.0, 0.0], 10)  # all variance lies between
    assert between.missing_information == 1
    assert np.isfinite(between.interval()).all()


def test_names_and_print():
    import pandas as pd

    dicts = hm.pool([{"mean": 1.0, "slope": 2.0}, {"mean": 1.0, "slope": 3.0}], [{"mean": 1.0, "slope": 1.0}] * 2)
    series = hm.pool([pd.Series({"mean": 1.0, "slope": v}) for v in (2.0, 3.0)], [pd.Series({"a": 1.0, "b": 1.0})] * 2)
    assert dicts.names == series.names == ("mean", "slope")
    np.testing.assert_array_equal(dicts.total, series.total)
    text = repr(dicts).splitlines()
    assert text[0] == "Pooled over 2 completed data sets"
    assert text[1].split()[:3] == ["estimate", "se", "95"]
    assert text[2].split()[:2] == ["mean", "1"]
    assert text[3].split()[:2] == ["slope", "2.5"]
    assert "q0" in repr(hm.pool([1, 2], [1, 1]))


@pytest.mark.parametrize(
    ("estimates", "variances", "dof"),
    [
        ([1.0], [1.0], None),
        (1.0, 1.0, None),
        ([], [], None),
        ([1.0, 2.0], [1.0, -1.0], None),
        ([1.0, 2.0], [1.0, np.nan], None),
        ([1.0, 2.0], [[1.0], [1.0]], None),
        ([[1.0, 2.0], [1.0]], [[1.0, 2.0], [1.0, 1.0]], None),
        ([1.0, "a"], [1.0, 1.0], None),
        ([1.0, 2.0], [1.0, 1.0], 0),
        ([1.0, 2.0], [1.0, 1.0], [3, 4]),
        ([{"a": 1.0}, {"b": 1.0}], [1.0, 1.0], None),
    ],
)
def test_what_cannot_be_pooled(estimates, variances, dof):
    with pytest.raises(hm.HiddenmixError, match="HM442"):
        hm.pool(estimates, variances, dof)


def test_levels_out_of_range():
    with pytest.raises(hm.HiddenmixError, match="HM403"):
        hm.pool([1.0, 2.0], [1.0, 1.0]).interval(95)
