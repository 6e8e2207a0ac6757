"""What a report says of the end of a fit: for every certificate and status, and where the course is not known."""

from dataclasses import replace

import pytest

import hiddenmix as hm
from hiddenmix.engine.result import Certificate, Status
from hiddenmix.report._findings import Findings
from hiddenmix.report._trust import CHECKED, ENDED, trust

POINTS = {
    Certificate.MAXIMUM: "converged to a local maximum.",
    Certificate.BOUNDARY: "a maximum on the boundary",
    Certificate.SADDLE: "stopped at a saddle, which is no maximum",
    Certificate.FLAT: "the log-likelihood is flat in some direction",
    Certificate.UNCHECKED: "whether to a maximum was not checked",
}


@pytest.fixture(scope="module")
def fitted():
    """Two clear groups, in which all starts end at the same point."""
    X = hm.datasets.faithful().data
    return X, hm.GaussianMixture(2, n_init=3, random_state=0).fit(X)


def told(X, model, **changes):
    """The sentences, and the whole text, of a fit that ended otherwise."""
    own = hm.GaussianMixture(2).set_params(**model.get_params())
    vars(own).update(vars(model))
    facts = {name: value.value for name, value in changes.items()}
    own._fitted = replace(model._fitted, facts=replace(model._fitted.facts, **facts))
    own.result_ = replace(model.result_, **changes)
    return list(trust(Findings.of(own, X))), hm.report.of(own, X, pictures=False).markdown()


@pytest.mark.parametrize("point", Certificate)
def test_every_certificate_has_its_words(fitted, point):
    sentences, text = told(*fitted, certificate=point)
    assert POINTS[point] in sentences[0]
    assert sentences[1] == "All of the 3 starts that finished ended there."
    assert ENDED[point] in text
    assert CHECKED[point] in text
    assert "  " not in text.split("##")[1]
    assert all(POINTS[other] not in sentences[0] for other in Certificate if other is not point)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.ITERATION_LIMIT, "it stopped at the iteration limit."),
        (Status.STOPPED, "it was stopped by the callback."),
        (Status.DECREASED, "it stopped because the objective fell, which exact EM never does."),
        (Status.NOT_FINITE, "it stopped because the log-likelihood was no longer a finite number."),
    ],
)
def test_what_has_not_converged_names_no_point(fitted, status, words):
    (sentence, *_), text = told(*fitted, status=status)
    assert sentence == f"The fit has not converged: {words}"
    assert "ended there" not in text
    verb = "was stopped" if status is Status.STOPPED else "stopped"
    assert f"iterations the climb {verb}" in text


def test_how_many_starts_ended_there(fitted):
    X, model = fitted
    for optima, words in (((0, 1), "1 of the 2"), ((0, 0), "Both"), ((0, 0, 1), "2 of the 3"), ((0, None, None), None)):
        starts = [replace(model.result_.starts[0], optimum=at, objective=-float(at or 0)) for at in optima]
        own = hm.GaussianMixture(2).set_params(**model.get_params())
        vars(own).update(vars(model))
        own.result_ = replace(model.result_, starts=tuple(starts))
        sentences = list(trust(Findings.of(own, X)))
        ended = [sentence for sentence in sentences if "ended there" in sentence]
        assert ended == ([] if words is None else [f"{words} starts that finished ended there."])


def test_facts_are_told_where_the_course_is_not_known(fitted):
    X, model = fitted
    own = hm.GaussianMixture(2).set_params(**model.get_params())
    vars(own).update({name: value for name, value in vars(model).items() if name != "result_"})
    report = hm.report.of(own, X, pictures=False)
    assert list(trust(Findings.of(own, X))) == [ENDED[Certificate.MAXIMUM]]
    assert CHECKED[Certificate.MAXIMUM] in report.markdown()
    assert "nothing was fitted" not in report.markdown()
    assert "  " not in report.document.sections[0].blocks[0].text
