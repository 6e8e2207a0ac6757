"""The axes that all components have in common: the M-step of covariances D diag(v_j) D' with one rotation D.

With the best variances put in, q_jc = (D' W_j D)_cc, what is left to minimise over D is sum_j n_j sum_c log q_jc where
volumes are free (common principal components: Flury 1984, JASA 79:892) and n d log sum_j (prod_c q_jc)^(1/d) where they
are equal. Browne & McNicholas (2014, Adv. Data Anal. Classif. 8:217) minimise the same by majorising functions, whose
steps become short. Here D turns by L-BFGS steps on the rotations, scaled by the curvature in each plane of two axes,
which is nearly all of it where the matrices nearly have common axes; and where they stop, all planes are searched for
a turn of any angle that leads further down.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from hiddenmix._tree import Array
from hiddenmix.families._rotations import pairs, rotation, signs_to, skew
from hiddenmix.families.own_shapes import factors
from hiddenmix.model import Degenerate

MEMORY = 12
STEPS = 500
ROUNDS = 30
ANGLES = 24  # of each plane that are looked at
GAIN = 1e-9  # for each row; less is not worth leaving a minimum for
SOME = 4  # components whose own axes are among the first guesses at common ones
LEVEL = 1e-13  # slopes for each row below this are rounding
ROUGH, PATIENCE = 1e-6, 4  # slopes below this that fall no more in so many steps are rounding too


@dataclass(frozen=True)
class Problem:
    """Factors (k, d, d) of the scatters, W_j = L_j L_j', numbers of rows (k,), and whether volumes are equal."""

    lower: Array
    dof: Array
    equal: bool

    def products(self, axes: Array) -> Array:
        """D' W_j D (k, d, d)."""
        half = np.swapaxes(self.lower, 1, 2) @ axes
        return np.swapaxes(half, 1, 2) @ half

    def value(self, q: Array) -> float:
        """The objective, from q (k, d)."""
        logs = np.log(q)
        if not self.equal:
            return float(self.dof @ logs.sum(axis=1))
        return float(self.dof.sum() * q.shape[1] * np.logaddexp.reduce(logs.mean(axis=1)))

    def weights(self, q: Array) -> Array:
        """What a change of log q of each component counts for (k,)."""
        if not self.equal:
            return self.dof
        size = np.log(q).mean(axis=1)
        shares = np.exp(size - size.max())
        return np.asarray(self.dof.sum() * shares / shares.sum())

    def at(self, axes: Array) -> tuple[float, Array, Array]:
        """The objective, its gradient, and its curvature, at these axes."""
        products = self.products(axes)
        q = np.diagonal(products, axis1=1, axis2=2)
        return self.value(q), *self.slope(products, self.weights(q))

    def slope(self, products: Array, weights: Array) -> tuple[Array, Array]:
        """The gradient and the curvature in each plane of two axes (d (d - 1) / 2,)."""
        a, b = pairs(products.shape[1])
        q = np.diagonal(products, axis1=1, axis2=2)
        first, second, across = q[:, a], q[:, b], products[:, a, b]
        half, area = 0.5 * (first - second), first * second
        slopes = 2 * across * (1 / second - 1 / first)
        gradient = weights @ slopes
        bend = 8 * (half**2 - across**2) / area - (4 * half * across / area) ** 2
        spread = 8 * half**2 / area
        curvature = weights @ bend
        if self.equal:
            shares = weights / weights.sum()
            curvature += weights @ (slopes - shares @ slopes) ** 2 / products.shape[1]
        floor = 1e-3 * (weights @ spread) + 1e-9 * weights.sum()
        return gradient, np.maximum(curvature, floor)


def along_common_axes(scatter: Array, dof: Array, unit: Array, start: Array | None, equal: bool) -> tuple[Array, Array]:
    """The best common axes (d, d), and the squared deviations (k, d) along them."""
    d, size = scatter.shape[1], float(np.sqrt(scatter[dof > 0].trace(axis1=1, axis2=2).max()))
    if not size > 0:
        raise Degenerate(int(np.flatnonzero(dof > 0)[0]), "collapsed: it has no spread in any direction")
    scatter, unit = scatter / size / size, unit / size  # fourth powers of what is left neither vanish nor overflow
    lower = np.zeros_like(scatter)
    for j in np.flatnonzero(dof > 0):
        lower[j] = factors(scatter[j : j + 1] / dof[j], unit, int(j))[0] * np.sqrt(dof[j])
    problem = Problem(lower[dof > 0], dof[dof > 0], equal)
    alike = scatter[dof > 0]
    sums = [alike.sum(axis=0), (problem.dof / alike.trace(axis1=1, axis2=2)) @ alike.reshape(-1, d * d)]
    guesses = [np.linalg.eigh(matrix.reshape(d, d))[1][:, ::-1] for matrix in sums]
    if start is None:
        starts = [*guesses, *np.linalg.eigh(alike[:SOME])[1][:, :, ::-1]]
    else:
        starts = [start, *(guess for guess in guesses if value_at(problem, guess) < value_at(problem, start))]
    axes = common_axes(problem, starts)
    axes = _aligned(axes, np.eye(d) if start is None else start)
    return axes, np.square(size * (np.swapaxes(lower, 1, 2) @ axes)).sum(axis=1)


def _aligned(axes: Array, like: Array) -> Array:
    """The same axes in the order, and with the signs, of others that are near."""
    order = linear_sum_assignment(-np.abs(like.T @ axes))[1]
    axes = axes[:, order]
    return np.asarray(axes * signs_to(axes[None], like[None])[0])


def common_axes(problem: Problem, starts: list[Array]) -> Array:
    """The best axes (d, d) found from the starts: descended from each, and searched plane by plane."""
    best, lowest = starts[0], np.inf
    for start in starts:
        axes = _descended(problem, start)
        for _ in range(ROUNDS):
            turned = _searched(problem, axes)
            if turned is None:
                break
            axes = _descended(problem, turned)
        value = value_at(problem, axes)
        if value < lowest - GAIN * problem.dof.sum() * (lowest < np.inf):
            best, lowest = axes, value
    return best


def value_at(problem: Problem, axes: Array) -> float:
    """What these axes leave of the objective."""
    return problem.value(np.diagonal(problem.products(axes), axis1=1, axis2=2))


def _descended(problem: Problem, axes: Array) -> Array:
    """L-BFGS on the rotations, coordinates of one step carried over to the next, until the slope is rounding."""
    d = axes.shape[1]
    value, gradient, curvature = problem.at(axes)
    memory: deque[tuple[Array, Array]] = deque(maxlen=MEMORY)
    total, least, stalled = problem.dof.sum(), np.inf, 0
    for _ in range(STEPS):
        steep = np.abs(gradient).max(initial=0.0)
        stalled = 0 if steep < 0.9 * least else stalled + 1
        least = min(least, steep)
        if not steep > LEVEL * total or (stalled > PATIENCE and steep < ROUGH * total):
            break
        direction = _direction(gradient, curvature, memory)
        along, step = float(gradient @ direction), 1.0
        largest = np.abs(direction).max()
        if largest > 1:
            step = 1 / largest
        while True:
            moved = axes @ rotation(skew(step * direction, d))
            new, *fresh = problem.at(moved)
            fall = new <= value + 1e-4 * step * along
            still = new <= value + 1e-14 * abs(value) and np.abs(fresh[0]).max() < 0.9 * steep
            if fall or still or step < 1e-10:
                break
            step *= 0.5
        if not (fall or still):
            if not memory:
                break
            memory.clear()
            continue
        change, difference = step * direction, fresh[0] - gradient
        if change @ difference > 1e-14 * np.linalg.norm(change) * np.linalg.norm(difference):
            memory.append((change, difference))
        axes, value = moved, new
        gradient, curvature = fresh
    return _orthonormal(axes)


def _direction(gradient: Array, curvature: Array, memory: deque[tuple[Array, Array]]) -> Array:
    """Minus the inverse curvature times the gradient, by the two loops of L-BFGS (Nocedal & Wright 2006, 7.4)."""
    out, kept = -gradient, []
    for change, difference in reversed(memory):
        rho = 1 / (change @ difference)
        alpha = rho * (change @ out)
        out = out - alpha * difference
        kept.append((rho, alpha))
    out = out / curvature
    for (change, difference), (rho, alpha) in zip(memory, reversed(kept), strict=True):
        out = out + change * (alpha - rho * (difference @ out))
    return out if out @ gradient < 0 else -gradient / curvature


def _searched(problem: Problem, axes: Array) -> Array | None:
    """Axes turned in one plane, or in several that do not meet, to a lower value; None where no plane offers any.

    In the plane of axes a and b, q_a q_b = t² - (h cos 2w + m sin 2w)² after a turn by w, with the mean t and half the
    difference h of q_a and q_b, and m between them.
    """
    d = axes.shape[1]
    a, b = pairs(d)
    if not a.size:
        return None
    products = problem.products(axes)
    q = np.diagonal(products, axis1=1, axis2=2)
    angles = np.arange(1, ANGLES) * (np.pi / 2 / ANGLES)
    mean, half, across = 0.5 * (q[:, a] + q[:, b]), 0.5 * (q[:, a] - q[:, b]), products[:, a, b]
    inside = half[..., None] * np.cos(2 * angles) + across[..., None] * np.sin(2 * angles)
    area = (q[:, a] * q[:, b])[..., None]
    change = np.log(np.maximum(mean[..., None] ** 2 - inside**2, np.finfo(float).tiny) / area)  # (k, pairs, angles)
    weights = problem.weights(q)
    if problem.equal:
        shares = weights / weights.sum()
        gain = -weights.sum() * d * np.log(np.einsum("j,jpw->pw", shares, np.exp(change / d)))
    else:
        gain = -np.einsum("j,jpw->pw", weights, change)
    best = gain.max(axis=1)
    least = GAIN * problem.dof.sum()
    if not best.max(initial=-np.inf) > least:
        return None
    value, used, turned, one = problem.value(q), np.zeros(d, dtype=bool), np.array(axes), None
    for p in np.argsort(-best):
        if best[p] > least and not (used[a[p]] or used[b[p]]):
            used[[a[p], b[p]]] = True
            w = angles[int(np.argmax(gain[p]))]
            c, s = np.cos(w), np.sin(w)
            turned[:, [a[p], b[p]]] = turned[:, [a[p], b[p]]] @ np.array([[c, -s], [s, c]])
            one = np.array(turned) if one is None else one
    return turned if value_at(problem, turned) < value - 0.5 * best.max() else one


def _orthonormal(axes: Array) -> Array:
    """The same axes without what rounding has left of steps."""
    turned, upper = np.linalg.qr(axes)
    return np.asarray(turned * np.sign(np.diagonal(upper)))
