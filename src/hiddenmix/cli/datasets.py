"""``hiddenmix datasets [NAME]``: the built-in data sets."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import click

from hiddenmix.cli._command import Command, emit, emit_json, emit_table, output_options, say

if TYPE_CHECKING:
    from hiddenmix.datasets import Dataset

__all__ = ["command"]


@click.command("datasets", cls=Command)
@click.argument("name", required=False)
@output_options
def command(name: str | None, as_json: bool) -> None:
    """List the built-in data sets, or print the one called NAME as CSV."""
    from hiddenmix import datasets

    if name is None:
        _list([datasets.load(each) for each in datasets.names()], as_json)
        return
    data = datasets.load(name)
    say(f"{data.description}\nSource: {data.source}")
    if as_json:
        emit_json(_columns(data))
    else:
        emit(_csv(data).rstrip("\n"))


def _list(found: list[Dataset], as_json: bool) -> None:
    if as_json:
        emit_json(
            [
                {
                    "name": d.name,
                    "rows": len(d.data),
                    "columns": list(d.columns),
                    "labels": list(d.labels),
                    "description": d.description,
                    "source": d.source,
                }
                for d in found
            ]
        )
        return
    emit_table(
        ("name", "rows", "columns", "labels", "description"),
        ((d.name, len(d.data), len(d.columns), ", ".join(d.labels), d.description) for d in found),
    )


def _columns(data: Dataset) -> dict[str, list[object]]:
    """All that is known, column by column; missing cells as None, whole numbers without a decimal point."""
    table = dict(zip(data.columns, data.data.T)) | dict(data.labels) | dict(data.extra)
    return {name: [_plain(value) for value in column.tolist()] for name, column in table.items()}


def _plain(value: object) -> object:
    if isinstance(value, float):
        return None if value != value else int(value) if value.is_integer() else value
    return value


def _csv(data: Dataset) -> str:
    columns = _columns(data)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values()))
    return text.getvalue()
