"""Running the lab on this computer: a port, a token, and an end at once when asked."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from hiddenmix._errors import HiddenmixError
from hiddenmix.lab._folders import remove_abandoned
from hiddenmix.lab._lab import Lab
from hiddenmix.lab._sheets import Sheet, builtin, opened
from hiddenmix.lab._tables import PREFIX

__all__ = ["bound_socket", "serve", "sheet_of"]

HOST: Final = "127.0.0.1"
TRIED: Final = 50  # ports
ENDING: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # those that the system has


def sheet_of(name: str) -> Sheet:
    """The table that the user named: a file, or a built-in data set; the codes of `hiddenmix.io.read_table`."""
    from hiddenmix import datasets

    path = Path(name)
    if not path.is_file() and name in datasets.names():
        return builtin(name)
    id = PREFIX + _mark(path) if path.is_file() else ""
    return opened(str(path), id, path.name)


def bound_socket(port: int) -> socket.socket:
    """A socket that listens at this port of 127.0.0.1, or at the next free one; HM422 where there is none."""
    for candidate in range(port, min(port + TRIED, 65536)) if port else (0,):
        # The protocol is named because asyncio asks for it before it turns off the delay of small packets, 40 ms each.
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name == "posix":  # elsewhere this lets two programs have one port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, candidate))
            found.listen(128)
        except OSError:
            found.close()
            continue
        return found
    raise HiddenmixError("HM422", f"no port from {port} on is free", "hiddenmix lab --port 0   takes any that is free")


def serve(
    sheet: Sheet | None, port: int, *, ready: Callable[[str], None] = lambda url: None, debug: bool = False
) -> None:
    """Answer until Ctrl-C; `ready` is told the address once there are answers.

    Raises
    ------
    HiddenmixError : HM408 Starlette or uvicorn is not installed, HM422 no port is free
    """
    try:
        import uvicorn

        from hiddenmix.lab._wire import config
        from hiddenmix.lab.app import make_app
    except ImportError:
        raise HiddenmixError(
            "HM408", "the lab needs Starlette and uvicorn, which are not installed", 'pip install "hiddenmix[lab]"'
        ) from None
    listening, token, lab = bound_socket(port), secrets.token_urlsafe(24), Lab(sheet)
    number = listening.getsockname()[1]

    class Server(uvicorn.Server):
        """Tells when it answers, and leaves signals to us."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready(f"http://{HOST}:{number}/#token={token}")

    server = Server(config(make_app(token, number, lab, debug=debug)))

    def end(signum: int, frame: Any) -> None:
        lab.stop()
        server.should_exit = server.force_exit = True

    try:
        threading.Thread(target=_load, args=(lab,), name="hiddenmix lab: loading", daemon=True).start()
        with _on_signals(end):
            server.run(sockets=[listening])
    finally:
        listening.close()
        lab.close()
        gc.unfreeze()


def _load(lab: Lab) -> None:
    """Load the library, and keep collections of garbage off it: they would hold up a step for a tenth of a second."""
    remove_abandoned()
    lab.warm()
    gc.collect()
    gc.freeze()


@contextlib.contextmanager
def _on_signals(end: Callable[[int, Any], None]) -> Iterator[None]:
    """Ctrl-C, a polite kill and a closed terminal end the server; a signal that is ignored, as by nohup, stays so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    before = {n: signal.signal(n, end) for n in numbers if signal.getsignal(n) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _mark(path: Path) -> str:
    """A name for the file as it is now: its address works again after a restart."""
    facts = path.stat()
    return hashlib.sha256(f"{path.resolve()}\0{facts.st_size}\0{facts.st_mtime_ns}".encode()).hexdigest()[:16]
