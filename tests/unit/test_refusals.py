"""What users say of parameters is read before any work: what makes no sense is refused by a code, never by NumPy."""

from fractions import Fraction

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix.families._skew_rows import skew_runs
from hiddenmix.families.normal import NormalParams

RNG = np.random.default_rng(5)
NUMBERS = RNG.normal(size=(40, 2)) + 8
COUNTS = RNG.poisson(4, size=(40, 2)).astype(float)
SHARES = RNG.uniform(0.1, 0.9, size=(40, 2))
ANGLES = RNG.uniform(-3, 3, size=(40, 2))
PARTS = RNG.dirichlet([2, 3, 4], 40)
SPHERE = RNG.normal(size=(40, 3)) / 1.0
SPHERE /= np.linalg.norm(SPHERE, axis=1, keepdims=True)

# The family, data for it, a prior that is one, a field, and a value that the field cannot have.
FAMILIES = [
    (hm.Gamma, NUMBERS, (2.0, 3.0, 0.5), "shape", -1.0),
    (hm.Weibull, NUMBERS, ([7.0, 8.0], 2.0), "scale", 0.0),
    (hm.LogNormal, NUMBERS, (2.0, 2.0, 0.5), "log_sd", -1.0),
    (hm.InverseGaussian, NUMBERS, (2.0, 8.0, 20.0), "mean", -1.0),
    (hm.Beta, SHARES, (2.0, 2.0, 3.0), "alpha", 0.0),
    (hm.VonMises, ANGLES, (2.0, 0.5, 1.0), "concentration", -0.5),
    (hm.NegativeBinomial, COUNTS, ([3.0, 4.0], 2.0), "dispersion", -0.5),
    (hm.BetaBinomial, COUNTS, ([[3, 9], [4, 9]], 2.0), "p", 1.5),
    (hm.Geometric, COUNTS, (1.0, 2.0), "p", -0.5),
    (hm.Exponential, NUMBERS, (1.0, 2.0), "rate", 0.0),
    (hm.CensoredExponential, NUMBERS, (1.0, 2.0), "rate", -1.0),
    (hm.TruncatedExponential, NUMBERS, (1.0, 2.0), "rate", -1.0),
    (hm.CensoredNormal, NUMBERS, (1.0, 8.0, 2.0), "sd", 0.0),
    (hm.TruncatedNormal, NUMBERS, (1.0, 8.0, 2.0), "sd", -1.0),
    (hm.TruncatedWeibull, NUMBERS, ([7.0, 8.0], 2.0), "shape", -1.0),
    (hm.Poisson, COUNTS, (1.0, 2.0), "rate", -1.0),
    (hm.Binomial, COUNTS, (1.0, 2.0), "p", 2.0),
    (hm.Multinomial, COUNTS, 1.0, "p", -0.5),
    (hm.Dirichlet, PARTS, (1.0, 0.2), "alpha", 0.0),
    (hm.VonMisesFisher, SPHERE, (1.0, np.zeros(3)), "kappa", -1.0),
]
NONSENSE = (-3.0, "conjugate", (-1.0, 1.0, 1.0), (1.0, -1.0), (np.nan, 1.0), (np.nan, 1.0, 1.0), ([1.0, 2.0], -1.0))


def fit(family, x, k=2):
    return hm.MixtureModel(family, k, n_init=1, max_iter=3, tol=1e9, random_state=0).fit(x)


def refused(code, work):
    with pytest.raises(hm.HiddenmixError) as caught:
        work()
    assert caught.value.code == code
    assert caught.value.help


@pytest.mark.parametrize(("kind", "x", "prior", "name", "wrong"), FAMILIES, ids=lambda v: getattr(v, "__name__", ""))
class TestEveryFamily:
    def test_priors_that_are_none(self, kind, x, prior, name, wrong):
        for given in NONSENSE:
            refused("HM403", lambda given=given: fit(kind(prior=given), x))
        assert np.isfinite(fit(kind(prior=prior), x).result_.objective)

    def test_values_that_the_parameter_cannot_have(self, kind, x, prior, name, wrong):
        for value in (wrong, np.nan, np.inf):
            refused("HM403", lambda value=value: kind(**{name: hm.Known(value)}))

    def test_values_elsewhere_do_not_matter(self, kind, x, prior, name, wrong):
        kind(**{name: hm.Known(np.array([[0.5], [np.nan]]), np.array([[True], [False]]))})

    def test_values_of_another_shape(self, kind, x, prior, name, wrong):
        refused("HM404", lambda: fit(kind(**{name: hm.Known(np.full((3, 5), 0.5))}), x))

    def test_an_array_is_not_known(self, kind, x, prior, name, wrong):
        refused("HM410", lambda: kind(**{name: np.full((2, 1), 0.5)}))


class TestNormals:
    @pytest.mark.parametrize("kind", [hm.Normal, hm.Student])
    def test_known_parameters(self, kind):
        refused("HM404", lambda: fit(kind(mean=hm.Known(np.zeros((3, 2)))), NUMBERS))
        refused("HM404", lambda: fit(kind(cov=hm.Known(np.eye(3))), NUMBERS))
        refused("HM404", lambda: fit(kind("diag", cov=hm.Known(np.ones(3))), NUMBERS))
        refused("HM405", lambda: fit(kind(cov=hm.Known([[1.0, 2.0], [2.0, 1.0]])), NUMBERS))
        refused("HM405", lambda: fit(kind("diag", cov=hm.Known([1.0, -2.0])), NUMBERS))
        refused("HM410", lambda: kind(mean=np.zeros((2, 2))))
        refused("HM401", lambda: kind(prior=3))

    @pytest.mark.parametrize("kind", [hm.Student, hm.SkewStudent])
    def test_degrees_of_freedom(self, kind):
        for df in ("many", 0.0, np.inf, np.nan):
            refused("HM428", lambda df=df: kind(df=df))
        refused("HM404", lambda: fit(kind(df=[3.0, 4.0, 5.0]), NUMBERS))

    @pytest.mark.parametrize("covariance", ["full", "tied", "diag", "tied_diag", "VEI", "EVI", "EVE", "VVE", "EVV"])
    def test_a_constant_column_has_no_spread_though_rounding_has(self, covariance):
        x = np.column_stack([np.full(40, 0.1) * np.exp(3.3), NUMBERS[:, 1]])
        family = hm.Normal(covariance).prepare(x, None, 2)
        resp = np.column_stack([SHARES[:, 0], 1 - SHARES[:, 0]])
        with pytest.raises(hm.Degenerate, match="no spread"):
            family.estimate(None, family.stats(None, x, resp))

    @pytest.mark.parametrize("covariance", ["EVE", "VVE"])
    def test_common_axes_of_tiny_numbers(self, covariance):
        resp = np.column_stack([SHARES[:, 0], 1 - SHARES[:, 0]])
        found = []
        for unit in (1.0, 2.0**-498):
            family = hm.Normal(covariance)
            found.append(family.estimate(None, family.stats(None, (NUMBERS - 8) * unit, resp)))
        np.testing.assert_allclose(found[1].cov.axes, found[0].cov.axes, atol=1e-12)
        np.testing.assert_allclose(found[1].cov.volume * 2.0**498 * 2.0**498, found[0].cov.volume, rtol=1e-12)


class TestOthers:
    def test_products_use_every_column_once(self):
        normal, gamma = hm.Normal(), hm.Gamma()
        refused("HM410", lambda: fit(hm.Product([normal], [[0]]), NUMBERS))
        refused("HM410", lambda: fit(hm.Product([normal, gamma], [[0], [5]]), NUMBERS))
        refused("HM410", lambda: fit(hm.Product([normal, gamma], [[0, 1], [2]]), NUMBERS))
        refused("HM410", lambda: hm.Product([normal, gamma], [[0, 1], []]))

    def test_zero_inflation(self):
        for prior in (3.0, (-1.0, 2.0), (1.0, np.nan)):
            refused("HM403", lambda prior=prior: hm.ZeroInflated(hm.Poisson(), prior=prior))
        refused("HM403", lambda: hm.ZeroInflated(hm.Poisson(), inflation=hm.Known(2.0)))

    def test_bounds_of_other_columns(self):
        refused("HM404", lambda: fit(hm.TruncatedNormal([0.0, 0.0, 0.0], 99.0), NUMBERS))

    def test_a_row_outside_is_named_as_everywhere(self):
        with pytest.raises(hm.HiddenmixError, match=r"row 0, column 1 \(counting from 0\) holds 8"):
            fit(hm.TruncatedNormal(0.0, 7.0), np.column_stack([np.full(40, 3.0), np.full(40, 8.0)]), 1)

    def test_a_largest_shape_is_above_0(self):
        for kind in (hm.Weibull, hm.TruncatedWeibull):
            refused("HM403", lambda kind=kind: kind(largest_shape=-3.0))

    @pytest.mark.parametrize("bounds", [(0.5, np.inf), (0.5, 40.0), (0.0, 40.0)])
    def test_equal_times_have_no_truncated_weibull(self, bounds):
        refused("HM205", lambda: fit(hm.TruncatedWeibull(*bounds), np.full((30, 1), 7.0), 1))

    def test_counts_that_are_all_0_tell_nothing_of_categories(self):
        found = fit(hm.Multinomial(), np.zeros((20, 3)), 1)
        np.testing.assert_array_equal(found.estimates_["p"], np.full((1, 3), 1 / 3))


def test_distances_of_skewed_rows_keep_their_digits_near_the_edge():
    """Against exact fractions, where b' S^-1 b is 2e9: plain subtraction loses half of the digits."""
    turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    wide = turn @ np.diag([7e-9, 1.05]) @ turn.T
    family, skew = hm.Normal(), np.array([[-1.03, 3.95]])
    cov = family.shape.from_dense(wide[None], 1)
    x = np.random.default_rng(1).normal(size=(20, 2)) * [1, 3]
    (run,) = skew_runs(family.shape, NormalParams(np.zeros((1, 2)), cov), skew, x)
    chol = [[Fraction(float(v)) for v in row] for row in cov.chol[0]]
    b = [Fraction(float(v)) for v in skew[0]]
    whole = [[sum(chol[i][m] * chol[j][m] for m in (0, 1)) + b[i] * b[j] for j in (0, 1)] for i in (0, 1)]
    det = whole[0][0] * whole[1][1] - whole[0][1] ** 2
    exact = []
    for row in x:
        u, v = (Fraction(float(value)) for value in row)
        exact.append(float((u * u * whole[1][1] - 2 * u * v * whole[0][1] + v * v * whole[0][0]) / det))
    np.testing.assert_allclose(run.place[1][0], exact, rtol=1e-9)


def test_skewness_of_tiny_numbers_has_the_gradient_of_others():
    family, wide, found = hm.SkewNormal(), np.array([[1e-12, 0.0], [0.0, 1.0]]), []
    for unit in (1.0, 2.0**-498):
        cov = family.normal.shape.from_dense(wide[None] * unit * unit, 1)
        params = hm.SkewNormalParams(NormalParams(np.zeros((1, 2)), cov), np.array([[1.0, -2.0]]) * unit)
        stats = family.stats(params, (NUMBERS - 8) * unit, np.ones((len(NUMBERS), 1)))
        with np.errstate(all="raise", under="ignore"):
            found.append(family.gradient(params, stats, params))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("covariance", ["tied_spherical", "tied", "tied_diag"])
def test_summaries_show_what_components_have_of_their_own(covariance):
    x = np.concatenate([NUMBERS, NUMBERS + 9])
    text = fit(hm.Normal(covariance), x).summary()
    assert "mean x1" in text
    assert "covariance" not in text  # with as many columns as components the shared one looks like one for each
    assert "covariance x1" in fit(hm.Normal("diag"), x).summary()


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (hm.MixtureModel(hm.Gamma(), 5, n_init=1, random_state=0), "a family with a prior"),
        (hm.StudentMixture(5, n_init=1, random_state=0), "prior='conjugate'"),
        (hm.FactorMixture(5, n_factors=1, n_init=1, random_state=0), "fewer factors"),
    ],
    ids=lambda v: type(v).__name__,
)
def test_help_names_arguments_that_the_estimator_has(estimator, said):
    x = np.random.default_rng(0).gamma(2.0, size=(11, 3))
    with pytest.raises(hm.HiddenmixError, match="HM205") as caught:
        estimator.fit(x)
    assert said in caught.value.help
    assert "reg_covar" not in caught.value.help
