"""Where a mixture starts: responsibilities of a sample of units, drawn or given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hiddenmix import _starts
from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, leaves
from hiddenmix.batch import Batch
from hiddenmix.model import Data

if TYPE_CHECKING:
    from hiddenmix.latent.mixture import Mixture

FEWEST, MOST = 2_000, 10_000  # units that a start looks at
EACH = 20  # units for each number in the components' locations
SMOOTH = 0.02  # of the responsibilities is spread evenly, so that no component starts degenerate


def responsibilities(
    mixture: Mixture[Any, Any], batch: Batch, rngs: Sequence[np.random.Generator], hows: Sequence[str]
) -> list[Array]:
    """Responsibilities (n, k) of the units, for each generator and strategy."""
    hows = ["kmeans" if how == "auto" else how for how in hows]
    for how in set(hows) - set(_starts.STRATEGIES):
        raise HiddenmixError("HM401", f"no start is called {how!r}", f"one of {', '.join(_starts.STRATEGIES)}")
    points = mixture.family.coordinates(batch.x)
    points = batch.rows_to_units(points) / batch.rows_to_units(np.ones((len(points), 1)))
    allowed = None if batch.evidence is None else np.isfinite(batch.evidence.log_weights())
    every = _starts.responsibilities(hows, points, mixture.n_components, rngs, batch.weight, allowed)
    begun = (mixture.family.begin(points, resp) for resp in every)
    return [(1 - SMOOTH) * resp + SMOOTH / mixture.n_components for resp in begun]


def enough(data: Data, k: int) -> int:
    """How many units a start looks at: more for more components, and more columns."""
    if not data.in_memory:  # where every sample is a pass over the data
        return MOST
    width = sum(math.prod(leaf.shape[1:]) for leaf in leaves(data.sample(np.random.default_rng(0), 1).x))
    return int(min(MOST, max(FEWEST, EACH * k * width)))


def given(data: Data, how: Any, k: int) -> Array:
    """Labels or responsibilities in the caller's order, as responsibilities in that of the chunks."""
    if not data.in_memory:
        raise HiddenmixError("HM410", "labels for each row go with data in memory", "starting parameters")
    values = np.asarray(how)
    values = values if data.order is None else values[data.order]
    return np.eye(k)[values] if values.ndim == 1 else values.astype(float)
