"""Hidden Markov models at the edges: every argument that cannot be is refused with a code, and says what it is."""

import itertools
import warnings

import numpy as np
import pytest
from scipy import special, stats

import hiddenmix as hm

RNG = np.random.default_rng(1)
X = (np.cumsum(RNG.random(80) < 0.1) % 2)[:, None] * 4.0 + RNG.standard_normal((80, 2))
COUNTS = RNG.poisson(np.where(X[:, :1] > 2, 9.0, 2.0))


def refused(x=X, family="normal", n_states=2, fit=None, **arguments):
    model = hm.HiddenMarkovModel(family, n_states, random_state=0, n_init=2, **arguments)
    with pytest.raises(hm.HiddenmixError) as error:
        model.fit(x, **(fit or {}))
    return error.value


@pytest.mark.parametrize(
    ("wrong", "code", "word"),
    [
        ({"n_states": []}, "HM401", "empty"),
        ({"n_states": True}, "HM402", "n_states"),
        ({"n_states": 90}, "HM202", "states"),
        ({"family": hm.Poisson}, "HM401", "family"),
        ({"family": None}, "HM401", "family"),
        ({"family": hm.GaussianMixture(2)}, "HM401", "family"),
        ({"initial": [np.nan, 1.0]}, "HM403", "0 or more"),
        ({"initial": None}, "HM403", "0 or more"),
        ({"initial": [-0.5, 1.5]}, "HM403", "0 or more"),
        ({"transitions": [[1.0], [0.5, 0.5]]}, "HM404", "transitions"),
        ({"transitions": "a"}, "HM401", "transitions"),
        ({"concentration": "a"}, "HM403", "concentration"),
        ({"concentration": np.inf}, "HM403", "concentration"),
        ({"initial_concentration": "a"}, "HM403", "concentration"),
        ({"initial_concentration": np.inf}, "HM403", "concentration"),
        ({"components_init": "a"}, "HM404", "components_init"),
        ({"components_init": np.zeros((2, 2))}, "HM404", "components_init"),
        ({"components_init": hm.PoissonParams([[1.0], [5.0]])}, "HM404", "components_init"),
        ({"n_states": [1, 2], "transitions_init": np.eye(2)}, "HM410", "start"),
        ({"fit": {"known_states": np.arange(80)}}, "HM410", "known_states"),
        ({"fit": {"lengths": [40, 40], "sequence_weight": [1, -1]}}, "HM122", "sequence_weight"),
    ],
)  # fmt: skip
def test_arguments_that_cannot_be(wrong, code, word):
    error = refused(**wrong)
    assert error.code == code
    assert word in str(error)


@pytest.mark.parametrize("params", [[[1.0], [5.0], [6.0]], [[1.0, 2.0], [5.0, 2.0]]])
def test_a_start_of_another_shape(params):
    assert refused(COUNTS, "poisson", components_init=hm.PoissonParams(params)).code == "HM404"


@pytest.mark.parametrize("lengths", [[40.0, np.nan], [40.0, np.inf], [40 + 1j, 40], ["40", "40"]])
def test_lengths_that_are_none(lengths):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert refused(fit={"lengths": lengths}).code == "HM148"


@pytest.mark.parametrize("missing", [np.nan, None])
def test_a_sequence_without_a_label_is_refused(missing):
    labels = np.array(["a"] * 30 + [missing] * 50, dtype=object)
    assert refused(fit={"groups": labels}).code == "HM404"


def test_labels_of_several_types_are_labels():
    labels = np.array(["a"] * 30 + [1] * 50, dtype=object)
    model = hm.HiddenMarkovModel(n_states=2, random_state=0, n_init=2)
    there = model.fit(X, lengths=[30, 50]).predict_proba(X, lengths=[30, 50])
    np.testing.assert_array_equal(model.fit(X, groups=labels).predict_proba(X, groups=labels), there)
    apart = np.array(["a"] * 30 + [1] * 20 + ["a"] * 30, dtype=object)
    error = refused(fit={"groups": apart})
    assert error.code == "HM149"
    assert "sequence 'a'" in str(error)


def test_transitions_that_are_all_known_with_a_stationary_beginning():
    moves = np.array([[0.9, 0.1], [0.2, 0.8]])
    model = hm.HiddenMarkovModel("poisson", 2, transitions=moves, initial="stationary", random_state=0, n_init=2)
    model.fit(COUNTS)
    np.testing.assert_allclose(model.initial_, [2 / 3, 1 / 3], rtol=1e-12)
    np.testing.assert_array_equal(model.transitions_, moves)


def test_known_states_and_several_numbers_of_states():
    known = np.full(80, np.nan)
    known[:5], known[-5:] = 0, 1
    model = hm.HiddenMarkovModel("normal", [3, 2], random_state=0, criterion="bic")
    model.fit(X, known_states=known)
    for candidate in model.selection_.candidates:
        alone = hm.HiddenMarkovModel("normal", candidate.n_components, random_state=0)
        assert candidate.result is not None
        if candidate.n_components == 2:
            at = alone.fit(X, known_states=known).result_.loglik
            assert candidate.result.loglik == pytest.approx(at, abs=1e-3)
    assert model.n_states_ == model.transitions_.shape[0]


def test_missing_rows_weights_and_the_entropy_of_the_path_by_enumeration():
    rng = np.random.default_rng(4)
    lengths, weight, k = [5, 1, 4], np.array([1.0, 2.5, 0.7]), 3
    x = rng.poisson(4.0, (10, 2)).astype(float)
    x[rng.random(x.shape) < 0.25] = np.nan
    x[2] = x[5] = np.nan  # in the middle of a sequence, and a whole one
    rate, first, moves = rng.gamma(2.0, 2.0, (k, 2)), rng.dirichlet(np.ones(k)), rng.dirichlet(np.ones(k), k)
    data = hm.Sequences(x, lengths, weight)
    chain = hm.Markov(hm.Poisson(), k).prepare(data)
    params = hm.MarkovParams(first, moves, hm.PoissonParams(rate))
    seen = np.nansum(stats.poisson.logpmf(x[:, None, :], rate), axis=2)  # (n, k)
    loglik, entropy, began, gone = 0.0, 0.0, np.zeros(k), np.zeros((k, k))
    for start, size, w in zip(np.cumsum(lengths) - lengths, lengths, weight, strict=True):
        paths = np.array(list(itertools.product(range(k), repeat=size)))
        joint = np.log(first[paths[:, 0]]) + seen[start + np.arange(size), paths].sum(axis=1)
        joint += np.log(moves[paths[:, :-1], paths[:, 1:]]).sum(axis=1)
        norm = special.logsumexp(joint)
        p = np.exp(joint - norm)
        loglik, entropy = loglik + w * norm, entropy - w * (p @ np.log(p))
        np.add.at(began, paths[:, 0], w * p)
        for t in range(1, size):
            np.add.at(gone, (paths[:, t - 1], paths[:, t]), w * p)
    found, statistics = chain.e_step(params, data.whole())
    assert found == pytest.approx(loglik, rel=1e-12)
    np.testing.assert_allclose(statistics.initial, began, atol=1e-12)
    np.testing.assert_allclose(statistics.transitions, gone, atol=1e-12)
    assert chain.ambiguity(params, data.whole()).entropy == pytest.approx(entropy, rel=1e-10)
