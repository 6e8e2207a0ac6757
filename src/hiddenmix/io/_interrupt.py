"""Ctrl-C while DuckDB reads a file.

DuckDB looks after signals between the tasks that the main thread works on itself. Where that thread only waits for
others, as it may with few tasks or many programs on few cores, Python hears nothing before the query is done. The
system writes a byte for every signal at once (`signal.set_wakeup_fd`); a thread that reads them ends the query.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

__all__ = ["interruptible"]


@contextmanager
def interruptible(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Make Ctrl-C a KeyboardInterrupt while DuckDB works too, which has errors of its own for it."""
    import duckdb

    pressed = threading.Event()
    try:
        if threading.current_thread() is threading.main_thread():
            with _heard(connection, pressed):
                yield
        else:  # signals are the main thread's
            yield
    except (RuntimeError, duckdb.InterruptException) as error:
        if not pressed.is_set() and str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from None


@contextmanager
def _heard(connection: duckdb.DuckDBPyConnection, pressed: threading.Event) -> Iterator[None]:
    """End what the connection works on at every Ctrl-C meanwhile; whoever listened before hears the signals too."""
    written, read = socket.socketpair()
    written.setblocking(False)
    before = signal.set_wakeup_fd(written.fileno(), warn_on_full_buffer=False)

    def listen() -> None:
        while number := read.recv(1):
            if before >= 0 and os.name == "posix":  # elsewhere it is a socket, which cannot be written like a file
                os.write(before, number)
            if number[0] == signal.SIGINT:
                pressed.set()
                connection.interrupt()

    listening = threading.Thread(target=listen, name="hiddenmix: Ctrl-C", daemon=True)
    listening.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        written.close()
        listening.join()
        read.close()
