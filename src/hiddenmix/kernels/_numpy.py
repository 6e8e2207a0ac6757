"""The E-step of linear families in NumPy: what runs where nothing is compiled, and what the compiled one must equal."""

from __future__ import annotations

import numpy as np

from hiddenmix._special import impossible_below, softmax
from hiddenmix._tree import Array
from hiddenmix.kernels.form import LEVEL, REST, SEEN, Expected, Form, Knowledge, n_rows

ROWS = 4096  # in a block, so that its features stay in cache


def e_step(
    form: Form,
    x: Array | None,
    given: Array | None,
    log_weights: Array,
    weight: Array | None,
    evidence: Knowledge | None,
) -> Expected:
    """Features, product, softmax, product, block by block."""
    layout, (k, p) = form.layout, form.theta.shape
    parts = [slice(begin, end) for begin, end in zip((0, *form.ends), form.ends)]
    counts, sums, loglik = np.zeros(k), np.zeros((k, p)), 0.0
    scatter = np.zeros((len(parts), *[layout.whitened] * (1 + (layout.pooled == "full"))))
    for begin in range(0, n_rows(x, given), ROWS):
        rows = slice(begin, begin + ROWS)
        phi = [features(form, g, x, given, rows) for g in range(len(parts))]
        logits = impossible_below(np.concatenate([form.theta[part] @ f for part, f in zip(parts, phi)]))
        logits += (form.constant + log_weights)[:, None]
        if evidence is not None:
            logits += evidence.table[rows if evidence.codes is None else evidence.codes[rows]].T
        norm, resp = softmax(logits.T)
        shares = resp.T
        if weight is not None:
            shares = shares * weight[rows]
            norm = np.where(weight[rows] > 0, norm, 0.0) * weight[rows]
        loglik += float(norm.sum())
        counts += shares.sum(axis=1)
        for g, (part, f) in enumerate(zip(parts, phi)):
            sums[part] += shares[part] @ f.T
            if layout.pooled:
                z, total = f[: layout.whitened], shares[part].sum(axis=0)
                scatter[g] += (z * total) @ z.T if layout.pooled == "full" else (z * z) @ total
    return Expected(loglik, counts, sums, scatter if layout.pooled else None)


def features(form: Form, group: int, x: Array | None, given: Array | None, rows: slice) -> Array:
    """Features (p, n) of some rows, in the coordinates of a group."""
    layout, n = form.layout, len(range(*rows.indices(n_rows(x, given))))
    phi = np.empty((layout.size, n))
    d, at = layout.whitened, layout.whitened
    if x is not None:
        shifted = np.asarray(x[rows], dtype=float).T - form.pivot[group][:, None]
        if layout.dense:
            phi[:d] = form.scale[group] @ shifted[:d]
        else:
            shifted *= form.scale[group][:, None]
            phi[:d] = shifted[:d]
        if layout.square:
            phi[d] = np.einsum("dn,dn->n", phi[:d], phi[:d])
            at += 1
        for (column, rule), argument in zip(layout.codes, layout.arguments):
            phi[at] = _coded(shifted[column], rule, argument)
            at += 1
    if given is not None:
        phi[at : layout.plain] = given[:, rows]
    left, right = layout.products
    np.multiply(phi[left], phi[right], out=phi[layout.plain :])
    return phi


def _coded(x: Array, rule: int, argument: float) -> Array:
    """What a count or a category says; 0 in missing cells."""
    if rule == LEVEL:
        return (x == argument).astype(float)
    value = np.ones_like(x) if rule == SEEN else argument - x if rule == REST else x
    return np.where(np.isnan(x), 0.0, value)
