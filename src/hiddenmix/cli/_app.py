"""The group of commands. ``--help`` must be quick, so that only click is imported here."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

__all__ = ["COMMANDS", "main"]

#: Name of a command (and of its file) -> its line in ``hiddenmix --help``.
COMMANDS: Final[dict[str, str]] = {
    "fit": "Find the groups in a table: how many, of which shape, and who belongs to which.",
    "look": "Say what is in a file, what would be used, and why not the rest.",
    "predict": "Say to which group of a fitted model new rows belong.",
    "impute": "Fill in missing cells by draws, several times over, for multiple imputation.",
    "compare": "Say which known labels a clustering found, which it ignored, and what is new.",
    "classify": "Learn to tell classes apart, each a mixture of kinds, and say which kinds are hard.",
    "lab": "See EM at work in the browser, one half-step at a time, on built-in or your own data.",
    "draw": "Draw any picture of a model file: rows, curves, traces, criteria, animations.",
    "show": "Print what a model file holds.",
    "datasets": "List the built-in data sets, or print one as CSV.",
    "explain": "Explain a code such as HM112, or list all codes.",
    "doctor": "Show versions, threads, and which optional packages are missing.",
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"hiddenmix.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):  # from the table above: importing the commands would take a second
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hiddenmix", message="%(prog)s %(version)s")
def main() -> None:
    """Expectation-Maximization: find hidden groups in a table, with missing values and honest convergence.

    Data go to stdout, remarks to stderr. The exit code is 0, or 1 for the data or the fit, 2 for the command line.
    """
