"""What the parts of the library see of one another: models, families, data, pools, and known parameters.

EM is a map, a merge and a maximise. A `Model` maps a batch to (log-likelihood, statistics); statistics merge; the model
turns merged statistics into new parameters. The engine knows nothing else about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

import numpy as np

from hiddenmix import _tree
from hiddenmix._errors import HiddenmixError
from hiddenmix._known import Known as Known
from hiddenmix._together import Together
from hiddenmix._tree import Array
from hiddenmix.kernels.piece import Piece
from hiddenmix.typicality import LEAST, drawn_typicality, masked

P = TypeVar("P")
S = TypeVar("S")
B = TypeVar("B", contravariant=True)
Bound = Literal["exact", "lower", "noisy"]


class Degenerate(Exception):
    """The maximum of the M-step lies at the edge where the likelihood is infinite.

    Raised by `estimate`; the engine turns it into a status and keeps the last finite point.
    """

    def __init__(self, component: int, reason: str) -> None:
        super().__init__(f"component {component + 1} {reason}")
        self.component, self.reason = component, reason


def outcome(attempt: Callable[..., P], *args: Any) -> P | Degenerate:
    """What it returns, or the `Degenerate` that it raises."""
    try:
        return attempt(*args)
    except Degenerate as collapse:
        return collapse


@runtime_checkable
class Data(Protocol):
    """Independent units (rows, sequences, groups), in chunks whose boundaries depend on the data only.

    `order` maps units in chunk order to the caller's; None where they are the same.
    """

    n_units: int
    total_weight: float
    n_observed: float
    in_memory: bool
    order: Array | None

    def chunks(self) -> Iterator[Any]:
        """The batches, or callables that open one where the work is done."""
        ...

    def sample(self, rng: np.random.Generator, size: int) -> Any:
        """A batch of at most `size` units drawn without replacement."""
        ...


class Pool(Protocol):
    """Anything with an order-preserving map; a `concurrent.futures.Executor` is one."""

    def map(self, fn: Callable[[Any], Any], items: Iterable[Any], /) -> Iterator[Any]:
        """The results of `fn`, in the order of the items."""
        ...


class Model(Protocol[P, S, B]):
    """What the engine sees. Subclass it: everything but `start`, `e_step` and `m_step` has a default.

    With `q` come the lower bound, standard errors and acceleration. `strategies` are the ways to start that "auto"
    takes in turn.
    """

    bound: Bound = "exact"
    strategies: tuple[str, ...] = ("auto",)

    def start(self, data: Any, rng: np.random.Generator, how: Any) -> P:
        """Initial parameters."""
        ...

    def starts(self, data: Any, rngs: Sequence[np.random.Generator], hows: Sequence[Any]) -> list[P | Degenerate]:
        """Initial parameters of several starts; what went wrong in the place of those that are impossible."""
        return [outcome(self.start, data, rng, how) for rng, how in zip(rngs, hows, strict=True)]

    def e_step(self, params: P, batch: B) -> tuple[float, S]:
        """The batch's weighted log-likelihood (or bound) and its expected statistics, at `params`. Pure."""
        ...

    def m_step(self, params: P, stats: S) -> P:
        """The parameters that maximise `q(·, stats) + log_prior(·)`. Pure; `params` are the old ones."""
        ...

    def together(self, data: Any) -> Together | None:
        """How several parameters are worked on at once, where that is possible and pays on these data."""
        return None

    def prepare(self, data: Any) -> Model[P, S, B]:
        """The model with everything settled that depends on the data."""
        return self

    def plain(self) -> Model[P, S, B]:
        """The model whose density carries no penalty: what scores and criteria use."""
        return self

    def conform(self, params: P) -> P:
        """Starting parameters with everything that is known put in."""
        return params

    def match(self, params: P, other: P) -> P:
        """`params` with its components in the order of those of `other`; as they are where there are none."""
        return params

    def spurious(self, params: P, stats: S, data: Any) -> Array:
        """The components that so few units carry that their likelihood says little."""
        return np.zeros(0, dtype=int)

    def log_prior(self, params: P) -> float:
        """The log prior density, up to a constant."""
        return 0.0

    def q(self, params: P, stats: S) -> float:
        """The expected complete-data log-likelihood, up to a term free of `params`."""
        raise HiddenmixError("HM411", f"{type(self).__name__} has no q, which this needs", "define q(params, stats)")

    def q_gradient(self, params: P, stats: S, base: P) -> Array | None:
        """The gradient of `q` plus `log_prior` in the coordinates around `base`; None leaves it to differences."""
        return None

    def ravel(self, params: P, base: P) -> Array:
        """Free coordinates of `params` around `base`, for which they are zero; held-fixed ones are left out."""
        return _tree.ravel(params) - _tree.ravel(base)

    def unravel(self, vector: Array, base: P) -> P:
        """The parameters with these free coordinates around `base`."""
        return _tree.unravel(_tree.ravel(base) + vector, base)

    def on_boundary(self, params: P) -> bool:
        """Whether the parameters lie at an edge of their space (a probability of 0), where no gradient need vanish."""
        return False

    def inside(self, params: P, step: float) -> Iterator[P]:
        """Parameters with one entry that lies on the boundary moved inside by `step`, one after the other."""
        return iter(())

    def apart(self, params: P, data: Any, rng: np.random.Generator) -> Iterator[P]:
        """Parameters in which parts of the model that coincide, so that EM cannot part them, stand apart."""
        return iter(())

    def moves(self, params: P, data: Any, rng: np.random.Generator) -> Iterator[P]:
        """Parameters far from these that may lead to a higher maximum, the most promising first."""
        return iter(())

    def estimates(self, params: P) -> dict[str, Array]:
        """The parameters that people read, by name."""
        return _tree.named(params) or {"params": _tree.ravel(params)}


class Family(Protocol[P, S]):
    """What a latent structure sees: the densities of all k components at once, components on the leading axis.

    Required are `log_prob`, `stats`, `estimate` and `expected_log_prob`; the others have defaults.
    """

    least_typicality: float = LEAST

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def log_prob(self, params: P, x: Any) -> Array:
        """Log densities (n, k); missing cells are integrated out."""
        ...

    def stats(self, params: P | None, x: Any, resp: Array) -> S:
        """Expected sufficient statistics, rows weighted by `resp` (n, k); `params=None` at the very first start."""
        ...

    def estimate(self, params: P | None, stats: S) -> P:
        """The parameters that maximise the weighted likelihood plus the log prior; empty components keep theirs."""
        ...

    def expected_log_prob(self, params: P, stats: S) -> Array:
        """Expected complete-data log densities (k,), up to a term free of `params`."""
        ...

    def gradient(self, params: P, stats: S, base: P) -> Array | None:
        """The gradient of `expected_log_prob`'s sum plus `log_prior` in the coordinates; None: by differences."""
        return None

    def log_prior(self, params: P) -> float:
        """The log prior density of all components, up to a constant."""
        return 0.0

    def repeated(self, count: int) -> Family[P, S] | None:
        """The family for `count` times as many components, in sets that have nothing to do with one another.

        None where components share something: then an M-step cannot take several sets at once.
        """
        return None

    def log_priors(self, params: P) -> Array:
        """The log prior densities (k,), or one number for each of them; needed where the family can be `repeated`."""
        raise HiddenmixError("HM411", f"{type(self).__name__} has no log_priors, which this needs", "define log_priors")

    def evaluate(self, params: P, x: Any) -> tuple[Array, Callable[[Array], S]]:
        """Log densities, and the function from `resp` to statistics, sharing their work."""
        return self.log_prob(params, x), lambda resp: self.stats(params, x, resp)

    def linear(self, params: P, x: Any, complete: bool = False) -> Sequence[Piece[S]] | None:
        """The rows in linear form, for the compiled E-step; None where the family has none.

        With `complete` no cell is missing, and the family need not look.
        """
        return None

    def prepare(self, x: Any, weight: Array | None, k: int) -> Family[P, S]:
        """The family with everything settled that depends on the data (a default prior, the number of levels)."""
        return self

    def conform(self, params: P) -> P:
        """Starting parameters with everything that is known put in."""
        return params

    def coordinates(self, x: Any) -> Array:
        """Numbers (n, q) in which Euclidean distance makes sense, for starting values."""
        return np.asarray(x, dtype=float).reshape(_tree.n_rows(x), -1)

    def begin(self, points: Array, resp: Array) -> Array:
        """Starting responsibilities (n, k), from those that a clustering of `points` (n, q) found."""
        return resp

    def plain(self) -> Family[P, S]:
        """The family whose densities carry no penalty: what scores and criteria use."""
        return self

    def n_free(self, params: P) -> int:
        """The number of free parameters of all components."""
        return int(self.ravel(params, params).size)

    def sample(self, params: P, labels: Array, rng: np.random.Generator) -> Any:
        """One draw for each entry of `labels`, from that component."""
        raise HiddenmixError("HM411", f"{type(self).__name__} has no sample, which this needs", "define sample")

    def typicality(self, params: P, x: Any) -> Array:
        """The probability (n, k) that a draw of the component has a density no higher than the row's: 1 at the mode.

        Of the observed cells; 1 for a row without any. By default from draws, none of them below `least_typicality`.
        """
        return drawn_typicality(self, params, x)

    def resample(self, params: P, labels: Array, x: Any, rng: np.random.Generator) -> Any:
        """A draw for each row of `x`, from its entry of `labels`, with the same cells missing and the same givens."""
        return masked(self.sample(params, labels, rng), x)

    def ravel(self, params: P, base: P) -> Array:
        """Free coordinates around `base`."""
        return _tree.ravel(params) - _tree.ravel(base)

    def unravel(self, vector: Array, base: P) -> P:
        """The parameters with these free coordinates around `base`."""
        return _tree.unravel(_tree.ravel(base) + vector, base)

    def on_boundary(self, params: P) -> bool:
        """Whether some parameter lies at an edge of its space."""
        return False

    def inside(self, params: P, step: float) -> Iterator[P]:
        """Parameters with one entry that lies on the boundary moved inside by `step`, one after the other."""
        return iter(())

    def estimates(self, params: P) -> dict[str, Array]:
        """The parameters that people read, by name, components first."""
        return _tree.named(params)

    def location(self, params: P) -> Array:
        """Where the components lie (k, q): what orders components of equal weight."""
        return np.stack([_tree.ravel(_tree.pick(params, [j])) for j in range(_tree.n_components(params))])

    def least_rows(self, params: P) -> Any:
        """The rows' worth of weight, or that of each component (k,), below which one is suspect of being spurious."""
        return 0.0
