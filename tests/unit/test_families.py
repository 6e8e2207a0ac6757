"""What single families decide for themselves; what all of them promise is in tests/contracts."""

import numpy as np
import pytest
from scipy.optimize import minimize

import hiddenmix as hm
from hiddenmix.families.product import LinearProduct

NAN = np.nan


def test_a_bernoulli_is_a_binomial_with_one_trial():
    family = hm.Bernoulli(prior=(1.0, 2.0))
    assert isinstance(family, hm.Binomial)
    assert family.trials == 1


def test_levels_are_settled_on_the_data():
    x = np.array([[0.0, 2.0], [1.0, NAN], [NAN, 0.0]])
    assert hm.Categorical().prepare(x, None, 2).levels.tolist() == [2, 3]
    assert hm.Categorical(4).prepare(x, None, 2).levels.tolist() == [4, 4]
    assert hm.Categorical([3, 5]).prepare(x, None, 2).levels.tolist() == [3, 5]
    assert hm.Categorical().prepare(np.array([[NAN], [NAN]]), None, 1).levels.tolist() == [1]


def test_a_prior_of_levels_leaves_padding_alone():
    family = hm.Categorical([1, 3], prior=2.0)
    params = family.estimate(None, family.stats(None, np.array([[0.0, 2.0]]), np.ones((1, 1))))
    np.testing.assert_allclose(params.p, [[[1.0, 0.0, 0.0], [2 / 7, 2 / 7, 3 / 7]]])
    assert family.n_free(params) == 2


def test_draws_never_have_probability_zero():
    params = hm.CategoricalParams(np.array([[[0.0, 0.1 + 0.2, 0.7, 0.0]]]))
    drawn = hm.Categorical(4).sample(params, np.zeros(5000, dtype=int), np.random.default_rng(0))
    assert set(np.unique(drawn)) == {1.0, 2.0}


def test_counts_without_some_categories_tell_the_shares_of_the_others():
    """The maximum of the likelihood of the observed counts given their totals, found by another optimiser."""
    rng = np.random.default_rng(1)
    x = rng.multinomial(12, [0.5, 0.3, 0.2], size=40).astype(float)
    x[:15, 0], x[15:25, 2] = NAN, NAN
    result = hm.fit(hm.Single(hm.Multinomial()), x, stop=hm.Gain(1e-13))

    def minus_loglik(logits):
        p = np.exp(np.append(logits, 0.0))
        share = np.where(np.isnan(x), 0.0, p).sum(axis=1, keepdims=True)
        return -np.nansum(x * np.log(p / share))

    best = minimize(minus_loglik, np.zeros(2), tol=1e-12).x
    want = np.exp(np.append(best, 0.0))
    np.testing.assert_allclose(result.params.p[0], want / want.sum(), rtol=1e-5)


@pytest.mark.parametrize(
    ("family", "params", "x"),
    [
        (hm.Bernoulli(), hm.BinomialParams([[0.0, 0.5], [0.0, 1.0]]), [[1.0, 0.0]]),
        (hm.Poisson(), hm.PoissonParams([[0.0], [0.0]]), [[3.0]]),
        (hm.Categorical(2), hm.CategoricalParams(np.array([[[1.0, 0.0]], [[1.0, 0.0]]])), [[1.0]]),
        (hm.Multinomial(3), hm.MultinomialParams([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), [[2.0, NAN, NAN]]),
    ],
)
def test_rows_that_no_component_allows_give_no_nan(family, params, x):
    model = hm.Mixture(family, 2)
    mixture = hm.MixtureParams([0.5, 0.5], params)
    loglik, stats = model.e_step(mixture, hm.Batch(np.array(x)))
    assert loglik == -np.inf
    np.testing.assert_array_equal(model.posterior(mixture, hm.Batch(np.array(x)))[1], [[0.5, 0.5]])
    after = model.m_step(mixture, stats)
    assert np.isfinite(np.concatenate([np.ravel(v) for v in model.estimates(after).values()])).all()
    assert np.isfinite(model.q(after, stats))


def test_a_product_of_linear_families_is_linear():
    rng = np.random.default_rng(2)
    x = np.column_stack([rng.poisson(3, 50), rng.integers(0, 3, 50), rng.integers(0, 2, 50)]).astype(float)
    x[rng.random(x.shape) < 0.2] = NAN
    loose = hm.Product([hm.Poisson(prior=(1.0, 1.0)), hm.Categorical(3), hm.Bernoulli()], [0, [1], 2])
    settled = loose.prepare(x, None, 2)
    assert isinstance(settled, LinearProduct)
    resp = rng.dirichlet([1.0, 1.0], 50)
    params = loose.estimate(None, loose.stats(None, x, resp))
    for got, want in zip(settled.stats(params, x, resp), loose.stats(params, x, resp), strict=True):
        for name in vars(want):
            np.testing.assert_allclose(getattr(got, name), getattr(want, name), rtol=1e-12)
    np.testing.assert_allclose(settled.log_prob(params, x), loose.log_prob(params, x), rtol=1e-12)
    assert settled.log_prior(params) == pytest.approx(loose.log_prior(params))
    assert set(settled.estimates(params)) == {"0.rate", "1.p", "2.p"}


def test_a_product_is_plain_where_its_parts_are():
    product = hm.Product([hm.Normal(reg_covar=0.1), hm.Poisson()], [[0, 1], 2])
    assert product.plain().families[0].reg_covar == 0
    assert product.plain().plain().families[0].reg_covar == 0


def test_as_many_families_as_groups_of_columns():
    with pytest.raises(hm.HiddenmixError, match="2 families, but 1 groups"):
        hm.Product([hm.Poisson(), hm.Poisson()], [[0, 1]])
