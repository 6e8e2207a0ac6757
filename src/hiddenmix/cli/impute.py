"""``hiddenmix impute FILE``: the table several times over, its missing cells drawn, for multiple imputation."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from hiddenmix.cli._command import Command, emit, emit_json, output_options, say, seed_option, table_options
from hiddenmix.cli._progress import progress
from hiddenmix.cli.fit import MORE_SHAPES, SHAPES, _sizes

__all__ = ["command"]

DOING = "fitting, {:.0f} s"
TABLE = "completed_{:0{width}d}.csv"

EXAMPLES = """\b
Examples:
  hiddenmix impute survey.csv -m 20 --out completed
  hiddenmix impute survey.csv -k 1 --missing "-99" --out completed
"""


@click.command("impute", cls=Command, epilog=EXAMPLES)
@click.argument("file")
@click.option("-m", "--tables", "m", type=click.IntRange(1), default=5, metavar="N", show_default=True,
              help="Completed tables to write.")  # fmt: skip
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER", required=True,
              help="Folder for the tables; made if it is not there.")  # fmt: skip
@click.option("-k", "--components", default="1-6", show_default=True, callback=_sizes, metavar="N|A-B|LIST",
              help="Numbers of components to try; 1 is one normal distribution.")  # fmt: skip
@click.option("--shape", "shapes", multiple=True, type=click.Choice([*SHAPES, *MORE_SHAPES]), metavar="SHAPE",
              help="Covariance shape to try; may be given several times. By default full and tied.")  # fmt: skip
@click.option("--criterion", type=click.Choice(["bic", "icl", "aic"]), default="bic", show_default=True,
              help="What chooses among the models; lower is better.")  # fmt: skip
@click.option("--starts", "n_init", type=click.IntRange(1), default=10, metavar="N", show_default=True,
              help="Starts of each model; the best one counts.")  # fmt: skip
@click.option("--prior", type=click.Choice(["conjugate"]), help="A weak prior that keeps covariances off zero.")
@click.option("--method", type=click.Choice(["bootstrap", "information", "fixed"]), default="bootstrap",
              show_default=True,
              help="Where the parameters of each table come from: refits to rows drawn again, the curvature at the "
              "estimate, or the estimate itself (intervals then become too narrow).")  # fmt: skip
@table_options
@seed_option
@output_options
def command(
    file: str,
    m: int,
    out: Path,
    components: list[int],
    shapes: tuple[str, ...],
    method: str,
    seed: int,
    as_json: bool,
    **options: Any,
) -> None:
    """Fill in the missing cells of FILE by draws, N times: analyse each table, and pool by `hiddenmix.pool`.

    Draws come from a mixture of normal distributions, chosen and fitted as by `hiddenmix fit`. The tables have all
    columns of the file; only missing cells of the number columns in use are filled in, with whole numbers where a
    column holds nothing else.
    """
    from hiddenmix.cli import _narrate, _outputs
    from hiddenmix.estimators.gaussian import GaussianMixture

    reading = {name: options.pop(name) for name in ("columns", "labels", "missing", "where")}
    table = _table(file, **reading)
    show = say if as_json else emit
    for line in _narrate.table_lines(table):
        show(line)
    missing = _missing(table)
    wide = list(shapes or ("full", "tied"))
    with _outputs.prepared(out):
        model = GaussianMixture(
            components, covariance_type=wide, random_state=seed, callback=progress(DOING), **options
        )
        model.fit(table.numbers)
        for line in model.summary().splitlines():
            show(line)
        tables = [each.values for each in model.completed(table.numbers, m, method=method, rng=seed)]
    names = [TABLE.format(i + 1, width=len(str(m))) for i in range(m)]
    for name, values in zip(names, tables, strict=True):
        with _outputs.writing(out / name) as target:
            _write(target, table, values)
    if as_json:
        emit_json(_outputs.plain({"files": [str(out / name) for name in names], "method": method, "filled": missing}))
    say(f"Filled in {', '.join(f'{count} of {name}' for name, count in missing.items())}")
    say(f"Wrote {shlex.quote(str(out))}/: {' '.join(names)}")


def _table(file: str, columns: Any, labels: Any, missing: Any, where: Any) -> Any:
    """The table, with every column that is not used as a label, so that it is carried along."""
    from hiddenmix.io._tables import OpenTable

    opened = OpenTable(file, missing=missing, where=where)
    found = opened.inspect(columns, labels)
    others = [column.name for column in found.columns if column.use != "used"]
    if not found.used:
        return opened.read(columns, labels)  # which says why there is none
    return opened.read(found.used, others)


def _missing(table: Any) -> dict[str, int]:
    """How many cells of each used column are missing; HM410 where none is."""
    import numpy as np

    from hiddenmix._errors import HiddenmixError

    counts = np.isnan(table.values).sum(axis=0).tolist()
    found = {name: count for name, count in zip(table.columns, counts, strict=True) if count}
    if not found:
        what = f"no cell of {', '.join(table.columns)} is missing: there is nothing to fill in"
        raise HiddenmixError("HM410", what, "--missing TEXT for other spellings of a missing cell, or other --columns")
    return found


def _write(target: Any, table: Any, values: Any) -> None:
    """One completed table as CSV, its columns as in the file."""
    import csv

    import numpy as np

    columns = []
    for column in table.inspection.columns:
        if column.name in table.columns:
            numbers = values[:, table.columns.index(column.name)]
            columns.append(np.rint(numbers).astype(int).tolist() if column.facts.whole else numbers.tolist())
        else:
            columns.append(["" if value is None else value for value in table.labels[column.name]])
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([column.name for column in table.inspection.columns])
    writer.writerows(zip(*columns, strict=True))
