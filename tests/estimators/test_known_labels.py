"""Known labels: any type, closed form when all are known, partial and soft knowledge."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import hiddenmix as hm


def test_known_coins_are_the_plain_shares():
    coins = hm.datasets.coins()
    model = hm.BinomialMixture(2, trials=10).fit(coins.data, known_labels=coins.labels["coin"])
    np.testing.assert_allclose(model.probabilities_[:, 0], [0.80, 0.45], rtol=1e-14)
    np.testing.assert_allclose(model.weights_, [0.6, 0.4], rtol=1e-14)
    assert model.classes_.tolist() == ["A", "B"]
    assert model.converged_


def test_known_colours_are_the_plain_means():
    data = hm.datasets.redblue()
    colour = data.labels["colour"]
    model = hm.GaussianMixture(2).fit(data.data, known_labels=colour)
    assert model.classes_.tolist() == ["blue", "red"]
    for j, name in enumerate(model.classes_):
        own = data.data[colour == name, 0]
        assert model.means_[j, 0] == pytest.approx(own.mean(), rel=1e-12)
        assert np.sqrt(model.covariances_[j, 0, 0]) == pytest.approx(own.std(), rel=1e-12)
    np.testing.assert_allclose(model.means_[:, 0], [6.97255, 2.81321], atol=5e-6)
    np.testing.assert_allclose(np.sqrt(model.covariances_[:, 0, 0]), [2.03884, 0.80011], atol=5e-6)


def mixture(n=60):
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(0, 1, (n, 2)), rng.normal(2.5, 1, (n // 2, 2))])
    return x, np.repeat([0, 1], [n, n // 2])


@pytest.mark.parametrize(
    "labels",
    [
        [7, 3],
        ["b", "a"],
        [2.5, 0.5],
        np.array([True, False]),
        np.array(["2021-01-02", "2021-01-01"], dtype="datetime64[D]"),
    ],
    ids=["ints", "texts", "floats", "truth values", "dates"],
)
def test_labels_of_any_type(labels):
    x, truth = mixture()
    known = np.asarray(labels)[truth]
    model = hm.GaussianMixture(2).fit(x, known_labels=known)
    assert model.classes_.tolist() == sorted(set(known.tolist()))
    for j, name in enumerate(model.classes_.tolist()):
        np.testing.assert_allclose(model.means_[j], x[[value == name for value in known.tolist()]].mean(axis=0))
    np.testing.assert_array_equal(model.fit_predict(x, known_labels=known), np.searchsorted(model.classes_, known))


@pytest.mark.parametrize("unknown", [-1, None, np.nan])
def test_unknown_labels(unknown):
    x, truth = mixture()
    known = [unknown if i % 3 else int(label) for i, label in enumerate(truth)]
    model = hm.GaussianMixture(2, random_state=0).fit(x, known_labels=known)
    assert model.classes_.tolist() == [0, 1]
    assert np.square(model.means_[0]).sum() < np.square(model.means_[1]).sum()
    predicted = model.fit_predict(x, known_labels=known)
    np.testing.assert_array_equal(predicted[::3], truth[::3])
    nothing = hm.GaussianMixture(2, random_state=0).fit(x, known_labels=[unknown] * len(x))
    np.testing.assert_array_equal(nothing.means_, hm.GaussianMixture(2, random_state=0).fit(x).means_)
    assert not hasattr(nothing, "classes_")


def test_labelled_components_come_first_and_the_others_by_weight():
    x, _ = mixture()
    x = np.concatenate([x, np.random.default_rng(0).normal([9, -9], 1, (40, 2))])
    known = np.full(len(x), None, dtype=object)
    known[60:70] = "small"  # the second component of `mixture`
    model = hm.GaussianMixture(3, random_state=0).fit(x, known_labels=known)
    np.testing.assert_allclose(model.means_[0], [2.5, 2.5], atol=0.6)
    assert model.weights_[1] > model.weights_[2]
    assert model.classes_.tolist() == ["small"]


def test_thirty_subclasses_of_three_classes():
    """A row's class leaves its class's subclasses open, and rules out all others."""
    rng = np.random.default_rng(1)
    centres = np.array([[0, 0], [0, 6], [6, 0], [6, 6]])  # class 0 has the first two, class 1 the others
    x = np.concatenate([c + rng.standard_normal((40, 2)) for c in centres])
    allowed = np.repeat([[1, 1, 0, 0], [0, 0, 1, 1]], 80, axis=0)
    model = hm.GaussianMixture(4, random_state=0, covariance_type="spherical").fit(x, known_labels=allowed)
    resp = model.predict(x)
    assert set(resp[:80]) == {0, 1}
    assert set(resp[80:]) == {2, 3}
    soft = np.where(allowed, 1.0, 0.0)
    soft[::7] = np.nan  # nothing known
    again = hm.GaussianMixture(4, random_state=0, covariance_type="spherical").fit(x, known_labels=soft)
    np.testing.assert_allclose(np.sort(again.means_[:, 0]), np.sort(model.means_[:, 0]), atol=0.1)


def test_soft_labels_are_weights_before_the_data():
    x, truth = mixture()
    certain = np.eye(2)[truth]
    model = hm.GaussianMixture(2).fit(x, known_labels=certain)
    np.testing.assert_allclose(model.means_, hm.GaussianMixture(2).fit(x, known_labels=truth).means_)
    leaning = hm.GaussianMixture(2, means_init=model.means_).fit(x, known_labels=0.9 * certain + 0.05)
    free = hm.GaussianMixture(2, means_init=model.means_).fit(x)
    agreement = [np.mean(m.fit_predict(x, known_labels=0.9 * certain + 0.05) == truth) for m in (leaning, free)]
    assert agreement[0] > 0.97


def test_labels_and_weights_together():
    x, truth = mixture()
    weight = np.random.default_rng(0).integers(0, 3, len(x))
    model = hm.GaussianMixture(2).fit(x, sample_weight=weight, known_labels=truth)
    np.testing.assert_allclose(model.means_[0], np.average(x[truth == 0], axis=0, weights=weight[truth == 0]))


@pytest.mark.parametrize(
    ("labels", "options", "code"),
    [
        ([0, 1, 2] * 30, {}, "HM410"),  # three labels, two components
        ([0, 0, 1] * 30, {"n_components": 3}, "HM410"),  # all known, one component left over
        ([0, 1], {}, "HM128"),
        (np.zeros((90, 2)), {}, "HM130"),
        (np.full((90, 2), -1.0), {}, "HM130"),
        (np.ones((90, 3)), {}, "HM410"),
        (np.ones((80, 2)), {}, "HM128"),
        (np.repeat([[1, 0]], 90, axis=0), {}, "HM410"),
        ([["a", "b"]] * 90, {}, "HM130"),
    ],
)
def test_labels_that_cannot_be(labels, options, code):
    x, _ = mixture()
    with pytest.raises(hm.HiddenmixError, match=code):
        hm.GaussianMixture(**{"n_components": 2, **options}).fit(x, known_labels=labels)


def test_metadata_routing():
    x, truth = mixture()
    weight = np.arange(1.0, len(x) + 1)
    with config_context(enable_metadata_routing=True):
        model = hm.GaussianMixture(2).set_fit_request(sample_weight=True, known_labels=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        piped = make_pipeline(scaler, model).fit(x, sample_weight=weight, known_labels=truth)
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    direct = hm.GaussianMixture(2).fit(scaled, sample_weight=weight, known_labels=truth)
    np.testing.assert_allclose(piped[-1].means_, direct.means_, rtol=1e-12)


def test_selection_with_labels():
    x, truth = mixture()
    known = np.where(np.arange(len(x)) % 2, truth, -1)
    model = hm.GaussianMixture("auto", random_state=0, n_init=2).fit(x, known_labels=known)
    assert min(c.n_components for c in model.selection_.candidates) == 2
    assert model.n_components_ == 2
    for everything in (truth, np.eye(2)[truth]):
        model = hm.GaussianMixture("auto").fit(x, known_labels=everything)
        assert [c.n_components for c in model.selection_.candidates] == [2]
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        hm.GaussianMixture([2, 3]).fit(x, known_labels=truth)
