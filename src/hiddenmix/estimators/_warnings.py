"""Warnings at the border between the library and its user."""

from __future__ import annotations

import sys
import warnings

from sklearn.exceptions import ConvergenceWarning as _ConvergenceWarning

from hiddenmix._errors import HiddenmixWarning


class ConvergenceWarning(HiddenmixWarning, _ConvergenceWarning):
    """A fit that deserves a second look; also a scikit-learn `ConvergenceWarning`."""


def warn(warning: HiddenmixWarning) -> None:
    """Warn at the line of the user's own code that called us."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "hiddenmix":
        frame, level = frame.f_back, level + 1
    warnings.warn(warning, stacklevel=level)
