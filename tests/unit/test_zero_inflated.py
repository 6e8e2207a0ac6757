"""Zero inflation: nothing inflated is the family itself, cells are inflated one by one, and EM reaches the maximum."""

import numpy as np
import pytest
from scipy import optimize, stats

import hiddenmix as hm
from hiddenmix.families.conditional import conditional, marginal

PARAMS = hm.ZeroInflatedParams(
    np.array([[0.3, 0.1], [0.2, 0.6]]), hm.NegativeBinomialParams([[2.0, 9.0], [20.0, 3.0]], [[0.5, 0.3], [0.1, 0.2]])
)
FAMILY = hm.ZeroInflated(hm.NegativeBinomial())
X = FAMILY.sample(PARAMS, np.arange(80) % 2, np.random.default_rng(0))


def test_without_inflation_it_is_the_family():
    params = hm.ZeroInflatedParams(np.zeros((2, 2)), PARAMS.counts)
    assert np.allclose(FAMILY.log_prob(params, X), hm.NegativeBinomial().log_prob(PARAMS.counts, X), rtol=1e-12)
    assert FAMILY.on_boundary(params)
    assert not FAMILY.on_boundary(PARAMS)
    moved = list(FAMILY.inside(params, 1e-3))
    assert [p.inflation.max() for p in moved] == [1e-3] * 4


def test_columns_are_those_of_a_product():
    one, two = (
        hm.ZeroInflatedParams(PARAMS.inflation[:, [c]], hm.pick(PARAMS.counts, (slice(None), [c]))) for c in (0, 1)
    )
    apart = FAMILY.log_prob(one, X[:, :1]) + FAMILY.log_prob(two, X[:, 1:])
    assert np.allclose(FAMILY.log_prob(PARAMS, X), apart, rtol=1e-12)


def test_a_fit_reaches_the_maximum():
    x = X[::2, :1]
    result = hm.fit(hm.Mixture(hm.ZeroInflated(hm.Poisson()), 1), hm.Rows(x), stop=hm.Gain(1e-13))
    share, rate = result.params.components.inflation[0, 0], result.params.components.counts.rate[0, 0]

    def minus(v):
        s, r = 1 / (1 + np.exp(-v[0])), np.exp(v[1])
        return -np.sum(np.log(s * (x == 0) + (1 - s) * stats.poisson.pmf(x, r)))

    here = [np.log(share / (1 - share)), np.log(rate)]
    best = optimize.minimize(minus, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    assert minus(here) <= best.fun + 1e-8
    assert result.loglik == pytest.approx(-best.fun, abs=1e-8)


def test_a_geometric_and_heads_of_tosses():
    x = np.random.default_rng(1).binomial(8, 0.4, size=(60, 1)) * (np.arange(60)[:, None] % 3 > 0)
    tosses = hm.Tosses(x.astype(float), np.full((60, 1), 8.0))
    for family, data in (
        (hm.ZeroInflated(hm.Geometric()), x.astype(float)),
        (hm.ZeroInflated(hm.BetaBinomial()), tosses),
        (hm.ZeroInflated(hm.Binomial()), tosses),
    ):
        result = hm.fit(hm.Mixture(family, 1), hm.Rows(data), max_iter=4000)
        assert result.converged
    assert result.params.components.inflation[0, 0] == pytest.approx(1 / 3, abs=0.03)
    assert result.params.components.counts.p[0, 0] == pytest.approx(0.4, abs=0.06)


def test_missing_cells():
    rows = np.array([[3.0, np.nan]])
    ((columns, cells),) = conditional(FAMILY, PARAMS, rows)
    draws = cells.draw(np.repeat([0, 1], 40_000), np.random.default_rng(2)).reshape(2, -1)
    assert columns.tolist() == [1]
    assert np.allclose(cells.means()[0, :, 0], draws.mean(axis=1), rtol=0.03)
    assert np.allclose(cells.variances()[0, :, 0], draws.var(axis=1), rtol=0.06)
    got = cells.below(np.full((1, 1, 1), 2.0))[0, :, 0]
    assert np.allclose(got, (draws <= 2).mean(axis=1), atol=0.01)
    alone, own = marginal(FAMILY, PARAMS, np.array([1]))
    whole = np.where(np.arange(2) == 1, X, np.nan)
    assert np.allclose(alone.log_prob(own, X[:, 1:]), FAMILY.log_prob(PARAMS, whole))


def test_a_file_holds_it(tmp_path):
    model = hm.MixtureModel(hm.ZeroInflated(hm.Poisson(), prior=(1.0, 1.0)), 2, random_state=0).fit(X)
    model.save(tmp_path / "model.hmx")
    again = hm.load(tmp_path / "model.hmx")
    assert np.array_equal(again.score_samples(X), model.score_samples(X))
