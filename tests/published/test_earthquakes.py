"""Earthquakes of magnitude 7 and above, 1900 to 2006: Poisson hidden Markov models.

Log-likelihoods and rates with a free first state, to eight digits, as other programs give them. Zucchini & MacDonald
(2009, Hidden Markov Models for Time Series, chapter 3) have the same data, and stationary chains.
"""

import numpy as np
import pytest

import hiddenmix as hm

X = hm.datasets.load("earthquakes").data
PUBLISHED = [
    (1, -391.91892817, [19.36448598]),
    (2, -341.87870101, [15.42076190, 26.01823567]),
    (3, -328.52748338, [13.13376169, 19.71316408, 29.70972333]),
]


@pytest.mark.parametrize(("k", "loglik", "rates"), PUBLISHED)
def test_log_likelihood_and_rates(k, loglik, rates):
    result = hm.fit(hm.Markov(hm.Poisson(), k), hm.Sequences(X), starts=8, rng=0, algorithm="auto", stop=hm.Gain(1e-11))
    assert result.loglik == pytest.approx(loglik, abs=2e-8)
    np.testing.assert_allclose(np.sort(result.params.components.rate[:, 0]), rates, rtol=2e-5)
    assert result.certificate in (hm.Certificate.MAXIMUM, hm.Certificate.BOUNDARY)


def test_the_first_state_is_certain_and_the_second_model_is_chosen():
    model = hm.HiddenMarkovModel("poisson", [1, 2, 3], criterion="bic", n_init=5, random_state=0).fit(X)
    assert model.n_states_ == 2
    np.testing.assert_allclose(model.initial_, [1.0, 0.0], atol=1e-9)
    assert model.bic(X) == pytest.approx(-2 * -341.878701 + 5 * np.log(107), abs=1e-3)
    np.testing.assert_allclose(model.transitions_, [[0.9284, 0.0716], [0.1190, 0.8810]], atol=2e-3)


STATIONARY = [
    (2, 342.3183, [15.472, 26.125], [[0.934, 0.066], [0.128, 0.872]]),
    (3, 329.4603, [13.146, 19.721, 29.714], [[0.955, 0.024, 0.021], [0.050, 0.899, 0.051], [0.000, 0.197, 0.803]]),
]


@pytest.mark.parametrize(("k", "loss", "rates", "transitions"), STATIONARY)
def test_stationary_chains(k, loss, rates, transitions):
    """Zucchini & MacDonald (2009), section 3.3.3 and table 3.1: minus log-likelihoods, rates and transitions."""
    model = hm.HiddenMarkovModel("poisson", k, initial="stationary", n_init=5, tol=1e-9, random_state=0).fit(X)
    assert -model.result_.loglik == pytest.approx(loss, abs=1e-4)
    np.testing.assert_allclose(model.rates_[:, 0], rates, atol=1.5e-3)
    np.testing.assert_allclose(model.transitions_, transitions, atol=1.5e-3)
    np.testing.assert_allclose(model.initial_ @ model.transitions_, model.initial_, atol=1e-12)
