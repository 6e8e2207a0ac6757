"""The error that a picture must raise, checked for its code."""

import pytest

from hiddenmix._errors import HiddenmixError


def refused(code, function, *arguments, **options):
    with pytest.raises(HiddenmixError) as caught:
        function(*arguments, **options)
    assert caught.value.code == code
    return caught.value
