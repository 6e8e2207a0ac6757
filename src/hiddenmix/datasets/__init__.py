"""Small data sets that have a history in the literature of mixtures and missing data.

``load(name)`` gives any of them; ``names()`` lists them. Nothing is downloaded.
"""

from __future__ import annotations

from hiddenmix.datasets._files import apple, earthquakes, faithful, galaxies, penguins
from hiddenmix.datasets._generated import coins, redblue
from hiddenmix.datasets._record import Dataset
from hiddenmix.datasets._registry import load, names

__all__ = [
    "Dataset",
    "apple",
    "coins",
    "earthquakes",
    "faithful",
    "galaxies",
    "load",
    "names",
    "penguins",
    "redblue",
]
