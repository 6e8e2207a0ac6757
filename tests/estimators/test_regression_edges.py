"""Mixtures of regressions at the edges: offsets of features, separation, and arguments that cannot be."""

import warnings

import numpy as np
import pytest
from scipy import special

import hiddenmix as hm

RNG = np.random.default_rng(0)
YEAR = RNG.integers(1980, 2021, 300).astype(float)[:, None]
DISTRIBUTIONS = ("normal", "poisson", "binomial", "gamma")
PREDICTOR = 0.05 * (YEAR[:, 0] - 2000) + 0.5
RESPONSES = {
    "normal": PREDICTOR + 0.3 * RNG.standard_normal(300),
    "poisson": RNG.poisson(np.exp(PREDICTOR)).astype(float),
    "binomial": (RNG.random(300) < special.expit(PREDICTOR)).astype(float),
    "gamma": RNG.gamma(3.0, np.exp(PREDICTOR) / 3.0),
}
CODES = np.arange(300) // 5


def fitted(distribution, x=YEAR, y=None, k=1, fit=None, **arguments):
    y = RESPONSES[distribution] if y is None else y
    model = hm.RegressionMixture(k, distribution=distribution, random_state=0, n_init=3, **arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return model.fit(x, y, **(fit or {}))


def refused(distribution="normal", **arguments):
    with pytest.raises(hm.HiddenmixError) as error:
        fitted(distribution, **{"k": 2, **arguments})
    return error.value


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_where_a_feature_is_counted_from_does_not_matter(distribution):
    there, centred = fitted(distribution), fitted(distribution, YEAR - 2000)
    assert there.result_.certificate is hm.Certificate.MAXIMUM
    assert centred.result_.certificate is hm.Certificate.MAXIMUM
    assert there.result_.loglik == pytest.approx(centred.result_.loglik, abs=1e-5)
    np.testing.assert_allclose(there.coef_, centred.coef_, rtol=1e-4)
    slopes = (model.standard_errors()["coef"][0, 1] for model in (there, centred))
    assert next(slopes) == pytest.approx(next(slopes), rel=1e-4)


def test_a_feature_far_from_zero_is_charted():
    x = YEAR - 2000 + 1e8
    model = fitted("normal", x)
    assert model.result_.certificate is hm.Certificate.MAXIMUM
    at = fitted("normal", YEAR - 2000).standard_errors()["coef"][0, 1]
    assert model.standard_errors()["coef"][0, 1] == pytest.approx(at, rel=1e-4)


@pytest.mark.parametrize("distribution", ["poisson", "binomial", "gamma"])
def test_a_feature_too_far_from_zero_is_told_to_be_centred(distribution):
    error = refused(distribution, x=YEAR + 1e11)
    assert error.code == "HM147"
    assert "mean" in error.help


def test_exposures_in_small_units_are_no_boundary():
    seconds = np.exp(30.0 + RNG.random(300))
    y = RNG.poisson(np.exp(0.1 * (YEAR[:, 0] - 2000) - 30.0) * seconds).astype(float)
    model = fitted("poisson", YEAR - 2000, y, fit={"exposure": seconds})
    assert model.result_.certificate is hm.Certificate.MAXIMUM
    assert model.standard_errors()["coef"][0, 1] > 0


@pytest.mark.parametrize(
    ("distribution", "y"),
    [
        ("binomial", np.zeros(300)),
        ("binomial", np.ones(300)),
        ("poisson", np.zeros(300)),
        ("binomial", (YEAR[:, 0] > 2000.0) * 1.0),
    ],
)
def test_what_runs_to_infinity_is_no_maximum(distribution, y):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the fit stopped at a saddle")  # where it still sees the likelihood rise
        alone = hm.RegressionMixture(1, distribution=distribution).fit(YEAR - 2000, y)
    assert alone.result_.certificate in (hm.Certificate.BOUNDARY, hm.Certificate.SADDLE)
    tamed = fitted(distribution, YEAR - 2000, y, prior=1.0)
    assert np.isfinite(tamed.coef_).all()


@pytest.mark.parametrize(
    ("wrong", "code", "word"),
    [
        ({"k": []}, "HM401", "empty"),
        ({"shared": True}, "HM435", "shared"),
        ({"random": [True], "fit": {"groups": CODES}}, "HM435", "random"),
        ({"coef": np.zeros((2, 2))}, "HM401", "coef"),
        ({"coef": hm.Known(np.zeros((3, 2)))}, "HM404", "(2, 2)"),
        ({"weights": [np.nan, 0.5]}, "HM403", "0 or more"),
        ({"weights": None}, "HM403", "0 or more"),
        ({"fit": {"groups": 3}}, "HM404", "groups"),
        ({"fit": {"groups": np.zeros((300, 2))}}, "HM404", "groups"),
        ({"fit": {"groups": np.where(CODES < 5, np.nan, CODES)}}, "HM404", "groups"),
        ({"fit": {"groups": [None] * 5 + ["a"] * 295}}, "HM404", "groups"),
        ({"y": np.where(CODES == 0, np.inf, 1.0)}, "HM116", "y contains infinity"),
        ({"y": np.array(["a"] * 300)}, "HM112", "y has text"),
    ],
)
@pytest.mark.parametrize("distribution", ["normal", "poisson"])
def test_arguments_that_cannot_be(distribution, wrong, code, word):
    wrong = {"fit": {}, **wrong}
    if distribution == "poisson" and "random" in wrong:
        pytest.skip("random effects are those of normal responses")
    error = refused(distribution, **wrong)
    assert error.code == code
    assert word in str(error)


def test_labels_of_several_types_are_groups():
    labels = np.array([f"g{c}" if c % 2 else int(c) for c in CODES], dtype=object)
    here = fitted("normal", k=2, fit={"groups": labels})
    assert here.result_.loglik == pytest.approx(fitted("normal", k=2, fit={"groups": CODES}).result_.loglik, rel=1e-6)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_constant_feature_has_no_prior_in_rows(distribution):
    x = np.column_stack([YEAR - 2000, np.ones(300)])
    error = refused(distribution, x=x, prior=1.0)
    assert error.code == "HM147"
    assert "constant" in str(error)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("size", [1e140, 1e-160])
def test_features_whose_squares_are_lost(distribution, size):
    assert refused(distribution, x=(YEAR - 2000) * size).code == "HM119"
