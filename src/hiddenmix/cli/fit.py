"""``hiddenmix fit FILE``: from a table to groups, chosen by a criterion, with everything that was tried."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from hiddenmix.cli._command import Command, emit, emit_json, output_options, say, seed_option, table_options

__all__ = ["command"]

SHAPES = ("full", "tied", "diag", "spherical")


def _sizes(ctx: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    """Numbers of components from "3", "1-6" or "2,4"."""
    try:
        sizes: set[int] = set()
        for part in value.split(","):
            first, _, last = part.partition("-")
            sizes.update(range(int(first), int(last or first) + 1))
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a number, a range such as 1-6, or a list such as 2,4") from None
    if not sizes or min(sizes) < 1:
        raise click.BadParameter(f"{value!r} holds no number of components; they count from 1")
    return sorted(sizes)


@click.command("fit", cls=Command)
@click.argument("file")
@click.option("-k", "--components", default="1-6", show_default=True, callback=_sizes, metavar="N|A-B|LIST",
              help="Numbers of components to try.")  # fmt: skip
@click.option(
    "--shape", "shapes", multiple=True, type=click.Choice(SHAPES), help="Covariance shapes to try; all by default."
)
@click.option("--criterion", type=click.Choice(["icl", "bic", "aic"]), default="icl", show_default=True,
              help="What chooses; lower is better.")  # fmt: skip
@click.option("--starts", "n_init", type=click.IntRange(1), default=10, show_default=True, help="Starts of each model.")
@click.option("--max-iter", type=click.IntRange(1), default=1000, show_default=True, help="Iterations of each start.")
@click.option("--tol", type=click.FloatRange(0), default=1e-6, show_default=True, help="Gain per row that ends a fit.")
@click.option("--prior", type=click.Choice(["conjugate"]), help="A weak prior that keeps covariances off zero.")
@click.option("--reg-covar", type=click.FloatRange(0), help="Added to variances; 0 forbids any regularisation.")
@click.option("--standardize", is_flag=True, help="Measure columns in standard deviations (for spherical shapes).")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the results.")
@table_options
@seed_option
@output_options
def command(
    file: str, components: list[int], shapes: tuple[str, ...], seed: int, as_json: bool, **options: Any
) -> None:
    """Find groups in FILE (CSV, Parquet, JSON lines, or a built-in data set): how many, and of which shape."""
    import warnings

    from hiddenmix._errors import HiddenmixWarning
    from hiddenmix.cli import _fitting, _narrate, _outputs
    from hiddenmix.io import read_table

    out = options.pop("out")
    reading = {name: options.pop(name) for name in ("columns", "labels", "missing", "where")}
    if options["reg_covar"] is None:
        del options["reg_covar"]
    table = read_table(file, **reading)
    show = say if as_json else emit
    for line in _narrate.table_lines(table):
        show(line)
    fit = _fitting.fit(table, components, shapes or SHAPES, options | {"random_state": seed}, _progress())
    if fit.interrupted:
        message = "stopped by Ctrl-C: this is the best so far, and not everything was tried"
        warnings.warn(HiddenmixWarning("HM310", message), stacklevel=1)
    for line in _narrate.selection_lines(fit.model.selection_, table.values, options["n_init"], fit.seconds):
        show(line)
    show(fit.model.summary())
    unsure = _narrate.unsure(fit.proba, fit.observed)
    show(_narrate.unsure_line(int(unsure.sum()), out is not None))
    summary = _fitting.summary(fit, int(unsure.sum()), seed, sys.argv[1:])
    if as_json:
        emit_json(_outputs.plain(summary))
    if out is None:
        say(f"Next:  hiddenmix fit {file} --out DIR   writes assignments, unsure rows, a summary and the model")
        return
    files = _fitting.write(out, fit, unsure, summary)
    say(f"Wrote {out}/: {' '.join(files)}")
    say(f"Next:  hiddenmix show {out}/model.hmx  |  hiddenmix predict {out}/model.hmx new.csv")


def _progress() -> Callable[[], None]:
    """What shows on a terminal that work goes on; silent elsewhere."""
    if not sys.stderr.isatty() or click.get_current_context().obj["quiet"]:
        return lambda: None
    begin = shown = time.monotonic()

    def tick() -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown > 0.2:
            shown = now
            click.echo(f"\r  fitting, {now - begin:.0f} s (Ctrl-C keeps the best so far) \r", err=True, nl=False)

    return tick
