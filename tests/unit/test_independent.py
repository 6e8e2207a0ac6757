"""Families with independent columns: what the base adds, checked on all of them."""

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import digamma, gammaln, i0e, i1e, polygamma

import hiddenmix as hm
from hiddenmix._errors import HiddenmixError
from hiddenmix._special import bessel_gap, log_digamma_gap, log_gamma_gap
from hiddenmix.families._gaps import DIVERGENCES, Gaps
from hiddenmix.families._roots import falling_roots
from hiddenmix.families.axes import axes
from hiddenmix.families.views import centres, kinds
from hiddenmix.model import Degenerate

SEVERAL = {
    "exponential": (hm.Exponential(), hm.ExponentialParams([[1.0, 5.0], [0.1, 0.2]])),
    "gamma": (hm.Gamma(), hm.GammaParams([[1.5, 8.0], [9.0, 20.0]], [[1.0, 2.0], [1.0, 2.0]])),
    "passage": (hm.InverseGaussian(), hm.InverseGaussianParams([[1.0, 8.0], [9.0, 20.0]], [[10.0, 20.0], [9.0, 30.0]])),
    "log-normal": (hm.LogNormal(), hm.LogNormalParams([[1.0, 2.0], [3.0, 4.0]], [[0.3, 0.4], [0.5, 0.6]])),
    "beta": (hm.Beta(), hm.BetaParams([[1.5, 8.0], [9.0, 20.0]], [[6.0, 2.0], [3.0, 2.0]])),
    "angles": (hm.VonMises(), hm.VonMisesParams([[0.0, 3.0], [2.0, -1.0]], [[6.0, 2.0], [4.0, 9.0]])),
    "geometric": (hm.Geometric(1), hm.GeometricParams([[0.1, 0.6], [0.5, 0.05]])),
}
NUMBERS = [name for name in SEVERAL if name != "angles"]


def drawn(name, n=400, seed=0):
    family, params = SEVERAL[name]
    rng = np.random.default_rng(seed)
    return family.sample(params, rng.integers(0, 2, n), rng)


# What is computed with


def test_roots_are_found_from_far_away_and_inside_brackets():
    target = np.array([1e-8, 0.3, 5.0, 1e6])
    found = falling_roots(lambda x: (target - np.exp(x), -np.exp(x)), np.full(4, 3.0))
    np.testing.assert_allclose(found, np.log(target), rtol=1e-14)
    found = falling_roots(lambda x: (np.cos(x), -np.sin(x)), np.array([0.1, 3.0]), 0.0, np.pi)
    np.testing.assert_allclose(found, np.pi / 2, rtol=1e-15)
    flat = falling_roots(lambda x: (-np.sign(x - 2) * np.sqrt(np.abs(x - 2)), np.zeros_like(x)), np.array([-50.0]))
    np.testing.assert_allclose(flat, 2.0, rtol=1e-14)
    assert falling_roots(lambda x: (x, x), np.zeros(0)).shape == (0,)


def test_what_the_gamma_function_leaves_over_is_exact_on_both_sides_of_the_series():
    a = np.array([1e-3, 0.5, 3.0, 15.9, 16.1, 40.0, 300.0])
    np.testing.assert_allclose(log_gamma_gap(a), a * np.log(a) - a - gammaln(a), rtol=1e-11)
    value, slope = log_digamma_gap(a)
    np.testing.assert_allclose(value, np.log(a) - digamma(a), rtol=1e-11)
    np.testing.assert_allclose(slope, 1 / a - polygamma(1, a), rtol=1e-10)
    far = np.array([1e6, 1e12])  # where the differences above have lost most digits
    np.testing.assert_allclose(log_digamma_gap(far)[0], 0.5 / far + 1 / (12 * far**2), rtol=1e-14)
    np.testing.assert_allclose(log_gamma_gap(far), 0.5 * np.log(far / (2 * np.pi)) - 1 / (12 * far), rtol=1e-14)


def test_what_the_bessel_functions_leave_over_is_exact_on_both_sides_of_the_series():
    x = np.array([0.0, 1e-6, 0.5, 10.0, 59.9, 60.1, 100.0])
    ratio = i1e(x) / i0e(x)
    value, slope = bessel_gap(x)
    np.testing.assert_allclose(value, 1 - ratio, rtol=1e-13)
    step = 1e-4
    differences = (bessel_gap(x[2:] - step)[0] - bessel_gap(x[2:] + step)[0]) / (2 * step)
    np.testing.assert_allclose(slope[2:], differences, rtol=1e-6)
    np.testing.assert_allclose(slope[0], 0.5)
    np.testing.assert_allclose(bessel_gap(np.array(1e10))[0], 0.5e-10 + 0.125e-20, rtol=1e-15)


@pytest.mark.parametrize("kind", DIVERGENCES)
def test_divergences_of_parts_merge_to_those_of_the_whole(kind):
    rng = np.random.default_rng(1)
    t, w = 0.1 + 2 * rng.random((60, 1)), rng.random((60, 1))

    def gaps(rows):
        distance, weight = DIVERGENCES[kind], w[rows].sum(axis=0)
        mean = distance.mean([(w[rows] * f).sum(axis=0) for f in distance.features(t[rows])], weight)
        return Gaps(weight[None], mean[None], (w[rows] * distance(t[rows], mean)).sum(axis=0)[None], kind)

    whole, merged = gaps(slice(None)), gaps(slice(0, 20)).merge(gaps(slice(20, 60)))
    for part in ("weight", "mean", "gap"):
        np.testing.assert_allclose(getattr(merged, part), getattr(whole, part), rtol=1e-13)
    centre = np.array([[0.7]])
    np.testing.assert_allclose(whole.about(centre)[0], (w * DIVERGENCES[kind](t, centre)).sum(axis=0), rtol=1e-13)
    assert gaps(slice(0, 20)).scale(0.0).merge(whole).gap == pytest.approx(whole.gap)


# What the base adds


@pytest.mark.parametrize("name", SEVERAL)
def test_a_missing_cell_has_the_moments_and_quantiles_of_its_column(name):
    family, params = SEVERAL[name]
    x = drawn(name, 20_000) if name != "angles" else drawn(name)
    labels = np.random.default_rng(0).integers(0, 2, len(x))
    if name == "angles":
        means, low = family.means(params), family.below(params, np.full((2, 2), -np.pi))
        np.testing.assert_allclose(means, params.direction)
        np.testing.assert_allclose(low, 0.0, atol=1e-12)
        chance = family.below(params, np.full((2, 2), 1.0))
        for (j, c), got in np.ndenumerate(chance):
            pdf = stats.vonmises(params.concentration[j, c], loc=params.direction[j, c]).pdf
            assert got == pytest.approx(integrate.quad(pdf, -np.pi, 1.0)[0], abs=1e-8)
        return
    for j in range(2):
        rows = x[labels == j]
        spread = np.sqrt(family.variances(params)[j])
        np.testing.assert_allclose(rows.mean(axis=0), family.means(params)[j], atol=0.05 * spread.max(), rtol=0.03)
        np.testing.assert_allclose(rows.std(axis=0), spread, rtol=0.06)
        share = (rows <= np.median(rows, axis=0)).mean(axis=0)
        np.testing.assert_allclose(family.below(params, np.median(rows, axis=0)[None])[j], share, atol=0.02)


@pytest.mark.parametrize("name", SEVERAL)
def test_a_data_frame_goes_through_the_estimator_and_a_model_file(name, tmp_path):
    pd = pytest.importorskip("pandas")
    family, _ = SEVERAL[name]
    x = drawn(name)
    x[::17, 0] = np.nan
    table = pd.DataFrame(x, columns=["left", "right"])
    model = hm.MixtureModel(family, 2, random_state=0, n_init=2).fit(table)
    assert type(family).__name__ in str(model.summary())
    model.save(tmp_path / "model.hmx")
    again = hm.load(tmp_path / "model.hmx")
    np.testing.assert_array_equal(again.score_samples(table), model.score_samples(table))
    known = model.conditional(table)
    filled = np.asarray(known.best())
    assert not np.isnan(filled).any()
    assert not np.isnan(np.asarray(known.draw(rng=0))).any()
    np.testing.assert_array_equal(filled[:, 1], x[:, 1])
    if name in NUMBERS:
        low, high = known.quantile(0.1)[::17, 0], known.quantile(0.9)[::17, 0]
        assert np.all(low < filled[::17, 0])
        assert np.all(filled[::17, 0] < high)


@pytest.mark.parametrize("name", SEVERAL)
def test_pictures_know_centres_and_parameters(name):
    family, params = SEVERAL[name]
    assert kinds(family, 2) == (("count",) * 2 if name == "geometric" else ("number",) * 2)
    np.testing.assert_array_equal(centres(family, params, 2), family.means(params))
    found = axes(family, params)
    assert len(found) == family.n_free(params)
    for axis in found:
        moved = axis.at(axis.value + 0.1 * axis.unit)
        assert axis.read(moved) == pytest.approx(axis.value + 0.1 * axis.unit)


@pytest.mark.parametrize("name", SEVERAL)
def test_a_product_with_normal_columns_is_fitted(name):
    family, _ = SEVERAL[name]
    x = np.column_stack([drawn(name), np.random.default_rng(5).normal(size=400)])
    both = hm.Product([family, hm.Normal("diag")], [[0, 1], [2]])
    fit = hm.fit(hm.Mixture(both, 2), hm.Rows(x), rng=0)
    assert fit.converged
    apart = hm.fit(hm.Mixture(family, 1), hm.Rows(x[:, :2]), rng=0).loglik
    assert fit.loglik > apart + stats.norm.logpdf(x[:, 2], x[:, 2].mean(), x[:, 2].std()).sum()


def test_a_cell_that_no_row_has_keeps_its_parameters_and_at_the_start_takes_those_of_all_rows():
    family, params = SEVERAL["gamma"]
    x = drawn("gamma")
    resp = np.random.default_rng(2).dirichlet([1, 1], len(x))
    x[:200, 1] = np.nan
    resp[:200, 1], resp[200:, 1] = 1.0, 0.0
    got = family.estimate(params, family.stats(params, x, resp))
    assert got.shape[1, 1] == params.shape[1, 1]
    assert got.shape[1, 0] != params.shape[1, 0]
    first = family.estimate(None, family.stats(None, x, resp))
    alone = family.estimate(None, family.stats(None, x, resp[:, :1]))
    assert first.shape[1, 1] == pytest.approx(alone.shape[0, 1], rel=1e-12)


IMPOSSIBLE = [
    ("exponential", -1.0, "HM134"),
    ("gamma", 0.0, "HM133"),
    ("passage", -2.0, "HM133"),
    ("log-normal", 0.0, "HM133"),
    ("beta", 1.0, "HM135"),
    ("angles", 180.0, "HM137"),
    ("geometric", 0.0, "HM136"),
]


@pytest.mark.parametrize(("name", "value", "code"), IMPOSSIBLE)
def test_impossible_values_are_refused_by_name_and_have_no_density(name, value, code):
    family, params = SEVERAL[name]
    x = drawn(name, 20)
    x[7, 1], x[3, 0] = value, np.nan
    with pytest.raises(HiddenmixError, match=r"row 7, column 1") as error:
        family.prepare(x, None, 2)
    assert error.value.code == code
    if name != "angles":
        assert np.all(family.log_prob(params, x)[7] == -np.inf)
        assert np.all(np.isfinite(np.delete(family.log_prob(params, x), 7, axis=0)))


def test_a_geometric_that_counts_failures_takes_counts_only():
    for value, code in ((-1.0, "HM124"), (0.5, "HM125")):
        with pytest.raises(HiddenmixError) as error:
            hm.Geometric().prepare(np.array([[value]]), None, 1)
        assert error.value.code == code
    with pytest.raises(HiddenmixError) as error:
        hm.Geometric(2)
    assert error.value.code == "HM403"


EQUAL = [("exponential", 0.0), ("gamma", 3.7), ("passage", 3.7), ("log-normal", 3.7), ("beta", 0.3), ("angles", 3.1)]


@pytest.mark.parametrize(("name", "value"), EQUAL)
def test_equal_values_collapse_and_a_prior_or_a_known_parameter_forbids_it(name, value):
    family, params = SEVERAL[name]
    x = drawn(name, 60)
    x[:30, 1] = value
    resp = np.zeros((60, 2))
    resp[30:, 0], resp[:30, 1] = 1.0, np.random.default_rng(3).random(30)
    stats_ = family.stats(params, x, resp)
    with pytest.raises(Degenerate, match=r"component 2 has .* in column 1 "):
        family.estimate(params, stats_)
    last = family.fields[-1].name
    held = type(family)(**{last: hm.Known(getattr(params, last))})
    assert all(np.isfinite(v).all() for v in held.estimates(held.estimate(params, stats_)).values())
    prior = (1.0, 2.0) if name == "exponential" else (1.0, 1.0, 2.0)
    assert all(
        np.isfinite(v).all() for v in family.estimates(type(family)(prior=prior).estimate(params, stats_)).values()
    )


@pytest.mark.parametrize("name", ["gamma", "passage", "log-normal", "beta", "angles"])
def test_a_prior_of_rows_alone_gives_its_own_parameters(name):
    family, params = SEVERAL[name]
    values = [getattr(params, field.name)[1] for field in family.fields]  # (d,) each
    prior = type(family)(prior=(2.5, *values))
    nothing = family.stats(params, drawn(name, 5), np.zeros((5, 2)))
    got = prior.estimate(params, nothing)
    for field, value in zip(family.fields, values, strict=True):
        np.testing.assert_allclose(getattr(got, field.name), np.stack([value, value]), rtol=1e-9)


def test_likelihoods_that_may_grow_without_bound_ask_for_rows_unless_a_value_or_a_prior_forbids_it():
    params = SEVERAL["gamma"][1]
    assert hm.Gamma().least_rows(params) == 4.0
    assert hm.Gamma(prior=(1.0, 2.0, 2.0)).least_rows(params) == 0.0
    assert hm.Gamma(shape=hm.Known(params.shape)).least_rows(params) == 0.0
    assert hm.Exponential().least_rows(SEVERAL["exponential"][1]) == 0.0
