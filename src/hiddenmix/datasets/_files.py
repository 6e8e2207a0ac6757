"""Data sets that the package ships as CSV files."""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiddenmix.datasets._record import Dataset

__all__ = ["apple", "earthquakes", "faithful", "galaxies", "penguins"]


def penguins() -> Dataset:
    """Size measurements of 344 penguins of three species near Palmer Station, Antarctica; two were not measured."""
    table = _read("penguins")
    measured = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
    labels = {name: _texts(table[name]) for name in ("species", "island", "sex")}
    return Dataset(
        "penguins",
        _numbers(table, measured),
        measured,
        labels | {"year": np.array(table["year"], np.int64)},
        description="Size measurements of 344 penguins of three species on three islands; two were not measured.",
        source="palmerpenguins (CC0): Gorman, Williams & Fraser 2014, PLoS ONE 9(3):e90081",
    )


def faithful() -> Dataset:
    """Length of 272 eruptions of the Old Faithful geyser and the wait until the next, in minutes."""
    return Dataset(
        "faithful",
        _numbers(_read("faithful"), ("eruptions", "waiting")),
        ("eruptions", "waiting"),
        description="Length of 272 eruptions of the Old Faithful geyser and the wait until the next, in minutes.",
        source="Azzalini & Bowman 1990, Applied Statistics 39:357-365",
    )


def galaxies() -> Dataset:
    """Velocities of 82 galaxies of the Corona Borealis region, in km/s.

    The value in row 78, 26690, is a typo of 26960 that the copy everybody uses has; published figures rest on it.
    """
    return Dataset(
        "galaxies",
        _numbers(_read("galaxies"), ("velocity",)),
        ("velocity",),
        description="Velocities of 82 galaxies, in km/s. Row 78 has the well-known typo (26690 for 26960).",
        source="Postman, Huchra & Geller 1986, Astronomical Journal 92:1238; Roeder 1990, JASA 85:617-624",
    )


def earthquakes() -> Dataset:
    """Number of earthquakes of magnitude 7 and above in the world, for each year from 1900 to 2006."""
    table = _read("earthquakes")
    return Dataset(
        "earthquakes",
        _numbers(table, ("count",)),
        ("count",),
        extra={"year": np.array(table["year"], np.int64)},
        description="Number of earthquakes of magnitude 7 and above in the world, each year from 1900 to 2006.",
        source="United States Geological Survey; Zucchini & MacDonald 2009, table 1.1",
    )


def apple() -> Dataset:
    """Size of the crop and percentage of wormy fruits of 18 apple trees; the latter is missing for six."""
    return Dataset(
        "apple",
        _numbers(_read("apple"), ("size", "worms")),
        ("size", "worms"),
        description="Size of the crop of 18 apple trees and percentage of wormy fruits, missing for six trees.",
        source="Snedecor & Cochran 1967; Little & Rubin 2002, example 7.1",
    )


def _read(name: str) -> dict[str, list[str]]:
    """The columns of a CSV file as texts."""
    text = (files("hiddenmix.datasets") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines())
    return {column: [row[j] for row in rows] for j, column in enumerate(header)}


def _numbers(table: dict[str, list[str]], columns: tuple[str, ...]) -> NDArray[np.float64]:
    return np.array([[np.nan if text == "NA" else float(text) for text in table[c]] for c in columns]).T.copy()


def _texts(values: list[str]) -> NDArray[Any]:
    return np.array([None if text == "NA" else text for text in values], dtype=object)
