"""What `hiddenmix.compare` takes, and what it refuses."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import hiddenmix as hm
from hiddenmix._errors import HiddenmixError, HiddenmixTypeError


class TestInput:
    sex = ("f", None, "m", "m", "f", "f")
    clusters = (1, 1, 2, 2, 1, 1)

    @pytest.mark.parametrize(
        "values",
        [
            list(sex),
            np.array(sex, dtype=object),
            pd.Series(sex, name="sex"),
            pd.Series(sex, dtype="category"),
            pl.Series(sex),
            [1.5, float("nan"), -1.0, -1.0, 1.5, 1.5],
            np.ma.masked_array([1, 5, -1, -1, 1, 1], mask=[0, 1, 0, 0, 0, 0]),
            pd.array([3, None, 4, 4, 3, 3], dtype="Int64"),
        ],
        ids=["list", "objects", "series", "category", "polars", "floats", "masked", "nullable"],
    )
    def test_labels_of_any_kind(self, values):
        found = hm.compare(self.clusters, {"sex": values})["sex"]
        assert (found.n, found.n_levels, found.adjusted_rand) == (5, 2, 1.0)

    @pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
    def test_frames(self, frame):
        found = hm.compare(self.clusters, frame({"sex": self.sex, "year": [1, 2, 1, 2, 1, 2]}))
        assert [(a.name, a.n) for a in found] == [("sex", 5), ("year", 6)]
        soft = hm.compare(
            frame({"low": [1.0, 0.9, 0.0, 0.0, 0.6, 1.0], "high": [0.0, 0.1, 1.0, 1.0, 0.4, 0.0]}), self.sex
        )
        assert soft["labels"].table.clusters.tolist() == ["low", "high"]

    def test_missing_clusters(self):
        found = hm.compare([1, None, 2, 2, None, 1], self.sex)
        assert (found.n, found["labels"].n, found["labels"].disagree.tolist()) == (4, 4, [])
        soft = hm.compare([[1, 0], [np.nan, np.nan], [0.2, 0.8], [0, 1], [1, 0], [1, 0]], self.sex)
        assert (soft.n, soft["labels"].n) == (5, 5)

    def test_minus_one_is_a_label(self):
        assert hm.compare([-1, -1, 1, 1], [-1, -1, 1, 1])["labels"].n == 4

    @pytest.mark.parametrize(
        ("clusters", "labelings", "code"),
        [
            ([1, 2, 1], {"a": [1, 2]}, "HM128"),
            ([1, 2, 1], {"a": "text"}, "HM128"),
            ([1, 2, 1], [[1, 2], [2, 1], [1, 1]], "HM128"),
            (5, {"a": [1]}, "HM128"),
            (np.zeros((2, 2, 2)), {"a": [1, 2]}, "HM128"),
            ([1, 2, 1], {}, "HM413"),
            ([], {"a": []}, "HM110"),
            ([None, None], {"a": [1, 2]}, "HM118"),
            ([[0.5, 0.4], [1, 0]], {"a": [1, 2]}, "HM130"),
            ([[1.5, -0.5], [1, 0]], {"a": [1, 2]}, "HM130"),
            ([[1, np.nan], [1, 0]], {"a": [1, 2]}, "HM130"),
            ([[3], [1]], {"a": [1, 2]}, "HM130"),
            ([1, 2], {"a": [1, np.inf]}, "HM116"),
        ],
    )
    def test_bad_input(self, clusters, labelings, code):
        with pytest.raises(HiddenmixError) as caught:
            hm.compare(clusters, labelings)
        assert caught.value.code == code

    def test_the_message_names_the_labeling_and_the_row(self):
        with pytest.raises(HiddenmixError, match=r"labelings\['a'\] must have one value per row, shape \(3,\)"):
            hm.compare([1, 2, 1], {"a": [1, 2]})
        with pytest.raises(HiddenmixError, match=r"row 1 \(counting from 0\) holds \[0.5, 0.4\]"):
            hm.compare([[1, 0], [0.5, 0.4]], {"a": [1, 2]})

    def test_options(self):
        with pytest.raises(HiddenmixError, match="n_permutations must be a whole number of at least 1"):
            hm.compare([1, 2], [1, 2], n_permutations=0)
        with pytest.raises(HiddenmixTypeError):
            hm.compare([1, 2], {"a": [[1], [2, 3]]})

    def test_two_identifiers_are_refused(self, monkeypatch):
        monkeypatch.setattr("hiddenmix.discover._measuring.MOST_CELLS", 99)
        with pytest.raises(HiddenmixError, match="10 clusters and 10 levels of 'id' make a table of 1e\\+02 cells"):
            hm.compare(range(10), {"id": list(range(10))})


def test_too_few_rows_to_be_significant_are_not_called_unrelated():
    found = hm.compare([1, 1, 2, 2], {"a": [1, 1, 2, 2]})
    assert found["a"].reading == "too few rows to tell"
    assert found.verdict == "These labelings cannot tell what the clustering found; nothing can be said of a."
    clusters, known = np.repeat([0, 1, 2], 100), np.full(300, None)
    known[[0, 1, 100, 101, 200]] = list("xxyyz")
    found = hm.compare(clusters, {"a": known, "side": np.arange(300) % 2})
    assert found["a"].reading == "too few rows to tell"
    assert "nothing can be said of a" in found.verdict
    assert "something else than side" in found.verdict


def test_labels_that_are_all_missing_claim_nothing():
    found = hm.compare([1, 1, 2, 2] * 10, {"a": [None] * 40})
    assert "no labeling explains" not in found.verdict


def test_names_with_line_breaks_stay_on_their_line():
    found = hm.compare([1, 1, 2, 2] * 10, {"a\nb": ["x\ny", "x\ny", "z", "z"] * 10, "n" * 200: [1, 2] * 20})
    clean = hm.compare([1, 1, 2, 2] * 10, {"ab": ["xy", "xy", "z", "z"] * 10, "n": [1, 2] * 20})
    assert len(found.lines()) - len(clean.lines()) <= 2  # of the sentence, which is broken where it is long
    assert all(line.isprintable() for line in found.summary().splitlines())
    assert r"found a\nb (" in found.verdict
    assert max(map(len, found.lines()[1:4])) < 160
