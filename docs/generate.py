"""Documentation pages made from the package itself, so that they cannot go stale."""

import importlib
import inspect
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import sklearn.mixture
from breadth import page as families

import hiddenmix
from hiddenmix._errors import CATALOGUE
from hiddenmix.cli import main
from hiddenmix.estimators.differences import DIFFERENT_DEFAULTS

# Where a public name is defined decides under which heading it stands.
SECTIONS = {
    "estimators": "Estimators",
    "engine": "The engine",
    "latent": "Latent structures",
    "families": "Families",
    "select": "Selection",
    "discover": "Discovery",
    "model": "Protocols",
    "data": "Data",
    "moments": "Moments",
    "io": "Tables and model files",
    "_errors": "Errors and warnings",
    "_tree": "Records",
}
OTHER = "Other"
PUBLIC_MODULES = ["datasets", "plot", "report", "testing"]
GROUPS = {
    "1": "the data",
    "2": "the model cannot be fitted to the data",
    "3": "the fit that was made",
    "4": "options and arguments",
    "5": "prediction and model files",
}


def pages(source: Path) -> None:
    """Write all generated pages; a page that has not changed keeps its time stamp."""
    folder = source / "_generated"
    folder.mkdir(exist_ok=True)
    shutil.rmtree(folder / "api", ignore_errors=True)  # autosummary writes it again; names that are gone go with it
    texts = {
        "errors.md": errors(),
        "api.rst": api(),
        "cli.md": cli(),
        "defaults.txt": defaults(),
        "families.md": families(),
    }
    for name, text in texts.items():
        page = folder / name
        if not page.exists() or page.read_text() != text:
            page.write_text(text)


def errors() -> str:
    """One entry per code, grouped by the first digit."""
    lines = ["# Error codes", "", "`hiddenmix explain CODE` prints the same text in the terminal.", ""]
    group = ""
    for code, entry in sorted(CATALOGUE.items()):
        if code[2] != group:
            group = code[2]
            lines += [f"## HM{group}xx: {GROUPS[group]}", ""]
        lines += [f"({code.lower()})=", f"### {code}: {entry.title}", "", entry.explanation, ""]
    return "\n".join(lines)


def defaults() -> str:
    """The defaults of `GaussianMixture` that are not scikit-learn's, as a Markdown table."""
    ours, theirs = (
        {name: p.default for name, p in inspect.signature(cls).parameters.items()}
        for cls in (hiddenmix.GaussianMixture, sklearn.mixture.GaussianMixture)
    )
    different = [name for name in theirs if ours[name] != theirs[name]]
    if set(different) != set(DIFFERENT_DEFAULTS):
        raise ValueError(f"defaults that differ: {different}; with a reason: {list(DIFFERENT_DEFAULTS)}")
    lines = ["| argument | here | scikit-learn | why |", "|---|---|---|---|"]
    lines += [
        f"| `{name}` | `{ours[name]!r}` | `{theirs[name]!r}` | {DIFFERENT_DEFAULTS[name]} |" for name in different
    ]
    return "\n".join(lines) + "\n"


def cli() -> str:
    """The help text of every command, as the terminal shows it."""
    top = click.Context(main, info_name="hiddenmix", terminal_width=100)
    lines = ["# Command line", "", *_block(main.get_help(top))]
    for name in main.list_commands(top):
        command = main.get_command(top, name)
        context = click.Context(command, info_name=name, parent=top, terminal_width=100)
        lines += [f"## {name}", "", *_block(command.get_help(context))]
    return "\n".join(lines)


def _block(text: str) -> list[str]:
    return ["```text", click.unstyle(text), "```", ""]


def api() -> str:
    """All public names, by the part of the package that defines them."""
    found: dict[str, list[str]] = {heading: [] for heading in [*SECTIONS.values(), OTHER]}
    for name, thing in _public(hiddenmix):
        found[SECTIONS.get(_part(thing), OTHER)].append(f"hiddenmix.{name}")
    for part in PUBLIC_MODULES:
        module = importlib.import_module(f"hiddenmix.{part}")
        found[f"hiddenmix.{part}"] = [f"hiddenmix.{part}.{name}" for name, _ in _public(module)]
    lines = ["API", "===", ""]
    for heading, names in found.items():
        if names:
            lines += [heading, "-" * len(heading), "", ".. autosummary::", "   :toctree: api", ""]
            lines += [f"   {name}" for name in sorted(names, key=str.lower)] + [""]
    return "\n".join(lines)


def _public(module) -> Iterator[tuple[str, object]]:
    for name in module.__all__:
        thing = getattr(module, name)
        if not inspect.ismodule(thing) and not name.startswith("__"):
            yield name, thing


def _part(thing: object) -> str:
    """The part of the package that defines something, `engine` for `hiddenmix.engine.fit.fit`."""
    package, _, rest = (getattr(thing, "__module__", None) or "").partition(".")
    part = rest.partition(".")[0] if package == "hiddenmix" else ""
    return "_errors" if part == "_catalogue" else part


def skip_foreign(app, what, name, thing, skip, options) -> bool | None:
    """Leave out what scikit-learn adds to a class (`set_fit_request` and the like): it has its own pages."""
    home = getattr(inspect.unwrap(thing) if callable(thing) else thing, "__module__", None)
    return True if home is not None and not home.startswith("hiddenmix") else None
