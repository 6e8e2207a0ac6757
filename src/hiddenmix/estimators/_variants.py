"""Names of algorithms and starts that stand for a wrapped mixture, or for a start that another kind of EM finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hiddenmix.latent.mixture import Mixture
from hiddenmix.latent.wrappers import Hard
from hiddenmix.variants import Annealed, Drawn

VARIANTS = ("cem", "sem")
WAYS = ("annealing",)
CLASSIFIED = "classification EM: every row belongs wholly to one component"


def wrapped(algorithm: Any, model: Any) -> Any:
    """The model that is fitted: with "cem" that of classification EM."""
    return Hard(model) if isinstance(algorithm, str) and algorithm == "cem" else model


def noted(algorithm: Any, note: Any) -> Any:
    """What there is to say of a fit whose estimates are not those of maximum likelihood."""
    if not (isinstance(algorithm, str) and algorithm == "cem"):
        return note
    return replace(note, text="; ".join(filter(None, [note.text, CLASSIFIED])))


def climbing(algorithm: Any) -> Any:
    """The engine's algorithm: classification EM goes by EM steps, and after stochastic EM the usual one goes on."""
    return {"cem": "em", "sem": "auto"}.get(algorithm, algorithm) if isinstance(algorithm, str) else algorithm


def way(how: Any) -> Any:
    """A way to start by its name."""
    return Annealed() if isinstance(how, str) and how == "annealing" else how


def begun(algorithm: Any, how: Any) -> Any:
    """The ways to start; with "sem" stochastic EM from each of them."""
    if not (isinstance(algorithm, str) and algorithm == "sem"):
        return way(how)
    ways = Mixture.strategies if isinstance(how, str) and how == "auto" else how if isinstance(how, tuple) else (how,)
    return tuple(replace(Drawn(), how=way(each)) for each in ways)
