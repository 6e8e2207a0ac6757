"""The command ``hiddenmix``: one file per command, each imported only when it is called."""

from __future__ import annotations

from hiddenmix.cli._app import main

__all__ = ["main"]
