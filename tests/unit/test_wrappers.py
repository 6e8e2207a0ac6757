"""Classification EM, annealing and stochastic EM: what each promises besides the contracts."""

import numpy as np
import pytest
from scipy import stats
from tests.engine.support import blobs, holes, mixture, start

import hiddenmix as hm
from hiddenmix.engine.problem import Problem


def points(fit, x):
    """The component of each row, by its density times weight."""
    return np.argmax(fit.model.posterior(fit.params, next(hm.Rows(x).chunks()))[1], axis=1)


def lloyd(x, centres):
    """k-means, from its definition."""
    while True:
        labels = np.argmin(((x[:, None] - centres) ** 2).sum(axis=2), axis=1)
        moved = np.stack([x[labels == j].mean(axis=0) for j in range(len(centres))])
        if np.array_equal(moved, centres):
            return centres, labels
        centres = moved


@pytest.mark.parametrize("seed", range(3))
def test_with_equal_balls_it_is_k_means(seed):
    x = blobs(120, seed=seed)
    balls = hm.Hard(mixture("tied_spherical", weights="equal"))
    centres = np.random.default_rng(seed).choice(x, 3, replace=False)
    variance = hm.Normal("tied_spherical").shape.from_dense(4.0, 3)
    given = hm.MixtureParams(np.full(3, 1 / 3), hm.NormalParams(centres, variance))
    fit = hm.fit(balls, x, given, certificate="off")
    want, labels = lloyd(x, centres)
    np.testing.assert_allclose(fit.params.components.mean, want, atol=1e-9)
    np.testing.assert_array_equal(points(fit, x), labels)
    within = ((x - want[labels]) ** 2).mean()
    assert mixture("tied_spherical").family.estimates(fit.params.components)["covariance"] == pytest.approx(within)


def test_the_objective_is_the_classification_log_likelihood():
    x, params = blobs(80), start(blobs(80))
    weight = np.random.default_rng(0).uniform(0, 2, 80)
    got = Problem(hm.Hard(mixture()), hm.Rows(x, weight)).evaluate(params)
    dense = mixture().family.estimates(params.components)["covariance"]
    each = np.stack(
        [
            np.log(w) + stats.multivariate_normal(m, c).logpdf(x)
            for w, m, c in zip(params.weights, params.components.mean, dense)
        ]
    )
    assert got.loglik == pytest.approx(weight @ each.max(axis=0), rel=1e-12)
    sizes = np.bincount(each.argmax(axis=0), weight, minlength=3)
    np.testing.assert_allclose(got.stats.counts, sizes, rtol=1e-12)


def test_it_never_falls_and_ends_where_nothing_changes():
    x = holes(blobs(200, seed=4))[2:]
    x = x[~np.isnan(x).all(axis=1)]
    fit = hm.fit(hm.Hard(mixture()), x, start(x))
    assert fit.converged
    assert np.min(np.diff(fit.trace.objectives)) >= -1e-9
    complete = blobs(200, seed=4)
    fit = hm.fit(hm.Hard(mixture()), complete, start(complete))
    again = fit.model.m_step(fit.params, fit.point.stats)
    np.testing.assert_allclose(again.components.mean, fit.params.components.mean, rtol=1e-12)
    assert fit.trace.objectives[-1] == pytest.approx(fit.trace.objectives[-2], rel=1e-14)


def test_overlapping_groups_come_out_too_narrow():
    """The bias of the classification likelihood (Celeux & Govaert 1992), which EM does not have."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(-1, 1, 4000), rng.normal(1, 1, 4000)])[:, None]
    both = hm.MixtureParams(
        np.full(2, 0.5), hm.NormalParams(np.array([[-1.0], [1.0]]), hm.Normal("tied").shape.from_dense(np.eye(1), 2))
    )
    soft, hard = (hm.fit(m, x, both, certificate="off") for m in (mixture("tied", k=2), hm.Hard(mixture("tied", k=2))))
    np.testing.assert_allclose(np.sort(soft.params.components.mean[:, 0]), [-1, 1], atol=0.15)
    truth = np.sqrt(2 / np.pi) * np.exp(-0.5) + 1 - 2 * stats.norm.cdf(-1)  # E|x| of the two together
    np.testing.assert_allclose(np.sort(hard.params.components.mean[:, 0]), [-truth, truth], atol=0.1)


def test_no_standard_errors_without_a_likelihood():
    x = blobs(100)
    fit = hm.fit(hm.Hard(mixture()), x, start(x))
    with pytest.raises(hm.HiddenmixError, match="HM420"):
        fit.standard_errors()


@pytest.mark.parametrize("beta", [0.4, 1.0, 3.0])
def test_the_tempered_objective(beta):
    x, params = blobs(60), start(blobs(60))
    joint = mixture().family.log_prob(params.components, x) + np.log(params.weights)
    got = Problem(hm.Tempered(mixture(), beta), hm.Rows(x)).evaluate(params)
    assert got.loglik == pytest.approx(np.log(np.exp(beta * joint).sum(axis=1)).sum() / beta, rel=1e-12)


def test_temperatures_between_one_component_and_decided_rows():
    x, params = blobs(90), start(blobs(90))
    batch = next(hm.Rows(x).chunks())
    even = hm.Tempered(mixture(), 1e-9).e_step(params, batch)[1]
    np.testing.assert_allclose(even.counts, 30, rtol=1e-5)
    cold, hard = hm.Tempered(mixture(), 1e5).e_step(params, batch), hm.Hard(mixture()).e_step(params, batch)
    assert cold[0] == pytest.approx(hard[0], rel=1e-4)
    np.testing.assert_allclose(cold[1].counts, hard[1].counts, atol=1e-6)
    plain = mixture().e_step(params, batch)
    assert hm.Tempered(mixture(), 1.0).e_step(params, batch)[0] == pytest.approx(plain[0], rel=1e-14)


def test_annealing_forgets_a_bad_start():
    """Two of three round groups share a component, and one group has two: heat makes them meet and part again."""
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(c, 0.8, (100, 2)) for c in ([0, 0], [5, 0], [2.5, 5])])
    balls = mixture("tied_spherical")
    bad = hm.MixtureParams(
        np.full(3, 1 / 3),
        hm.NormalParams(np.array([[2.5, 5.1], [2.5, 4.9], [2.5, 0.0]]), balls.family.shape.from_dense(0.64, 3)),
    )
    plain = hm.fit(balls, x, bad, certificate="off")
    annealed = hm.anneal(balls, x, how=lambda *_: bad, schedule=(0.1, 0.2, 0.4, 0.6, 0.8, 1), rng=0)
    best = hm.fit(balls, x, starts=10, rng=0)
    assert annealed.certificate is hm.Certificate.MAXIMUM
    assert plain.objective < best.objective - 10
    assert annealed.objective == pytest.approx(best.objective, abs=1e-2)


@pytest.mark.parametrize("schedule", [(), (0.5,), (0.0, 1.0), (-1, 1), (np.nan, 1.0), (np.inf, 1.0)])
def test_schedules_end_at_one(schedule):
    with pytest.raises(hm.HiddenmixError, match="HM444"):
        hm.anneal(mixture(), blobs(60), schedule=schedule)


def test_temperature_above_zero():
    with pytest.raises(hm.HiddenmixError, match="HM444"):
        hm.Tempered(mixture(), 0.0)


def test_draws_follow_the_posterior_and_the_seed():
    x, params = blobs(100), start(blobs(100))
    batch = next(hm.Rows(x).chunks())
    drawing, plain = hm.Stochastic(mixture()), mixture()
    loglik, soft = plain.e_step(params, batch)
    draws = [drawing.e_step(hm.DrawnParams(params.weights, params.components, seed), batch) for seed in range(400)]
    assert draws[0][0] == pytest.approx(loglik, rel=1e-14)
    counts = np.array([s.counts for _, s in draws])
    assert np.all(counts.sum(axis=1) == 100)
    assert np.all(counts == np.round(counts))
    spread = np.sqrt((plain.posterior(params, batch)[1] * (1 - plain.posterior(params, batch)[1])).sum(axis=0))
    assert np.all(np.abs(counts.mean(axis=0) - soft.counts) < 4 * spread / 20)  # 400 draws
    np.testing.assert_allclose(counts.std(axis=0), spread, rtol=0.2)
    again = drawing.e_step(hm.DrawnParams(params.weights, params.components, 7), batch)[1]
    np.testing.assert_array_equal(again.counts, counts[7])
    assert drawing.m_step(hm.DrawnParams(params.weights, params.components, 7), again).seed == 8


def test_stochastic_em_keeps_the_best_and_never_says_converged():
    x = blobs(200, seed=1)
    fit = hm.fit(hm.Stochastic(mixture()), x, start(x), algorithm=hm.Best(), max_iter=60)
    assert fit.status is hm.Status.ITERATION_LIMIT
    assert fit.certificate is hm.Certificate.UNCHECKED
    assert fit.trace.objectives == sorted(fit.trace.objectives)
    onward = hm.fit(mixture(), x, fit.model.given(fit.params))
    assert 0 <= onward.objective - fit.objective < 5
    assert onward.converged


def test_the_same_seed_draws_the_same_with_threads_and_without():
    x = blobs(300, seed=2)
    given, rows = start(x), hm.Rows(x, chunk=50)
    one, other = (
        hm.fit(hm.Stochastic(mixture()), rows, given, pool=pool, max_iter=10, stop=hm.Iterations(10))
        for pool in (hm.Serial(), hm.Threads(3))
    )
    assert one.trace.objectives == other.trace.objectives


def test_draws_without_an_estimate_are_drawn_again():
    """A component that has next to nothing of twelve rows: most draws leave it too few."""
    x = blobs(12, k=1, seed=0)
    params = hm.DrawnParams(np.array([0.8, 0.2]), start(x, k=2).components, 0)
    drawing = hm.Stochastic(mixture(k=2))
    seen = set()
    for _ in range(30):
        before, params = params, drawing.m_step(params, drawing.e_step(params, next(hm.Rows(x).chunks()))[1])
        seen.add(params.components is before.components)
        assert params.seed == before.seed + 1
    assert True in seen


@pytest.mark.parametrize("wrap", [hm.Hard, hm.Stochastic, lambda m: hm.Tempered(m, 0.5)])
def test_other_models_are_refused(wrap):
    with pytest.raises(hm.HiddenmixTypeError, match="HM443"):
        wrap(hm.Single(hm.Normal()))


def test_annealing_another_model_is_refused():
    with pytest.raises(hm.HiddenmixTypeError, match="HM443"):
        hm.anneal(hm.Single(hm.Normal()), blobs(30))


def test_groups_are_decided_and_drawn_whole():
    x, groups = blobs(120, seed=5), np.repeat(np.arange(40), 3)
    params = start(x)
    batch = next(hm.Groups(x, groups).chunks())
    for model in (hm.Hard(mixture()), hm.Stochastic(mixture())):
        counts = model.e_step(params, batch)[1].counts
        assert counts.sum() == 40
        assert np.all(counts == np.round(counts))


# The estimators' names for them


def test_classification_em_by_name():
    x = blobs(200, seed=1)
    fitted = hm.GaussianMixture(3, algorithm="cem", random_state=0).fit(x)
    direct = hm.fit(hm.Hard(mixture()), x, fitted.result_.params)
    assert fitted.result_.objective == pytest.approx(direct.objective, abs=1e-6)
    density = hm.GaussianMixture.from_parameters(fitted.weights_, fitted.means_, fitted.covariances_)
    assert fitted.score(x) == pytest.approx(density.score(x), rel=1e-12)  # the density of the mixture
    assert fitted.result_.loglik < 200 * fitted.score(x)
    assert "classification EM" in fitted.summary()


def test_stochastic_em_by_name_ends_in_a_maximum():
    x = blobs(200, seed=1)
    fitted = hm.GaussianMixture(3, algorithm="sem", n_init=2, random_state=0).fit(x)
    again = hm.GaussianMixture(3, algorithm="sem", n_init=2, random_state=0).fit(x)
    assert fitted.converged_
    assert fitted.result_.certificate is hm.Certificate.MAXIMUM
    assert {s.how for s in fitted.result_.starts} == {"stochastic"}
    np.testing.assert_array_equal(fitted.means_, again.means_)


def test_split_merge_and_annealing_by_name():
    x = blobs(200, k=4, seed=1)
    plain = hm.GaussianMixture(4, n_init=1, init_params="random_from_data", random_state=0).fit(x)
    moved = hm.GaussianMixture(
        4, n_init=1, init_params="random_from_data", algorithm="split-merge", random_state=0
    ).fit(x)
    assert moved.result_.objective >= plain.result_.objective - 1e-3
    annealed = hm.PoissonMixture(2, init_params="annealing", n_init=2, random_state=0).fit(
        [[1], [2], [1], [9], [8], [9]]
    )
    assert annealed.converged_
    assert {s.how for s in annealed.result_.starts} == {"annealing"}


def test_search_over_numbers_of_components_with_classification_em():
    x = blobs(200, k=3, seed=1, apart=8.0)
    fitted = hm.GaussianMixture([2, 3, 4], algorithm="cem", n_init=3, random_state=0).fit(x)
    assert fitted.n_components_ == 3


def test_where_a_variant_does_not_apply():
    x = blobs(60)
    with pytest.raises(hm.HiddenmixError, match="HM401"):
        hm.HiddenMarkovModel(n_states=2, algorithm="cem").fit(hm.Sequences(x))
    answers = np.random.default_rng(0).integers(0, 2, (60, 4))
    for name in ("cem", "sem"):
        with pytest.raises(hm.HiddenmixTypeError, match="HM443"):
            hm.LatentClassModel(2, algorithm=name, n_init=1).fit(answers, covariates=x[:, :1])
