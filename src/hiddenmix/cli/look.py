"""``hiddenmix look FILE``: what was understood, what would be used, and why not the rest."""

from __future__ import annotations

from typing import Any

import click

from hiddenmix.cli._command import Command, emit, emit_json, emit_table, output_options, say, table_options

__all__ = ["command"]


@click.command("look", cls=Command)
@click.argument("file")
@table_options
@output_options
def command(file: str, as_json: bool, **options: Any) -> None:
    """Say what is in FILE (CSV, Parquet, JSON lines, or a built-in data set), and what would be used."""
    from hiddenmix.io import inspect_table

    found = inspect_table(file, **options)
    if as_json:
        emit_json(_as_dict(found))
        return
    emit(
        f"{found.name}: {found.n_rows} rows, {len(found.columns)} columns"
        + (f" ({found.dialect})" if found.dialect else "")
    )
    emit_table(
        ("column", "kind", "missing", "distinct", "from", "to", "use", "reason"),
        (
            (c.name, c.kind, c.n_missing, c.n_distinct, c.facts.low, c.facts.high, c.use, c.reason)
            for c in found.columns
        ),
    )
    say(f"Would use {len(found.used)} number columns: {', '.join(found.used) or 'none'}")
    if found.labels:
        say(f"Set aside as labels: {', '.join(found.labels)}")


def _as_dict(found: Any) -> dict[str, Any]:
    d = found.dialect
    return {
        "name": found.name,
        "rows": found.n_rows,
        "dialect": d and {"separator": d.separator, "decimal": d.decimal, "header": d.header, "encoding": d.encoding},
        "columns": [
            {
                "name": c.name,
                "kind": c.kind,
                "missing": c.n_missing,
                "distinct": c.n_distinct,
                "use": c.use,
                "reason": c.reason,
            }
            for c in found.columns
        ],
    }
