"""The files that `hiddenmix fit` and `predict` write: a row for every row of the table, and one summary."""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np


def write_assignments(file: TextIO, table: Any, proba: np.ndarray, rows: np.ndarray) -> None:
    """The chosen rows as CSV: row number in the file, labels, component, memberships, uncertainty.

    Components count from 1. A row without any measurement has no component; its memberships are the weights.
    """
    writer = csv.writer(file, lineterminator="\n")
    members = [f"membership_{j + 1}" for j in range(proba.shape[1])]
    writer.writerow(["row", *table.labels, "component", *members, "uncertainty"])
    empty = np.isnan(table.values).all(axis=1)
    component, highest = proba.argmax(axis=1) + 1, proba.max(axis=1)
    for i in rows:
        labels = ("" if values[i] is None else values[i] for values in table.labels.values())
        shares = (f"{p:.6g}" for p in proba[i])
        where = "" if empty[i] else component[i]
        writer.writerow([table.rows[i], *labels, where, *shares, f"{1 - highest[i]:.6g}"])


def fingerprint(values: np.ndarray, columns: Iterable[str]) -> str:
    """SHA-256 of the numbers that were used and their names: tells whether data are the same."""
    digest = hashlib.sha256("\0".join(columns).encode())
    digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def plain(value: Any) -> Any:
    """A value that JSON can hold: arrays as lists, numbers that are not finite as null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def write_json(path: Path, value: Any) -> None:
    """A JSON file that people can read."""
    path.write_text(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
