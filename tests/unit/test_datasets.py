"""The built-in data sets hold the numbers of the literature."""

import pickle

import numpy as np
import pytest

from hiddenmix import datasets
from hiddenmix._errors import HiddenmixError

SHAPES = {
    "coins": (5, 1),
    "redblue": (40, 1),
    "faithful": (272, 2),
    "penguins": (344, 4),
    "galaxies": (82, 1),
    "earthquakes": (107, 1),
    "apple": (18, 2),
    "vehicles": (1580, 6),
    "customers": (400, 4),
}


def test_names():
    assert datasets.names() == tuple(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_every_record_is_complete_and_read_only(name):
    data = datasets.load(name)
    assert data.name == name
    assert data.data.shape == SHAPES[name]
    assert data.data.dtype == np.float64
    assert data.data.flags.c_contiguous
    assert not data.data.flags.writeable
    assert len(data.columns) == data.data.shape[1]
    assert data.description.endswith(".")
    assert data.source
    for known in (*data.labels.values(), *data.extra.values()):
        assert known.shape == (len(data.data),)
        assert not known.flags.writeable
    assert repr(data) == f"Dataset({name!r}, {len(data.data)} rows of {', '.join(data.columns)})"


def test_records_survive_pickle():
    again = pickle.loads(pickle.dumps(datasets.penguins()))
    np.testing.assert_array_equal(again.data, datasets.penguins().data)
    assert list(again.labels) == ["species", "island", "sex", "year"]


def test_coins():
    coins = datasets.coins()
    assert coins.data[:, 0].tolist() == [5, 9, 8, 4, 7]
    assert coins.labels["coin"].tolist() == list("BAABA")
    assert [text.count("H") for text in coins.extra["tosses"]] == [5, 9, 8, 4, 7]
    assert {len(text) for text in coins.extra["tosses"]} == {10}


def test_redblue_has_the_colours_of_the_draws():
    data = datasets.redblue()
    x, colour = data.data[:, 0], data.labels["colour"]
    assert np.all(np.diff(x) > 0)
    for name, mean, sd in [("red", 2.81321, 0.80011), ("blue", 6.97255, 2.03884)]:
        assert (colour == name).sum() == 20
        assert x[colour == name].mean() == pytest.approx(mean, abs=5e-6)
        assert x[colour == name].std() == pytest.approx(sd, abs=5e-6)


def test_penguins():
    penguins = datasets.penguins()
    assert np.isnan(penguins.data).all(axis=1).sum() == 2
    assert np.isnan(penguins.data).any(axis=1).sum() == 2
    assert {k: (penguins.labels["species"] == k).sum() for k in ("Adelie", "Chinstrap", "Gentoo")} == {
        "Adelie": 152,
        "Chinstrap": 68,
        "Gentoo": 124,
    }
    assert sum(value is None for value in penguins.labels["sex"]) == 11
    assert penguins.labels["year"].dtype == np.int64


def test_galaxies_keep_the_famous_typo():
    assert datasets.galaxies().data[77, 0] == 26690


def test_apple_moments_of_the_complete_column():
    apple = datasets.apple()
    assert apple.data[:, 0].mean() == pytest.approx(14.722222, abs=1e-6)
    assert apple.data[:, 0].var() == pytest.approx(89.533951, abs=1e-6)
    assert np.isnan(apple.data[:, 1]).sum() == 6


def test_earthquakes_count_years():
    quakes = datasets.earthquakes()
    assert quakes.extra["year"].tolist() == list(range(1900, 2007))
    assert quakes.columns == ("count",)


def test_unknown_name():
    with pytest.raises(HiddenmixError, match="no built-in data set is called 'penguin'") as caught:
        datasets.load("penguin")
    assert caught.value.code == "HM407"
    assert caught.value.help == "did you mean 'penguins'?"
    with pytest.raises(HiddenmixError) as caught:
        datasets.load("zzz")
    assert caught.value.help == ""
