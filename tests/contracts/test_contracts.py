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


@pytest.mark.parametrize(("check", "case"), crossed(FAMILY_CHECKS, FAMILIES))
def test_family(check, case):
    check(case)


@pytest.mark.parametrize(("check", "case"), crossed(MODEL_CHECKS, MODELS))
def test_model(check, case):
    check(case)
