"""Large data: the race is run on a sample, and only the best see all rows."""

import numpy as np
import pytest
from tests.engine.support import blobs, mixture, same

import hiddenmix as hm
from hiddenmix.engine import funnel, sample
from hiddenmix.engine.funnel import FIRST, SECOND, THIRD
from hiddenmix.engine.problem import Problem
from hiddenmix.engine.race import Entry, Runner
from hiddenmix.engine.sample import sampled, speaks_for
from hiddenmix.engine.starts import choose

X = blobs(n=sample.LARGE, d=2, k=4, seed=1, apart=3.0)


def fitted(data=X, **options):
    options = {"starts": 6, "rng": 3, "history": False, **options}
    return hm.fit(mixture(k=4), data, **options)


@pytest.fixture(scope="module")
def result():
    return fitted()


def test_every_start_is_in_the_census_and_few_finish(result):
    assert [start.index for start in result.starts] == list(range(6))
    assert [start.how for start in result.starts][:3] == ["kmeans", "k-means++", "random_from_data"]
    ended = [start for start in result.starts if start.status.finished]
    assert len(ended) == 1
    assert sum(count for _, count in result.optima) == 1
    others = [start for start in result.starts if start is not ended[0]]
    assert {start.status for start in others} == {hm.Status.RACED_OUT}
    assert all(start.optimum is None for start in others)
    assert max(start.iterations for start in others) <= FIRST + SECOND + THIRD


def test_the_optimum_is_that_of_a_race_on_all_rows(result):
    rows = hm.Rows(X)
    starts = [mixture(k=4).start(rows, np.random.default_rng(seed), "kmeans") for seed in range(3)]
    best = max(hm.fit(mixture(k=4), rows, params, certificate="off").loglik for params in starts)
    assert result.status is hm.Status.CONVERGED
    assert result.certificate is hm.Certificate.MAXIMUM
    assert result.loglik == pytest.approx(best, abs=2e-6 * len(X))


def test_what_gave_up_on_the_sample_is_told_in_the_units_of_all_rows(result):
    ended = next(start for start in result.starts if start.status.finished)
    for start in result.starts:
        assert start.loglik == pytest.approx(ended.loglik, rel=0.1)
        again = result.problem.evaluate(start.params).loglik
        assert start.loglik == pytest.approx(again, rel=0.02)


def test_the_prior_counts_once_whatever_the_rows():
    model = mixture(k=4, prior="conjugate", concentration=5.0)
    result = hm.fit(model, X, starts=6, rng=3, certificate="off", history=False)
    assert sum(start.status is hm.Status.RACED_OUT for start in result.starts) == 5
    for start in result.starts:
        prior = result.problem.model.log_prior(start.params)
        assert abs(prior) > 1
        assert start.objective - start.loglik == pytest.approx(prior, rel=1e-6)


def test_the_pool_and_what_watches_change_nothing(result):
    seen = []
    watched = fitted(pool=hm.Threads(3), callback=seen.append)
    assert same(watched.params, result.params)
    assert [s.objective for s in watched.starts] == [s.objective for s in result.starts]
    assert max(step.loglik for step in seen) == result.loglik  # of all rows, never of the sample


def test_another_seed_races_on_another_sample(monkeypatch):
    seen = []

    def watched(problem, rng):
        seen.append(sampled(problem, rng))
        return seen[-1]

    monkeypatch.setattr(funnel, "sampled", watched)
    for seed in (3, 3, 4):
        fitted(rng=seed, max_iter=25, certificate="off")
    first, again, other = (each.data.x for each in seen)
    assert len(first) == len(other) == sample.SIZE
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_weights_evidence_and_holes_go_into_the_sample():
    rng = np.random.default_rng(0)
    x = np.where(rng.random(X.shape) < 0.1, np.nan, X)
    weight = rng.uniform(0.5, 2.0, len(x))
    known = hm.Evidence.from_labels(np.where(rng.random(len(x)) < 0.1, (X[:, 0] > 0).astype(int), -1), 4)
    result = fitted(hm.Rows(x, weight, known), certificate="off", max_iter=60)
    assert sum(start.status is hm.Status.RACED_OUT for start in result.starts) == 5
    part = sampled(result.problem, rng).data
    assert part.weight is not None
    assert part.evidence is not None
    assert np.isnan(part.x).any()
    assert np.isfinite(result.loglik)


def test_those_that_were_wrong_on_the_sample_are_called_back():
    """The winner turns out spurious on all rows: the best of the others goes on from where it gave up."""
    model = mixture(k=4)
    flagged = []

    def spurious(params, stats, data):
        bad = data.n_units > sample.SIZE and not flagged
        if bad and stats.counts.sum() > sample.SIZE:
            flagged.append(params)
        return np.arange(int(bad))

    model.spurious = spurious
    result = hm.fit(model, X, starts=6, rng=3, certificate="off", history=False, max_iter=60)
    assert len(flagged) == 1
    assert sum(start.status.finished for start in result.starts) == 2
    assert result.spurious == ()


def test_where_all_collapse_on_the_sample_all_rows_decide():
    """Three points, and every start puts a component on one of them."""
    x = np.repeat([[0.0, 0.0], [5.0, 5.0], [9.0, 1.0]], [20_000, 12_000, 8_000], axis=0)
    result = hm.fit(mixture(), x, starts=6, rng=0, certificate="off")
    assert hm.Status.COLLAPSED in {start.status for start in result.starts}
    assert hm.Status.RACED_OUT not in {start.status for start in result.starts}
    assert result.evaluations >= 6
    for each in (result, *result.starts):
        assert each.loglik == pytest.approx(result.problem.evaluate(each.params).loglik, rel=1e-12)


def test_what_ended_on_the_sample_is_not_chosen(result):
    """A log-likelihood is higher there because there are fewer rows."""
    problem = result.problem
    entries = [
        Entry(Runner(which, hm.EM(), hm.Gain(), 0, False, None).climb(result.params), "")
        for which in (sampled(problem, np.random.default_rng(0)), problem)
    ]
    for entry in entries:
        entry.climb.status = hm.Status.COLLAPSED
    assert entries[0].objective > entries[1].objective
    assert choose(problem, entries, keep_spurious=False) == 1


def test_small_data_and_counted_iterations_see_all_rows():
    few = fitted(X[: sample.LARGE - 1], max_iter=25, certificate="off")
    assert {start.iterations for start in few.starts if start.status is hm.Status.RACED_OUT} == {12}
    for options in ({"max_iter": 5}, {"stop": hm.Iterations(5)}):
        counted = fitted(certificate="off", **options)
        assert {start.iterations for start in counted.starts} == {5}
        assert {start.status for start in counted.starts} == {hm.Status.ITERATION_LIMIT}
        assert counted.evaluations == 6 * 6


def test_the_certificate_of_large_data_asks_a_sample_first(monkeypatch):
    """Two components of known spread at one place, where there are two clusters: a saddle, however many rows."""
    x = np.concatenate([X[:, :1] / 9, X[:, :1] / 9 + 4])
    model = hm.Mixture(hm.Normal("spherical", cov=hm.Known([1.0, 1.0])), 2)
    cov = model.family.shape.from_dense(np.ones(2), 2)
    twins = hm.MixtureParams([0.5, 0.5], hm.NormalParams(np.full((2, 1), x.mean()), cov))
    growths = []
    for large in (sample.LARGE, 10 * len(x)):
        monkeypatch.setattr(sample, "LARGE", large)
        found = hm.fit(model, x, twins, certificate="check", rng=0)
        assert found.certificate is hm.Certificate.SADDLE
        growths.append(found.growth)
        assert hm.fit(model, x, twins, rng=0).loglik > found.loglik + 1000
    assert growths[0] == pytest.approx(growths[1], rel=1e-2)
    assert growths[0] > 1.5


@pytest.mark.parametrize("emptied", ["cells", "weights"])
def test_a_sample_that_says_little_does_not_speak_for_the_rest(emptied):
    rng = np.random.default_rng(0)
    x, few = rng.standard_normal((50_000, 2)), rng.random(50_000) < 0.01
    weight = None
    if emptied == "cells":
        x[~few] = np.nan
    else:
        weight = np.where(few, 1.0, 1e-6)
    model = hm.Mixture(hm.Normal("full"), 2)
    params = hm.MixtureParams([0.5, 0.5], hm.NormalParams(np.zeros((2, 2)), hm.Normal().shape.from_dense(np.eye(2), 2)))
    for data, spoken in ((hm.Rows(x, weight), False), (hm.Rows(np.nan_to_num(x)), True)):
        part = sampled(Problem(model, data), np.random.default_rng(0))
        assert speaks_for(part, params) is spoken
