"""What a model may offer beyond one set of parameters at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from hiddenmix._tree import Array


class Together(Protocol):
    """What a model makes of several parameters at once. Each is treated as if it were alone, but for rounding."""

    def join(self, parts: Sequence[Any]) -> Any:
        """Parameters, or statistics, side by side."""

    def pick(self, joined: Any, places: Sequence[int]) -> Any:
        """Some of them, side by side."""

    def take(self, joined: Any, place: int) -> Any:
        """One of them, as it is alone."""

    def e_step(self, params: Any, batch: Any) -> tuple[Array, Any]:
        """Log-likelihoods, one for each, and all statistics."""

    def m_step(self, params: Any, stats: Any) -> Any:
        """All parameters. Raises `Degenerate` where any of them collapses."""

    def log_prior(self, params: Any) -> Array:
        """Log priors, one for each."""
