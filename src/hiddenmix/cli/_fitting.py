"""The work behind `hiddenmix fit`: the search, and how to have its results again."""

from __future__ import annotations

import shlex
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixWarning
from hiddenmix._validate import Table, check_enough_distinct, check_n_components
from hiddenmix.cli import _narrate
from hiddenmix.cli._command import in_options
from hiddenmix.cli._interrupt import stop_on_interrupt
from hiddenmix.estimators.gaussian import GaussianMixture
from hiddenmix.report._findings import Findings, Run, Told


def fit(
    table: Any,
    components: Sequence[int],
    shapes: Sequence[str],
    options: Mapping[str, Any],
    progress: Callable[[], None],
) -> Findings:
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
    run = Run(seconds=time.perf_counter() - begin, interrupted=asked.yes, seed=options["random_state"])
    return Findings.of(model, numbers, table.labels, name=table.name, rows=table.rows, run=run)


def check(found: Findings) -> None:
    """Test the fit's assumptions, so that its summary tells the outcome."""
    measured = Table(found.view.values[found.observed], found.view.columns)
    found.model.check(measured, random_state=found.run.seed)


def told(
    found: Findings, table: Any, file: str, reading: Mapping[str, Any], arguments: Sequence[str], given: list[Told]
) -> Findings:
    """The findings with how they can be had again, and the list that warnings are added to."""
    lines = [f"{line.strip().rstrip('.')}." for line in _narrate.table_lines(table)]
    return replace(
        found,
        run=replace(
            found.run,
            command=shlex.join(["hiddenmix", *arguments]),
            script=_script(found, file, reading),
            read=tuple(lines),
            warnings=given,
        ),
    )


@contextmanager
def kept_warnings() -> Iterator[list[Told]]:
    """The warnings that are given inside, which are shown all the same."""
    found: list[Told] = []
    show = warnings.showwarning

    def keep(message: Warning | str, *rest: Any, **named: Any) -> None:
        if isinstance(message, HiddenmixWarning):
            found.append(Told(message.code, message.message, in_options(message.help)))
        show(message, *rest, **named)

    warnings.showwarning = keep
    try:
        yield found
    finally:
        warnings.showwarning = show


def _script(found: Findings, file: str, reading: Mapping[str, Any]) -> str:
    """The same in Python."""
    from hiddenmix.report._script import imports, model_lines

    given = "".join(f", {name}={value!r}" for name, value in reading.items() if value)
    lines = [
        f"table = read_table({file!r}{given})",
        *model_lines(found.model),
        "model.fit(table.numbers)",
        "report = hm.report.of(model, table.numbers, labels=table.labels, name=table.name)",
        'report.save("report.html")',
    ]
    return "\n".join([*imports(lines), "from hiddenmix.io import read_table", "", *lines])


def _require_rows(values: np.ndarray, components: Sequence[int]) -> None:
    """HM201, HM202 where there are too few rows for every model: said once, and not for each of them."""
    fewest = min(components)
    check_n_components(fewest, len(values))
    check_enough_distinct(values, fewest)
