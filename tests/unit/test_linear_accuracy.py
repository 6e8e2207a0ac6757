"""The linear path of normal families against the centred one, and both against long doubles."""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix.families._normal_linear import RHO2, Coordinates, LinearBlock
from hiddenmix.families._normal_rows import evaluate_rows
from hiddenmix.families.shapes import SHAPES

N = 3000


def exact_covariances(x, resp):
    """Weighted covariances of the components, in extended precision."""
    wide = x.astype(np.longdouble)
    out = []
    for r in resp.T.astype(np.longdouble):
        delta = wide - (r @ wide) / r.sum()
        out.append((delta * r[:, None]).T @ delta / r.sum())
    return np.stack(out)


def error(got, want):
    """The largest error of a covariance relative to itself in every direction: of its whitened form."""
    chol = np.linalg.cholesky(want.astype(float))
    inverse = np.linalg.inv(chol)
    difference = (got.astype(np.longdouble) - want).astype(float)
    return max(np.linalg.norm(i @ e @ i.T, 2) for i, e in zip(inverse, difference, strict=True))


def both_paths(params, x, resp, shape="full"):
    """Log densities and moments, by features and centred."""
    ways = (evaluate_rows(SHAPES[shape], 0.0, params, x, centred) for centred in (False, True))
    return [(log_prob, moments_of(resp)) for log_prob, moments_of in ways]


def settled(x, resp, shape="full"):
    """The parameters that belong to these responsibilities."""
    family = hm.Normal(shape)
    return family.estimate(None, family.stats(None, x, resp))


def near(groups, rng):
    """Responsibilities that mostly follow the groups."""
    return 0.999 * np.eye(groups.max() + 1)[groups] + 0.001 / (groups.max() + 1)


@pytest.mark.parametrize("noise", [1e-2, 1e-3, 1e-4, 1e-5, 1e-6])
def test_collinear_columns(noise):
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, N)
    base = rng.standard_normal((N, 2)) + 3 * groups[:, None]
    x = np.column_stack([base, base.sum(axis=1) + noise * rng.standard_normal(N)])
    resp = near(groups, rng)
    params = settled(x, resp)
    (log_prob, moments), (reference, _) = both_paths(params, x, resp)
    got = moments.scatter / moments.weight[:, None, None]
    conditioning = 1e-16 / noise**2  # what rounding x itself does in the thin direction
    assert error(got, exact_covariances(x, resp)) < max(1e-10, 100 * conditioning)
    assert np.max(np.abs(log_prob - reference)) < max(1e-9, 1e4 * conditioning)


@pytest.mark.parametrize("apart", [1e1, 1e3, 1e5, 1e7])
@pytest.mark.parametrize("shape", SHAPES)
def test_distant_components(apart, shape):
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 3, N)
    x = rng.standard_normal((N, 2)) + apart * np.array([[0.0, 0], [1, 0], [0, 1]])[groups]
    resp = np.eye(3)[groups]
    params = settled(x, resp, shape)
    (log_prob, moments), (reference, centred) = both_paths(params, x, resp, shape)
    own = reference[np.arange(N), groups]
    assert np.max(np.abs(log_prob[np.arange(N), groups] - own)) < 1e-8
    assert np.max(np.abs(moments.scatter - centred.scatter) / np.max(np.abs(centred.scatter))) < 1e-10
    assert np.max(np.abs(moments.mean - centred.mean)) < 1e-14 * apart + 1e-14


@pytest.mark.parametrize("offset", [0.0, 1e4, 1e8])
@pytest.mark.parametrize("shape", SHAPES)
def test_offsets(offset, shape):
    """Where the data lie does not matter: only how precisely they are stored does."""
    rng = np.random.default_rng(2)
    groups = rng.integers(0, 2, N)
    x = offset + rng.standard_normal((N, 3)) + 4 * groups[:, None]
    resp = near(groups, rng)
    params = settled(x, resp, shape)
    (log_prob, moments), (reference, centred) = both_paths(params, x, resp, shape)
    assert np.max(np.abs(log_prob - reference)) < 1e-9 * max(1.0, np.sqrt(offset))
    assert np.max(np.abs(moments.scatter - centred.scatter) / np.max(np.abs(centred.scatter))) < 1e-10
    if shape == "full":
        assert error(moments.scatter / moments.weight[:, None, None], exact_covariances(x, resp)) < 1e-10


def test_every_group_is_within_the_guard():
    """Components that are too far apart or too unequal for one system of coordinates get several."""
    rng = np.random.default_rng(3)
    means = np.array([[0.0, 0], [2, 1], [1e6, 0], [1e6, 3], [0, 1e9]])
    chol = np.array([1.0, 1e-4, 1.0, 1.0, 1e3])[:, None, None] * np.eye(2)
    params = hm.NormalParams(means, SHAPES["full"].from_dense(chol @ chol, 5))
    from hiddenmix.families._normal_block import Block

    linear = LinearBlock.of(Block.of(params.mean, params.cov.chol, "full", False, 0.0))
    assert sorted(np.concatenate([chosen for chosen, _ in linear.groups])) == list(range(5))
    assert len(linear.groups) > 1
    for _, features in linear.groups:
        assert np.all(Coordinates.of(features.block).rho2 <= RHO2) or len(features.block.mean) > 1
        assert np.all(features.coordinates.rho2 <= RHO2)
    labels = rng.integers(0, 5, N)
    x = hm.Normal("full").sample(params, labels, rng)
    resp = np.eye(5)[labels]
    (_, moments), (_, centred) = both_paths(params, x, resp)
    for got, want in zip(moments.scatter, centred.scatter, strict=True):
        assert np.max(np.abs(got - want)) < 1e-9 * np.max(np.abs(want))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("apart", [1e6, 1e8, 1e9])
def test_parameters_that_do_not_fit_the_data(apart, shape):
    """The guard must hold for what the rows turn out to be, not only for what the parameters expected."""
    rng = np.random.default_rng(4)
    groups = np.arange(N) % 2
    x = rng.standard_normal((N, 2)) + apart * groups[:, None]
    wide = {"full": np.eye(2), "diag": np.ones(2), "spherical": np.asarray(1.0)}[SHAPES[shape].kind]
    cov = SHAPES[shape].from_dense(wide * (apart / 10) ** 2, 2)
    params = hm.NormalParams(apart * np.array([[0.0, 0], [1, 1]]), cov)
    (_, moments), (_, centred) = both_paths(params, x, np.eye(2)[groups], shape)
    assert np.max(np.abs(moments.scatter - centred.scatter)) < 1e-6 * np.max(centred.scatter)


def test_start_far_from_the_data():
    rng = np.random.default_rng(5)
    x = 1e8 + rng.standard_normal((N, 1)) + 6 * (np.arange(N) % 2)[:, None]
    far = hm.MixtureParams([0.5, 0.5], hm.NormalParams([[0.0], [1.0]], SHAPES["full"].from_dense(np.eye(1), 2)))
    result = hm.fit(hm.Mixture(hm.Normal(), 2), x, far, max_iter=3, certificate="off")
    assert result.status in (hm.Status.CONVERGED, hm.Status.ITERATION_LIMIT), result.reason


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_single_precision_is_widened(dtype):
    """float32 data are summed in float64: the answer is that of the stored numbers, exactly."""
    rng = np.random.default_rng(6)
    x = (1e3 + rng.standard_normal((N, 2))).astype(dtype)
    resp = rng.dirichlet(np.ones(2), N)
    params = settled(x, resp)
    (_, moments), _ = both_paths(params, x, resp)
    got = moments.scatter / moments.weight[:, None, None]
    assert error(got, exact_covariances(x.astype(float), resp)) < 1e-10
