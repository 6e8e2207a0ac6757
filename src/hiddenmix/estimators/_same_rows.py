"""Whether a table is that of the fit, as far as a fitted estimator can tell without its data."""

from __future__ import annotations

from collections.abc import Callable

from hiddenmix._errors import HiddenmixWarning
from hiddenmix.estimators._fitted import Facts

SAME = 1e-6  # difference of log-likelihoods, relative, that rounding and another order of the rows may make


def difference(facts: Facts | None, source: str, n: int, loglik: Callable[[], float] | None = None) -> str:
    """In what the rows of a table differ from those of the fit, in words; "" where they do not.

    Parameters
    ----------
    facts : of the fit; None for given parameters, which have no rows
    source : what the table is called
    n : how many rows it has
    loglik : what their log-likelihood is, with the weights and known labels that they have here; None where it cannot
        be compared
    """
    if facts is None:
        return ""
    if n != facts.n_rows:
        return f"{source} has {n} rows, and the model was fitted on {facts.n_rows}"
    if loglik is None:
        return ""
    here, there = loglik(), facts.criteria.loglik
    if abs(here - there) <= SAME * (1 + abs(there)):
        return ""
    return f"the log-likelihood of {source} is {here:.6g}, and was {there:.6g} at the fit"


def other_rows(found: str) -> HiddenmixWarning:
    """HM505, from what `difference` found."""
    return HiddenmixWarning("HM505", f"{found}: other rows, or weights or known labels", "the table of the fit")
