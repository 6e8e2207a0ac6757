"""The only place where what users hand over is checked: tables, weights, counts, categories, labels.

Nothing here imports pandas, polars, pyarrow or scikit-learn.
"""

from __future__ import annotations

from hiddenmix._validate.cells import AnyArray, FloatArray, Names, column_name, is_missing, place
from hiddenmix._validate.counts import check_counts, check_trials, largest_count
from hiddenmix._validate.degenerate import Degenerate, degenerate_columns
from hiddenmix._validate.levels import Categories, check_categories
from hiddenmix._validate.schema import check_same_columns, remedy
from hiddenmix._validate.spread import Ranges, check_enough_distinct, check_squares, column_ranges, count_distinct
from hiddenmix._validate.tables import Table, blocks, check_table
from hiddenmix._validate.vectors import Labels, check_labels, check_n_components, check_weights

__all__ = [
    "AnyArray",
    "Categories",
    "Degenerate",
    "FloatArray",
    "Labels",
    "Names",
    "Ranges",
    "Table",
    "blocks",
    "check_categories",
    "check_counts",
    "check_enough_distinct",
    "check_labels",
    "check_n_components",
    "check_same_columns",
    "check_squares",
    "check_table",
    "check_trials",
    "check_weights",
    "column_name",
    "column_ranges",
    "count_distinct",
    "degenerate_columns",
    "is_missing",
    "largest_count",
    "place",
    "remedy",
]
