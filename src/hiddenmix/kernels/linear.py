"""The E-step of every linear family: two matrix products around a softmax.

R = softmax(theta phi(x) + constant + log weights + evidence), then counts = R 1, sums = R phi(x)', and the weighted sum
of the logarithms of what the softmax divides by.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

from hiddenmix._tree import Array
from hiddenmix.kernels import _numpy
from hiddenmix.kernels._bounds import few_matter
from hiddenmix.kernels.form import Expected, Form, Knowledge, Layout, n_rows, normal_layout

_lock = threading.Lock()


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
    packed = _packed(form)
    if packed is None:
        return _numpy.e_step(form, x, given, log_weights, weight, evidence)
    done: Expected | None = None
    if x is not None and evidence is None and few_matter(form, x, log_weights):
        done = _skipping(form).e_step(x, log_weights, weight)
    return packed.e_step(x, given, log_weights, weight, evidence) if done is None else done


def unavailable() -> str | None:
    """Why nothing is compiled here; None when it is. Compiles at the first call (about half a second)."""
    with _lock:
        return _load()[1]


@functools.cache
def _load() -> tuple[Any, str | None]:
    try:
        from hiddenmix.kernels._packed import Packed
    except Exception as problem:
        return None, f"{type(problem).__name__}: {problem}"
    return Packed, None


@functools.lru_cache(maxsize=8)
def _packed(form: Form) -> Any:
    with _lock:
        packed = _load()[0]
    return None if packed is None else packed(form)


@functools.lru_cache(maxsize=4)
def _skipping(form: Form) -> Any:
    """The E-step that leaves components out."""
    packed = _packed(form)
    with _lock:
        from hiddenmix.kernels._skipping import Skipping
    return Skipping(packed)


__all__ = ["Expected", "Form", "Knowledge", "Layout", "e_step", "n_rows", "normal_layout", "unavailable"]
