"""Every start is kept and told apart: what it reached, whether it was raced out, how often each optimum was reached."""

import numpy as np
import pytest
from tests.engine.support import blobs, mixture, same

import hiddenmix as hm

X = hm.datasets.galaxies().data / 1000  # three components: optima at -203.18, -209.73 and -212.08


@pytest.fixture(scope="module")
def finished():
    return hm.fit(mixture(), X, starts=20, rng=0, race=False)


@pytest.fixture(scope="module")
def raced():
    return hm.fit(mixture(), X, starts=20, rng=0)


def test_race_false_finishes_all(finished):
    assert {start.status for start in finished.starts} == {hm.Status.CONVERGED}
    assert all(start.optimum is not None for start in finished.starts)
    assert sum(count for _, count in finished.optima) == 20


def test_optima_are_numbered_from_the_best(finished):
    objectives = [objective for objective, _ in finished.optima]
    assert objectives == pytest.approx([-203.179, -209.734, -212.081], abs=1e-2)
    assert objectives == sorted(objectives, reverse=True)
    for start in finished.starts:
        assert start.objective == pytest.approx(objectives[start.optimum], abs=1e-3)
    for number, (_, count) in enumerate(finished.optima):
        assert count == sum(start.optimum == number for start in finished.starts)


def test_starts_are_listed_in_their_order(finished):
    assert [start.index for start in finished.starts] == list(range(20))
    assert [start.how for start in finished.starts][:4] == ["kmeans", "k-means++", "random_from_data", "kmeans"]


def test_the_best_is_the_result(finished):
    best = max(finished.starts, key=lambda start: start.objective)
    assert same(best.params, finished.params)
    assert best.optimum == 0
    assert best.loglik == finished.loglik
    assert best.iterations == finished.iterations


def test_raced_out_starts_are_no_optima(raced, finished):
    out = [start for start in raced.starts if start.status is hm.Status.RACED_OUT]
    assert len(out) == 12  # 0.4 of 20 finish
    assert all(start.optimum is None for start in out)
    assert all(start.iterations == 12 for start in out)
    assert sum(count for _, count in raced.optima) == 8
    assert raced.loglik == pytest.approx(finished.loglik, rel=1e-13)  # the best of those that tie but for rounding


def test_those_raced_out_were_behind(raced):
    at_the_cut = {}

    def watch(step):
        at_the_cut.setdefault(step.iteration, []).append(step.objective)

    hm.fit(mixture(), X, starts=20, rng=0, callback=watch)
    out = [start.objective for start in raced.starts if start.status is hm.Status.RACED_OUT]
    places = sorted(at_the_cut[12], reverse=True)
    assert sorted(out, reverse=True) == places[-12:]


def test_few_starts_do_not_race():
    result = hm.fit(mixture(), X, starts=3, rng=0)
    assert hm.Status.RACED_OUT not in {start.status for start in result.starts}


def test_the_order_of_components_makes_no_other_optimum():
    x = np.concatenate([blobs(60, d=1, k=1) + shift for shift in (0, 7, 15)])
    first = hm.fit(mixture(), x, starts=6, rng=1, race=False)
    orders = {tuple(np.argsort(start.params.components.mean[:, 0])) for start in first.starts}
    best = [start for start in first.starts if start.optimum == 0]
    assert len(orders) > 1
    assert len(best) > 1


def test_optima_on_the_boundary_are_not_told_apart_by_how_near_they_came():
    """Probabilities of 1e-8 and of 1e-11 are the same optimum, although their log-odds are far apart."""

    class AtOnce(hm.Iterations):
        converges = True

    rng = np.random.default_rng(0)
    chances = np.array([[0.0, 0.9, 0.5, 0.8], [0.9, 0.1, 0.6, 0.3]])
    x = np.concatenate([rng.binomial(1, p, (60, 4)) for p in chances]).astype(float)
    model = hm.Mixture(hm.Binomial(1), 2)
    near = hm.fit(model, x, hm.MixtureParams([0.5, 0.5], hm.BinomialParams(chances)), stop=hm.Iterations(2000)).params
    tiny = iter([1e-8, 1e-9, 1e-11, 1e-10])

    def start(model, data, rng):
        p = near.components.p.copy()
        p[0, 0] = next(tiny)
        return hm.MixtureParams(near.weights, hm.BinomialParams(p))

    result = hm.fit(model, x, starts=4, how=start, race=False, stop=AtOnce(1), certificate="off")
    assert near.components.p[0, 0] == 0
    assert np.ptp(np.log([start.params.components.p[0, 0] for start in result.starts])) > 6
    assert [count for _, count in result.optima] == [4]


def test_equal_objectives_at_different_parameters_are_two_optima():
    """Four clusters on the corners of a square, two components: one corner against the rest, whichever it is."""
    rng = np.random.default_rng(0)
    quarter = rng.standard_normal((25, 2)) * 0.7 + 2
    x = np.concatenate([quarter * [sx, sy] for sx in (1, -1) for sy in (1, -1)])
    x = np.concatenate([x, x[:, ::-1]])
    result = hm.fit(mixture("spherical", k=2), x, starts=16, how="random_from_data", rng=0, race=False)
    (a, _), (b, _), *_ = result.optima
    assert a == pytest.approx(b, rel=1e-7)
    best, other = (next(s.params for s in result.starts if s.optimum == number) for number in (0, 1))
    corners = [params.components.mean[np.argmin(params.weights)] for params in (best, other)]
    assert np.abs(corners[0] - corners[1]).max() > 4


def test_called_back_when_those_that_won_the_race_are_spurious():
    """Galaxies with six components: what is ahead after twelve iterations ends on two rows."""
    result = hm.fit(mixture(k=6), X, starts=20, rng=1)
    ended = [start for start in result.starts if start.status.finished]
    assert sum(not start.spurious for start in ended) == 1
    assert result.spurious == ()
    assert result.status.finished
