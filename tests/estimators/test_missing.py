"""What is known of missing cells, against brute force."""

import itertools

import numpy as np
import pytest
import scipy.stats
from scipy.special import logsumexp

import hiddenmix as hm

WEIGHTS = np.array([0.3, 0.5, 0.2])
MEANS = np.array([[0.0, 0.0, 1.0], [3.0, 1.0, -1.0], [-2.0, 4.0, 0.0]])
ROOTS = np.random.default_rng(0).standard_normal((3, 3, 3)) * 0.5 + np.eye(3)
COVS = {
    "full": ROOTS @ np.swapaxes(ROOTS, 1, 2),
    "tied": ROOTS[0] @ ROOTS[0].T,
    "diag": np.array([[1.0, 0.5, 2.0], [0.3, 1.5, 1.0], [1.0, 1.0, 0.2]]),
    "spherical": np.array([0.5, 1.0, 2.0]),
}
NAN = np.nan


def gaussian(shape):
    return hm.GaussianMixture.from_parameters(WEIGHTS, MEANS, COVS[shape], covariance_type=shape)


def dense(shape):
    cov = COVS[shape]
    if shape in ("full", "tied"):
        return np.broadcast_to(cov, (3, 3, 3))
    return np.array([np.eye(3) * each for each in cov])


def density(shape, rows):
    parts = [
        np.log(w) + scipy.stats.multivariate_normal(m, c).logpdf(rows) for w, m, c in zip(WEIGHTS, MEANS, dense(shape))
    ]
    return np.exp(logsumexp(parts, axis=0))


@pytest.mark.parametrize("shape", COVS)
def test_one_missing_cell_against_a_grid(shape):
    model, row = gaussian(shape), np.array([1.0, NAN, 0.3])
    grid = np.linspace(-15, 20, 70001)
    rows = np.stack([np.full_like(grid, 1.0), grid, np.full_like(grid, 0.3)], axis=1)
    mass = density(shape, rows)
    step = grid[1] - grid[0]
    assert model.score_samples([row])[0] == pytest.approx(np.log(mass.sum() * step), abs=1e-6)
    mass /= mass.sum()
    mean = mass @ grid
    found = model.conditional([row])
    assert found[0].columns == (1,)
    assert found[0].mean()[0] == pytest.approx(mean, abs=1e-6)
    assert found[0].sd()[0] == pytest.approx(np.sqrt(mass @ (grid - mean) ** 2), abs=1e-6)
    for q in (0.05, 0.5, 0.9):
        assert found[0].quantile(q)[0] == pytest.approx(grid[np.searchsorted(np.cumsum(mass), q)], abs=2 * step)
    np.testing.assert_allclose(model.impute([row]), [[1.0, mean, 0.3]], atol=1e-6)


def test_the_conditional_mixture_in_closed_form():
    model, row = gaussian("full"), np.array([NAN, 0.7, NAN])
    one = model.conditional([[0.0, 0.0, 0.0], row])[1]
    marginal = [scipy.stats.norm(m[1], np.sqrt(c[1, 1])).pdf(0.7) for m, c in zip(MEANS, COVS["full"])]
    weights = WEIGHTS * marginal / (WEIGHTS @ marginal)
    np.testing.assert_allclose(one.weights, weights)
    for j, (m, c) in enumerate(zip(MEANS, COVS["full"])):
        slope = c[[0, 2], 1] / c[1, 1]
        np.testing.assert_allclose(one.means[j], m[[0, 2]] + slope * (0.7 - m[1]))
        np.testing.assert_allclose(one.covariances[j], c[np.ix_([0, 2], [0, 2])] - np.outer(slope, slope) * c[1, 1])
    draws = one.draw(200_000, rng=0)
    assert draws.shape == (200_000, 2)
    np.testing.assert_allclose(draws.mean(axis=0), one.mean(), atol=0.02)
    within = np.einsum("k,kab->ab", weights, one.covariances)
    between = np.einsum("k,ka,kb->ab", weights, one.means - one.mean(), one.means - one.mean())
    np.testing.assert_allclose(np.cov(draws.T), within + between, atol=0.05)
    np.testing.assert_allclose(np.quantile(draws, [0.1, 0.9], axis=0), one.quantile([0.1, 0.9]), atol=0.04)


def test_whole_tables():
    model = gaussian("full")
    x = np.array([[0.0, NAN, 1.0], [1.0, 1.0, 1.0], [NAN, NAN, NAN], [3.0, NAN, 0.0], [NAN, 1.0, NAN]])
    known = model.conditional(x)
    assert known.rows.tolist() == [0, 2, 3, 4]
    assert len(known) == 4
    assert [one.row for one in known] == [0, 2, 3, 4]
    seen = ~np.isnan(x)
    for table in (known.mean(), known.quantile(0.5), known.draw(rng=0), model.impute(x), model.impute(x, how="draw")):
        np.testing.assert_array_equal(table[seen], x[seen])
        assert np.isfinite(table).all()
    assert (known.sd()[seen] == 0).all()
    assert (known.sd()[~seen] > 0).all()
    np.testing.assert_allclose(known[2].mean(), WEIGHTS @ MEANS)  # nothing observed: the mixture itself
    np.testing.assert_allclose(known[2].weights, WEIGHTS)
    assert known.quantile([0.1, 0.5]).shape == (2, 5, 3)
    assert known.draw(4, rng=0).shape == (4, 5, 3)
    np.testing.assert_array_equal(
        model.impute(x, how="draw", random_state=1), model.impute(x, how="draw", random_state=1)
    )
    with pytest.raises(IndexError, match="misses no cell"):
        known[1]
    with pytest.raises(hm.HiddenmixError, match="between 0 and 1"):
        known.quantile(1.0)
    with pytest.raises(hm.HiddenmixError, match="HM401"):
        model.impute(x, how="median")
    complete = model.conditional(np.zeros((2, 3)))
    assert len(complete) == 0
    np.testing.assert_array_equal(complete.mean(), np.zeros((2, 3)))


@pytest.mark.parametrize("shape", COVS)
def test_a_marginal_is_the_others_integrated_out(shape):
    model = gaussian(shape)
    x = np.random.default_rng(0).standard_normal((20, 3)) * 2
    holes = x.copy()
    holes[:, 1] = NAN
    part = model.marginal([0, 2])
    np.testing.assert_allclose(part.score_samples(x[:, [0, 2]]), model.score_samples(holes), rtol=1e-10)
    np.testing.assert_allclose(part.predict_proba(x[:, [0, 2]]), model.predict_proba(holes), atol=1e-12)
    swapped = model.marginal([2, 0])
    np.testing.assert_allclose(swapped.score_samples(x[:, [2, 0]]), part.score_samples(x[:, [0, 2]]), rtol=1e-10)
    assert part.means_.shape == (3, 2)
    assert part.n_features_in_ == 2


def test_marginals_by_name():
    model = hm.GaussianMixture.from_parameters(WEIGHTS, MEANS, COVS["full"], feature_names=["a", "b", "c"])
    part = model.marginal(["c", "a"])
    assert part.feature_names_in_.tolist() == ["c", "a"]
    np.testing.assert_array_equal(part.means_, MEANS[:, [2, 0]])
    assert model.marginal("b").means_.shape == (3, 1)
    for columns, code in ((["d"], "HM104"), ([3], "HM104"), ([], "HM410"), (["a", "a"], "HM410")):
        with pytest.raises(hm.HiddenmixError, match=code):
            model.marginal(columns)


def holes_in(x, share=0.25, seed=1):
    rng = np.random.default_rng(seed)
    x = np.array(x, dtype=float)
    x[rng.random(x.shape) < share] = NAN
    return x


def enumerated(model, row, support):
    """Every completion of a row with missing cells, and its probability given the observed cells."""
    missing = np.flatnonzero(np.isnan(row))
    rows = np.array([row] * len(support) ** len(missing))
    rows[:, missing] = list(itertools.product(support, repeat=len(missing)))
    p = np.exp(model.score_samples(rows))
    return rows[:, missing], p / p.sum()


def counted(name):
    rng = np.random.default_rng(0)
    if name == "binomial":
        x = rng.binomial(6, np.repeat([[0.2, 0.5, 0.9], [0.8, 0.6, 0.1]], 40, axis=0))
        return hm.BinomialMixture(2, trials=6, random_state=0).fit(holes_in(x)), range(7)
    x = rng.poisson(np.repeat([[1.0, 4.0, 2.0], [5.0, 1.0, 3.0]], 40, axis=0))
    return hm.PoissonMixture(2, random_state=0).fit(holes_in(x)), range(60)


@pytest.mark.parametrize("name", ["binomial", "poisson"])
def test_missing_counts_by_enumeration(name):
    model, support = counted(name)
    row = np.array([NAN, 3.0, NAN])
    values, p = enumerated(model, row, list(support))
    one = model.conditional([row])[0]
    mean = p @ values
    np.testing.assert_allclose(one.mean(), mean, rtol=1e-9)
    np.testing.assert_allclose(one.sd(), np.sqrt(p @ (values - mean) ** 2), rtol=1e-9)
    for q in (0.1, 0.5, 0.77, 0.99):
        smallest = [min(v for v in support if p[values[:, c] <= v].sum() >= q - 1e-12) for c in range(2)]
        np.testing.assert_array_equal(one.quantile(q), smallest)
    draws = one.draw(100_000, rng=0)
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.05)
    assert np.cov(draws.T)[0, 1] == pytest.approx((p * (values - mean).prod(axis=1)).sum(), abs=0.1)
    part = model.marginal([0, 2])
    np.testing.assert_allclose(
        part.score_samples([[2, 1], [0, 5]]), model.score_samples([[2, NAN, 1], [0, NAN, 5]]), rtol=1e-10
    )


def test_missing_multinomial_counts_are_negative_multinomial():
    x = np.random.default_rng(0).multinomial(30, [[0.2, 0.3, 0.1, 0.4]] * 50)
    model = hm.MultinomialMixture(1).fit(x)
    p = model.probabilities_[0]
    one = model.conditional([[4.0, NAN, NAN, 10.0]])[0]
    np.testing.assert_allclose(one.mean(), 14 * p[1:3] / (p[0] + p[3]))
    alone = scipy.stats.nbinom(14, (p[0] + p[3]) / (p[0] + p[3] + p[1]))
    assert one.sd()[0] == pytest.approx(alone.std())
    for q in (0.05, 0.5, 0.95):
        assert one.quantile(q)[0] == alone.ppf(q)
    draws = one.draw(100_000, rng=0)
    np.testing.assert_allclose(np.cov(draws.T), one.covariances[0], rtol=0.05)
    for nothing in ([0.0, NAN, NAN, 0.0], [NAN] * 4):  # which tells nothing of the row's total
        with pytest.raises(hm.HiddenmixError, match="HM410"):
            model.conditional([nothing])
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        model.marginal([0, 1])


def test_missing_categories_by_enumeration():
    rng = np.random.default_rng(0)
    code = np.where(rng.random((120, 3)) < np.repeat([[0.2], [0.8]], 60, axis=0), 1, rng.integers(0, 3, (120, 3)))
    x = np.array(["low", "mid", "top"], dtype=object)[code]
    x[::9, 1] = None
    model = hm.CategoricalMixture(2, random_state=0, prior=0.5).fit(x)
    row = [None, "mid", None]
    one = model.conditional([row])[0]
    levels = model.categories_[0].tolist()
    rows = [[a, "mid", b] for a in levels for b in levels]
    p = np.exp(model.score_samples(rows))
    p /= p.sum()
    for level in levels:
        expected = sum(each for each, r in zip(p, rows) if r[0] == level)
        assert one.probabilities[0][level] == pytest.approx(expected)
    assert sum(one.probabilities[2].values()) == pytest.approx(1.0)
    best = max(one.probabilities[0], key=one.probabilities[0].get)
    assert model.impute([row])[0, 0] == best
    draws = one.draw(20_000, rng=0)
    assert set(draws.ravel()) <= set(levels)
    assert np.mean(draws[:, 0] == best) == pytest.approx(one.probabilities[0][best], abs=0.02)
    with pytest.raises(hm.HiddenmixError, match="probabilities"):
        one.mean()
    np.testing.assert_allclose(
        model.marginal([1]).score_samples([["mid"]]), model.score_samples([[None, "mid", None]]), rtol=1e-10
    )


def test_mixed_columns():
    import pandas as pd

    penguins = hm.datasets.penguins()
    frame = pd.DataFrame(penguins.data, columns=penguins.columns)
    frame["species"], frame["sex"] = penguins.labels["species"], penguins.labels["sex"]
    model = hm.MixedMixture(3, random_state=0, covariance_type="tied", prior=0.1).fit(frame)
    row = frame.iloc[[0]].copy()
    row[["bill_length_mm", "species"]] = [NAN, None]
    known = model.conditional(row)
    one = known[0]
    assert one.columns == ("bill_length_mm", "species")
    assert one.probabilities["species"]["Adelie"] > 0.95
    assert 35 < known.mean()[0, 0] < 42
    assert np.isnan(known.mean()[0, 4])
    filled = model.impute(row)
    assert filled[0, 4] == "Adelie"
    assert filled[0, 5] == "male"
    assert set(known.draw(20, rng=0)[:, 0, 4]) <= {"Adelie", "Chinstrap", "Gentoo"}
    part = model.marginal(["species", "body_mass_g"])
    assert part.columns_ == {"number": [1], "category": [0]}
    just = frame[["species", "body_mass_g"]]
    holes = frame.assign(**dict.fromkeys(penguins.columns[:3], NAN), sex=None)
    np.testing.assert_allclose(part.score_samples(just), model.score_samples(holes), rtol=1e-8, atol=1e-10)


def test_fits_with_holes_agree_with_complete_ones():
    """What is missing at random changes the estimate little, and the likelihood never falls."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1, (300, 3)), rng.normal(5, 1, (200, 3))])
    complete = hm.GaussianMixture(2, random_state=0).fit(x)
    model = hm.GaussianMixture(2, random_state=0).fit(holes_in(x, 0.1))
    np.testing.assert_allclose(model.means_, complete.means_, atol=0.15)
    assert np.all(np.diff(model.history_.objectives) > -1e-9)
    assert np.mean(model.predict(holes_in(x, 0.1)) == complete.predict(x)) > 0.98


def test_the_imputer_on_apples():
    """Little & Rubin's apples: mean and covariance as published in REFERENCE."""
    x = hm.datasets.apple().data
    imputer = hm.NormalImputer(tol=1e-12).fit(x)
    np.testing.assert_allclose(imputer.mean_, [14.722222, 49.333333], atol=1e-5)
    np.testing.assert_allclose(imputer.covariance_, [[89.533951, -90.696729], [-90.696729, 114.694955]], atol=1e-4)
    assert imputer.lower_bound_ * len(x) == pytest.approx(-101.7856321278, abs=1e-7)
    filled = imputer.transform(x)
    missing = np.isnan(x[:, 1])
    slope = imputer.covariance_[0, 1] / imputer.covariance_[0, 0]
    np.testing.assert_allclose(filled[missing, 1], imputer.mean_[1] + slope * (x[missing, 0] - imputer.mean_[0]))
    drawn = hm.NormalImputer(how="draw", random_state=0).fit(x)
    assert not np.allclose(drawn.transform(x), filled)
    np.testing.assert_array_equal(drawn.transform(x), drawn.transform(x))
    assert imputer.conditional(x).sd()[missing, 1].min() > 1
    assert imputer.transform(x.astype(np.float32)).dtype == np.float32
    for options in ({"how": "mode"}, {"covariance_type": "tied"}):
        with pytest.raises(hm.HiddenmixError, match="HM401"):
            hm.NormalImputer(**options).fit(x)
