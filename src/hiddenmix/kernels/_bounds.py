"""Which components can matter where: bounds that are certain, so that leaving out the others changes only rounding.

Log density j is top_j - |P_j (z - m_j)|²/2 in the coordinates z. With q = |P_j (m_b - m_j)|, the distance of two
centres in units of component j, and e the direction of P_j (m_b - m_j), a row z has

    |P_j (z - m_j)| >= e' P_j (z - m_j) = q + e' P_j (z - m_b) >= q - s R,

where R = |P_b (z - m_b)| and s = |P_b⁻ᵀ P_jᵀ e|: the row lies in an ellipsoid of component b. So log density j is at
most top_j - max(0, q - s R)²/2 for all rows within R of centre b. Where that is `GAP` below the least log density b of
these rows, k such components together are below the last bit of a row's likelihood.
"""

from __future__ import annotations

import math

import numpy as np

from hiddenmix import _linalg
from hiddenmix._tree import Array
from hiddenmix.kernels import _numpy
from hiddenmix.kernels.form import SOFTMAX, Form

LAST_BIT = 53 * math.log(2)  # nats between 1 and what no longer changes it
GAP = LAST_BIT + 2  # with room for rounding in the bounds; log k is added
MANY = 32  # components
EACH = 32  # rows for each component, for tiles would hold rows of too many otherwise
WORTH = 3e8  # multiplications in a chunk, about 20 ms: looking whether leaving out pays is nothing against that
PAYS = 0.8  # of the cost with all components
SAMPLE, CENTRES = 64, 12  # rows that are looked at, and those of them for which bounds are made
FURTHER, UNION = 2.0, 1.6  # how much further than one row a tile reaches; it may also hold rows of several components
AT_ONCE = 2**20  # numbers in a temporary array


def few_matter(form: Form, x: Array, log_weights: Array) -> bool:
    """Whether there are many components, of which so few matter for a row that leaving out the others should pay."""
    layout, (k, p), n = form.layout, form.theta.shape, len(x)
    other = layout.pooled or layout.given or len(layout.codes) or layout.columns > layout.whitened
    if form.peaks is None or len(form.ends) > 1 or other or k < MANY:
        return False
    if n < EACH * k or n * k * (2 * p + SOFTMAX) < WORTH:
        return False
    allowed = (PAYS - looking(form)) / UNION
    sample = x[:: -(-n // SAMPLE)]
    joint = form.theta @ _numpy.features(form, 0, sample, None, slice(None)) + (form.constant + log_weights)[:, None]
    if (joint >= joint.max(axis=0) - GAP).mean() > allowed:
        return False
    some = joint[:, :: -(-len(sample) // CENTRES)]
    nearest = some.argmax(axis=0)
    try:
        top, apart, stretch = between(form, nearest)
    except np.linalg.LinAlgError:
        return False
    top = top + log_weights
    reach = np.sqrt(2 * np.maximum(top[nearest] - some.max(axis=0), 0.0)) + FURTHER
    return bool(matter(top, nearest, reach, apart, stretch).mean() <= allowed)


def looking(form: Form) -> float:
    """What it costs to find the nearest centres, as a part of an E-step with all components."""
    return (2 * form.layout.whitened + SOFTMAX) / (2 * form.layout.size + SOFTMAX)


def matter(top: Array, centre: Array, reach: Array, apart: Array, stretch: Array) -> Array:
    """Which components (n, k) may matter for rows within `reach` (n,) of the chosen centres (n,).

    `apart` and `stretch` (n, k) are q and s of these centres, `top` (k,) the largest log densities.
    """
    away = apart - reach[:, None] * stretch
    np.square(np.maximum(away, 0.0, out=away), out=away)
    least = top[centre] - 0.5 * np.square(reach)
    return np.asarray(top - 0.5 * away >= (least - GAP - math.log(len(top)))[:, None])


def between(form: Form, centres: Array) -> tuple[Array, Array, Array]:
    """The largest log densities (k,); distances q and factors s of some centres and all components (centres, k)."""
    layout, k, d = form.layout, len(form.theta), form.layout.whitened
    peaks = np.asarray(form.peaks, dtype=float)
    left, right = layout.products
    precision = np.zeros((k, d, d))
    precision[:, left, right] -= form.theta[:, layout.plain :]
    precision[:, right, left] -= form.theta[:, layout.plain :]
    if layout.square:
        precision[:, range(d), range(d)] -= 2 * form.theta[:, d, None]
    top = form.constant + 0.5 * np.einsum("ka,kab,kb->k", peaks, precision, peaks)
    unroot = _linalg.inverse_triangular(np.linalg.cholesky(precision[centres]))
    apart, stretch = np.empty((len(centres), k)), np.empty((len(centres), k))
    step = max(1, AT_ONCE // (len(centres) * d))
    for begin in range(0, k, step):
        some = slice(begin, begin + step)
        delta = peaks[centres] - peaks[some, None, :]  # (j, b, d)
        pull = delta @ precision[some]
        apart[:, some] = np.sqrt(np.maximum(np.einsum("jbd,jbd->jb", delta, pull), 0.0)).T
        seen = np.swapaxes(pull, 0, 1) @ np.swapaxes(unroot, 1, 2)  # (b, j, d)
        stretch[:, some] = np.sqrt(np.einsum("bjd,bjd->bj", seen, seen))
    return top, apart, stretch / np.where(apart > 0, apart, 1.0)
