"""What shows on a terminal that work goes on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

EVERY = 0.2  # seconds


def progress(text: str) -> Callable[..., None]:
    """A function to call often, with anything: `text`, with the seconds in it, on a terminal; silent elsewhere."""
    if not sys.stderr.isatty() or click.get_current_context().obj["quiet"]:
        return lambda *_: None
    begin = shown = time.monotonic()

    def tick(*_: object) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown > EVERY:
            shown = now
            click.echo(f"\r  {text.format(now - begin)} \r", err=True, nl=False)

    return tick
