"""Yes or no: the binomial distribution with one trial.

log p(x; q) = sum_c [x_c log q_c + (1 - x_c) log(1 - q_c)], over observed cells. Everything that is true of it is true
of the binomial, so it is that family and no second one: parameters, statistics and priors are those of `Binomial`.
"""

from __future__ import annotations

from hiddenmix.families.binomial import Binomial
from hiddenmix.model import Known


def Bernoulli(*, p: Known | None = None, prior: tuple[float, float] | None = None) -> Binomial:
    """Bernoulli components; data are 0 and 1 (n, d).

    Parameters
    ----------
    p : Known, optional
        Probabilities that are given.
    prior : tuple of two floats, optional
        Pseudo-counts: ones and zeros added to every component and column.

    Returns
    -------
    Binomial
        With one trial.
    """
    return Binomial(1, p=p, prior=prior)


__all__ = ["Bernoulli"]
