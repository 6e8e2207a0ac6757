"""What shows on a terminal that work goes on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

EVERY = 0.2  # seconds


def progress(text: str) -> Callable[..., None]:
    """A function to call often, with anything: `text`, with the seconds in it, on a terminal; silent elsewhere."""
    if not _seen():
        return lambda *_: None
    begin = shown = time.monotonic()

    def tick(*_: object) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown > EVERY:
            shown = now
            click.echo(f"\r  {text.format(now - begin)} \r", err=True, nl=False)

    return tick


@contextmanager
def doing(text: str) -> Iterator[None]:
    """Show on a terminal what is being done, while it lasts."""
    if not _seen():
        yield
        return
    click.echo(f"\r  {text} ...\x1b[K", err=True, nl=False)
    try:
        yield
    finally:
        cleared()


def cleared() -> None:
    """Take what is shown away, so that something else can stand there."""
    if _seen():
        click.echo("\r\x1b[K", err=True, nl=False)


def _seen() -> bool:
    """Whether somebody at a terminal wants to know."""
    return sys.stderr.isatty() and not click.get_current_context().obj["quiet"]
