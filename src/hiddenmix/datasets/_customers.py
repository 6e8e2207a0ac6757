"""Customers of a shop: two age groups that buy differently, and a sex that has nothing to do with it."""

from __future__ import annotations

import numpy as np

from hiddenmix.datasets._record import Dataset

__all__ = ["customers"]

_COLUMNS = ("visits_per_month", "basket_eur", "items_per_visit", "hour_of_day")
#: Age group -> rows, and mean and standard deviation of each column.
_GROUPS = {
    "elderly": (230, (11.0, 21.0, 9.0, 10.5), (2.2, 5.0, 2.2, 1.5)),
    "kid": (170, (6.5, 10.5, 4.8, 14.5), (1.6, 2.4, 1.2, 1.2)),
}
_TOGETHER = 0.5  # correlation of what is bought and what is paid


def customers() -> Dataset:
    """Shopping habits of 400 customers, elderly people and kids, with their age group and sex.

    Age group decides the mean and spread of every column, sex of none: a clustering that ignores sex is right to.
    """
    rng = np.random.RandomState(1)  # a stream that never changes
    parts, ages = [], []
    for age, (n, mean, sd) in _GROUPS.items():
        noise = rng.normal(size=(n, len(_COLUMNS)))
        noise[:, 2] = _TOGETHER * noise[:, 1] + np.sqrt(1 - _TOGETHER**2) * noise[:, 2]
        parts.append(np.array(mean) + noise * np.array(sd))
        ages += [age] * n
    sexes = rng.permutation(np.repeat(["female", "male"], len(ages) // 2))
    order = rng.permutation(len(ages))
    return Dataset(
        "customers",
        np.round(np.concatenate(parts)[order], 2),
        _COLUMNS,
        {"age_group": np.array(ages)[order], "sex": sexes[order]},
        description="Shopping habits of 400 customers: elderly people and kids, women and men alike.",
        source="generated: normal columns, given the age group; the sex is drawn independently",
    )
