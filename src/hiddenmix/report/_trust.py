"""How the fit ended, in words, for every way in which it can."""

from __future__ import annotations

from collections.abc import Iterator

from hiddenmix.engine.result import Certificate, Status
from hiddenmix.estimators._fitted import Facts
from hiddenmix.report._findings import Findings

#: What the answer says of the point where the fit stopped.
ENDED = {
    Certificate.MAXIMUM: "The fit converged to a local maximum.",
    Certificate.BOUNDARY: "The fit converged to a maximum on the boundary of what the parameters can be.",
    Certificate.SADDLE: "The fit stopped at a saddle, which is no maximum: better parameters are nearby.",
    Certificate.FLAT: "The fit converged to a place where the log-likelihood is flat in some direction, so that other "
    "parameters fit as well, or nearly so.",
    Certificate.UNCHECKED: "The fit converged; whether to a maximum was not checked.",
}

#: What the section on convergence says of it.
CHECKED = {
    Certificate.MAXIMUM: "The end point was checked: pushed a little away from it, EM returns to it, so that it is a "
    "local maximum. That there is no higher one elsewhere cannot be proved.",
    Certificate.SADDLE: "The end point was checked, and it is a saddle: the log-likelihood rises in some direction, so "
    "that there are better parameters nearby.",
    Certificate.BOUNDARY: "The end point was checked: it is a maximum on the boundary of what the parameters can be (a "
    "probability of 0 or 1, for example), where standard errors do not hold.",
    Certificate.FLAT: "The end point was checked: in some direction the log-likelihood is flat, so that other "
    "parameters fit as well as these, or nearly so.",
    Certificate.UNCHECKED: "The end point was not checked, so that it is not known whether it is a maximum.",
}


def trust(found: Findings) -> Iterator[str]:
    """Whether the fit can be relied on."""
    facts = found.facts
    if facts is None:
        yield "The parameters were given; nothing was fitted."
        return
    if converged(facts):
        yield ENDED[certificate(found)]
        yield from _reached(found)
    else:
        yield f"The fit has not converged: it {ended(facts.status).replace(', not converged', '')}."
    if found.run.interrupted:
        yield "It was interrupted: this is the best so far, and not everything was tried."
    if found.warnings:
        there = "There was 1 warning" if len(found.warnings) == 1 else f"There were {len(found.warnings)} warnings"
        yield f"{there}; see below, under Convergence."


def converged(facts: Facts) -> bool:
    """Whether the stopping rule was met."""
    return facts.status.startswith(Status.CONVERGED.value)


def certificate(found: Findings) -> Certificate:
    """What the check of the end point found; of a fit whose course is not known, as its facts tell it."""
    if found.result is not None:
        return found.result.certificate
    told = "" if found.facts is None else found.facts.certificate
    return next((one for one in Certificate if one.value == told), Certificate.UNCHECKED)


def ended(status: str) -> str:
    """What the climb did, after "it" or "the climb"."""
    passive = (Status.STOPPED.value, Status.RACED_OUT.value)
    return f"was {status}" if status.startswith(passive) else status


def _reached(found: Findings) -> Iterator[str]:
    """How many of the starts ended at the same point."""
    optima = () if found.result is None else found.result.optima
    finished = sum(number for _, number in optima)
    if finished < 2:
        return
    best = optima[0][1]
    which = "Both" if best == finished == 2 else f"{'All' if best == finished else best} of the {finished}"
    yield f"{which} starts that finished ended there."
