"""The mixture's E-step through the compiled program against the same in NumPy, for every linear family."""

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix import _tree
from hiddenmix.families.shapes import SHAPES
from hiddenmix.kernels import linear
from hiddenmix.latent import _compiled

pytest.importorskip("llvmlite", reason="the compiled kernels need llvmlite")

N, K = 2000, 3
RNG = np.random.default_rng(0)
NUMBERS = RNG.standard_normal((N, 4)) + 2.0 * RNG.integers(0, 3, (N, 1))
COUNTS = RNG.poisson(3.0, (N, 4)).astype(float)
PARTS = [[0], [1, 3, 4], [2, 5]]
FAMILIES = {
    **{f"normal-{shape}": (hm.Normal(shape), NUMBERS) for shape in SHAPES},
    "normal-groups": (hm.Normal("full", groups=[0, 1, 0]), NUMBERS),
    "normal-rank": (hm.Normal("tied", rank=1), NUMBERS),
    "normal-ridge": (hm.Normal("full", reg_covar=0.1), NUMBERS),
    "poisson": (hm.Poisson(), COUNTS),
    "binomial": (hm.Binomial(30), COUNTS),
    "tosses": (hm.Binomial(), None),
    "categorical": (hm.Categorical(), COUNTS),
    "multinomial": (hm.Multinomial(), COUNTS),
    "product-of-counts": (hm.Product([hm.Poisson(), hm.Binomial(30)], [[0, 2], [1, 3]]), COUNTS),
    **{
        f"mixed-{shape}": (
            hm.Product([hm.Poisson(), hm.Normal(shape), hm.Categorical()], PARTS),
            np.column_stack([COUNTS[:, 0], NUMBERS[:, 0], COUNTS[:, 1], NUMBERS[:, 1:3], COUNTS[:, 2]]),
        )
        for shape in ("full", "tied", "diag", "tied_diag", "tied_spherical")
    },
}


def problem(name, missing=False, **kinds):
    """A prepared mixture, parameters, and its only chunk."""
    family, x = FAMILIES[name]
    if x is None:
        x = hm.Tosses(COUNTS, COUNTS + 5)
    elif missing:
        x = np.where(RNG.random(x.shape) < 0.2, np.nan, x)
        x[0] = np.nan
    data = hm.Rows(x, **kinds)
    model = hm.Mixture(family, K).prepare(data)
    (batch,) = data.chunks()
    return model, model.start(data, np.random.default_rng(1), "random_from_data"), batch


def assert_same(model, params, batch):
    """Both ways give the same E-step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "WORTH", 0)
        assert _compiled.expected(model.family, params.components, np.log(params.weights), batch) is not None
        loglik, stats = model.e_step(params, batch)
    with linear.disabled():
        assert _compiled.expected(model.family, params.components, np.log(params.weights), batch) is None
        want, want_stats = model.e_step(params, batch)
    assert loglik == pytest.approx(want, rel=1e-12)
    got, wanted = _tree.ravel(stats), _tree.ravel(want_stats)
    np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12 * np.abs(wanted).max())


@pytest.mark.parametrize("name", FAMILIES)
def test_complete_rows(name):
    assert_same(*problem(name))


@pytest.mark.parametrize("name", sorted(FAMILIES.keys() - {"multinomial", "tosses"}))
def test_missing_cells_and_weights(name):
    assert_same(*problem(name, missing=True, weight=RNG.random(N)))


@pytest.mark.parametrize("name", FAMILIES)
def test_evidence(name):
    assert_same(*problem(name, evidence=hm.Evidence.from_labels(RNG.integers(-1, K, N), K)))


def test_components_far_apart_have_coordinates_of_their_own():
    size = N // K
    x = np.concatenate([NUMBERS[:size], NUMBERS[size : 2 * size] * 1e-6 + 1e3, NUMBERS[2 * size :] * 1e-4 - 1e5])
    labels = np.minimum(np.arange(N) // size, K - 1)[::-1].copy()
    data = hm.Rows(x[::-1])
    model = hm.Mixture(hm.Normal("full"), K).prepare(data)
    params = model.start(data, RNG, labels)
    (batch,) = data.chunks()
    (piece,) = model.family.linear(params.components, batch.x)
    assert len(piece.form.ends) > 1
    assert piece.form.order is not None
    assert_same(model, params, batch)


def test_rows_that_parameters_did_not_foresee_go_the_centred_way():
    """Rows that turn out a millionth as wide as the components, far from their pivot: sums of features lose them."""
    x = np.concatenate([NUMBERS[:1000] * 1e-6 + 30.0, NUMBERS[:1000] * 1e-6 - 30.0])
    model, params, _ = problem("normal-full")
    cov = params.components.cov
    far = np.array([[30.0] * 4, [-30.0] * 4, [0.0] * 4])
    params = hm.MixtureParams(params.weights, hm.NormalParams(far, cov))
    (batch,) = hm.Rows(x).chunks()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "WORTH", 0)
        assert _compiled.expected(model.family, params.components, np.log(params.weights), batch) is None
        _, stats = model.e_step(params, batch)
    spread = NUMBERS[:1000] * 1e-6
    spread = spread - spread.mean(axis=0)
    np.testing.assert_allclose(stats.components.scatter[0], spread.T @ spread, rtol=1e-6)


@pytest.fixture
def tried(monkeypatch):
    """How often the compiled program was loaded, from a process's beginning on."""
    times, load = [], linear._tried
    monkeypatch.setattr(linear, "_loaded", [])
    monkeypatch.setattr(linear, "_tried", lambda: times.append(1) or load())
    return times


@pytest.mark.parametrize(("rows", "times"), [(150, 0), (N, 0), (10 * N, 1)])
def test_it_is_loaded_for_large_chunks_only(tried, rows, times):
    """A fit of small chunks is over before the program is there."""
    model, params, _ = problem("normal-full")
    model.e_step(params, hm.Batch(np.resize(NUMBERS, (rows, 4))))
    assert len(tried) == times


def test_few_rows_are_not_even_asked_for_their_form(monkeypatch):
    model, params, batch = problem("normal-full")
    monkeypatch.setattr(hm.Normal, "linear", None)  # calling it raises
    few = (_compiled.FEW - 1) // K
    model.e_step(params, hm.Batch(batch.x[:few]))
    with pytest.raises(TypeError):
        model.e_step(params, hm.Batch(batch.x[: few + 1]))


def test_the_switch_of_the_environment(monkeypatch):
    monkeypatch.setenv("HIDDENMIX_COMPILED", "0")
    assert linear.unavailable() == "it is switched off"
    assert not linear.pays(10**12)
