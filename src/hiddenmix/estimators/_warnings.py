"""Warnings at the border between the library and its user."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from sklearn.exceptions import ConvergenceWarning as _ConvergenceWarning

from hiddenmix._errors import HiddenmixError, HiddenmixWarning

OURS = ("hiddenmix", "contextlib")  # the latter between our own frames


class ConvergenceWarning(HiddenmixWarning, _ConvergenceWarning):
    """A fit that deserves a second look; also a scikit-learn `ConvergenceWarning`."""


#: Where warnings go in this thread, or task, instead of out.
_collecting: ContextVar[list[HiddenmixWarning] | None] = ContextVar("collecting", default=None)


def warn(warning: HiddenmixWarning) -> None:
    """Warn at the line of the user's own code that called us, unless warnings are `collected`."""
    told = _collecting.get()
    if told is not None:
        told.append(warning)
        return
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in OURS:
        frame, level = frame.f_back, level + 1
    warnings.warn(warning, stacklevel=level)


@contextmanager
def collected() -> Iterator[list[HiddenmixWarning]]:
    """The library's own warnings in a list: those of this thread only, where `catch_warnings` is for all threads.

    What is collected does not pass through Python's filters.
    """
    told: list[HiddenmixWarning] = []
    before = _collecting.set(told)
    try:
        yield told
    finally:
        _collecting.reset(before)


def _same(text: str) -> str:
    return text


def in_words(*pairs: tuple[str, str]) -> AbstractContextManager[None]:
    """Let coded errors and warnings call things as this estimator does: each first text becomes the second."""

    def renamed(text: str) -> str:
        for old, new in pairs:
            text = text.replace(old, new)
        return text

    return reworded(renamed, renamed)


@contextmanager
def reworded(message: Callable[[str], str] = _same, help: Callable[[str], str] = _same) -> Iterator[None]:
    """Let coded errors and warnings say the same in other words."""
    before = _collecting.set(None)  # collected once they are reworded
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    except HiddenmixError as error:
        raise type(error)(error.code, message(error.message), help(error.help)) from None
    finally:
        _collecting.reset(before)
    for one in caught:
        if isinstance(one.message, HiddenmixWarning):
            given = one.message
            warn(type(given)(given.code, message(given.message), help(given.help)))
        else:
            warnings.warn(one.message, stacklevel=3)
