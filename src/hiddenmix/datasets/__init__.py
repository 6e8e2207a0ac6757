"""Small data sets that have a history in the literature of mixtures and missing data.

``load(name)`` gives any of them; ``names()`` lists them. Nothing is downloaded.
"""

from __future__ import annotations

from hiddenmix.datasets._customers import customers
from hiddenmix.datasets._files import apple, earthquakes, faithful, galaxies, penguins
from hiddenmix.datasets._generated import coins, redblue
from hiddenmix.datasets._record import Dataset
from hiddenmix.datasets._registry import load, names
from hiddenmix.datasets._vehicles import vehicles

__all__ = [
    "Dataset",
    "apple",
    "coins",
    "customers",
    "earthquakes",
    "faithful",
    "galaxies",
    "load",
    "names",
    "penguins",
    "redblue",
    "vehicles",
]
