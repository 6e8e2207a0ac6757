"""What every family can do, found by doing it: the table in the documentation is made by running, not typed by hand.

A family is taken with the parameters and the data of its first entry among the contract cases. A cell says
yes where the attempt succeeded, and no where the library refused it with a coded error; any other outcome is a defect,
and raises.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import hiddenmix as hm
from hiddenmix import _tree
from hiddenmix.batch import Evidence
from hiddenmix.testing import FamilyCase

K = 3
ITERATIONS = 3


def page() -> str:
    """The table as Markdown, with a sentence on what each column means."""
    attempts = {name: " ".join((attempt.__doc__ or "").split()) for name, attempt in ATTEMPTS.items()}
    lines = ["# Families", "", "Every family, and what was tried with it when this page was built.", ""]
    lines += [f"- *{name}*: {words}" for name, words in attempts.items()]
    lines += ["", "| family | " + " | ".join(attempts) + " |", "|---" * (len(attempts) + 1) + "|"]
    for name, cases in kinds_of_family().items():
        marks = ["yes" if any(succeeds(attempt, case) for case in cases) else "–" for attempt in ATTEMPTS.values()]
        lines.append(f"| `{name}` | " + " | ".join(marks) + " |")
    return "\n".join(lines) + "\n"


def kinds_of_family() -> dict[str, list[FamilyCase]]:
    """The contract cases of each of the library's families, by its name."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tests.contracts.registry import FAMILIES

    found: dict[str, list[FamilyCase]] = {}
    for case in FAMILIES.values():
        kind = type(case.family)
        if kind.__module__.startswith("hiddenmix."):
            found.setdefault("Product" if kind.__name__ == "LinearProduct" else kind.__name__, []).append(case)
    return dict(sorted(found.items()))


def succeeds(attempt: Callable[[FamilyCase], bool], case: FamilyCase) -> bool:
    """Whether it can be done; a coded error is a no."""
    try:
        return attempt(case)
    except hm.HiddenmixError:
        return False


def fitted(case: FamilyCase, data: Any = None, algorithm: Any = None, model: Any = None, params: Any = None) -> Any:
    """Some iterations from the case's parameters; a fall or a number that is not finite is a defect."""
    model = hm.Mixture(case.family, case.k) if model is None else model
    params = hm.MixtureParams(np.full(case.k, 1 / case.k), case.params) if params is None else params
    data = hm.Rows(case.x) if data is None else data
    algorithm = hm.EM() if algorithm is None else algorithm
    result = hm.fit(
        model, data, params, algorithm=algorithm, max_iter=ITERATIONS, stop=hm.Iterations(ITERATIONS), rng=0
    )
    if result.status in (hm.Status.DECREASED, hm.Status.NOT_FINITE):
        raise AssertionError(f"{case.family!r}: {result.status.value}")
    return result


def mixture(case: FamilyCase) -> bool:
    """a mixture of it is fitted by EM."""
    return bool(np.isfinite(fitted(case).objective))


def hidden_markov(case: FamilyCase) -> bool:
    """it is the distribution of the states of a hidden Markov model."""
    even = np.full(case.k, 1 / case.k)
    params = hm.MarkovParams(even, np.full((case.k, case.k), 1 / case.k), case.params)
    lengths = [_tree.n_rows(case.x) // 2, _tree.n_rows(case.x) - _tree.n_rows(case.x) // 2]
    return fitted(case, hm.Sequences(case.x, lengths), None, hm.Markov(case.family, case.k), params).objective < np.inf


def mixed_columns(case: FamilyCase) -> bool:
    """it stands beside columns of another kind in a `Product`."""
    if not isinstance(case.x, np.ndarray):
        return False
    x = case.x.reshape(len(case.x), -1)
    counts = np.random.default_rng(0).poisson(3.0, (len(x), 1)).astype(float)
    family = hm.Product([case.family, hm.Poisson()], [range(x.shape[1]), x.shape[1]])
    rates = hm.PoissonParams(np.linspace(2, 4, case.k)[:, None])
    both = np.concatenate([x, counts], axis=1)
    family = family.prepare(both, None, case.k)
    params = hm.MixtureParams(np.full(case.k, 1 / case.k), (case.params, rates))
    return fitted(case, hm.Rows(both), None, hm.Mixture(family, case.k), params).objective < np.inf


def missing(case: FamilyCase) -> bool:
    """rows with missing cells are fitted, the cells integrated out."""
    holes = [np.array(leaf, dtype=float) for leaf in _tree.leaves(case.x)]
    holes[0].reshape(-1)[::7] = np.nan  # of a record, the first part: responses, times, successes
    x = holes[0] if isinstance(case.x, np.ndarray) else _tree.unravel(_tree.ravel(tuple(holes)), case.x)
    return bool(np.isfinite(fitted(case, hm.Rows(x)).objective))


def weights(case: FamilyCase) -> bool:
    """a row of weight 2 counts as two rows."""
    weight = np.where(np.arange(_tree.n_rows(case.x)) % 3 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(len(weight)), weight.astype(int))
    one, two = fitted(case, hm.Rows(case.x, weight)), fitted(case, hm.Rows(_tree.take(case.x, twice)))
    if not np.isclose(one.objective, two.objective, rtol=1e-8):
        raise AssertionError(f"{case.family!r}: {one.objective} with weights, {two.objective} with repeated rows")
    return True


def prior(case: FamilyCase) -> bool:
    """its parameters can have a prior."""
    return case.family.log_prior(case.params) != 0


def known_labels(case: FamilyCase) -> bool:
    """the components of some rows are known."""
    likely = case.family.log_prob(case.params, case.x).argmax(axis=1)
    codes = np.where(np.arange(len(likely)) % 4 == 0, likely, -1)
    return fitted(case, hm.Rows(case.x, None, Evidence.from_labels(codes, case.k))).objective < np.inf


def acceleration(case: FamilyCase) -> bool:
    """it has analytic slopes, and L-BFGS climbs with them."""
    if case.family.gradient(case.params, case.stats, case.params) is None:
        return False
    return fitted(case, algorithm=hm.LBFGS()).objective < np.inf


def compiled(case: FamilyCase) -> bool:
    """its E-step has the linear form that is compiled."""
    return case.family.linear(case.params, case.x) is not None


ATTEMPTS: dict[str, Callable[[FamilyCase], bool]] = {
    attempt.__name__.replace("_", " ").replace("markov", "Markov"): attempt
    for attempt in (
        mixture, hidden_markov, mixed_columns, missing, weights, prior, known_labels, acceleration, compiled,
    )
}  # fmt: skip
