"""``hiddenmix draw MODEL [FILE]``: any picture again, from a model file and its data."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import click

from hiddenmix.cli._command import Command, emit, emit_json, groups_option, output_options, say, split_names

__all__ = ["command"]

EXAMPLES = """\b
Examples:
  hiddenmix draw out/penguins/model.hmx penguins
  hiddenmix draw model.hmx penguins --what classification --columns bill_length_mm,body_mass_g -o bills.svg
  hiddenmix draw model.hmx --what trace -o trace.pdf
  hiddenmix draw model.hmx redblue --what animation -o climb.gif
"""
ANIMATION = "animation"
LEAST = 2  # inches
MOST_DPI = 160  # of an animation


@click.command("draw", cls=Command, epilog=EXAMPLES)
@click.argument("model")
@click.argument("file", required=False)
@click.option("--what", metavar="NAME", help="The picture: classification, pairs, history, density, trace, bound, "
              "selection, animation, ...; without it, the one that suits best.")  # fmt: skip
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="File to write: .png, .svg, .pdf, .webp, .jpg; an animation .gif, .webp, .png, .html. "
              "By default the model's name and the picture's.")  # fmt: skip
@click.option("--list", "only_list", is_flag=True, help="Only say which pictures suit this model and these data.")
@click.option("--columns", metavar="NAMES", callback=split_names, help="The columns to show (a,b).")
@click.option("--iteration", type=click.IntRange(0), metavar="N", help="The iteration to show (bound, coins).")
@click.option("--labels", metavar="NAMES", default="", callback=split_names,
              help="Columns with known labels (contingency), or with the class (confusion).")  # fmt: skip
@click.option("--time", metavar="NAME", help="The column with the time (series).")
@click.option("--size", metavar="WxH", help="Inches, such as 7x4.")
@click.option("--dpi", type=click.IntRange(20, 1200), default=160, show_default=True, metavar="N",
              help="Dots per inch.")  # fmt: skip
@click.option("--missing", metavar="TEXT,...", default="", callback=split_names,
              help="Further spellings of a missing cell.")  # fmt: skip
@click.option("--where", metavar="SQL", help='Use only rows that meet a condition, such as "year >= 2008".')
@groups_option
@output_options
def command(model: str, file: str | None, what: str | None, out: Path | None, only_list: bool, **options: Any) -> None:
    """Draw a picture of MODEL (a model.hmx) on its data FILE, which is a file or the name of a built-in data set.

    The table's columns are found by their names. Traces and selections need no data.
    """
    from hiddenmix.estimators import load
    from hiddenmix.plot._display import need_matplotlib
    from hiddenmix.plot._pictures import PICTURES, suiting

    size, as_json = _size(options["size"]), options["as_json"]
    _require_known(what, [*PICTURES, ANIMATION])
    fitted = load(model)
    subject = _subject(fitted, model, file, options)
    names = suiting(subject)
    if only_list:
        if as_json:
            emit_json(names)
        else:
            emit("\n".join(f"{name:17}{PICTURES[name].about}" for name in names))
        return
    need_matplotlib()
    name = what or (names[0] if names else "classification")
    _unused(name, options)
    out = out or Path(f"{Path(model).stem}-{name}.{'gif' if name == ANIMATION else 'png'}")
    told = _animated(subject, out, options["dpi"]) if name == ANIMATION else _drawn(name, subject, out, size, options)
    if as_json:
        emit_json({"file": str(out), "what": name, "words": told, "suitable": names})
    else:
        say(f"Wrote {out}: {name}. {told}")


def _require_known(what: str | None, known: list[str]) -> None:
    """HM415 for a picture that there is not."""
    from difflib import get_close_matches

    from hiddenmix._errors import HiddenmixError

    if what is None or what in known:
        return
    near = get_close_matches(what, known, 1)
    help = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(known)}"
    raise HiddenmixError("HM415", f"no picture is called {what!r}", help)


def _size(text: str | None) -> tuple[float, float] | None:
    """Width and height in inches from "7x4"; HM415 where they cannot be read."""
    from hiddenmix._errors import HiddenmixError

    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)[x×](\d+(?:\.\d+)?)", text.strip())
    sides = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
    if not all(LEAST <= side <= 60 for side in sides):
        what = f"--size {text} is no width and height in inches from {LEAST} to 60"
        raise HiddenmixError("HM403", what, "--size 7x4")
    return sides


def _subject(fitted: Any, model: str, file: str | None, options: dict[str, Any]) -> Any:
    """The model with its table, as pictures want them."""
    from hiddenmix.cli._reading import read_for, require_components
    from hiddenmix.plot._pictures import Subject

    shown = {"columns": options["columns"] or None, "iteration": options["iteration"]}
    if file is None:
        return Subject(fitted, **shown)
    require_components(fitted, model)
    labels, time = options["labels"], options["time"]
    wanted = [*labels, *([time] if time and time not in labels else [])]
    unnamed = getattr(fitted, "feature_names_in_", None) is None
    use = options["columns"] if unnamed and len(options["columns"] or ()) == fitted.n_features_in_ else []
    reading = {"columns": use, "labels": wanted or None, "missing": options["missing"], "where": options["where"]}
    asked = read_for(fitted, file, reading | {"groups": options["groups"]})
    table = asked.table
    if unnamed and shown["columns"]:
        shown["columns"] = [_place(name, asked.columns) for name in shown["columns"]]
    known = {name: table.labels[name] for name in labels}
    time_of = {"time": _times(time, table), "time_name": time}
    subject = Subject(fitted, asked.X, known, **shown, **time_of, beside=asked.beside)
    _compare_with_fit(subject, table.name, len(table.rows))
    return subject


def _place(name: str, columns: tuple[str, ...]) -> int | str:
    """The number of a column of the table, which the model knows by no name."""
    return columns.index(name) if name in columns else name


def _times(name: str | None, table: Any) -> Any:
    """The times of a series: numbers, or dates."""
    import numpy as np

    from hiddenmix._errors import HiddenmixError

    if name is None:
        return None
    values = table.labels[name]
    for kind in (float, "datetime64[us]"):
        try:
            times = np.array(values.tolist(), dtype=kind)
        except (TypeError, ValueError):
            continue
        if not np.isnan(times).any() if kind is float else not np.isnat(times).any():
            return times
    raise HiddenmixError("HM416", f"column {name!r} has no times: numbers or dates, one for each row", "--time COLUMN")


def _compare_with_fit(subject: Any, source: str, n: int) -> None:
    """Warn (HM505) where the rows are not those of the fit."""
    import numpy as np

    from hiddenmix.estimators._same_rows import difference, other_rows
    from hiddenmix.estimators._warnings import warn

    mixture = subject.mixture
    # of a classifier the log-likelihood of the fit is that of rows with their classes
    classifier = hasattr(mixture, "subclass_classes_")
    loglik = None if classifier else lambda: float(np.sum(mixture.score_samples(subject.X, **subject.beside)))
    found = difference(mixture._state().facts, source, n, loglik)
    if found:
        warn(other_rows(found))


def _drawn(name: str, subject: Any, out: Path, size: tuple[float, float] | None, options: dict[str, Any]) -> str:
    """Draw into the file; what one sees."""
    from hiddenmix.plot._display import quietly
    from hiddenmix.plot._pictures import draw

    with quietly():
        display = draw(name, subject)
        if size is not None:
            display.figure_.set_size_inches(size)
            _require_room(display.figure_)
        display.save(out, dpi=options["dpi"])
    labels = options["labels"]
    among = f" Of {' and '.join(labels)} this goes best with the clusters." if len(labels) > 1 else ""
    return f"{display.words()}{among if name == 'contingency' else ''}"


def _require_room(figure: Any) -> None:
    """HM403 where a picture's axes have no room."""
    from hiddenmix._errors import HiddenmixError
    from hiddenmix.plot._display import styled

    with styled(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        figure.draw_without_rendering()
    if any("constrained_layout" in str(one.message) for one in caught):
        raise HiddenmixError("HM403", "the picture has no room in this size", "--size 7x4, or larger")


def _unused(name: str, options: dict[str, Any]) -> None:
    """HM403 for an option that this picture has no use for."""
    from hiddenmix._errors import HiddenmixError

    uses = {"iteration": ("bound", "coins"), "time": ("series",), "labels": ("contingency", "confusion", "bound")}
    for option, pictures in uses.items():
        if options[option] not in (None, [], "", ()) and name not in pictures:
            what = f"--{option} has no meaning for the picture {name!r}"
            raise HiddenmixError("HM403", what, f"--what {pictures[0]}, or no --{option}")
    if name == ANIMATION and options["size"] is not None:
        raise HiddenmixError("HM403", "--size has no meaning for an animation", "--dpi makes it larger or smaller")
    if name == ANIMATION and options["dpi"] > MOST_DPI:
        raise HiddenmixError("HM403", f"an animation has at most {MOST_DPI} dots per inch", f"--dpi {MOST_DPI}")


def _animated(subject: Any, out: Path, dpi: int) -> str:
    """The climb as an animation; what one sees."""
    from hiddenmix._errors import HiddenmixError
    from hiddenmix.plot import animate

    if subject.X is None:
        raise HiddenmixError("HM421", "an animation is drawn from the data, which are not given", "draw MODEL FILE")
    found = animate(subject.model, subject.X, columns=subject.columns, **subject.beside)
    found.save(out, dpi=dpi)
    return str(found.words())
