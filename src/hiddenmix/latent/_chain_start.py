"""Where a hidden Markov model starts: responsibilities of rows, drawn, given, or by their place in the sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hiddenmix import _starts, _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array
from hiddenmix.batch import Evidence
from hiddenmix.latent._chain_records import MarkovParams
from hiddenmix.model import Data
from hiddenmix.sequences import SequenceBatch

if TYPE_CHECKING:
    from hiddenmix.latent.markov import Markov

CHAIN_STRATEGIES = ("kmeans", "k-means++", "random_from_data")
SEGMENTS = "segments"  # each sequence in k parts of equal length, one after the other
MOST = 10_000  # rows that a start looks at
UNITS = 1_000  # sequences, at most, that it draws these from
SMOOTH = 0.02  # of the responsibilities is spread evenly, so that no state starts degenerate


def beginning(model: Markov[Any, Any], data: Data, rng: np.random.Generator, how: Any) -> MarkovParams[Any]:
    """Parameters from responsibilities of rows; the chain begins with states that last for a while."""
    k = model.n_components
    batch = data.sample(rng, data.n_units if not isinstance(how, str) else UNITS)
    rows = _rows(batch, rng)
    x = _tree.take(batch.x, rows)
    time = rows if batch.place is None else batch.place[rows]
    weight = None if batch.weight is None else batch.units_to_rows(batch.weight[:, None])[rows, 0]
    if isinstance(how, str):
        evidence = None if batch.evidence is None else batch.evidence.take(time)
        resp = _drawn(model, x, _share_of_time(batch)[time], weight, evidence, rng, how)
    else:
        resp = _given(how, data, k)[time]
    if weight is not None:
        resp = resp * weight[:, None]
    components = model.family.estimate(None, model.family.stats(None, x, resp))
    return MarkovParams(*model.chances.beginning(), components)


def _rows(batch: SequenceBatch, rng: np.random.Generator) -> Array:
    n = _tree.n_rows(batch.x)
    return np.arange(n) if n <= MOST else np.sort(rng.choice(n, MOST, replace=False))


def _share_of_time(batch: SequenceBatch) -> Array:
    """How much of its sequence lies before the middle of each row (n,), in order of time."""
    sizes = batch.sizes
    since = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return (since + 0.5) / np.repeat(sizes, sizes)


def _drawn(
    model: Markov[Any, Any],
    x: Any,
    share: Array,
    weight: Array | None,
    evidence: Evidence | None,
    rng: np.random.Generator,
    how: str,
) -> Array:
    """Responsibilities of a strategy. States that may not trade places come in the order in which they are met."""
    k = model.n_components
    how = "kmeans" if how == "auto" else how
    if how not in (*_starts.STRATEGIES, SEGMENTS):
        known = ", ".join((*_starts.STRATEGIES, SEGMENTS))
        raise HiddenmixError("HM401", f"no start is called {how!r}", f"one of {known}")
    allowed = None if evidence is None else np.isfinite(evidence.log_weights())
    if how == SEGMENTS:
        resp = np.eye(k)[np.minimum((k * share).astype(int), k - 1)]
    else:
        points = model.family.coordinates(x)
        (resp,) = _starts.responsibilities([how], points, k, [rng], weight, allowed)
        if not model.interchangeable and allowed is None:
            met = share @ resp / np.maximum(resp.sum(axis=0), np.finfo(float).tiny)
            resp = resp[:, np.argsort(met)]
    resp = (1 - SMOOTH) * resp + SMOOTH / k
    if allowed is not None:
        resp = np.where(allowed, resp, 0.0)
        resp = resp / resp.sum(axis=1, keepdims=True)
    return np.asarray(resp)


def _given(how: Any, data: Any, k: int) -> Array:
    """Labels or responsibilities in the caller's order, as responsibilities in order of time."""
    if not data.in_memory:
        raise HiddenmixError("HM410", "labels for each row go with data in memory", "starting parameters")
    values = np.asarray(how)
    values = values if data.rows is None else values[data.rows]
    return np.eye(k)[values] if values.ndim == 1 else values.astype(float)
