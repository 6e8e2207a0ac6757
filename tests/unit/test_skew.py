"""Skew-normal and skew-t components: densities, latent expectations, maximum likelihood, limits, recovery."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

import hiddenmix as hm
from hiddenmix.families._half_lines import normal_half, student_half
from hiddenmix.families.conditional import marginal
from hiddenmix.families.views import centres

SCALE = np.array([[1.0, 0.4], [0.4, 0.8]])
SHAPE = hm.Normal().shape
PLACED = hm.NormalParams([[0.0, 0.0], [8.0, 3.0]], SHAPE.from_dense(SCALE, 2))
SKEW = np.array([[2.0, -1.0], [-1.5, 2.0]])
NORMAL = hm.SkewNormalParams(PLACED, SKEW)
TAILED = hm.SkewStudentParams(PLACED, SKEW, [4.0, 6.0])
FAMILIES = pytest.mark.parametrize(
    ("family", "truth"), [(hm.SkewNormal(), NORMAL), (hm.SkewStudent(), TAILED)], ids=["normal", "t"]
)


def drawn(family, params, n, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    return family.sample(params, labels, rng), labels


def half_line(f):
    """The integral of f from 0 on."""
    ends = [0, 0.2, 1, 2, 4, 8, 20, 100, np.inf]
    return sum(integrate.quad(f, *part, epsabs=0, epsrel=1e-12)[0] for part in pairwise(ends))


@pytest.mark.parametrize("z", [-200.0, -60.0, -49.0, -5.0, 0.0, 3.0, 29.0, 31.0, 400.0])
def test_a_normal_cut_off_at_zero(z):
    low, high = max(z - 15, 0.0), (z + 15 if z > -1 else 60 / abs(z))
    mass = [
        integrate.quad(lambda t, p=p: t**p * np.exp(-0.5 * (t - max(z, 0)) ** 2 + min(z, 0) * t), low, high, epsabs=0)[
            0
        ]
        for p in (0, 1, 2)
    ]
    log_mass, mean, var = normal_half(np.array([z]))
    assert log_mass[0] == special.log_ndtr(z)
    assert mean[0] == pytest.approx(mass[1] / mass[0], rel=1e-9)
    assert var[0] == pytest.approx(mass[2] / mass[0] - (mass[1] / mass[0]) ** 2, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("r", [1.1, 3.0, 30.0, 1003.0])
def test_a_student_t_cut_off(r):
    y = np.array([[-6.0, -3.0, -0.5, -1e-3, 0.0, 0.3, 2.0, 5.0]]) / np.sqrt(r)
    log_mass, hazard, expected = student_half(y, np.array([[r]]))
    t = stats.t(r, scale=1 / np.sqrt(r))
    assert log_mass == pytest.approx(t.logcdf(y), rel=1e-11)
    assert hazard == pytest.approx(np.exp(t.logpdf(y) - t.logcdf(y)), rel=1e-10)
    for at, got in zip(y[0], expected[0], strict=True):
        edges = [at - 10.0**p / np.sqrt(r) for p in (9, 6, 4, 3, 2, 1, 0, -1)] + [at]
        part = lambda v: t.pdf(v) * np.log1p(v * v)  # noqa: E731
        found = sum(integrate.quad(part, *ends, epsabs=0, limit=200)[0] for ends in pairwise(edges))
        assert got == pytest.approx(found / t.cdf(at), rel=1e-7)


def test_one_column_is_scipys_skew_normal():
    """In its parameters: shape skew over root scale, spread the root of scale plus squared skewness."""
    params = hm.SkewNormalParams(hm.NormalParams([[1.0]], SHAPE.from_dense(np.array([[0.5]]), 1)), [[-3.0]])
    x = np.linspace(-15, 5, 101)[:, None]
    want = stats.skewnorm.logpdf(x, -3.0 / 0.5**0.5, 1.0, np.sqrt(0.5 + 9.0))
    assert hm.SkewNormal().log_prob(params, x) == pytest.approx(want, rel=1e-11)


@FAMILIES
def test_densities_have_mass_one_and_these_means(family, truth):
    """Summed over the plane, far enough out for the tails."""
    side = np.linspace(-3.2, 3.2, 321)
    at, step = np.sinh(2 * side), 2 * np.cosh(2 * side) * (side[1] - side[0])
    x = np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1).reshape(-1, 2)
    density = np.exp(family.log_prob(truth, x)) * np.multiply.outer(step, step).reshape(-1, 1)
    assert density.sum(axis=0) == pytest.approx([1.0, 1.0], abs=2e-5)
    assert density.T @ x == pytest.approx(family.means(truth), abs=0.02)


def by_integration(row, j, df):
    """E[u], E[u t], E[u t²] and E[log u] of a row in component j: u out by hand, given t; without df it is 1."""
    inverse, rest, shape = np.linalg.inv(SCALE), row - PLACED.mean[j], 0.0 if df is None else (df + 3) / 2

    def rate(t):
        at = rest - SKEW[j] * t
        return (at @ inverse @ at + t * t + (df or 0.0)) / 2

    def density(t):
        return np.exp(-rate(t)) if df is None else rate(t) ** -shape

    def scale(t):
        return 1.0 if df is None else shape / rate(t)

    total = half_line(density)
    powers = [half_line(lambda t, p=p: t**p * scale(t) * density(t)) / total for p in range(3)]
    return *powers, half_line(lambda t: (special.psi(max(shape, 1.0)) - np.log(rate(t))) * density(t)) / total


@FAMILIES
@pytest.mark.parametrize("j", [0, 1])
def test_what_is_expected_of_the_latent_parts(family, truth, j):
    """What the statistics of one row hold."""
    row, df = np.array([1.5, -2.0]), getattr(truth, "df", None)
    found = family.stats(truth, row[None], np.eye(2)[[j]])
    got = found if df is None else found.moments
    zero, one, two, log = by_integration(row, j, None if df is None else df[j])
    assert got.weight[j] == pytest.approx(zero, rel=1e-8)
    assert got.weight[j] * got.mean[j, 2] == pytest.approx(one, rel=1e-8)
    assert got.scatter[j, 2, 2] + got.weight[j] * got.mean[j, 2] ** 2 == pytest.approx(two, rel=1e-8)
    if df is not None:
        assert found.excess[j] == pytest.approx(log - zero + 1, rel=1e-8)


@FAMILIES
@pytest.mark.parametrize("shape", ["full", "tied", "diag"])
def test_no_optimiser_finds_a_better_m_step(family, truth, shape):
    x, labels = drawn(family, truth, 80)
    x[::7, 1] = np.nan
    family = type(family)(shape).prepare(x, None, 2)
    params = family.estimate(None, family.stats(None, x, np.eye(2)[labels]))
    stats_ = family.stats(params, x, np.random.default_rng(1).dirichlet([1, 1], 80))
    best = family.estimate(params, stats_)

    def loss(vector):
        at = family.unravel(vector, params)
        return -family.expected_log_prob(at, stats_).sum(), -family.gradient(at, stats_, params)

    found = optimize.minimize(loss, np.zeros(len(family.ravel(best, params))), jac=True, options={"gtol": 1e-9})
    ours = loss(family.ravel(best, params))[0]
    assert ours <= found.fun + 1e-9 * abs(found.fun)
    assert ours == pytest.approx(found.fun, rel=1e-8)


def test_one_skew_normal_agrees_with_a_direct_search():
    x = stats.skewnorm.rvs(4.0, 1.0, 2.0, size=400, random_state=0)[:, None]
    result = hm.fit(hm.Single(hm.SkewNormal()), hm.Rows(x), stop=hm.Gain(1e-12), max_iter=5000, algorithm="lbfgs")
    loss = lambda v: -stats.skewnorm.logpdf(x, v[0], v[1], np.exp(v[2])).sum()  # noqa: E731
    found = optimize.minimize(loss, [3.0, 1.0, 0.5], method="Nelder-Mead", options={"fatol": 1e-11, "maxiter": 4000})
    assert result.loglik == pytest.approx(-found.fun, abs=1e-6)
    alpha = result.params.skew[0, 0] / result.params.normal.cov.chol[0, 0, 0]
    assert alpha == pytest.approx(found.x[0], rel=1e-2)


@FAMILIES
def test_known_parameters_are_recovered(family, truth):
    x, _ = drawn(family, truth, 6000, seed=3)
    model = hm.Mixture(family, 2)
    result = hm.fit(model, hm.Rows(x), starts=2, rng=np.random.default_rng(0), certificate="off")
    assert result.loglik >= model.e_step(hm.MixtureParams([0.5, 0.5], truth), hm.Batch(x))[0]
    found = result.model.match(result.params, hm.MixtureParams([0.5, 0.5], truth)).components
    assert found.skew == pytest.approx(SKEW, abs=0.25)
    assert found.normal.mean == pytest.approx(PLACED.mean, abs=0.25)
    if hasattr(truth, "df"):
        assert found.df == pytest.approx(truth.df, rel=0.25)


def test_a_skew_t_of_many_degrees_of_freedom_is_a_skew_normal():
    x, _ = drawn(hm.SkewNormal(), NORMAL, 200)
    many = hm.SkewStudentParams(PLACED, SKEW, [1000.0, 1000.0])
    inside = hm.SkewNormal().log_prob(NORMAL, x)
    near = inside > -8
    assert hm.SkewStudent().log_prob(many, x)[near] == pytest.approx(inside[near], abs=0.05)
    unbent = hm.SkewStudentParams(PLACED, np.zeros((2, 2)), [4.0, 6.0])
    plain = hm.StudentParams(PLACED.mean, PLACED.cov, [4.0, 6.0])
    assert hm.SkewStudent().log_prob(unbent, x) == pytest.approx(hm.Student().log_prob(plain, x), rel=1e-10)


def test_far_rows_give_finite_numbers():
    x = np.array([[1e6, -1e6], [-1e8, 0.0], [0.0, 1e-9]])
    for family, truth in ((hm.SkewNormal(), NORMAL), (hm.SkewStudent(), TAILED)):
        log_prob, stats_of = family.evaluate(truth, x)
        assert np.isfinite(log_prob).all()
        for leaf in vars(stats_of(np.full((3, 2), 0.5))).values():
            assert np.isfinite(getattr(leaf, "scatter", leaf) if not isinstance(leaf, str) else 0.0).all()


def test_locations_are_known_by_component():
    with pytest.raises(hm.HiddenmixError) as caught:
        hm.SkewNormal(location=hm.Known(PLACED.mean, [[True, False], [False, False]]))
    assert caught.value.code == "HM410"


@FAMILIES
def test_files_and_single_columns(family, truth, tmp_path):
    x, _ = drawn(family, truth, 300)
    model = hm.MixtureModel(family, 2, random_state=0, n_init=2).fit(x)
    model.save(tmp_path / "skew.hmx")
    assert hm.load(tmp_path / "skew.hmx").score_samples(x).tolist() == model.score_samples(x).tolist()
    assert centres(family, truth, 2) == pytest.approx(family.means(truth))
    alone, params = marginal(family, truth, np.array([1]))
    hidden = np.column_stack([np.full(300, np.nan), x[:, 1]])
    assert alone.log_prob(params, x[:, 1:]) == pytest.approx(family.log_prob(truth, hidden), abs=1e-11)
