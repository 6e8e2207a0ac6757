"""`hiddenmix predict` and `draw` with model files of every estimator: categories, covariates, sequences."""

import io
import json
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
from click.testing import CliRunner

import hiddenmix as hm
from hiddenmix.cli import main
from hiddenmix.estimators._load import ESTIMATORS

pd = pytest.importorskip("pandas")

N = 160
FIT = {"n_init": 2, "random_state": 0}
NUMBERS, ANSWERS = ["a", "b"], ["mood", "side", "grade"]


class Case(NamedTuple):
    """A fitted estimator, its table where it has memberships, what predictions take beside it, here and there."""

    model: Any
    X: Any = None
    beside: Any = MappingProxyType({})
    options: tuple = ()


def run(*args):
    return CliRunner().invoke(main, list(args), prog_name="hiddenmix")


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(8)
    kind = np.arange(N) // 40 % 2
    answers = {
        "mood": np.array(["bad", "good"])[(rng.random(N) < 0.15 + 0.7 * kind).astype(int)],
        "side": rng.random(N) < 0.2 + 0.6 * kind,
        "grade": 1 + (rng.random(N)[:, None] > np.array([[0.5, 0.8], [0.1, 0.3]])[kind]).sum(axis=1),
    }
    frame = pd.DataFrame(rng.normal(4.0 * kind[:, None], 1.0, (N, 2)).round(4), columns=NUMBERS)
    frame = frame.assign(**{name: pd.Series(values, dtype=object) for name, values in answers.items()})
    frame = frame.assign(calls=rng.poisson(3 + 6 * kind), age=(rng.normal(size=N) + kind).round(4))
    frame = frame.assign(day=np.repeat(["mon", "tue", "wed", "thu"], 40), kind=kind, minute=np.arange(N))
    factor, noise = rng.normal(size=(N, 1)), rng.normal(size=(N, 4))
    frame[list("pqrs")] = (factor @ [[1.0, 1.5, 0.8, 1.2]] + noise + kind[:, None] * [[6.0, -6.0, 0.0, 0.0]]).round(4)
    frame.loc[3, [*ANSWERS, "a"]] = None
    frame.loc[5, "mood"] = None
    return frame


@pytest.fixture(scope="module")
def models(frame):
    """One of every estimator."""
    numbers, answers, counts = frame[NUMBERS], frame[ANSWERS], frame[["calls"]]
    words, mixed, four = frame[["calls", "minute"]], frame[["a", "calls", "side"]], frame[list("pqrs")]
    return {
        "GaussianMixture": Case(hm.GaussianMixture(2, **FIT).fit(numbers), numbers),
        "StudentMixture": Case(hm.StudentMixture(2, df=5.0, **FIT).fit(numbers), numbers),
        "BinomialMixture": Case(hm.BinomialMixture(2, **FIT).fit(counts), counts),
        "PoissonMixture": Case(hm.PoissonMixture(2, **FIT).fit(counts), counts),
        "MultinomialMixture": Case(hm.MultinomialMixture(2, **FIT).fit(words), words),
        "CategoricalMixture": Case(hm.CategoricalMixture(2, prior=0.5, **FIT).fit(answers), answers),
        "LatentClassModel": Case(hm.LatentClassModel(2, prior=0.5, **FIT).fit(answers, covariates=frame[["age"]]),
                                 answers, {"covariates": frame[["age"]]}),
        "MixedMixture": Case(hm.MixedMixture(2, counts=["calls"], **FIT).fit(mixed), mixed),
        "MixtureModel": Case(hm.MixtureModel(hm.Geometric(), 2, **FIT).fit(counts), counts),
        "FactorMixture": Case(hm.FactorMixture(2, n_factors=1, **FIT).fit(four), four),
        "HiddenMarkovModel": Case(hm.HiddenMarkovModel("poisson", 2, **FIT).fit(counts, groups=frame.day), counts,
                                  {"groups": frame.day}, ("--groups", "day")),
        "MixtureDiscriminant": Case(hm.MixtureDiscriminant(1, random_state=0).fit(numbers, frame.kind), numbers),
        "RegressionMixture": Case(hm.RegressionMixture(2, **FIT).fit(frame[["age"]], frame.b)),
        "NormalImputer": Case(hm.NormalImputer().fit(numbers)),
        "FactorAnalysis": Case(hm.FactorAnalysis(1).fit(four[frame.kind == 0])),
    }  # fmt: skip


@pytest.fixture
def folder(frame, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame.to_csv("rows.csv", index=False)
    return tmp_path


def test_every_estimator_is_here(models):
    assert set(models) == set(ESTIMATORS)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_command_line_says_what_python_says(models, folder, name):
    model, X, beside, options = models[name]
    model.save("model.hmx")
    if X is None:
        for command in ("predict", "draw"):
            result = run(command, "model.hmx", "rows.csv")
            assert result.exit_code == 1
            assert f"error[HM514]: 'model.hmx' holds a {name}, which" in result.stderr.replace("whose", "which")
            assert "help: in Python: hiddenmix.load('model.hmx')." in result.stderr
        assert run("show", "model.hmx").stdout.rstrip("\n") == hm.load("model.hmx").summary()
        return
    found = json.loads(run("predict", "model.hmx", "rows.csv", "--json", *options).stdout)
    proba = found["membership" if "membership" in found else "probability"]
    np.testing.assert_allclose(proba, model.predict_proba(X, **beside), atol=1e-12)
    written = pd.read_csv(io.StringIO(run("predict", "model.hmx", "rows.csv", "--labels", "day", *options).stdout))
    assert written.day.tolist() == ["mon"] * 40 + ["tue"] * 40 + ["wed"] * 40 + ["thu"] * 40
    empty = X.isna().all(axis=1).to_numpy()
    column = "component" if "component" in written else "prediction"
    own = model.predict(X, **beside) + (column == "component")
    assert written[column].isna().tolist() == empty.tolist()
    np.testing.assert_array_equal(written[column][~empty], own[~empty])


@pytest.mark.parametrize("name", ESTIMATORS)
def test_all_suitable_pictures_are_drawn(models, folder, name):
    model, X, _, options = models[name]
    if X is None:
        return
    model.save("model.hmx")
    listed = run("draw", "model.hmx", "rows.csv", "--list", "--json", *options)
    assert listed.exit_code == 0, listed.output
    assert len(json.loads(listed.stdout)) >= 2
    first = json.loads(listed.stdout)[0]
    for what in {first, "series"}:
        result = run("draw", "model.hmx", "rows.csv", "--what", what, "-o", f"{what}.png", "--dpi", "30", *options)
        assert result.exit_code == 0, result.output
        assert "HM505" not in result.stderr  # these are the rows, groups and covariates of the fit
        assert (folder / f"{what}.png").stat().st_size > 500


def test_categories_without_names_take_the_columns_in_their_order(frame, folder):
    model = hm.CategoricalMixture(2, prior=0.5, **FIT).fit(frame[ANSWERS].to_numpy(dtype=object, na_value=None))
    model.save("bare.hmx")
    refused = run("predict", "bare.hmx", "rows.csv")
    assert refused.stderr.startswith(
        "error[HM502]: the model has 3 columns, without names; of rows.csv 14 would be used"
    )
    result = run("predict", "bare.hmx", "rows.csv", "--columns", "mood,side,grade", "--json")
    assert result.exit_code == 0, result.output
    named = hm.CategoricalMixture(2, prior=0.5, **FIT).fit(frame[ANSWERS])
    np.testing.assert_allclose(json.loads(result.stdout)["membership"], named.predict_proba(frame[ANSWERS]))


def test_levels_are_found_by_their_spelling(frame, folder):
    """Numbers that were texts at the fit, and truth values that are texts in the file."""
    answers = frame[["grade", "side"]].dropna().astype({"grade": int}).astype({"grade": str, "side": bool})
    model = hm.CategoricalMixture(2, prior=0.5, **FIT).fit(answers)
    model.save("texts.hmx")
    answers.assign(side=[str(value) for value in answers.side]).to_csv("plain.csv", index=False)
    found = json.loads(run("predict", "texts.hmx", "plain.csv", "--json").stdout)
    np.testing.assert_allclose(found["membership"], model.predict_proba(answers))


@pytest.mark.parametrize(("name", "change", "code", "told"), [
    ("CategoricalMixture", lambda f: f.assign(mood="odd"), "HM503", 'column \'mood\' holds "odd"'),
    ("CategoricalMixture", lambda f: f.drop(columns="mood"), "HM501", "a table with 'mood' too"),
    ("LatentClassModel", lambda f: f.drop(columns="age"), "HM501", "a table with 'age' too"),
    ("LatentClassModel", lambda f: f.assign(age="old"), "HM112", "'age'"),
    ("MixedMixture", lambda f: f.assign(calls=f.calls + 0.5), "HM125", "'calls'"),
])  # fmt: skip
def test_tables_that_do_not_fit(models, frame, folder, name, change, code, told):
    models[name].model.save("model.hmx")
    change(frame).to_csv("other.csv", index=False)
    for command in ("predict", "draw"):
        result = run(command, "model.hmx", "other.csv")
        assert result.stderr.startswith(f"error[{code}]"), result.output
        assert told in result.stderr


@pytest.mark.parametrize("command", ["predict", "draw"])
def test_groups_are_for_sequences(models, folder, command):
    models["PoissonMixture"].model.save("plain.hmx")
    result = run(command, "plain.hmx", "rows.csv", "--groups", "day")
    assert result.exit_code == 2
    assert "error[HM403]: --groups tells the sequences of hidden Markov models apart" in result.stderr
    models["HiddenMarkovModel"].model.save("chain.hmx")
    assert "HM104" in run(command, "chain.hmx", "rows.csv", "--groups", "nothing").stderr
    assert "HM149" in run(command, "chain.hmx", "rows.csv", "--groups", "kind").stderr
    if command == "draw":  # as one sequence they are not those of the fit
        assert "warning[HM505]" in run(command, "chain.hmx", "rows.csv").stderr
