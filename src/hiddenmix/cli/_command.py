"""What all commands share: options, how errors and warnings read, and where output goes."""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO, TypeVar

import click

from hiddenmix._errors import HiddenmixError, HiddenmixWarning

__all__ = [
    "ARGUMENTS",
    "Command",
    "emit",
    "emit_json",
    "emit_table",
    "groups_option",
    "in_options",
    "output_options",
    "say",
    "seed_option",
    "split_names",
    "table_options",
]

F = TypeVar("F", bound=Callable[..., Any])

WRITABLE = "a folder that exists, with room and the right to write"
ARGUMENTS = "hiddenmix.arguments"  # in `Context.meta`: the words after the command's name


class Command(click.Command):
    """A command whose coded errors and warnings are printed as such; a traceback only with ``--debug``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words of the command line, so that a command can say how to get its results again."""
        ctx.meta[ARGUMENTS] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; exit code 1 for the data or the fit, 2 for the command line (HM4xx)."""
        debug = bool(ctx.params.pop("debug", False))
        ctx.obj = {"quiet": bool(ctx.params.pop("quiet", False))}
        with warnings.catch_warnings():
            warnings.simplefilter("always", HiddenmixWarning)
            warnings.showwarning = _show_warning
            try:
                return super().invoke(ctx)
            except HiddenmixError as error:
                if debug:
                    raise
                _report("error", "red", error.code, error.message, error.help)
                ctx.exit(2 if error.code.startswith("HM4") else 1)
            except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
                raise
            except OSError as error:  # what is read answers for itself, so that this is about writing
                if debug:
                    raise
                where = f"{str(error.filename)!r}" if error.filename else "the output"
                _report("error", "red", "HM516", f"{where} cannot be written: {error.strerror or error}", WRITABLE)
                ctx.exit(1)
            except Exception as error:
                if debug:
                    raise
                _report(
                    "error",
                    "red",
                    "",
                    f"unexpected {type(error).__name__}: {error}",
                    "this is a defect in hiddenmix; --debug shows where",
                )
                ctx.exit(1)


def output_options(function: F) -> F:
    """The options of every command: ``--json``, ``-q``, ``--debug``."""
    for option in (
        click.option("--debug", is_flag=True, help="Show the traceback of an error."),
        click.option("-q", "--quiet", is_flag=True, help="No remarks on stderr, only warnings and errors."),
        click.option("--json", "as_json", is_flag=True, help="Print the data as JSON."),
    ):
        function = option(function)
    return function


def seed_option(function: F) -> F:
    """The option ``--seed`` of commands that draw random numbers."""
    return click.option("--seed", type=click.IntRange(0), default=0, metavar="N", show_default=True,
                        help="Random seed; the same seed gives the same result.")(function)  # fmt: skip


def groups_option(function: F) -> F:
    """The option ``--groups`` of commands that read sequences."""
    return click.option("--groups", metavar="NAME", help="Column that tells sequences apart (hidden Markov models); "
                        "one sequence without.")(function)  # fmt: skip


def table_options(function: F) -> F:
    """The options of commands that read a table; they fit the parameters of `hiddenmix.io.read_table`."""
    for option in (
        click.option("--where", metavar="SQL", help='Use only rows that meet a condition, such as "year >= 2008".'),
        click.option(
            "--missing",
            metavar="TEXT,...",
            default="",
            callback=split_names,
            help="Further spellings of a missing cell.",
        ),
        click.option(
            "--labels",
            metavar="NAMES",
            callback=split_names,
            help="Columns to set aside as labels, and to carry into the results.",
        ),
        click.option(
            "--columns",
            metavar="NAMES",
            default="",
            callback=split_names,
            help="Columns to use (a,b), or to leave out (-a,-b); all number columns by default.",
        ),
    ):
        function = option(function)
    return function


def say(text: str) -> None:
    """A remark to the person at the terminal, on stderr; nothing with ``-q``."""
    ctx = click.get_current_context(silent=True)
    if not (ctx and ctx.obj and ctx.obj["quiet"]):
        click.echo(text, err=True, color=_color())


def emit(text: str) -> None:
    """Data, on stdout."""
    click.echo(text, color=_color())


def emit_json(value: object) -> None:
    """Data as JSON, on stdout; NaN and infinity must be None already."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def emit_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Aligned columns, on stdout: numbers to the right, everything else to the left."""
    table = list(rows)
    cells = [[_cell(cell) for cell in row] for row in table]
    right = [all(isinstance(row[j], int | float | None) for row in table) for j in range(len(header))]
    widths = [max(map(len, column)) for column in zip(header, *cells)]
    for i, line in enumerate([list(header), *cells]):
        padded = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right)]
        text = "  ".join(padded).rstrip()
        emit(click.style(text, bold=True) if i == 0 else text)


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def split_names(ctx: click.Context, parameter: click.Parameter, value: str | None) -> list[str] | None:
    """A list from "a,b"."""
    return None if value is None else [part.strip() for part in value.split(",") if part.strip()]


#: How the arguments that a fix names are written on the command line.
_AS_OPTION = (
    (r"mixture=\w+\(([^)]*)\)", r"\1"),
    (r"\bsubclasses=(\d+)", r"--subclasses \1"),
    (r"\btied='(\w+)'", r"--tied \1"),
    (r"columns= others", "other --columns"),
    (r"columns=\[0, 1\]", "--columns A,B"),
    (r"n_init=", "--starts "),
    (r"max_iter=", "--max-iter "),
    (r"reg_covar=", "--reg-covar "),
    (r"a simpler covariance or a prior", "a simpler covariance (--shape diag) or a prior (--prior conjugate)"),
    (r"or give reg_covar to say it yourself", "or say it yourself (--reg-covar 1e-6)"),
    (r"fewer components, a prior$", "fewer components (-k), or --prior conjugate"),
    (r"fewer components\b(?! \()", "fewer components (-k)"),
    (r"random_state\b", "--seed"),
    (r"prior='(\w+)'", r"--prior \1"),
    (r"covariance_type='(\w+)'", r"--shape \1"),
    (r"n_components=(\d+)", r"-k \1"),
    (r"standardize=True \((--standardize)\)", r"\1"),
)


#: Options that a command calls by other names.
_OTHERWISE = {"classify": (("-k", "--subclasses"), ("--shape", "--covariance"))}


def in_options(help: str) -> str:
    """A fix in the words of the command line."""
    for argument, option in _AS_OPTION:
        help = re.sub(argument, option, help)
    ctx = click.get_current_context(silent=True)
    for option, own in _OTHERWISE.get(ctx.command.name or "", ()) if ctx else ():
        help = re.sub(rf"(?<![\w-]){option}\b", own, help)
    return help


def _report(kind: str, colour: str, code: str, message: str, help: str) -> None:
    title = click.style(f"{kind}[{code}]:" if code else f"{kind}:", fg=colour, bold=True)
    click.echo(f"{title} {message}" + (f"\n  help: {in_options(help)}" if help else ""), err=True, color=_color())


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    if isinstance(message, HiddenmixWarning):
        _report("warning", "yellow", message.code, message.message, message.help)
    else:
        _report("warning", "yellow", "", f"{category.__name__}: {message}", "")


def _color() -> bool | None:
    """False where NO_COLOR asks for it; None lets click find out whether this is a terminal."""
    return False if os.environ.get("NO_COLOR") else None
