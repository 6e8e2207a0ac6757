"""Figures in texts."""

import pytest

from hiddenmix.discover._words import percent


@pytest.mark.parametrize(
    ("share", "text", "about"),
    [
        (0.0, "0 %", "0 %"),
        (0.0004, "less than 0.1 %", "0 %"),
        (0.039, "3.9 %", "3.9 %"),
        (0.14, "14 %", "14 %"),
        (0.955, "95.5 %", "95.5 %"),
        (0.99996, "more than 99.9 %", "100 %"),
        (1.0, "100 %", "100 %"),
    ],
)
def test_percent(share, text, about):
    assert percent(share) == text
    assert percent(share, counted=False) == about
