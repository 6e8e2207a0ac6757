"""``hiddenmix explain [CODE]``: the paragraph behind a code."""

from __future__ import annotations

import click

from hiddenmix._errors import CATALOGUE, HiddenmixError
from hiddenmix.cli._command import Command, emit, emit_json, emit_table, output_options

__all__ = ["command"]


@click.command("explain", cls=Command)
@click.argument("code", required=False)
@output_options
def command(code: str | None, as_json: bool) -> None:
    """Explain CODE (HM112, hm112 or 112), or list all codes."""
    entries = list(CATALOGUE.values()) if code is None else [CATALOGUE[_known(code)]]
    if as_json:
        emit_json([{"code": e.code, "title": e.title, "explanation": e.explanation} for e in entries])
    elif code is None:
        emit_table(("code", "about"), ((e.code, e.title) for e in entries))
    else:
        emit(f"{entries[0].code}: {entries[0].title}")
        emit(
            click.wrap_text(
                entries[0].explanation, width=min(100, _terminal_width()), initial_indent="  ", subsequent_indent="  "
            )
        )


def _known(code: str) -> str:
    """The code as the catalogue writes it; HM409 if it has none such."""
    plain = "HM" + code.strip("[]").upper().removeprefix("HM")
    if plain not in CATALOGUE:
        raise HiddenmixError("HM409", f"{code!r} is not a code of hiddenmix", "hiddenmix explain   lists all codes")
    return plain


def _terminal_width() -> int:
    from shutil import get_terminal_size

    return get_terminal_size().columns
