"""The only place where what users hand over is checked: tables, weights, counts, categories, labels.

Nothing here imports pandas, polars, pyarrow or scikit-learn.
"""

from __future__ import annotations

from hiddenmix._validate.cells import AnyArray, FloatArray, Names, column_name, is_missing, place
from hiddenmix._validate.counts import check_counts, check_trials, largest_count
from hiddenmix._validate.degenerate import Degenerate, degenerate_columns
from hiddenmix._validate.levels import Categories, check_categories
from hiddenmix._validate.options import check_number, check_word
from hiddenmix._validate.schema import check_same_columns, remedy
from hiddenmix._validate.spread import (
    Ranges,
    check_enough_distinct,
    check_squares,
    column_ranges,
    column_spreads,
    count_distinct,
    widest_and_narrowest,
)
from hiddenmix._validate.tables import Table, blocks, check_table
from hiddenmix._validate.vectors import Labels, check_labels, check_n_components, check_weights, light_weights

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
    "check_number",
    "check_same_columns",
    "check_squares",
    "check_table",
    "check_trials",
    "check_weights",
    "check_word",
    "column_name",
    "column_ranges",
    "column_spreads",
    "count_distinct",
    "degenerate_columns",
    "is_missing",
    "largest_count",
    "light_weights",
    "place",
    "remedy",
    "widest_and_narrowest",
]
