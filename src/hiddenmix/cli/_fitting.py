"""The work behind `hiddenmix fit`: search, predict, and write what was found."""

from __future__ import annotations

import platform
import shlex
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError, HiddenmixWarning
from hiddenmix._validate import Table, check_enough_distinct, check_n_components
from hiddenmix.cli import _outputs
from hiddenmix.cli._interrupt import stop_on_interrupt
from hiddenmix.discover._compare_input import from_memberships, read_labelings
from hiddenmix.discover.compare import Comparison, compare_known
from hiddenmix.discover.effects import Effects
from hiddenmix.discover.merging import Merging
from hiddenmix.engine.result import Status
from hiddenmix.estimators.gaussian import GaussianMixture
from hiddenmix.select import LOWER, Candidate

PERMUTATIONS = 999  # of each test of the labels


@dataclass(frozen=True)
class Fit:
    """A fitted table: the model, memberships (n, k), which rows have measurements (n,), and how it went."""

    table: Any
    model: Any
    proba: np.ndarray
    observed: np.ndarray
    seconds: float
    interrupted: bool

    @cached_property
    def measured(self) -> Table:
        """The rows that have measurements."""
        return Table(self.table.values[self.observed], self.table.columns)

    @cached_property
    def effects(self) -> Effects:
        """What makes the components different."""
        found: Effects = self.model.differences(self.measured)
        return found

    @cached_property
    def merging(self) -> Merging:
        """Which components overlap so much that they form one cluster."""
        found: Merging = self.model.merge_components(self.measured)
        return found


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


def check(fit: Fit, seed: int) -> None:
    """Test the fit's assumptions, so that its summary tells the outcome."""
    fit.model.check(fit.measured, random_state=seed)


def compared(fit: Fit, seed: int) -> Comparison | None:
    """The components, counted from 1, against the labels of the table; rows without measurements are left out.

    None without labels. Labels that cannot be compared are a warning here, for the fit is done.
    """
    if not fit.table.labels:
        return None
    proba = np.where(fit.observed[:, None], fit.proba, np.nan)
    try:
        groups = from_memberships(proba, range(1, proba.shape[1] + 1))
        labels = read_labelings(fit.table.labels, len(proba))
        return compare_known(groups, labels, PERMUTATIONS, seed)
    except HiddenmixError as error:
        message = f"the components are not compared with the labels: {error.message}"
        warnings.warn(HiddenmixWarning(error.code, message, error.help), stacklevel=1)
        return None


def summary(fit: Fit, unsure: int, found: Comparison | None, seed: int, arguments: Sequence[str]) -> dict[str, Any]:
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
        "model": _chosen(fit, unsure),
        "labels": None if found is None else found.to_dict(table.rows),
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


def _assumption(model: Any) -> dict[str, Any] | None:
    """What the check found; None where it was not asked for."""
    if not hasattr(model, "check_"):
        return None
    found = model.check_
    return {
        "sentences": found.sentences(),
        "p_values": found.p,
        "overall_p_value": found.overall_p,
        "one_more_p_value": found.one_more and found.one_more.p,
    }


def _chosen(fit: Fit, unsure: int) -> dict[str, Any]:
    """The model that was chosen."""
    model, columns = fit.model, fit.table.columns
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
            {
                "component": j + 1,
                "weight": w,
                "rows": n,
                "mean": dict(zip(columns, m, strict=True)),
                "different": fit.effects.words(j),
            }
            for j, (w, n, m) in enumerate(zip(model.weights_, facts.sizes, model.means_, strict=True))
        ],
        "covariances": model.covariances_,
        "clusters": [[j + 1 for j in group] for group in fit.merging.groups()],
        "assumption": _assumption(model),
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
