"""Every error at the border names the literal fix."""

import ast
from pathlib import Path

import pytest

import hiddenmix as hm
from hiddenmix import _validate
from hiddenmix.estimators import own
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
