"""Hidden Markov models: sequences as data, known states, starts, criteria, recovery."""

import itertools

import numpy as np
import pytest
from tests.unit.chains import CHAIN, PARAMS, RATES, TRANSITIONS, code, drawn

import hiddenmix as hm
from hiddenmix.batch import Evidence
from hiddenmix.data import Chunks
from hiddenmix.engine.problem import Problem
from hiddenmix.select import criteria

# The data


def test_sequences_in_chunks_keep_their_rows_and_their_order():
    x, lengths = np.arange(60.0).reshape(30, 2), [4, 1, 9, 3, 6, 7]
    data = hm.Sequences(x, lengths, chunk=8)
    batches = list(data.chunks())
    assert [batch.sizes.tolist() for batch in batches] == [[4, 1], [9], [3], [6], [7]]
    np.testing.assert_array_equal(np.concatenate([batch.x for batch in batches]), x)
    assert (data.n_units, data.total_weight, data.n_observed) == (6, 6.0, 30.0)


def test_rows_that_miss_the_same_cells_stand_together_and_time_is_kept():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 3))
    x[rng.random(x.shape) < 0.3] = np.nan
    x[7] = np.nan
    data = hm.Sequences(x, [10, 20, 10], chunk=30)
    seen = []
    for batch in data.chunks():
        seen.append(batch.in_time(np.ascontiguousarray(batch.x.T)).T)
        patterns = [tuple(row) for row in np.isnan(batch.x)]
        assert len(list(itertools.groupby(patterns))) == len(set(patterns))
        np.testing.assert_array_equal(batch.of_rows(batch.in_time(batch.x.T)).T, batch.x)
    np.testing.assert_array_equal(np.concatenate(seen), x)
    assert data.n_observed == 40 - np.isnan(x).all(axis=1).sum()
    np.testing.assert_array_equal(data.whole().as_data().x.shape, x.shape)


def test_weights_of_sequences_and_those_that_are_absent():
    x, _ = drawn([5, 6, 7, 8])
    weight = np.array([2.0, 0.0, 1.0, 3.0])
    data = hm.Sequences(x, [5, 6, 7, 8], weight)
    assert (data.n_units, data.total_weight, data.n_observed) == (3, 6.0, 2 * 5 + 7 + 3 * 8)
    restored = data.restore(np.arange(20.0))
    assert np.isnan(restored[5:11]).all()
    np.testing.assert_array_equal(restored[11:], np.arange(5, 20))


def test_sequences_out_of_core_are_those_in_memory():
    x, _ = drawn([30, 40, 25])
    x[3] = np.nan
    ends = np.cumsum([30, 40, 25])
    parts = [hm.Sequences(x[e - n : e], [n]).whole() for e, n in zip(ends, [30, 40, 25])]
    chunks = Chunks([lambda part=part: part for part in parts])
    one, other = (Problem(CHAIN, data).evaluate(PARAMS) for data in (chunks, hm.Sequences(x, [30, 40, 25])))
    assert one.loglik == pytest.approx(other.loglik, rel=1e-13)
    assert chunks.n_observed == 94
    joined = chunks.sample(np.random.default_rng(0), 3)
    np.testing.assert_array_equal(joined.sizes, [30, 40, 25])
    np.testing.assert_array_equal(joined.in_time(joined.x.T).T, x)
    assert hm.fit(CHAIN, chunks, rng=0, certificate="off").converged


@pytest.mark.parametrize("lengths", [[10, 10], [0, 30], [-1, 31], [15.5, 14.5], [], "abc", [[30]]])
def test_lengths_that_do_not_fit(lengths):
    with pytest.raises(hm.HiddenmixError) as error:
        hm.Sequences(np.zeros((30, 1)), lengths)
    assert code(error) == "HM148"


def test_rows_that_are_independent_are_refused():
    with pytest.raises(hm.HiddenmixError) as error:
        hm.fit(CHAIN, np.ones((30, 1)))
    assert code(error) == "HM436"


# What comes out


def test_entropy_of_the_path_is_that_of_all_paths():
    x, _ = drawn([1, 4, 6], seed=2)
    x[5] = np.nan
    data = hm.Sequences(x, [1, 4, 6], [2.0, 1.0, 0.5])
    found = CHAIN.ambiguity(PARAMS, data.whole())
    log_b = CHAIN.family.log_prob(RATES, x)
    entropy, largest = 0.0, 0.0
    for weight, start, n in ((2.0, 0, 1), (1.0, 1, 4), (0.5, 5, 6)):
        logs = []
        for path in itertools.product(range(3), repeat=n):
            log_p = np.log(PARAMS.initial[path[0]]) + sum(log_b[start + t, s] for t, s in enumerate(path))
            logs.append(log_p + sum(np.log(TRANSITIONS[a, b]) for a, b in itertools.pairwise(path)))
        logs = np.array(logs) - np.logaddexp.reduce(logs)
        entropy -= weight * np.sum(np.exp(logs) * logs)
        largest += weight * logs.max()
    assert found.entropy == pytest.approx(entropy, rel=1e-10)
    assert found.log_largest == pytest.approx(largest, rel=1e-10)
    told = criteria(CHAIN, PARAMS, data)
    assert told.icl == pytest.approx(told.bic + 2 * entropy, rel=1e-12)


def test_known_states_are_evidence():
    x, states = drawn([30, 20], seed=3)
    told = np.where(np.arange(50) % 3 == 0, states, -1)
    data = hm.Sequences(x, [30, 20], evidence=Evidence.from_labels(told, 3))
    resp = CHAIN.posterior(PARAMS, data.whole())[1]
    np.testing.assert_allclose(resp[np.arange(50), states][::3], 1.0, rtol=1e-12)
    free = CHAIN.posterior(PARAMS, hm.Sequences(x, [30, 20]).whole())[0].sum()
    assert CHAIN.posterior(PARAMS, data.whole())[0].sum() < free


def test_an_impossible_sequence_has_the_probabilities_before_anything_is_seen():
    chain = hm.Markov(hm.Poisson(), 2)
    params = hm.MarkovParams([0.4, 0.6], [[0.9, 0.1], [0.2, 0.8]], hm.PoissonParams([[0.0], [0.0]]))
    loglik, resp = chain.posterior(params, hm.Sequences(np.array([[0.0], [3.0], [0.0]]), [1, 2]).whole())
    np.testing.assert_array_equal(loglik, [np.log(0.4 + 0.6), -np.inf])
    np.testing.assert_allclose(resp[1:], [[0.4, 0.6], [0.4 * 0.9 + 0.6 * 0.2, 0.4 * 0.1 + 0.6 * 0.8]], rtol=1e-14)


@pytest.mark.parametrize("how", ["kmeans", "k-means++", "random", "random_from_data", "segments"])
def test_every_start_leads_to_a_maximum(how):
    x, _ = drawn([150, 100], seed=4)
    result = hm.fit(CHAIN, hm.Sequences(x, [150, 100]), how=how, starts=3, rng=0)
    assert result.converged
    assert result.loglik >= Problem(CHAIN, hm.Sequences(x, [150, 100])).evaluate(PARAMS).loglik


def test_labels_of_rows_are_a_start():
    x, states = drawn([60, 40], seed=5)
    start = CHAIN.start(hm.Sequences(x, [60, 40]), np.random.default_rng(0), states)
    means = [x[states == j].mean() for j in range(3)]
    np.testing.assert_allclose(start.components.rate[:, 0], means, rtol=1e-12)


def test_a_start_that_nobody_knows():
    with pytest.raises(hm.HiddenmixError) as error:
        CHAIN.start(hm.Sequences(np.ones((9, 1))), np.random.default_rng(0), "astrology")
    assert code(error) == "HM401"


def test_parameters_are_recovered():
    x, _ = drawn([2000] * 3, seed=6)
    data = hm.Sequences(x, [2000] * 3)
    result = hm.fit(CHAIN, data, starts=4, rng=0, algorithm="auto")
    found = hm.pick(result.params, CHAIN.order(result.params))
    np.testing.assert_allclose(found.transitions, TRANSITIONS, atol=0.05)
    np.testing.assert_allclose(found.components.rate, RATES.rate, rtol=0.05)
    ratio = 2 * (result.loglik - Problem(CHAIN, data).evaluate(PARAMS).loglik)
    assert 0 <= ratio <= 11 + 5 * np.sqrt(2 * 11)


def test_standard_errors_are_those_of_many_samples():
    chain = hm.Markov(hm.Poisson(), 2, initial="equal")
    params = hm.MarkovParams([0.5, 0.5], [[0.9, 0.1], [0.2, 0.8]], hm.PoissonParams([[2.0], [9.0]]))
    ends, told = [], []
    for seed in range(60):
        x, _ = drawn([300], seed=seed, params=params, chain=chain)
        result = hm.fit(chain, hm.Sequences(x), params, algorithm="auto", certificate="off")
        ends.append(np.append(result.params.transitions[0, 1], result.params.components.rate))
        if seed < 6:
            errors = result.standard_errors()
            told.append(np.append(errors["transitions"][0, 1], errors["rate"]))
    np.testing.assert_allclose(np.mean(told, axis=0), np.std(ends, axis=0), rtol=0.25)


def test_mixed_columns_and_chunks_and_threads():
    family = hm.Product([hm.Normal("diag"), hm.Poisson()], [[0, 1], [2]])
    rng = np.random.default_rng(7)
    states = np.repeat(rng.integers(0, 2, 60), 10)
    x = np.column_stack([rng.standard_normal((600, 2)) + 3 * states[:, None], rng.poisson(2 + 5 * states)])
    x[rng.random(x.shape) < 0.1] = np.nan
    data = hm.Sequences(x, np.full(20, 30), chunk=100)
    serial, threads = (hm.fit(hm.Markov(family, 2), data, rng=0, pool=pool) for pool in (hm.Serial(), hm.Threads(3)))
    assert serial.loglik == threads.loglik
    assert (serial.params.transitions == threads.params.transitions).all()
    assert np.all(np.diag(serial.params.transitions) > 0.7)
