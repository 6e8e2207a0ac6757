"""Coded errors and warnings: what happened, where, and the literal fix.

Every message that a person may see carries a code such as ``HM112``. Its entry in `CATALOGUE` teaches the
reason behind it; ``hiddenmix explain HM112`` prints that entry, and the documentation lists them all.
"""

from __future__ import annotations

from hiddenmix._catalogue import CATALOGUE, Explanation

__all__ = ["CATALOGUE", "Explanation", "HiddenmixError", "HiddenmixTypeError", "HiddenmixWarning"]


class _Coded:
    """What coded errors and warnings share: three texts, and how they read together."""

    code: str
    message: str
    help: str

    def __init__(self, code: str, message: str, help: str = "") -> None:
        if code not in CATALOGUE:
            raise KeyError(f"{code!r} is not in hiddenmix's catalogue of codes")
        # All three as positional arguments: that is what pickle and `copy` hand back to the constructor.
        super().__init__(code, message, help)  # type: ignore[call-arg]
        self.code = code
        self.message = message
        self.help = help

    def __str__(self) -> str:
        return f"{self.message}  [{self.code}]" + (f"\n  help: {self.help}" if self.help else "")


class HiddenmixError(_Coded, ValueError):
    """The data, an option or a file cannot be used, and the message says why.

    Parameters
    ----------
    code : a key of `CATALOGUE`
    message : what happened and where; further lines, if any, are indented by two spaces
    help : the literal fix, or nothing

    Raises
    ------
    KeyError : the code is not in the catalogue
    """


class HiddenmixTypeError(HiddenmixError, TypeError):
    """A `HiddenmixError` about the type of an argument rather than its value."""


class HiddenmixWarning(_Coded, UserWarning):
    """The work went on, but the result deserves a second look; same parts as `HiddenmixError`."""
