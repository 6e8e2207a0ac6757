"""The estimator for a configuration, as its class and arguments: for the run, and for the script that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hiddenmix.lab._config import Config

__all__ = ["PUBLISHED", "TOSSES", "Recipe", "recipe"]

TOSSES: Final = 10  # in each set of the coins

#: Starts that the literature has: of each parameter the values of two components.
PUBLISHED: Final[dict[str, dict[str, Any]]] = {
    "coins": {"probabilities_init": [[0.6], [0.5]]},
    "redblue": {"means_init": [[1.1], [9.0]], "stds_init": [2.0, 1.7]},
}


@dataclass(frozen=True)
class Recipe:
    """A class of hiddenmix, and the arguments that are not its defaults."""

    estimator: str
    k: int
    arguments: dict[str, Any]

    def made(self) -> Any:
        """The estimator."""
        import hiddenmix as hm

        return getattr(hm, self.estimator)(self.k, **self.arguments)

    def __str__(self) -> str:
        told = "".join(f", {name}={value!r}" for name, value in self.arguments.items())
        return f"hm.{self.estimator}({self.k}{told})"


def recipe(config: Config, values: NDArray[np.float64]) -> Recipe:
    """The estimator for a settled configuration, on these rows (n, d)."""
    k = config.k or 1
    coins = config.data == "coins"
    arguments: dict[str, Any] = {"trials": TOSSES} if coins else {}
    if not coins and config.shape != "full":
        arguments["covariance_type"] = config.shape
    if config.weights == "equal":
        arguments["weights"] = "equal"
    if config.start == "default":
        return Recipe(_name(coins), k, arguments | _published(config))
    if config.start == "same":
        return Recipe(_name(coins), k, arguments | _same(values, k, coins))
    return Recipe(_name(coins), k, arguments | {"init_params": config.start, "random_state": config.seed})


def _name(coins: bool) -> str:
    return "BinomialMixture" if coins else "GaussianMixture"


def _published(config: Config) -> dict[str, Any]:
    start = dict(PUBLISHED[config.data])
    if config.shape == "tied":
        start.pop("stds_init", None)  # one for both: the library takes that of all data
    return start | ({} if config.weights == "equal" else {"weights_init": [0.5, 0.5]})


def _same(values: NDArray[np.float64], k: int, coins: bool) -> dict[str, Any]:
    """All means together, off the middle, so that one sees them move there and stay."""
    if coins:
        return {"probabilities_init": [[0.5]] * k}
    place = [_below(values[:, c]) for c in range(values.shape[1])]
    return {"means_init": [place] * k}


def _below(column: NDArray[np.float64]) -> float:
    """A standard deviation below the mean of a column."""
    seen = column[~np.isnan(column)]
    with np.errstate(all="ignore"):  # what is too large to square is the estimator's to refuse
        place = float(seen.mean() - seen.std()) if len(seen) else 0.0
    return place if np.isfinite(place) else 0.0
