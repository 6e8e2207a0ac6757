"""Data sets that a few lines make: the two coins, and the red and blue dots."""

from __future__ import annotations

import numpy as np

from hiddenmix.datasets._record import Dataset

__all__ = ["coins", "redblue"]

_TOSSES = ("HTTTHHTHTH", "HHHHTHHHHH", "HTHHHHHTHH", "HTHTTTHHTT", "THHHTHHHTH")


def coins() -> Dataset:
    """Five sets of ten tosses, each made with one of two coins: heads in each set, the tosses, the coin."""
    heads = np.array([[float(tosses.count("H"))] for tosses in _TOSSES])
    return Dataset(
        "coins",
        heads,
        ("heads",),
        {"coin": np.array(list("BAABA"))},
        {"tosses": np.array(_TOSSES)},
        description="Five sets of ten tosses, each made with one of two coins A and B.",
        source="Do & Batzoglou 2008, Nature Biotechnology 26:897-899",
    )


def redblue() -> Dataset:
    """Forty dots on a line, 20 red around 3 and 20 blue around 7, sorted together, with their colours."""
    # The dots are known by this generator and this seed; a modern Generator would draw others.
    rng = np.random.RandomState(110)
    x = np.concatenate([rng.normal(3, 0.8, 20), rng.normal(7, 2, 20)])
    order = np.argsort(x, kind="stable")
    return Dataset(
        "redblue",
        x[order, None],
        ("x",),
        {"colour": np.repeat(np.array(["red", "blue"]), 20)[order]},
        description="Forty dots on a line: 20 red from N(3, 0.8), 20 blue from N(7, 2).",
        source="numpy.random.seed(110); a widely read introduction to EM by example",
    )
