"""``hiddenmix predict MODEL FILE``: memberships of new rows under a model that was fitted before."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from hiddenmix.cli._command import Command, emit_json, output_options, say, table_options

__all__ = ["command"]


@click.command("predict", cls=Command)
@click.argument("model")
@click.argument("file")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="CSV file to write; stdout by default.")
@table_options
@output_options
def command(model: str, file: str, out: Path | None, as_json: bool, **options: Any) -> None:
    """Say to which component of MODEL (a model.hmx) each row of FILE belongs, and how surely."""
    import numpy as np

    from hiddenmix._errors import HiddenmixError
    from hiddenmix._validate import Table, remedy
    from hiddenmix.cli import _outputs
    from hiddenmix.estimators import load
    from hiddenmix.io import inspect_table, read_table

    fitted = load(model)
    names = tuple(str(name) for name in fitted.feature_names_in_)
    if not options["columns"]:
        found = inspect_table(file, **options)
        present = {column.name for column in found.columns}
        if not set(names) <= present:
            raise HiddenmixError(
                "HM501",
                f"the model was fitted on columns {', '.join(names)}; {found.name} has {', '.join(found.used)}",
                remedy(found.used, names),
            )
        options["columns"] = names
    table = read_table(file, **options)
    numbers = Table(table.values, table.columns)
    proba = fitted.predict_proba(numbers)
    if as_json:
        emit_json(
            _outputs.plain({"rows": table.rows, "membership": proba, "log_density": fitted.score_samples(numbers)})
        )
        return
    rows = np.arange(len(proba))
    if out is None:
        _outputs.write_assignments(sys.stdout, table, proba, rows)
        return
    with open(out, "w", encoding="utf-8", newline="") as target:
        _outputs.write_assignments(target, table, proba, rows)
    say(f"Wrote {out}: {len(proba)} rows")
