"""Animations: every frame is a half-step of the library's own EM, and the files hold what they should."""

import itertools

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import stats

import hiddenmix as hm
from hiddenmix import _tree
from hiddenmix.plot import Animation, HistoryDisplay, animate
from hiddenmix.plot._colours import colours, soft
from hiddenmix.plot._frames import chosen_iterations
from hiddenmix.plot._reel import INK, Reel

RED_BLUE = {"weights": "equal", "means_init": [[1.1], [9]], "stds_init": [2, 1.7]}


@pytest.fixture(scope="module")
def redblue():
    x = hm.datasets.redblue().data
    return hm.GaussianMixture(2, **RED_BLUE).fit(x), x


@pytest.fixture(scope="module")
def slow():
    """A climb of many iterations, whose fit was accelerated."""
    X = hm.datasets.faithful().data
    return hm.GaussianMixture(3, random_state=0).fit(X), X


def same(a, b):
    """Whether two sets of parameters are equal to the last bit."""
    return np.array_equal(_tree.ravel(a), _tree.ravel(b))


def test_steps_alternate(redblue):
    frames = animate(*redblue).frames
    assert [f.step for f in frames] == ["start", *["e", "m"] * ((len(frames) - 2) // 2), "e"]
    assert [f.iteration for f in frames] == [i // 2 for i in range(len(frames))]


def test_each_half_step_changes_its_own_half(redblue):
    frames = animate(*redblue).frames
    for before, now in itertools.pairwise(frames):
        if now.step == "e":
            assert same(before.params, now.params)
            assert before.resp is None or not np.array_equal(before.resp, now.resp)
        else:
            assert not same(before.params, now.params)
            assert before.resp is now.resp


def test_frames_are_those_of_fit():
    """Bit-equal to the trace of plain EM, at whatever rule it stops."""
    x = hm.datasets.redblue().data
    run = hm.GaussianMixture(2, **RED_BLUE).steps(x)
    start = run.params
    result = hm.fit(run.model, x, start, algorithm="em", stop=hm.Iterations(20))
    animation = animate(run, stop=hm.Iterations(20))
    assert run.iteration == 0  # the stepper stays as it is
    assert len(animation) == 42
    assert np.array_equal(animation.climb.objectives, result.trace.objectives)
    for frame in animation.frames:
        step = result.trace[frame.iteration]
        assert frame.loglik == step.loglik
        assert frame.objective == step.objective
        assert same(frame.params, step.params)
    last = animation.frames[-1].params.components
    assert last.mean.ravel() == pytest.approx([2.90962, 6.83823], abs=1e-5)  # the well-known run
    assert animation.frames[-1].loglik == pytest.approx(-88.45253, abs=1e-5)


def test_memberships_by_scipy(redblue):
    x = redblue[1].ravel()
    for frame in animate(*redblue).frames[1::2]:
        mean, sd = frame.params.components.mean.ravel(), frame.params.components.cov.chol.ravel()
        joint = np.stack([0.5 * stats.norm(m, s).pdf(x) for m, s in zip(mean, sd)], axis=1)
        np.testing.assert_allclose(frame.resp, joint / joint.sum(axis=1, keepdims=True), rtol=1e-9, atol=1e-300)


def test_coins_as_published():
    heads = hm.datasets.coins().data
    given = {"trials": 10, "weights": "equal", "probabilities_init": [[0.6], [0.5]]}
    frames = animate(hm.BinomialMixture(2, **given).fit(heads), heads).frames
    first = [0.44914893, 0.80498552, 0.73346716, 0.35215613, 0.64721512]
    np.testing.assert_allclose(frames[1].resp[:, 0], first, atol=1e-8)
    np.testing.assert_allclose(frames[2].params.components.p.ravel(), [0.7130122354, 0.5813393083], atol=1e-10)
    assert frames[2].loglik == pytest.approx(-31.8592579482 + 21.7732759438, abs=1e-9)


@pytest.mark.parametrize("prior", [None, "conjugate"])
def test_objective_never_falls_and_bound_lies_below(prior):
    X = hm.datasets.faithful().data
    animation = animate(hm.GaussianMixture(3, prior=prior, random_state=1, n_init=2).fit(X), X)
    objective = np.array([f.objective for f in animation.frames])
    assert np.all(np.diff(objective) >= -1e-9)
    assert animation.climb.penalised == (prior is not None)
    for frame in animation.frames[1:]:
        if frame.step == "e":
            assert frame.bound == frame.objective
        else:
            assert frame.bound < frame.objective + 1e-9
    assert [f.bound for f in animation.frames[:1]] == [None]


def test_accelerated_fit_shows_plain_em_and_says_so(slow):
    model, X = slow
    animation = animate(model, X)
    assert len(animation.climb.objectives) != len(model.result_.trace)
    assert "accelerated" in animation.words()
    assert "It ends at" not in animation.words()
    began = _tree.ravel(model.result_.trace[0].params)
    np.testing.assert_allclose(_tree.ravel(animation.frames[0].params), began, rtol=1e-12, atol=1e-12)


def test_other_ending_is_told(redblue):
    model, x = redblue
    told = animate(model, x, max_iter=2).words()
    assert "not converged" in told
    assert "another point than the fit" in told
    other = animate(model, x + 3.0, stop=hm.Iterations(3)).words()
    assert "other rows, weights or known labels" in other


def test_long_climbs_are_thinned(slow):
    animation = animate(*slow, most=24)
    assert len(animation) <= 24
    shown = [f.iteration for f in animation.frames if f.step == "m"]
    assert shown[:4] == [1, 2, 3, 4]
    assert shown[-1] == animation.climb.iterations
    missing = sum(f.skipped for f in animation.frames)
    assert missing == animation.climb.iterations - len(shown) > 0
    assert f"{missing} iterations of the slow part" in animation.words()
    assert len(animate(*slow, most=10_000)) == 2 * animation.climb.iterations + 2
    for frame in animation.frames:
        assert frame.objective == animation.climb.objectives[frame.iteration]


def test_chosen_iterations_rise_by_equal_parts():
    objectives = -np.exp(-np.arange(500) / 60)
    chosen = chosen_iterations(objectives, range(500), 30)
    assert len(chosen) == 30
    assert chosen[-1] == 498
    assert chosen[:12] == list(range(12))
    gains = np.diff(objectives[chosen[12:]])
    assert gains.max() < 2.5 * (objectives[-1] - objectives[11]) / 18


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_files_open_again(redblue, tmp_path, ending):
    animation = animate(*redblue, stop=hm.Iterations(4))
    path, again = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    animation.save(path, fps=4, dpi=50)
    animate(*redblue, stop=hm.Iterations(4)).save(again, fps=4, dpi=50)
    assert path.read_bytes() == again.read_bytes()
    durations = []
    with Image.open(path) as picture:
        assert picture.n_frames == len(animation) == 10
        for i in range(picture.n_frames):
            picture.seek(i)
            picture.load()
            durations.append(picture.info["duration"])
    assert durations == animation.durations(4) == [500, *[250] * 8, 2000]


def test_frames_differ_where_they_should(redblue):
    """E-steps redraw the layer of the dots, M-steps that of the curves, and nothing else does."""
    animation = animate(*redblue, stop=hm.Iterations(3))
    reel = Reel(animation.climb, animation.columns, 60)
    layers = [reel.layers(i) for i in range(len(animation))]
    for i, frame in enumerate(animation.frames[1:], 1):
        dots, curves, trace = (not np.array_equal(a, b) for a, b in zip(layers[i - 1], layers[i]))
        assert (dots, curves, trace) == (frame.step == "e", frame.step == "m", True)


def test_artists_show_the_numbers(redblue):
    animation = animate(*redblue)
    reel = Reel(animation.climb, animation.columns, 60)
    reel.ground(INK)
    for index in (2, 3, len(animation) - 1):
        frame = animation.frames[index]
        reel.layers(index)
        np.testing.assert_allclose(reel.scene.dots.get_facecolor()[:, :3], soft(frame.resp), atol=1e-12)
        mean, sd = frame.params.components.mean.ravel(), frame.params.components.cov.chol.ravel()
        for j, line in enumerate(reel.scene.lines):
            x, y = line.get_segments()[0].T
            np.testing.assert_allclose(y, 0.5 * stats.norm(mean[j], sd[j]).pdf(x), rtol=1e-9, atol=1e-300)
            np.testing.assert_allclose(line.get_color()[0][:3], colours(2)[j])
        assert reel.trace.dot.get_data() == ([frame.iteration], [frame.objective])


def test_ellipses_are_two_standard_deviations(slow):
    animation = animate(*slow, most=8)
    reel = Reel(animation.climb, animation.columns, 60)
    reel.layers(len(animation) - 1)
    components = animation.frames[-1].params.components
    for ring, radius in ((0, 1.0), (3, 2.0)):
        for j in range(3):
            off = np.column_stack(reel.scene.rings[ring + j].get_data()) - components.mean[j]
            cov = animation.climb.view.ellipsoids([0, 1])[1][j]
            np.testing.assert_allclose(np.sqrt(np.sum(off @ np.linalg.inv(cov) * off, axis=1)), radius, rtol=1e-8)


def test_columns_are_chosen_or_given():
    X = hm.datasets.penguins().data
    model = hm.GaussianMixture(3, covariance_type="tied", random_state=0).fit(X)
    assert len(animate(model, X).columns) == 2
    assert animate(model, X, columns=2).columns == (2,)
    assert animate(model, X, columns=["x0", 3]).columns == (0, 3)
    with pytest.raises(hm.HiddenmixError, match="HM416"):
        animate(model, X, columns=[0, 1, 2])
    with pytest.raises(hm.HiddenmixError, match="HM416"):
        animate(model, X, columns="nothing")


def test_missing_cells_count_and_have_no_dot():
    X = np.array(hm.datasets.faithful().data)
    X[::9, 1] = np.nan
    animation = animate(hm.GaussianMixture(2, random_state=0).fit(X), X)
    reel = Reel(animation.climb, animation.columns, 60)
    reel.layers(1)
    absent = int(np.isnan(X[:, 1]).sum())
    assert len(reel.scene.dots.get_offsets()) == len(X) - absent
    assert f"{absent} rows with a missing cell" in animation.words()


def test_counts_are_stems():
    x = np.r_[np.random.default_rng(0).poisson(3, 100), np.random.default_rng(1).poisson(12, 80)][:, None].astype(float)
    animation = animate(hm.PoissonMixture(2, random_state=0).fit(x), x)
    reel = Reel(animation.climb, animation.columns, 60)
    reel.layers(len(animation) - 1)
    params = animation.frames[-1].params
    stems = np.array(reel.scene.lines[1].get_segments())
    assert np.all(stems[:, 0, 1] == 0)
    grid = np.round(stems[:, 0, 0])
    expected = params.weights[1] * stats.poisson(params.components.rate[1, 0]).pmf(grid)
    np.testing.assert_allclose(stems[:, 1, 1], expected, rtol=1e-8)


def test_what_cannot_be_animated(redblue):
    model, x = redblue
    given = hm.GaussianMixture.from_parameters(weights=[0.5, 0.5], means=[[1.0], [9.0]], covariances=[[[1.0]], [[1.0]]])
    with pytest.raises(hm.HiddenmixError, match="HM421"):
        animate(given, x)
    levels = pd.DataFrame({"a": list("xyxyxyyx") * 5, "b": list("uvvuuvuv") * 5})
    with pytest.raises(hm.HiddenmixError, match="HM416"):
        animate(hm.CategoricalMixture(2, random_state=0, n_init=1).fit(levels), levels)
    with pytest.raises(hm.HiddenmixError, match="HM410"):
        animate(model)
    with pytest.raises(hm.HiddenmixError, match="HM403"):
        animate(model, x, most=3)
    with pytest.raises(hm.HiddenmixError, match="HM415"):
        animate(model, x).save("a.mp4")
    with pytest.raises(hm.HiddenmixError, match="HM403"):
        animate(model, x).save("a.gif", fps=0)


def test_module_and_function_do_not_collide():
    """`hm.plot.animate` is the function, whichever name of the package was asked for first."""
    assert hm.plot.Animation is Animation
    assert callable(hm.plot.animate)
    assert HistoryDisplay is hm.plot.HistoryDisplay
