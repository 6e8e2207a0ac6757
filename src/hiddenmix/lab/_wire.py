"""The server on the wire: uvicorn, made to give up on whoever sends nothing. Needs uvicorn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["config"]

PATIENCE: Final = 20.0  # seconds for all of a call's head, and from one piece of its body to the next
MOST_CONNECTIONS: Final = 128  # a browser has six; some systems give a program 256 files


class Patient(H11Protocol):
    """HTTP that closes a connection where a call was begun, or never begun, and does not go on.

    While a call is worked on nothing is owed by the other side, and nothing is closed.
    """

    _late: asyncio.TimerHandle | None = None
    _owed = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a call."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take some bytes; those of a head do not buy more time, those of a body do."""
        super().data_received(data)
        self._wait()

    def on_response_complete(self) -> None:
        """Begin to wait for the next call."""
        super().on_response_complete()
        self._owed = ""
        self._wait()

    def _wait(self) -> None:
        working = self.cycle is not None and not self.cycle.response_complete
        owed = "head" if not working else "body" if self.cycle.more_body else ""
        if owed == self._owed == "head":
            return
        self._stop()
        self._owed = owed
        if owed and not self.transport.is_closing():
            self._late = self.loop.call_later(PATIENCE, self.transport.close)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def config(app: ASGIApp) -> uvicorn.Config:
    """How the lab is served."""
    options: dict[str, Any] = {
        "http": Patient, "ws": "none", "loop": "asyncio", "lifespan": "off", "proxy_headers": False,
        "server_header": False, "h11_max_incomplete_event_size": 64 * 1024, "limit_concurrency": MOST_CONNECTIONS,
        "log_config": None, "log_level": "error", "access_log": False,
    }  # fmt: skip
    return uvicorn.Config(app, **options)
