"""Latent class analysis: tables, fit statistics, covariates, missing answers, and what is refused."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, logsumexp
from scipy.stats import chi2

import hiddenmix as hm

RNG = np.random.default_rng(11)
N = 900
P = [
    np.array([[0.9, 0.1], [0.2, 0.8]]),
    np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]),
    np.array([[0.85, 0.15], [0.3, 0.7]]),
    np.array([[0.1, 0.1, 0.1, 0.7], [0.4, 0.3, 0.2, 0.1]]),
]
NAMES = ["trust", "party", "vote", "school"]
WORDS = [["no", "yes"], ["left", "mid", "right"], [0, 1], ["a", "b", "c", "d"]]
SLOPES = np.array([-0.5, 1.2, -0.8])  # of class 2 against class 1: intercept, age, sex
AGE = RNG.normal(45.0, 12.0, N)
Z = pd.DataFrame({"age": (AGE - 45) / 12, "sex": RNG.integers(0, 2, N)})


def answers():
    logit = SLOPES[0] + Z.to_numpy() @ SLOPES[1:]
    member = (RNG.random(N) < 1 / (1 + np.exp(-logit))).astype(int)
    codes = [(RNG.random(N)[:, None] > np.cumsum(p, axis=1)[member]).sum(axis=1) for p in P]
    return pd.DataFrame({n: np.array(w, dtype=object)[c] for n, w, c in zip(NAMES, WORDS, codes)}), member


X, MEMBER = answers()
HOLES = X.mask(pd.DataFrame(RNG.random(X.shape) < 0.15, columns=NAMES))


def lca(k=2, **options):
    return hm.LatentClassModel(k, **{"random_state": 0, "n_init": 4, **options})


@pytest.fixture(scope="module")
def plain():
    return lca(tol=1e-12, max_iter=5000).fit(X)


@pytest.fixture(scope="module")
def regression():
    return lca(tol=1e-12, max_iter=5000).fit(HOLES, covariates=Z)


def test_tables_and_what_is_printed(plain):
    order = np.argsort([-plain.tables_["trust"][j, 0] for j in range(2)])
    for name, levels, p in zip(NAMES, WORDS, P):
        assert plain.tables_[name].shape == (2, len(levels))
        np.testing.assert_allclose(plain.tables_[name][order], p, atol=0.12)
    assert [list(c) for c in plain.categories_] == WORDS
    text = plain.summary()
    for part in ("2 latent classes", "entropy R2", "G2", "trust", "class 2", "left", "48 possible"):
        assert part in text
    assert list(plain.tables_) == NAMES
    assert len(plain.tables_) == 4
    with pytest.raises(KeyError):
        plain.tables_["nothing"]
    assert str(plain.tables_).splitlines()[0].split() == ["trust", "no", "yes"]


def test_it_is_the_mixture_of_categories(plain):
    other = hm.CategoricalMixture(2, random_state=0, n_init=4, tol=1e-12, max_iter=5000).fit(X)
    assert plain.result_.loglik == pytest.approx(other.result_.loglik, abs=1e-7)
    np.testing.assert_allclose(plain.predict_proba(X), other.predict_proba(X), atol=1e-5)


def test_goodness_of_fit_against_all_patterns(plain):
    """Expected counts of all 48 patterns, one by one."""
    fit = plain.goodness_of_fit()
    cells = list(itertools.product(*WORDS))
    seen = dict.fromkeys(cells, 0)
    for row in X.itertuples(index=False):
        seen[tuple(row)] += 1
    n = np.array([seen[cell] for cell in cells], dtype=float)
    p = np.array([
        sum(plain.weights_[j] * np.prod([t[j][w.index(v)] for t, w, v in zip(plain.probabilities_, WORDS, cell)])
            for j in range(2))
        for cell in cells
    ])  # fmt: skip
    e = N * p
    assert fit.g2 == pytest.approx(2 * np.sum(n[n > 0] * np.log(n[n > 0] / e[n > 0])), rel=1e-9)
    assert fit.x2 == pytest.approx(np.sum((n - e) ** 2 / e), rel=1e-9)
    assert (fit.df, fit.n_cells, fit.n_patterns) == (47 - 15, 48, int((n > 0).sum()))
    assert fit.p_value == pytest.approx(chi2.sf(fit.g2, 32), rel=1e-9)
    assert plain.g2_ == fit.g2


def test_missing_answers_have_a_saturated_model_too():
    """Only the second of two items has gaps: the saturated maximum is p(a) from all rows times p(b | a) of the rest."""
    two = HOLES[["party"]].assign(trust=X["trust"])[["trust", "party"]]
    model = lca(1).fit(two)
    assert not hasattr(model, "x2_")
    first = two["trust"].value_counts()
    both = two.dropna().value_counts()
    top = float(first @ np.log(first / N))
    top += sum(n * np.log(n / both[a].sum()) for (a, b), n in both.items())
    assert model.g2_ == pytest.approx(2 * (top - model.result_.loglik), abs=1e-4)
    assert model.df_ == 5 - 3
    assert model.goodness_of_fit().x2 is None


def test_entropy_and_the_table_of_assignments(plain):
    resp = plain.predict_proba(X)
    entropy = -np.sum(resp * np.log(resp))
    assert plain.entropy_ == pytest.approx(entropy, rel=1e-9)
    assert plain.relative_entropy_ == pytest.approx(1 - entropy / (N * np.log(2)), rel=1e-9)
    table = plain.classification_table_
    np.testing.assert_allclose(table.sum(axis=0), np.bincount(plain.predict(X), minlength=2), rtol=1e-9)
    np.testing.assert_allclose(table.sum(axis=1), N * plain.weights_, rtol=1e-5)
    assert lca(1).fit(X).relative_entropy_ == 1.0


def test_covariates_against_a_direct_optimiser(regression):
    """The observed log-likelihood written anew, missing answers left out, from a perturbed start."""
    codes = np.array([[levels.index(v) if v == v else -1 for v in HOLES[n]] for n, levels in zip(NAMES, WORDS)]).T
    z = np.column_stack([np.ones(N), Z])
    sizes = [len(levels) for levels in WORDS]

    def negative(theta):
        total = log_softmax(np.column_stack([np.zeros(N), z @ theta[:3]]), axis=1)
        place = 3
        for c, m in enumerate(sizes):
            free = theta[place : place + 2 * (m - 1)].reshape(2, m - 1)
            log_p = log_softmax(np.column_stack([np.zeros(2), free]), axis=1)
            seen = codes[:, c] >= 0
            total[seen] += log_p[:, codes[seen, c]].T
            place += 2 * (m - 1)
        return -logsumexp(total, axis=1).sum()

    start = [regression.coefficients_[1]]
    start += [np.log(p[:, 1:] / p[:, :1]).ravel() for p in regression.probabilities_]
    start = np.concatenate(start)
    assert -negative(start) == pytest.approx(regression.result_.loglik, abs=1e-8)
    found = minimize(negative, start + RNG.normal(0, 0.1, len(start)), method="BFGS", options={"gtol": 1e-6})
    assert -found.fun == pytest.approx(regression.result_.loglik, abs=1e-6)
    np.testing.assert_allclose(found.x[:3], regression.coefficients_[1], atol=2e-4)
    information = _hessian(negative, start)
    errors = regression.standard_errors()
    np.testing.assert_allclose(errors["coefficients"][1], np.sqrt(np.diag(np.linalg.inv(information)))[:3], rtol=1e-3)
    assert (errors["coefficients"][0] == 0).all()
    assert [e.shape for e in errors["probabilities"]] == [p.shape for p in P]


def _hessian(f, at, step=1e-3):
    eye = np.eye(len(at)) * step
    out = np.empty((len(at), len(at)))
    for i, j in itertools.combinations_with_replacement(range(len(at)), 2):
        a, b = eye[i], eye[j]
        out[i, j] = out[j, i] = (f(at + a + b) - f(at + a - b) - f(at - a + b) + f(at - a - b)) / (4 * step**2)
    return out


def test_coefficients_of_the_study_are_recovered(regression):
    sign = 1 if regression.tables_["trust"][0, 0] > 0.5 else -1
    errors = regression.standard_errors()["coefficients"][1]
    assert np.all(np.abs(sign * regression.coefficients_[1] - SLOPES) < 3 * errors)
    assert regression.covariate_names_.tolist() == ["age", "sex"]
    members = regression.predict_membership(Z)
    np.testing.assert_allclose(members.mean(axis=0), regression.weights_, rtol=1e-12)
    assert "against class 1" in regression.summary()
    assert not hasattr(regression, "g2_")
    with pytest.raises(hm.HiddenmixError, match="HM432"):
        regression.goodness_of_fit()


def test_predictions_use_the_covariates(regression):
    resp = regression.predict_proba(HOLES, Z)
    np.testing.assert_allclose(resp.sum(axis=1), 1, rtol=1e-12)
    nothing = pd.DataFrame([[None] * 4], columns=NAMES)
    np.testing.assert_allclose(
        regression.predict_proba(nothing, Z.iloc[:1]), regression.predict_membership(Z.iloc[:1]), rtol=1e-12
    )
    assert regression.score_samples(HOLES, Z).sum() == pytest.approx(regression.result_.loglik, abs=1e-8)
    assert regression.score(HOLES, covariates=Z) == pytest.approx(regression.result_.loglik / N, rel=1e-12)
    n = (~HOLES.isna().all(axis=1)).sum()
    assert regression.bic(HOLES, covariates=Z) == pytest.approx(
        -2 * regression.result_.loglik + 17 * np.log(n), rel=1e-12
    )
    labels = lca().fit_predict(HOLES, covariates=Z)
    assert np.mean(labels == regression.predict(HOLES, Z)) > 0.999
    draws, classes = regression.sample(covariates=Z)
    assert draws.shape == (N, 4)
    assert classes.shape == (N,)


@pytest.mark.parametrize("with_covariates", [False, True])
def test_model_files(plain, regression, with_covariates, tmp_path):
    model, table, extra = (regression, HOLES, (Z,)) if with_covariates else (plain, X, ())
    model.save(tmp_path / "classes.hmx")
    again = hm.load(tmp_path / "classes.hmx")
    np.testing.assert_array_equal(again.predict_proba(table, *extra), model.predict_proba(table, *extra))
    assert again.summary() == model.summary()
    assert again.relative_entropy_ == model.relative_entropy_
    if not with_covariates:
        assert again.goodness_of_fit().g2 == model.g2_


def test_the_number_of_classes_by_criterion():
    chosen = lca([1, 2, 3], criterion="bic").fit(HOLES, covariates=Z)
    assert chosen.n_components_ == 2
    assert chosen.selection_.best.n_components == 2
    assert lca("auto", criterion="bic").fit(X).n_components_ == 2


def test_known_classes_and_priors():
    known = np.where(np.arange(N) < 300, MEMBER, -1)
    model = lca(prior=1.0, penalty=1.0).fit(X, known_labels=known, covariates=Z)
    assert model.classes_.tolist() == [0, 1]
    np.testing.assert_allclose(model.tables_["trust"], P[0], atol=0.08)
    assert np.abs(model.coefficients_[1] - SLOPES).max() < 0.6
    free = lca(prior=1.0).fit(X, known_labels=known)
    assert not hasattr(free, "g2_")
    assert (lca(prior=50.0).fit(X).tables_["trust"] > 0.05).all()


def test_a_second_fit_forgets_the_first(regression):
    model = lca().fit(X, covariates=Z)
    model.fit(X)
    assert not hasattr(model, "coefficients_")
    assert model.predict_proba(X).shape == (N, 2)
    assert model.goodness_of_fit().df == 32


def test_pandas_categories_and_weights():
    frame = X.apply(pd.Categorical)
    table = frame.value_counts().reset_index()
    table = table[table["count"] > 0]
    whole = lca().fit(frame)
    counted = lca().fit(table[NAMES], sample_weight=table["count"])
    assert counted.g2_ == pytest.approx(whole.g2_, abs=1e-3)
    assert counted.df_ == whole.df_


def test_stepping(regression):
    run = lca().steps(HOLES, covariates=Z)
    before = run.loglik
    run.em()
    assert run.loglik > before
    drawn = hm.plot.ResponsibilitiesDisplay.from_estimator(run)
    assert np.isfinite(drawn.resp).all()


def test_pictures_know_the_covariates(regression):
    profiles = hm.plot.ProfilesDisplay.from_estimator(regression, HOLES, covariates=Z)
    np.testing.assert_allclose(profiles.profiles[0].probability, regression.tables_["trust"], rtol=1e-9)
    shown = hm.plot.ResponsibilitiesDisplay.from_estimator(regression, HOLES, covariates=Z)
    seen = HOLES.notna().any(axis=1).to_numpy()  # the others have nothing to show
    np.testing.assert_allclose(shown.resp, regression.predict_proba(HOLES, Z)[seen], atol=1e-12)
    bound = hm.plot.BoundDisplay.from_estimator(regression, HOLES, covariates=Z, iteration=1).curve
    assert bound.touching
    assert np.all(bound.bound <= bound.objective + 1e-9 * np.abs(bound.objective))
    with pytest.raises(hm.HiddenmixError, match="weight"):  # they follow from the covariates
        hm.plot.BoundDisplay.from_estimator(regression, HOLES, covariates=Z, parameter="weight")
    with pytest.raises(hm.HiddenmixError) as error:
        hm.plot.ProfilesDisplay.from_estimator(regression, HOLES)
    assert error.value.code == "HM431"


def test_the_report_knows_the_covariates(regression):
    report = hm.report.of(regression, HOLES, covariates=Z, pictures=False)  # a warning would say: other rows
    shares = [component["weight"] for component in report.to_dict()["model"]["components"]]
    np.testing.assert_allclose(shares, regression.weights_, rtol=1e-9)
    assert "model.fit(X, covariates=C)" in report.markdown()
    assert report.to_dict()["model"]["coefficients"]["columns"] == ["intercept", "age", "sex"]
    told = " | ".join(["2", *(f"{b:.4g}" for b in regression.coefficients_[1])])
    assert f"| component | intercept | age | sex |\n| :--- | ---: | ---: | ---: |\n| {told} |" in report.markdown()
    with pytest.raises(hm.HiddenmixError) as error:
        hm.report.of(hm.CategoricalMixture(2, n_init=1, random_state=0).fit(X), X, covariates=Z)
    assert error.value.code == "HM410"


def test_marginals_keep_the_covariates(regression):
    part = regression.marginal(["trust", "vote"])
    assert part.predict_proba(HOLES[["trust", "vote"]], Z).shape == (N, 2)
    assert list(part.tables_) == ["trust", "vote"]


GAPS = Z.mask(pd.DataFrame({"age": np.arange(N) == 7, "sex": False}))


@pytest.mark.parametrize(
    ("code", "told", "call"),
    [
        ("HM143", "'age' .* row 7", lambda m: lca().fit(X, covariates=GAPS)),
        ("HM144", "'twice' follows|'age' follows", lambda m: lca().fit(X, covariates=Z.assign(twice=2 * Z["age"] + 1))),
        ("HM144", "'one' is constant", lambda m: lca().fit(X, covariates=Z.assign(one=1.0))),
        ("HM404", "899 rows", lambda m: lca().fit(X, covariates=Z[1:])),
        ("HM410", "cannot depend on covariates", lambda m: lca(weights="equal").fit(X, covariates=Z)),
        ("HM431", "none are given", lambda m: m.predict(HOLES)),
        ("HM143", "'age' .* row 7", lambda m: m.predict(HOLES, GAPS)),
        ("HM404", "the fit had age, sex", lambda m: m.predict(HOLES, Z[["sex", "age"]])),
        ("HM410", "without covariates", lambda m: lca(1).fit(X).predict(X, Z)),
        ("HM403", "penalty", lambda m: lca(penalty=-1).fit(X)),
    ],
)
def test_what_is_refused(regression, code, told, call):
    with pytest.raises(hm.HiddenmixError, match=f"{told}.*{code}"):
        call(regression)
