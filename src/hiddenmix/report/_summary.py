"""The findings as plain values: what `summary.json` holds."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from typing import Any

import numpy as np

from hiddenmix.engine.result import Status
from hiddenmix.report._components import least_sure
from hiddenmix.report._ending import PACKAGES
from hiddenmix.report._findings import Findings
from hiddenmix.select import LOWER, Candidate


def summary(found: Findings) -> dict[str, Any]:
    """Everything that the report tells, and how to get it again."""
    selection, result, run = found.selection, found.result, found.run
    return {
        "data": {
            "name": found.name,
            "rows": found.n,
            "columns": list(found.view.columns),
            "labels": list(found.labels),
            "rows_without_measurements": int((~found.observed).sum()),
            "sha256": found.fingerprint,
            "other_than_at_the_fit": found.other or None,
        },
        "selection": None
        if selection is None
        else {
            "criterion": selection.criterion,
            "sign": LOWER,
            "candidates": [_candidate(c) for c in selection.candidates],
            "seconds": None if run.seconds is None else round(run.seconds, 3),
        },
        "model": _chosen(found),
        "labels": None if found.comparison is None else found.comparison.to_dict(found.rows),
        "starts": [] if result is None else [_start(s) for s in result.starts],
        "unsure": [{"row": found.called(i), "memberships": found.proba[i]} for i in least_sure(found)],
        "warnings": [asdict(one) for one in found.warnings],
        "reproduce": {
            "command": run.command,
            "seed": run.seed,
            "python": platform.python_version(),
            **{name: version(name) for name in PACKAGES},
        },
    }


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
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _start(start: Any) -> dict[str, Any]:
    return {
        "how": start.how,
        "objective": start.objective,
        "status": start.status.name.lower(),
        "iterations": start.iterations,
        "optimum": None if start.optimum is None else start.optimum + 1,
        "spurious_components": [j + 1 for j in start.spurious],
        "reason": start.reason,
    }


def _assumption(found: Findings) -> dict[str, Any] | None:
    """What the check found; None where it was not asked for."""
    check = found.check
    if check is None:
        return None
    return {
        "sentences": check.sentences(),
        "p_values": check.p,
        "overall_p_value": check.overall_p,
        "one_more_p_value": check.one_more and check.one_more.p,
    }


def _chosen(found: Findings) -> dict[str, Any]:
    """The model that was chosen."""
    model, facts, result = found.mixture, found.facts, found.result
    told: dict[str, Any] = {"estimator": type(found.model).__name__, "n_components": found.view.k}
    shown = vars(model)
    if "covariance_type_" in shown:
        told["covariance_type"] = shown["covariance_type_"]
    if facts is not None:
        told |= {**asdict(facts.criteria), "sign": LOWER}
    if result is not None:
        told |= {"status": result.status.value, "converged": result.converged}
        told |= {"certificate": result.certificate.value, "iterations": result.iterations}
    told |= {"note": "" if facts is None else facts.note, "unsure_rows": int(found.unsure.sum())}
    told["components"] = [_component(found, j) for j in range(found.view.k)]
    if "covariances_" in shown:
        told["covariances"] = shown["covariances_"]
    if "coefficients_" in shown:
        told["coefficients"] = {"columns": ["intercept", *shown["covariate_names_"]], "rows": shown["coefficients_"]}
    told["clusters"] = [[j + 1 for j in group] for group in found.merging.groups()]
    told["assumption"] = _assumption(found)
    return told


def _component(found: Findings, j: int) -> dict[str, Any]:
    view = found.view
    named = {} if view.classes is None else {"name": view.names[j]}
    return {
        "component": j + 1,
        **named,
        "weight": view.shares[j],
        "rows": found.sizes[j],
        "mean": dict(zip(view.columns, view.centres[j], strict=True)),
        "different": found.effects.words(j),
    }


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
    found |= {"set_aside": not candidate.sound, "reason": "" if candidate.sound else candidate.why}
    if result is not None:
        found |= {
            "status": result.status.name.lower(),
            "spurious_components": [j + 1 for j in result.spurious],
            "finished": sum(s.status is Status.CONVERGED for s in result.starts),
        }
    if candidate.failure is not None:
        found["failure"] = candidate.failure.code
    return found
