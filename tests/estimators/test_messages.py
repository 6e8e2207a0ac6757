"""Every error at the border names the literal fix."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hiddenmix as hm
from hiddenmix import _validate
from hiddenmix.estimators import own
from hiddenmix.estimators._verdict import warnings_of
from hiddenmix.families import precision

CODED = {"HiddenmixError", "HiddenmixTypeError", "HiddenmixWarning", "ConvergenceWarning"}
FILES = [
    *sorted(Path(own.__file__).parent.glob("*.py")),
    *sorted(Path(_validate.__file__).parent.glob("*.py")),
    Path(precision.__file__),
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_error_has_a_help(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    coded = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in CODED]
    assert [call.lineno for call in coded if len(call.args) + len(call.keywords) < 3] == []


@pytest.mark.parametrize(
    ("act", "code", "fix"),
    [
        (lambda x: hm.GaussianMixture(2.5).fit(x), "HM402", "1, 2, 3, ..."),
        (lambda x: hm.GaussianMixture(1).fit(x, sample_weight=[[1.0]] * len(x)), "HM121", "np.ravel(sample_weight)"),
        (lambda x: hm.GaussianMixture(1).fit(x[:0]), "HM110", "1 or more rows"),
        (lambda x: hm.PoissonMixture(1).fit(x), "HM125", "counts themselves"),
        (lambda x: hm.BinomialMixture(1, trials=0).fit(x.round()), "HM127", "trials=None"),
        (lambda x: hm.GaussianMixture(1).fit(x).predict(x[:, :1]), "HM502", "2 columns"),
        (lambda x: hm.GaussianMixture(1).fit(x).marginal([]), "HM410", "marginal([0])"),
        (lambda x: hm.GaussianMixture(1, n_jobs=0).fit(x), "HM403", "n_jobs=-1"),
        (lambda x: hm.GaussianMixture.from_parameters([1.0], [0.0], [[[1.0]]]), "HM404", "reshape(-1, 1)"),
        (lambda x: hm.GaussianMixture.from_parameters([1.0], [[0.0]], [1.0]), "HM404", "covariances.reshape(1, 1, 1)"),
    ],
)
def test_the_fix_is_literal(act, code, fix):
    x = [[0.0, 1.5], [1.0, 2.5], [2.5, 0.0], [4.0, 7.0], [1.5, 3.5]]
    with pytest.raises(hm.HiddenmixError, match=code) as caught:
        act(hm.datasets.faithful().data[:20] if code != "HM125" else x)
    assert fix in caught.value.help


class TestAnyFamily:
    def test_estimates_of_columns_are_headed_by_their_names(self):
        rng = np.random.default_rng(0)
        x = pd.DataFrame({"wait": rng.gamma(2, 1, 60), "size": rng.gamma(3, 5, 60)})
        told = hm.MixtureModel(hm.Gamma(), 1).fit(x).summary()
        assert "shape wait  shape size  rate wait  rate size" in " ".join(told.split("\n")).replace("   ", "  ")

    def test_a_spurious_component_is_told_what_its_family_can_do(self):
        found = hm.fit(hm.Mixture(hm.Poisson(), 1), np.array([[1.0], [2.0], [4.0]]))
        flagged = [replace(found, spurious=(0,))]
        flagged += [replace(each, spurious=(0,)) for each in (
            hm.fit(hm.Mixture(hm.Normal(), 1), np.array([[1.0], [2.0], [4.0]])),
            hm.fit(hm.Mixture(hm.Product([hm.Poisson(), hm.Normal()], [[0], [1]]), 1),
                   np.array([[1.0, 2.0], [2.0, 2.5], [4.0, 1.0]])),
        )]  # fmt: skip
        helps = [next(w for w in warnings_of(each, 100, 1e-6) if w.code == "HM304").help for each in flagged]
        assert ["covariance_type" in told for told in helps] == [False, True, True]
