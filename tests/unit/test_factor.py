"""Factor-analytic covariances: M-steps against other optimisers, counts of parameters, Heywood cases."""

import numpy as np
import pytest
from scipy import optimize
from sklearn.datasets import load_iris

import hiddenmix as hm
from hiddenmix.families._factor_limits import HEYWOOD, most_factors
from hiddenmix.families.factor import rotated, scores, varimax
from hiddenmix.families.factor_shapes import factor_shape
from hiddenmix.families.shapes import shape_of

MODELS = ("UUU", "UUC", "UCU", "UCC", "CUU", "CUC", "CCU", "CCC")


def scatters(rng, k, d, q, n=40):
    """Scatters (k, d, d) and rows (k,) of samples with factors."""
    dof = rng.uniform(0.5, 1.5, k) * n
    out = []
    for rows in dof:
        loading = rng.standard_normal((d, q)) * rng.uniform(0.5, 2.0, q)
        x = rng.standard_normal((n, q)) @ loading.T + rng.standard_normal((n, d)) * rng.uniform(0.3, 1.0, d)
        out.append(np.cov(x.T, bias=True) * rows)
    return np.array(out), dof


def value(shape, cov, scatter, dof):
    roots = shape.roots(cov, *scatter.shape[:2])
    inverse = np.linalg.inv(roots @ np.swapaxes(roots, 1, 2))
    log_det = 2 * np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
    return -0.5 * np.sum(dof * log_det + np.einsum("jab,jab->j", inverse, scatter))


@pytest.mark.parametrize("letters", MODELS)
def test_no_optimiser_in_the_free_coordinates_is_better(letters):
    rng = np.random.default_rng(3)
    scatter, dof = scatters(rng, 2, 6, 2, n=400)
    shape, unit = shape_of(f"factors-2-{letters}"), np.ones(6)
    best = shape.estimate(None, scatter, dof, unit)
    top = value(shape, best, scatter, dof)
    for seed in range(2):
        start = shape.unravel(0.1 * np.random.default_rng(seed).standard_normal(shape.ravel(best, best).size), best)
        warm = shape.estimate(start, scatter, dof, unit)
        assert value(shape, warm, scatter, dof) >= value(shape, start, scatter, dof)
        other = optimize.minimize(
            lambda v: -value(shape, shape.unravel(v, start), scatter, dof) / dof.sum(),  # noqa: B023
            np.zeros(shape.ravel(start, start).size),
            jac=lambda v: -shape.gradient(shape.unravel(v, start), start, scatter, dof) / dof.sum(),  # noqa: B023
            method="BFGS",
            options={"gtol": 1e-8, "maxiter": 2000},
        )
        assert -other.fun * dof.sum() <= top + 1e-9 * abs(top)
        assert -other.fun * dof.sum() == pytest.approx(value(shape, warm, scatter, dof), rel=1e-9)


def test_nested_models_are_ordered():
    scatter, dof = scatters(np.random.default_rng(0), 3, 7, 2)
    found = {}
    for letters in MODELS:
        shape = shape_of(f"factors-2-{letters}")
        found[letters] = value(shape, shape.estimate(None, scatter, dof, np.ones(7)), scatter, dof)
    for a in MODELS:
        for b in MODELS:
            if a != b and all(x == "C" or y == "U" for x, y in zip(a, b)):
                assert found[a] < found[b] + 1e-9 * abs(found[b]), (a, b)
    more = shape_of("factors-3-UUU")
    assert value(more, more.estimate(None, scatter, dof, np.ones(7)), scatter, dof) > found["UUU"]


@pytest.mark.parametrize(
    ("letters", "size"),  # table 1 of McNicholas & Murphy (2008), with p = 7, q = 2, G = 3
    [("CCC", 14), ("CCU", 20), ("CUC", 16), ("CUU", 34), ("UCC", 40), ("UCU", 46), ("UUC", 42), ("UUU", 60)],
)
def test_numbers_of_free_parameters(letters, size):
    scatter, dof = scatters(np.random.default_rng(0), 3, 7, 2)
    shape = shape_of(f"factors-2-{letters}")
    cov = shape.estimate(None, scatter, dof, np.ones(7))
    assert shape.ravel(cov, cov).size == size


def test_isotropic_is_the_closed_form_of_tipping_and_bishop():
    scatter, dof = scatters(np.random.default_rng(1), 1, 8, 3)
    shape = shape_of("factors-3-UUC")
    cov = shape.estimate(None, scatter, dof, np.ones(8))
    values, axes = np.linalg.eigh(scatter[0] / dof[0])
    noise = values[:5].mean()
    want = axes[:, 5:] * (values[5:] - noise) @ axes[:, 5:].T + noise * np.eye(8)
    np.testing.assert_allclose(shape.dense(cov)[0], want, atol=1e-12)
    np.testing.assert_allclose(cov.sd, np.sqrt(noise), rtol=1e-12)


def test_units_of_the_columns_do_not_matter():
    scatter, dof = scatters(np.random.default_rng(2), 2, 6, 2)
    unit = np.array([1e-6, 1.0, 1e3, 1e9, 1e-3, 5.0])
    for letters in ("UUU", "UCU", "CCU"):
        shape = shape_of(f"factors-2-{letters}")
        one = shape.estimate(None, scatter, dof, np.ones(6))
        other = shape.estimate(None, scatter * np.outer(unit, unit), dof, unit)
        np.testing.assert_allclose(other.sd / unit, one.sd, rtol=1e-8)
        assert shape.scale_free


def test_an_exact_covariance_is_given_back():
    rng = np.random.default_rng(5)
    loading, noise = rng.standard_normal((2, 9, 3)), rng.uniform(0.2, 2.0, (2, 9))
    dense = loading @ np.swapaxes(loading, 1, 2) + noise[:, :, None] * np.eye(9)
    shape = shape_of("factors-3")
    cov = shape.from_dense(dense, 2)
    np.testing.assert_allclose(shape.dense(cov), dense, atol=1e-11)
    inner = np.swapaxes(cov.loading, 1, 2) @ (cov.loading / np.square(cov.sd)[..., None])
    for own in inner:  # the standard form
        assert np.max(np.abs(own - np.diag(np.diag(own)))) < 1e-9 * own.max()
        assert np.all(np.diff(np.diag(own)) < 0)


def test_a_heywood_case_ends_at_the_bound_and_nothing_is_better():
    x = load_iris().data  # petal length
    scatter = np.cov(x.T, bias=True)[None] * 150
    shape, dof = shape_of("factors-1"), np.array([150.0])
    cov = shape.estimate(None, scatter, dof, x.std(axis=0))
    at_bound = np.square(cov.sd[0]) <= 1.001 * HEYWOOD * x.var(axis=0)
    assert at_bound.tolist() == [False, False, True, False]
    top = value(shape, cov, scatter, dof)

    def lost(v):
        noise, loading = np.exp(v[:4]), v[4:, None]
        dense = loading @ loading.T + np.diag(noise)
        return 75 * (np.linalg.slogdet(dense)[1] + np.trace(np.linalg.solve(dense, scatter[0] / 150)))

    start = np.concatenate([np.log(0.3 * x.var(axis=0)), [0.7, -0.2, 1.7, 0.7]])
    other = optimize.minimize(lost, start, method="L-BFGS-B", options={"maxiter": 5000, "maxfun": 10**6})
    assert -other.fun <= top + 1e-4
    assert -other.fun == pytest.approx(top, abs=0.05)


def test_rows_that_leave_nothing_are_a_collapse():
    x = np.random.default_rng(0).standard_normal((3, 6))
    scatter = np.cov(x.T, bias=True)[None] * 3
    with pytest.raises(hm.Degenerate, match="collapsed"):
        shape_of("factors-2").estimate(None, scatter, np.array([3.0]), np.ones(6))
    with pytest.raises(hm.Degenerate, match="collapsed"):
        shape_of("factors-2-UUC").estimate(None, scatter, np.array([3.0]), np.ones(6))
    flat = np.diag([1.0, 0.0, 1.0, 1.0, 1.0])[None]
    with pytest.raises(hm.Degenerate, match="column 1"):
        shape_of("factors-1").estimate(None, flat, np.ones(1), np.ones(5))


def test_as_many_factors_as_columns_can_tell():
    assert [most_factors(d, False) for d in (1, 2, 3, 4, 5, 6, 7, 10, 15)] == [0, 0, 1, 1, 2, 3, 3, 6, 10]
    assert most_factors(4, True) == 3
    with pytest.raises(hm.HiddenmixError, match="2 factors: 1 at most") as error:
        hm.fit(hm.Single(hm.Normal("factors-2")), hm.Rows(np.random.default_rng(0).standard_normal((20, 4))))
    assert error.value.code == "HM439"


def test_names():
    shape = hm.FactorShape(3, "common", "own", True)
    assert shape.name == "factors-3-CUC"
    assert factor_shape(shape.name).name == shape.name
    assert factor_shape("full") is None
    assert hm.Normal(shape).shape.letters == "CUC"
    for bad in ({"n_factors": 0}, {"n_factors": 1.5}, {"n_factors": 2, "loadings": "mine"}):
        with pytest.raises(hm.HiddenmixError, match="HM40"):
            hm.FactorShape(**bad)
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        hm.Normal("factors-2", groups=[0, 0, 1])


def test_scores_are_conditional_means_of_the_factors():
    rng = np.random.default_rng(1)
    loading, sd, mean = rng.standard_normal((5, 2)), rng.uniform(0.5, 1.0, 5), rng.standard_normal(5)
    x = rng.standard_normal((3, 5))
    x[1, [0, 3]], x[2] = np.nan, np.nan
    dense = loading @ loading.T + np.diag(sd**2)
    for row, got in zip(x, scores(mean, loading, sd, x)):
        seen = ~np.isnan(row)
        want = loading[seen].T @ np.linalg.solve(dense[np.ix_(seen, seen)], (row - mean)[seen])
        np.testing.assert_allclose(got, want, atol=1e-12)


def test_varimax_finds_simple_structure_again():
    simple = np.kron(np.eye(3), np.array([[0.9], [0.7], [0.5], [0.8]])) + 0.0
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    got = rotated(simple @ turn, "varimax")
    assert np.max(np.abs(np.sort(got, axis=1)[:, :2])) < 1e-7
    np.testing.assert_allclose(got @ got.T, simple @ simple.T, atol=1e-12)
    plain = varimax(simple @ turn, weigh=False)
    np.testing.assert_allclose(plain @ plain.T, np.eye(3), atol=1e-12)
