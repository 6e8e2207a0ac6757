"""Every picture by name, on many kinds of models and data: made where it suits, refused with a code where not."""

import warnings

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix._errors import HiddenmixError
from hiddenmix.datasets import load
from hiddenmix.plot._display import Display, quietly
from hiddenmix.plot._pictures import PICTURES, Subject, draw, suitable

ALWAYS = {"trace"}
IN_PLANE = {"classification", "density"}
TABLES = {"contingency", "confusion"}  # need labels
ODD = ["$a$_^", "<script>", "", "é" * 90]


def subjects():
    """Name -> (model, table, labels, the pictures that suit)."""
    rng = np.random.default_rng(0)
    penguins, faithful = load("penguins"), load("faithful")
    every = {"profiles", "series", "bound", "history", *ALWAYS, *IN_PLANE}
    several = {"uncertainty", "responsibilities", "merging"}
    species = np.array(penguins.labels["species"], dtype=object)
    holed = faithful.data[:120].copy()
    holed[rng.random(holed.shape) < 0.2] = np.nan
    coins, counts = load("coins").data, load("earthquakes").data
    words = np.concatenate([rng.multinomial(20, [0.7, 0.2, 0.1], 30), rng.multinomial(20, [0.1, 0.2, 0.7], 30)])
    levels = np.concatenate([rng.choice(list("abc"), (40, 3), p=p) for p in ([0.8, 0.1, 0.1], [0.1, 0.1, 0.8])])
    settled = {"n_init": 1, "random_state": 0}
    given = hm.GaussianMixture.from_parameters([0.5, 0.5], [[0.0], [4.0]], [[[1.0]], [[1.0]]])
    fit = hm.GaussianMixture(2, **settled).fit(faithful.data)
    return {
        "one component": (hm.GaussianMixture(1).fit(faithful.data), faithful.data, {}, every | {"pairs"}),
        "missing": (hm.GaussianMixture(2, **settled).fit(holed), holed, {}, every | several | {"pairs"}),
        "labels": (fit, faithful.data, {"long": faithful.data[:, 0] > 3}, every | several | {"pairs", "contingency"}),
        "chosen": (hm.GaussianMixture([1, 2], n_init=2, random_state=0).fit(faithful.data), faithful.data, {},
                   every | several | {"pairs", "selection"}),
        "given": (given, [[1.0], [3.0]], {}, {"profiles", "series"} | IN_PLANE | several),
        "coins": (hm.BinomialMixture(2, trials=10, random_state=0).fit(coins), coins, {}, every | several | {"coins"}),
        "counts": (hm.PoissonMixture(3, random_state=0).fit(counts), counts, {}, every | several),
        "words": (hm.MultinomialMixture(2, random_state=0).fit(words), words, {},
                  (every | several) - {"density", "history"}),
        "levels": (hm.CategoricalMixture(2, random_state=0).fit(levels), levels, {},
                   {"profiles", "series", "bound", "trace", "responsibilities", "merging"}),
        "classes": (hm.MixtureDiscriminant({"Adelie": 1, "Chinstrap": 1, "Gentoo": 2}, random_state=0)
                    .fit(penguins.data, species), penguins.data, {"species": species},
                    every | several | {"pairs", "contingency", "confusion"}),
    }  # fmt: skip


@pytest.fixture(scope="module")
def cases():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", hm.ConvergenceWarning)
        return subjects()


NAMES = ("one component", "missing", "labels", "chosen", "given", "coins", "counts", "words", "levels", "classes")


@pytest.mark.parametrize("case", NAMES)
def test_suitable_pictures_are_drawn_and_the_others_refused(cases, case, tmp_path):
    model, x, labels, expected = cases[case]
    assert set(suitable(model, x, labels)) == expected
    for name in PICTURES:
        subject = Subject(model, x, labels)
        if name in expected:
            with quietly():
                display = draw(name, subject)
            assert isinstance(display, Display)
            assert len(display.words()) > 20
            assert "nan" not in display.words().lower().split()
            display.save(tmp_path / f"{name}.png", dpi=40)
            assert (tmp_path / f"{name}.png").stat().st_size > 500
            continue
        with pytest.raises(HiddenmixError) as caught:
            draw(name, subject)
        assert caught.value.code == "HM416"
        assert all(each in caught.value.help for each in expected)


def test_without_data(cases):
    model = cases["chosen"][0]
    assert suitable(model) == ["selection", "trace"]
    with pytest.raises(HiddenmixError) as caught:
        draw("pairs", Subject(model))
    assert caught.value.code == "HM421"
    assert "selection, trace" in caught.value.help
    with pytest.raises(HiddenmixError) as caught:
        draw("pie", Subject(model))
    assert caught.value.code == "HM415"


def test_a_model_without_components_has_its_trace_alone():
    x = np.random.default_rng(0).normal(size=(20, 2))
    assert suitable(hm.NormalImputer().fit(x), x) == ["trace"]


def test_odd_column_names_are_drawn_as_they_stand(tmp_path):
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(1)
    frame = pandas.DataFrame(rng.normal(size=(60, 4)) + 5 * rng.integers(0, 2, (60, 1)), columns=ODD)
    model = hm.GaussianMixture(2, n_init=2, random_state=0).fit(frame)
    for name in suitable(model, frame):
        with quietly():
            display = draw(name, Subject(model, frame))
        display.save(tmp_path / "odd.svg")
        assert "<script>" not in (tmp_path / "odd.svg").read_text()
    shown = draw("classification", Subject(model, frame, columns=["$a$_^", "<script>"]))
    texts = {shown.ax_.get_xlabel(), shown.ax_.get_ylabel()}
    assert texts == {r"\$a\$_^", "<script>"}


def test_pictures_are_the_same_again(cases, tmp_path):
    model, x, labels, _ = cases["labels"]
    for name in ("classification", "profiles", "responsibilities"):
        for i in range(2):
            with quietly():
                draw(name, Subject(model, x, labels)).save(tmp_path / f"{i}.svg")
        assert (tmp_path / "0.svg").read_bytes() == (tmp_path / "1.svg").read_bytes(), name


@pytest.mark.parametrize("options", [{"tied": "class"}, {"tied": "all", "n_components_rank": 1}, {"tied": "none"}])
def test_classifiers_with_shared_covariances_are_drawn_also_from_a_file(options, tmp_path):
    from scipy.stats import multivariate_normal

    from hiddenmix.plot._view import View

    penguins = load("penguins")
    x, y = penguins.data, np.array(penguins.labels["species"], dtype=object)
    model = hm.MixtureDiscriminant(2, mixture=hm.GaussianMixture(n_init=1), random_state=0, **options).fit(x, y)
    model.save(tmp_path / "m.hmx")
    again = hm.load(tmp_path / "m.hmx")
    mixture = model.mixture_
    covariances = np.broadcast_to(mixture.covariances_, (6, 4, 4))[:, :2, :2]
    for each in (model, again):
        view = View.of(each, x)
        told = zip(mixture.weights_, mixture.means_[:, :2], covariances)
        expected = np.stack([w * multivariate_normal(m, c).pdf(x[5:9, :2]) for w, m, c in told], axis=1)
        np.testing.assert_allclose(view.densities([0, 1], x[5:9, :2]), expected, rtol=1e-10)
        np.testing.assert_allclose(view.resp, model.predict_subclass_proba(x), atol=1e-12)
        for old, new in zip(View.of(model, x).history(), view.history(), strict=True):
            now = [view.problem.evaluate(params).objective for _, params in (old, new)]
            assert now[0] == pytest.approx(now[1], rel=1e-12)
        with quietly():
            draw("bound", Subject(each, x))
            draw("classification", Subject(each, x))
