"""The compiled E-step of linear families against its NumPy twin, which is the oracle here."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from hiddenmix.data import Evidence
from hiddenmix.kernels import _numpy, linear
from hiddenmix.kernels.form import LEVEL, REST, SEEN, VALUE, Form, Layout, n_rows, normal_layout

pytest.importorskip("llvmlite", reason="the compiled kernels need llvmlite")

KINDS = [(kind, pooled) for kind in ("full", "diag", "spherical") for pooled in (False, True)]
SIZES = [  # rows, columns, components, groups: around the sizes of tiles, blocks and vectors
    *[(1, 1, 1, 1), (2, 3, 1, 1), (255, 2, 5, 1), (256, 4, 6, 1), (257, 5, 7, 2), (600, 10, 10, 1)],
    *[(700, 17, 13, 3), (300, 21, 4, 1), (520, 33, 9, 4), (5000, 1, 3, 1)],
]


def normal_form(kind, pooled, d, k, groups=1, seed=0):
    """Numbers that a normal family could have: quadratic forms are negative."""
    rng = np.random.default_rng(seed)
    layout = normal_layout(kind, pooled, d)
    theta = 0.3 * rng.standard_normal((k, layout.size))
    if layout.square:
        theta[:, d] = -0.5 - rng.random(k) * (not pooled)
    left, right = layout.products
    theta[:, layout.plain :] = np.where(left == right, -0.5, 0.05 / d * rng.standard_normal((k, len(left))))
    scale = [np.tril(np.eye(d) + 0.1 * rng.standard_normal((d, d))) for _ in range(groups)]
    ends = tuple(int(end) for end in np.linspace(0, k, groups + 1)[1:])
    return Form(
        layout,
        theta,
        rng.standard_normal(k),
        rng.standard_normal((groups, d)),
        np.stack(scale if layout.dense else [np.diag(each) for each in scale]),
        ends,
    )


def normal_data(n, d, seed=1):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) + rng.integers(0, 3, (n, 1))


def assert_agree(form, x, log_weights, weight=None, evidence=None, given=None, tolerance=1e-12):
    """Both E-steps give the same, relative to what the rows add up to without regard to sign."""
    got = linear.e_step(form, x, log_weights, weight, evidence, given)
    want = _numpy.e_step(form, x, given, log_weights, weight, evidence)
    n = n_rows(x, given)
    np.testing.assert_allclose(got.loglik, want.loglik, rtol=tolerance, atol=tolerance * n)
    np.testing.assert_allclose(got.counts, want.counts, rtol=tolerance, atol=tolerance * n)
    scale = np.max(np.abs(want.sums), initial=1.0)
    np.testing.assert_allclose(got.sums, want.sums, rtol=tolerance, atol=tolerance * scale)
    assert (got.scatter is None) == (want.scatter is None)
    if want.scatter is not None:
        np.testing.assert_allclose(got.scatter, want.scatter, rtol=tolerance, atol=tolerance * np.max(want.scatter))
    return got


@pytest.mark.parametrize("dtype", [float, np.float32])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("kind", "pooled"), KINDS)
def test_normal_families(kind, pooled, size, dtype):
    n, d, k, groups = size
    form = normal_form(kind, pooled, d, k, groups)
    assert_agree(form, normal_data(n, d).astype(dtype), np.log(np.full(k, 1 / k)))


@pytest.mark.parametrize("dtype", [float, np.float32])
def test_data_in_any_layout(dtype):
    form, x = normal_form("full", False, 4, 5), normal_data(700, 4).astype(dtype)
    want = linear.e_step(form, x, np.zeros(5))
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2], np.flip(x[::-1], axis=0)):
        got = assert_agree(form, other, np.zeros(5))
        assert got.loglik == want.loglik


@pytest.mark.parametrize(("kind", "pooled"), KINDS)
def test_weights(kind, pooled):
    form, x = normal_form(kind, pooled, 4, 5), normal_data(700, 4)
    weight = np.random.default_rng(2).exponential(size=700) * (np.arange(700) % 3 > 0)
    some = assert_agree(form, x, np.zeros(5), weight)
    kept = weight > 0
    fewer = assert_agree(form, x[kept], np.zeros(5), weight[kept])
    np.testing.assert_allclose(some.sums, fewer.sums, rtol=1e-12, atol=1e-10)  # weight 0 is absent


@pytest.mark.parametrize("coded", [True, False])
def test_evidence(coded):
    form, x = normal_form("full", False, 3, 4), normal_data(900, 3)
    rng = np.random.default_rng(3)
    if coded:
        evidence = Evidence.from_labels(rng.integers(-1, 4, 900), 4)
    else:
        table = rng.standard_normal((900, 4))
        table[rng.random((900, 4)) < 0.3] = -np.inf
        table[:, 0] = np.where(np.isneginf(table).all(axis=1), 0.0, table[:, 0])
        evidence = Evidence(table)
    assert_agree(form, x, np.zeros(4), rng.random(900), evidence)


def test_a_row_that_nothing_explains():
    """Impossible under every component: log-likelihood -inf, no responsibilities, never NaN."""
    form, x = normal_form("full", True, 2, 3), normal_data(300, 2)
    table = np.zeros((300, 3))
    table[7] = -np.inf
    got = assert_agree(form, x, np.zeros(3), None, Evidence(table))
    assert got.loglik == -np.inf
    np.testing.assert_allclose(got.counts.sum(), 299)
    weight = np.ones(300)
    weight[7] = 0.0  # absent
    assert np.isfinite(assert_agree(form, x, np.zeros(3), weight, Evidence(table)).loglik)


@pytest.mark.parametrize("size", [1e30, 1e15, 800.0])
def test_extreme_logits(size):
    """Probabilities of 0, which stand as -1e30 times a count, and densities beyond any exponential."""
    layout = Layout(columns=1, codes=np.array([[0, LEVEL], [0, LEVEL]]), arguments=np.array([0.0, 1.0]))
    theta = np.array([[-size, 0.0], [0.0, -size], [size / 2, -size]])
    form = Form(layout, theta, np.zeros(3), np.zeros((1, 1)), np.ones((1, 1)), (3,))
    x = np.array([[0.0], [1.0], [np.nan]] * 100)
    got = assert_agree(form, x, np.log([0.2, 0.3, 0.5]))
    assert np.isfinite(got.loglik)
    assert np.isfinite(got.sums).all()


def test_a_weight_of_zero_is_no_component():
    form, x = normal_form("diag", False, 2, 3), normal_data(300, 2)
    for nothing in (-np.inf, -1e30):
        assert assert_agree(form, x, np.array([0.0, nothing, 0.0])).counts[1] == 0


@pytest.mark.parametrize("component", [0, 1])
def test_nan_is_not_hidden(component):
    """Parameters that are NaN must not look like a component that is impossible."""
    form, x = normal_form("full", False, 2, 2), normal_data(300, 2)
    theta = form.theta.copy()
    theta[component] = np.nan
    assert np.isnan(linear.e_step(replace(form, theta=theta), x, np.zeros(2)).loglik)


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_counts_and_categories(missing):
    """Every rule, and products of what rules give: z² of a standardised column that may be missing."""
    rng = np.random.default_rng(4)
    x = rng.integers(0, 4, (800, 5)).astype(float)
    x[rng.random(x.shape) < missing] = np.nan
    codes = [(0, VALUE), (0, REST), (1, VALUE), (1, SEEN), (2, LEVEL), (2, LEVEL), (2, LEVEL), (3, VALUE), (3, SEEN)]
    arguments = np.array([0, 4, 0, 0, 0, 1, 2, 0, 0.0])
    layout = Layout(5, codes=np.array(codes), arguments=arguments, products=np.array([[7], [7]]))
    pivot, scale = np.array([[0, 0, 0, 1.5, 0]]), np.array([[1, 1, 1, 0.8, 1]])
    theta = 0.5 * rng.standard_normal((3, 10))
    assert_agree(Form(layout, theta, rng.standard_normal(3), pivot, scale, (3,)), x, np.zeros(3), rng.random(800))


@pytest.mark.parametrize("dense", [True, False])
def test_mixed_columns(dense):
    """Normal columns, a category, and features that come ready-made, side by side."""
    rng = np.random.default_rng(5)
    x = np.column_stack([normal_data(600, 3), rng.integers(0, 2, 600)])
    codes, arguments = np.array([(3, LEVEL), (3, LEVEL)]), np.array([0.0, 1.0])
    layout = Layout(
        4, 3, dense, True, codes, arguments, given=2, products=np.array([(0, 1, 2, 4), (0, 1, 2, 6)]), pooled="diag"
    )
    assert (layout.plain, layout.size) == (8, 12)
    scale = np.tril(rng.standard_normal((3, 3))) if dense else rng.random(4)
    form = Form(layout, 0.1 * rng.standard_normal((4, 12)), np.zeros(4), rng.random((1, 4)), scale[None], (4,))
    assert_agree(form, x, np.zeros(4), rng.random(600), given=rng.standard_normal((2, 600)))


@pytest.mark.parametrize("n", [3, 256, 1000])
def test_features_that_come_ready_made(n):
    rng = np.random.default_rng(6)
    form = Form(Layout(given=7), rng.standard_normal((3, 7)), np.zeros(3), np.zeros((1, 0)), np.zeros((1, 0)), (3,))
    assert_agree(form, None, np.zeros(3), given=rng.standard_normal((7, n)))


def test_any_layout_of_the_data_in_memory():
    form, x = normal_form("full", False, 3, 2), normal_data(400, 6)
    want = linear.e_step(form, np.ascontiguousarray(x[:, ::2]), np.zeros(2))
    read_only = np.ascontiguousarray(x[:, ::2])
    read_only.flags.writeable = False
    for same in (x[:, ::2], np.asfortranarray(x[:, ::2]), read_only, x[:, ::2].astype(">f8")):
        assert linear.e_step(form, same, np.zeros(2)).loglik == want.loglik
    whole = np.round(x[:, ::2])
    assert linear.e_step(form, whole.astype(int), np.zeros(2)).loglik == linear.e_step(form, whole, np.zeros(2)).loglik


@pytest.mark.parametrize("n_threads", [2, 5])
def test_threads_change_nothing(n_threads):
    form, x = normal_form("full", False, 6, 9), normal_data(20_000, 6)
    chunks = [x[begin : begin + 1300] for begin in range(0, len(x), 1300)]
    together = threading.Barrier(n_threads)

    def work(chunk):
        return linear.e_step(form, chunk, np.zeros(9))

    alone = [work(chunk) for chunk in chunks]
    with ThreadPoolExecutor(n_threads, initializer=together.wait) as pool:
        for one, other in zip(alone, pool.map(work, chunks * 3), strict=False):
            assert one.loglik == other.loglik
            np.testing.assert_array_equal(one.counts, other.counts)
            np.testing.assert_array_equal(one.sums, other.sums)


def test_a_larger_problem_after_a_smaller_one():
    """The room that a thread works in grows, and what a call leaves there does not show in the next."""
    small, large = normal_form("full", False, 2, 2), normal_form("full", True, 40, 30)
    x = normal_data(300, 40)
    first = linear.e_step(large, x, np.zeros(30))
    linear.e_step(small, np.full((300, 2), 1e200), np.zeros(2))
    again = linear.e_step(large, x, np.zeros(30))
    np.testing.assert_array_equal(first.sums, again.sums)
    np.testing.assert_array_equal(first.scatter, again.scatter)
