"""`HiddenMarkovModel`: what it reads, gives back, and says."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

import hiddenmix as hm

RNG = np.random.default_rng(0)
STATES = np.concatenate([np.repeat([0, 1, 0, 2], [30, 20, 25, 25]), np.repeat([2, 1], [30, 20])])
CENTRES = np.array([[0.0, 0.0], [6.0, 1.0], [12.0, -5.0]])
X = CENTRES[STATES] + RNG.standard_normal((150, 2))
LENGTHS = [100, 50]


def fitted(**arguments):
    return hm.HiddenMarkovModel(**{"n_states": 3, "random_state": 0, "n_init": 3, **arguments}).fit(X, lengths=LENGTHS)


@pytest.fixture(scope="module")
def model():
    return fitted()


def code(call, *args, **kwargs):
    with pytest.raises(hm.HiddenmixError) as error:
        call(*args, **kwargs)
    return error.value.code


def test_states_are_found_and_stand_in_the_order_of_their_location(model):
    np.testing.assert_array_equal(model.predict(X, LENGTHS), STATES)
    np.testing.assert_allclose(model.means_, CENTRES, atol=0.6)
    np.testing.assert_allclose(model.transitions_.sum(axis=1), 1.0)
    np.testing.assert_allclose(model.durations_, 1 / (1 - np.diag(model.transitions_)))
    assert (model.n_states_, model.n_features_in_, model.converged_) == (3, 2, True)
    assert model.covariances_.shape == (3, 2, 2)


def test_probabilities_and_densities(model):
    proba = model.predict_proba(X, LENGTHS)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    np.testing.assert_array_equal(proba.argmax(axis=1), STATES)
    densities = model.score_samples(X, LENGTHS)
    assert densities.shape == (2,)
    assert densities.sum() == pytest.approx(model.result_.loglik, rel=1e-12)
    assert model.score(X, lengths=LENGTHS) == pytest.approx(densities.sum() / 150)
    assert model.bic(X, LENGTHS) == pytest.approx(model.facts_.criteria.bic)
    assert model.icl(X, LENGTHS) >= model.bic(X, LENGTHS) >= model.aic(X, LENGTHS)


def test_groups_say_the_same_as_lengths(model):
    groups = np.repeat(["b", "a"], LENGTHS)
    np.testing.assert_array_equal(model.predict_proba(X, groups=groups), model.predict_proba(X, LENGTHS))
    again = hm.HiddenMarkovModel(n_states=3, random_state=0, n_init=3).fit(X, groups=groups)
    np.testing.assert_array_equal(again.means_, model.means_)


def test_one_sequence_is_not_two(model):
    assert model.score(X) != model.score(X, lengths=LENGTHS)


def test_sequences_that_cannot_be():
    wrong = hm.HiddenMarkovModel(n_states=3, random_state=0)
    assert code(wrong.fit, X, lengths=[100, 51]) == "HM148"
    assert code(wrong.fit, X, groups=np.tile([0, 1], 75)) == "HM149"
    assert code(wrong.fit, X, groups=[0, 1]) == "HM404"
    assert code(wrong.fit, X, lengths=LENGTHS, sequence_weight=np.ones(150)) == "HM121"
    assert code(wrong.fit, X, lengths=LENGTHS, sequence_weight=[1, -1]) == "HM122"
    assert code(wrong.fit, X, lengths=LENGTHS, groups=np.repeat([0, 1], LENGTHS)) == "HM410"


def test_weights_are_those_of_sequences(model):
    twice = hm.HiddenMarkovModel(n_states=3, random_state=0, components_init=model.components_)
    weighted = clone(twice).fit(X, lengths=LENGTHS, sequence_weight=[2, 1])
    repeated = clone(twice).fit(np.vstack([X[:100], X]), lengths=[100, 100, 50])
    np.testing.assert_allclose(weighted.means_, repeated.means_, rtol=1e-9, atol=1e-9)
    absent = clone(twice).fit(X, lengths=LENGTHS, sequence_weight=[1, 0])
    np.testing.assert_allclose(absent.means_, clone(twice).fit(X[:100]).means_, rtol=1e-9, atol=1e-9)


def test_missing_cells_and_times_without_a_row(model):
    holes = X.copy()
    holes[np.random.default_rng(1).random(X.shape) < 0.2] = np.nan
    holes[10] = np.nan
    again = hm.HiddenMarkovModel(n_states=3, random_state=0, n_init=3).fit(holes, lengths=LENGTHS)
    np.testing.assert_allclose(again.means_, model.means_, atol=0.8)
    assert (again.predict(holes, LENGTHS) == STATES).mean() > 0.97
    assert again.facts_.criteria.n == 150 - np.isnan(holes).all(axis=1).sum()


def test_known_states():
    told = np.where(np.arange(150) % 10 == 0, np.array(["calm", "busy", "storm"])[STATES], None)
    known = hm.HiddenMarkovModel(n_states=3, random_state=0, n_init=12).fit(X, lengths=LENGTHS, known_states=told)
    assert list(known.classes_) == ["busy", "calm", "storm"]
    np.testing.assert_allclose(known.means_, CENTRES[[1, 0, 2]], atol=0.6)


def test_left_to_right_keeps_its_order():
    x = np.concatenate([CENTRES[[2, 0, 1]].repeat(20, axis=0)] * 2) + RNG.standard_normal((120, 2))
    model = hm.HiddenMarkovModel(n_states=3, transitions="left-to-right", initial="first", n_init=2, random_state=0)
    model.fit(x, lengths=[60, 60])
    np.testing.assert_allclose(model.means_, CENTRES[[2, 0, 1]], atol=0.8)
    np.testing.assert_array_equal(model.predict(x, [60, 60]), np.tile(np.repeat([0, 1, 2], 20), 2))
    assert np.isinf(model.durations_[2])
    assert "for ever" in model.summary()


def test_the_number_of_states_and_the_covariance_are_chosen():
    model = hm.HiddenMarkovModel(
        n_states=[2, 3, 4], covariance_type=["full", "spherical"], criterion="bic", n_init=3, random_state=0
    ).fit(X, lengths=LENGTHS)
    assert (model.n_states_, model.covariance_type_) == (3, "spherical")
    assert len(model.selection_.candidates) == 6


def test_steps_are_bit_equal_to_fit():
    model = hm.HiddenMarkovModel("normal", 3, n_init=1, random_state=0, algorithm="em", tol=0.0)
    run = model.steps(X, lengths=LENGTHS)
    assert not hasattr(model, "transitions_")
    assert run.em().bound < run.loglik  # after an M-step, until the next E-step lifts it
    assert run.e().bound == pytest.approx(run.loglik, rel=1e-12)
    model.fit(X, lengths=LENGTHS)
    while len(run.history) < len(model.history_):
        run.m().e()
    assert run.history.objectives == model.history_.objectives


def test_steps_are_those_of_one_model():
    for several in ({"n_states": [2, 3]}, {"n_states": 2, "covariance_type": ["full", "diag"]}):
        assert code(hm.HiddenMarkovModel(**several).steps, X) == "HM410"


def test_counts_and_families_of_ones_own():
    counts = RNG.poisson(np.array([2.0, 15.0, 40.0])[STATES])[:, None]
    model = hm.HiddenMarkovModel("poisson", 3, n_init=3, random_state=0).fit(counts, lengths=LENGTHS)
    np.testing.assert_allclose(model.rates_[:, 0], [2, 15, 40], rtol=0.15)
    assert code(model.fit, counts - 3.5) in ("HM124", "HM125")
    both = hm.Product([hm.Normal("diag"), hm.Poisson()], [[0, 1], [2]])
    mixed = hm.HiddenMarkovModel(both, 3, n_init=3, random_state=0).fit(np.hstack([X, counts]), lengths=LENGTHS)
    np.testing.assert_array_equal(mixed.predict(np.hstack([X, counts]), LENGTHS), STATES)
    assert "mean x0  mean x1  covariance x0  covariance x1  rate x2" in mixed.summary()


def test_draws_come_from_the_model(model):
    x, states = model.sample(500)
    assert x.shape == (500, 2)
    assert (model.predict(x) == states).mean() > 0.97


def test_a_start_that_is_given(model):
    start = {
        "initial_init": model.initial_,
        "transitions_init": model.transitions_,
        "components_init": model.components_,
    }
    again = hm.HiddenMarkovModel(n_states=3, random_state=0, max_iter=1000, **start).fit(X, lengths=LENGTHS)
    assert again.n_iter_ <= 2
    np.testing.assert_allclose(again.transitions_, model.transitions_, atol=1e-3)
    assert code(hm.HiddenMarkovModel(n_states=3, transitions_init=np.eye(2)).fit, X) == "HM404"
    assert code(hm.HiddenMarkovModel(n_states=3, transitions_init=np.ones((3, 3))).fit, X) == "HM405"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"family": "gaussian"}, "HM401"),
        ({"covariance_type": "round"}, "HM401"),
        ({"transitions": "cyclic"}, "HM401"),
        ({"initial": "last"}, "HM401"),
        ({"init_params": "astrology"}, "HM401"),
        ({"n_states": 0}, "HM403"),
        ({"n_states": [0, 1]}, "HM403"),
    ],
)
def test_arguments_that_cannot_be(arguments, expected):
    found = code(hm.HiddenMarkovModel(**arguments).fit, X)
    assert found[:3] == expected[:3]


def test_summary_says_states_and_transitions(model):
    text = model.summary()
    assert text.startswith("hidden Markov model of 3 states, Normal")
    for part in ("mean stay", "transitions", "from \\ to", "log-likelihood", f"{model.transitions_[0, 0]:.3f}"):
        assert part in text


def test_it_survives_pickle_clone_and_a_model_file(model, tmp_path):
    path = tmp_path / "chain.hmx"
    model.save(path)
    for again in (pickle.loads(pickle.dumps(model)), hm.load(path), hm.HiddenMarkovModel.load(path)):
        np.testing.assert_array_equal(again.predict_proba(X, LENGTHS), model.predict_proba(X, LENGTHS))
        assert again.summary() == model.summary()
    assert clone(model).get_params() == model.get_params()


def test_model_files_hold_what_is_known_of_the_chain(tmp_path):
    ways = np.array([[True, True, False], [True, True, True], [True, True, True]])
    model = fitted(transitions=hm.Known(np.zeros((3, 3)), ~ways), initial="equal", n_init=12)
    model.save(tmp_path / "chain.hmx")
    again = hm.load(tmp_path / "chain.hmx")
    np.testing.assert_array_equal(again.transitions_, model.transitions_)
    assert again.transitions_[0, 2] == 0
    assert again.bic(X, LENGTHS) == model.bic(X, LENGTHS)


def test_standard_errors_have_the_shapes_of_what_they_belong_to():
    errors = fitted(initial="equal", concentration=1.5, covariance_type="diag").standard_errors()
    assert errors["transitions"].shape == (3, 3)
    assert errors["mean"].shape == (3, 2)
    assert np.all(errors["initial"] == 0)
    assert np.all(errors["mean"] > 0)


def test_acceleration_ends_in_the_same_optimum():
    ends = [fitted(algorithm=name, tol=1e-9).result_.objective for name in ("em", "lbfgs", "squarem", "anderson")]
    np.testing.assert_allclose(ends, ends[0], rtol=1e-8)


def test_an_unfitted_model_says_so():
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        hm.HiddenMarkovModel().predict(X)
