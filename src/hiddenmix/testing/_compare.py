"""Comparisons that say what differed, and by how much."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any, TypeVar

import numpy as np

from hiddenmix import _tree
from hiddenmix._tree import AXIS, Array
from hiddenmix.engine.information import gradient

Check = TypeVar("Check", bound=Callable[[Any], None])

SHIFTS = (1e-4, 1e-2, 0.3)  # lengths of perturbations in free coordinates: close by, near, and far
SLOPE_STEP = 1e-5


def needs(*attributes: str) -> Callable[[Check], Check]:
    """Mark a check that applies only to cases in which these attributes are given."""

    def marked(check: Check) -> Check:
        check.needs = attributes  # type: ignore[attr-defined]
        return check

    return marked


def applies(check: Callable[[Any], None], case: Any) -> bool:
    """Whether the case gives what the check needs."""
    return all(getattr(case, name) for name in getattr(check, "needs", ()))


def run_all(checks: tuple[Callable[[Any], None], ...], case: Any) -> None:
    """Run the checks that apply; raise an AssertionError that lists every one that failed."""
    failed = []
    for check in checks:
        if applies(check, case):
            try:
                check(case)
            except AssertionError as error:
                failed.append(f"{check.__name__}: {error}")
    assert not failed, "\n".join(failed)


def same(got: Any, want: Any, what: str, tolerance: float = 1e-9) -> None:
    """Assert that two trees agree, to `tolerance` times the largest number of each array; 0 means bitwise."""
    left, right = list(_tree.leaves(got)), list(_tree.leaves(want))
    assert len(left) == len(right), f"{what}: {len(left)} arrays instead of {len(right)}"
    for a, b in zip(left, right, strict=True):
        a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
        assert a.shape == b.shape, f"{what}: shape {a.shape} instead of {b.shape}"
        if a.size == 0 or np.array_equal(a, b):
            continue
        finite = np.isfinite(b)
        assert np.array_equal(a[~finite], b[~finite], equal_nan=True), f"{what}: not finite where it should be"
        largest = np.max(np.abs(b[finite]), initial=0.0)
        with np.errstate(invalid="ignore"):
            apart = np.max(np.abs(a - b)[finite], initial=0.0)
        assert apart <= tolerance * max(largest, 1.0), f"{what}: apart by {apart:.3g}, numbers go to {largest:.3g}"


def finite(tree: Any, what: str) -> None:
    """Assert that every number is one."""
    for leaf in _tree.leaves(tree):
        assert np.all(np.isfinite(leaf)), f"{what} holds NaN or infinity: {leaf}"


def mapped(tree: Any, convert: Callable[[Array], Array]) -> Any:
    """The tree with every array converted."""
    if isinstance(tree, tuple):
        return tuple(mapped(part, convert) for part in tree)
    if _tree.is_record(tree):
        return replace(tree, **{f.name: mapped(getattr(tree, f.name), convert) for f in fields(tree)})
    return tree if tree is None else convert(tree)


def own_parts(params: Any) -> Iterator[Array]:
    """The arrays that have a component axis."""
    if isinstance(params, tuple):
        for part in params:
            yield from own_parts(part)
    elif _tree.is_record(params):
        for f in fields(params):
            if f.metadata.get(AXIS, 0) == 0:
                yield from own_parts(getattr(params, f.name))
    elif params is not None:
        yield params


def shifts(size: int, seed: int) -> Iterator[Array]:
    """Random steps in free coordinates, short and long."""
    rng = np.random.default_rng(seed)
    for length in SHIFTS:
        for _ in range(3):
            yield length * rng.standard_normal(size) / max(np.sqrt(size), 1.0)


def summit(f: Callable[[Array], float], size: int, seed: int, level: bool, what: str) -> None:
    """Assert that f is nowhere higher than at 0, and where it should be `level` there, that its slope is 0."""
    top = f(np.zeros(size))
    for shift in shifts(size, seed):
        with np.errstate(all="ignore"):  # without a chart a step may leave the parameter space
            above = f(shift) - top
        assert not above > 1e-10 * (1 + abs(top)), (
            f"{what}: a step of {np.linalg.norm(shift):.1g} in free coordinates is higher by {above:.3g} "
            "(with parameters that are not free, define ravel and unravel)"
        )
    if level and size:
        steep = np.max(np.abs(gradient(f, np.zeros(size), SLOPE_STEP)))
        assert steep <= 1e-7 * (1 + abs(top)) + 1e-5, f"{what}: the slope there is {steep:.3g} instead of 0"


def check_gradient_of(chart: Any, base: Any, own: Callable[[Any], Array | None], f: Callable[[Any], float]) -> None:
    """A gradient in free coordinates, if there is one, is that of f: at the base and away from it."""
    size = len(chart.ravel(base, base))
    for at in np.zeros(size), 0.1 * np.cos(np.arange(size)):
        params = chart.unravel(at, base)
        found = own(params)
        if found is None or not size or chart.on_boundary(params):
            return
        want = gradient(lambda vector: f(chart.unravel(vector, base)), at, SLOPE_STEP * 100)
        scale = 1 + abs(f(params)) + np.max(np.abs(want))
        same(np.asarray(found) / scale, want / scale, "the gradient against differences", 1e-7)


def check_record(params: Any) -> None:
    """Parameters are read-only, survive pickle bit by bit, and are numbers that a model file can hold."""
    import pickle
    import tempfile
    from pathlib import Path

    from hiddenmix import io

    for leaf in _tree.leaves(params):
        assert not isinstance(leaf, np.ndarray) or not leaf.flags.writeable, "parameters can be written to"
    same(pickle.loads(pickle.dumps(params)), params, "parameters after pickle", 0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "params.hmx"
        io.save_model(path, list(_tree.leaves(params)))
        same(tuple(io.load_model(path)), tuple(_tree.leaves(params)), "parameters after a model file", 0)


def check_coordinates(chart: Any, params: Any, other: Any, n_free: int | None, seed: int) -> None:
    """`ravel` and `unravel` undo each other, start from 0 at the base, and count the free parameters."""
    origin = chart.ravel(params, params)
    same(origin, np.zeros_like(origin), "ravel(params, params)", 1e-12)
    if n_free is not None:
        assert len(origin) == n_free, f"n_free is {n_free}, but ravel has {len(origin)} coordinates"
    same(chart.unravel(chart.ravel(other, params), params), other, "unravel(ravel(other, params), params)")
    if not chart.on_boundary(params):
        for shift in shifts(len(origin), seed):
            back = chart.ravel(chart.unravel(shift, params), params)
            same(back, shift, "ravel(unravel(shift, params), params)", 1e-7)
