"""What completed data sets are for: pooled intervals that hold the truth as often as they say."""

import numpy as np
import pytest

import hiddenmix as hm

NAN = np.nan


def coverage(method, m, replications=120, n=100):
    """Shares of 95 % intervals that hold the mean of y and its slope on x: pooled, and from a single completed table.

    y is missing by the logistic of 1.5 x, half of the time: missing at random, and more often where y is large.
    """
    from scipy.stats import t

    truth, dof = np.array([1.0, 0.8]), np.array([n - 1, n - 2])
    pooled, single = np.zeros(2), np.zeros(2)
    for rng in np.random.default_rng(0).spawn(replications):
        x = rng.standard_normal(n)
        y = 1 + 0.8 * x + 0.6 * rng.standard_normal(n)
        y[rng.random(n) < 1 / (1 + np.exp(-1.5 * x))] = NAN
        table = np.column_stack([x, y])
        model = hm.NormalImputer(tol=1e-5).fit(table)
        low, high = hm.pool(*analyses(model.completed(table, m, method=method, rng=rng)), dof).interval()
        pooled += (low <= truth) & (truth <= high)
        q, u = (each[0] for each in analyses(model.completed(table, 1, method="fixed", rng=rng)))
        single += np.abs(q - truth) <= t.ppf(0.975, dof) * np.sqrt(u)
    return pooled / replications, single / replications


def analyses(tables):
    """Mean of y and slope of y on x, and their squared standard errors, of every table."""
    x, y = np.moveaxis(np.array(tables), 2, 0)
    n, apart = x.shape[1], x - x.mean(axis=1, keepdims=True)
    spread = np.square(apart).sum(axis=1)
    mean, slope = y.mean(axis=1), (apart * y).sum(axis=1) / spread
    left = y - mean[:, None] - slope[:, None] * apart
    residual = np.square(left).sum(axis=1) / (n - 2)
    return np.stack([mean, slope], axis=1), np.stack([y.var(axis=1, ddof=1) / n, residual / spread], axis=1)


def test_pooled_intervals_cover_and_single_ones_do_not():
    """Monte-Carlo error of a share of 0.95 in 120 replications: 0.02."""
    pooled, single = coverage("bootstrap", 3)
    assert (np.abs(pooled - 0.95) <= 3 * 0.02).all()
    assert (single <= [0.89, 0.75]).all()
    assert (pooled - single >= [0.05, 0.15]).all()


@pytest.mark.parametrize("method", ["bootstrap", "information"])
def test_parameters_scatter_by_their_standard_errors(method):
    """Between tables, the mean of a column whose cells are all missing in the table scatters as its estimate does."""
    rng = np.random.default_rng(1)
    x = rng.multivariate_normal([2.0, -1.0], [[1.0, 0.6], [0.6, 2.0]], 150)
    x[rng.random(150) < 0.4, 1] = NAN
    model = hm.NormalImputer().fit(x)
    empty = np.full((4000, 2), NAN)
    means = np.array([table.mean(axis=0) for table in model.completed(empty, 150, method=method, rng=0)])
    noise = np.diag(model.covariance_) / 4000
    expected = np.sqrt(np.square(model.standard_errors()["mean"][0]) + noise)
    np.testing.assert_allclose(means.std(axis=0, ddof=1), expected, rtol=3.5 / np.sqrt(2 * 149))
    np.testing.assert_allclose(means.mean(axis=0), model.mean_, atol=4 * expected.max() / np.sqrt(150))
    fixed = np.array([table.mean(axis=0) for table in model.completed(empty, 50, method="fixed", rng=0)])
    assert (fixed.std(axis=0) < 0.4 * expected).all()
