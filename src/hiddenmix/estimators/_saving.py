"""Model files of estimators: plain values and arrays in, the same estimator out, and never code.

Records of the library (parameters, priors) are written as their name and fields, and only such are made again. The data
of the fit are not kept, so what needs them (standard errors) asks for the fit to be repeated. The history keeps the
parameters of as many iterations as fit into `HISTORY` bytes, so that it can be drawn.
"""

from __future__ import annotations

import importlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Self

import numpy as np

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import is_record
from hiddenmix.engine.problem import Point
from hiddenmix.engine.result import Certificate, Result, Start, Status, Trace
from hiddenmix.estimators._families import densities_of, family_from, is_family, settings_of
from hiddenmix.estimators._fitted import Fitted
from hiddenmix.estimators._state import WithState
from hiddenmix.io import load_model, save_model

HISTORY = 2**20
MARKS = RECORD, FAMILY, ESTIMATOR, PAIRS = "record", "family of components", "unfitted estimator", "pairs"


class Filed(ABC):
    """Writing to, and reading from, model files."""

    @abstractmethod
    def _payload(self) -> dict[str, Any]:
        """What a model file holds; NotFittedError before a fit."""

    @classmethod
    @abstractmethod
    def _restored(cls, content: dict[str, Any]) -> Self:
        """The estimator that `_payload` described."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to a model file: a zip archive of JSON and arrays, without any code.

        Parameters
        ----------
        path : str or path
            A file that exists is replaced.
        """
        save_model(path, self._payload())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read an estimator of this class from a model file.

        Raises
        ------
        HiddenmixError : HM101 no such file, HM511 to HM513 not a usable model file, HM514 one of another class
        """
        content = load_model(path)
        name = content.get("estimator") if isinstance(content, dict) else None
        if name != cls.__name__:
            raise HiddenmixError("HM514", f"the file holds a {name}, not a {cls.__name__}", "hiddenmix.load(path)")
        estimator: Self = restored(cls, content)
        return estimator


class Saved(Filed, WithState):
    """The same for estimators whose state is one model with its parameters."""

    @abstractmethod
    def _predicting(self, family: Any, params: Any) -> Any:
        """The model of a family, for predictions."""

    @abstractmethod
    def _reader(self) -> Any: ...

    @abstractmethod
    def _show(self, fitted: Fitted, result: Any) -> Self:
        """Set the fitted attributes."""

    def _payload(self) -> dict[str, Any]:
        """What a model file holds."""
        return payload(self, self._state())

    @classmethod
    def _restored(cls, content: dict[str, Any]) -> Self:
        """The estimator that `payload` described."""
        estimator: Any = cls(**{name: unpacked(value) for name, value in content["arguments"].items()})
        restore_attributes(estimator, content)
        reader = type(estimator._reader())(**content["reader"])
        params = unpacked(content["params"])
        model = estimator._predicting(family_from(unpacked(content["family"])), params)
        names = content["names"]
        told = {"facts": unpacked(content["facts"]), "check": unpacked(content.get("check"))}
        fitted = Fitted(model, params, reader, content["columns"], names, **told)
        result = content["result"]
        shown: Self = estimator._show(fitted, None if result is None else _result(model, params, result))
        return shown


def payload(estimator: Any, fitted: Fitted) -> dict[str, Any]:
    """What a model file holds of an estimator."""
    extra = {name: value for name, value in plain_attributes(estimator).items() if name not in fitted.attributes}
    result = getattr(estimator, "result_", None)
    return {
        "estimator": type(estimator).__name__,
        "arguments": {name: packed(value) for name, value in estimator.get_params(deep=False).items()},
        "attributes": extra,
        "reader": fitted.reader.state(),
        "family": packed(densities_of(fitted.model.family)),
        "params": packed(fitted.params),
        "columns": fitted.n_columns,
        "names": fitted.names,
        "facts": packed(fitted.facts),
        "check": packed(fitted.check),
        "result": None if result is None else _packed_result(result),
        "selection": packed_selection(estimator),
    }


def packed_selection(estimator: Any) -> Any:
    """What a model file holds of `selection_`: of a classifier one for each class; None without any."""
    found = vars(estimator).get("selection_")
    if isinstance(found, dict):
        return packed({name: one.without_results() for name, one in found.items()})
    return packed(found and found.without_results())


def restore_attributes(estimator: Any, content: dict[str, Any]) -> None:
    """Set the plain attributes, and the selection, that a file holds."""
    for name, value in content["attributes"].items():
        setattr(estimator, name, value)
    selection = unpacked(content.get("selection"))
    if selection is not None:
        estimator.selection_ = selection


def plain_attributes(estimator: Any) -> dict[str, Any]:
    """The fitted attributes that are texts, numbers or arrays."""
    kinds = (str, int, float, np.ndarray)
    return {n: value for n, value in vars(estimator).items() if n.endswith("_") and isinstance(value, kinds)}


def restored(cls: type[Any], content: dict[str, Any]) -> Any:
    """The estimator that `_payload` described; HM513 where the file does not hold all of it."""
    try:
        return cls._restored(content)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        if isinstance(error, HiddenmixError):
            raise
        raise HiddenmixError(
            "HM513", f"the file does not hold a whole {cls.__name__}: {error!r}", "copy it again, or fit again"
        ) from None


def packed(value: Any) -> Any:
    """A value with records as dictionaries; what only a running program can hold becomes None."""
    if isinstance(value, Enum):
        return {RECORD: _name(type(value)), "name": value.name}
    if is_family(value):
        return {FAMILY: packed(settings_of(value))}
    if (is_record(value) or is_dataclass(value)) and not isinstance(value, type):
        return {RECORD: _name(type(value)), **{f.name: packed(getattr(value, f.name)) for f in fields(value)}}
    if isinstance(value, dict) and not all(isinstance(key, str) and key not in MARKS for key in value):
        return {PAIRS: [[packed(key), packed(each)] for key, each in value.items()]}
    if isinstance(value, dict):
        return {key: packed(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(packed(each) for each in value)
    if isinstance(value, range):
        return list(value)
    if isinstance(value, np.random.RandomState | np.random.Generator) or callable(value):
        return None
    if hasattr(value, "get_params"):
        arguments = {name: packed(each) for name, each in value.get_params(deep=False).items()}
        return {ESTIMATOR: _name(type(value)), "arguments": arguments}
    return value


def unpacked(value: Any) -> Any:
    """The inverse of `packed`. Raises HM513 for a record that is not the library's."""
    if isinstance(value, dict) and FAMILY in value:
        return family_from(unpacked(value[FAMILY]))
    if isinstance(value, dict) and ESTIMATOR in value:
        arguments = {name: unpacked(each) for name, each in value["arguments"].items()}
        return _class(value[ESTIMATOR], lambda found: hasattr(found, "get_params"))(**arguments)
    if isinstance(value, dict) and RECORD in value:
        made = _class(value[RECORD])
        if issubclass(made, Enum):
            return made[value["name"]]
        return made(**{name: unpacked(each) for name, each in value.items() if name != RECORD})
    if isinstance(value, dict) and PAIRS in value:
        return {unpacked(key): unpacked(each) for key, each in value[PAIRS]}
    if isinstance(value, dict):
        return {key: unpacked(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(unpacked(each) for each in value)
    return value


def _name(cls: type[Any]) -> str:
    if cls.__module__.partition(".")[0] != "hiddenmix":
        raise HiddenmixError(
            "HM515", f"{cls.__name__} is a class of your own, which a model file cannot hold", "pickle the estimator"
        )
    return f"{cls.__module__.partition('.')[2]}:{cls.__qualname__}"


def _class(name: str, wanted: Callable[[type[Any]], bool] = lambda found: _is_plain(found)) -> type[Any]:
    module, _, cls = name.partition(":")
    try:
        found = getattr(importlib.import_module(f"hiddenmix.{module}"), cls)
    except (ImportError, AttributeError, ValueError):
        found = None
    if not isinstance(found, type) or not wanted(found):
        raise HiddenmixError(
            "HM513",
            f"the file holds a {cls!r}, which is no record of this version of hiddenmix",
            "fit again, or the version that wrote it",
        )
    return found


def _is_plain(found: type[Any]) -> bool:
    return is_dataclass(found) or issubclass(found, Enum)


def _packed_result(result: Result[Any, Any]) -> dict[str, Any]:
    point = result.point
    path = result.trace.kept(HISTORY)
    return {
        "family": packed(settings_of(result.model.family)),
        "iterations": np.array(list(path), dtype=int),
        "path": np.array([_tree.ravel(params) for params in path.values()]),
        "params": packed(result.params),  # as fitted: predictions may have them in a wider form
        "point": [point.loglik, point.log_prior, point.magnitude],
        "status": result.status.name,
        "certificate": result.certificate.name,
        "objectives": np.array([[s.objective, s.loglik, s.seconds] for s in result.trace]).reshape(-1, 3),
        "starts": [
            [s.how, s.objective, s.loglik, s.status.name, s.iterations, s.optimum, list(s.spurious), s.reason]
            for s in result.starts
        ],
        "spurious": list(result.spurious),
        "reason": result.reason,
        "growth": result.growth,
        "evaluations": result.evaluations,
    }


def _result(model: Any, params: Any, held: dict[str, Any]) -> Result[Any, Any]:
    """The result as far as a file holds it: without data and statistics, and with a part of the history."""
    loglik, log_prior, magnitude = held["point"]
    if held.get("params") is not None:
        params = unpacked(held["params"])
    if held.get("family") is not None:
        model = model.with_family(family_from(unpacked(held["family"])))
    path = zip(held.get("iterations", ()), held.get("path", ()))
    trace = Trace.told(held["objectives"], {int(i): _tree.unravel(vector, params) for i, vector in path})
    starts = tuple(
        Start(i, how, objective, loglik, Status[status], iterations, None, optimum, tuple(spurious), reason)
        for i, (how, objective, loglik, status, iterations, optimum, spurious, reason) in enumerate(held["starts"])
    )
    return Result(
        model,
        Point(params, loglik, log_prior, None, magnitude),
        Status[held["status"]],
        Certificate[held["certificate"]],
        trace,
        starts,
        tuple(held["spurious"]),
        held["reason"],
        held["growth"],
        held["evaluations"],
    )
