"""Components are not clusters: several normal components may describe one group, and are merged where they overlap.

Baudry, Raftery, Celeux, Lo & Gottardo 2010, Journal of Computational and Graphical Statistics 19:332. At each step the
two clusters are merged whose merging lowers the entropy -sum_i w_i sum_j t_ij log t_ij of the memberships t most. The
density stays that of all components; only what is called a cluster changes. An elbow of the entropies cannot say that
two clusters are one, so that the share of rows of one cluster that would be taken for the other decides from there on
(Hennig 2010, Advances in Data Analysis and Classification 4:3, "directly estimated misclassification probabilities").
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix._validate import check_weights
from hiddenmix.discover._words import percent

SHARP = 0.1  # of log 2 per row of a pair: where no pair has more entropy, the components are clusters as they are
GENTLE = 0.5  # an elbow is one where the entropy falls at most half as fast on the near side
TAKEN = 0.1  # of the rows of one cluster taken for the other: from here on the two are one


@record
class MergeStep:
    """One merging: the components of the two clusters, and what came of it.

    `clusters` is the number of clusters after the step, `entropy` theirs, `decrease` what the step took away,
    `merged_weight` the rows' worth of weight in the two clusters, and `taken` the share of rows of the one that would
    be taken for the other if these two were all there is: the larger of the two shares.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    clusters: int
    entropy: float
    decrease: float
    merged_weight: float
    taken: float


@record
class Merging:
    """All mergings of k components, from k clusters down to one.

    Attributes
    ----------
    steps : the mergings, in order
    entropies : array (k,), of 1, 2, ..., k clusters
    n_clusters : where the elbow of the entropies is, k without one; fewer where clusters from there on overlap much
    reason : which rule decided, and why, as a sentence
    elbow : where the entropies have an elbow that the number of clusters rests on; None where there is none
    resp : array (n, k), the memberships in the components
    total_weight : of all rows
    """

    steps: tuple[MergeStep, ...]
    entropies: Array
    n_clusters: int
    reason: str
    elbow: int | None
    resp: Array
    total_weight: float

    @property
    def n_components(self) -> int:
        """The number of components."""
        return int(self.resp.shape[1])

    def __repr__(self) -> str:
        return f"Merging({self.n_components} components form {self.n_clusters} cluster{'s' * (self.n_clusters != 1)})"

    def groups(self, n: int | None = None) -> tuple[tuple[int, ...], ...]:
        """The components (from 0) of each of `n` clusters, by default `n_clusters`; ordered by the first of each.

        Raises HM403 for a number that is not between 1 and the number of components.
        """
        k = self.n_components
        n = self.n_clusters if n is None else n
        if not 1 <= n <= k:
            raise HiddenmixError("HM403", f"{k} components cannot form {n} clusters", f"a number from 1 to {k}")
        clusters: set[tuple[int, ...]] = {(j,) for j in range(k)}
        for step in self.steps[: k - n]:
            clusters -= {step.first, step.second}
            clusters.add(tuple(sorted(step.first + step.second)))
        return tuple(sorted(clusters))

    def memberships(self, n: int | None = None) -> Array:
        """Membership probabilities (rows, n) in the clusters: sums of those of their components."""
        return np.stack([self.resp[:, list(group)].sum(axis=1) for group in self.groups(n)], axis=1)

    def labels(self, n: int | None = None) -> Array:
        """The most probable cluster of each row, from 0."""
        return np.asarray(np.argmax(self.memberships(n), axis=1))

    def summary(self) -> str:
        """The mergings in words."""
        k, n = self.n_components, self.n_clusters
        lines = [f"{k} component{'s' * (k != 1)} form {n} cluster{'s' * (n != 1)}: {self.reason}"]
        for i, group in enumerate(self.groups()):
            lines.append(f"  cluster {i + 1}: {_named(group)}")
        for step in self.steps:
            lines.append(
                f"  {step.clusters + 1} -> {step.clusters}: {_named(step.first)} with {_named(step.second)}"
                f"   entropy {step.entropy + step.decrease:.2f} -> {step.entropy:.2f}, overlap {percent(step.taken)}"
            )
        return "\n".join(lines)


def merge_components(memberships: Any, sample_weight: Any = None) -> Merging:
    """Merge components into clusters, two at a time, by what each merging takes from the entropy of the memberships.

    The entropy, drawn against the number of clusters, is described by two straight lines (least squares, all break
    points tried). Where the slope beyond the break is at least twice that before it, the break is the number of
    clusters: up to there the clusters overlap little, and from there on they overlap much. Where there is no such
    break, or no pair of components has a tenth of the entropy of two that cannot be told apart, all of them remain.

    From there the merging goes on while more than a tenth of the rows of one of the next two clusters would be taken
    for the other: as many as of two equal normals 2.6 standard deviations apart. So the answer may be one cluster. Both
    rules see memberships only: parts of a flat group that are fitted side by side, such as the quarters of a uniform
    square, may stay apart.

    Parameters
    ----------
    memberships : array of shape (n_samples, n_components)
        Rows sum to 1.
    sample_weight : array of shape (n_samples,), optional

    Returns
    -------
    Merging
        With `groups(n)`, `labels(n)` and `memberships(n)` for every number of clusters.

    Raises
    ------
    HiddenmixError : HM404 memberships that are none
    """
    resp = _checked(memberships)
    n, k = resp.shape
    given = check_weights(sample_weight, n)
    w = np.ones(n) if given is None else given
    clusters: list[tuple[int, ...]] = [(j,) for j in range(k)]
    shares, steps, sharp = list(resp.T), [], _largest_overlap(resp, w)
    entropies = [float(w @ _term(resp).sum(axis=1))]
    while len(clusters) > 1:
        a, b, gain = _best_pair(shares, w)
        both = shares[a] + shares[b]
        entropies.append(max(entropies[-1] - gain, 0.0) if len(clusters) > 2 else 0.0)
        weight = float(w @ both)
        taken = _taken(shares[a], shares[b], w)
        steps.append(MergeStep(clusters[a], clusters[b], len(clusters) - 1, entropies[-1], gain, weight, taken))
        clusters[a], shares[a] = tuple(sorted(clusters[a] + clusters[b])), both
        del clusters[b], shares[b]
    curve = np.array(entropies[::-1])
    elbow, reason = _elbow(curve, sharp)
    chosen, reason = _further(k if elbow is None else elbow, elbow, reason, steps)
    return Merging(tuple(steps), curve, chosen, reason, elbow, resp, float(w.sum()))


def _term(t: Array) -> Array:
    """-t log t, 0 at 0."""
    return -t * np.log(np.where(t > 0, t, 1.0))


def _best_pair(shares: list[Array], w: Array) -> tuple[int, int, float]:
    """The two clusters whose merging lowers the entropy most, and by how much."""
    own = [_term(share) for share in shares]
    best = (0, 1, -math.inf)
    for a in range(len(shares)):
        for b in range(a + 1, len(shares)):
            gain = float(w @ (own[a] + own[b] - _term(shares[a] + shares[b])))
            if gain > best[2]:
                best = (a, b, gain)
    return best


def _largest_overlap(resp: Array, w: Array) -> float:
    """The largest entropy of a pair of components by itself, per row of the pair and in units of log 2: 0 to 1."""
    own, size = _term(resp), w @ resp
    largest = 0.0
    for b in range(1, len(size)):
        gain = w @ (own[:, :b] + own[:, b : b + 1] - _term(resp[:, :b] + resp[:, b : b + 1]))
        both = size[:b] + size[b]
        largest = max(largest, float(np.max(gain / np.where(both > 0, both, 1.0))) / math.log(2))
    return largest


def _taken(a: Array, b: Array, w: Array) -> float:
    """The larger share of the rows of one cluster (memberships (n,)) that would be taken for the other."""
    lost = (w @ (a * ((b > a) + 0.5 * (b == a))), w @ (b * ((a > b) + 0.5 * (a == b))))
    return max(float(part / whole) if whole > 0 else 0.0 for part, whole in zip(lost, (w @ a, w @ b), strict=True))


def _further(n: int, elbow: int | None, reason: str, steps: list[MergeStep]) -> tuple[int, str]:
    """The number of clusters after merging those that overlap much, from `n` on, and why."""
    first = n
    while n > 1 and steps[len(steps) + 1 - n].taken > TAKEN:
        n -= 1
    if n == first:
        return n, reason
    merged = steps[len(steps) + 1 - first : len(steps) + 1 - n]
    least = min(step.taken for step in merged)
    beyond = "" if elbow is None else f", beyond the elbow of the entropies at {elbow}"
    what = f"those that were merged overlap, at least {percent(least)} of the rows of one would be taken for the other"
    return n, f"{what}{beyond}"


def _elbow(curve: Array, largest: float) -> tuple[int | None, str]:
    """The number of clusters at the break of the entropies of 1..k clusters, None without one, and why."""
    k = len(curve)
    if k == 1:
        return None, "there is only one"
    if largest <= SHARP:
        return None, (
            f"no two components overlap much (the entropy of the worst pair is {100 * largest:.1f} % of what it is for "
            "two that cannot be told apart)"
        )
    if k == 2:
        return None, "with two components there is no elbow to look for"
    at, (gentle, _), (steep, _) = two_lines(curve)
    if gentle > GENTLE * steep:
        return None, "the entropy of the memberships falls evenly with every merging, so that no number stands out"
    return at, (
        f"the entropy of the memberships rises by {gentle:.3g} for each cluster up to {at}, and by {steep:.3g} for "
        "each further one, which overlaps with others"
    )


def two_lines(curve: Array) -> tuple[int, tuple[float, float], tuple[float, float]]:
    """The two straight lines that describe the entropies of 1..k clusters best, for k of 3 at least.

    They share the number of clusters at the break; of each line there are slope and intercept.
    """
    counts = np.arange(1.0, len(curve) + 1)
    fits = {}
    for at in range(2, len(curve)):
        (left, gentle), (right, steep) = (_line(counts[s], curve[s]) for s in (slice(0, at), slice(at - 1, None)))
        fits[at] = (left + right, gentle, steep)
    at = min(fits, key=lambda a: fits[a][0])
    return at, fits[at][1], fits[at][2]


def _line(x: Array, y: Array) -> tuple[float, tuple[float, float]]:
    """The residual sum of squares of a straight line, and its slope and intercept."""
    slope, intercept = np.polyfit(x, y, 1)
    return float(np.square(y - slope * x - intercept).sum()), (float(slope), float(intercept))


def _checked(memberships: Any) -> Array:
    try:
        resp = np.asarray(memberships, dtype=float)
    except (TypeError, ValueError):
        what = f"memberships must be numbers; got {type(memberships).__name__}"
        raise HiddenmixError("HM404", what, "model.merge_components(X), with a fitted mixture as model") from None
    if resp.ndim != 2 or 0 in resp.shape:
        raise HiddenmixError("HM404", f"memberships of shape {resp.shape}", "(n_samples, n_components)")
    if not (np.isfinite(resp).all() and (resp >= 0).all() and np.allclose(resp.sum(axis=1), 1.0)):
        raise HiddenmixError("HM404", "memberships that are no probabilities", "predict_proba(X), whose rows sum to 1")
    return resp


def _named(components: tuple[int, ...]) -> str:
    """Components as people count them."""
    *most, last = (str(j + 1) for j in components)
    return f"components {', '.join(most)} and {last}" if most else f"component {last}"


__all__ = ["MergeStep", "Merging", "merge_components", "two_lines"]
