"""``hiddenmix classify FILE --target COL``: a classifier made of mixtures, and what it finds hard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hiddenmix.cli._command import ARGUMENTS, Command, emit, emit_json, output_options, say, seed_option, table_options
from hiddenmix.cli._progress import progress

__all__ = ["command"]

DOING = "fitting, and again without each fold: {:.0f} s"
EXAMPLES = """\b
Examples:
  hiddenmix classify vehicles --target class --labels kind
  hiddenmix classify penguins --target species --within --out out/species
  hiddenmix classify data.csv --target type --subclasses car=4,bike=3 --tied none
"""


def _subclasses(ctx: click.Context, parameter: click.Parameter, value: str) -> Any:
    """The word auto, a number, or numbers by class, as in "car=3,bike=2"."""
    try:
        if "=" not in value:
            return _number(value)
        pairs = [part.rpartition("=") for part in value.split(",")]
        return {name.strip(): _number(number) for name, _, number in pairs}
    except ValueError:
        what = f"{value!r} is not auto, a number from 1 on, or a list such as car=3,bike=2"
        raise click.BadParameter(what) from None


def _number(text: str) -> Any:
    """A number of subclasses, or "auto"."""
    if text != "auto" and int(text) < 1:
        raise ValueError
    return text if text == "auto" else int(text)


@click.command("classify", cls=Command, epilog=EXAMPLES)
@click.argument("file")
@click.option("--target", required=True, metavar="COL", help="The column of classes; rows without one are classified.")
@click.option("--subclasses", default="auto", show_default=True, callback=_subclasses, metavar="auto|N|CLASS=N,...",
              help="Subclasses of each class; classes that are not named choose by themselves.")  # fmt: skip
@click.option("--covariance", "covariance_type", type=click.Choice(["full", "diag", "spherical"]), default="full",
              show_default=True, help="Shape of the subclasses.")  # fmt: skip
@click.option("--tied", type=click.Choice(["all", "class", "none"]), default="all", show_default=True,
              help="Whose covariance is the same: all subclasses', those of a class, or nobody's.")  # fmt: skip
@click.option("--rank", "n_components_rank", type=click.IntRange(1), metavar="R",
              help="Dimension of the space in which the subclasses' means lie; with --tied all.")  # fmt: skip
@click.option("--starts", "n_init", type=click.IntRange(1), default=10, metavar="N", show_default=True,
              help="Starts of each mixture; the best one counts.")  # fmt: skip
@click.option("--prior", type=click.Choice(["conjugate"]), help="A weak prior that keeps covariances off zero.")
@click.option("--reg-covar", type=click.FloatRange(0), metavar="X",
              help="Added to variances; by default only where no maximum exists otherwise.")  # fmt: skip
@click.option("--cv", type=click.IntRange(2), default=5, metavar="K", show_default=True,
              help="Folds that the errors come from.")  # fmt: skip
@click.option("--within", is_flag=True, help="Look for structure within each class by itself, too.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Folder, made if it is not there, for summary.json, model.hmx and predictions.csv: classes and "
              "probabilities out of fold, own_subclass and outliers by the fit to all rows.")  # fmt: skip
@table_options
@seed_option
@output_options
def command(file: str, target: str, cv: int, within: bool, seed: int, as_json: bool, **options: Any) -> None:
    """Learn to tell the classes in column COL of FILE apart, each class a mixture of subclasses."""
    from hiddenmix.cli import _classify_files, _classify_words, _classify_work, _outputs

    out = options.pop("out")
    reading = {name: options.pop(name) for name in ("columns", "labels", "missing", "where")}
    table = _classify_work.read(file, target, reading)
    show = say if as_json else emit
    with _outputs.prepared(out):
        with _classify_work.literal_fixes(file, target):
            work = _classify_work.classify(table, target, options, cv, seed, within, progress(DOING))
        for line in _classify_words.lines(work):
            show(line)
        words = ["classify", *click.get_current_context().meta[ARGUMENTS]]
        summary = _classify_files.summary(work, seed, words)
        if as_json:
            emit_json(_outputs.plain(summary))
        if out is None:
            say(f"Next:  hiddenmix classify {file} --target {target} --out DIR   writes predictions and the model")
            return
        files = _classify_files.write(out, work, summary)
    say(f"Wrote {out}/: {' '.join(files)}")
    say(f"Next:  hiddenmix show {out}/model.hmx  |  hiddenmix predict {out}/model.hmx new.csv")
