"""Leaving out components that are certain not to matter changes nothing but rounding."""

from dataclasses import replace

import numpy as np
import pytest

from hiddenmix.families._normal_block import Block
from hiddenmix.families._normal_linear import Coordinates, Features
from hiddenmix.kernels import linear
from hiddenmix.kernels.form import Form, normal_layout

pytest.importorskip("llvmlite", reason="the compiled kernels need llvmlite")


@pytest.fixture
def skipping(monkeypatch):
    """The path without its own judgement of whether it pays; tells whether it was taken."""
    from hiddenmix.kernels import _bounds, _skipping

    taken = []
    run = _skipping.Skipping._run

    def noted(self, x, order, starts, chosen, *rest):
        taken.append(len(chosen) / (len(self.top) * (len(starts) - 1)))
        return run(self, x, order, starts, chosen, *rest)

    monkeypatch.setattr(_skipping.Skipping, "_run", noted)
    for name, value in {"MANY": 1, "EACH": 0, "WORTH": 0.0, "PAYS": np.inf}.items():
        monkeypatch.setattr(_bounds, name, value)
    monkeypatch.setattr(_skipping, "TOO_MANY", np.inf)
    return taken


def mixture(d, k, apart, kind="full", seed=0, unequal=False):
    """Normal components of random shapes, and a function that draws from them."""
    rng = np.random.default_rng(seed)
    mean = rng.normal(scale=apart, size=(k, d))
    size = np.exp(rng.normal(scale=1.5, size=k)) if unequal else np.ones(k)
    if kind == "full":
        roots = np.linalg.cholesky([np.cov(rng.standard_normal((d, 3 * d + 5)), ddof=1).reshape(d, d) for _ in size])
    else:
        roots = np.exp(rng.normal(scale=0.3, size=(k, d if kind == "diag" else 1))) * np.ones(d)
    roots = roots * size.reshape(k, *[1] * (roots.ndim - 1))
    block = Block.of(mean, roots, kind, False, 0.0)
    coordinates = Coordinates.of(block)
    theta = Features.of(block, coordinates).theta
    layout, places = normal_layout(kind, False, d), (coordinates.pivot[None], coordinates.inverse_scale[None])
    form = Form(layout, theta[:, 1:], theta[:, 0], *places, (k,), coordinates.centre)

    def draw(n):
        label, noise = rng.integers(k, size=n), rng.standard_normal((n, d))
        return mean[label] + (np.einsum("nab,nb->na", roots[label], noise) if kind == "full" else roots[label] * noise)

    return form, draw


def assert_same(form, x, log_weights, weight=None):
    got = linear.e_step(form, x, log_weights, weight)
    want = linear.e_step(replace(form, peaks=None), x, log_weights, weight)
    np.testing.assert_allclose(got.loglik, want.loglik, rtol=1e-13)
    np.testing.assert_allclose(got.counts, want.counts, rtol=1e-12, atol=1e-12 * len(x))
    np.testing.assert_allclose(got.sums, want.sums, rtol=1e-12, atol=1e-13 * np.max(np.abs(want.sums)))


@pytest.mark.parametrize("dtype", [float, np.float32])
@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("kind", ["full", "diag", "spherical"])
@pytest.mark.parametrize(
    ("n", "d", "k", "apart"), [(3001, 3, 40, 9), (5000, 8, 17, 4), (300, 1, 5, 50), (2560, 2, 9, 0.5)]
)
def test_same_as_with_all_components(skipping, n, d, k, apart, kind, unequal, dtype):
    form, draw = mixture(d, k, apart, kind, unequal=unequal)
    assert_same(form, draw(n).astype(dtype), np.log(np.random.default_rng(1).dirichlet(np.ones(k))))
    assert len(skipping) == 1


def test_it_leaves_most_of_them_out(skipping):
    form, draw = mixture(16, 64, 5.0)
    assert_same(form, draw(20_000), np.zeros(64))
    assert skipping[0] < 0.25


def test_weights_outliers_and_components_without_weight(skipping):
    form, draw = mixture(4, 30, 8.0)
    x = draw(4000)
    x[::500] *= 1e3
    log_weights = np.log(np.full(30, 1 / 30))
    for nothing in (-1e30, -np.inf):
        log_weights[[3, 17]] = nothing
        assert_same(form, x, log_weights, np.random.default_rng(2).exponential(size=4000) * (np.arange(4000) % 5 > 0))
    assert len(skipping) == 2


def test_it_does_not_start_where_it_cannot_pay(monkeypatch):
    """Components on top of one another, or few rows: nothing is tried that costs more than looking."""
    monkeypatch.setattr(linear, "_skipping", None)
    form, draw = mixture(3, 40, 0.3)
    linear.e_step(form, draw(70_000), np.zeros(40))
    form, draw = mixture(3, 40, 50.0)
    linear.e_step(form, draw(1000), np.zeros(40))
    form, draw = mixture(3, 8, 50.0)
    linear.e_step(form, draw(70_000), np.zeros(8))


def test_log_densities_that_are_not_concave(skipping):
    form, draw = mixture(2, 6, 5.0)
    theta = form.theta.copy()
    theta[1, 2:] *= -1
    assert_same(replace(form, theta=theta), np.clip(draw(1000), -20, 20), np.zeros(6))
    assert not skipping
