"""A hidden chain of states: what the states were, given the densities of what was seen in each of them.

Rows of several sequences stand one after the other. With b_t(j) the density of row t in state j, the joint density of
rows and states is initial(s_1) b_1(s_1) times the product of transitions(s_t-1, s_t) b_t(s_t). Sums over all paths are
taken by the scaled forward and backward recursions (Rabiner 1989, Proceedings of the IEEE 77:257), the most probable
path by Viterbi's (1967). Densities are taken relative to the largest of their row; a sequence for which products may
still have vanished is done again in logarithms, where nothing vanishes.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.kernels import _chain_numpy, linear

TINY = 1e-280  # products below it may have lost some of their digits
WORTH = 2**12  # rows times states; with fewer, and in sequences shorter than this, nothing compiled is loaded
SHORT = 50  # rows of the longest sequence: NumPy takes some microseconds for each


@dataclass(frozen=True, eq=False)
class Smoothed:
    """What is known of the states.

    Attributes
    ----------
    loglik : (units,), the log density of each sequence; -inf for one that is impossible
    resp : (k, n), probabilities of the states given the whole sequence, times its weight; 0 in impossible ones
    moves : (k, k), expected transitions from state to state, weighted
    """

    loglik: Array
    resp: Array
    moves: Array


def smooth(log_prob: Array, starts: Array, initial: Array, transitions: Array, weight: Array | None = None) -> Smoothed:
    """The states of each row given its whole sequence.

    Parameters
    ----------
    log_prob : (k, n)
        Log densities, -inf for what is impossible.
    starts : (units,)
        The first row of each sequence; ascending from 0, and every sequence has a row.
    initial, transitions : (k,) and (k, k)
        Probabilities.
    weight : (units,), optional
        Of the sequences.
    """
    ends = np.append(starts[1:], log_prob.shape[1])
    weight = np.ones(len(starts)) if weight is None else np.asarray(weight, dtype=float)
    way = _way(log_prob, ends - starts)
    scaled = way.Scaled(log_prob, starts, ends, initial, transitions)
    doubtful = _doubtful(scaled, starts, transitions)
    if doubtful.all():
        return Smoothed(*way.in_logarithms(log_prob, starts, ends, *_logs(initial, transitions), weight))
    loglik = np.add.reduceat(np.log(np.where(scaled.forward > 0, scaled.forward, 1.0)) + scaled.top, starts)
    resp, moves = scaled.smoothed(np.flatnonzero(~doubtful), weight)
    if doubtful.any():
        rows = np.repeat(doubtful, ends - starts)
        some_ends = np.cumsum((ends - starts)[doubtful])
        some_starts = some_ends - (ends - starts)[doubtful]
        parts = np.ascontiguousarray(log_prob[:, rows]), some_starts, some_ends
        done = way.in_logarithms(*parts, *_logs(initial, transitions), weight[doubtful])
        loglik[doubtful], resp[:, rows], moves = done[0], done[1], moves + done[2]
    return Smoothed(loglik, resp, moves)


def most_probable(log_prob: Array, starts: Array, initial: Array, transitions: Array) -> tuple[Array, Array]:
    """The most probable path (n,) of each sequence, and the log of its joint density with the rows (units,).

    Parameters are those of `smooth`. Of equally probable paths, the one with the first state wherever they part, seen
    from the end. A sequence that is impossible has log density -inf, and a path that says nothing.
    """
    ends = np.append(starts[1:], log_prob.shape[1])
    way = _way(log_prob, ends - starts)
    path, joint = way.most_probable(log_prob, starts, ends, *_logs(initial, transitions))
    return path, joint


def _doubtful(scaled: Any, starts: Array, transitions: Array) -> Array:
    """Which sequences (units,) may have lost a path by underflow.

    A state whose product vanishes at a row is lost for good only if it cannot be reached again, so only where some
    transitions are impossible; and its loss matters only if the paths that are left lose as much later on. A state that
    only one of the two recursions has lost shows in their products.
    """
    with np.errstate(invalid="ignore"):
        small = ~((scaled.forward >= TINY) & (scaled.products >= TINY))
    doubtful: Array = np.logical_or.reduceat(small, starts)
    if transitions.min() < TINY**0.5:
        logs = np.log(np.where(scaled.forward >= TINY, scaled.forward, TINY))
        doubtful = doubtful | (np.add.reduceat(logs, starts) < np.log(TINY))
    return doubtful


def _logs(initial: Array, transitions: Array) -> tuple[Array, Array]:
    with np.errstate(divide="ignore"):
        return np.log(initial), np.log(transitions)


def _way(log_prob: Array, sizes: Array) -> Any:
    """The compiled programs; their NumPy twins where nothing is compiled, or where it does not pay to load them."""
    if (log_prob.size < WORTH and sizes.max() < SHORT) or linear.unavailable() is not None:
        return _chain_numpy
    return _loaded()


@functools.cache
def _loaded() -> Any:
    from hiddenmix.kernels import _chain_compiled

    return _chain_compiled


__all__ = ["Smoothed", "most_probable", "smooth"]
