"""``hiddenmix fit FILE``: from a table to groups, chosen by a criterion, with everything that was tried."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from hiddenmix.cli._command import ARGUMENTS, Command, emit, emit_json, output_options, say, seed_option, table_options
from hiddenmix.cli._progress import progress

__all__ = ["command"]

SHAPES = ("full", "tied", "diag", "spherical")
MORE_SHAPES = (
    "tied_diag", "tied_spherical", "same_volume", "same_shape", "same_orientation", "same_volume_shape",
    "same_volume_orientation", "same_shape_orientation", "diag_same_volume", "diag_same_shape",
)  # fmt: skip
LETTERS = ("EII", "VII", "EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV", "VVV")
MOST_SIZES = 1000
DOING = "fitting, {:.0f} s (Ctrl-C keeps the best so far)"
STOPPED = "stopped by Ctrl-C: this is the best so far, and not everything was tried"

EXAMPLES = """\b
Examples:
  hiddenmix fit penguins --labels species,island,sex,year --out out/penguins
  hiddenmix fit data.csv -k 3 --shape full --shape tied
  hiddenmix fit data.csv.gz -k 2-10 --criterion bic --where "year >= 2008"
  hiddenmix fit data.parquet --columns -id,-weight --missing "n/a,-99"
"""


def _sizes(ctx: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    """Numbers of components from "3", "1-6" or "2,4"."""
    try:
        sizes: set[int] = set()
        for part in value.split(","):
            first, _, last = part.partition("-")
            sizes.update(range(int(first), min(int(last or first), int(first) + MOST_SIZES) + 1))
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a number, a range such as 1-6, or a list such as 2,4") from None
    if len(sizes) > MOST_SIZES:
        raise click.BadParameter(f"{value!r} asks for more than {MOST_SIZES} numbers of components")
    if not sizes or min(sizes) < 1:
        raise click.BadParameter(f"{value!r} holds no number of components; they count from 1")
    return sorted(sizes)


def _finite(ctx: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a finite number")
    return value


@click.command("fit", cls=Command, epilog=EXAMPLES)
@click.argument("file")
@click.option("-k", "--components", default="1-6", show_default=True, callback=_sizes, metavar="N|A-B|LIST",
              help="Numbers of components to try.")  # fmt: skip
@click.option(
    "--shape",
    "shapes",
    multiple=True,
    type=click.Choice([*SHAPES, *MORE_SHAPES, *LETTERS, "all"], case_sensitive=False),
    metavar="SHAPE",
    help=f"Covariance shape to try; may be given several times. By default {', '.join(SHAPES)}, as far as they differ; "
    f"'all' tries all fourteen. The others are {', '.join(MORE_SHAPES)}; letters from EII to VVV are taken too.",
)
@click.option("--criterion", type=click.Choice(["icl", "bic", "aic"]), default="icl", show_default=True,
              help="What chooses among the models; lower is better.")  # fmt: skip
@click.option("--starts", "n_init", type=click.IntRange(1), default=10, metavar="N", show_default=True,
              help="Starts of each model; the best one counts.")  # fmt: skip
@click.option("--max-iter", type=click.IntRange(1), default=1000, metavar="N", show_default=True,
              help="Most iterations of a start.")  # fmt: skip
@click.option("--tol", type=click.FloatRange(0), default=1e-6, metavar="X", show_default=True, callback=_finite,
              help="Gain of log-likelihood per row that ends a start.")  # fmt: skip
@click.option("--prior", type=click.Choice(["conjugate"]), help="A weak prior that keeps covariances off zero.")
@click.option("--reg-covar", type=click.FloatRange(0), metavar="X", callback=_finite,
              help="Added to variances. By default 0, and 1e-6 (with a warning) where no maximum exists otherwise; "
              "an explicit 0 makes that an error.")  # fmt: skip
@click.option("--standardize", is_flag=True,
              help="Measure columns in their standard deviations; matters for spherical shapes.")  # fmt: skip
@click.option("--check", is_flag=True,
              help="Test by simulation whether the components are distributed as assumed, and whether one more would "
              "be needed.")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Folder for the report and the other results; made if it is not there.")  # fmt: skip
@click.option("--pictures/--no-pictures", default=True,
              help="Whether --out writes pictures, in the report and as files, and an animation.")  # fmt: skip
@table_options
@seed_option
@output_options
def command(
    file: str, components: list[int], shapes: tuple[str, ...], seed: int, as_json: bool, **options: Any
) -> None:
    """Find groups in FILE (CSV, Parquet, JSON lines, or a built-in data set): how many, and of which shape."""
    import warnings

    from hiddenmix._errors import HiddenmixWarning
    from hiddenmix.cli import _fitting, _narrate, _outputs, _writing
    from hiddenmix.io import read_table
    from hiddenmix.report._summary import summary

    out, check, pictures = (options.pop(name) for name in ("out", "check", "pictures"))
    reading = {name: options.pop(name) for name in ("columns", "labels", "missing", "where")}
    if options["reg_covar"] is None:
        del options["reg_covar"]
    table = read_table(file, **reading)
    show = say if as_json else emit
    for line in _narrate.table_lines(table):
        show(line)
    with _fitting.kept_warnings() as given:
        with _outputs.prepared(out), _literal_fixes(components, options["prior"]):
            shapes = LETTERS if "all" in shapes else shapes
            shapes = shapes or (SHAPES if len(table.columns) > 1 else SHAPES[:2])  # of one column the others are full
            found = _fitting.fit(table, components, shapes, options | {"random_state": seed}, progress(DOING))
        words = ["fit", *click.get_current_context().meta[ARGUMENTS]]
        found = _fitting.told(found, table, file, reading, words, given)
        if found.run.interrupted:
            warnings.warn(HiddenmixWarning("HM310", STOPPED), stacklevel=1)
        for line in _narrate.selection_lines(found):
            show(line)
        if check:
            _fitting.check(found)
        for line in _narrate.result_lines(found, out is not None):
            show(line)
    content = summary(found)
    if as_json:
        emit_json(_outputs.plain(content))
    if out is None:
        command = shlex.join(["hiddenmix", "fit", file])
        say(f"Next:  {command} --out DIR   writes a report, assignments, a summary and the model")
    else:
        _say_what_next(out, file, _writing.write(out, table, file, found, content, pictures))


def _say_what_next(out: Path, file: str, files: list[str]) -> None:
    say(f"Wrote {out}/: {' '.join(files)}")
    page, model = str(out / "report.html"), str(out / "model.hmx")
    first = ["open", page] if "report.html" in files else ["hiddenmix", "show", model]
    commands = [first, ["hiddenmix", "lab", file], ["hiddenmix", "predict", model, "new.csv"]]
    say(f"Next:  {'  |  '.join(map(shlex.join, commands))}")


@contextmanager
def _literal_fixes(components: list[int], prior: str | None) -> Iterator[None]:
    """Where no model can be fitted, name the options that help."""
    from hiddenmix._errors import HiddenmixError

    try:
        yield
    except HiddenmixError as error:
        if error.code not in ("HM205", "HM206"):
            raise
        fewer = components[0] - 1
        fixes = [f"-k 1-{fewer}" if fewer > 1 else "-k 1"] if fewer else []
        fixes += [] if prior else ["--prior conjugate"]
        raise HiddenmixError(error.code, error.message, "   or ".join(fixes)) from None
