"""Student-t components: exact M-steps, maximum likelihood, the normal limit, collapse, outliers, missing cells."""

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

import hiddenmix as hm
from hiddenmix.families._freedom import MOST, digamma_gap_root
from hiddenmix.families.conditional import conditional, marginal

# Newcomb's measurements of the speed of light (Stigler 1977, Annals of Statistics 5:1055, table 5): mean 26.2, sd 10.7
TIMES = """
28 26 33 24 34 -44 27 16 40 -2 29 22 24 21 25 30 23 29 31 19 24 20 36 32 36 28 25 21 28 29 37 25 28
26 30 32 36 26 30 22 36 23 27 27 28 27 31 27 26 33 26 32 32 24 39 28 24 25 32 25 29 27 28 29 16 23
"""
NEWCOMB = np.array(TIMES.split(), float)[:, None]
SCALE = np.array([[2.0, 0.5], [0.5, 1.0]])
CORNER = hm.StudentParams([[0.0, 0.0], [3.0, 2.0]], hm.Normal().shape.from_dense(SCALE, 2), [3.0, 6.0])


def drawn(n, seed=0, missing=0.0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    x = hm.Student().sample(CORNER, labels, rng)
    x[rng.random(x.shape) < missing] = np.nan
    return x, labels


def test_the_root_of_the_digamma_equation():
    h = np.geomspace(0.01, 1e4, 200)
    assert digamma_gap_root(np.log(h) - special.psi(h)) == pytest.approx(h, rel=1e-8)


@pytest.mark.parametrize("options", [{}, {"shared_df": True}, {"df": 4.0}, {"prior": "conjugate"}], ids=str)
@pytest.mark.parametrize("shape", ["full", "tied", "diag", "tied_spherical"])
def test_no_optimiser_finds_a_better_m_step(shape, options):
    x, labels = drawn(80, missing=0.1)
    family = hm.Student(shape, **options).prepare(x, None, 2)
    params = family.estimate(None, family.stats(None, x, np.eye(2)[labels]))
    stats_ = family.stats(params, x, np.random.default_rng(1).dirichlet([1, 1], 80))
    best = family.estimate(params, stats_)

    def loss(vector):
        at = family.unravel(vector, params)
        value = -float(family.expected_log_prob(at, stats_).sum()) - family.log_prior(at)
        return value, -family.gradient(at, stats_, params)

    found = optimize.minimize(loss, np.zeros(len(family.ravel(best, params))), jac=True, options={"gtol": 1e-9})
    ours = loss(family.ravel(best, params))[0]
    assert ours <= found.fun + 1e-9 * abs(found.fun)
    assert ours == pytest.approx(found.fun, rel=1e-8)


def test_newcomb_agrees_with_a_direct_search():
    """One t: location, scale and degrees of freedom as a simplex search on SciPy's density finds them."""
    assert NEWCOMB.mean() == pytest.approx(26.2, abs=0.05)
    assert NEWCOMB.std(ddof=1) == pytest.approx(10.7, abs=0.05)
    model = hm.StudentMixture(1, tol=1e-12).fit(NEWCOMB)
    loss = lambda v: -stats.t.logpdf(NEWCOMB, np.exp(v[2]), v[0], np.exp(v[1])).sum()  # noqa: E731
    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
    found = optimize.minimize(loss, [27.0, 1.5, 0.8], method="Nelder-Mead", options=options)
    assert model.result_.loglik == pytest.approx(-found.fun, abs=1e-8)
    assert model.means_[0, 0] == pytest.approx(found.x[0], abs=1e-4)
    assert np.sqrt(model.covariances_[0, 0, 0]) == pytest.approx(np.exp(found.x[1]), rel=1e-4)
    assert model.df_[0] == pytest.approx(np.exp(found.x[2]), rel=1e-4)


def test_two_columns_with_missing_cells_agree_with_a_direct_search():
    x, labels = drawn(120, seed=3, missing=0.2)
    x = x[labels == 0]
    model = hm.StudentMixture(1, tol=1e-12).fit(x)
    seen = ~np.isnan(x)

    def loss(v):
        root = np.array([[np.exp(v[2]), 0], [v[3], np.exp(v[4])]])
        cov, total = root @ root.T, 0.0
        for pattern in ([True, True], [True, False], [False, True]):
            rows = x[(seen == pattern).all(axis=1)][:, pattern]
            t = stats.multivariate_t(v[:2][pattern], cov[np.ix_(pattern, pattern)], np.exp(v[5]))
            total += t.logpdf(rows).sum() if len(rows) else 0.0
        return -total

    found = optimize.minimize(loss, np.zeros(6), method="BFGS", options={"gtol": 1e-7})
    assert model.result_.loglik == pytest.approx(-found.fun, abs=1e-6)
    assert model.df_[0] == pytest.approx(np.exp(found.x[5]), rel=1e-2)


def test_known_parameters_are_recovered():
    x, _ = drawn(20_000, seed=5, missing=0.05)
    result = hm.fit(hm.Mixture(hm.Student(), 2), hm.Rows(x), starts=2, rng=np.random.default_rng(0))
    found = result.model.match(result.params, hm.MixtureParams([0.5, 0.5], CORNER)).components
    assert found.mean == pytest.approx(CORNER.mean, abs=0.06)
    assert found.df == pytest.approx(CORNER.df, rel=0.15)
    assert hm.Normal().shape.dense(found.cov)[0] == pytest.approx(SCALE, abs=0.1)


def test_normal_rows_are_as_likely_as_under_a_normal():
    """Light tails: degrees of freedom go to their bound, where a row's log-likelihood is a normal one's to 1e-6."""
    x = np.random.default_rng(0).uniform(-1, 1, (400, 1))
    model = hm.StudentMixture(1).fit(x)
    assert model.df_[0] == MOST
    assert model.result_.certificate is hm.Certificate.BOUNDARY

    def lost(scale):
        gap = lambda v: stats.norm.pdf(v) * (stats.norm.logpdf(v) - stats.t.logpdf(v, MOST, scale=scale))  # noqa: E731
        return integrate.quad(gap, -12, 12, epsabs=1e-12)[0]

    assert 0 < optimize.minimize_scalar(lost, bounds=(0.9, 1.0), method="bounded").fun < 1e-6


def test_equal_rows_have_no_likelihood():
    """More than half of the rows in one point: the t closes upon it, and the fit says so."""
    x = np.concatenate([np.zeros(60), np.linspace(-3, 3, 40)])[:, None]
    with pytest.raises(hm.HiddenmixError, match="no spread") as caught:
        hm.StudentMixture(1).fit(x)
    assert caught.value.code == "HM205"


def test_an_outlier_at_any_distance_changes_nothing_more():
    x, _ = drawn(300, seed=2)
    near, far = (hm.StudentMixture(1, df=3.0, tol=1e-10).fit(np.vstack([x, [[at, at]]])) for at in (1e4, 1e7))
    assert near.means_ == pytest.approx(far.means_, abs=1e-3)
    assert near.covariances_ == pytest.approx(far.covariances_, rel=1e-3)
    assert far.row_weights([[1e7, 1e7], far.means_[0]]) == pytest.approx([0.0, 5 / 3], abs=1e-12)


def test_units_of_the_columns_do_not_matter():
    x, _ = drawn(200, seed=4)
    units = np.array([1e-6, 1e7])
    one, other = (hm.StudentMixture(2, random_state=0, tol=1e-10).fit(data) for data in (x, x * units))
    assert other.means_ / units == pytest.approx(one.means_, abs=1e-5)
    assert other.df_ == pytest.approx(one.df_, rel=1e-4)
    assert other.result_.loglik == pytest.approx(one.result_.loglik - 200 * np.log(units).sum(), abs=1e-5)


def test_typicality_is_that_of_draws():
    """Probabilities of a component's own draws are uniform, also where a cell is missing."""
    rng = np.random.default_rng(0)
    x = hm.Student().sample(CORNER, np.zeros(4000, int), rng)
    x[:2000, 1] = np.nan
    p = hm.Student().typicality(CORNER, x)[:, 0]
    assert stats.kstest(p[:2000], "uniform").pvalue > 0.01
    assert stats.kstest(p[2000:], "uniform").pvalue > 0.01
    assert hm.Student().typicality(CORNER, np.full((1, 2), np.nan)).tolist() == [[1.0, 1.0]]


def test_missing_cells_given_the_observed_one():
    """The conditional density is joint over marginal; its quantiles, mean and spread follow by integration."""
    family, row = hm.Student(), np.array([[4.0, np.nan]])
    ((unseen, cells),) = conditional(family, CORNER, row)
    assert unseen.tolist() == [1]

    def density(v, j):
        joint = family.log_prob(CORNER, np.array([[4.0, v]]))[0, j]
        return np.exp(joint - family.log_prob(CORNER, row)[0, j])

    for j in range(2):
        moment = lambda p, j=j: integrate.quad(lambda v: v**p * density(v, j), -np.inf, np.inf)[0]  # noqa: E731
        assert moment(0) == pytest.approx(1.0, abs=1e-7)
        assert cells.means()[0, j, 0] == pytest.approx(moment(1), abs=1e-6)
        assert cells.variances()[0, j, 0] == pytest.approx(moment(2) - moment(1) ** 2, rel=1e-4)
        alone = np.eye(2)[[j]]
        for q in (0.01, 0.5, 0.9):
            at = cells.quantile(alone, q)[0, 0]
            assert integrate.quad(density, -np.inf, at, args=(j,))[0] == pytest.approx(q, abs=1e-6)
        drawn_ = cells.draw(np.full(20_000, j), np.random.default_rng(j))[:, 0]
        assert np.median(drawn_) == pytest.approx(cells.means()[0, j, 0], abs=0.05)
        assert np.mean(drawn_ < cells.quantile(alone, 0.9)[0, 0]) == pytest.approx(0.9, abs=0.01)


def test_columns_by_themselves_and_heavy_tails():
    family, params = marginal(hm.Student(), CORNER, np.array([1]))
    x = np.array([[0.3], [7.0]])
    whole = np.column_stack([np.full(2, np.nan), x])
    assert family.log_prob(params, x) == pytest.approx(hm.Student().log_prob(CORNER, whole), abs=1e-12)
    heavy = hm.StudentParams(CORNER.mean, CORNER.cov, [0.5, 1.5])
    ((_, cells),) = conditional(hm.Student(), heavy, np.full((1, 2), np.nan))
    assert cells.sd(np.array([[1.0, 0.0]])).tolist() == [[np.inf, np.inf]]
    assert cells.quantile(np.array([[1.0, 0.0]]), 0.25) == pytest.approx(
        stats.t.ppf(0.25, 0.5) * np.array([[2**0.5, 1]])
    )


@pytest.mark.parametrize(("options", "code"), [({"df": 0.01}, "HM428"), ({"df": 3.0, "shared_df": True}, "HM410")])
def test_degrees_of_freedom_that_are_none(options, code):
    with pytest.raises(hm.HiddenmixError) as caught:
        hm.Student(**options)
    assert caught.value.code == code
