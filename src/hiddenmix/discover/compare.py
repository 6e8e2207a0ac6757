"""Which known labelings a clustering found, which it ignored, and what of it is new."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from hiddenmix._validate import Labels, check_number
from hiddenmix.discover._agreement import ALPHA, NEGLIGIBLE, Agreement
from hiddenmix.discover._compare_input import Clusters, read_clusters, read_labelings
from hiddenmix.discover._compare_words import verdict
from hiddenmix.discover._comparison import (
    ClusterMatch,
    Comparison,
    Conditional,
    Explained,
    LabelingComparison,
)
from hiddenmix.discover._contingency import compressed, crossed, entropy
from hiddenmix.discover._measuring import Chance, Measured, measured_within
from hiddenmix.discover._permutation import Information, holm

__all__ = ["Comparison", "compare", "compare_known"]


def compare(clusters: Any, labelings: Any, *, n_permutations: int = 999, random_state: Any = 0) -> Comparison:
    """Say which known labelings a clustering found, which it ignored, and what of it is new.

    For every labeling: scores of agreement, the best one-to-one match (Hungarian method), and a permutation test of
    the mutual information I(C; A), adjusted by Holm over the labelings. For every ordered pair: I(C; A | B), with
    permutations within the levels of B. *A follows from B* where I(C; A) is significant, I(C; A | B) is not, and
    I(C; B | A) is; where neither of the latter is, either stands for the other. Of the entropy H(C), each labeling
    in turn explains the share (I - E) / (H - E) of what is left, I and H being conditional on those before it and E
    the mean of I over permutations; a labeling enters only if it is significant. The rest is new.

    Parameters
    ----------
    clusters : labels (n,) of any kind, None or NaN where missing; or memberships (n, k), whose rows sum to 1, or are
        NaN. Of memberships, tests and hard scores use the most likely cluster
    labelings : a dictionary of names and values (n,), a data frame, or the values of one labeling. Missing values
        leave the row out for that labeling only
    n_permutations : of each test; with m labelings at least 20 m are made, for with fewer none could be significant,
        and no more than those where a table is so large that n_permutations times its cells exceed 1e8
    random_state : int, RandomState, Generator or None

    Raises
    ------
    HiddenmixError : HM110 no rows, HM118 no row has a cluster, HM128 not one value per row, HM130 memberships that do
        not sum to 1, HM403 `n_permutations` below 1, HM413 no labeling, HM414 too many clusters and levels
    HiddenmixTypeError : HM115 a label without a hash, such as a list

    References
    ----------
    Hubert & Arabie 1985; Vinh, Epps & Bailey 2010; Rosenberg & Hirschberg 2007; Holm 1979; Kuhn 1955

    Examples
    --------
    >>> import hiddenmix as hm
    >>> found = hm.compare([1, 1, 1, 2, 2, 2], {"side": list("lllrrr"), "colour": list("xyxyxy")})
    >>> found["side"].adjusted_rand
    1.0
    """
    check_number("n_permutations", n_permutations, 1, whole=True)
    found = read_clusters(clusters)
    return compare_known(found, read_labelings(labelings, found.n), n_permutations, _seed(random_state))


def compare_known(clusters: Clusters, labelings: Mapping[str, Labels], permutations: int, seed: int) -> Comparison:
    """`compare` of clusters and labels that are checked already."""
    least = math.ceil(len(labelings) / ALPHA)
    chance = Chance(max(int(permutations), least), least, seed)
    measured = {name: Measured.of(clusters, name, labels, chance) for name, labels in labelings.items()}
    testable = [name for name, found in measured.items() if found.information.testable]
    p_values = np.array([measured[name].information.p_value for name in testable])
    adjusted = dict.fromkeys(labelings, 1.0) | dict(zip(testable, holm(p_values).tolist()))
    conditionals = _conditionals(clusters, labelings, chance)
    related = {name for name in testable if measured[name].related(adjusted[name])}
    follows, stands = _relations(conditionals, related)
    codes, kept = compressed(clusters.codes[clusters.codes >= 0])
    readings = tuple(
        found.judged(adjusted[name], follows.get(name, ()), stands.get(name, ())) for name, found in measured.items()
    )
    groupings = [a.name for a in readings if a.name in testable and a.agreement is not Agreement.IDENTIFIER]
    explained, new = _explained(clusters, {name: labelings[name] for name in groupings}, chance)
    return Comparison(
        n=len(codes),
        n_clusters=len(kept),
        entropy=entropy(np.bincount(codes)),
        labelings=readings,
        conditionals=conditionals,
        explained=explained,
        new=new,
        clusters=_best_levels(clusters, readings, explained),
        verdict=verdict(readings, explained, new, len(codes), len(kept)),
        n_permutations=chance.permutations,
    )


def _conditionals(clusters: Clusters, labelings: Mapping[str, Labels], chance: Chance) -> tuple[Conditional, ...]:
    """I(clusters; A | B) for every ordered pair of labelings."""
    found = []
    for name, labels in labelings.items():
        for given, others in labelings.items():
            if given != name:
                rows = others.codes >= 0
                known = measured_within(clusters, labels, others.codes, rows, chance)
                n = int((rows & (clusters.codes >= 0) & (labels.codes >= 0)).sum())
                found.append(Conditional(name, given, n, known.value, known.by_chance, known.p_value))
    return tuple(found)


def _relations(
    conditionals: Sequence[Conditional], related: Set[str]
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Which labeling follows from which, and which stand for one another.

    A follows from B where both tell of the clusters, A tells nothing more when B is known, and B does when A is.
    """
    more = {(c.labeling, c.given): c.p_value <= ALPHA for c in conditionals}
    gain = {(c.labeling, c.given): c.excess for c in conditionals}
    follows: dict[str, list[str]] = {}
    stands: dict[str, list[str]] = {}
    for (name, given), tells in more.items():
        if tells or not {name, given} <= related:
            continue
        (follows if more[given, name] else stands).setdefault(name, []).append(given)
    ordered = {name: sorted(others, key=lambda b: -gain[b, name]) for name, others in follows.items()}
    return {name: tuple(b) for name, b in ordered.items()}, {name: tuple(b) for name, b in stands.items()}


def _explained(
    clusters: Clusters, labelings: Mapping[str, Labels], chance: Chance
) -> tuple[tuple[Explained, ...], float]:
    """The labelings that explain a part of the clusters, best first, and the share that is left.

    Labelings that explain nothing one by one are tried once more all together: clusters may follow a combination.
    """
    strata, rows = np.zeros(clusters.n, np.intp), np.ones(clusters.n, bool)
    waiting, found, left = dict(labelings), list[Explained](), 1.0
    while waiting and left > 0:
        tried = {name: measured_within(clusters, a, strata, rows, chance) for name, a in waiting.items()}
        real = {name: part for name, part in tried.items() if _tells(part, len(waiting))}
        if real:
            best = max(real, key=lambda name: real[name].explained)
            joint, part = waiting[best], real[best]
            names: tuple[str, ...] = (best,)
        elif len(waiting) > 1:
            names, joint = tuple(waiting), _joined(list(waiting.values()))
            part = measured_within(clusters, joint, strata, rows, chance)
            if not _tells(part):
                break
        else:
            break
        found.append(Explained(names, left * part.explained))
        left *= 1 - part.explained
        rows = rows & (joint.codes >= 0)
        strata = crossed(strata, np.maximum(joint.codes, 0))
        waiting = {name: a for name, a in waiting.items() if name not in names}
    return tuple(found), left


def _tells(part: Information, tests: int = 1) -> bool:
    """Whether a labeling explains something: significant among so many tests, and more than negligible."""
    return part.p_value * tests <= ALPHA and part.explained >= NEGLIGIBLE


def _joined(labelings: list[Labels]) -> Labels:
    """All labelings crossed; missing where any is."""
    codes = labelings[0].codes
    for labels in labelings[1:]:
        both = (codes >= 0) & (labels.codes >= 0)
        codes = np.where(both, crossed(np.maximum(codes, 0), np.maximum(labels.codes, 0)), -1)
    return Labels(codes, np.arange(int(codes.max(initial=0)) + 1))


def _best_levels(
    clusters: Clusters, readings: tuple[LabelingComparison, ...], explained: tuple[Explained, ...]
) -> tuple[ClusterMatch, ...]:
    """For each cluster the level it goes best with: the largest harmonic mean of precision and recall."""
    sizes = np.bincount(clusters.codes[clusters.codes >= 0], minlength=len(clusters.names))
    names = {name for part in explained for name in part.labelings}
    found = []
    for j, cluster in enumerate(clusters.names.tolist()):
        offers = [a.clusters[j] for a in readings if a.name in names and a.clusters[j].level is not None]
        nothing = ClusterMatch(cluster, "", None, int(sizes[j]), 0.0, 0.0, False)
        found.append(max(offers, key=lambda m: m.precision * m.recall / (m.precision + m.recall), default=nothing))
    return tuple(found)


def _seed(random_state: Any) -> int:
    if isinstance(random_state, numbers.Integral):
        return int(random_state)
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    return int(np.random.default_rng(random_state).integers(2**63))
