"""The work behind `hiddenmix fit`: search, and write what was found."""

from __future__ import annotations

import shlex
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError, HiddenmixWarning
from hiddenmix._validate import Table, check_enough_distinct, check_n_components
from hiddenmix.cli import _narrate, _outputs
from hiddenmix.cli._command import in_options
from hiddenmix.cli._interrupt import stop_on_interrupt
from hiddenmix.estimators.gaussian import GaussianMixture
from hiddenmix.report._findings import Findings, Run, Told

PAGE, MARKDOWN, MOVING, PICTURES = "report.html", "report.md", "animation.html", "pictures"
FILES = {
    "assignments.csv": "every row with its group, memberships and uncertainty",
    "unsure.csv": "the unsure rows",
    "summary.json": "everything that stands here, for programs",
    "model.hmx": "the fitted model, for hiddenmix predict and hiddenmix show",
}


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


def write(out: Path, table: Any, found: Findings, content: Mapping[str, Any], pictures: bool) -> list[str]:
    """Write the files into the folder, and name those that were written: the report first."""
    _outputs.write_json(out / "summary.json", content)
    everything = np.arange(found.n)
    for name, rows in (("assignments.csv", everything), ("unsure.csv", np.flatnonzero(found.unsure))):
        with _outputs.writing(out / name) as file:
            _outputs.write_assignments(file, table, found.proba, rows)
    found.model.save(out / "model.hmx")
    moving = _animated(out, found) if pictures else []
    if not moving:  # that of an earlier fit
        (out / MOVING).unlink(missing_ok=True)
    reports, drawn = _reported(out, found, pictures, moving)
    return [*reports, "summary.json", "assignments.csv", "unsure.csv", "model.hmx", *drawn, *moving]


def _reported(out: Path, found: Findings, pictures: bool, moving: Sequence[str]) -> tuple[list[str], list[str]]:
    """Write the report and its pictures, as far as what is installed can make them."""
    from hiddenmix.report._making import of_findings
    from hiddenmix.report._pictures import Pictures

    files = tuple(f"{name}: {what}" for name, what in FILES.items())
    files += tuple(f"{name}: the climb as a moving picture, step by step" for name in moving)
    report = of_findings(found, "", Pictures(found, pictures), files)
    drawn: list[str] = []
    try:
        drawn = report.save_pictures(out / PICTURES)
    except HiddenmixError as error:
        _missing(error, "no pictures were drawn")
        report = of_findings(found, "", Pictures(found, False), files)
    _forget(out / PICTURES, drawn)
    written = []
    for name, text in ((PAGE, report.html), (MARKDOWN, lambda: report.markdown(PICTURES if drawn else None))):
        try:
            content = text()
        except HiddenmixError as error:
            _missing(error, f"{name} was not written")
            (out / name).unlink(missing_ok=True)
            continue
        with _outputs.writing(out / name) as file:
            file.write(content)
        written.append(name)
    return written, [f"{PICTURES}/"] if drawn else []


def _animated(out: Path, found: Findings) -> list[str]:
    """Write the animation, where one can be made of this fit."""
    from hiddenmix.plot import animate

    try:
        animate(found.model, Table(found.view.values, found.view.columns)).save(out / MOVING)
    except HiddenmixError as error:
        if error.code != "HM408":  # which is said of the pictures
            _missing(error, f"{MOVING} was not written")
        return []
    return [MOVING]


def _missing(error: HiddenmixError, what: str) -> None:
    """Say what was not written; the fit is done and stays."""
    warnings.warn(HiddenmixWarning(error.code, f"{what}: {error.message}", error.help), stacklevel=1)


def _forget(folder: Path, drawn: Sequence[str]) -> None:
    """Remove pictures of an earlier fit, which do not belong to this one."""
    from hiddenmix.report._pictures import NAMES

    for name in NAMES:
        if f"{name}.png" not in drawn:
            (folder / f"{name}.png").unlink(missing_ok=True)


def _script(found: Findings, file: str, reading: Mapping[str, Any]) -> str:
    """The same in Python."""
    from hiddenmix.report._ending import call_of

    given = "".join(f", {name}={value!r}" for name, value in reading.items() if value)
    lines = [
        "import hiddenmix as hm",
        "from hiddenmix.io import read_table",
        "",
        f"table = read_table({file!r}{given})",
        f"model = hm.{call_of(found.model)}",
        "model.fit(table.values)",
        "report = hm.report.of(model, table.values, labels=table.labels, name=table.name)",
        'report.save("report.html")',
    ]
    return "\n".join(lines)


def _require_rows(values: np.ndarray, components: Sequence[int]) -> None:
    """HM201, HM202 where there are too few rows for every model: said once, and not for each of them."""
    fewest = min(components)
    check_n_components(fewest, len(values))
    check_enough_distinct(values, fewest)
