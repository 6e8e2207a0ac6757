"""The numbers of frames and scenes, computed again from the parameters with SciPy."""

import json
import math

import numpy as np
import pytest
from scipy import stats

import hiddenmix as hm


def moments(page, told, at):
    """Weights, means and covariances of a half-step, from the library's own parameters."""
    session = page.lab.sessions.get(told["session"])
    params = session.state(at).params
    found = session.run.segments[0].stepper.model.estimates(params)
    k, d = found["mean"].shape
    cov = found["covariance"]
    if session.config.shape in ("diag", "spherical"):
        cov = np.array([np.eye(d) * variances for variances in cov])
    return found["weights"], found["mean"], np.broadcast_to(cov, (k, d, d))


def test_memberships_curves_and_heights_on_a_line(page):
    told = page.open(data="galaxies", k=3, at=7)
    frame, scene = told["frame"], told["scene"]
    weights, mean, cov = moments(page, told, 7)
    x = hm.datasets.load("galaxies").data[:, 0]
    parts = weights * stats.norm(mean[:, 0], np.sqrt(cov[:, 0, 0])).pdf(x[:, None])
    assert scene["kind"] == "line"
    assert scene["points"]["x"] == [x.tolist()]
    np.testing.assert_allclose(np.array(frame["resp"]).T, parts / parts.sum(axis=1, keepdims=True), atol=5.1e-5)
    assert frame["loglik"] == pytest.approx(np.log(parts.sum(axis=1)).sum(), rel=1e-12)
    grid = np.array(frame["line"]["grid"])
    curves = weights * stats.norm(mean[:, 0], np.sqrt(cov[:, 0, 0])).pdf(grid[:, None])
    np.testing.assert_allclose(np.array(frame["line"]["curves"]).T, curves, atol=1e-5 * curves.max())
    assert [len(each["curves"]) for each in frame["older"]] == [3, 3, 3]
    assert [each["at"] for each in frame["older"]] == [0, 2, 4]
    older = moments(page, told, 2)
    earlier = older[0] * stats.norm(older[1][:, 0], np.sqrt(older[2][:, 0, 0])).pdf(grid[:, None])
    np.testing.assert_allclose(np.array(frame["older"][1]["curves"]).T, earlier, atol=1e-5 * earlier.max())


def test_a_line_of_several_columns_shows_the_margin(page):
    told = page.open(data="penguins", show=["body_mass_g"], at=5)
    frame = told["frame"]
    weights, mean, cov = moments(page, told, 5)
    grid = np.array(frame["line"]["grid"])
    curves = weights * stats.norm(mean[:, 3], np.sqrt(cov[:, 3, 3])).pdf(grid[:, None])
    np.testing.assert_allclose(np.array(frame["line"]["curves"]).T, curves, atol=1e-5 * curves.max())
    assert np.array(frame["means"])[:, 0] == pytest.approx(mean[:, 3])


@pytest.mark.parametrize("shape", ["full", "tied", "diag", "spherical"])
def test_ellipses_in_a_plane(page, shape):
    told = page.open(data="penguins", shape=shape, show=["flipper_length_mm", "bill_length_mm"], at=6)
    _, mean, cov = moments(page, told, 6)
    for j, ellipse in enumerate(told["frame"]["plane"]["ellipses"]):
        turn = math.radians(ellipse["angle"])
        axes = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        again = axes @ np.diag([ellipse["rx"] ** 2, ellipse["ry"] ** 2]) @ axes.T
        np.testing.assert_allclose(again, cov[j][np.ix_([2, 0], [2, 0])], rtol=1e-9, atol=1e-9)
        assert [ellipse["cx"], ellipse["cy"]] == pytest.approx(mean[j][[2, 0]])
        assert ellipse["rx"] >= ellipse["ry"] > 0


def test_the_table_tells_parameters_before_and_now(page):
    told = page.open(data="faithful", show=["waiting", "eruptions"], at=5)
    now, before = moments(page, told, 5), moments(page, told, 2)
    rows = {(row["parameter"], row["component"]): row for row in told["frame"]["table"]}
    for j in range(2):
        for moment, key in ((now, "now"), (before, "before")):
            weights, mean, cov = moment
            sd = np.sqrt(np.diag(cov[j]))
            assert rows["weight", j][key] == pytest.approx(weights[j])
            assert rows["mean of waiting", j][key] == pytest.approx(mean[j, 1])
            assert rows["standard deviation of eruptions", j][key] == pytest.approx(sd[0])
            assert rows["correlation", j][key] == pytest.approx(cov[j][0, 1] / sd[0] / sd[1])
        row = rows["mean of waiting", j]
        assert row["change"] == pytest.approx(row["now"] - row["before"], abs=1e-12)
        assert row["name"] == f"component {j + 1}"
    start = page.open(data="faithful")["frame"]
    assert all(row["before"] is None and row["change"] is None for row in start["table"])


def test_the_bound_touches_after_e_and_lies_below_after_m(page):
    _, do = page.run(data="faithful", k=3, seed=2)
    assert do("m")["bound"] is None
    for _ in range(6):
        frame = do("e")
        assert frame["bound"] == pytest.approx(frame["objective"], rel=1e-12)
        before = frame["objective"]
        frame = do("m")
        assert before <= frame["bound"] + 1e-9
        assert frame["bound"] <= frame["objective"] + 1e-9
        assert frame["objective"] > before


@pytest.mark.parametrize(("data", "axis"), [("coins", "probability:1:0"), ("redblue", "standard-deviation:0:0"),
                                            ("faithful", "weight:1"), ("penguins", "mean:2:1")])  # fmt: skip
def test_the_bound_along_a_parameter(page, data, axis):
    told, do = page.run(data=data)
    place = f"/api/session/{told['session']}/bound"
    none = page.get(f"{place}?at=0")
    assert "E-step" in none["none"]
    assert axis in [each["id"] for each in none["axes"]]
    for at, touching in ((3, True), (4, False)):
        do("go", at=at)
        curve = page.get(f"{place}?at={at}&axis={axis}")
        assert curve["axis"] == axis
        values, objective, bound = (np.array(curve[key]) for key in ("values", "objective", "bound"))
        assert np.all(np.diff(values) > 0)
        assert np.all(bound <= objective + 1e-9 * np.abs(objective))
        assert curve["touching"] is touching
        now = curve["now"]
        assert now["value"] in values
        frame = page.get(f"/api/session/{told['session']}/frame/{at}")["frame"]
        assert now["objective"] == pytest.approx(frame["objective"], rel=1e-12)
        assert now["bound"] == pytest.approx(frame["bound"], rel=1e-12)
        assert curve["top"]["y"] >= bound.max() - 1e-9


def test_a_parameter_that_there_is_not_gives_the_first(page):
    told = page.open(data="redblue", at=1)
    for axis in ("", "nothing", "mean:9:9", "%3Cscript%3E"):
        curve = page.get(f"/api/session/{told['session']}/bound?at=1&axis={axis}")
        assert curve["axis"] == curve["axes"][0]["id"] == "mean:0:0"
        assert curve["label"] == "mean, component 1"


def test_labels_and_colours_of_the_scene(page):
    scene = page.open(data="penguins", k=10)["scene"]
    data = hm.datasets.load("penguins")
    assert scene["known"]["species"]["levels"] == ["Adelie", "Chinstrap", "Gentoo"]
    assert scene["known"]["year"]["levels"] == ["2007", "2008", "2009"]
    rows = scene["points"]["row"]
    assert scene["known"]["sex"]["values"] == [data.labels["sex"][i] for i in rows]
    assert (scene["n"], scene["drawn"], scene["lacking"]) == (344, 342, 2)
    assert "2 rows lack a shown cell" in scene["notes"][0]
    assert len(set(zip(scene["colours"], scene["shapes"]))) == 10
    assert len(set(scene["colours"])) == 8


def test_the_sentence_counts_changed_colours(page):
    told, do = page.run(data="faithful", k=3, start="kmeans", seed=2)
    do("em")
    frame = do("em")
    x = hm.datasets.load("faithful").data
    shares = []
    for at in (1, 3):
        parts = [w * stats.multivariate_normal(m, c).pdf(x) for w, m, c in zip(*moments(page, told, at))]
        shares.append(np.array(parts) / np.sum(parts, axis=0))
    changed = int((np.abs(shares[1] - shares[0]).max(axis=0) > 0.05).sum())
    assert changed > 0
    assert f"E-step: {changed} of 272 points changed colour by more than 0.05" in frame["sentence"]
    assert f"touches the log-likelihood, {frame['loglik']:.3f}" in frame["sentence"]


def test_many_rows_are_all_fitted_and_a_sample_is_drawn(page):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1, 3000), rng.normal(5, 1, 2500)]).round(4)
    table = page.upload("x\n" + "\n".join(map(str, x)) + "\n")
    told = page.post("/api/session", {**table["config"], "at": 9})
    scene, frame = told["scene"], told["frame"]
    assert (scene["n"], scene["drawn"]) == (5500, 2000)
    rows = scene["points"]["row"]
    assert len(set(rows)) == 2000
    assert rows == sorted(rows)
    assert scene["points"]["x"][0] == x[rows].tolist()
    assert len(frame["resp"][0]) == 2000
    assert "drawn points" in frame["sentence"]
    run = hm.GaussianMixture(2, init_params="kmeans", random_state=0).steps(x[:, None])
    for _ in range(4):
        run.em()
    assert frame["loglik"] == run.loglik


def test_one_component(page):
    _, do = page.run(data="faithful", k=1)
    frame = do("end")
    assert frame["converged"]
    assert frame["resp"] == [[1.0] * 272]
    assert "weight" not in {row["parameter"] for row in frame["table"]}
    x = hm.datasets.load("faithful").data
    assert frame["means"][0] == pytest.approx(x.mean(axis=0))


def test_a_narrow_component_s_curve_has_its_peak(page):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1e-3, 50), rng.normal(50, 10, 50)])
    table = page.upload("x\n" + "\n".join(map(repr, x.tolist())) + "\n")
    frame = page.post("/api/session", {**table["config"], "at": 20})["frame"]
    tops = [max(curve) for curve in frame["line"]["curves"]]
    sd = [row["now"] for row in frame["table"] if row["parameter"] == "standard deviation"]
    peaks = np.array(frame["weights"]) / np.array(sd) / math.sqrt(2 * math.pi)
    np.testing.assert_allclose(tops, peaks, rtol=0.02)


def test_answers_are_json_without_nan(page, blobs):
    table = page.upload(blobs)
    for show in (["left"], ["left", "high"]):
        for at in (0, 1, 2, 9):
            told = page.post("/api/session", {**table["config"], "show": show, "at": at})
            json.dumps(told, allow_nan=False)
