"""Typicality, the distance from uniform, and the tests of the assumption: exact forms, level and power."""

import itertools

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import chi2, kstest

import hiddenmix as hm
from hiddenmix.discover.assumption import LEVELS, check_assumption, distance_from_uniform
from hiddenmix.discover.onemore import gain_of_one_more, p_value, split_starts
from hiddenmix.families.shapes import SHAPES
from hiddenmix.typicality import drawn_typicality

MEAN = np.array([[0.0, 1.0, 2.0], [3.0, 0.0, -1.0]])


def normal(shape):
    root = np.random.default_rng(0).normal(size=(2, 3, 3))
    cov = root @ np.swapaxes(root, 1, 2) + 0.1 * np.eye(3)
    cov = {"full": cov, "tied": cov[0], "diag": cov[:, range(3), range(3)], "spherical": cov[:, 0, 0]}[shape]
    return hm.Normal(shape), hm.NormalParams(MEAN, SHAPES[shape].from_dense(cov, 2))


def dense(shape, params):
    roots = SHAPES[shape].roots(params.cov, 2, 3)
    return roots @ np.swapaxes(roots, 1, 2) if roots.ndim == 3 else np.stack([np.diag(r**2) for r in roots])


@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
def test_typicality_of_normals(shape):
    family, params = normal(shape)
    x = np.random.default_rng(1).normal(size=(40, 3)) * 3
    x[::3, 1] = np.nan
    x[::5, 2] = np.nan
    x[7] = np.nan
    found = family.typicality(params, x)
    for row, values in zip(x, found):
        seen = ~np.isnan(row)
        for j, cov in enumerate(dense(shape, params)):
            apart = row[seen] - MEAN[j, seen]
            squared = apart @ np.linalg.solve(cov[np.ix_(seen, seen)], apart) if seen.any() else 0.0
            assert values[j] == pytest.approx(chi2.sf(squared, seen.sum()) if seen.any() else 1.0, abs=1e-12)


@pytest.mark.parametrize("shape", ["full", "diag"])
def test_drawn_typicality_agrees(shape):
    family, params = normal(shape)
    x = family.sample(params, np.arange(60) % 2, np.random.default_rng(2))
    x[::4, 0] = np.nan
    x[1] = np.nan
    drawn = drawn_typicality(family, params, x)
    np.testing.assert_allclose(drawn, family.typicality(params, x), atol=0.05)
    np.testing.assert_array_equal(drawn[1], 1)


def test_the_least_typicality():
    """A row that is less dense than every draw has it; for normals there is none."""
    assert hm.Poisson().typicality(hm.PoissonParams(np.array([[1.0]])), np.array([[500.0]]))[0, 0] == pytest.approx(
        hm.Poisson().least_typicality, rel=1e-12
    )
    assert hm.Product([hm.Normal(), hm.Poisson()], [0, 1]).least_typicality == hm.Poisson().least_typicality > 0
    family, params = normal("full")
    assert 0 <= family.least_typicality <= family.typicality(params, MEAN[:1] + 100)[0, 0] < 1e-100


def test_typicality_of_counts():
    """A Poisson draw's density is no higher than the row's: summed over all counts."""
    rate = 4.0
    found = hm.Poisson().typicality(hm.PoissonParams(np.array([[rate]])), np.arange(12.0)[:, None])[:, 0]
    p = np.exp(-rate) * np.cumprod(np.r_[1.0, rate / np.arange(1, 60)])
    exact = [p[p <= p[c] * (1 + 1e-9)].sum() for c in range(12)]
    np.testing.assert_allclose(found, exact, atol=0.03)


def test_multinomial_rows_are_compared_with_their_own_total():
    family, params = hm.Multinomial(), hm.MultinomialParams(np.array([[0.5, 0.3, 0.2]]))
    rng = np.random.default_rng(3)
    for total in (3, 30):
        x = rng.multinomial(total, params.p[0], 400).astype(float)
        mean = family.typicality(params, x).mean()
        assert 0.45 < mean < 0.75  # 1/2 for a density without ties, more with ties
    x = np.array([[8.0, np.nan, 2.0], [0.0, 9.0, 9.0], [np.nan] * 3])
    again = family.resample(params, np.zeros(3, int), x, rng)
    np.testing.assert_array_equal(np.isnan(again), np.isnan(x))
    np.testing.assert_array_equal(np.nansum(again, axis=1), [10, 18, 0])


def test_a_family_without_draws_is_refused():
    class Silent(hm.Poisson):
        def sample(self, params, labels, rng):
            return hm.Family.sample(self, params, labels, rng)

    with pytest.raises(hm.HiddenmixError, match="HM411"):
        Silent().typicality(hm.PoissonParams(np.array([[1.0]])), np.ones((2, 1)))


def test_distance_is_that_of_anderson_and_darling():
    u = np.random.default_rng(4).uniform(size=37)
    ordered, i = np.sort(u), np.arange(1, 38)
    textbook = -37 - np.sum((2 * i - 1) / 37 * (np.log(ordered) + np.log1p(-ordered[::-1])))
    assert distance_from_uniform(u, np.ones(37)) == pytest.approx(textbook)


def test_weighted_distance_is_the_integral():
    rng = np.random.default_rng(5)
    u, weight = rng.uniform(size=6), rng.uniform(size=6)

    def integrand(t):
        return (weight[u <= t].sum() / weight.sum() - t) ** 2 / (t * (1 - t))

    ends = [0.0, *np.sort(u), 1.0]
    exact = sum(quad(integrand, a, b)[0] for a, b in itertools.pairwise(ends))
    assert distance_from_uniform(u, weight) == pytest.approx(weight.sum() * exact, rel=1e-6)
    assert distance_from_uniform(u, np.zeros(6)) == 0
    assert np.isfinite(distance_from_uniform(np.array([0.0, 1.0]), np.ones(2)))


def checked(x, k=1, shape="full", n=39, seed=0, more=True):
    mixture = hm.Mixture(hm.Normal(shape), k)
    result = hm.fit(mixture, x, starts=1 if k == 1 else 5, rng=0, certificate="off")
    bigger = hm.Mixture(hm.Normal(shape), k + 1) if more else None
    rng = np.random.default_rng(seed)
    return check_assumption(result.model, result.params, x, n, rng, bigger, "normal", "not asked")


def test_level_of_both_tests():
    """p-values of normal rows are uniform, as far as 30 of them tell."""
    found = [checked(np.random.default_rng(s).normal(size=(40, 1)), n=19, seed=s) for s in range(30)]
    overall, more = ([f.overall_p for f in found], [f.one_more.p for f in found])
    for p in (overall, more):
        spread = np.array(p) - np.random.default_rng(0).uniform(0, 0.05, 30)  # p-values are multiples of 1/20
        assert kstest(spread, "uniform").pvalue > 0.01
        assert np.mean(np.array(p) <= 0.05) <= 0.2


@pytest.mark.parametrize("seed", range(2))
def test_power(seed):
    rng = np.random.default_rng(seed)
    heavy = checked(rng.standard_t(2, size=(120, 2)))
    assert not heavy.holds
    assert heavy.tails[0] > 2
    assert "heavier tails than a normal distribution" in heavy.summary()
    light = checked(rng.uniform(size=(120, 2)))
    assert not light.holds
    assert light.tails[0] < -2
    assert "lighter tails than a normal distribution" in light.summary()


def three(seed, n=150):
    rng = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [6.0, 0.0], [0.0, 6.0]])
    return centres[rng.integers(0, 3, n)] + rng.normal(size=(n, 2))


def test_the_number_of_components():
    few = checked(three(0), k=2)
    assert few.one_more.needed
    assert few.one_more.p == 1 / 40
    assert "(3 instead of 2): p 0.025, describes" in few.summary()
    enough = checked(three(0), k=3)
    assert not enough.one_more.needed
    assert enough.holds
    assert "not needed" in enough.summary()


def test_only_the_component_that_is_not_normal_is_named():
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.normal(size=(120, 1)), 30 + 4 * rng.choice([-1, 1], (120, 1)) + rng.normal(size=(120, 1))])
    found = checked(x, k=2, more=False)
    odd = int(np.argmax(found.statistic))
    assert found.p[odd] == 1 / 40
    assert found.p[1 - odd] > 0.05
    assert f"Component {odd + 1} does not look normal" in found.summary()
    assert f"Component {2 - odd}" not in found.summary()
    assert "not tried: not asked" in found.summary()


def test_missing_cells_stay_missing():
    x = three(2)
    x[np.random.default_rng(3).random(x.shape) < 0.15] = np.nan
    found = checked(x, k=3, n=19)
    assert found.holds
    for values in (found.statistic, found.p, found.tails, found.observed, found.low, found.high):
        assert np.isfinite(values).all()


def test_quantiles_of_the_plot():
    x = np.random.default_rng(6).normal(size=(4000, 3))
    found = checked(x, n=19, more=False)
    np.testing.assert_allclose(found.expected, chi2.ppf(LEVELS, 3))
    centred = x - x.mean(axis=0)
    squared = np.einsum("ni,ij,nj->n", centred, np.linalg.inv(np.cov(x.T, bias=True)), centred)
    np.testing.assert_allclose(found.observed[0], np.quantile(squared, LEVELS), rtol=0.02)
    inside = (found.low <= found.observed) & (found.observed <= found.high)
    assert inside.mean() > 0.5
    assert np.all(found.low <= found.high)


def test_split_starts_are_memberships():
    x = three(4)
    mixture = hm.Mixture(hm.Normal(), 2)
    result = hm.fit(mixture, x, starts=3, rng=0, certificate="off")
    rows = hm.Rows(x)
    starts = split_starts(result.model, result.params, rows)
    assert len(starts) == 4
    for start in starts:
        np.testing.assert_allclose(start.sum(axis=1), 1)
        assert start.shape == (150, 3)
    bigger = hm.Mixture(hm.Normal(), 3)
    gain = gain_of_one_more(result.model, result.params, result.loglik, bigger, rows, np.random.default_rng(0))
    best = hm.fit(bigger, x, starts=20, rng=0)
    assert gain == pytest.approx(2 * (best.loglik - result.loglik), abs=0.1)


def test_p_value_counts_the_observed_one():
    assert p_value(2.0, np.array([1.0, 2.0, 3.0])) == 3 / 4
    assert p_value(9.0, np.zeros(99)) == 0.01
