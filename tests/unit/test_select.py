"""Model selection: criteria by hand, a grid that swallows nothing, and what two criteria disagree about."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm
from tests.engine.support import blobs

import hiddenmix as hm
from hiddenmix.engine.result import Status
from hiddenmix.select import Candidate, Criteria, Selection, criteria, criteria_and_sizes, disagreement, search

WEIGHTS, MEANS, SDS = np.array([0.3, 0.7]), np.array([-1.0, 1.5]), np.array([1.0, 0.5])
PARAMS = hm.MixtureParams(WEIGHTS, hm.NormalParams(MEANS[:, None], hm.families.shapes.Full(SDS[:, None, None])))
NOW = SimpleNamespace(status=Status.CONVERGED, spurious=(), reason="")


def by_hand(x, w):
    """Criteria of `PARAMS` for complete rows `x` (n,) with weights `w` (n,)."""
    joint = WEIGHTS * norm.pdf(x[:, None], MEANS, SDS)
    resp = joint / joint.sum(axis=1, keepdims=True)
    deviance, free, n = -2 * w @ np.log(joint.sum(axis=1)), 5, w.sum()
    bic = deviance + free * np.log(n)
    entropy = -(w[:, None] * resp * np.log(resp)).sum()
    return {
        "loglik": -deviance / 2,
        "n_parameters": free,
        "n": n,
        "aic": deviance + 2 * free,
        "bic": bic,
        "icl": bic + 2 * entropy,
        "icl_hard": bic - 2 * w @ np.log(resp.max(axis=1)),
    }, np.bincount(np.argmax(resp, axis=1), w, 2)


def test_criteria_by_hand():
    x = np.random.default_rng(0).normal(0, 2, 50)
    w = np.random.default_rng(1).integers(1, 4, 50).astype(float)
    expected, sizes = by_hand(x, w)
    model = hm.Mixture(hm.Normal(), 2)
    found, found_sizes = criteria_and_sizes(model, PARAMS, hm.Rows(x[:, None], w))
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-12), name
    np.testing.assert_array_equal(found_sizes, sizes)
    assert criteria(model, PARAMS, hm.Rows(x[:, None], w)).icl == found.icl
    assert found["icl"] == found.icl
    with pytest.raises(hm.HiddenmixError, match="HM401"):
        found["evidence"]


def test_rows_without_a_value_say_nothing():
    x = np.random.default_rng(0).normal(0, 2, 50)
    expected, sizes = by_hand(x, np.ones(50))
    found, found_sizes = criteria_and_sizes(
        hm.Mixture(hm.Normal(), 2), PARAMS, hm.Rows(np.append(x, [np.nan] * 5)[:, None])
    )
    for name, value in expected.items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-12), name
    np.testing.assert_array_equal(found_sizes, sizes)


def test_criteria_are_of_the_plain_likelihood():
    x = blobs(80, k=2)
    result = hm.fit(hm.Mixture(hm.Normal(prior="conjugate", reg_covar=0.5), 2), x, rng=0)
    family = hm.Normal()
    expected = hm.Mixture(family, 2).e_step(result.params, hm.Rows(x).sample(np.random.default_rng(0), 80))[0]
    assert criteria(result.model, result.params, hm.Rows(x)).loglik == pytest.approx(expected, rel=1e-12)


def build(k, shape):
    return hm.Mixture(hm.Normal(shape or "full"), k)


def names(candidates):
    return [c.name for c in candidates]


def test_a_grid_of_everything():
    found = search(build, blobs(120, k=2, seed=2), range(1, 4), ["full", "tied", "diag"], starts=3, rng=0)
    assert names(found.candidates) == [
        "full,1", "diag,1", "full,2", "tied,2", "diag,2", "full,3", "tied,3", "diag,3"
    ]  # fmt: skip
    for criterion in ("icl", "bic", "aic", "icl_hard"):
        values = [c.criteria[criterion] for c in found.ranking(criterion)]
        assert values == sorted(values)
    assert found.best is found.ranking()[0] is found.ranking("icl")[0]
    assert {*names(found.ranking()), *names(found.failures)} == set(names(found.candidates))


def test_one_tied_component_is_tried_where_nothing_else_is_the_same():
    x = blobs(60, k=2)
    assert names(search(build, x, [1, 2], ["tied", "diag"], rng=0).candidates)[:2] == ["tied,1", "diag,1"]
    assert names(search(build, x, [1], ["", "tied"], rng=0).candidates) == ["1", "tied,1"]


def test_failures_are_kept_with_their_reason():
    def some(k, shape):
        if k == 2:
            raise hm.HiddenmixError("HM410", "two is not allowed", "one, or three")
        return build(k, shape)

    twins = np.repeat(blobs(4, k=2), 10, axis=0)  # four places: four components collapse on them
    found = search(some, twins, [1, 2, 4], starts=2, rng=0)
    assert names(found.ranking()) == ["1"]
    refused, collapsed = found.failures
    assert refused.failure.code == "HM410"
    assert refused.result is None
    assert collapsed.criteria is None
    assert collapsed.result.status is Status.COLLAPSED
    assert "collapsed" in collapsed.result.reason


def test_nothing_sound_is_an_error_that_tells_all():
    twins = np.repeat(blobs(4, k=2), 10, axis=0)
    found = search(build, twins, [4, 50], starts=2, rng=0)
    with pytest.raises(hm.HiddenmixError, match=r"(?s)HM206") as caught:
        _ = found.best
    assert "4: component" in caught.value.message
    assert "50: " in caught.value.message
    assert found.ranking() == []
    assert found.lines() == []


def test_what_few_rows_carry_is_not_chosen():
    x = np.concatenate([blobs(60, k=1), [[30.0, 30.0], [30.1, 30.0], [30.0, 30.2]]])
    found = search(build, x, [1, 2], starts=4, rng=0, criterion="aic")
    assert found.candidates[1].result.spurious
    assert not found.candidates[1].sound
    assert found.best.n_components == 1
    with pytest.raises(hm.HiddenmixError, match="carried by too few rows"):
        _ = Selection(found.candidates[1:], "aic").best


def test_a_callback_that_stops_a_climb_ends_the_search():
    seen = []

    def stop(step):
        seen.append(step.iteration)
        return len(fits()) == 2

    def fits():
        return [i for i in seen if i == min(seen)]

    found = search(build, blobs(100, k=3), [1, 2, 3, 4], starts=1, rng=0, callback=stop)
    assert names(found.candidates) == ["1", "2"]
    assert found.candidates[-1].result.status is Status.STOPPED


def test_seeds_make_it_reproducible():
    x = blobs(100, k=3, apart=1.0)
    runs = [search(build, x, [1, 2, 3], ["full", "diag"], starts=2, rng=rng) for rng in (7, 7, 8)]
    values = [[c.criteria.loglik if c.criteria else None for c in run.candidates] for run in runs]
    starts = [[s.objective for c in run.candidates for s in c.result.starts] for run in runs]
    assert values[0] == values[1]
    assert starts[0] == starts[1]
    assert starts[0] != starts[2]


def candidate(k, shape="", **values):
    filled = dict.fromkeys(("loglik", "n_parameters", "n", "aic", "bic", "icl", "icl_hard"), 0.0) | values
    return Candidate(k, shape, NOW, Criteria(**filled))


def test_lines_have_signs():
    grid = (
        candidate(3, "tied", icl=10.0, bic=-5.0),
        candidate(2, "full", icl=8.0, bic=-4.96),
        candidate(4, "diag", icl=30.25, bic=1.5),
        candidate(5, "diag", icl=99.0, bic=99.0),
        Candidate(6, "diag", None, None, hm.HiddenmixError("HM202", "6 components need at least 6 rows")),
    )
    first, second = Selection(grid, "icl").lines()
    assert first == "ICL   full,2  0.0 |  tied,3  +2.0 |  diag,4  +22.2        (lower is better)"
    assert second == "BIC   tied,3  0.0 |  full,2  +0.0 |  diag,4  +6.5"
    assert Selection(grid, "icl").lines(top=1) == ["ICL   full,2  0.0        (lower is better)", "BIC   tied,3  0.0"]
    assert Selection(grid, "bic").best is grid[0]
    assert Selection(grid, "icl").failures == grid[4:]


def three_groups():
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(-20, 1, (60, 1)), rng.normal(0, 1, (60, 1)), rng.normal(4, 1, (60, 1))])


def test_two_criteria_that_disagree_about_one_group():
    x = three_groups()
    found = search(build, x, [2, 3], starts=4, rng=0)
    two, three = found.candidates
    two = replace(two, criteria=replace(two.criteria, icl=0.0, bic=1.0))
    three = replace(three, criteria=replace(three.criteria, icl=1.0, bic=0.0))
    between = disagreement(Selection((two, three), "icl"), x)
    assert (between.chosen, between.other, between.criterion) == (two, three, "bic")
    few, many = two.result.params.components.mean[:, 0], three.result.params.components.mean[:, 0]
    assert between.split == np.argmax(few)
    assert set(between.into) == set(np.flatnonzero(many > -10))
    a, b = between.into
    resp = three.result.model.posterior(three.result.params, hm.Rows(x).sample(np.random.default_rng(0), len(x)))[1]
    contested = sum(2 * min(row[a], row[b]) for row in resp) / sum(row[a] + row[b] for row in resp)
    assert between.overlap == pytest.approx(contested)
    assert 0.0 < between.overlap < 0.2


def test_criteria_that_agree_or_differ_by_more_than_one_group():
    x = three_groups()
    one, two, three = search(build, x, [1, 2, 3], starts=4, rng=0).candidates
    assert disagreement(Selection((one, two, three), "bic"), x) is None
    one = replace(one, criteria=replace(one.criteria, icl=-1e6))
    far = disagreement(Selection((one, two, three), "icl"), x)
    assert (far.chosen, far.other.n_components) == (one, 3)
    assert (far.split, far.into, far.overlap) == (None, None, None)
    larger = replace(three, criteria=replace(three.criteria, icl=-1e6, bic=1e6))
    fewer = disagreement(Selection((two, larger), "icl"), x)
    assert (fewer.chosen, fewer.other, fewer.split) == (larger, two, None)
