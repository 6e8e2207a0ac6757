"""The mixture's E-step in linear form: one compiled pass over a chunk, for families that have such a form."""

from __future__ import annotations

from typing import Any

from hiddenmix import _tree
from hiddenmix._tree import Array
from hiddenmix.batch import Batch
from hiddenmix.kernels import linear
from hiddenmix.kernels.form import Expected
from hiddenmix.kernels.piece import Piece
from hiddenmix.model import Family

FEW = 2**12  # rows times components; where there are fewer, the form is not even asked for


def expected(family: Family[Any, Any], components: Any, log_weights: Array, batch: Batch) -> Any:
    """(log-likelihood, counts, statistics of the components); None where this has no linear form, or it does not pay.

    None, too, where sums of features turn out to be inaccurate for these rows.
    """
    if batch.starts is not None or batch.n_units * len(log_weights) < FEW or not linear.possible():
        return None
    pieces = family.linear(components, batch.x, batch.complete)
    if pieces is None or not linear.pays(sum(piece.work for piece in pieces)):
        return None
    loglik, counts, parts = 0.0, 0.0, []
    for piece in pieces:
        done = _done(piece, log_weights, batch)
        stats = piece.stats_of(done, piece.n_rows)
        if stats is None:
            return None
        parts.append(stats)
        loglik, counts = loglik + done.loglik + _base(piece, batch), counts + done.counts
    return loglik, counts, _tree.merge_all(parts)


def _done(piece: Piece[Any], log_weights: Array, batch: Batch) -> Expected:
    weight = None if batch.weight is None else batch.weight[piece.rows]
    evidence = None if batch.evidence is None else batch.evidence.take(piece.rows)
    return linear.e_step(piece.form, piece.x, log_weights, weight, evidence, piece.given)


def _base(piece: Piece[Any], batch: Batch) -> float:
    """What no component changes, summed over the rows."""
    if piece.base is None:
        return 0.0
    return float(piece.base.sum() if batch.weight is None else batch.weight[piece.rows] @ piece.base)
