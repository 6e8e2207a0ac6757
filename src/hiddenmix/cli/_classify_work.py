"""The work behind `hiddenmix classify`: read, fit, cross-validate, and find what is hard."""

from __future__ import annotations

import ast
import re
import shlex
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._validate import Table
from hiddenmix.estimators._classes import Classes, read_classes
from hiddenmix.estimators._folds import Fold, OutOfFold, out_of_fold, split_rows
from hiddenmix.estimators._hard_report import HardSubclasses
from hiddenmix.estimators._warnings import ConvergenceWarning
from hiddenmix.estimators.discriminant import MixtureDiscriminant
from hiddenmix.estimators.gaussian import GaussianMixture
from hiddenmix.estimators.hard import report_on
from hiddenmix.estimators.within import Within, within
from hiddenmix.io import DataTable, inspect_table, read_table
from hiddenmix.io._dialect import identifier

ROWS_A_CLASS = 2  # with fewer than this on average, a column does not hold classes
REFERENCES = {
    "one normal per class": {"subclasses": 1, "tied": "none"},
    "linear discriminant": {"subclasses": 1, "tied": "all"},
}
CHOSEN = "mixture discriminant"
OPTIONS = (  # arguments in fixes, and the options of this command
    (r"subclasses=\{'?(.+?)'?: (\d+), \.\.\.\}", r"--subclasses \1=\2"),
    (r"\bcv=(\d+)", r"--cv \1"),
)


@dataclass(frozen=True)
class Errors:
    """How many rows a classifier got `wrong`, out of fold; None where it cannot be fitted, and the `reason`."""

    wrong: int | None
    reason: str = ""


@dataclass(frozen=True)
class Work:
    """A classified table.

    Attributes
    ----------
    table : as it was read
    target : the column of classes
    classes : of the rows that have one and a measurement
    observed : (n,) whether a row has a measurement
    model : the discriminant fitted to all rows
    folds : how many
    found : out-of-fold predictions of the model
    errors : of the model and of its references, by name
    hard : the report on hard subclasses
    within : structure within classes, if asked for
    """

    table: DataTable
    target: str
    classes: Classes
    observed: np.ndarray
    model: Any
    folds: int
    found: OutOfFold
    errors: dict[str, Errors]
    hard: HardSubclasses
    within: Within | None


def read(file: str, target: str, options: Mapping[str, Any]) -> DataTable:
    """The table, with the target and all labels set aside."""
    if target in options["columns"]:
        what = f"column {target!r} is the target, and cannot be among --columns too"
        others = ",".join(c for c in options["columns"] if c != target)
        raise HiddenmixError("HM410", what, f"--columns {others}" if others else "leave --columns out")
    labels = options["labels"]
    if labels is None:
        labels = inspect_table(file, **options).labels
    return read_table(file, **{**options, "labels": list(dict.fromkeys([target, *labels]))})


def classify(
    table: DataTable,
    target: str,
    options: Mapping[str, Any],
    cv: int,
    seed: int,
    look_within: bool,
    tick: Callable[..., None],
) -> Work:
    """Fit the model and its references, on the same folds; `tick` is called with every step."""
    observed = np.asarray(~np.isnan(table.values).all(axis=1))
    y = table.labels[target].astype(object)
    y[~observed] = None  # a row without a measurement says nothing of its class
    _require_classes(y, target)
    classes = read_classes(y, len(y), None)
    folds = split_rows(classes, cv, seed)
    numbers = Table(table.values, table.columns)
    reg_covar = "auto" if options["reg_covar"] is None else options["reg_covar"]
    mixture = GaussianMixture(n_init=options["n_init"], prior=options["prior"], reg_covar=reg_covar, callback=tick)
    shared: dict[str, Any] = {"mixture": mixture, "random_state": seed}
    own = {name: options[name] for name in ("covariance_type", "tied", "n_components_rank")}
    wishes = _by_class(options["subclasses"], classes)
    model = MixtureDiscriminant(wishes, **own, **shared).fit(numbers, y)
    arguments = {"subclasses": dict(model.subclasses_), **own, **shared}
    found = _predicted(arguments, numbers, classes, folds)
    errors = {CHOSEN: _errors(found, classes)}
    for name, reference in REFERENCES.items():
        try:
            errors[name] = _errors(_predicted({**shared, **reference}, numbers, classes, folds), classes)
        except HiddenmixError as error:
            errors[name] = Errors(None, error.message)
    known = {name: values for name, values in table.labels.items() if name != target}
    hard = report_on(model, numbers, classes, found, len(folds), labels=known)
    structure = within(numbers, y, random_state=seed) if look_within else None
    model.set_params(mixture__callback=None)
    return Work(table, target, classes, observed, model, len(folds), found, errors, hard, structure)


def _predicted(arguments: Mapping[str, Any], numbers: Table, classes: Classes, folds: list[Fold]) -> OutOfFold:
    with warnings.catch_warnings():  # the fit to all rows has said what there is to say of starts and limits
        warnings.simplefilter("ignore", ConvergenceWarning)
        return out_of_fold(MixtureDiscriminant(**arguments), numbers, classes, folds)


def _errors(found: OutOfFold, classes: Classes) -> Errors:
    return Errors(int((found.codes != classes.codes)[classes.codes >= 0].sum()))


def _require_classes(y: np.ndarray, target: str) -> None:
    """HM132 for a column that has about a level for each row."""
    known = [value for value in y if value is not None]
    if len(set(known)) > max(len(known) / ROWS_A_CLASS, 1):
        what = f"column {target!r} has {len(set(known))} different values in {len(known)} rows: these are no classes"
        raise HiddenmixError("HM132", what, "--target COL, with a column that has several rows of each class")


def _by_class(subclasses: Any, classes: Classes) -> Any:
    """Numbers by class as the model takes them; the command line knows classes as texts, and may leave some out."""
    if not isinstance(subclasses, Mapping):
        return subclasses
    named = {str(name): name for name in classes.names.tolist()}
    unknown = [name for name in subclasses if name not in named]
    if unknown:
        what = f"--subclasses names {unknown[0]!r}, which no row has; there are {', '.join(named)}"
        raise HiddenmixError("HM410", what, f"--subclasses {','.join(f'{name}=2' for name in named)}")
    return {name: subclasses.get(text, "auto") for text, name in named.items()}


@contextmanager
def literal_fixes(file: str, target: str) -> Iterator[None]:
    """Fixes as words of this command."""
    try:
        yield
    except HiddenmixError as error:
        help = error.help
        for python, option in OPTIONS:
            help = re.sub(python, option, help)
        name = re.search(r"class (.+) has \d+ row", error.message)
        if name and "leave the class out" in help:
            value = str(ast.literal_eval(name[1])).replace("'", "''")
            condition = shlex.quote(f"{identifier(target)} <> '{value}'")
            help = help.replace("leave the class out", f"leave the class out: --where {condition}")
        if error.code == "HM208":
            help = f"hiddenmix fit {file} --labels {target}   looks for groups without a target"
        raise type(error)(error.code, error.message, help) from None
