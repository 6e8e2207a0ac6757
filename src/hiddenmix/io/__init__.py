"""Tables in, through DuckDB, and model files in and out."""

from __future__ import annotations

from hiddenmix.io._columns import Column, Facts
from hiddenmix.io._dialect import Dialect
from hiddenmix.io._models import FORMAT, load_model, save_model
from hiddenmix.io._tables import DataTable, Inspection, OpenTable, inspect_table, read_labels, read_table

__all__ = [
    "FORMAT",
    "Column",
    "DataTable",
    "Dialect",
    "Facts",
    "Inspection",
    "OpenTable",
    "inspect_table",
    "load_model",
    "read_labels",
    "read_table",
    "save_model",
]
