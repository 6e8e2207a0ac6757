"""The files that `hiddenmix classify` writes: predictions, a summary, and the model."""

from __future__ import annotations

import csv
import math
import platform
import shlex
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from hiddenmix._validate import Table
from hiddenmix.cli import _outputs
from hiddenmix.cli._classify_words import confusion, sizes, unlabelled
from hiddenmix.cli._classify_work import Work
from hiddenmix.discover.unsure import unsure
from hiddenmix.estimators._classify import AMBIGUOUS, OUTLIER


def summary(work: Work, seed: int, arguments: Sequence[str]) -> dict[str, Any]:
    """Everything that the terminal shows, and how to get it again."""
    table, model = work.table, work.model
    known = int((work.classes.codes >= 0).sum())
    return {
        "data": {
            "name": table.name,
            "rows": len(table.values),
            "columns": list(table.columns),
            "target": work.target,
            "labels": [name for name in table.labels if name != work.target],
            "classes": sizes(work),
            "rows_without_class": int(unlabelled(work).sum()),
            "rows_without_measurements": int((~work.observed).sum()),
            "sha256": _outputs.fingerprint(table.values, table.columns),
        },
        "model": {
            "subclasses": {str(name): count for name, count in model.subclasses_.items()},
            "covariance_type": model.covariance_type,
            "tied": model.tied,
            "n_components_rank": model.n_components_rank,
            "status": model.mixture_.result_.status.value,
            "names": [str(name) for name in model.subclass_names_],
        },
        "errors": {
            name: {"reason": one.reason}
            if one.wrong is None
            else {"rate": one.wrong / known, "wrong": one.wrong, "rows": known}
            for name, one in work.errors.items()
        },
        "folds": work.folds,
        "confusion": {"classes": list(sizes(work)), "rows": confusion(work)},
        "hard_subclasses": work.hard.to_dict(),
        "within": None if work.within is None else work.within.to_dict(),
        "reproduce": {
            "command": shlex.join(["hiddenmix", *arguments]),
            "seed": seed,
            "python": platform.python_version(),
            **{name: version(name) for name in ("hiddenmix", "numpy", "scipy", "scikit-learn")},
        },
    }


def write(out: Path, work: Work, content: Mapping[str, Any]) -> list[str]:
    """Write the files into the folder, and name them."""
    _outputs.write_json(out / "summary.json", content)
    numbers = Table(work.table.values, work.table.columns)
    known = work.classes.codes >= 0
    proba = np.where(known[:, None], work.found.proba, work.model.predict_proba(numbers))
    y = np.array([*work.classes.names.tolist(), None], dtype=object)[work.classes.codes]
    own = work.model.subclass_memberships(numbers, y).argmax(axis=1)
    subclass = np.where(known, own, work.model.predict_subclass(numbers))
    with _outputs.writing(out / "predictions.csv") as file:
        empty = np.asarray(np.isnan(work.table.values).all(axis=1))
        write_predictions(file, work.table, work.model, numbers, proba, subclass, empty, heading="own_subclass")
    work.model.save(out / "model.hmx")
    return ["summary.json", "predictions.csv", "model.hmx"]


def as_values(model: Any, proba: np.ndarray, subclass: np.ndarray) -> dict[str, Any]:
    """Predictions of rows for JSON; a row without any measurement has the prior probabilities."""
    return {
        "classes": model.classes_,
        "prediction": model.classes_[proba.argmax(axis=1)],
        "probability": proba,
        "subclass": model.subclass_names_[subclass],
    }


def write_predictions(
    file: TextIO, table: Any, model: Any, X: Any, proba: np.ndarray, subclass: np.ndarray, empty: np.ndarray,
    heading: str = "subclass",
) -> None:  # fmt: skip
    """Every row as CSV: its labels, class, probabilities, subclass, margin, and why the class may be refused.

    Class, margin (the log odds of the two most probable classes) and "ambiguous" (no probability that is sure) are
    those of `proba`; "outlier" is told by the row's typicality of the model's subclasses. An `empty` row of `X` has no
    class.
    """
    writer = csv.writer(file, lineterminator="\n")
    names = [f"probability_{name}" for name in model.classes_]
    writer.writerow(["row", *table.labels, "prediction", *names, heading, "margin", "refused"])
    reasons = _reasons(model, X, proba)
    for i, share in enumerate(proba):
        labels = ("" if values[i] is None else values[i] for values in table.labels.values())
        said = ["", *[f"{p:.6g}" for p in share], "", "", ""]
        if not empty[i]:
            said[0], said[-3:] = model.classes_[share.argmax()], [
                model.subclass_names_[subclass[i]], _margin(share), reasons[i],
            ]  # fmt: skip
        writer.writerow([table.rows[i], *labels, *said])


def _reasons(model: Any, X: Any, proba: np.ndarray) -> np.ndarray:
    """Why the class of each row may be refused (n,): ambiguous by the probabilities, an outlier by the model."""
    outlier = model.decide(X, min_probability=0.0).reasons == OUTLIER
    return np.where(outlier, OUTLIER, np.where(unsure(proba), AMBIGUOUS, ""))


def _margin(share: np.ndarray) -> str:
    low, high = np.sort(share)[-2:]
    return f"{math.log(high) - math.log(low):.4g}" if low > 0 else "inf"
