"""One sentence on what just happened, with its numbers, and one on how the run stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from hiddenmix.engine.result import Certificate, Status
from hiddenmix.lab._config import MOST_HALVES
from hiddenmix.lab._figures import height, moved, short
from hiddenmix.lab._run import MOST_ITERATIONS
from hiddenmix.lab._session import PATIENCE
from hiddenmix.plot._colours import UNSURE

if TYPE_CHECKING:
    from hiddenmix.lab._run import State
    from hiddenmix.lab._session import Session, Taken

__all__ = ["sentence", "status"]

NOTICED: Final = 0.05  # a change of a membership that one sees
LONGEST: Final = 40  # characters of a column's name in a sentence
STILL: Final = 1e-12  # of the range of its column: a mean that moved by less did not move


def sentence(session: Session, state: State, resp: NDArray[np.float64] | None, taken: Taken | None) -> str:
    """What the user's order did, or how one came to this half-step."""
    if taken is not None and taken.idle:
        return _nothing(session, state, taken.order)
    if taken is not None and taken.order == "end":
        return _journey(session, state, resp, taken) + _unfinished(state)
    if state.moves:
        return _dragged(session, state)
    if state.half == "start":
        return _begin(session, state)
    told = _of_m(session, state) if state.half == "m" else _of_e(session, state, resp)
    if taken is not None and taken.order == "em" and taken.end == taken.start + 2:
        told = f"{_of_m(session, session.state(taken.end - 1))} {told}"
    return told


def status(session: Session, state: State, verdict: Certificate | None) -> str:
    """How the run stands."""
    if state.reason:
        return f"Stopped: {state.reason}. Start elsewhere, or with fewer."
    if state.converged:
        return _converged(verdict, len(session.scene.names))
    if state.at >= MOST_HALVES:
        return f"Stopped after {state.at} half-steps, not converged: the lab goes no further."
    gain = session.run.gain(state.at)
    if gain is None:
        return "Not converged: EM has only begun."
    return f"Not converged: the last iteration gained {_gain(gain)}."


def _converged(verdict: Certificate | None, k: int) -> str:
    """What kind of point the run stopped at, said once."""
    if verdict is None:  # too large to be checked at once
        return f"Converged: {Status.CONVERGED.value.partition(': ')[2]}."
    others = "; other starts may find higher ones" if k > 1 else ""
    return {
        Certificate.MAXIMUM: f"Converged at a local maximum (EM returns to it from a perturbation){others}.",
        Certificate.BOUNDARY: f"Converged at a maximum on the boundary of the parameter space{others}.",
        Certificate.SADDLE: "Converged at a saddle, which is no maximum: nothing pushes EM to where the log-likelihood "
        "rises. Drag a mean, or start elsewhere.",
        Certificate.FLAT: "Converged where the log-likelihood is flat in some direction: other parameters fit as well, "
        "or nearly so.",
        Certificate.UNCHECKED: "Converged; whether this is a maximum could not be told.",
    }[verdict]


def _begin(session: Session, state: State) -> str:
    k = len(session.scene.names)
    many = f"{k} {'coin' if session.scene.kind == 'coins' else 'component'}{'s' if k > 1 else ''}"
    return f"Start: {many}; the log-likelihood is {height(state.loglik)}. Press E: it tells what belongs to which."


def _nothing(session: Session, state: State, order: str) -> str:
    if state.reason:
        return "Nothing changes, for nothing can follow."
    if state.at >= MOST_HALVES and order in (state.next, "em", "end"):
        return f"The lab goes no further than {MOST_HALVES} half-steps."
    if order == "e":
        return "Pressed E again: nothing changes, because memberships depend on the parameters only."
    if order == "m" and state.seen is None:
        return "Pressed M first: nothing changes, because no memberships are known yet. Press E."
    if order == "m":
        return "Pressed M again: nothing changes, because the parameters depend on the memberships only. Press E."
    return f"Nothing to do: the rule that ends a fit is met here, at {height(state.loglik)}."


def _dragged(session: Session, state: State) -> str:
    told = []
    for move in state.moves:
        to = ", ".join(f"{_column(name)} {short(value)}" for name, value in move.to)
        told.append(f"{session.scene.names[move.component]} to {to}")
    before, _ = session.run.height_before(state.at)
    change = state.loglik - before
    words = f"{'rose' if change > 0 else 'fell'} by {_gain(abs(change))} to" if _seen(change, state) else "stays at"
    told_all = f"You put {' and '.join(told)}: the log-likelihood {words} {height(state.loglik)}"
    if state.bound is None:
        return f"{told_all}. Press E."
    gap = state.objective - state.bound
    bound = f"the bound lies {_gain(gap)} below it" if _seen(gap, state) else "the bound still touches it"
    return f"{told_all}, and {bound}. Press E."


def _of_e(session: Session, state: State, resp: NDArray[np.float64] | None) -> str:
    assert resp is not None
    touch = f"the bound now touches the log-likelihood, {height(state.loglik)}"
    noun, count = _noun(session), len(resp)
    if not count:
        told = f"no row has all shown cells, so that none is drawn; {touch}"
    elif resp.shape[1] > 1 and float(np.abs(resp - 1 / resp.shape[1]).max()) < 1e-9:
        told = f"all {noun} are shared equally, so the M-step must treat all components alike; {touch}"
    elif state.earlier is None:
        sure = int((resp.max(axis=1) >= UNSURE).sum())
        told = f"all {noun} have a colour now, {sure} of {count} a sure one (membership {UNSURE:.2f} or more); {touch}"
    else:
        apart = np.abs(resp - session.memberships(state.earlier)).max(axis=1)
        told = f"{int((apart > NOTICED).sum())} of {count} {noun} changed colour by more than {NOTICED:.2f}; {touch}"
    return f"E-step: {told}."


def _of_m(session: Session, state: State) -> str:
    assert state.seen is not None
    change = state.loglik - state.seen.loglik
    by, to = moved(change, state.loglik)
    rise = f"the log-likelihood {'rose' if change > 0 else 'fell'} by {by} to {to}" if _seen(change, state) else (
        f"the log-likelihood stays at {height(state.loglik)}"
    )  # fmt: skip
    return f"M-step: {_displaced(session, state)}; {rise}."


def _seen(change: float, state: State) -> bool:
    """Whether a change of the log-likelihood is more than rounding."""
    return abs(change) > 1e-12 * (1.0 + abs(state.loglik))


def _displaced(session: Session, state: State) -> str:
    """Which mean moved most, in the spread of its column."""
    old, new = _places(session, state.before), _places(session, state.params)
    unit = _units(session)
    step = (new - old) / unit
    j, c = np.unravel_index(int(np.argmax(np.abs(step))), step.shape)
    if abs(step[j, c]) < STILL:
        return "no mean moved"
    by, to = moved(float(new[j, c] - old[j, c]), float(new[j, c]))
    name = session.scene.names[int(j)]
    if session.scene.kind == "coins":
        return f"{name}'s bias {'rose' if new[j, c] > old[j, c] else 'fell'} by {by} to {to}"
    columns = session.scene.table.columns
    where = f" in {_column(columns[int(c)])}" if len(columns) > 1 else ""
    return f"{name} moved{' most,' if len(new) > 1 or where else ''}{where} by {by} to {to}"


def _journey(session: Session, state: State, resp: NDArray[np.float64] | None, taken: Taken) -> str:
    """From where the user stood to the end, or as far as one press goes."""
    if taken.end <= taken.start + 2:
        return sentence(session, state, resp, None)
    before = session.state(taken.start)
    count = state.iteration - before.iteration
    change = state.loglik - before.loglik
    told = f"{'rose' if change > 0 else 'fell'} from {height(before.loglik)} to" if _seen(change, state) else "stays at"
    return f"{count} iteration{'s' * (count != 1)}: the log-likelihood {told} {height(state.loglik)}."


def _unfinished(state: State) -> str:
    """That a press has a limit, where it was what ended the journey."""
    if state.converged or state.reason or state.at >= MOST_HALVES:
        return ""
    limits = f"{MOST_ITERATIONS} iterations or {PATIENCE:g} s at most"
    return f" Not converged: one press goes on for {limits}; press again."


def _places(session: Session, params: Any) -> NDArray[np.float64]:
    return np.asarray(params.components.p if session.scene.kind == "coins" else params.components.mean)


def _units(session: Session) -> NDArray[np.float64]:
    """The range of each column; of coins that of a probability."""
    if session.scene.kind == "coins":
        return np.ones(1)
    return session.scene.ranges


def _noun(session: Session) -> str:
    scene = session.scene
    return scene.noun if len(scene.rows) == scene.n else f"drawn {scene.noun}"


def _gain(value: float) -> str:
    return f"{value:.3g}"


def _column(name: str) -> str:
    """The name of a column, on one line and not too long."""
    text = " ".join(name.split()) or "?"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
