"""Generated vehicles: three classes of several kinds each, of which two kinds lie between classes."""

from __future__ import annotations

from typing import Final

import numpy as np

from hiddenmix.datasets._record import Dataset

__all__ = ["vehicles"]

_COLUMNS = ("length_m", "width_m", "height_m", "wheelbase_m", "mass_kg", "power_kw")
_DECIMALS = (2, 2, 2, 2, 0, 0)

# kind: class, rows, medians of the columns, spread (standard deviation of logs) of lengths, and of mass and power
_KINDS: Final[dict[str, tuple[str, int, tuple[float, ...], float, float]]] = {
    "scooter": ("bike", 160, (1.86, 0.71, 1.15, 1.31, 125, 10), 0.035, 0.12),
    "motorbike": ("bike", 210, (2.10, 0.80, 1.12, 1.43, 200, 62), 0.035, 0.14),
    "tourer": ("bike", 110, (2.42, 0.95, 1.40, 1.63, 330, 84), 0.035, 0.10),
    "trike": ("bike", 90, (2.85, 1.44, 1.44, 1.92, 640, 57), 0.080, 0.20),
    "city car": ("car", 180, (3.05, 1.53, 1.50, 2.04, 780, 50), 0.045, 0.13),
    "family car": ("car", 240, (4.45, 1.80, 1.47, 2.66, 1390, 96), 0.040, 0.13),
    "sports car": ("car", 90, (4.40, 1.88, 1.27, 2.52, 1480, 265), 0.035, 0.13),
    "people carrier": ("car", 160, (4.95, 1.93, 1.90, 3.04, 2030, 111), 0.045, 0.12),
    "delivery truck": ("truck", 80, (5.30, 2.01, 2.08, 3.25, 2330, 107), 0.080, 0.18),
    "box truck": ("truck", 150, (7.60, 2.38, 3.20, 4.30, 6900, 150), 0.060, 0.15),
    "articulated truck": ("truck", 110, (16.1, 2.52, 3.85, 9.80, 15200, 335), 0.045, 0.10),
}
_COMMON = 0.6  # correlation of the logs: what is longer than its kind is also wider and heavier


def vehicles() -> Dataset:
    """Measurements of 1580 made-up bikes, cars and trucks, of eleven kinds; no number of wheels.

    Of every kind the logs of the measurements are normal, with one correlation. Trikes count as bikes and lie between
    bikes and cars; delivery trucks count as trucks and are oversized cars. A classifier that knows the classes only
    finds these two kinds hard.
    """
    rng = np.random.RandomState(20240301)  # whose streams stay what they are in every version of NumPy
    values, classes, kinds = [], [], []
    for kind, (name, n, medians, lengths, others) in _KINDS.items():
        spread = np.array([lengths] * 4 + [others] * 2)
        z = np.sqrt(_COMMON) * rng.standard_normal((n, 1)) + np.sqrt(1 - _COMMON) * rng.standard_normal((n, 6))
        values.append(np.exp(np.log(medians) + spread * z))
        classes += [name] * n
        kinds += [kind] * n
    order = rng.permutation(len(kinds))
    table = np.concatenate(values)[order]
    rounded = np.column_stack([table[:, j].round(digits) for j, digits in enumerate(_DECIMALS)])
    return Dataset(
        "vehicles",
        np.ascontiguousarray(rounded),
        _COLUMNS,
        {"class": np.array(classes)[order], "kind": np.array(kinds)[order]},
        description="Sizes of 1580 made-up bikes, cars and trucks; trikes and delivery trucks lie between classes.",
        source="generated, with a fixed seed",
    )
