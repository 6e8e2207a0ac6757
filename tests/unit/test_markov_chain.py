"""Hidden Markov models: what is known of the chain, and the transitions that are best."""

import numpy as np
import pytest
from scipy.optimize import minimize
from tests.unit.chains import CHAIN, PARAMS, RATES, TRANSITIONS, code, drawn

import hiddenmix as hm
from hiddenmix.latent._moves import Moves

KNOWN = hm.Known(TRANSITIONS, [[True, False, False], [True, True, True], [False, False, False]])


@pytest.mark.parametrize("transitions", ["free", "left-to-right", KNOWN, TRANSITIONS > 0.12])
def test_transitions_are_those_that_an_optimiser_finds(transitions):
    """The maximum of sum counts log p + log prior, in the free probabilities themselves."""
    moves = Moves(transitions, np.where(np.eye(3) > 0, 2.0, 1.5), 3)
    counts = np.array([[5.0, 2.0, 0.0], [1.0, 7.0, 3.0], [2.0, 0.0, 4.0]])
    found = moves.estimate(counts, moves.beginning())
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-14)
    mass = counts + moves.pseudo
    for row in range(3):
        free = moves.free[row]
        left = 1.0 - moves.even[row][~free].sum()
        if free.sum() < 2:
            continue

        def loss(logits, free=free, left=left, row=row):
            p = left * np.exp(logits) / np.exp(logits).sum()
            return -np.sum(mass[row][free] * np.log(p)), -(mass[row][free] - mass[row][free].sum() * p / left)

        best = minimize(loss, np.zeros(free.sum()), jac=True, method="BFGS", options={"gtol": 1e-11})
        top = loss(np.log(found[row][free]))[0]
        assert top <= best.fun + 1e-9 * abs(best.fun)
        np.testing.assert_array_equal(found[row][~free], moves.even[row][~free])


def test_a_state_that_was_never_left_keeps_its_transitions():
    moves = Moves("free", 1.0, 2)
    old = np.array([[0.3, 0.7], [0.6, 0.4]])
    np.testing.assert_array_equal(moves.estimate(np.array([[1.0, 3.0], [0.0, 0.0]]), old), [[0.25, 0.75], [0.6, 0.4]])


def test_left_to_right_stays_left_to_right():
    x, _ = drawn([40, 50], seed=1)
    chain = hm.Markov(hm.Poisson(), 3, transitions="left-to-right", initial="first")
    result = hm.fit(chain, hm.Sequences(x, [40, 50]), rng=0, certificate="off")
    matrix = result.params.transitions
    assert np.all(matrix[~(np.eye(3, dtype=bool) | np.eye(3, k=1, dtype=bool))] == 0)
    assert matrix[2, 2] == 1
    np.testing.assert_array_equal(result.params.initial, [1, 0, 0])
    path, joint = chain.most_probable(result.params, hm.Sequences(x, [40, 50]).whole())
    assert np.all(np.diff(path[:40]) >= 0)
    assert joint.sum() <= result.loglik


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"transitions": "cyclic"}, "HM401"),
        ({"transitions": np.eye(2)}, "HM404"),
        ({"transitions": np.full((3, 3), 0.3)}, "HM437"),
        ({"transitions": np.zeros((3, 3), dtype=bool)}, "HM437"),
        ({"transitions": hm.Known(-TRANSITIONS)}, "HM437"),
        ({"initial": "last"}, "HM401"),
        ({"initial": [0.5, 0.2]}, "HM404"),
        ({"concentration": 0.5}, "HM403"),
        ({"concentration": [2.0, 2.0]}, "HM403"),
        ({"initial_concentration": 0.5}, "HM403"),
    ],
)
def test_what_cannot_be(wrong, expected):
    with pytest.raises(hm.HiddenmixError) as error:
        hm.Markov(hm.Poisson(), 3, **wrong)
    assert code(error) == expected


def test_states_trade_places_with_rows_and_columns_of_their_transitions():
    order = [2, 0, 1]
    there = hm.pick(PARAMS, order)
    np.testing.assert_array_equal(there.transitions, TRANSITIONS[np.ix_(order, order)])
    np.testing.assert_array_equal(there.components.rate, RATES.rate[order])
    back = CHAIN.match(there, PARAMS)
    np.testing.assert_array_equal(back.transitions, TRANSITIONS)
    np.testing.assert_array_equal(CHAIN.order(there), [1, 2, 0])


def test_a_stationary_chain_needs_states_that_are_reached_from_one_another():
    with pytest.raises(hm.HiddenmixError) as error:
        hm.Markov(hm.Poisson(), 3, transitions="left-to-right", initial="stationary")
    assert code(error) == "HM438"


@pytest.mark.parametrize("first", [[5.0, 1.0, 0.0], [0.0, 0.0, 200.0]])
def test_stationary_chains_are_those_that_an_optimiser_finds(first):
    """The maximum of sum counts log p + first counts log pi, searched in the logits of all transitions."""
    counts = np.array([[50.0, 20.0, 3.0], [10.0, 70.0, 30.0], [20.0, 5.0, 40.0]])
    chain = hm.Markov(hm.Poisson(), 3, initial="stationary")
    found = chain.chances.estimate((np.array(first), counts), (PARAMS.initial, TRANSITIONS))

    def height(matrix):
        pi = np.linalg.matrix_power(matrix, 400)[0]
        return np.sum(counts * np.log(matrix)) + np.sum(np.array(first) * np.log(pi))

    def loss(logits):
        matrix = np.exp(logits.reshape(3, 3))
        return -height(matrix / matrix.sum(axis=1, keepdims=True))

    best = minimize(loss, np.log(counts).ravel(), method="BFGS", options={"gtol": 1e-7})
    assert height(found[1]) >= -best.fun - 1e-9 * abs(best.fun)
    np.testing.assert_allclose(found[0], np.linalg.matrix_power(found[1], 400)[0], rtol=1e-12)
    assert height(found[1]) > height(counts / counts.sum(axis=1, keepdims=True)) + 1e-3
