"""One answer: whatever the pool, the chunks, the weights or the files."""

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import binom
from tests.engine.support import arrays, blobs, holes, mixture, same, start

import hiddenmix as hm

X = blobs(3000, seed=1)
PARAMS = start(X)
TEN = hm.Iterations(10)


class RoundTrip:
    """A pool that sends everything through pickle, as processes and clusters do."""

    def map(self, fn, items):
        for item in items:
            again, sent = pickle.loads(pickle.dumps((fn, item)))
            yield pickle.loads(pickle.dumps(again(sent)))


class TestPool:
    @pytest.mark.parametrize("x", [X, holes(X)], ids=["complete", "missing"])
    @pytest.mark.parametrize(
        "pool", [hm.Threads(2), hm.Threads(5), ThreadPoolExecutor(3), RoundTrip()], ids=["2", "5", "executor", "pickle"]
    )
    def test_bitwise_equal_to_serial(self, x, pool):
        serial = hm.fit(mixture(), hm.Rows(x, chunk=257), PARAMS, stop=TEN)
        other = hm.fit(mixture(), hm.Rows(x, chunk=257), PARAMS, stop=TEN, pool=pool)
        assert same(serial.params, other.params)
        assert serial.trace.objectives == other.trace.objectives

    def test_threads_are_used(self):
        seen = set()

        class Watched(hm.Mixture):
            def e_step(self, params, batch):
                seen.add(threading.get_ident())
                return super().e_step(params, batch)

        hm.fit(Watched(hm.Normal(), 3), hm.Rows(X, chunk=100), PARAMS, stop=TEN, pool=hm.Threads(3))
        assert len(seen) > 1
        assert threading.get_ident() not in seen


class TestChunks:
    @pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
    @pytest.mark.parametrize("x", [X, holes(X), 1e6 + X], ids=["complete", "missing", "far"])
    def test_size_changes_rounding_only(self, x, shape):
        params = start(x, shape)
        whole = hm.fit(mixture(shape), hm.Rows(x, chunk=10**6), params, stop=TEN)
        for chunk in (101, 1000):
            parts = hm.fit(mixture(shape), hm.Rows(x, chunk=chunk), params, stop=TEN)
            assert parts.loglik == pytest.approx(whole.loglik, rel=1e-12)
            np.testing.assert_allclose(arrays(parts.params), arrays(whole.params), rtol=1e-9, atol=1e-9)

    def test_out_of_core_is_the_same(self, tmp_path):
        path = tmp_path / "rows.bin"
        np.memmap(path, dtype=float, mode="w+", shape=X.shape)[:] = X
        opened = []

        def opener(index):
            def read():
                opened.append(threading.get_ident())
                part = np.memmap(path, dtype=float, mode="r", shape=X.shape)[500 * index : 500 * (index + 1)]
                return hm.Batch(np.asarray(part), index)

            return read

        chunks = hm.Chunks([opener(i) for i in range(6)])
        assert (chunks.n_units, chunks.total_weight, chunks.n_observed) == (3000, 3000.0, 3000.0)
        rows = hm.fit(mixture(), hm.Rows(X, chunk=500), PARAMS, stop=TEN)
        opened.clear()
        threads = hm.fit(mixture(), chunks, PARAMS, stop=TEN, pool=hm.Threads(2))
        assert same(rows.params, threads.params)
        assert opened.count(threading.get_ident()) <= 6  # when the model was prepared; then the workers open the file
        assert len(opened) == 6 * 12
        mapped = hm.fit(mixture(), np.memmap(path, dtype=float, mode="r", shape=X.shape), PARAMS, stop=TEN)
        np.testing.assert_allclose(arrays(mapped.params), arrays(rows.params), rtol=1e-10)

    def test_out_of_core_with_weights_holes_and_own_starts(self):
        x, weight = holes(X[:200]), np.random.default_rng(0).integers(0, 3, 200).astype(float)
        parts = [hm.Batch(x[i : i + 70], j, weight[i : i + 70]) for j, i in enumerate(range(0, 200, 70))]
        chunks = hm.Chunks([lambda part=part: part for part in parts])
        rows = hm.Rows(x, weight)
        assert chunks.n_units == rows.n_units == (weight > 0).sum()
        assert (chunks.total_weight, chunks.n_observed) == (rows.total_weight, rows.n_observed)
        a, b = (hm.fit(mixture(), data, PARAMS, stop=TEN) for data in (chunks, rows))
        np.testing.assert_allclose(arrays(a.params), arrays(b.params), rtol=1e-9, atol=1e-12)
        started = hm.fit(mixture(), chunks, starts=2, rng=0, stop=hm.Iterations(2))
        assert started.loglik > a.trace[0].loglik


class TestWeights:
    @pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
    @pytest.mark.parametrize("x", [X[:200], holes(X[:200])], ids=["complete", "missing"])
    def test_three_is_three_rows_and_zero_is_none(self, x, shape):
        counts = np.random.default_rng(2).integers(0, 4, len(x))
        params = start(x, shape)
        model = mixture(shape, prior="conjugate")
        weighted = hm.fit(model, hm.Rows(x, counts.astype(float)), params, stop=TEN)
        repeated = hm.fit(model, np.repeat(x, counts, axis=0), params, stop=TEN)
        np.testing.assert_allclose(arrays(weighted.params), arrays(repeated.params), rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(weighted.trace.objectives, repeated.trace.objectives, rtol=1e-12)
        data, again = weighted.problem.data, repeated.problem.data
        assert (data.total_weight, data.n_observed) == (again.total_weight, again.n_observed)

    def test_a_row_of_weight_zero_may_hold_anything(self):
        wild = np.vstack([X[:200], [[np.inf, 1e300], [np.nan, -1e308]]])
        weight = np.append(np.ones(200), [0.0, 0.0])
        a = hm.fit(mixture(), hm.Rows(wild, weight), starts=2, rng=0)
        b = hm.fit(mixture(), hm.Rows(X[:200], np.ones(200)), starts=2, rng=0)
        assert same(a.params, b.params)

    def test_all_weights_times_a_number_changes_nothing_but_the_objective(self):
        a, b = (hm.fit(mixture(), hm.Rows(X, np.full(3000, w)), PARAMS, stop=TEN) for w in (1.0, 0.25))
        np.testing.assert_allclose(arrays(a.params), arrays(b.params), rtol=1e-10)
        assert b.loglik == pytest.approx(a.loglik / 4, rel=1e-13)


class TestGroups:
    """Rows that share their hidden component."""

    TOSSES = np.random.default_rng(4).integers(0, 6, (40, 1)).astype(float)
    LABELS = np.random.default_rng(5).integers(0, 12, 40)
    PARAMS = hm.MixtureParams([0.4, 0.6], hm.BinomialParams([[0.3], [0.6]]))
    MODEL = hm.Mixture(hm.Binomial(5), 2)

    def brute(self, params, weight):
        """The log-likelihood and responsibilities of every group, one group at a time."""
        joint = np.array(
            [
                [
                    np.log(w) + binom.logpmf(self.TOSSES[label == self.LABELS], 5, p[0]).sum()
                    for w, p in zip(params.weights, params.components.p, strict=True)
                ]
                for label in np.unique(self.LABELS)
            ]
        )
        norm = logsumexp(joint, axis=1)
        return weight @ norm, np.exp(joint - norm[:, None]) * weight[:, None]

    @pytest.mark.parametrize("chunk", [1, 7, 4096])
    @pytest.mark.parametrize("weighted", [False, True])
    def test_against_one_group_at_a_time(self, chunk, weighted):
        m = len(np.unique(self.LABELS))
        weight = np.random.default_rng(6).uniform(0.5, 2, m) if weighted else np.ones(m)
        data = hm.Groups(self.TOSSES, self.LABELS, weight if weighted else None, chunk=chunk)
        assert data.n_units == m
        assert data.total_weight == pytest.approx(weight.sum())
        params = self.PARAMS
        result = hm.fit(self.MODEL, data, params, stop=hm.Iterations(4))
        for step in result.trace:
            np.testing.assert_allclose(arrays(step.params), arrays(params), rtol=1e-12)
            loglik, resp = self.brute(params, weight)
            assert step.loglik == pytest.approx(loglik, rel=1e-13)
            rows = resp[np.unique(self.LABELS, return_inverse=True)[1]]
            p = (rows.T @ self.TOSSES) / (5 * rows.sum(axis=0)[:, None])
            params = hm.MixtureParams(resp.sum(axis=0) / resp.sum(), hm.BinomialParams(p))

    def test_groups_of_one_row_are_rows(self):
        groups = hm.fit(self.MODEL, hm.Groups(self.TOSSES, np.arange(40)), self.PARAMS, stop=TEN)
        rows = hm.fit(self.MODEL, self.TOSSES, self.PARAMS, stop=TEN)
        np.testing.assert_allclose(arrays(groups.params), arrays(rows.params), rtol=1e-13)

    def test_they_start_themselves(self):
        result = hm.fit(self.MODEL, hm.Groups(self.TOSSES, self.LABELS), starts=3, rng=0)
        assert result.converged
