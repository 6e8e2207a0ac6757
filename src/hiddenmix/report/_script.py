"""The lines of Python that make a fit and its report again."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import hiddenmix
from hiddenmix._tree import is_record
from hiddenmix.report._findings import Findings

SHORT = 60  # numbers of an array that are written out


def script_of(found: Findings) -> str:
    """Lines that make the fit and this report again from a table X; of a model that X did not make, the report only."""
    weight = {"sample_weight": "weight"} if found.view.weight is not None else {}
    classes = {"y": "y"} if found.view.classes is not None else {}
    known = {} if found.view.evidence is None else {"known_labels": "y" if classes else "known_labels"}
    labels = {"labels": "labels"} if found.labels else {}
    beside = {} if found.view.covariates is None else {"covariates": "C"}
    if found.facts is None or found.other:
        why = "whose parameters were given" if found.facts is None else "fitted on other rows than X"
        made = [f'model = hm.load("model.hmx")  # written by model.save("model.hmx"), {why}']
    else:
        given = [*classes.values(), *_named(weight | beside), *([] if classes else _named(known))]
        made = [*model_lines(found.model), f"model.fit({', '.join(['X', *given])})"]
    told = ", ".join(["model", "X", *_named(labels | weight | known | beside)])
    lines = [*made, f'hm.report.of({told}).save("report.html")']
    return "\n".join([*imports(lines), "", *lines])


def imports(lines: list[str]) -> list[str]:
    """What the lines need."""
    return [*(["import numpy as np"] if any("np." in line for line in lines) else []), "import hiddenmix as hm"]


def model_lines(model: Any) -> list[str]:
    """The line that makes the unfitted estimator, below a remark for each argument that cannot be written out."""
    given = _arguments(model)
    spoken = [f"# {name}: {_told(value)}, as at the fit" for name, value in given.items() if literal(value) is None]
    return [*spoken, f"model = hm.{call_of(model)}"]


def call_of(model: Any) -> str:
    """The call that makes the estimator again: the arguments that are not as they are by default, the first by place.

    What cannot be written out (long arrays, generators) is a name.
    """
    texts = []
    for name, value in _arguments(model).items():
        text = literal(value)
        texts.append(name if text is None else text)
        if name != next(iter(inspect.signature(type(model)).parameters)):
            texts[-1] = f"{name}={texts[-1]}"
    return f"{type(model).__name__}({', '.join(texts)})"


def literal(value: Any) -> str | None:
    """A value as Python that makes it again, with `hm` and `np`; None where there is no such text, or a long one."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if value is None or isinstance(value, bool | int | float | str | range):
        return repr(value)
    if isinstance(value, np.ndarray):
        inner = literal(value.tolist()) if value.size <= SHORT else None
        return None if inner is None else f"np.array({inner})"
    if isinstance(value, list | tuple):
        parts = [literal(each) for each in value]
        ends = "[]" if isinstance(value, list) else ("(", ",)") if len(parts) == 1 else "()"
        return None if None in parts else f"{ends[0]}{', '.join(map(str, parts))}{ends[1]}"
    if isinstance(value, dict):
        pairs = [(literal(key), literal(each)) for key, each in value.items()]
        return None if any(None in pair for pair in pairs) else f"{{{', '.join(f'{a}: {b}' for a, b in pairs)}}}"
    return _made(value)


def _made(value: Any) -> str | None:
    """The call of a public class of ours: an estimator, or a record such as a prior."""
    name = type(value).__name__
    if getattr(hiddenmix, name, None) is not type(value):
        return None
    if hasattr(value, "get_params"):
        return None if any(literal(each) is None for each in _arguments(value).values()) else f"hm.{call_of(value)}"
    if not is_record(value):
        return None
    parts = {field: literal(each) for field, each in vars(value).items()}
    return None if None in parts.values() else f"hm.{name}({', '.join(f'{key}={text}' for key, text in parts.items())})"


def _arguments(model: Any) -> dict[str, Any]:
    """The arguments that are not as they are by default, in the order of the signature."""
    defaults = {name: p.default for name, p in inspect.signature(type(model)).parameters.items()}
    given: Mapping[str, Any] = model.get_params(deep=False)
    return {
        name: given[name]
        for name, default in defaults.items()
        if name in given and name != "callback" and repr(given[name]) != repr(default)
    }


def _told(value: Any) -> str:
    shape = f" of shape {value.shape}" if isinstance(value, np.ndarray) else ""
    return f"a {type(value).__name__}{shape}"


def _named(arguments: Mapping[str, str]) -> Iterator[str]:
    return (f"{name}={value}" for name, value in arguments.items())
