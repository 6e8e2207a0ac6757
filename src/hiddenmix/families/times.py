"""Times until an event, some of which are not over yet: right-censored data."""

from __future__ import annotations

from typing import Any

import numpy as np

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix._validate.support import Support, check_support
from hiddenmix._xp import is_numpy
from hiddenmix.families._base import columns


@record
class Times:
    """Times, and whether they ended in the event (1) or were still going when last seen (0): both (n, d).

    Where an event is 0, the time until it is longer than the one given (right-censored), for a reason that tells
    nothing else of it. NaN in both is a missing cell.
    """

    time: Array
    event: Array


def times_of(x: Any) -> tuple[Array, Array, Array]:
    """Times, with 1 in missing cells; events, with 0 there; and which cells are observed: all (n, d).

    An array is times that all ended in the event.
    """
    if not isinstance(x, Times):
        time = np.asarray(columns(x), dtype=float)
        seen = ~np.isnan(time)
        return np.where(seen, time, 1.0), seen.astype(float), seen
    time, event = (np.asarray(columns(part), dtype=float) for part in (x.time, x.event))
    seen = ~(np.isnan(time) | np.isnan(event))
    return np.where(seen, time, 1.0), np.where(seen, event, 0.0), seen


def refuse_times(x: Any, support: Support | None) -> None:
    """Require times of this kind and events of 0 or 1.

    Raises
    ------
    HiddenmixError : HM139 events other than 0 and 1, and times as `check_support`
    """
    if not isinstance(x, Times) or not is_numpy(x.time):
        return
    if np.shape(x.time) != np.shape(x.event):
        what = f"times have shape {np.shape(x.time)}, but events {np.shape(x.event)}"
        raise HiddenmixError("HM139", what, "Times(time, event), one event for each time")
    if support is not None:
        check_support(np.asarray(columns(x.time), dtype=float), support)
    event = np.asarray(x.event, dtype=float)
    wrong = ~(np.isnan(event) | (event == 0) | (event == 1))
    if wrong.any():
        what = f"an event is {event[wrong][0]:g}; it is 1 where the time ended in the event, and 0 where it did not"
        raise HiddenmixError("HM139", what, "Times(time, event == code) for another code; NaN where it is not known")


__all__ = ["Times", "refuse_times", "times_of"]
