"""Moments merge without losing what raw second moments would lose."""

import numpy as np
import pytest

from hiddenmix._tree import merge, merge_all, scale
from hiddenmix.families._normal_block import centred_moments
from hiddenmix.moments import Moments

KINDS = [(kind, pooled) for kind in ("full", "diag", "spherical") for pooled in (False, True)]


def moments(x, resp, kind="full", pooled=False):
    return centred_moments(x, resp, np.zeros((resp.shape[1], x.shape[1])), kind, pooled)


def direct(x, resp, kind, pooled):
    """Scatter about the weighted means, in long doubles."""
    wide, out = x.astype(np.longdouble), []
    for r in resp.T.astype(np.longdouble):
        delta = wide - (r @ wide) / r.sum()
        scatter = (delta * r[:, None]).T @ delta
        out.append({"full": scatter, "diag": np.diag(scatter), "spherical": np.trace(scatter)}[kind])
    return np.sum(out, axis=0) if pooled else np.stack(out)


@pytest.mark.parametrize(("kind", "pooled"), KINDS)
def test_parts_merge_to_the_whole(kind, pooled):
    rng = np.random.default_rng(0)
    x, resp = rng.standard_normal((200, 3)), rng.dirichlet(np.ones(2), 200)
    parts = [moments(x[rows], resp[rows], kind, pooled) for rows in np.array_split(np.arange(200), 7)]
    whole, merged = moments(x, resp, kind, pooled), merge_all(parts)
    for name in ("weight", "dof", "mean", "scatter"):
        np.testing.assert_allclose(getattr(merged, name), getattr(whole, name), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(whole.scatter, direct(x, resp, kind, pooled).astype(float), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ["full", "diag", "spherical"])
def test_a_mean_far_above_the_spread(kind):
    """At mean 1e4 and standard deviation 1e-3 raw second moments lose 4.5 % of the variance; these lose nothing."""
    rng = np.random.default_rng(1)
    x = 1e4 + 1e-3 * rng.standard_normal((100_000, 2))
    resp = np.ones((len(x), 1))
    merged = merge_all(moments(rows, np.ones((len(rows), 1)), kind) for rows in np.array_split(x, 37))
    want = direct(x, resp, kind, False).astype(float)
    assert np.max(np.abs(merged.scatter - want)) < 1e-10 * np.max(want)
    raw = np.mean(x**2, axis=0) - np.mean(x, axis=0) ** 2
    assert np.max(np.abs(raw / 1e-6 - 1)) > 1e-3  # what is avoided


def test_single_precision_data_far_from_zero():
    """float32 data are exact as stored: nothing is added to the rounding that storing them made."""
    rng = np.random.default_rng(2)
    x = (1e4 + rng.standard_normal((50_000, 2))).astype(np.float32)
    merged = merge_all(moments(rows, np.ones((len(rows), 1))) for rows in np.array_split(x, 20))
    want = direct(x.astype(float), np.ones((len(x), 1)), "full", False).astype(float)
    assert np.max(np.abs(merged.scatter - want)) < 1e-12 * np.max(want)


def test_an_offset_of_1e8():
    rng = np.random.default_rng(3)
    x = 1e8 + rng.standard_normal((20_000, 2))
    merged = merge_all(moments(rows, np.ones((len(rows), 1))) for rows in np.array_split(x, 11))
    want = direct(x, np.ones((len(x), 1)), "full", False).astype(float)
    assert np.max(np.abs(merged.scatter - want)) < 1e-9 * np.max(want)


@pytest.mark.parametrize(("kind", "pooled"), KINDS)
def test_merging_commutes_and_nothing_changes_nothing(kind, pooled):
    rng = np.random.default_rng(4)
    x, resp = rng.standard_normal((50, 2)), rng.dirichlet(np.ones(3), 50)
    one, two = moments(x[:20], resp[:20], kind, pooled), moments(x[20:], resp[20:], kind, pooled)
    np.testing.assert_allclose(merge(one, two).scatter, merge(two, one).scatter, rtol=1e-13)
    nothing = moments(x[:0], resp[:0], kind, pooled)
    for merged in (merge(one, nothing), merge(nothing, one)):
        np.testing.assert_array_equal(merged.mean, one.mean)
        np.testing.assert_array_equal(merged.scatter, one.scatter)
    np.testing.assert_allclose(scale(one, 2.5).scatter, moments(x[:20], 2.5 * resp[:20], kind, pooled).scatter)


@pytest.mark.parametrize(("kind", "pooled"), KINDS)
def test_scatter_about_another_point(kind, pooled):
    rng = np.random.default_rng(5)
    x, resp, about = rng.standard_normal((50, 2)), rng.dirichlet(np.ones(2), 50), rng.standard_normal((2, 2))
    got = moments(x, resp, kind, pooled).about(about)
    parts = []
    for j in range(2):
        delta = x - about[j]
        scatter = (delta * resp[:, [j]]).T @ delta
        parts.append({"full": scatter, "diag": np.diag(scatter), "spherical": np.trace(scatter)}[kind])
    np.testing.assert_allclose(got, np.sum(parts, axis=0) if pooled else np.stack(parts), rtol=1e-12)


def test_lift_is_the_conditional_expectation():
    """Moments of an observed block, lifted, are those of the rows completed by regression plus the residual noise."""
    rng = np.random.default_rng(6)
    seen, k, n = np.array([True, False, True, False]), 2, 40
    x, resp = rng.standard_normal((n, 2)), rng.dirichlet(np.ones(k), n)
    center, slope = rng.standard_normal((k, 4)), rng.standard_normal((k, 2, 2))
    rest = np.stack([a @ a.T for a in rng.standard_normal((k, 2, 2))])
    part = moments(x, resp)
    lifted = part.lift(seen, center, slope, rest)
    for j in range(k):
        full = np.empty((n, 4))
        full[:, seen] = x
        full[:, ~seen] = center[j, ~seen] + (x - center[j, seen]) @ slope[j].T
        want = moments(full, resp[:, [j]])
        want_scatter = want.scatter[0]
        want_scatter = want_scatter.copy()
        want_scatter[np.ix_(~seen, ~seen)] += resp[:, j].sum() * rest[j]
        np.testing.assert_allclose(lifted.mean[j], want.mean[0], rtol=1e-12)
        np.testing.assert_allclose(lifted.scatter[j], want_scatter, rtol=1e-12, atol=1e-12)


def test_moments_are_read_only():
    part = Moments(np.ones(1), np.ones(1), np.zeros((1, 2)), np.zeros((1, 2, 2)))
    with pytest.raises(ValueError, match="read-only"):
        part.mean[0] = 1.0


def test_an_empty_part_with_a_far_mean_loses_nothing():
    empty, one = np.zeros(1), np.ones(1)
    far = Moments(empty, empty, np.array([[1e12]]), np.zeros((1, 1, 1)))
    near = Moments(one, one, np.array([[1.23456789]]), np.zeros((1, 1, 1)))
    for merged in (far.merge(near), near.merge(far)):
        assert merged.mean[0, 0] == 1.23456789
        assert merged.scatter[0, 0, 0] == 0.0
