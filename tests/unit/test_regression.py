"""Normal regressions, with random effects too: against least squares, numerical optimisers, and exact arithmetic."""

import numpy as np
import pytest
from scipy import optimize, stats

import hiddenmix as hm
from hiddenmix.families.regression_random import panel_of

rng = np.random.default_rng(3)
N, P = 80, 3
X = np.column_stack([np.ones(N), rng.normal(5, 2, N), rng.uniform(0, 1, N)])
Y = X @ [1.0, -0.5, 3.0] + rng.normal(0, 0.7, N)
WEIGHT = rng.integers(0, 4, N).astype(float)


def one(family, design, weight=None):
    """The fit of one component, and its log-likelihood."""
    result = hm.fit(hm.Single(family), hm.Rows(design, weight), stop=hm.Gain(1e-14), max_iter=5000)
    return result.params, result.loglik


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_one_component_is_least_squares(weight):
    params, loglik = one(hm.NormalRegression(), hm.Design(Y, X), weight)
    w = np.ones(N) if weight is None else weight
    want = np.linalg.lstsq(X * np.sqrt(w)[:, None], Y * np.sqrt(w), rcond=None)[0]
    sd = np.sqrt(w @ (Y - X @ want) ** 2 / w.sum())
    assert params.coef[0] == pytest.approx(want, rel=1e-10)
    assert params.sd[0] == pytest.approx(sd, rel=1e-10)
    assert loglik == pytest.approx(w @ stats.norm.logpdf(Y, X @ want, sd), rel=1e-12)


def test_offsets_move_the_response():
    offset = rng.normal(0, 2, N)
    here, there = (
        one(hm.NormalRegression(), hm.Design(Y, X, offset)),
        one(hm.NormalRegression(), hm.Design(Y - offset, X)),
    )
    assert here[0].coef == pytest.approx(there[0].coef, rel=1e-12)
    assert here[1] == pytest.approx(there[1], rel=1e-12)


def test_digits_survive_large_means_and_small_residuals():
    shift, scale = 1e6, 1e-4  # raw second moments would leave two digits of the residual variance, or none
    slopes = X @ [0.0, -0.5, 3.0]
    noise = rng.normal(0, 1, N)
    y = shift + slopes + scale * noise
    params, _ = one(hm.NormalRegression(), hm.Design(y, X))
    left = noise - X @ np.linalg.lstsq(X, noise, rcond=None)[0]
    assert params.sd[0] == pytest.approx(scale * np.sqrt(np.mean(left**2)), rel=1e-5)


def test_ridge_in_closed_form():
    precision = np.array([0.0, 2.0, 5.0])
    prior = hm.RegressionPrior(precision, dof=4.0, scale=0.3)
    params, _ = one(hm.NormalRegression(prior=prior), hm.Design(Y, X))
    want = np.linalg.solve(X.T @ X + np.diag(precision), X.T @ Y)
    square = np.sum((Y - X @ want) ** 2) + precision @ want**2 + 4.0 * 0.3
    assert params.coef[0] == pytest.approx(want, rel=1e-10)
    assert params.sd[0] ** 2 == pytest.approx(square / (N + 2 + 4 + 2), rel=1e-10)


@pytest.mark.parametrize(
    "family",
    [
        hm.NormalRegression(shared=[1]),
        hm.NormalRegression(shared=[0, 2], variance="shared"),
        hm.NormalRegression(shared=[1], prior=hm.RegressionPrior([0.0, 1.0, 1.0], dof=3.0, scale=0.5)),
    ],
    ids=["shared", "shared-variance", "shared-prior"],
)
def test_no_optimiser_finds_a_better_m_step(family):
    design, resp = hm.Design(Y, X), rng.dirichlet([0.5, 0.5], N)
    family = family.prepare(design, None, 2)
    found = family.estimate(None, family.stats(None, design, resp))
    found = family.estimate(found, family.stats(found, design, resp))
    free = [c for c in range(P) if c not in family.shared]

    def params_of(vector):
        coef = np.zeros((2, P))
        coef[:, list(family.shared)] = vector[: len(family.shared)]
        coef[:, free] = vector[len(family.shared) : len(family.shared) + 2 * len(free)].reshape(2, -1)
        sd = np.exp(vector[len(family.shared) + 2 * len(free) :])
        return hm.RegressionParams(coef, np.resize(sd, 2))

    def objective(vector):
        p = params_of(vector)
        return np.sum(resp * stats.norm.logpdf(Y[:, None], X @ p.coef.T, p.sd)) + family.log_prior(p)

    sds = found.sd if family.variance == "own" else found.sd[:1]
    here = np.concatenate([found.coef[0, list(family.shared)], found.coef[:, free].ravel(), np.log(sds)])
    best = max(
        -optimize.minimize(lambda v: -objective(v), here + step, method="BFGS", options={"gtol": 1e-9}).fun
        for step in (0.0, 0.1 * rng.standard_normal(len(here)))
    )
    assert objective(here) >= best - 1e-9 * (1 + abs(best))


def test_rows_on_a_line_collapse():
    y = X @ [1.0, 2.0, 3.0]
    family = hm.NormalRegression().prepare(hm.Design(y, X), None, 2)
    with pytest.raises(hm.Degenerate, match="one line or plane"):
        family.estimate(None, family.stats(None, hm.Design(y, X), rng.dirichlet([1, 1], N)))


def test_too_few_rows_do_not_determine_coefficients():
    resp = np.zeros((N, 2))
    resp[:2, 0], resp[2:, 1] = 1.0, 1.0
    family = hm.NormalRegression().prepare(hm.Design(Y, X), None, 2)
    with pytest.raises(hm.Degenerate, match="do not determine"):
        family.estimate(None, family.stats(None, hm.Design(Y, X), resp))


@pytest.mark.parametrize(
    ("design", "code"),
    [
        (hm.Design(Y, np.column_stack([X, X[:, 1] + X[:, 2]])), "HM147"),
        (hm.Design(Y, np.where(X > 7, np.nan, X)), "HM145"),
        (X, "HM145"),
    ],
    ids=["dependent", "missing", "no-design"],
)
def test_designs_that_cannot_be(design, code):
    with pytest.raises(hm.HiddenmixError) as error:
        hm.NormalRegression().prepare(design, None, 1)
    assert error.value.code == code


def test_typical_residuals():
    family = hm.NormalRegression()
    params = hm.RegressionParams([[1.0, 0.0, 0.0]], [2.0])
    y = np.full(N, np.nan)
    y[:2] = 1.0, 1.0 + 2 * 1.959964
    got = family.typicality(params, hm.Design(y, X))[:, 0]
    assert got[:3] == pytest.approx([1.0, 0.05, 1.0], rel=1e-6)


# Random effects


GROUPS = np.repeat(np.arange(25), 4)[rng.permutation(100)][:90]  # of different sizes
Z = np.column_stack([np.ones(90), rng.normal(0, 1, 90)])
EFFECTS = rng.multivariate_normal([0, 0], [[1.0, 0.3], [0.3, 0.5]], 25)
RESPONSE = Z @ [2.0, 1.0] + np.sum(Z * EFFECTS[GROUPS], axis=1) + rng.normal(0, 0.6, 90)
PANEL = panel_of(hm.Design(RESPONSE, Z), [0, 1], GROUPS)


def marginal(coef, sd, chol):
    """The log-likelihood of the groups, each jointly normal."""
    total = 0.0
    for g in np.unique(GROUPS):
        rows = g == GROUPS
        z = Z[rows] @ chol
        cov = z @ z.T + sd**2 * np.eye(rows.sum())
        total += stats.multivariate_normal(Z[rows] @ coef, cov).logpdf(RESPONSE[rows])
    return total


def test_random_effects_are_the_marginal_likelihoods_maximum():
    def unpacked(v):
        return v[:2], np.exp(v[2]), np.array([[np.exp(v[3]), 0.0], [v[4], np.exp(v[5])]])

    best = optimize.minimize(
        lambda v: -marginal(*unpacked(v)), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0], method="BFGS", options={"gtol": 1e-6}
    )
    model = hm.Single(hm.RandomRegression())
    result = hm.fit(model, hm.Rows(PANEL), algorithm="lbfgs", stop=hm.Gain(1e-13), max_iter=5000)
    assert result.converged
    assert result.loglik == pytest.approx(-best.fun, abs=1e-7)
    coef, sd, chol = unpacked(best.x)
    assert result.params.lines.coef[0] == pytest.approx(coef, abs=1e-4)
    assert result.params.lines.sd[0] == pytest.approx(sd, abs=1e-4)
    assert result.params.chol[0] @ result.params.chol[0].T == pytest.approx(chol @ chol.T, abs=1e-3)


def test_em_with_random_effects_reaches_the_same_point():
    model = hm.Single(hm.RandomRegression())
    slow = hm.fit(model, hm.Rows(PANEL), stop=hm.Gain(1e-11), max_iter=20_000)
    quick = hm.fit(model, hm.Rows(PANEL), algorithm="lbfgs", stop=hm.Gain(1e-13), max_iter=5000)
    assert slow.loglik == pytest.approx(quick.loglik, abs=1e-6)


def test_expected_effects_are_conditional_means():
    family = hm.RandomRegression()
    chol = np.array([[1.0, 0.0], [0.3, 0.6]])
    params = hm.RandomParams(hm.RegressionParams([[2.0, 1.0]], [0.6]), chol[None])
    got = family.effects(params, PANEL)
    cov = chol @ chol.T
    for g in (0, 7, 24):
        rows = g == GROUPS
        z = Z[rows]
        joint = z @ cov @ z.T + 0.36 * np.eye(rows.sum())
        want = cov @ z.T @ np.linalg.solve(joint, RESPONSE[rows] - z @ [2.0, 1.0])
        assert got[g, 0] == pytest.approx(want, rel=1e-10)


def test_typical_groups_by_mahalanobis_distance():
    chol = np.array([[1.0, 0.0], [0.3, 0.6]])
    params = hm.RandomParams(hm.RegressionParams([[2.0, 1.0]], [0.6]), chol[None])
    got = hm.RandomRegression().typicality(params, PANEL)[:, 0]
    rows = GROUPS == 3
    z, cov = Z[rows], chol @ chol.T
    rest = RESPONSE[rows] - z @ [2.0, 1.0]
    far = rest @ np.linalg.solve(z @ cov @ z.T + 0.36 * np.eye(rows.sum()), rest)
    assert got[3] == pytest.approx(stats.chi2(rows.sum()).sf(far), rel=1e-9)
