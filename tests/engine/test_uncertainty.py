"""Parameters drawn from what the data leave open."""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix.batch import Evidence
from hiddenmix.engine.uncertainty import AroundEstimate, refitted, resampled


def times(data, column=0):
    """The weight that each value of a column has in some data."""
    batch = data.sample(np.random.default_rng(0), data.n_units)
    weight = np.ones(batch.n_units) if batch.weight is None else batch.weight
    return dict(zip(batch.x[:, column].tolist(), weight.tolist()))


def test_whole_weights_are_rows_drawn_one_by_one():
    data = hm.Rows(np.arange(4.0)[:, None], np.array([3.0, 0.0, 1.0, 2.0]))
    drawn = [times(resampled(data, rng)) for rng in np.random.default_rng(0).spawn(2000)]
    counts = np.array([[one.get(v, 0.0) for v in range(4)] for one in drawn])
    assert (counts.sum(axis=1) == 6).all()
    assert (counts[:, 1] == 0).all()  # absent before, absent after
    p = np.array([3, 0, 1, 2]) / 6
    np.testing.assert_allclose(counts.mean(axis=0), 6 * p, atol=0.1)
    np.testing.assert_allclose(counts.var(axis=0), 6 * p * (1 - p), atol=0.15)


def test_other_weights_stay_with_their_rows():
    weight = np.array([0.5, 1.5, 0.25])
    data = hm.Rows(np.arange(3.0)[:, None], weight)
    totals = []
    for rng in np.random.default_rng(0).spawn(300):
        found = times(resampled(data, rng))
        n = [found.get(i, 0.0) / weight[i] for i in range(3)]
        assert n == np.rint(n).tolist()
        assert sum(n) == 3
        totals.append(n)
    assert np.ptp(totals) >= 2


def test_rows_keep_their_evidence_and_their_missing_cells():
    x = np.array([[0.0, 1.0], [1.0, np.nan], [2.0, 5.0], [3.0, np.nan]])
    data = hm.Rows(x, None, Evidence.from_labels(np.array([0, 1, -1, 0]), 2))
    batch = resampled(data, np.random.default_rng(1)).sample(np.random.default_rng(0), 4)
    label = {0.0: [0, -np.inf], 1.0: [-np.inf, 0], 2.0: [0, 0], 3.0: [0, -np.inf]}
    for row, log_weights in zip(batch.x, batch.evidence.log_weights()):
        np.testing.assert_array_equal(row, x[int(row[0])])
        np.testing.assert_array_equal(log_weights, label[float(row[0])])


def test_groups_are_drawn_whole():
    x, groups = np.arange(12.0)[:, None], np.repeat([0, 1, 2, 3], 3)
    again = resampled(hm.Groups(x, groups), np.random.default_rng(0))
    assert again.total_weight == 4
    assert len(again.x) == 3 * again.n_units
    assert again.n_units < 4


@pytest.fixture(scope="module")
def poisson():
    """Counts, one component: the estimate is their mean, and log(rate) the coordinate."""
    x = np.random.default_rng(0).poisson(4.0, (200, 1)).astype(float)
    return x, hm.fit(hm.Single(hm.Poisson()), hm.Rows(x), rng=0)


def test_refits_scatter_as_means_do(poisson):
    x, result = poisson
    rates = [
        refitted(result.problem, result.params, rng, max_iter=100)[0].params.rate[0, 0]
        for rng in np.random.default_rng(0).spawn(400)
    ]
    assert np.mean(rates) == pytest.approx(x.mean(), abs=3 * x.std() / np.sqrt(200 * 400))
    assert np.std(rates) == pytest.approx(x.std() / np.sqrt(200), rel=3 / np.sqrt(2 * 400))


def test_draws_around_the_estimate_have_the_inverse_information(poisson):
    x, result = poisson
    around = AroundEstimate(result)
    logs = np.log([around.draw(rng).rate[0, 0] for rng in np.random.default_rng(0).spawn(2000)])
    assert np.mean(logs) == pytest.approx(np.log(x.mean()), abs=4 / np.sqrt(x.sum() * 2000))
    assert np.std(logs) == pytest.approx(1 / np.sqrt(x.sum()), rel=3 / np.sqrt(2 * 2000))  # information n times rate


def test_a_flat_direction_has_no_curvature():
    x = np.random.default_rng(0).binomial(1, 0.4, (200, 1)).astype(float)  # two coins behind one toss each
    result = hm.fit(hm.Mixture(hm.Binomial(1), 2), hm.Rows(x), rng=0)
    with pytest.raises(hm.HiddenmixError, match=r"HM441[\s\S]*bootstrap"):
        AroundEstimate(result)
