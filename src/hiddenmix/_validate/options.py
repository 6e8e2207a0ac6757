"""Options: one of some words, or a number in a range."""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection

from hiddenmix._errors import HiddenmixError, HiddenmixTypeError

__all__ = ["check_number", "check_word"]


def check_word(name: str, value: object, words: Collection[str]) -> None:
    """Require one of some words; HM401 otherwise."""
    if not isinstance(value, str) or value not in words:
        raise HiddenmixError("HM401", f"{name} cannot be {value!r}", f"one of {', '.join(map(repr, words))}")


def check_number(name: str, value: object, least: float, whole: bool = False) -> None:
    """Require a finite number of at least `least`; HM403 otherwise."""
    kind = numbers.Integral if whole else numbers.Real
    what = f"a {'whole ' if whole else ''}number of at least {least:g}"
    if not isinstance(value, kind) or isinstance(value, bool):
        raise HiddenmixTypeError("HM403", f"{name} must be {what}; got {value!r}", f"{name}={max(least, 1):g}")
    if not math.isfinite(float(value)) or float(value) < least:
        raise HiddenmixError("HM403", f"{name} must be {what}; got {value!r}", f"{name}={max(least, 1):g}")
