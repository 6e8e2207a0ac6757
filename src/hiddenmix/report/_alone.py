"""What can be said of groups where one component was chosen: that there are none only where several were compared."""

from __future__ import annotations

from hiddenmix.engine.result import Status
from hiddenmix.report._findings import Findings
from hiddenmix.select import Candidate


def alone(found: Findings, rows: str) -> str:
    """What one component of the `rows` means."""
    selection = found.selection
    if selection is None or all(c.n_components == 1 for c in selection.candidates):
        asked = found.run.interrupted and selection is not None
        return f"One component describes {rows}; more were not {'reached' if asked else 'tried'}."
    if not compared(found):
        what = "not all models of more were finished" if _cut(found) else "all models of more were set aside"
        return f"One component describes {rows}; {what}, so that this does not tell whether there are groups."
    rival = found.rivalry
    other = f"; {rival.criterion.upper()} prefers {rival.other.n_components}" if rival and _more(rival.other) else ""
    by = f"by {selection.criterion.upper()}{other}"
    return f"No groups were found: one component describes {rows} better than several do ({by})."


def compared(found: Findings) -> bool:
    """Whether one component was compared with more, all of which came to their ends."""
    return found.selection is not None and any(_more(c) for c in found.selection.ranking()) and not _cut(found)


def _cut(found: Findings) -> bool:
    """Whether the search was stopped before its end; what it was at then has not climbed to where it can."""
    stopped = found.selection is not None and any(_stopped(c) for c in found.selection.candidates)
    return found.run.interrupted or stopped


def _more(candidate: Candidate) -> bool:
    return candidate.n_components > 1


def _stopped(candidate: Candidate) -> bool:
    return candidate.result is not None and candidate.result.status is Status.STOPPED
