"""The fourteen covariance shapes: their M-steps against optimisers in their own space, and how they lie in one another.

A covariance is volume · D diag(shape) D' (Celeux & Govaert 1995). Here it is written anew: every part as coordinates of
its own, the axes as the exponential of a skew matrix, so that nothing of the library's charts is taken on trust.
"""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import minimize
from scipy.stats import special_ortho_group

import hiddenmix as hm
from hiddenmix.families.shapes import ALL, DECOMPOSED, ORDER, SEARCHED, SHAPES, UnitShape, shape_of
from hiddenmix.model import Degenerate

FREE = {  # the number of free parameters of k covariances in d columns (Celeux & Govaert 1995, table 1)
    "EII": lambda k, d: 1,
    "VII": lambda k, d: k,
    "EEI": lambda k, d: d,
    "VEI": lambda k, d: k + d - 1,
    "EVI": lambda k, d: 1 + k * (d - 1),
    "VVI": lambda k, d: k * d,
    "EEE": lambda k, d: d * (d + 1) // 2,
    "VEE": lambda k, d: k - 1 + d * (d + 1) // 2,
    "EVE": lambda k, d: 1 + k * (d - 1) + d * (d - 1) // 2,
    "VVE": lambda k, d: k * d + d * (d - 1) // 2,
    "EEV": lambda k, d: d + k * d * (d - 1) // 2,
    "VEV": lambda k, d: k + d - 1 + k * d * (d - 1) // 2,
    "EVV": lambda k, d: 1 + k * (d * (d + 1) // 2 - 1),
    "VVV": lambda k, d: k * d * (d + 1) // 2,
}
NESTED = [
    ("EII", "VII"), ("EII", "EEI"), ("VII", "VEI"), ("EEI", "VEI"), ("EEI", "EVI"), ("VEI", "VVI"), ("EVI", "VVI"),
    ("EEI", "EEE"), ("VEI", "VEE"), ("EVI", "EVE"), ("VVI", "VVE"), ("EEE", "VEE"), ("EEE", "EVE"), ("EEE", "EEV"),
    ("VEE", "VVE"), ("EVE", "VVE"), ("VEE", "VEV"), ("EEV", "VEV"), ("EVE", "EVV"), ("EEV", "EVV"), ("VVE", "VVV"),
    ("VEV", "VVV"), ("EVV", "VVV"),
]  # fmt: skip


def scatters(k, d, seed, condition=10.0, near=0.6):
    """Scatter matrices (k, d, d) of orientations that are `near` one another, and numbers of rows (k,)."""
    rng = np.random.default_rng(seed)
    dof = rng.uniform(10, 100, k)
    base = special_ortho_group.rvs(d, random_state=rng) if d > 1 else np.eye(1)
    out = []
    for rows in dof:
        turn = rng.standard_normal((d, d))
        axes = base @ expm(near * (turn - turn.T))
        out.append(rows * (axes * np.exp(rng.uniform(-0.5, 0.5, d) * np.log(condition))) @ axes.T)
    return np.array(out), dof


def handed(shape, scatter, dof):
    """The scatter and the numbers of rows in the layout that the shape's M-step gets."""
    d = scatter.shape[1]
    rows = dof if shape.kind == "full" else np.repeat(dof[:, None], d, axis=1)
    if shape.kind == "diag":
        scatter = np.diagonal(scatter, axis1=1, axis2=2)
    elif shape.kind == "spherical":
        scatter = scatter.trace(axis1=1, axis2=2)
    return (scatter.sum(axis=0) if shape.pooled else scatter), rows


def covariances(letters, vector, k, d):
    """Covariances (k, d, d) from free numbers, the letters read one by one."""
    _, shape, axes = letters
    parts = iter(np.split(vector, np.cumsum(sizes(letters, k, d))[:-1]))
    sizes_of = np.exp(np.broadcast_to(next(parts), (k,)))
    logs = np.zeros((1, d)) if shape == "I" else next(parts).reshape(-1, d)
    logs = np.broadcast_to(logs - logs.mean(axis=1, keepdims=True), (k, d))
    if axes == "I":
        turns = np.broadcast_to(np.eye(d), (k, d, d))
    else:
        upper = np.zeros((k if axes == "V" else 1, d, d))
        upper[:, *np.triu_indices(d, 1)] = next(parts).reshape(len(upper), -1)
        turns = np.broadcast_to([expm(u - u.T) for u in upper], (k, d, d))
    return np.einsum("k,kab,kb,kcb->kac", sizes_of, turns, np.exp(logs), turns)


def sizes(letters, k, d):
    """How many numbers each part takes (shapes one more than are free)."""
    volume, shape, axes = letters
    out = [k if volume == "V" else 1]
    out += [] if shape == "I" else [(k if shape == "V" else 1) * d]
    out += [] if axes == "I" else [(k if axes == "V" else 1) * d * (d - 1) // 2]
    return out


def value(cov, scatter, dof):
    """-1/2 sum [dof log|S| + tr S^-1 W]; an optimiser may try what has no number."""
    if not np.all(np.linalg.cond(cov) < 1e15):
        return -1e300
    inside = np.trace(np.linalg.solve(cov, scatter), axis1=1, axis2=2)
    return -0.5 * float(dof @ np.linalg.slogdet(cov)[1] + inside.sum())


def coordinates(letters, cov):
    """The numbers that `covariances` turns into these."""
    k, d = cov.shape[:2]
    values, axes = np.linalg.eigh(cov)
    if letters[2] == "I":
        values, axes = np.diagonal(cov, axis1=1, axis2=2), np.broadcast_to(np.eye(d), (k, d, d))
    elif letters[2] == "E":  # eigenvalues along the axes of the first
        j = int(np.argmax([np.min(np.diff(v) / v[1:], initial=1.0) for v in values]))
        axes = np.broadcast_to(axes[j], (k, d, d))
        values = np.einsum("kba,kbc,kca->ka", axes, cov, axes)
    sign = np.where(np.linalg.det(axes) < 0, -1.0, 1.0)
    axes = np.concatenate([axes[..., :1] * sign[:, None, None], axes[..., 1:]], axis=-1)
    logs = np.log(values)
    first = 1 if letters[0] == "E" else k
    parts = [logs.mean(axis=1)[:first]]
    parts += [] if letters[1] == "I" else [(logs - logs.mean(axis=1, keepdims=True))[: 1 if letters[1] == "E" else k]]
    if letters[2] != "I":
        from scipy.linalg import logm

        turns = [np.real(logm(a)) for a in axes[: 1 if letters[2] == "E" else k]]
        parts += [np.array([turn[np.triu_indices(d, 1)] for turn in turns])]
    return np.concatenate([np.ravel(part) for part in parts])


def dense_of(shape, found, k, d):
    roots = shape.roots(found, k, d)
    return roots @ np.swapaxes(roots, 1, 2) if roots.ndim == 3 else np.stack([np.diag(r**2) for r in roots])


def best(letters, scatter, dof):
    """The M-step's value, as it is found from nothing."""
    shape, (k, d) = SHAPES[letters], scatter.shape[:2]
    found = shape.estimate(None, *handed(shape, scatter, dof), np.ones(d))
    return found, dense_of(shape, found, k, d)


class TestMStep:
    @pytest.mark.parametrize("letters", ORDER)
    @pytest.mark.parametrize(("k", "d", "condition"), [(2, 2, 1e6), (2, 3, 10.0)])
    def test_no_optimiser_in_the_shapes_own_space_is_better(self, letters, k, d, condition):
        scatter, dof = scatters(k, d, seed=k + d, condition=condition)
        _, cov = best(letters, scatter, dof)
        here = value(cov, scatter, dof)
        at = coordinates(letters, cov)
        assert value(covariances(letters, at, k, d), scatter, dof) == pytest.approx(here, rel=1e-9)  # of this shape
        rng = np.random.default_rng(0)
        starts = [at + 0.05 * rng.standard_normal(at.shape), 0.5 * rng.standard_normal(at.shape)]
        for start in starts:
            climb = minimize(
                lambda v: -value(covariances(letters, v, k, d), scatter, dof), start, method="BFGS",
                options={"gtol": 1e-7, "maxiter": 200},
            )  # fmt: skip
            assert -climb.fun <= here + 1e-9 * (1 + abs(here))

    @pytest.mark.parametrize("letters", ORDER)
    def test_where_old_parameters_are_the_best_they_stay(self, letters):
        scatter, dof = scatters(3, 4, seed=5)
        shape = SHAPES[letters]
        found, cov = best(letters, scatter, dof)
        again = shape.estimate(found, *handed(shape, scatter, dof), np.ones(4))
        np.testing.assert_allclose(dense_of(shape, again, 3, 4), cov, rtol=1e-9, atol=1e-12)

    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.parametrize(("k", "d", "condition"), [(3, 2, 10.0), (4, 5, 1e3), (2, 8, 1e8)])
    def test_a_wider_shape_is_never_worse(self, seed, k, d, condition):
        scatter, dof = scatters(k, d, seed, condition)
        found = {letters: value(best(letters, scatter, dof)[1], scatter, dof) for letters in ORDER}
        for narrow, wide in NESTED:
            assert found[narrow] <= found[wide] + 1e-9 * abs(found[wide]), (narrow, wide)

    @pytest.mark.parametrize("letters", ORDER)
    def test_covariances_of_the_shape_come_back(self, letters):
        shape, rng = SHAPES[letters], np.random.default_rng(1)
        scatter, dof = scatters(3, 4, seed=2)
        _, cov = best(letters, scatter, dof)
        found, again = best(letters, cov * dof[:, None, None], dof)
        np.testing.assert_allclose(again, cov, rtol=1e-9, atol=1e-11)
        given = shape.from_dense(np.asarray(shape.dense(found)), 3)
        np.testing.assert_allclose(dense_of(shape, given, 3, 4), cov, rtol=1e-9, atol=1e-11)
        moved = shape.unravel(0.3 * rng.standard_normal(shape.ravel(found, found).size), found)
        want = dense_of(shape, moved, 3, 4)
        kept = dense_of(shape, best(letters, want * dof[:, None, None], dof)[0], 3, 4)
        np.testing.assert_allclose(kept, want, rtol=1e-8, atol=1e-10)

    def test_common_axes_of_matrices_that_have_them(self):
        """Flury's (1984) estimate is then the axes themselves, whatever the order and signs."""
        scatter, dof = scatters(4, 5, seed=3, near=0.0)
        for letters in ("VVE", "EVE"):
            axes = best(letters, scatter, dof)[0].axes
            turned = np.abs(axes.T @ scatter @ axes)
            assert np.max(turned * (1 - np.eye(5))) < 1e-9 * scatter.max()


@pytest.mark.parametrize("letters", ORDER)
@pytest.mark.parametrize(("k", "d"), [(1, 1), (1, 3), (3, 1), (3, 2), (2, 4)])
def test_free_parameters(letters, k, d):
    family = hm.Normal(letters)
    params = hm.NormalParams(np.zeros((k, d)), best(letters, *scatters(k, d, seed=1))[0])
    assert family.n_free(params) == k * d + FREE[letters](k, d)


class TestMissingCells:
    """Columns observed one by one: numbers of rows that differ by column, in shapes along the columns."""

    DOF = np.array([[10.0, 4.0, 7.0], [20.0, 20.0, 11.0]])
    SCATTER = np.array([[5.0, 9.0, 2.0], [30.0, 3.0, 8.0]])

    @pytest.mark.parametrize("letters", ["VEI", "EVI"])
    def test_the_maximum(self, letters):
        shape = SHAPES[letters]
        found = shape.estimate(None, self.SCATTER, self.DOF, np.ones(3))

        def loss(var):
            return 0.5 * float((self.DOF * np.log(var) + self.SCATTER / var).sum())

        k, d = self.DOF.shape
        at = coordinates(letters, dense_of(shape, found, k, d))
        climb = minimize(
            lambda v: loss(np.diagonal(covariances(letters, v, k, d), axis1=1, axis2=2)), at + 0.1, method="BFGS",
            options={"gtol": 1e-9},
        )  # fmt: skip
        assert loss(shape.roots(found, k, d) ** 2) <= climb.fun + 1e-10

    def test_a_column_that_a_component_never_sees_takes_up_what_the_volume_asks_for(self):
        shape, dof, scatter = SHAPES["EVI"], self.DOF.copy(), self.SCATTER.copy()
        dof[0, 1] = scatter[0, 1] = 0.0
        old = shape.from_dense(np.array([[1.0, 1.0, 1.0], [2.0, 0.5, 1.0]]), 2)
        found = shape.roots(shape.estimate(old, scatter, dof, np.ones(3)), 2, 3) ** 2
        np.testing.assert_allclose(found[0, [0, 2]], scatter[0, [0, 2]] / dof[0, [0, 2]], rtol=1e-12)
        np.testing.assert_allclose(found.prod(axis=1), found[1].prod(), rtol=1e-12)


class TestNames:
    def test_letters_and_words_are_the_same(self):
        assert [SHAPES[letters].name for letters in ORDER] == list(ALL)
        assert all(SHAPES[letters.lower()] is SHAPES[letters] is SHAPES[SHAPES[letters].name] for letters in ORDER)
        assert len(SHAPES) == 14
        assert "EVE" in SHAPES
        assert not any(name in SHAPES for name in ("EWE", 3))
        assert set(SEARCHED) < set(ALL)

    def test_what_does_not_go_together(self):
        for wrong, code in [
            ({"covariance": "EVX"}, "HM401"),
            ({"covariance": "VEE", "groups": [0, 0, 1]}, "HM410"),
            ({"covariance": "EVV", "units": np.ones(3)}, "HM410"),
            ({"covariance": "VEV", "cov": hm.Known(np.ones(3), np.array([True, False]))}, "HM410"),
        ]:
            with pytest.raises(hm.HiddenmixError, match=code):
                hm.Normal(**wrong)

    def test_covariances_of_another_shape_are_refused(self):
        with pytest.raises(hm.HiddenmixError, match=r"VVE.*HM405"):
            SHAPES["VVE"].from_dense(scatters(3, 3, seed=0)[0], 3)


class TestScale:
    """Units of the columns change nothing, where the shape says so; and where they do, it can be given units."""

    @pytest.mark.parametrize("letters", ORDER)
    def test_equivariant_or_not(self, letters):
        units = np.array([1e3, 1.0, 1e-2])
        scatter, dof = scatters(3, 3, seed=4)
        wide = scatter * np.multiply.outer(units, units)
        _, cov = best(letters, scatter, dof)
        shape = SHAPES[letters]
        found = dense_of(shape, shape.estimate(None, *handed(shape, wide, dof), units), 3, 3)
        same = np.allclose(found / np.multiply.outer(units, units), cov, rtol=1e-8, atol=1e-9)
        assert same == shape.scale_free
        if not same and shape.kind == "full":
            measured = shape_of(letters, units=units)
            assert isinstance(measured, UnitShape)
            again = dense_of(measured, measured.estimate(None, wide, dof, units), 3, 3)
            np.testing.assert_allclose(again / np.multiply.outer(units, units), cov, rtol=1e-8, atol=1e-9)


class TestCollapse:
    @pytest.mark.parametrize("letters", DECOMPOSED.values(), ids=lambda shape: shape.letters)
    def test_a_column_without_spread(self, letters):
        scatter, dof = scatters(3, 3, seed=6)
        scatter[:, 1] = scatter[:, :, 1] = 0.0
        with pytest.raises(Degenerate, match="collapsed"):
            letters.estimate(None, *handed(letters, scatter, dof), np.ones(3))

    @pytest.mark.parametrize("letters", ["VEI", "VVE", "VEE", "VEV", "EVI", "EVE", "EVV"])
    def test_one_component_on_a_point(self, letters):
        """With a volume of its own it is infinitely dense there; of equal volumes no maximum is reached."""
        scatter, dof = scatters(3, 3, seed=6)
        scatter[1] = 0.0
        with pytest.raises(Degenerate) as collapse:
            best(letters, scatter, dof)
        assert collapse.value.component == 1

    def test_of_equal_volumes_and_shapes_none_collapses_alone(self):
        scatter, dof = scatters(3, 3, seed=6)
        scatter[1] = 0.0
        assert np.all(np.isfinite(best("EEV", scatter, dof)[1]))
        assert [letters for letters in ORDER if not SHAPES[letters].few] == ["EII", "EEI", "EEE", "EEV"]
