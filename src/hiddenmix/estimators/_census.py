"""What became of the starts, in one sentence."""

from __future__ import annotations

from typing import Any

from hiddenmix.engine.result import Result, Status


def sentence(result: Result[Any, Any]) -> str:
    """For example "4 of 10 starts finished, 3 of them in the best optimum (next -1203.44); 2 collapsed"."""
    n, optima = len(result.starts), result.optima
    if n == 1:
        return "one start" if optima else "one start, which reached no optimum"
    finished = sum(count for _, count in optima)
    parts = [f"{finished} of {n} starts finished"]
    if finished > 1:
        next_best = f" (next {optima[1][0]:.2f})" if len(optima) > 1 else ""
        parts[0] += f", {'all' if optima[0][1] == finished else optima[0][1]} of them in the best optimum{next_best}"
    for status, words in (
        (Status.COLLAPSED, "collapsed"),
        (Status.NOT_FINITE, "left the finite numbers"),
        (Status.ITERATION_LIMIT, "reached the iteration limit"),
    ):
        count = sum(start.status is status for start in result.starts)
        if count:
            parts.append(f"{count} {words}")
    carried = sum(bool(start.spurious) for start in result.starts)
    if carried:
        parts.append(f"{carried} leaned on a handful of rows")
    return "; ".join(parts)
