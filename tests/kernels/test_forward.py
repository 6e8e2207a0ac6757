"""The recursions of a hidden chain against all paths, counted one by one, and compiled ones against NumPy twins."""

import itertools

import numpy as np
import pytest

from hiddenmix.kernels import _chain_numpy, chain, linear


def brute_force(log_prob, starts, initial, transitions, weight):
    """Log densities, probabilities of states, expected transitions, best paths: every path of every sequence."""
    (k, n), ends = log_prob.shape, np.append(starts[1:], log_prob.shape[1])
    with np.errstate(divide="ignore"):
        first, step = np.log(initial), np.log(transitions)
    loglik, joint = np.full(len(starts), -np.inf), np.full(len(starts), -np.inf)
    resp, moves, best = np.zeros((k, n)), np.zeros((k, k)), np.zeros(n, dtype=int)
    for unit, (start, end) in enumerate(zip(starts, ends)):
        paths = np.array(list(itertools.product(range(k), repeat=end - start)))
        logs = first[paths[:, 0]] + log_prob[paths, np.arange(start, end)].sum(axis=1)
        logs = logs + step[paths[:, :-1], paths[:, 1:]].sum(axis=1)
        top = logs.max()
        if top == -np.inf:
            continue
        loglik[unit], joint[unit] = top + np.log(np.exp(logs - top).sum()), top
        best[start:end] = paths[np.argmax(logs)]
        for path, share in zip(paths, weight[unit] * np.exp(logs - loglik[unit])):
            resp[path, np.arange(start, end)] += share
            np.add.at(moves, (path[:-1], path[1:]), share)
    return loglik, resp, moves, best, joint


def problem(k, sizes, seed=0, zeros=False, spread=1.0):
    rng = np.random.default_rng(seed)
    log_prob = spread * rng.standard_normal((k, sum(sizes)))
    initial, transitions = rng.dirichlet(np.ones(k)), rng.dirichlet(np.ones(k), size=k)
    if zeros:
        transitions = np.triu(transitions)
        transitions /= transitions.sum(axis=1, keepdims=True)
    return log_prob, np.cumsum(sizes) - sizes, initial, transitions, rng.random(len(sizes)) + 0.5


def compiled():
    reason = linear.unavailable()
    if reason is not None:
        pytest.skip(reason)
    from hiddenmix.kernels import _chain_compiled

    return _chain_compiled


WAYS = {"numpy": lambda: _chain_numpy, "compiled": compiled}


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    """Everything done in one of the two ways, whatever its size."""
    found = WAYS[request.param]()
    monkeypatch.setattr(chain, "_way", lambda log_prob, sizes: found)


def assert_agree(got, want, tolerance=1e-12):
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * np.max(np.abs(want), initial=1.0))


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("zeros", [False, True])
def test_all_paths(way, k, zeros):
    log_prob, starts, initial, transitions, weight = problem(k, [1, 5, 2, 6], seed=k, zeros=zeros, spread=3.0)
    want = brute_force(log_prob, starts, initial, transitions, weight)
    got = chain.smooth(log_prob, starts, initial, transitions, weight)
    for found, expected in zip((got.loglik, got.resp, got.moves), want):
        assert_agree(found, expected)
    path, joint = chain.most_probable(log_prob, starts, initial, transitions)
    np.testing.assert_array_equal(path, want[3])
    assert_agree(joint, want[4])


def test_a_sequence_that_is_impossible_says_so_and_leaves_the_others_alone(way):
    log_prob, starts, initial, transitions, weight = problem(2, [4, 3, 5])
    log_prob[:, 5] = -np.inf  # in the second
    want = brute_force(log_prob, starts, initial, transitions, weight)
    got = chain.smooth(log_prob, starts, initial, transitions, weight)
    assert got.loglik[1] == -np.inf
    assert np.all(got.resp[:, 4:7] == 0)
    for found, expected in zip((got.loglik[[0, 2]], got.resp, got.moves), (want[0][[0, 2]], *want[1:3])):
        assert_agree(found, expected)
    assert chain.most_probable(log_prob, starts, initial, transitions)[1][1] == -np.inf


def test_densities_that_underflow(way):
    """The only possible path is so improbable at every row that its densities are 0 beside the others'."""
    log_prob, starts, initial, transitions, weight = problem(3, [6])
    log_prob[0] -= 2000.0
    initial, transitions = np.array([1.0, 0.0, 0.0]), np.eye(3)
    got = chain.smooth(log_prob, starts, initial, transitions, weight)
    assert_agree(got.loglik[0], log_prob[0].sum())
    assert_agree(got.resp[0], weight[0])


@pytest.mark.parametrize("turn", [400.0, 900.0])
def test_a_path_that_is_lost_early_and_matters_later(way, turn):
    """Two states that never change: the first is far behind at first, and far ahead in the end, step by step."""
    steps = turn * np.array([-1.0, -0.5, 0.6, 0.6, 0.7])
    log_prob = np.stack([steps, np.zeros(5)])
    got = chain.smooth(log_prob, np.array([0]), np.array([0.5, 0.5]), np.eye(2))
    assert_agree(got.loglik[0], steps.sum() + np.log(0.5))
    assert_agree(got.resp, [[1.0] * 5, [0.0] * 5])


def test_a_path_that_both_recursions_would_lose(way):
    """Behind at both ends by more than a double can hold, and ahead in the middle."""
    steps = np.concatenate([[-800.0], np.full(8, 300.0), [-800.0]])
    log_prob = np.stack([steps, np.zeros(10)])
    got = chain.smooth(log_prob, np.array([0]), np.array([0.5, 0.5]), np.eye(2))
    assert_agree(got.loglik[0], 800.0 + np.log(0.5))
    assert_agree(got.resp[0], np.ones(10))


SIZES = [(1, [40]), (3, [1, 255, 1, 2]), (8, [300, 7]), (9, [64, 65]), (17, [100]), (33, [30, 1, 30])]


@pytest.mark.parametrize(("k", "sizes"), SIZES)
@pytest.mark.parametrize("zeros", [False, True])
def test_compiled_against_numpy(k, sizes, zeros):
    fast = compiled()
    log_prob, starts, initial, transitions, weight = problem(k, sizes, seed=k, zeros=zeros, spread=2.0)
    ends, every = starts + sizes, np.arange(len(sizes))
    one, other = (way.Scaled(log_prob, starts, ends, initial, transitions) for way in (fast, _chain_numpy))
    for name in ("forward", "products", "top"):
        assert_agree(getattr(one, name), getattr(other, name))
    for got, want in zip(one.smoothed(every, weight), other.smoothed(every, weight)):
        assert_agree(got, want)
    with np.errstate(divide="ignore"):
        logs = np.log(initial), np.log(transitions)
    parts = fast.in_logarithms(log_prob, starts, ends, *logs, weight)
    for got, want in zip(parts, _chain_numpy.in_logarithms(log_prob, starts, ends, *logs, weight)):
        assert_agree(got, want)
    for got, want in zip(parts[1:], other.smoothed(every, weight)):
        assert_agree(got, want, 1e-10)
    found = fast.most_probable(log_prob, starts, ends, *logs)
    expected = _chain_numpy.most_probable(log_prob, starts, ends, *logs)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


def test_only_some_sequences_are_done_in_logarithms(way):
    """What is doubtful in one sequence changes nothing in another, not even rounding."""
    log_prob, starts, initial, transitions, weight = problem(3, [20, 30, 10])
    sound = chain.smooth(log_prob, starts, initial, transitions, weight)
    log_prob = log_prob.copy()
    log_prob[:, 25] = [-np.inf, -np.inf, -np.inf]
    mixed = chain.smooth(log_prob, starts, initial, transitions, weight)
    np.testing.assert_array_equal(mixed.resp[:, :20], sound.resp[:, :20])
    np.testing.assert_array_equal(mixed.resp[:, 50:], sound.resp[:, 50:])
    np.testing.assert_array_equal(mixed.loglik[[0, 2]], sound.loglik[[0, 2]])


def test_small_chunks_load_nothing(monkeypatch):
    monkeypatch.setattr(chain, "_loaded", lambda: pytest.fail("it was loaded"))
    chain.smooth(*problem(3, [20, 30])[:4])
