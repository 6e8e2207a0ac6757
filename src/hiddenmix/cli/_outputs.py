"""The files that `hiddenmix fit` and `predict` write: a row for every row of the table, and one summary."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix.report._findings import fingerprint
from hiddenmix.report._summary import plain

__all__ = ["fingerprint", "plain", "prepared", "write_assignments", "write_json", "writing"]


def write_assignments(
    file: TextIO, table: Any, proba: np.ndarray, rows: np.ndarray, component: np.ndarray, empty: np.ndarray
) -> None:
    """The chosen rows as CSV: row number in the file, labels, component, memberships, uncertainty.

    `component` (n,) counts from 0 and is written from 1. An `empty` row has none; its memberships are the weights.
    """
    writer = csv.writer(file, lineterminator="\n")
    members = [f"membership_{j + 1}" for j in range(proba.shape[1])]
    writer.writerow(["row", *table.labels, "component", *members, "uncertainty"])
    highest = proba.max(axis=1)
    for i in rows:
        labels = ("" if values[i] is None else values[i] for values in table.labels.values())
        shares = (f"{p:.6g}" for p in proba[i])
        where = "" if empty[i] else component[i] + 1
        writer.writerow([table.rows[i], *labels, where, *shares, f"{1 - highest[i]:.6g}"])


@contextmanager
def prepared(folder: Path | None) -> Iterator[None]:
    """Make the folder and try to write into it, before hours are spent on what shall go there.

    A folder that was made for work that failed is removed again.

    Raises
    ------
    HiddenmixError : HM516 it cannot be made, or not be written to
    """
    if folder is None:
        yield
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from None
    try:
        yield
    except BaseException:
        with suppress(OSError):  # it holds something
            folder.rmdir()
        raise


@contextmanager
def writing(path: Path) -> Iterator[TextIO]:
    """A text file to write; what was there before is replaced at the end, or not at all.

    Raises
    ------
    HiddenmixError : HM516 it cannot be written
    """
    special = path.exists() and not path.is_file()  # such as /dev/stdout
    target = path if special else path.with_name(f"{path.name}.part")
    try:
        with open(target, "w", encoding="utf-8", newline="") as file:
            yield file
        if not special:
            target.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        if not special:
            with suppress(OSError):
                target.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> HiddenmixError:
    return HiddenmixError("HM516", f"{str(path)!r} cannot be written: {error.strerror or error}", "--out ELSEWHERE")


def write_json(path: Path, value: Any) -> None:
    """A JSON file that people can read."""
    with writing(path) as file:
        file.write(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
