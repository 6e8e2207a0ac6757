"""What tests of data from users ask: the error that a call must raise, and what an inspection says of columns."""

import pytest

from hiddenmix._errors import HiddenmixError


def refusal(code, call, *args, **options):
    """The error that the call must raise, checked for its code."""
    with pytest.raises(HiddenmixError) as caught:
        call(*args, **options)
    assert caught.value.code == code, caught.value
    return caught.value


def uses(inspection):
    return {column.name: (column.kind, column.use) for column in inspection.columns}


def column(inspection, name):
    return next(c for c in inspection.columns if c.name == name)
