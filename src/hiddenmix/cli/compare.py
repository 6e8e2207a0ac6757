"""``hiddenmix compare TABLE``: which known labels a clustering found, which it ignored, and what of it is new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hiddenmix.cli._command import Command, emit, emit_json, output_options, say, seed_option, split_names

__all__ = ["command"]

REPORTS = (".html", ".md")
EXAMPLES = """\b
Examples:
  hiddenmix compare out/penguins/assignments.csv --clusters component --labels species,island,sex
  hiddenmix compare out/penguins/assignments.csv --memberships membership_ --labels species
  hiddenmix compare survey.csv --clusters segment --labels region,job --where "year >= 2008" --json
"""


@click.command("compare", cls=Command, epilog=EXAMPLES)
@click.argument("table")
@click.option("--clusters", metavar="NAME", help="The column that holds the clusters.")
@click.option("--memberships", metavar="NAMES", callback=split_names,
              help="Columns of memberships that sum to 1, or what their names begin with. With --clusters as well, "
              "rows without a cluster are left out.")  # fmt: skip
@click.option("--labels", metavar="NAMES", required=True, callback=split_names,
              help="Columns with known labels of any kind; a row without one is left out of that label.")  # fmt: skip
@click.option("--permutations", type=click.IntRange(1), default=999, metavar="N", show_default=True,
              help="Permutations of each test.")  # fmt: skip
@click.option("--missing", metavar="TEXT,...", default="", callback=split_names,
              help="Further spellings of a missing cell.")  # fmt: skip
@click.option("--where", metavar="SQL", help='Use only rows that meet a condition, such as "year >= 2008".')
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="File to write: a report (.html, .md), or JSON with the rows that disagree.")  # fmt: skip
@seed_option
@output_options
def command(
    table: str,
    clusters: str | None,
    memberships: list[str] | None,
    labels: list[str],
    permutations: int,
    seed: int,
    out: Path | None,
    as_json: bool,
    **reading: Any,
) -> None:
    """Say which of the known labels in TABLE a clustering found, which it ignored, and what of it is new.

    TABLE is a CSV, Parquet or JSON lines file, or a built-in data set; `hiddenmix fit --out` writes one with a column
    "component".
    """
    from hiddenmix.cli import _outputs
    from hiddenmix.discover._compare_input import read_labelings
    from hiddenmix.discover.compare import compare_known

    if out is not None:
        _require_kind(out)
    data, groups, source = _read(table, clusters, memberships or [], labels, reading)
    known = read_labelings({name: data.labels[name] for name in labels}, len(data.rows))
    found = compare_known(groups, known, permutations, seed)
    some = f"{found.n} of " if found.n < len(data.rows) else ""
    rows, k = len(data.rows), found.n_clusters
    say(f"{data.name}: {some}{rows} row{'s' * (rows != 1)} in {k} cluster{'s' * (k != 1)} by {source}")
    content = found.to_dict(data.rows)
    if as_json:
        emit_json(_outputs.plain(content))
    else:
        emit(found.summary())
    if out is not None:
        if out.suffix.lower() in REPORTS:
            _write_report(found, out, data.name)
        else:
            _outputs.write_json(out, content)
        say(f"Wrote {out}")


def _require_kind(out: Path) -> None:
    """HM425 for a file of a kind that is not written here, before anything is computed for it."""
    from hiddenmix._errors import HiddenmixError

    kinds = (*REPORTS, ".json")
    special = out.exists() and not out.is_file()  # such as /dev/stdout
    if out.suffix.lower() not in kinds and not special:
        raise HiddenmixError(
            "HM425", f"--out {out} does not end in {', '.join(kinds[:-1])} or {kinds[-1]}", f"--out {out.stem}.html"
        )


def _write_report(found: Any, out: Path, name: str) -> None:
    """The report, without pictures where they cannot be drawn."""
    import warnings

    from hiddenmix._errors import HiddenmixError, HiddenmixWarning
    from hiddenmix.plot._display import need_matplotlib
    from hiddenmix.report import of

    try:
        need_matplotlib()
        drawn = True
    except HiddenmixError as error:
        drawn = False
        warnings.warn(
            HiddenmixWarning(error.code, f"no pictures were drawn: {error.message}", error.help), stacklevel=1
        )
    of(found, name=name, pictures=drawn).save(out)


def _read(
    table: str, clusters: str | None, memberships: list[str], labels: list[str], reading: dict[str, Any]
) -> tuple[Any, Any, str]:
    """The table's labels, the clusters, and where these stand."""
    from hiddenmix._errors import HiddenmixError
    from hiddenmix.discover._compare_input import read_clusters
    from hiddenmix.io import read_labels

    members = _members(table, memberships, reading)
    where = [*([clusters] if clusters else []), *members]
    if not where:
        raise click.UsageError("one of --clusters and --memberships must say where the clusters are")
    for name in labels:
        if name in where:
            raise HiddenmixError("HM410", f"column {name!r} holds the clusters, and is among --labels")
    data = read_labels(table, [*where, *labels], **reading)
    groups = read_clusters(data.labels[clusters]) if clusters else None
    return data, _soft(data, members, groups) if members else groups, clusters or ", ".join(members)


def _members(table: str, given: list[str], reading: dict[str, Any]) -> list[str]:
    """The columns of memberships: those named, or those whose names begin with the one that is named."""
    if len(given) != 1:
        return given
    from hiddenmix.io import inspect_table

    names = [column.name for column in inspect_table(table, labels=(), **reading).columns]
    begin = [name for name in names if name.startswith(given[0])]
    return given if given[0] in names or not begin else begin


def _soft(data: Any, members: list[str], groups: Any) -> Any:
    """Clusters from columns of memberships; rows that have no cluster in `groups` are left out."""
    import numpy as np

    from hiddenmix._validate.cells import to_floats
    from hiddenmix.discover._compare_input import from_memberships

    numbers = [to_floats(np.asarray(data.labels[name])[:, None], (name,)) for name in members]
    table = np.concatenate(numbers, axis=1)
    if groups is not None:
        table[groups.codes < 0] = np.nan
    return from_memberships(table, members)
