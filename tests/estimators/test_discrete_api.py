"""The estimators for counts, categories and families of one's own: attributes, starts, published numbers."""

import numpy as np
import pytest

import hiddenmix as hm

COINS = hm.datasets.coins()
RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(np.repeat([[2.0, 9.0], [8.0, 3.0]], [40, 20], axis=0))


def test_two_coins_as_published():
    model = hm.BinomialMixture(2, trials=10, weights="equal", probabilities_init=[[0.6], [0.5]], tol=1e-14)
    run = model.steps(COINS.data)
    assert run.loglik == pytest.approx(-33.0938625198 + 21.7732759438, abs=1e-9)
    run.em()
    np.testing.assert_allclose(run.params.components.p[:, 0], [0.7130122354, 0.5813393083], atol=1e-10)
    model.fit(COINS.data)
    np.testing.assert_allclose(model.probabilities_[:, 0], [0.7967890669, 0.5195831201], atol=1e-8)
    assert model.result_.loglik == pytest.approx(-9.7969242923, abs=1e-9)
    np.testing.assert_array_equal(model.weights_, [0.5, 0.5])
    assert model.trials_.tolist() == [10.0]
    errors = model.standard_errors()
    assert (errors["weights"] == 0).all()
    assert (errors["p"] > 0).all()


def test_trials_are_the_largest_count_by_default():
    assert hm.BinomialMixture(1).fit(COINS.data).trials_.tolist() == [9.0]
    model = hm.BinomialMixture(1).fit(COUNTS)
    assert model.trials_.tolist() == [COUNTS.max()] * 2
    by_column = hm.BinomialMixture(2, trials=[20, 30], random_state=0).fit(COUNTS)
    assert by_column.trials_.tolist() == [20.0, 30.0]
    draws, _ = by_column.sample(200)
    assert (draws <= [20, 30]).all()
    assert by_column.marginal([1]).trials_.tolist() == [30.0]


def test_hasselblad():
    """Counts 0 to 9 seen 162 267 271 185 111 61 27 8 3 1 times: two Poissons, by weights."""
    seen = [162, 267, 271, 185, 111, 61, 27, 8, 3, 1]
    model = hm.PoissonMixture(2, weights_init=[0.3, 0.7], rates_init=[[1.0], [2.5]], tol=1e-13, max_iter=20000)
    model.fit(np.arange(10)[:, None], sample_weight=seen)
    assert -model.result_.loglik == pytest.approx(1989.945859883, abs=1e-6)
    np.testing.assert_allclose(model.rates_[:, 0], [1.2560951, 2.6634044], atol=2e-3)
    np.testing.assert_allclose(model.weights_[1], 0.6401146, atol=2e-3)


def test_multinomial():
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    x = np.concatenate([RNG.multinomial(25, p[0], 60), RNG.multinomial(15, p[1], 40)])
    model = hm.MultinomialMixture(2, random_state=0).fit(x)
    np.testing.assert_allclose(model.probabilities_, p, atol=0.03)
    np.testing.assert_allclose(model.probabilities_.sum(axis=1), 1.0)
    assert model.trials_ == 21
    draws, _ = model.sample(10)
    assert (draws.sum(axis=1) == 21).all()
    given = hm.MultinomialMixture(2, trials=7, probabilities_init=p[::-1]).fit(x)
    np.testing.assert_allclose(given.probabilities_, p[::-1], atol=0.03)
    assert (given.sample(3)[0].sum(axis=1) == 7).all()
    for options in ({"probabilities_init": p * 2}, {"probabilities_init": p * 0.9}):
        with pytest.raises(hm.HiddenmixError, match="HM405"):
            hm.MultinomialMixture(2, **options).fit(x)
    with pytest.raises(hm.HiddenmixError, match="HM403"):
        hm.MultinomialMixture(2, trials=0).fit(x)


def test_carcinoma_like_classes():
    """A latent class model finds its classes, and its boundary is said, not warned of."""
    codes = RNG.random((300, 5)) < np.repeat([[0.95] * 5, [0.1] * 5], 150, axis=0)
    x = np.where(codes, "positive", "negative")
    model = hm.CategoricalMixture(2, random_state=0).fit(x)
    shares = [p[:, 1] for p in model.probabilities_]
    assert np.ptp(np.sort(shares, axis=1).mean(axis=0)) > 0.7
    for p in model.probabilities_:
        np.testing.assert_allclose(p.sum(axis=1), 1.0)
    assert "2 latent classes" in model.summary()
    assert "positive" in model.summary()
    smoothed = hm.CategoricalMixture(2, prior=1.0, random_state=0).fit(x)
    assert all((p > 0).all() for p in smoothed.probabilities_)


def test_priors_are_pseudo_counts():
    x = np.array([[0], [0], [0], [3]])
    plain, prior = hm.PoissonMixture(1).fit(x), hm.PoissonMixture(1, prior=(10.0, 2.0)).fit(x)
    assert plain.rates_[0, 0] == pytest.approx(3 / 4)
    assert prior.rates_[0, 0] == pytest.approx(13 / 6)
    coin = hm.BinomialMixture(1, trials=10, prior=(1.0, 1.0)).fit(COINS.data)
    assert coin.probabilities_[0, 0] == pytest.approx((33 + 1) / (50 + 2))
    for prior in ((1.0,), -1.0, "some", (1.0, -1.0), (np.nan, 1.0)):
        with pytest.raises(hm.HiddenmixError, match="HM403"):
            hm.PoissonMixture(1, prior=prior).fit(x)


def test_a_mixture_of_any_family():
    model = hm.MixtureModel(hm.Poisson(), 2, random_state=0).fit(COUNTS)
    same = hm.PoissonMixture(2, random_state=0).fit(COUNTS)
    np.testing.assert_array_equal(model.components_.rate, same.rates_)
    np.testing.assert_array_equal(model.estimates_["rate"], same.rates_)
    assert "Poisson" in model.summary()
    given = hm.MixtureModel(hm.Poisson(), 2, components_init=hm.PoissonParams([[8.0, 3.0], [2.0, 9.0]])).fit(COUNTS)
    np.testing.assert_allclose(given.components_.rate, same.rates_[::-1], atol=1e-3)
    known = hm.MixtureModel(hm.Poisson(rate=hm.Known([[8.0, 3.0], [2.0, 9.0]])), 2).fit(COUNTS)
    np.testing.assert_array_equal(known.components_.rate, [[8.0, 3.0], [2.0, 9.0]])  # in their place, whatever weights
    assert known.weights_[1] > known.weights_[0]


def test_a_family_of_ones_own():
    class Exponential(hm.Family):
        def log_prob(self, params, x):
            return np.log(params.rate) - x[:, :1] * params.rate

        def stats(self, params, x, resp):
            return hm.families.poisson.PoissonStats(resp.sum(axis=0), resp.T @ x[:, 0])

        def estimate(self, params, stats):
            return hm.PoissonParams(stats.events / stats.exposure)

        def expected_log_prob(self, params, stats):
            return stats.events * np.log(params.rate) - params.rate * stats.exposure

    x = RNG.exponential(np.repeat([[1.0], [9.0]], 300, axis=0))
    model = hm.MixtureModel(Exponential(), 2, random_state=0).fit(x)
    np.testing.assert_allclose(np.sort(1 / model.estimates_["rate"]), [1.0, 9.0], rtol=0.3)
    assert model.predict([[0.1], [30.0]]).tolist() in ([0, 1], [1, 0])
    assert model.summary()
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        model.conditional([[np.nan]])
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        model.marginal([0])


def test_a_selection_over_numbers_of_components():
    model = hm.PoissonMixture("auto", random_state=0, n_init=3).fit(COUNTS)
    assert model.n_components_ == 2
    assert [c.n_components for c in model.selection_.candidates] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("model", "tags"),
    [
        (hm.BinomialMixture(), (True, True, True)),
        (hm.PoissonMixture(), (True, True, True)),
        (hm.MultinomialMixture(), (True, True, True)),
        (hm.CategoricalMixture(), (False, True, True)),
        (hm.MixedMixture(), (False, False, True)),
        (hm.GaussianMixture(), (False, False, True)),
        (hm.NormalImputer(), (False, False, True)),
    ],
)
def test_tags(model, tags):
    found = model.__sklearn_tags__().input_tags
    assert (found.positive_only, found.categorical, found.allow_nan) == tags


def test_attributes_are_not_to_be_changed():
    model = hm.PoissonMixture(2, random_state=0).fit(COUNTS)
    with pytest.raises(ValueError, match="read-only"):
        model.rates_[0] = 1.0
    model.rates_ = model.rates_ + 1
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        model.predict(COUNTS)


@pytest.mark.parametrize(("seed", "d", "k"), [(15, 6, 4), (13, 10, 5)])
def test_acceleration_where_a_probability_all_but_reaches_1(seed, d, k):
    """Failures of a weight below float error must not make the M-step's own q infinitely low."""
    rng = np.random.default_rng(seed)
    p = rng.choice([0, 0.05, 0.3, 0.7, 0.95, 1], size=(4, d))
    x = rng.binomial(1, p[rng.integers(0, 4, 500)]).astype(float)
    plain, fast = (
        hm.BinomialMixture(k, trials=1, n_init=1, random_state=seed, algorithm=algorithm).fit(x)
        for algorithm in ("em", "lbfgs")
    )
    assert fast.converged_
    assert fast.result_.objective > plain.result_.objective - 1e-3


@pytest.mark.parametrize("algorithm", [None, 3])
def test_what_is_no_algorithm(algorithm):
    with pytest.raises(hm.HiddenmixError, match="no algorithm") as caught:
        hm.PoissonMixture(2, algorithm=algorithm).fit([[1], [2], [5], [9]])
    assert caught.value.code == "HM401"
