"""Which part of a clustering known labelings explain, one after the other and all of them together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hiddenmix._validate import Labels
from hiddenmix.discover._agreement import ALONE, ALPHA, NEGLIGIBLE
from hiddenmix.discover._compare_input import Clusters
from hiddenmix.discover._comparison import Explained, Together
from hiddenmix.discover._contingency import compressed, crossed, hard_information
from hiddenmix.discover._measuring import Chance, measured_within
from hiddenmix.discover._permutation import WORK, Information

__all__ = ["all_together", "explaining", "n_tests"]


def n_tests(labelings: int) -> int:
    """How many tests share the level when that many labelings are tried: each, and all of several together."""
    return labelings + (labelings > 1)


def explaining(
    clusters: Clusters, labelings: Mapping[str, Labels], chance: Chance
) -> tuple[tuple[Explained, ...], float]:
    """The labelings that explain a part of the clusters, best first, and the share that is left.

    Labelings that explain nothing one by one are tried once more all together: clusters may follow a combination.
    Each of these tests, the last one too, has the same part of the level (Bonferroni), so that where none explains
    anything one is named with a probability of at most the level.
    """
    strata, rows = np.zeros(clusters.n, np.intp), np.ones(clusters.n, bool)
    waiting, found, left = dict(labelings), list[Explained](), 1.0
    while waiting and left > 0:
        tests = n_tests(len(waiting))
        tried = {name: measured_within(clusters, a, strata, rows, chance) for name, a in waiting.items()}
        real = {name: part for name, part in tried.items() if _tells(part, tests)}
        if real:
            best = max(real, key=lambda name: real[name].explained)
            joint, part = waiting[best], real[best]
            names: tuple[str, ...] = (best,)
        elif len(waiting) > 1:
            names, joint = tuple(waiting), _joined(list(waiting.values()))
            part = measured_within(clusters, joint, strata, rows, chance)
            if not _tells(part, tests):
                break
        else:
            break
        found.append(Explained(names, left * part.explained))
        left *= 1 - part.explained
        rows = rows & (joint.codes >= 0)
        strata = crossed(strata, np.maximum(joint.codes, 0))
        waiting = {name: a for name, a in waiting.items() if name not in names}
    return tuple(found), left


def all_together(clusters: Clusters, labelings: Mapping[str, Labels], chance: Chance) -> Together | None:
    """I(clusters; all labelings crossed) where all are known; None without a labeling."""
    if not labelings:
        return None
    joint = _joined(list(labelings.values()))
    rows = (clusters.codes >= 0) & (joint.codes >= 0)
    n, levels = int(rows.sum()), len(compressed(joint.codes[rows])[1])
    if levels * len(clusters.names) * chance.least > WORK:
        value = hard_information(clusters.codes[rows], joint.codes[rows])
        return Together(tuple(labelings), n, levels, value, value, 1.0, 0.0, True)
    part = measured_within(clusters, joint, None, rows, chance)
    explained = part.explained if part.p_value <= ALPHA else 0.0
    crowded = levels >= ALONE * n
    return Together(tuple(labelings), n, levels, part.value, part.by_chance, part.p_value, explained, crowded)


def _tells(part: Information, tests: int) -> bool:
    """Whether a labeling explains something: significant among so many tests, and more than negligible."""
    return part.p_value * tests <= ALPHA and part.explained >= NEGLIGIBLE


def _joined(labelings: list[Labels]) -> Labels:
    """All labelings crossed; missing where any is."""
    codes = labelings[0].codes
    for labels in labelings[1:]:
        both = (codes >= 0) & (labels.codes >= 0)
        codes = np.where(both, crossed(np.maximum(codes, 0), np.maximum(labels.codes, 0)), -1)
    return Labels(codes, np.arange(int(codes.max(initial=0)) + 1))
