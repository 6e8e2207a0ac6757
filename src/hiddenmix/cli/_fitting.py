"""The work behind `hiddenmix fit`: search, predict, and write what was found."""

from __future__ import annotations

import platform
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from hiddenmix._validate import Table, check_enough_distinct, check_n_components
from hiddenmix.cli import _outputs
from hiddenmix.cli._interrupt import stop_on_interrupt
from hiddenmix.engine.result import Status
from hiddenmix.estimators.gaussian import GaussianMixture
from hiddenmix.select import LOWER, Candidate


@dataclass(frozen=True)
class Fit:
    """A fitted table: the model, memberships (n, k), which rows have measurements (n,), and how it went."""

    table: Any
    model: Any
    proba: np.ndarray
    observed: np.ndarray
    seconds: float
    interrupted: bool


def fit(
    table: Any,
    components: Sequence[int],
    shapes: Sequence[str],
    options: Mapping[str, Any],
    progress: Callable[[], None],
) -> Fit:
    """Fit every model to the table and keep the best; `options` are arguments of `GaussianMixture`."""
    numbers = Table(table.values, table.columns)
    _require_rows(table.values, components)
    begin = time.perf_counter()
    with stop_on_interrupt() as asked:

        def watch(step: Any) -> bool:
            progress()
            return asked.yes

        model = GaussianMixture(list(components), covariance_type=list(shapes), callback=watch, **options)
        model.fit(numbers)
    model.set_params(callback=None)
    seconds = time.perf_counter() - begin
    observed = ~np.isnan(table.values).all(axis=1)
    return Fit(table, model, model.predict_proba(numbers), observed, seconds, asked.yes)


def summary(fit: Fit, unsure: int, seed: int, arguments: Sequence[str]) -> dict[str, Any]:
    """Everything that the terminal shows, and how to get it again, for summary.json."""
    model, table = fit.model, fit.table
    return {
        "data": {
            "name": table.name,
            "rows": len(table.values),
            "columns": list(table.columns),
            "labels": list(table.labels),
            "rows_without_measurements": int((~fit.observed).sum()),
            "sha256": _outputs.fingerprint(table.values, table.columns),
        },
        "selection": {
            "criterion": model.selection_.criterion,
            "sign": LOWER,
            "candidates": [_candidate(c) for c in model.selection_.candidates],
            "seconds": round(fit.seconds, 3),
        },
        "model": _chosen(model, table.columns, unsure),
        "starts": [
            {
                "how": s.how,
                "objective": s.objective,
                "status": s.status.name.lower(),
                "iterations": s.iterations,
                "optimum": None if s.optimum is None else s.optimum + 1,
                "spurious_components": [j + 1 for j in s.spurious],
                "reason": s.reason,
            }
            for s in model.result_.starts
        ],
        "reproduce": {
            "command": shlex.join(["hiddenmix", *arguments]),
            "seed": seed,
            "python": platform.python_version(),
            **{name: version(name) for name in ("hiddenmix", "numpy", "scipy", "scikit-learn")},
        },
    }


def _chosen(model: Any, columns: Sequence[str], unsure: int) -> dict[str, Any]:
    """The model that was chosen."""
    result, facts = model.result_, model.facts_
    return {
        "n_components": model.n_components_,
        "covariance_type": model.covariance_type_,
        **asdict(facts.criteria),
        "sign": LOWER,
        "status": result.status.value,
        "converged": result.converged,
        "certificate": result.certificate.value,
        "iterations": result.iterations,
        "note": facts.note,
        "unsure_rows": unsure,
        "components": [
            {"component": j + 1, "weight": w, "rows": n, "mean": dict(zip(columns, m, strict=True))}
            for j, (w, n, m) in enumerate(zip(model.weights_, facts.sizes, model.means_, strict=True))
        ],
        "covariances": model.covariances_,
    }


def write(out: Path, fit: Fit, unsure: np.ndarray, content: Mapping[str, Any]) -> list[str]:
    """Write the files into the folder, and name those that were written."""
    _outputs.write_json(out / "summary.json", content)
    everything = np.arange(len(fit.table.values))
    for name, rows in (("assignments.csv", everything), ("unsure.csv", np.flatnonzero(unsure))):
        with _outputs.writing(out / name) as file:
            _outputs.write_assignments(file, fit.table, fit.proba, rows)
    fit.model.save(out / "model.hmx")
    return ["summary.json", "assignments.csv", "unsure.csv", "model.hmx"]


def _require_rows(values: np.ndarray, components: Sequence[int]) -> None:
    """HM201, HM202 where there are too few rows for every model: said once, and not for each of them."""
    fewest = min(components)
    check_n_components(fewest, len(values))
    check_enough_distinct(values, fewest)


def _candidate(candidate: Candidate) -> dict[str, Any]:
    """A line of the grid; what failed says why."""
    result, criteria = candidate.result, candidate.criteria
    found: dict[str, Any] = {
        "name": candidate.name,
        "n_components": candidate.n_components,
        "covariance_type": candidate.shape,
    }
    if criteria is not None:
        found |= asdict(criteria)
    if result is not None:
        found |= {
            "status": result.status.name.lower(),
            "spurious_components": [j + 1 for j in result.spurious],
            "finished": sum(s.status is Status.CONVERGED for s in result.starts),
            "reason": result.reason,
        }
    if candidate.failure is not None:
        found |= {"failure": candidate.failure.code, "reason": candidate.failure.message}
    return found
