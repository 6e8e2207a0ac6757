"""What the lab does, without the web: tables, sessions, and answers as the page gets them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from hiddenmix.lab._config import misunderstood, parse
from hiddenmix.lab._sheets import TITLES, Sheet
from hiddenmix.lab._store import Store
from hiddenmix.lab._tables import LIMIT, Incoming, Tables

if TYPE_CHECKING:
    from contextlib import ExitStack

    from hiddenmix.lab._run import State
    from hiddenmix.lab._session import Session

__all__ = ["Lab"]

Answer = dict[str, Any]
FIRST: Final = tuple(TITLES)  # data sets with a button of their own
INTRODUCED: Final = {
    "coins": "Which coin was tossed? Five sets of ten tosses, two coins.",
    "redblue": "Forty dots that lost their colours, on a line.",
    "faithful": "Eruptions of a geyser and the wait until the next.",
    "penguins": "Measurements of three species, the species hidden.",
}


class Lab:
    """Sessions and tables of one lab. Its methods may be called from many threads."""

    def __init__(
        self, sheet: Sheet | None = None, *, limit: int = LIMIT, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._opened, self._ended = sheet, threading.Event()
        self.tables, self.sessions = Tables(limit, stopped=self._ended.is_set), _sessions(clock)
        self._blas: ExitStack | None = None
        if sheet is not None and not sheet.builtin:
            self.tables.pin(sheet)

    def warm(self) -> None:
        """Load the library, which takes a second or two; BLAS in one thread, for sessions are the parallel part."""
        from contextlib import ExitStack

        from hiddenmix.engine.pools import single_threaded_blas
        from hiddenmix.lab import _curve, _frames, _script, _session  # noqa: F401
        from hiddenmix.plot import _bound  # noqa: F401

        with ExitStack() as stack:
            stack.enter_context(single_threaded_blas())
            self._blas = stack.pop_all()

    def stop(self) -> None:
        """Ask everything that is stepping to end."""
        self._ended.set()

    def close(self) -> None:
        """Remove the uploaded files."""
        self.stop()
        self.tables.close()
        if self._blas is not None:
            self._blas.close()
            self._blas = None

    def start(self) -> Answer:
        """What the page needs first."""
        from importlib.metadata import version

        from hiddenmix import datasets
        from hiddenmix.plot._colours import PALETTE, UNSURE

        others = [name for name in datasets.names() if name not in FIRST]
        return {
            "version": version("hiddenmix"),
            "palette": list(PALETTE),
            "unsure": UNSURE,
            "limit_mb": self.tables.limit / 1e6,
            "open": None if self._opened is None else {"data": self._opened.id},
            "examples": [_example(name, INTRODUCED[name]) for name in FIRST],
            "others": [_example(name, datasets.load(name).description) for name in others],
        }

    def upload(self, incoming: Incoming, name: str, missing: tuple[str, ...], columns: tuple[str, ...]) -> Answer:
        """A new table: what was understood of it, and what would be shown."""
        from hiddenmix.lab._settled import default_config

        sheet = self.tables.add(incoming, name, missing, columns)
        return {
            "table": sheet.id,
            "name": sheet.name,
            "n_rows": sheet.inspection.n_rows,
            "columns": sheet.chips(),
            "preview": sheet.preview,
            "config": default_config(sheet).plain(),
        }

    def open(self, value: object) -> Answer:
        """A new session for a configuration."""
        from hiddenmix.lab._frames import frame
        from hiddenmix.lab._session import Session

        config = parse(value)
        session = Session(config, self.tables.get(config.data), self._ended.is_set)
        with session.lock:
            told = {"scene": session.scene.plain(session.notes), "frame": frame(session, session.at)}
        return {"session": self.sessions.add(session), **told}

    def do(self, id: str, order: object) -> Answer:
        """One order in a session."""
        from hiddenmix.lab._frames import frame

        session = self.sessions.get(id)
        with session.lock:
            taken = session.order(order)
            return {"frame": frame(session, session.at, taken)}

    def frame(self, id: str, at: str) -> Answer:
        """Another half-step of a session."""
        from hiddenmix.lab._frames import frame

        session = self.sessions.get(id)
        with session.lock:
            return {"frame": frame(session, session.place(_half_step(at)))}

    def where(self, id: str, at: str | None) -> tuple[Session, State]:
        """A session, and its state at a half-step."""
        session = self.sessions.get(id)
        with session.lock:
            return session, session.state(session.at if at is None else session.place(_half_step(at)))

    def bound(self, session: Session, state: State, axis: str) -> Answer:
        """The lower bound along one parameter. It changes nothing, so that steps need not wait for it."""
        from hiddenmix.lab._curve import bound

        return bound(session, state, axis)

    def script(self, id: str, at: str | None) -> Answer:
        """The program for what is on the screen."""
        from hiddenmix.lab._script import script

        session = self.sessions.get(id)
        with session.lock:
            return {"script": script(session, session.at if at is None else session.place(_half_step(at)))}


def _sessions(clock: Callable[[], float]) -> Store[Session]:
    return Store(clock=clock)


def _half_step(text: str) -> int:
    """A half-step from an address."""
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise misunderstood(f"{text[:40]!r} is no half-step; they count from 0")
    return int(text)


def _example(name: str, text: str) -> Answer:
    return {"data": name, "title": TITLES.get(name, name.capitalize()), "text": text, "config": {"data": name}}
