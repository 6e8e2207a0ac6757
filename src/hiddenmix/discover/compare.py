"""Which known labelings a clustering found, which it ignored, and what of it is new."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._validate import Labels, check_number
from hiddenmix.discover._agreement import ALPHA, Agreement
from hiddenmix.discover._compare_input import Clusters, read_clusters, read_labelings
from hiddenmix.discover._compare_words import verdict
from hiddenmix.discover._comparison import ClusterMatch, Comparison, Explained, LabelingComparison
from hiddenmix.discover._conditioning import conditioned, relations
from hiddenmix.discover._contingency import compressed, entropy
from hiddenmix.discover._explaining import all_together, explaining, n_tests
from hiddenmix.discover._measuring import Chance, Measured
from hiddenmix.discover._permutation import holm

__all__ = ["Comparison", "compare", "compare_known"]


def compare(clusters: Any, labelings: Any, *, n_permutations: int = 999, random_state: Any = 0) -> Comparison:
    """Say which known labelings a clustering found, which it ignored, and what of it is new.

    For every labeling: scores of agreement, the best one-to-one match (Hungarian method), and a permutation test of
    the mutual information I(C; A), adjusted by Holm over the labelings. For every ordered pair: I(C; A | B), with
    permutations within the levels of B, adjusted by Holm over all A for the same B. *A follows from B* where I(C; A)
    is significant, I(C; A | B) is not, and I(C; B | A) is; where neither of the latter is, either stands for the
    other. Of the entropy H(C), each labeling in turn explains the share (I - E) / (H - E) of what is left, I and H
    being conditional on those before it and E the mean of I over permutations; a labeling enters only if it is
    significant. The rest is new. The same share is given for each labeling alone, and for all of them crossed.

    Parameters
    ----------
    clusters : labels (n,) of any kind, None or NaN where missing; or memberships (n, k), whose rows sum to 1, or are
        NaN. Of memberships, tests and hard scores use the most likely cluster
    labelings : a dictionary of names and values (n,), a data frame, or the values of one labeling. Missing values
        leave the row out for that labeling only
    n_permutations : of each test; with m > 1 labelings at least 20 (m + 1) are made, for with fewer none could be
        significant, and no more than those where a table is so large that n_permutations times its cells exceed 1e8
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
    least = math.ceil(n_tests(len(labelings)) / ALPHA)
    chance = Chance(max(int(permutations), least), least, seed)
    measured = {name: Measured.of(clusters, name, labels, chance) for name, labels in labelings.items()}
    testable = [name for name, found in measured.items() if found.information.testable]
    p_values = np.array([measured[name].information.p_value for name in testable])
    adjusted = dict.fromkeys(labelings, 1.0) | dict(zip(testable, holm(p_values).tolist()))
    related = {name for name in testable if measured[name].related(adjusted[name])}
    conditionals = conditioned(clusters, labelings, related, chance)
    follows, stands = relations(conditionals)
    codes, kept = compressed(clusters.codes[clusters.codes >= 0])
    readings = tuple(
        found.judged(adjusted[name], follows.get(name, ()), stands.get(name, ())) for name, found in measured.items()
    )
    kinds = {a.name: a.agreement for a in readings}
    groupings = {name: labelings[name] for name in testable if kinds[name] is not Agreement.IDENTIFIER}
    explained, new = explaining(clusters, groupings, chance)
    return Comparison(
        n=len(codes),
        n_clusters=len(kept),
        entropy=entropy(np.bincount(codes)),
        labelings=readings,
        conditionals=conditionals,
        explained=explained,
        new=new,
        together=all_together(clusters, groupings, chance),
        clusters=_best_levels(clusters, readings, explained),
        verdict=verdict(readings, explained, new, len(codes), len(kept)),
        n_permutations=chance.permutations,
    )


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
    try:
        if isinstance(random_state, numbers.Integral) and int(random_state) >= 0:
            return int(random_state)
        if isinstance(random_state, np.random.RandomState):
            return int(random_state.randint(2**31))
        return int(np.random.default_rng(random_state).integers(2**63))
    except (TypeError, ValueError):
        raise HiddenmixError("HM401", f"random_state cannot be {random_state!r}", "random_state=0, or None") from None
