"""Online EM: a running average of statistics that settles where EM settles, in an order that a seed gives."""

import numpy as np
import pytest
from tests.engine.support import COUNTS, Linkage, Recombination, arrays, blobs, holes, mixture, same, start

import hiddenmix as hm
from hiddenmix import _tree
from hiddenmix.engine.online import Online

X = blobs(2000, seed=2, apart=2.5)
PARAMS = start(X)


def fitted(data=None, model=None, params=PARAMS, algorithm=None, **options):
    data = hm.Rows(X, chunk=100) if data is None else data
    return hm.fit(model or mixture(), data, params, algorithm=algorithm or Online(), **options)


def test_one_pass_is_the_recursion():
    """s <- (1 - g) s + g C S(chunk), t <- M(s), with g = (t + 2) ** -0.7, in the order of the seed."""
    model = hm.Mixture(hm.Binomial(10), 2)
    heads = hm.datasets.coins().data
    begin = hm.MixtureParams([0.5, 0.5], hm.BinomialParams([[0.6], [0.5]]))

    def expected(params, rows):
        resp = model.posterior(params, hm.Batch(heads[rows]))[1]
        return np.concatenate([resp.sum(axis=0), resp.T @ heads[rows][:, 0]])

    running, params = expected(begin, slice(None)), begin
    for t, index in enumerate(np.random.default_rng([3, 0]).permutation(3), start=1):
        g = (t + 2) ** -0.7
        running = (1 - g) * running + g * 3 * expected(params, slice(2 * index, 2 * index + 2))
        counts, heads_seen = running[:2], running[2:]
        params = hm.MixtureParams(counts / counts.sum(), hm.BinomialParams((heads_seen / counts / 10)[:, None]))
    data = hm.Rows(heads, chunk=2)
    result = hm.fit(model, data, begin, algorithm=Online(seed=3), stop=hm.Iterations(1))
    np.testing.assert_allclose(arrays(result.params), arrays(params), rtol=1e-12)


def test_settles_where_em_does_and_is_ahead_after_one_pass():
    em = hm.fit(mixture(), X, PARAMS, stop=hm.Gain(1e-10), max_iter=5000)
    online = fitted(stop=hm.Iterations(60))
    assert online.loglik == pytest.approx(em.loglik, abs=0.5)
    np.testing.assert_allclose(arrays(online.params), arrays(em.params), atol=0.05)
    errors = [em.loglik - step.loglik for step in online.trace]
    assert errors[60] < errors[20] / 2 < errors[5] / 4
    assert errors[1] < 0.9 * (em.loglik - em.trace[1].loglik)


def test_every_objective_belongs_to_its_parameters():
    result = fitted(stop=hm.Iterations(5))
    for step in result.trace:
        assert result.problem.evaluate(step.params).objective == step.objective


def test_the_seed_gives_the_order():
    first, again, other = (fitted(algorithm=Online(seed=s), stop=hm.Iterations(3)) for s in (1, 1, 2))
    assert same(first.params, again.params)
    assert not same(first.params, other.params)
    threads = fitted(algorithm=Online(seed=1), stop=hm.Iterations(3), pool=hm.Threads(2))
    assert same(first.params, threads.params)


def test_may_fall_and_is_not_audited():
    """From EM's maximum it can only fall, and rise again: neither an error nor convergence."""
    best = hm.fit(mixture(), X, PARAMS, stop=hm.Gain(1e-10)).params
    result = fitted(params=best, stop=hm.Gain(1e-7), max_iter=30)
    gains = np.diff(result.trace.objectives)
    assert gains[0] < -0.1
    assert gains[1:].max() > 0.01
    assert result.iterations > 5
    assert result.status in (hm.Status.CONVERGED, hm.Status.ITERATION_LIMIT)
    assert result.certificate is hm.Certificate.UNCHECKED


def test_priors_keep_their_weight():
    """The average has the weight of all data, so that a prior counts as much as it does for EM."""
    model = mixture(prior="conjugate", concentration=50.0)
    em = hm.fit(model, X, PARAMS, stop=hm.Gain(1e-10), max_iter=5000)
    online = fitted(model=model, stop=hm.Iterations(60))
    assert online.objective == pytest.approx(em.objective, abs=0.05)


def test_missing_cells_and_out_of_core():
    x = holes(X[:1200], 0.2)
    parts = [hm.Batch(x[i : i + 400], i // 400) for i in range(0, 1200, 400)]
    data = hm.Rows(x, chunk=100)
    result = fitted(data, params=start(x), stop=hm.Iterations(20))
    em = hm.fit(mixture(), data, start(x), stop=hm.Gain(1e-9), max_iter=3000)
    assert result.loglik > em.trace[5].loglik
    assert fitted(hm.Chunks([lambda p=p: p for p in parts]), params=start(x), max_iter=1).iterations == 1


class TestWhatItNeeds:
    @pytest.mark.parametrize("options", [{"power": 0.5}, {"power": 1.1}, {"delay": -1.0}], ids=str)
    def test_step_sizes_that_settle(self, options):
        with pytest.raises(hm.HiddenmixError, match="HM401"):
            fitted(algorithm=Online(**options))

    def test_statistics_that_scale(self):
        @hm.record
        class Extremes:
            """Merges by the larger: there is no half of it."""

            top: float

            def merge(self, other):
                return Extremes(max(self.top, other.top))

        @hm.record
        class Both:
            tally: object
            extremes: Extremes

        class Widest(Linkage):
            def e_step(self, params, batch):
                loglik, stats = super().e_step(params, batch)
                return loglik, Both(stats, Extremes(1.0))

            def m_step(self, params, stats):
                return super().m_step(params, stats.tally)

        data = hm.Rows(np.repeat(COUNTS, 3, axis=0), chunk=1)
        assert hm.fit(Widest(), data, Recombination(0.5), max_iter=2).iterations == 2
        with pytest.raises(hm.HiddenmixError, match="Online needs `scale`; Extremes has none"):
            hm.fit(Widest(), COUNTS, Recombination(0.5), algorithm=Online())

    def test_a_users_model_needs_nothing_else(self):
        result = hm.fit(Linkage(), np.repeat(COUNTS, 4, axis=0), Recombination(0.2), algorithm=Online(), max_iter=40)
        assert result.params.p == pytest.approx(0.6268214978709824, abs=1e-3)


def test_scaled_statistics_are_scaled_weights():
    problem = hm.fit(mixture(), X, PARAMS, max_iter=0).problem
    half = _tree.scale(problem.evaluate(PARAMS).stats, 0.5)
    weighted = hm.fit(mixture(), hm.Rows(X, np.full(len(X), 0.5)), PARAMS, max_iter=0).point.stats
    np.testing.assert_allclose(arrays(half), arrays(weighted), rtol=1e-10)
