"""A family for each component, and noise beside clusters."""

import numpy as np
import pytest
from scipy import stats

import hiddenmix as hm
from hiddenmix import _tree
from hiddenmix.families._neighbours import scattered
from hiddenmix.families.axes import axes
from hiddenmix.families.known import blocks, knows
from hiddenmix.families.views import centres

NOISY = hm.Choice([hm.Normal(), hm.Uniform()])


def clusters_in_noise(seed, noise=120):
    rng = np.random.default_rng(seed)
    parts = [
        rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 300),
        rng.normal([6, 0], [0.3, 0.5], (200, 2)),
        rng.normal([3, 8], 1.2, (60, 2)),
        rng.uniform(-10, 15, (noise, 2)),
    ]
    return np.concatenate(parts), np.repeat(np.arange(4), [300, 200, 60, noise])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_noise_is_told_from_clusters_without_being_told_where_to_begin(seed):
    x, truth = clusters_in_noise(seed)
    model = hm.MixtureModel(NOISY, 4, random_state=0).fit(x)
    told = hm.fit(hm.Mixture(NOISY, 4), hm.Rows(x), how=truth, rng=0)
    assert model.result_.loglik >= told.loglik - 1e-2
    assert np.mean((model.predict(x) == 3) == (truth == 3)) > 0.96
    assert np.all(np.diff(model.weights_[:3]) <= 0)  # normals by weight, noise last though it is not the smallest
    assert model.weights_[3] > model.weights_[2]


def test_noise_that_is_not_there_gets_little():
    x, _ = clusters_in_noise(0, noise=0)
    model = hm.MixtureModel(NOISY, 4, random_state=0).fit(x)
    plain = hm.GaussianMixture(3, random_state=0).fit(x)
    assert model.weights_[3] < 0.02
    assert model.result_.loglik >= plain.result_.loglik - 1e-6
    assert model.result_.spurious == ()  # a box needs no rows


def test_density_is_that_of_the_parts():
    x, _ = clusters_in_noise(3)
    model = hm.MixtureModel(NOISY, 4, random_state=0).fit(x)
    found, low, high = model.estimates_, x.min(axis=0), x.max(axis=0)
    density = model.weights_[3] / np.prod(high - low)
    for w, mean, cov in zip(model.weights_, found["0.mean"], found["0.covariance"]):
        density = density + w * stats.multivariate_normal(mean, cov).pdf(x)
    np.testing.assert_allclose(model.score_samples(x), np.log(density), atol=1e-10)
    far = model.score_samples([[40.0, 0.0]])[0]  # outside the box only the normals are left
    assert far < -100


def test_of_some_cells_it_says_what_it_knows():
    x, _ = clusters_in_noise(1)
    x[::9, 1] = np.nan
    model = hm.MixtureModel(NOISY, 4, random_state=0).fit(x)
    assert not np.isnan(model.impute(x)).any()
    q = model.conditional(x[:1]).quantile(0.5)[0, 1]
    part = model.marginal([0])
    step = np.linspace(-60, q, 200_001)
    rows = np.column_stack([np.full(len(step), x[0, 0]), step])
    below = np.trapezoid(np.exp(model.score_samples(rows)), step)
    assert below / np.exp(part.score_samples(x[:1, :1])[0]) == pytest.approx(0.5, abs=1e-3)


def test_it_survives_a_model_file(tmp_path):
    x, _ = clusters_in_noise(2)
    model = hm.MixtureModel(NOISY, 4, random_state=0).fit(x)
    model.save(tmp_path / "noisy.hmx")
    again = hm.load(tmp_path / "noisy.hmx")
    np.testing.assert_array_equal(again.predict_proba(x), model.predict_proba(x))
    assert again.summary() == model.summary()


def test_components_in_another_order_are_the_same_mixture():
    rng = np.random.default_rng(0)
    family = hm.Choice([hm.Poisson(), hm.Binomial(9)], [2, 1])
    parts = (hm.PoissonParams([[1.0], [6.0]]), hm.BinomialParams([[0.5]]))
    params = hm.MixtureParams([0.2, 0.3, 0.5], hm.ChoiceParams(parts, np.arange(3)))
    mixture, order = hm.Mixture(family, 3), np.array([2, 0, 1])
    other = _tree.pick(params, order)
    x = rng.integers(0, 9, (40, 1)).astype(float)
    here, there = mixture.e_step(params, hm.Batch(x)), mixture.e_step(other, hm.Batch(x))
    assert here[0] == pytest.approx(there[0], abs=1e-10)
    np.testing.assert_allclose(
        _tree.ravel(_tree.pick(mixture.m_step(params, here[1]), order).weights),
        _tree.ravel(mixture.m_step(other, there[1]).weights),
    )
    assert mixture.q(params, here[1]) == pytest.approx(mixture.q(other, there[1]))
    swapped = _tree.pick(params.components, [1, 0, 2])
    assert np.linalg.norm(family.ravel(swapped, params.components)) > 1
    mixed = _tree.pick(params.components, [2, 1, 0])
    assert np.all(np.isinf(family.ravel(mixed, params.components)))
    np.testing.assert_allclose(centres(family, other.components, 1), [[4.5], [1.0], [6.0]])
    moved = axes(family, other.components)[0]  # the first Poisson rate, which is component 2 here
    assert moved.component == 1
    assert family.log_prob(moved.at(3.0), x)[0, 1] == pytest.approx(stats.poisson(3.0).logpmf(x[0, 0]))


def test_a_collapse_is_counted_among_all_components():
    family = hm.Choice([hm.Uniform([[0.0], [9.0]]), hm.Normal()], [1, 2]).prepare(np.arange(5.0)[:, None], None, 3)
    resp = np.eye(3)[[0, 0, 1, 1, 2]]
    with pytest.raises(hm.Degenerate, match="component 3 collapsed"):
        family.estimate(None, family.stats(None, np.arange(5.0)[:, None], resp))


@pytest.mark.parametrize(
    ("families", "sizes", "k"), [([hm.Normal()], [1, 2], 3), ([hm.Normal(), hm.Uniform()], None, 1),
                                 ([hm.Normal()], [0], 0), ([hm.Normal(), hm.Uniform()], [2, 1], 4), ([], None, 1)],
)  # fmt: skip
def test_sizes_that_do_not_fit_are_refused(families, sizes, k):
    with pytest.raises(hm.HiddenmixError) as error:
        hm.Choice(families, sizes).prepare(np.zeros((5, 1)), None, k)
    assert error.value.code == "HM410"


def test_which_components_may_trade_places():
    family = hm.Choice([hm.Normal(), hm.Uniform()], [2, 1])
    assert blocks(family).tolist() == [0, 0, 1]
    assert blocks(hm.Normal()) is None
    assert not knows(family)
    assert knows(hm.Choice([hm.Normal(mean=hm.Known(np.zeros((1, 2)))), hm.Uniform()]))


def test_boxes_without_a_width_are_refused():
    for bounds in (None, [[0.0, 0.0], [1.0, 0.0]]):
        with pytest.raises(hm.HiddenmixError, match="column 1") as error:
            hm.Uniform(bounds).prepare(np.array([[0.0, 1.0], [1.0, 1.0]]), None, 1)
        assert error.value.code == "HM152"
    with pytest.raises(hm.HiddenmixError, match="HM404"):
        hm.Uniform([0.0, 1.0]).prepare(np.zeros((3, 2)), None, 1)


def test_rows_of_no_weight_do_not_widen_the_box():
    x = np.array([[0.0], [1.0], [50.0], [np.nan]])
    assert hm.Uniform().prepare(x, np.array([1.0, 1.0, 0.0, 1.0]), 1).bounds.tolist() == [[0.0], [1.0]]


def test_scattered_rows_are_those_far_from_their_neighbours():
    x, truth = clusters_in_noise(4)
    share = scattered(x)
    assert share.max() <= 0.5
    assert share[truth == 3].mean() > 0.35
    assert share[truth <= 1].mean() < 0.05
    assert np.isfinite(scattered(np.zeros((50, 2)))).all()
    assert np.isfinite(scattered(np.arange(4.0)[:, None])).all()
