"""The estimator: starts, options, what it shows, outliers, files, missing cells, pictures' views."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import hiddenmix as hm
from hiddenmix.families.axes import axes
from hiddenmix.families.views import centres, ellipsoids


def tailed(n=300, seed=0):
    """Two groups with heavy tails, and five rows far out that belong to none."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.standard_t(4, (n, 2)), rng.standard_t(4, (n // 2, 2)) + 7])
    return np.vstack([x, rng.uniform(-300, 300, (5, 2))])


@pytest.fixture(scope="module")
def fitted():
    return hm.StudentMixture(2, random_state=0).fit(tailed())


def test_outliers_neither_drag_nor_make_a_component(fitted):
    assert fitted.converged_
    assert fitted.means_ == pytest.approx(np.array([[0.0, 0.0], [7.0, 7.0]]), abs=0.3)
    assert fitted.weights_ == pytest.approx([2 / 3, 1 / 3], abs=0.02)
    assert np.all(fitted.df_ < 6)
    weights = fitted.row_weights(tailed())
    assert weights[-5:].max() < 0.01 < 0.5 < np.median(weights)
    assert hm.GaussianMixture(2, random_state=0).fit(tailed()).weights_.min() < 0.03  # which spends one on them


def test_a_better_criterion_than_the_normal_s(fitted):
    assert fitted.bic(tailed()) < hm.GaussianMixture(2, random_state=0).fit(tailed()).bic(tailed()) - 200
    assert fitted.result_.model.n_free(fitted.result_.params) == 1 + 2 * (2 + 3 + 1)


def test_the_summary_names_degrees_of_freedom(fitted):
    text = fitted.summary()
    assert text.startswith("2 Student-t components each with its own ellipsoidal covariance (full, VVV)")
    assert "df" in text


def test_a_start_is_kept_and_may_give_everything():
    given = {"means_init": [[7.0, 7.0], [0.0, 0.0]], "scales_init": [np.eye(2)] * 2, "df_init": [3.0, 3.0]}
    model = hm.StudentMixture(2, weights_init=[0.4, 0.6], **given).fit(tailed())
    assert len(model.result_.starts) == 1
    assert model.means_ == pytest.approx(np.array([[7.0, 7.0], [0.0, 0.0]]), abs=0.3)
    stepper = hm.StudentMixture(2, weights_init=[0.4, 0.6], **given).steps(tailed())
    assert stepper.params.components.df.tolist() == [3.0, 3.0]
    one = hm.StudentMixture(2, means_init=given["means_init"], df=5).fit(tailed())
    assert one.df_.tolist() == [5.0, 5.0]
    assert one.means_ == pytest.approx(model.means_, abs=0.2)


def test_shared_degrees_of_freedom_and_shapes_are_ordered():
    """A restriction never makes the fit likelier."""
    x, start = tailed(), {"means_init": [[0.0, 0.0], [7.0, 7.0]]}
    free, shared, given = (
        hm.StudentMixture(2, **start, **more).fit(x).result_.loglik for more in ({}, {"shared_df": True}, {"df": 4.0})
    )
    assert free >= shared - 1e-6 >= given - 2e-6
    tied = hm.StudentMixture(2, covariance_type="tied", **start).fit(x)
    assert tied.covariances_.shape == (2, 2)
    assert tied.result_.loglik <= free + 1e-6


def test_prior_holds_what_equal_rows_would_close():
    x = np.concatenate([np.zeros(60), np.linspace(-3, 3, 40)])[:, None]
    model = hm.StudentMixture(1, prior="conjugate").fit(x)
    assert model.converged_
    assert model.covariances_[0, 0, 0] > 1e-4


def test_constant_columns_have_no_maximum():
    x = np.column_stack([np.arange(20.0), np.ones(20)])
    with pytest.raises(hm.HiddenmixError, match="column 1 is constant") as caught:
        hm.StudentMixture(1).fit(x)
    assert caught.value.code == "HM203"


def test_files_and_columns_keep_it(fitted, tmp_path):
    fitted.save(tmp_path / "t.hmx")
    again = hm.load(tmp_path / "t.hmx")
    assert again.score_samples(tailed()).tolist() == fitted.score_samples(tailed()).tolist()
    assert again.df_.tolist() == fitted.df_.tolist()


def test_missing_cells_and_a_range_of_components():
    x = tailed(200, seed=1)[:-5]
    x[np.random.default_rng(0).random(x.shape) < 0.1] = np.nan
    model = hm.StudentMixture(range(1, 4), shared_df=True, criterion="bic", random_state=0).fit(x)
    assert model.n_components_ == 2
    filled = model.conditional(x)
    assert np.isfinite(filled.mean()).all()
    assert np.array_equal(filled.mean()[~np.isnan(x)], x[~np.isnan(x)])
    assert (filled.sd()[np.isnan(x)] > 0).all()


def test_pictures_find_centres_and_ellipses(fitted):
    family, params = fitted.result_.model.family, fitted.result_.params.components
    assert np.array_equal(centres(family, params, 2), fitted.means_)
    assert ellipsoids(family, params)[1] == pytest.approx(fitted.covariances_)
    mean = axes(family, params)[0]
    moved = mean.at(1.5)
    assert moved.mean[0, 0] == mean.read(moved) == 1.5
    assert np.array_equal(moved.df, params.df)


# The checks fit tables with fewer rows than columns, for which hiddenmix warns.
@pytest.mark.filterwarnings("ignore::hiddenmix.HiddenmixWarning")
@parametrize_with_checks([hm.StudentMixture(df=4.0, covariance_type="diag")])
def test_check(estimator, check):
    check(estimator)
