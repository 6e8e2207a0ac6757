"""Incremental EM: what it climbs is a lower bound that never falls, and it ends where EM ends, in fewer passes."""

import numpy as np
import pytest
from tests.engine.support import COUNTS, Linkage, Recombination, arrays, blobs, holes, mixture, same, start

import hiddenmix as hm
from hiddenmix import _tree
from hiddenmix.engine.incremental import Incremental, grown, regrow
from hiddenmix.engine.problem import Problem

X = blobs(1000, seed=2, apart=2.5)
PARAMS = start(X)


def fitted(data=None, model=None, params=PARAMS, **options):
    data = hm.Rows(X, chunk=64) if data is None else data
    return hm.fit(model or mixture(), data, params, algorithm=Incremental(), **options)


class TestTree:
    @pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 11, 12])
    def test_merges_as_merge_all_does(self, n):
        parts = [f"{index}," for index in range(n)]  # the order shows
        levels = grown(parts)
        assert levels[-1] == (_tree.merge_all(parts),)
        changed = [list(level) for level in levels]
        for index in range(n):
            parts[index] = f"new {index},"
            regrow(changed, index, parts[index])
            assert changed[-1] == [_tree.merge_all(parts)]

    def test_only_the_path_to_the_root_is_merged_again(self):
        merges = []

        class Counted(tuple):
            def merge(self, other):
                merges.append(1)
                return Counted((self[0] + other[0],))

        levels = [list(level) for level in grown(Counted((1,)) for _ in range(1000))]
        merges.clear()
        regrow(levels, 333, Counted((5,)))
        assert len(merges) <= 10
        assert levels[-1][0] == (1004,)


def test_with_one_chunk_it_is_em_bit_by_bit():
    em = hm.fit(mixture(), hm.Rows(X), PARAMS, stop=hm.Iterations(12))
    result = fitted(hm.Rows(X), stop=hm.Iterations(12))
    assert same(em.params, result.params)
    assert result.loglik == em.loglik
    assert result.trace.objectives == pytest.approx(em.trace.objectives, rel=1e-14)


@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("x", [X, holes(X)], ids=["complete", "missing"])
def test_the_free_energy_never_falls_and_lies_below_the_objective(shape, x):
    data = hm.Rows(x, chunk=64)
    result = fitted(data, mixture(shape, prior="conjugate"), start(x, shape), stop=hm.Iterations(12))
    assert result.status is hm.Status.ITERATION_LIMIT
    assert np.diff(result.trace.objectives).min() > -1e-9
    for step in result.trace:
        gap = result.problem.evaluate(step.params).objective - step.objective
        assert gap > -1e-9
        assert (gap > 1e-6) == (0 < step.iteration < 4) or step.iteration >= 4
    assert {step.note for step in result.trace} == {"free energy"}


def test_the_free_energy_is_neal_and_hintons():
    """F = sum of expected complete log-likelihoods plus the entropies of the responsibilities, each at its own time."""
    model = hm.Mixture(hm.Binomial(10), 2)
    heads = hm.datasets.coins().data
    params = hm.MixtureParams([0.5, 0.5], hm.BinomialParams([[0.6], [0.5]]))
    result = hm.fit(model, hm.Rows(heads, chunk=2), params, algorithm=Incremental(), stop=hm.Iterations(1))
    kept = [model.posterior(params, hm.Batch(heads))[1]]
    shares = kept[0].copy()
    for rows in (slice(0, 2), slice(2, 4), slice(4, 6)):
        counts = shares.sum(axis=0)
        p = (shares.T @ heads) / (10 * counts[:, None])
        params = hm.MixtureParams(counts / 5, hm.BinomialParams(p))
        shares[rows] = model.posterior(params, hm.Batch(heads[rows]))[1]
    np.testing.assert_allclose(arrays(result.params), arrays(params), rtol=1e-12)
    joint = model.family.log_prob(params.components, heads) + np.log(params.weights)
    free_energy = (shares * (joint - np.log(shares))).sum()
    assert result.trace[-1].objective == pytest.approx(free_energy, rel=1e-13)


def test_the_result_has_the_objective_itself():
    result = fitted()
    exact = Problem(result.model, result.problem.data).evaluate(result.params)
    assert (result.loglik, result.objective) == (exact.loglik, exact.objective)
    assert result.objective >= result.trace[-1].objective


def test_ends_where_em_ends_in_fewer_passes():
    em = hm.fit(mixture(), hm.Rows(X, chunk=64), PARAMS, stop=hm.Gain(1e-9), max_iter=5000)
    result = fitted(stop=hm.Gain(1e-9), max_iter=5000)
    assert result.converged
    assert result.certificate is hm.Certificate.MAXIMUM
    assert result.loglik == pytest.approx(em.loglik, abs=1e-5)
    np.testing.assert_allclose(arrays(result.params), arrays(em.params), atol=1e-3)
    assert result.iterations < 0.7 * em.iterations


def test_out_of_core_starts_and_races():
    parts = [hm.Batch(X[i : i + 100], i // 100) for i in range(0, 1000, 100)]
    data = hm.Chunks([lambda p=p: p for p in parts])
    result = hm.fit(mixture(), data, algorithm=Incremental(), starts=8, rng=0, stop=hm.Iterations(16))
    raced = [s for s in result.starts if s.status is hm.Status.RACED_OUT]
    assert len(raced) == 4
    best = max(s.objective for s in result.starts)
    assert result.objective == best


def test_a_wrong_m_step_is_found():
    class Overshoots(Linkage):
        def m_step(self, params, stats):
            return Recombination(params.p + 3 * (super().m_step(params, stats).p - params.p))

    counts = np.concatenate([COUNTS, COUNTS / 2])
    result = hm.fit(Overshoots(), hm.Rows(counts, chunk=1), Recombination(0.5), algorithm=Incremental())
    assert result.status is hm.Status.DECREASED
    assert "this M-step is not a maximiser" in result.reason


@pytest.mark.parametrize("broken", [np.nan, -np.inf])
def test_not_finite_on_the_way(broken):
    class Breaks(Linkage):
        def e_step(self, params, batch):
            loglik, stats = super().e_step(params, batch)
            return (broken, None) if params.p > 0.61 else (loglik, stats)

    data = hm.Rows(np.repeat(COUNTS, 3, axis=0), chunk=1)
    result = hm.fit(Breaks(), data, Recombination(0.5), algorithm=Incremental())
    assert result.status is hm.Status.NOT_FINITE
    assert result.params.p == 0.5
    assert np.isfinite(result.loglik)


def test_collapse_leaves_the_last_pass():
    x = np.concatenate([np.zeros(6), np.linspace(4, 8, 20)])
    cov = hm.Normal().shape.from_dense(np.array([[[0.01]], [[4.0]]]), 2)
    params = hm.MixtureParams([0.3, 0.7], hm.NormalParams([[0.0], [6.0]], cov))
    result = fitted(hm.Rows(x[:, None], chunk=5), mixture(k=2), params)
    assert result.status is hm.Status.COLLAPSED
    assert np.isfinite(result.objective)


def test_needs_q_and_says_so():
    class Bare(Linkage):
        def q(self, params, stats):
            return hm.Model.q(self, params, stats)

    with pytest.raises(hm.HiddenmixError, match="Bare has no q"):
        hm.fit(Bare(), COUNTS, Recombination(0.5), algorithm=Incremental())
