"""``hiddenmix show MODEL``: what a model file holds."""

from __future__ import annotations

import click

from hiddenmix.cli._command import Command, emit, emit_json, output_options

__all__ = ["command"]

RECORDS = (
    "result_",
    "components_",
    "mixture_",
    "selection_",
)  # not for JSON; `summary()` and the arrays beside them tell the same


@click.command("show", cls=Command)
@click.argument("model")
@output_options
def command(model: str, as_json: bool) -> None:
    """Print the summary of MODEL (a model.hmx)."""
    from hiddenmix.cli import _narrate, _outputs
    from hiddenmix.estimators import load

    fitted = load(model)
    if as_json:
        shown = {name: value for name, value in vars(fitted).items() if name.endswith("_") and name not in RECORDS}
        emit_json(_outputs.plain({"estimator": type(fitted).__name__, **shown}))
    else:
        emit(_narrate.summary(fitted))
