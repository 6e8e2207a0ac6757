"""What a labeling tells of the clusters when another is known, and which of two follows from the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import numpy as np

from hiddenmix._validate import Labels
from hiddenmix.discover._agreement import ALPHA
from hiddenmix.discover._compare_input import Clusters
from hiddenmix.discover._comparison import Conditional
from hiddenmix.discover._measuring import Chance, measured_within
from hiddenmix.discover._permutation import Information, holm

__all__ = ["conditioned", "relations"]


def conditioned(
    clusters: Clusters, labelings: Mapping[str, Labels], related: Set[str], chance: Chance
) -> tuple[Conditional, ...]:
    """I(clusters; A | B) for every ordered pair of labelings.

    Where A and B both have to do with the clusters, p-values are adjusted by Holm over all such A for the same B: the
    question is which of the others tell more than B. A family over all B at once would leave more of what they tell
    undetected, and "follows" is read from what is not detected.
    """
    tested: dict[tuple[str, str], tuple[int, Information]] = {}
    for name, labels in labelings.items():
        for given, others in labelings.items():
            if given != name:
                rows = others.codes >= 0
                n = int((rows & (clusters.codes >= 0) & (labels.codes >= 0)).sum())
                tested[name, given] = (n, measured_within(clusters, labels, others.codes, rows, chance))
    adjusted: dict[tuple[str, str], float] = {}
    for given in related:
        family = [pair for pair in tested if pair[1] == given and pair[0] in related]
        p_values = np.array([tested[pair][1].p_value for pair in family])
        adjusted |= dict(zip(family, holm(p_values).tolist()))
    return tuple(
        Conditional(name, given, n, known.value, known.by_chance, known.p_value, adjusted.get((name, given)))
        for (name, given), (n, known) in tested.items()
    )


def relations(
    conditionals: Sequence[Conditional],
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Which labeling follows from which, and which stand for one another.

    A follows from B where both tell of the clusters, A tells nothing more when B is known, and B does when A is.
    """
    known = {(c.labeling, c.given): c for c in conditionals if c.p_adjusted is not None}
    more = {pair: c.p_adjusted is not None and c.p_adjusted <= ALPHA for pair, c in known.items()}
    follows: dict[str, list[str]] = {}
    stands: dict[str, list[str]] = {}
    for (name, given), tells in more.items():
        if not tells:
            (follows if more[given, name] else stands).setdefault(name, []).append(given)
    ordered = {name: sorted(others, key=lambda b: -known[b, name].excess) for name, others in follows.items()}
    return {name: tuple(b) for name, b in ordered.items()}, {name: tuple(b) for name, b in stands.items()}
