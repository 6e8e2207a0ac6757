"""Every promise, for every family and model that makes it."""

import pytest
from tests.contracts.registry import FAMILIES, MODELS

from hiddenmix.testing import FAMILY_CHECKS, MODEL_CHECKS, applies


def crossed(checks, cases):
    return [
        pytest.param(check, case, id=f"{name}-{check.__name__.removeprefix('check_')}")
        for name, case in cases.items()
        for check in checks
        if applies(check, case)
    ]


def ours(cases, part):
    """Those of the library itself, not of an example."""
    shipped = {name: case for name, case in cases.items() if part(case).__module__.startswith("hiddenmix.")}
    return [pytest.param(case, id=name) for name, case in shipped.items()]


@pytest.mark.parametrize(("check", "case"), crossed(FAMILY_CHECKS, FAMILIES))
def test_family(check, case):
    check(case)


@pytest.mark.parametrize(("check", "case"), crossed(MODEL_CHECKS, MODELS))
def test_model(check, case):
    check(case)


@pytest.mark.parametrize("case", ours(FAMILIES, lambda case: case.family))
def test_family_has_a_gradient(case):
    assert case.family.gradient(case.params, case.stats, case.params) is not None


@pytest.mark.parametrize("case", ours(MODELS, lambda case: getattr(case.model, "family", case.model)))
def test_model_has_a_gradient(case):
    stats = case.problem().evaluate(case.params).stats
    assert case.model.q_gradient(case.params, stats, case.params) is not None
