"""Rows that were measured before, one file a case: a run that was broken off goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bench.case import Options

Row = dict[str, Any]


class Store:
    """Rows by what they measured, in memory and, where there is a folder, on disk."""

    def __init__(self, case: str, options: Options) -> None:
        self._keep = options.keep
        self._path = None if options.out is None else options.out / f"{case}.rows.jsonl"
        self._rows: dict[str, Row] = {}
        if self._path is not None and self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                kept = json.loads(line)
                self._rows[_key(kept["what"])] = kept["row"]

    def row(self, what: Row, measure: Callable[[], Row], ours: bool) -> Row:
        """The row of `what`: kept from an earlier run if that is allowed, and marked so, or measured now and kept."""
        key = _key(what)
        allowed = self._keep == "all" or (self._keep == "rivals" and not ours)
        if allowed and key in self._rows:
            return {**self._rows[key], "kept": True}
        row = measure()
        self._rows[key] = row
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"what": what, "row": row}) + "\n")
        return row


def _key(what: Row) -> str:
    return json.dumps(what, sort_keys=True)
