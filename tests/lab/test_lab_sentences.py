"""What the sentences say is so: after drags, and on columns far from zero."""

import numpy as np
import pytest


def told(sentence, word):
    """The number after a word."""
    return float(sentence.split(word)[1].split()[0].rstrip(",.;"))


def test_equally_is_said_only_where_components_are_alike(page):
    _, do = page.run(data="redblue")
    do("move", component=0, to={"x": 30.0})
    frame = do("e")
    assert np.ptp(frame["resp"], axis=1).max() < 1e-3  # every point is the second component's
    assert "equally" not in frame["sentence"]
    _, do = page.run(data="redblue", start="same")
    frame = do("e")
    assert frame["resp"] == [[0.5] * 40] * 2
    assert "shared equally" in frame["sentence"]


def test_an_iteration_s_gain_is_that_since_the_drag(page):
    _, do = page.run(data="redblue", at=7)
    assert "gained" in do("e", at=6)["status"]
    do("move", at=6, component=0, to={"x": 6.5})
    assert "only begun" in do("e")["status"]
    frames = [do("em") for _ in range(3)]
    for frame in frames:
        assert told(frame["status"], "gained ") >= 0
    gain = frames[-1]["trace"][-1]["loglik"] - frames[-1]["trace"][-2]["loglik"]
    assert told(frames[-1]["status"], "gained ") == pytest.approx(gain, rel=0.01)


def test_a_mean_put_where_it_is_changes_nothing(page):
    _, do = page.run(data="redblue", at=4)
    before = do("go", at=4)
    frame = do("move", component=0, to={"x": before["means"][0][0]})
    assert frame["loglik"] == before["loglik"]
    assert f"the log-likelihood stays at {before['loglik']:.3f}" in frame["sentence"]
    moved = do("move", component=0, to={"x": before["means"][0][0] + 0.5})
    assert f"fell by {before['loglik'] - moved['loglik']:.3g} to {moved['loglik']:.3f}" in moved["sentence"]


@pytest.mark.parametrize(("middle", "spread"), [(1.7e9, 1000.0), (1e4, 1e-3), (-3e-7, 1e-9), (0.0, 1.0)])
def test_curves_far_from_zero_keep_their_grid(page, middle, spread):
    values = middle + spread * np.random.default_rng(0).normal(size=200)
    table = page.upload("t\n" + "\n".join(map(repr, values.tolist())) + "\n")
    frame = page.post("/api/session", {**table["config"], "at": 3})["frame"]
    grid = np.array(frame["line"]["grid"])
    assert len(np.unique(grid)) == len(grid) >= 241
    steps = np.diff(np.linspace(grid[0], grid[-1], 241))[0]
    even = np.linspace(grid[0], grid[-1], 241)
    apart = np.abs(grid[:, None] - even).min(axis=0)
    assert apart.max() < 0.01 * steps  # every even place is there
    np.testing.assert_allclose(np.trapezoid(np.sum(frame["line"]["curves"], axis=0), grid), 1.0, atol=0.02)
