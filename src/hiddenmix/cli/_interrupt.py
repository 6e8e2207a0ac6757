"""Ctrl-C asks a fit to end with the best so far; a second one ends the program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Asked:
    """Whether Ctrl-C was pressed. Calling it with anything answers, so that it serves as a callback."""

    def __init__(self) -> None:
        self.yes = False

    def __call__(self, *_: object) -> bool:
        """A true answer stops a climb or a search."""
        return self.yes


@contextmanager
def stop_on_interrupt() -> Iterator[Asked]:
    """Turn the first Ctrl-C into a wish while it lasts."""
    asked = Asked()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def note(signum: int, frame: FrameType | None) -> None:
        if asked.yes:
            raise KeyboardInterrupt
        asked.yes = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
