"""What a fit says: parameters with their own objective, how it ended, what was checked, and every start."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from hiddenmix._errors import HiddenmixError
from hiddenmix._tree import Array, record
from hiddenmix.engine.information import standard_errors
from hiddenmix.engine.problem import Point, Problem
from hiddenmix.engine.together import Seat, alone, n_bytes

P = TypeVar("P")
S = TypeVar("S")
Q = TypeVar("Q")


class Status(enum.Enum):
    """How a climb ended, as a sentence."""

    CONVERGED = "converged: the last gain and all that is projected to come are below the tolerance"
    ITERATION_LIMIT = "stopped at the iteration limit, not converged"
    DECREASED = "stopped because the objective fell, which exact EM never does"
    NOT_FINITE = "stopped because the log-likelihood was no longer a finite number"
    COLLAPSED = "stopped because a component collapsed, where the likelihood is infinite"
    RACED_OUT = "given up in the race, because other starts were higher after the same iterations"
    STOPPED = "stopped by the callback"

    @property
    def finished(self) -> bool:
        """Whether the climb went as far as it was allowed to, and ended at a usable point."""
        return self in (Status.CONVERGED, Status.ITERATION_LIMIT, Status.STOPPED)


class Certificate(enum.Enum):
    """What is known of the point where a fit stopped, as a sentence."""

    MAXIMUM = "a local maximum: EM returns to it from a perturbation"
    SADDLE = "a saddle: the objective rises in some direction"
    BOUNDARY = "a maximum on the boundary of the parameter space"
    FLAT = "flat in some direction, which is not identified: other parameters fit as well, or nearly so"
    UNCHECKED = "not checked"


@record
class Step(Generic[P]):
    """One iteration in the history. `params` is None where the history was thinned to bound its memory."""

    iteration: int
    objective: float
    loglik: float
    seconds: float
    params: P | None
    note: str = ""


class Trace(Generic[P]):
    """Every iteration's objective, and as many parameters as `max_bytes` allows, evenly thinned."""

    def __init__(self, keep_params: bool = True, max_bytes: int = 2**25) -> None:
        self.keep_params, self.max_bytes, self.stride = keep_params, max_bytes, 1
        self.objectives: list[float] = []  # the start first
        self._told: list[tuple[float, float, str]] = []  # log-likelihood, seconds, note
        self._params: dict[int, P | Seat[P]] = {}

    @staticmethod
    def told(steps: Iterable[tuple[float, float, float]], params: Mapping[int, Q] | None = None) -> Trace[Q]:
        """A history from objective, log-likelihood and seconds of every iteration, and the parameters of some."""
        trace: Trace[Q] = Trace(keep_params=False)
        trace._params.update(params or {})
        for objective, loglik, seconds in steps:
            trace.objectives.append(float(objective))
            trace._told.append((float(loglik), float(seconds), ""))
        return trace

    def kept(self, max_bytes: int) -> dict[int, P]:
        """The parameters of the iterations that hold them, the first and the last among them, thinned to a size."""
        held = sorted(self._params)
        if not held:
            return {}
        most = max(2, max_bytes // max(n_bytes(self._params[held[0]]), 1))
        chosen = held if len(held) <= most else [held[round(i * (len(held) - 1) / (most - 1))] for i in range(most)]
        return {i: alone(self._params[i]) for i in chosen}  # type: ignore[misc]

    def append(self, point: Point[P, Any], seconds: float, note: str = "") -> None:
        """Add the point of the next iteration."""
        iteration = len(self.objectives)
        self.objectives.append(point.objective)
        self._told.append((point.loglik, seconds, note))
        if self.keep_params and iteration % self.stride == 0:
            self._params[iteration] = point.given
            if n_bytes(point.given) * (iteration // self.stride) > self.max_bytes:
                self.stride *= 2
                self._params = {i: params for i, params in self._params.items() if i % self.stride == 0}

    def mapped(self, change: Callable[[P], P]) -> Trace[P]:
        """The same history with `change` made to all parameters."""
        other = self.copy()
        other._params = {i: change(alone(params)) for i, params in self._params.items()}  # type: ignore[arg-type]
        return other

    def copy(self) -> Trace[P]:
        """A history that goes on by itself."""
        other = Trace[P](self.keep_params, self.max_bytes)
        other.stride, other.objectives = self.stride, list(self.objectives)
        other._told, other._params = list(self._told), dict(self._params)
        return other

    def __len__(self) -> int:
        return len(self.objectives)

    def __iter__(self) -> Iterator[Step[P]]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: int) -> Step[P]:
        iteration = range(len(self))[index]
        loglik, seconds, note = self._told[iteration]
        params: Any = alone(self._params.get(iteration))
        return Step(iteration, self.objectives[iteration], loglik, seconds, params, note)


@record
class Start(Generic[P]):
    """One start in the census. `optimum` numbers the optima from the best, 0; None where none was reached.

    Of large data, `objective` and `loglik` of a start that gave up on a sample are projected to all rows, and
    `iterations` are those on the sample; of a start that went on to all rows they leave out those on the sample.
    """

    index: int
    how: str
    objective: float
    loglik: float
    status: Status
    iterations: int
    params: P
    optimum: int | None = None
    spurious: tuple[int, ...] = ()
    reason: str = ""


@record
class Result(Generic[P, S]):
    """What `fit` returns. `loglik` and `objective` belong to `params`, never to the step before.

    `evaluations` counts the E-steps on all rows of all climbs, without those on a sample and those of the certificate;
    `growth` is that of a perturbation under the EM map, where it was checked.
    """

    model: Any
    point: Point[P, S]
    status: Status
    certificate: Certificate
    trace: Trace[P]
    starts: tuple[Start[P], ...]
    spurious: tuple[int, ...] = ()
    reason: str = ""
    growth: float | None = None
    evaluations: int = 0
    problem: Problem[P, S] | None = None

    def __repr__(self) -> str:
        return (
            f"Result(loglik={self.loglik:.6g}, {self.status.name}, {self.certificate.name}, {len(self.starts)} starts)"
        )

    @property
    def params(self) -> P:
        """The fitted parameters."""
        return self.point.params

    @property
    def loglik(self) -> float:
        """Their log-likelihood."""
        return self.point.loglik

    @property
    def objective(self) -> float:
        """Their log-likelihood plus log prior."""
        return self.point.objective

    @property
    def converged(self) -> bool:
        """Whether the stopping rule was met (the iteration limit is not convergence)."""
        return self.status is Status.CONVERGED

    @property
    def iterations(self) -> int:
        """Iterations from the start that won."""
        return len(self.trace) - 1

    @property
    def optima(self) -> tuple[tuple[float, int], ...]:
        """The optima that starts reached, best first: objective and number of starts."""
        reached: dict[int, list[float]] = {}
        for start in self.starts:
            if start.optimum is not None:
                reached.setdefault(start.optimum, []).append(start.objective)
        return tuple((max(reached[i]), len(reached[i])) for i in sorted(reached))

    def standard_errors(self) -> dict[str, Array]:
        """Standard errors of `model.estimates(params)`, from the observed information.

        Raises HM420 where they do not exist: away from a maximum, on the boundary, or along a flat direction.
        """
        if self.problem is None:
            raise HiddenmixError(
                "HM421",
                "this result was copied, pickled or loaded without its data",
                "fit again to get standard errors",
            )
        if not self.converged or self.certificate in (Certificate.SADDLE, Certificate.FLAT):
            why = self.certificate.value if self.converged else self.status.value
            raise HiddenmixError(
                "HM420",
                f"standard errors exist at a maximum only; this fit: {why}",
                "fewer components, a prior, a larger max_iter, or a smaller tol",
            )
        if not getattr(self.model, "likelihood", True):
            raise HiddenmixError(
                "HM420",
                f"what {type(self.model).__name__} maximises is no log-likelihood, and has no standard errors",
                "algorithm='em' from these parameters",
            )
        return standard_errors(self.problem, self.point)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "problem": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
