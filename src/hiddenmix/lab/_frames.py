"""The numbers of one half-step, for the page: everything through the library's own view and stepper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from hiddenmix.lab._config import MOST_HALVES
from hiddenmix.lab._figures import finite, listed, rounded, spaced
from hiddenmix.lab._recipe import TOSSES
from hiddenmix.lab._sentences import sentence, status

if TYPE_CHECKING:
    from hiddenmix.lab._run import State
    from hiddenmix.lab._session import Session, Taken
    from hiddenmix.plot._view import View

__all__ = ["frame", "outline"]

POINTS: Final = 241  # of a curve, at least
OLDER_CURVES: Final = 10
OLDER_MEANS: Final = 30
NARROW: Final = 4.0  # steps of the grid below which a curve gets points of its own


def frame(session: Session, at: int, taken: Taken | None = None) -> dict[str, Any]:
    """What is on the screen after `at` half-steps; `taken` is what the user just did."""
    state, scene = session.state(at), session.scene
    resp = None if state.seen is None else session.memberships(state.seen.params)
    view = session.view_at(state.params)
    verdict = session.certificate(state)
    return {
        "at": at,
        "last": session.run.last,
        "half": state.half,
        "next": state.next,
        "moved": bool(state.moves),
        "stopped": bool(state.reason) or at >= MOST_HALVES,
        "iteration": state.iteration,
        "loglik": finite(state.loglik),
        "objective": finite(state.objective),
        "bound": finite(state.bound),
        "converged": state.converged,
        "status": status(session, state, verdict),
        "certificate": None if verdict is None else verdict.value,
        "resp": None if resp is None else listed(np.round(resp.T, 4)),
        "weights": listed(np.asarray(state.params.weights)),
        "means": listed(_means(session, state.params)),
        **_PICTURES[scene.kind](session, state, view, resp),
        "trace": [{"at": a, "iteration": i, "loglik": finite(value)} for a, i, value in session.run.e_steps()],
        "table": _table(session, state, view),
        "sentence": sentence(session, state, resp, taken),
        "config": session.config_at(at).plain(),
    }


def _means(session: Session, params: Any) -> NDArray[np.float64]:
    """Means (k, shown columns); of coins the probability of heads."""
    if session.scene.kind == "coins":
        return np.asarray(params.components.p)
    return np.asarray(session.view.at(params).centres[:, list(session.scene.columns)])


def _line(session: Session, state: State, view: View, resp: Any) -> dict[str, Any]:
    grid = _grid(session, view)
    earlier = session.run.earlier(state.at, OLDER_CURVES)
    return {
        "line": {"grid": spaced(grid), "curves": _curves(session, view, grid)},
        "older": [{"at": at, "curves": _curves(session, session.view.at(p), grid)} for at, p in earlier],
    }


def _curves(session: Session, view: View, grid: NDArray[np.float64]) -> Any:
    """Weight times density (k, m)."""
    return rounded(view.densities(list(session.scene.columns), grid[:, None]).T)


def _grid(session: Session, view: View) -> NDArray[np.float64]:
    """Evenly over the picture; more points where a component is narrow."""
    low, high = session.scene.extent[0]
    grid = np.linspace(low, high, POINTS)
    found = view.ellipsoids(list(session.scene.columns))
    assert found is not None
    mean, sd = found[0][:, 0], np.sqrt(found[1][:, 0, 0])
    narrow = sd < NARROW * (grid[1] - grid[0])
    extra = (mean[narrow, None] + sd[narrow, None] * np.linspace(-4, 4, 33)).ravel()
    return np.unique(np.concatenate([grid, extra[(extra > low) & (extra < high)]]))


def _plane(session: Session, state: State, view: View, resp: Any) -> dict[str, Any]:
    """One-sigma ellipses in the two shown columns, their angle from the first one."""
    found = view.ellipsoids(list(session.scene.columns))
    assert found is not None
    ellipses = [outline(mean, cov) for mean, cov in zip(*found)]
    earlier = session.run.earlier(state.at, OLDER_MEANS)
    older = [{"at": at, "means": listed(_means(session, params))} for at, params in earlier]
    return {"plane": {"ellipses": ellipses}, "older": older}


def outline(mean: NDArray[np.float64], cov: NDArray[np.float64]) -> dict[str, float]:
    """Middle, half axes (the longer one first) and angle in degrees, y upwards, of a one-sigma ellipse."""
    size, axes = np.linalg.eigh(cov)
    rx, ry = np.sqrt(np.maximum(size[::-1], 0.0)).tolist()
    angle = float(np.degrees(np.arctan2(axes[1, 1], axes[0, 1])))
    return {"cx": float(mean[0]), "cy": float(mean[1]), "rx": rx, "ry": ry, "angle": angle}


def _coins(session: Session, state: State, view: View, resp: NDArray[np.float64] | None) -> dict[str, Any]:
    """Tosses divided by memberships, their totals, and the coins' biases."""
    heads = session.scene.table.values[:, 0]
    rows, totals = [], None
    for i, count in enumerate(heads.tolist()):
        shares = None if resp is None else resp[i]
        rows.append(
            {
                "heads": int(count),
                "tails": TOSSES - int(count),
                "resp": None if shares is None else listed(shares),
                "expected_heads": None if shares is None else listed(shares * count),
                "expected_tails": None if shares is None else listed(shares * (TOSSES - count)),
            }
        )
    if resp is not None:
        totals = {"heads": listed(heads @ resp), "tails": listed((TOSSES - heads) @ resp)}
    bias = listed(np.asarray(state.params.components.p)[:, 0])
    return {"coins": {"rows": rows, "totals": totals, "bias": bias}, "older": []}


_PICTURES: Final = {"line": _line, "plane": _plane, "coins": _coins}


def _table(session: Session, state: State, view: View) -> list[dict[str, Any]]:
    """Parameters of the shown columns, by component: before the last M-step or drag, and now."""
    now = _parameters(session, view)
    before = now if state.before is None else _parameters(session, session.view_at(state.before))
    rows = []
    for (parameter, component, value), (_, _, old) in zip(now, before):
        was = None if state.before is None else finite(old)
        change = None if state.before is None else finite(value - old)
        name = session.scene.names[component]
        rows.append(
            {
                "parameter": parameter,
                "component": component,
                "name": name,
                "before": was,
                "now": finite(value),
                "change": change,
            }
        )
    return rows


def _parameters(session: Session, view: View) -> list[tuple[str, int, float]]:
    """Parameter, component and value, in the order of the table."""
    params, scene = view.params, session.scene
    weights = [("weight", params.weights)] if scene.config.weights == "free" and view.k > 1 else []
    own = [("bias", params.components.p[:, 0])] if scene.kind == "coins" else _normal(session, view)
    return [(name, j, float(values[j])) for j in range(view.k) for name, values in (*weights, *own)]


def _normal(session: Session, view: View) -> list[tuple[str, NDArray[np.float64]]]:
    """Means, standard deviations and correlations (k,) of the components in the shown columns."""
    scene = session.scene
    found = view.ellipsoids(list(scene.columns))
    assert found is not None
    mean, cov = found
    sd = np.sqrt(np.diagonal(cov, axis1=1, axis2=2))
    of = [f" of {name}" if view.d > 1 else "" for name in scene.config.show or ()]
    values = [(f"mean{name}", mean[:, c]) for c, name in enumerate(of)]
    values += [(f"standard deviation{name}", sd[:, c]) for c, name in enumerate(of)]
    if len(of) == 2 and scene.config.shape in ("full", "tied"):
        values.append(("correlation", cov[:, 0, 1] / (sd[:, 0] * sd[:, 1])))
    return values
