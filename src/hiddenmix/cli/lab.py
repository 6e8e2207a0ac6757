"""``hiddenmix lab [FILE|NAME]``: EM one half-step at a time, in the browser."""

from __future__ import annotations

import os
import sys
import threading

import click

from hiddenmix.cli._command import ARGUMENTS, Command, emit, emit_json, output_options, say

__all__ = ["command"]

LOADING = "hiddenmix lab: loading"  # the thread of `hiddenmix.lab.serve`
PATIENCE = 0.5  # seconds that work under way may take to end


@click.command("lab", cls=Command)
@click.argument("file", required=False)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, metavar="N", show_default=True,
              help="Port to listen on; where it is taken, the next free one. 0 takes any.")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Only print the address, and open no browser.")
@output_options
def command(file: str | None, port: int, no_browser: bool, as_json: bool) -> None:
    """See EM at work in the browser, on built-in data, or on FILE (CSV, Parquet, JSON lines, or a built-in name).

    The lab listens on this computer only, and answers only to who has the token in the address that it prints.
    """
    from hiddenmix.lab.serve import serve, sheet_of

    def ready(url: str) -> None:
        if as_json:
            emit_json({"url": url})
        else:
            emit(url)
        sys.stdout.flush()
        say("The lab runs on this computer only. Ctrl-C ends it.")
        if not no_browser:
            _show(url)

    debug = "--debug" in click.get_current_context().meta[ARGUMENTS]
    serve(None if file is None else sheet_of(file), port, ready=ready, debug=debug)
    say("The lab has ended.")
    _leave()


def _show(url: str) -> None:
    """Open the browser, and do not wait for it."""
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _leave() -> None:
    """End the program even where a table is still being read, or the library loaded: nothing is left to be written."""
    others = [each for each in threading.enumerate() if each is not threading.current_thread()]
    for thread in others:
        if not thread.daemon or thread.name == LOADING:
            thread.join(PATIENCE)
            if thread.is_alive():
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(0)
