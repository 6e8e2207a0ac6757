"""Split and merge: out of a maximum that no local step leaves, and never to a lower one."""

import numpy as np
import pytest
from tests.engine.support import blobs, mixture, start

import hiddenmix as hm
from hiddenmix.families.shapes import SHAPES


def trap():
    """One round group that two components share, and two groups that have to share one (Ueda and others, Figure 1)."""
    rng = np.random.default_rng(0)
    alone = rng.normal([0.0, 0.0], 1.0, (200, 2))
    pair = [rng.normal([12.0, side], 0.7, (100, 2)) for side in (-1.5, 1.5)]
    cov = SHAPES["full"].from_dense(np.eye(2), 3)
    given = hm.MixtureParams(np.full(3, 1 / 3), hm.NormalParams(np.array([[-1.0, 0.0], [1.0, 0.0], [12.0, 0.0]]), cov))
    return np.concatenate([alone, *pair]), given


def test_plain_em_stays_in_the_trap_and_split_merge_leaves_it():
    x, given = trap()
    stays = hm.fit(mixture(), x, given)
    leaves = hm.fit(mixture(), x, given, algorithm="split-merge")
    truth = hm.MixtureParams(
        np.array([0.5, 0.25, 0.25]),
        hm.NormalParams(
            np.array([[0.0, 0.0], [12.0, -1.5], [12.0, 1.5]]),
            SHAPES["full"].from_dense(np.stack([np.eye(2), 0.49 * np.eye(2), 0.49 * np.eye(2)]), 3),
        ),
    )
    best = hm.fit(mixture(), x, truth)
    assert stays.certificate is leaves.certificate is hm.Certificate.MAXIMUM
    assert stays.objective < best.objective - 30
    assert leaves.objective == pytest.approx(best.objective, abs=1e-3)
    assert leaves.converged
    assert any(step.note == "split and merged" for step in leaves.trace)


def test_the_trace_never_falls_over_a_move():
    x, given = trap()
    objectives = hm.fit(mixture(), x, given, algorithm=hm.SplitMerge(), certificate="off").trace.objectives
    assert np.min(np.diff(objectives)) > -1e-9
    assert max(np.diff(objectives)) > 30  # the move itself


@pytest.mark.parametrize("shape", ["full", "diag"])
def test_never_worse_than_plain_em_from_the_same_start(shape):
    better = 0
    for seed in range(6):
        x = blobs(200, k=5, seed=seed)
        given = start(x, shape, k=4, seed=seed)
        plain = hm.fit(mixture(shape, k=4), x, given, certificate="off")
        moved = hm.fit(mixture(shape, k=4), x, given, algorithm="split-merge", certificate="off")
        assert moved.objective >= plain.objective - 1e-3
        better += moved.objective > plain.objective + 1.0
    assert better >= 3


def test_an_empty_component_is_pruned_and_divides_another():
    x, given = trap()
    x = x[200:]
    far = np.array([[12.0, 0.0], [500.0, 500.0]])
    given = hm.MixtureParams(np.array([1.0, 0.0]), hm.NormalParams(far, SHAPES["full"].from_dense(np.eye(2), 2)))
    plain = hm.fit(mixture(k=2), x, given, certificate="off")
    moved = hm.fit(mixture(k=2), x, given, algorithm="split-merge", certificate="off")
    assert plain.params.weights.min() == 0.0
    np.testing.assert_allclose(moved.params.weights, 0.5, atol=0.05)
    np.testing.assert_allclose(np.sort(moved.params.components.mean[:, 1]), [-1.5, 1.5], atol=0.3)


def test_two_components_divided_along_the_wrong_axis_are_divided_again():
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.normal([0, side], [6.0, 0.5], (150, 2)) for side in (-2.0, 2.0)])
    wrong = hm.NormalParams(np.array([[-6.0, 0.0], [6.0, 0.0]]), SHAPES["tied"].from_dense(np.diag([9.0, 4.25]), 2))
    given = hm.MixtureParams(np.full(2, 0.5), wrong)
    plain = hm.fit(mixture("tied", k=2), x, given, max_iter=20, certificate="off")
    moved = hm.fit(mixture("tied", k=2), x, given, algorithm="split-merge", certificate="off")
    assert abs(np.diff(plain.params.components.mean[:, 1])[0]) < 2.0
    assert abs(np.diff(moved.params.components.mean[:, 1])[0]) == pytest.approx(4.0, abs=0.3)


def test_a_place_that_a_handful_of_rows_carry_is_no_better_place():
    """Three rows nearly on top of each other: a component of theirs is higher than any that many rows carry."""
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.normal(size=(60, 2)), [[3.0, 3.0], [3.0 + 1e-3, 3.0], [3.0, 3.0 + 1e-3]]])
    few = np.eye(2)[np.repeat([0, 1], [60, 3])]

    class Proposing(hm.Mixture):
        def prepare(self, data):
            return self

        def moves(self, params, data, rng):
            yield self.m_step(params, self.first_stats(data.sample(rng, 63), few))

    proposing = Proposing(hm.Normal(), 2)
    there = hm.fit(proposing, x, next(proposing.moves(start(x, k=2), hm.Rows(x), rng)), certificate="off")
    result = hm.fit(proposing, x, start(x, k=2), algorithm="split-merge", certificate="off")
    assert there.converged
    assert there.spurious
    assert there.objective > result.objective + 5
    assert result.converged
    assert not result.spurious


def test_other_models_and_algorithms_do_as_they_do_alone():
    x = blobs(150)
    single = hm.fit(hm.Single(hm.Normal()), x, algorithm="split-merge")
    assert single.objective == hm.fit(hm.Single(hm.Normal()), x).objective
    plain = hm.fit(mixture(), x, start(x), algorithm="lbfgs", certificate="off")
    inner = hm.fit(mixture(), x, start(x), algorithm=hm.SplitMerge(hm.LBFGS()), certificate="off")
    assert inner.converged
    assert inner.objective >= plain.objective - 1e-3


def test_few_moves_are_as_many_as_are_allowed():
    x, given = trap()
    held = hm.fit(mixture(), x, given, algorithm=hm.SplitMerge(moves=0), certificate="off")
    assert held.converged
    assert held.objective == pytest.approx(hm.fit(mixture(), x, given).objective, abs=1e-3)


def test_the_same_seed_gives_the_same_fit():
    x = blobs(200, k=5, seed=3)
    one, other = (hm.fit(mixture(k=4), x, start(x, k=4), algorithm="split-merge", certificate="off") for _ in "ab")
    assert one.trace.objectives == other.trace.objectives
