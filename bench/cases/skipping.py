"""The compiled E-step with and without leaving out the components that are certain not to matter."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bench.case import Line, Options, Target, at_least, case
from bench.data import Array
from bench.measure import alternate, timed
from hiddenmix.kernels import linear
from hiddenmix.kernels.form import Form, normal_layout

# n, d, k, distance of centres in standard deviations, and the target
WORTH = (100_000, 16, 256, 5.0, at_least(3))
ELSEWHERE = [
    (100_000, 16, 256, 1.0, at_least(0.95)),
    (100_000, 16, 64, 3.0, at_least(0.95)),
    (100_000, 4, 32, 2.0, at_least(0.95)),
    (200_000, 2, 40, 8.0, at_least(0.95)),
    (20_000, 8, 128, 5.0, at_least(0.95)),
    (100_000, 32, 32, 5.0, at_least(0.95)),
    (100_000, 10, 10, 5.0, at_least(0.95)),
]


def form_of(mean: Array, cov: Array) -> Form:
    """Normals (k, d), (k, d, d) in linear form, in coordinates shifted to their middle."""
    k, d = mean.shape
    pivot = mean.mean(axis=0)
    peaks, precision = mean - pivot, np.linalg.inv(cov)
    slope = np.einsum("kab,kb->ka", precision, peaks)
    rows, cols = np.triu_indices(d)
    quadratic = precision[:, rows, cols] * np.where(rows == cols, -0.5, -1.0)
    log_norm = 0.5 * (np.linalg.slogdet(precision)[1] - d * np.log(2 * np.pi))
    constant = log_norm - 0.5 * np.einsum("ka,ka->k", slope, peaks)
    theta = np.concatenate([slope, quadratic], axis=1)
    layout, scale = normal_layout("full", False, d), np.eye(d)
    return Form(layout, theta, constant, pivot[None], scale[None], (k,), peaks)


def problem(n: int, d: int, k: int, apart: float) -> tuple[Form, Array]:
    """Components whose centres are about `apart` standard deviations from one another in each column, and rows."""
    rng = np.random.default_rng(0)
    mean = rng.normal(scale=apart, size=(k, d))
    roots = np.eye(d) + rng.normal(scale=0.3, size=(k, d, d)) / np.sqrt(d)
    x, labels = rng.standard_normal((n, d)), rng.integers(k, size=n)
    for j in range(k):
        rows = labels == j
        x[rows] = mean[j] + x[rows] @ roots[j].T
    return form_of(mean, roots @ np.swapaxes(roots, 1, 2)), x


@case("skipping", "the compiled E-step with against without leaving out components that cannot matter")
def run(options: Options) -> Iterator[Line]:
    """Where it pays, and where it must cost nothing."""
    if linear.unavailable() is None:
        for n, d, k, apart, target in [WORTH, *ELSEWHERE]:
            yield _line(options.size(n, min(n, 40_000)), d, k, apart, target, options)


def _line(n: int, d: int, k: int, apart: float, target: Target, options: Options) -> Line:
    form, x = problem(n, d, k, apart)
    plain, log_weights = replace(form, peaks=None), np.full(k, -np.log(k))
    atleast = options.atleast(0.2)
    both = alternate(
        lambda: timed(lambda: linear.e_step(form, x, log_weights), atleast),
        lambda: timed(lambda: linear.e_step(plain, x, log_weights), atleast),
        options.often(7),
    )
    ends = [linear.e_step(each, x, log_weights).loglik for each in (form, plain)]
    return Line(
        "skipping",
        f"{n:,} x {d}, k {k}, separation {apart:g}: an E-step",
        tuple(b / a for a, b in both),
        "x",
        target,
        statistics.median(a for a, _ in both),
        statistics.median(b for _, b in both),
        against="all components",
        note=f"one thread; the log-likelihoods differ by {abs(ends[0] / ends[1] - 1):.1g}, relatively",
        rows=tuple({"ours_s": a, "other_s": b} for a, b in both),
    )
