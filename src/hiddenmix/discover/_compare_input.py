"""What `hiddenmix.compare` takes: clusters or memberships, and labelings of the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix._validate import Labels, check_labels, check_table
from hiddenmix._validate.frames import open_frame

__all__ = ["Clusters", "read_clusters", "read_labelings"]

SLACK = 1e-3  # memberships that were written with a few digits still count as summing to 1


@record
class Clusters:
    """A clustering: codes (n,) into names (k,), -1 = missing; and memberships (n, k), if these were given."""

    codes: Array
    names: Array
    memberships: Array | None = None

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.codes)


def read_clusters(clusters: Any) -> Clusters:
    """Labels (n,), or memberships (n, k).

    Raises
    ------
    HiddenmixError : HM110 no rows, HM118 no row has a cluster, HM128 another shape, HM130 rows that do not sum to 1
    """
    frame = open_frame(clusters)
    if frame is not None or np.ndim(clusters) == 2:
        return from_memberships(clusters, None if frame is None else frame.names)
    if np.ndim(clusters) != 1:
        raise HiddenmixError(
            "HM128", "clusters must have one label per row, shape (n,), or memberships, shape (n, k); got shape "
            f"{np.shape(clusters)}", "the labels that predict gives"
        )  # fmt: skip
    if not len(clusters):
        raise HiddenmixError("HM110", "clusters has no row")
    found = check_labels(clusters, len(clusters), "clusters", None)
    if not (found.codes >= 0).any():
        raise HiddenmixError("HM118", f"clusters has no value: all of its {len(found.codes)} are missing")
    return Clusters(found.codes, found.levels)


def from_memberships(memberships: Any, names: Any = None) -> Clusters:
    """Memberships (n, k) and the most likely cluster of each row; rows of NaN are missing.

    Raises
    ------
    HiddenmixError : HM130 a row that does not sum to 1; HM110 to HM118 as `check_table`
    """
    table = np.array(check_table(memberships).values, dtype=float)
    missing = np.isnan(table).all(axis=1)
    sums = table.sum(axis=1)
    with np.errstate(invalid="ignore"):
        good = (table >= 0).all(axis=1) & (np.abs(sums - 1) <= SLACK)
    if not (good | missing).all():
        row = int(np.argmin(good | missing))
        raise HiddenmixError(
            "HM130",
            f"clusters: row {row} (counting from 0) holds {table[row].tolist()}, which are no memberships",
            "memberships are 0 or more and sum to 1; a row of NaN is missing; labels have one axis",
        )
    table[good] /= sums[good, None]
    codes = np.where(missing, -1, np.where(missing[:, None], 0.0, table).argmax(axis=1))
    return Clusters(codes, np.arange(table.shape[1]) if names is None else np.array(names, dtype=object), table)


def read_labelings(labelings: Any, n: int) -> dict[str, Labels]:
    """Named labelings of n rows.

    Raises
    ------
    HiddenmixError : HM128 not one value per row, HM413 there is none
    """
    frame = open_frame(labelings)
    if frame is not None:
        names = frame.names or tuple(f"column {j}" for j in range(frame.shape[1]))
        given: dict[str, Any] = {name: frame.column(j) for j, name in enumerate(names)}
    elif isinstance(labelings, Mapping):
        given = {str(name): values for name, values in labelings.items()}
    else:
        name = getattr(labelings, "name", None)
        given = {name if isinstance(name, str) and name else "labels": labelings}
    if not given:
        raise HiddenmixError("HM413", "labelings holds no labeling", 'a dictionary such as {"species": species}')
    return {name: check_labels(values, n, f"labelings[{name!r}]", None) for name, values in given.items()}
