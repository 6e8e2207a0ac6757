"""The ribbon of a hidden Markov model's states."""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix.plot._pictures import suitable

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
    assert np.isnan(drawn.centres).all()


def test_pictures_of_independent_rows_are_refused():
    model = hm.HiddenMarkovModel("poisson", 2, n_init=2, random_state=0).fit(QUAKES.data)
    with pytest.raises(hm.HiddenmixError) as error:
        hm.plot.SeriesDisplay.from_estimator(model, QUAKES.data)
    assert error.value.code == "HM410"
    assert "series" not in suitable(model, QUAKES.data)
