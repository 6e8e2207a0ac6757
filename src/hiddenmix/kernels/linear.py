"""The E-step of every linear family: two matrix products around a softmax.

R = softmax(theta phi(x) + constant + log weights + evidence), then counts = R 1, sums = R phi(x)', and the weighted sum
of the logarithms of what the softmax divides by.
"""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from hiddenmix._tree import Array
from hiddenmix.kernels import _numpy
from hiddenmix.kernels._bounds import few_matter
from hiddenmix.kernels.form import Expected, Form, Knowledge, LogWeights, normal_layout

WORTH = 2**19  # multiplications in a chunk, about half a millisecond in NumPy; smaller fits end before this is loaded
SWITCH = "HIDDENMIX_COMPILED"  # an environment variable
OFF = ("0", "no", "off", "false")  # its values for NumPy only

_lock = threading.Lock()
_held_back: list[bool] = []
_loaded: list[tuple[Any, str | None]] = []


def pays(work: int) -> bool:
    """Whether a chunk of so many multiplications is to be done by the compiled E-step. Loads it when it first pays."""
    return work >= WORTH and unavailable() is None


@contextlib.contextmanager
def disabled() -> Iterator[None]:
    """NumPy only, in all threads, while it lasts."""
    _held_back.append(True)
    try:
        yield
    finally:
        _held_back.pop()


def e_step(
    form: Form,
    x: Array | None,
    log_weights: Array,
    weight: Array | None = None,
    evidence: Knowledge | None = None,
    given: Array | None = None,
) -> Expected:
    """Expected statistics of a chunk, compiled where that can be, in NumPy otherwise.

    Parameters
    ----------
    x : array of shape (n, columns), or None
        The data, in double or single precision; rows innermost in memory are copied.
    log_weights : (k,)
        Log-weights of the components.
    weight : (n,), optional
        Weights of the rows; a row of weight 0 is absent, whatever it holds as long as it is finite.
    evidence : optional
        Log-weights by row; -inf is impossible. A row that is impossible under every component makes the
        log-likelihood -inf and has no responsibilities.
    given : (g, n), optional
        Features that come ready-made.
    """
    if form.order is not None:
        return _ordered(form, x, log_weights, weight, evidence, given)
    packed = None if unavailable() else _packed(form)
    if packed is None:
        return _numpy.e_step(form, x, given, log_weights, weight, evidence)
    done: Expected | None = None
    if x is not None and evidence is None and few_matter(form, x, log_weights):
        done = _skipping(form).e_step(x, log_weights, weight)
    return packed.e_step(x, given, log_weights, weight, evidence) if done is None else done


def _ordered(
    form: Form,
    x: Array | None,
    log_weights: Array,
    weight: Array | None,
    evidence: Knowledge | None,
    given: Array | None,
) -> Expected:
    """The same for a form whose components stand in another order than the caller's."""
    order = np.asarray(form.order)
    place = np.argsort(order)
    if evidence is not None:
        evidence = LogWeights(evidence.table[:, order], evidence.codes)
    done = e_step(_in_own_order(form), x, log_weights[order], weight, evidence, given)
    return Expected(done.loglik, done.counts[place], done.sums[place], done.scatter)


@functools.lru_cache(maxsize=8)
def _in_own_order(form: Form) -> Form:
    return replace(form, order=None)


def unavailable() -> str | None:
    """Why nothing is compiled here; None when it is. Compiles at the first call (about half a second)."""
    if _held_back or (SWITCH in os.environ and os.environ[SWITCH].lower() in OFF):
        return "it is switched off"
    return _load()[1]


def possible() -> bool:
    """Whether E-steps are compiled, or nobody has tried yet; compiles nothing."""
    return not _loaded or unavailable() is None


def _load() -> tuple[Any, str | None]:
    """What makes a call of a form, or why there is nothing; only the first to ask waits."""
    if not _loaded:
        with _lock:
            if not _loaded:
                _loaded.append(_tried())
    return _loaded[0]


def _tried() -> tuple[Any, str | None]:
    try:
        from hiddenmix.kernels._packed import Packed
    except Exception as problem:
        return None, f"{type(problem).__name__}: {problem}"
    return Packed, None


@functools.lru_cache(maxsize=8)
def _packed(form: Form) -> Any:
    return _load()[0](form)


@functools.lru_cache(maxsize=4)
def _skipping(form: Form) -> Any:
    """The E-step that leaves components out."""
    with _lock:
        from hiddenmix.kernels._skipping import Skipping
    return Skipping(_packed(form))


__all__ = ["Expected", "Form", "Knowledge", "disabled", "e_step", "normal_layout", "pays", "unavailable"]
