"""The files of `hiddenmix fit --out`: what was found, the model, a report, its pictures, and an animation."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError, HiddenmixWarning
from hiddenmix.cli import _outputs
from hiddenmix.cli._progress import cleared, doing
from hiddenmix.report._findings import Findings
from hiddenmix.report._report import Report

PAGE, MARKDOWN, MOVING, PICTURES = "report.html", "report.md", "animation.html", "pictures"
UNSURE = "unsure.csv"
FILES = {
    "assignments.csv": "every row with its group, memberships and uncertainty",
    "unsure.csv": "the unsure rows",
    "summary.json": "everything that stands here, for programs",
    "model.hmx": "the fitted model, for hiddenmix predict and hiddenmix show",
}
DRAWING = "writing the report"
ANIMATING = f"making {MOVING} (Ctrl-C leaves it out)"
STOPPED = "stopped by Ctrl-C; everything else is there"


def write(out: Path, table: Any, file: str, found: Findings, content: Mapping[str, Any], pictures: bool) -> list[str]:
    """Write the files into the folder, and name those that were written: the report first.

    The animation comes last, since it takes longest and is least needed. Only when it is there the report names it.
    """
    from hiddenmix.report._making import of_findings
    from hiddenmix.report._pictures import Pictures

    _results(out, table, found, content)
    files = tuple(f"{name}: {what}" for name, what in FILES.items() if (out / name).exists())
    with doing(DRAWING):
        shown = Pictures(found, pictures)
        report = of_findings(found, "", shown, files)
        drawn = _pictures(out, report)
        if not drawn:
            shown = Pictures(found, False)
            report = of_findings(found, "", shown, files)
        pages = _pages(out, report, (PAGE, MARKDOWN), drawn)
    (out / MOVING).unlink(missing_ok=True)  # that of an earlier fit
    moving = _animation(out, file, found) if pictures else ""
    if moving:
        more = of_findings(found, "", shown, (*files, f"{MOVING}: {moving}"))
        _pages(out, report.with_document(more.document), pages, drawn)
    results = ["summary.json", "assignments.csv", "unsure.csv", "model.hmx"]
    named = [*pages, *(name for name in results if (out / name).exists())]
    return [*named, *([f"{PICTURES}/"] if drawn else []), *([MOVING] if moving else [])]


def _results(out: Path, table: Any, found: Findings, content: Mapping[str, Any]) -> None:
    """What programs read: the summary, the rows, the model."""
    _outputs.write_json(out / "summary.json", content)
    everything = np.arange(found.n)
    for name, rows in (("assignments.csv", everything), (UNSURE, np.flatnonzero(found.unsure))):
        if name == UNSURE and found.view.k == 1:  # nothing can be unsure, and the file would be that of an earlier fit
            (out / name).unlink(missing_ok=True)
            continue
        with _outputs.writing(out / name) as file:
            component, empty = found.proba.argmax(axis=1), np.isnan(table.values).all(axis=1)
            _outputs.write_assignments(file, table, found.proba, rows, component, empty)
    found.model.save(out / "model.hmx")


def _pictures(out: Path, report: Report) -> list[str]:
    """Draw the pictures into their folder, and name them; those of an earlier fit are removed."""
    from hiddenmix.report._pictures import NAMES

    drawn: list[str] = []
    try:
        drawn = report.save_pictures(out / PICTURES)
    except HiddenmixError as error:
        _missing(error, "no pictures were drawn")
    for name in NAMES:
        if f"{name}.png" not in drawn:
            (out / PICTURES / f"{name}.png").unlink(missing_ok=True)
    return drawn


def _pages(out: Path, report: Report, names: Sequence[str], drawn: Sequence[str]) -> list[str]:
    """Write the report, as far as what is installed can make it, and name the files."""
    markdown = partial(report.markdown, PICTURES if drawn else None)
    making: dict[str, Callable[[], str]] = {PAGE: report.html, MARKDOWN: markdown}
    written = []
    for name in names:
        try:
            content = making[name]()
        except HiddenmixError as error:
            _missing(error, f"{name} was not written")
            (out / name).unlink(missing_ok=True)
            continue
        with _outputs.writing(out / name) as file:
            file.write(content)
        written.append(name)
    return written


def _animation(out: Path, file: str, found: Findings) -> str:
    """Write the animation, and say what it is; "" where none can be made of this fit, or Ctrl-C was pressed."""
    from hiddenmix.cli._animating import animated

    what = f"{MOVING} was not written"
    model, target = str(out / "model.hmx"), str(out / MOVING)
    again = shlex.join(["hiddenmix", "draw", model, file, "--what", "animation", "-o", target])
    try:
        with doing(ANIMATING):
            made, told = animated(found)
            content = made.html()
        with _outputs.writing(out / MOVING) as opened:
            opened.write(content)
    except HiddenmixError as error:
        if error.code != "HM408":  # which is said of the pictures
            _missing(HiddenmixError(error.code, error.message, error.help or again), what)
        return ""
    except KeyboardInterrupt:
        _missing(HiddenmixError("HM310", STOPPED, again), what)
        return ""
    return told


def _missing(error: HiddenmixError, what: str) -> None:
    """Say what was not written; the fit is done and stays."""
    cleared()
    warnings.warn(HiddenmixWarning(error.code, f"{what}: {error.message}", error.help), stacklevel=1)
