"""``hiddenmix predict MODEL FILE``: memberships of new rows under a model that was fitted before."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from hiddenmix.cli._command import Command, emit_json, groups_option, output_options, say, table_options

__all__ = ["command"]


@click.command("predict", cls=Command)
@click.argument("model")
@click.argument("file")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="CSV file to write; stdout by default.")
@groups_option
@table_options
@output_options
def command(model: str, file: str, out: Path | None, as_json: bool, **options: Any) -> None:
    """Say to which component, class or state of MODEL (a model.hmx) each row of FILE belongs, and how surely.

    The table's columns are found by their names; other columns do not matter, except those named by --labels. States of
    a hidden Markov model are those of the most probable path.
    """
    import numpy as np
    from sklearn.base import is_classifier

    from hiddenmix.cli import _outputs
    from hiddenmix.cli._reading import read_for, require_components
    from hiddenmix.estimators import load

    fitted = load(model)
    require_components(fitted, model)
    asked = read_for(fitted, file, options)
    table, X, empty = asked.table, asked.X, asked.empty
    proba = fitted.predict_proba(X, **asked.beside)
    if is_classifier(fitted):
        from hiddenmix.cli._classify_files import as_values, write_predictions

        subclass = fitted.predict_subclass(X)
        write = partial(write_predictions, table=table, model=fitted, X=X, proba=proba, subclass=subclass, empty=empty)
        found = as_values(fitted, proba, subclass)
    else:
        found = {"membership": proba, "log_density": fitted.score_samples(X, **asked.beside)}
        own = proba.argmax(axis=1)
        if hasattr(fitted, "transitions_"):  # a row without a value has a state all the same
            empty = np.zeros_like(empty)
            found["path"] = own = fitted.predict(X, **asked.beside)
        every = np.arange(len(proba))
        write = partial(_outputs.write_assignments, table=table, proba=proba, rows=every, component=own, empty=empty)
    if as_json:
        emit_json(_outputs.plain({"rows": table.rows, **found}))
    elif out is None:
        write(sys.stdout)
        sys.stdout.flush()
    if out is not None:
        with _outputs.writing(out) as target:
            write(target)
        say(f"Wrote {out}: {len(proba)} row{'s' * (len(proba) != 1)}")
