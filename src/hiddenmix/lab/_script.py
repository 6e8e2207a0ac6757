"""The program in Python that makes what is on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hiddenmix.lab._config import Move
    from hiddenmix.lab._session import Session
    from hiddenmix.lab._sheets import Sheet

__all__ = ["script"]


def script(session: Session, at: int) -> str:
    """A program that goes to half-step `at` with the library alone, and prints parameters and log-likelihood."""
    lines = ["import hiddenmix as hm", "", *_data(session), f"model = {session.recipe}", "run = model.steps(X)"]
    begun = 0
    for move in session.run.moves:
        if move.at > at:
            break
        lines += _steps(move.at - begun)
        lines += _moved(session, move)
        begun = move.at
    lines += _steps(at - begun)
    if at:
        lines += ["", "# now: " + ("after an E-step" if session.run.next(at) == "m" else "an E-step comes next")]
    lines += [
        "",
        'print("log-likelihood", run.loglik)',
        "for name, values in run.model.estimates(run.params).items():",
        "    print(name, values.tolist())",
    ]
    return "\n".join(lines) + "\n"


def _data(session: Session) -> list[str]:
    """Reading the table."""
    from hiddenmix import datasets

    scene, sheet = session.scene, session.scene.sheet
    columns = scene.table.columns
    if sheet.builtin and columns == datasets.load(sheet.name).columns:
        return [f"X = hm.datasets.load({sheet.name!r}).data"]
    missing = f", missing={list(sheet.missing)!r}" if sheet.missing else ""
    what = f"{_file(sheet)!r}, columns={list(columns)!r}, labels=[]{missing}"
    return [f"X = hm.io.read_table({what}).values"]


def _file(sheet: Sheet) -> str:
    """The file as the user gave it, or as it was called where it was sent from; a built-in name stays one."""
    from hiddenmix import datasets

    given = sheet.name if sheet.stored else sheet.path
    return f"./{given}" if given in datasets.names() and not sheet.builtin else given


def _steps(count: int) -> list[str]:
    """So many half-steps, the first of them an E-step."""
    whole, half = divmod(count, 2)
    lines = ["run.em()"] if whole == 1 else [f"for _ in range({whole}):", "    run.em()"] if whole else []
    return lines + (["run.e()"] if half else [])


def _moved(session: Session, move: Move) -> list[str]:
    """A mean that was dragged: plain EM from the parameters with that mean elsewhere."""
    coins, columns = session.scene.kind == "coins", session.scene.table.columns
    name = "p" if coins else "mean"
    places = [(0 if coins else columns.index(column), value) for column, value in move.to]
    made = "hm.BinomialParams(p)" if coins else "hm.NormalParams(mean, run.params.components.cov)"
    return [
        "",
        f"{name} = run.params.components.{name}.copy()",
        *(f"{name}[{move.component}, {c}] = {value!r}" for c, value in places),
        f"run = hm.Stepper(run.model, run.problem.data, hm.MixtureParams(run.params.weights, {made}))",
    ]
