"""Reports of comparisons and of hard subclasses, and what is missing without optional packages."""

import json
import subprocess
import sys

import numpy as np
import pytest
from tests.report.pages import sound

import hiddenmix as hm


@pytest.fixture(scope="module")
def comparison():
    rng = np.random.default_rng(0)
    groups = np.repeat([1, 2, 3], 40)
    kind = np.where(rng.random(120) < 0.05, "other", np.array(["", "a", "b", "c"])[groups])
    return hm.compare(groups, {"kind": kind, "coin": rng.choice(["heads", "tails"], 120)})


def test_of_a_comparison(comparison, tmp_path):
    report = comparison.report(tmp_path / "found.html")
    page = sound((tmp_path / "found.html").read_text(encoding="utf-8"))
    assert comparison.verdict in page.words()
    table = next(t for t in page.tables() if t[0][0] == "label")
    for row, labeling in zip(table[1:], comparison):
        assert row[0] == labeling.name
        assert float(row[1]) == pytest.approx(labeling.adjusted_rand, abs=6e-4)
        assert row[-1] == labeling.reading
    wrong = ", ".join(str(i) for i in comparison["kind"].disagree)
    assert f"kind: {len(comparison['kind'].disagree)} of 120 rows" in page.words()
    assert f"{wrong} (counted from 0)" in page.words()
    assert "coin: " not in page.words().partition("Rows that disagree")[2]
    assert [p.name for p in report.document.pictures] == ["labeling-1"]
    assert report.to_dict() == json.loads(json.dumps(comparison.to_dict()))


def test_a_comparison_without_a_path_writes_nothing(comparison, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert comparison.report(title="Mine").document.title == "Mine"
    assert list(tmp_path.iterdir()) == []


def test_of_hard_subclasses():
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(0, 1, (60, 2)), rng.normal(6, 1, (60, 2)), rng.normal(6.8, 1, (50, 2))]
    y = np.repeat(["a", "a", "b"], [60, 60, 50])
    found = hm.hard_subclasses(hm.MixtureDiscriminant(subclasses={"a": 2, "b": 1}, random_state=0), X, y, cv=3)
    report = hm.report.of(found)
    page = sound(report.html())
    table = page.tables()[0]
    assert [row[1] for row in table[1:]] == [s.name for s in found.subclasses]
    for row, s in zip(table[1:], found.subclasses):
        assert float(row[3]) == pytest.approx(s.wrong, abs=0.06)
        assert float(row[4].removesuffix(" %")) == pytest.approx(100 * s.error_rate, abs=0.6)
    assert "confusion" in page.text
    assert [s.name for s in found.hard]
    assert all(s.name in page.all("p")[1]["text"] for s in found.hard)


@pytest.mark.parametrize(("missing", "extra"), [("jinja2", "report"), ("matplotlib", "plot")])
def test_what_is_missing_is_named(missing, extra, monkeypatch):
    from hiddenmix.report import _html

    model = hm.GaussianMixture.from_parameters([0.5, 0.5], [[0.0], [9.0]], [[[1.0]], [[1.0]]])
    report = hm.report.of(model, [[0.0], [1.0], [8.0], [9.0]], pictures=missing == "matplotlib")
    _html._template.cache_clear()
    monkeypatch.setitem(sys.modules, missing, None)
    assert "form 2 groups" in report.markdown()
    with pytest.raises(hm.HiddenmixError) as caught:
        report.html()
    assert (caught.value.code, caught.value.help) == ("HM408", f'pip install "hiddenmix[{extra}]"')


def test_importing_it_is_cheap():
    code = "import sys, hiddenmix.report; hiddenmix.report.of; print({'matplotlib', 'jinja2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
