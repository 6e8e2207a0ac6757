"""The ribbon of a hidden Markov model's states."""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix.plot._pictures import Subject, draw, suitable

QUAKES = hm.datasets.load("earthquakes")


def test_ribbon_of_states():
    model = hm.HiddenMarkovModel("poisson", 2, n_init=2, random_state=0).fit(QUAKES.data)
    years = QUAKES.extra["year"]
    drawn = hm.plot.SeriesDisplay.from_states(model, QUAKES.data, time=years, time_name="year")
    np.testing.assert_array_equal(drawn.resp, model.predict_proba(QUAKES.data))
    np.testing.assert_array_equal(drawn.centres, model.rates_[:, 0])
    assert len(drawn.ribbon_) == 2
    assert drawn.ax_[1, 0].get_xlabel() == "year"
    assert "of state 1 (mean 15.4" in drawn.words()


def test_columns_have_their_names_and_families_without_means_no_lines():
    import pandas as pd

    frame = pd.DataFrame({"a": [0, 1, 0, 0, 1, 1, 1, 0], "b": [1, 1, 0, 1, 0, 0, 1, 1]})
    model = hm.HiddenMarkovModel(hm.Bernoulli(prior=(1.0, 1.0)), 1).fit(frame, lengths=[5, 3])
    drawn = hm.plot.SeriesDisplay.from_states(model, frame, lengths=[5, 3], column=1)
    assert drawn.column == "b"
    np.testing.assert_allclose(drawn.centres, [(frame.b.sum() + 1) / (len(frame) + 2)])  # the prior's two rows
    assert [line.get_xdata()[0] for line in drawn.starts_] == [5.5, 5.5]  # between rows 5 and 6, above and below
    assert "b over 8 rows in 2 sequences" in drawn.words()
    levels = hm.HiddenMarkovModel(hm.Categorical([2, 2], prior=1.0), 1).fit(frame)
    assert np.isnan(hm.plot.SeriesDisplay.from_states(levels, frame, column="b").centres).all()


def test_changes_from_one_sequence_to_the_next_are_not_counted():
    x = np.array([[0.0], [0.1], [-0.1], [9.0], [9.1], [8.9]])
    model = hm.HiddenMarkovModel(hm.Normal(prior="conjugate"), 2, n_init=2, random_state=0).fit(x, lengths=[3, 3])
    assert "changes 0 times" in hm.plot.SeriesDisplay.from_states(model, x, lengths=[3, 3]).words()
    assert "changes 1 time." in hm.plot.SeriesDisplay.from_states(model, x).words()


@pytest.mark.parametrize(("options", "code"), [
    ({"time": [3, 2, 1]}, "HM404"), ({"time": np.arange(107)[::-1]}, "HM404"), ({"column": 1}, "HM416"),
    ({"column": "quakes"}, "HM416"), ({"lengths": [100]}, "HM148"),
])  # fmt: skip
def test_what_does_not_fit_a_series_is_refused(options, code):
    model = hm.HiddenMarkovModel("poisson", 1).fit(QUAKES.data)
    with pytest.raises(hm.HiddenmixError) as error:
        hm.plot.SeriesDisplay.from_states(model, QUAKES.data, **options)
    assert error.value.code == code


def test_pictures_of_independent_rows_are_refused():
    model = hm.HiddenMarkovModel("poisson", 2, n_init=2, random_state=0).fit(QUAKES.data)
    with pytest.raises(hm.HiddenmixError) as error:
        hm.plot.SeriesDisplay.from_estimator(model, QUAKES.data)
    assert error.value.code == "HM410"
    assert "SeriesDisplay.from_states(model, X)" in error.value.help
    assert suitable(model, QUAKES.data) == ["series", "trace"]
    with pytest.raises(hm.HiddenmixError, match="states") as error:
        draw("pairs", Subject(model, QUAKES.data))
    assert error.value.code == "HM416"
