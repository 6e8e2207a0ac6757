"""Records and the operations on trees of them."""

import dataclasses
import pickle

import numpy as np
import pytest

from hiddenmix import _tree
from hiddenmix._tree import Array, merge, merge_all, pick, ravel, record, scale, shared, stack, static, take, unravel


@record
class Inner:
    a: Array
    common: Array = shared()
    name: str = static(default="x")


@record
class Outer:
    inner: Inner
    pair: tuple
    number: float = 0.0
    nothing: Array | None = None


def tree(start=0.0, k=2):
    inner = Inner(start + np.arange(3.0 * k).reshape(k, 3), np.array([1.0, 2.0]), "y")
    return Outer(inner, (start + np.arange(float(k)), start + np.ones((k, 1, 2))), 2.5)


def same(one, two):
    pairs = zip(_tree.leaves(one), _tree.leaves(two), strict=True)
    return type(one) is type(two) and all(np.array_equal(a, b) for a, b in pairs)


def test_records_are_frozen_and_their_arrays_read_only():
    values = np.zeros(3)
    made = Inner([[1, 2], [3, 4]], values)
    assert made.a.dtype == float
    with pytest.raises(ValueError, match="read-only"):
        made.a[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.name = "z"
    values[0] = 5.0  # the caller's own array stays the caller's
    assert values.flags.writeable


def test_records_are_values_by_identity():
    """Records of arrays cannot be compared entry by entry; they hash by identity, and so may key a cache."""
    one, two = tree(), tree()
    assert one != two
    assert len({one, two, one}) == 2


def test_merge_adds_and_leaves_settings():
    merged = merge(tree(0.0), tree(1.0))
    np.testing.assert_array_equal(merged.inner.a, 2 * tree().inner.a + 1)
    assert merged.inner.name == "y"
    assert merged.number == 5.0
    assert merged.nothing is None
    assert merge(None, merged) is merged is merge(merged, None)
    with pytest.raises(ValueError, match="longer"):
        merge((1, 2), (1, 2, 3))


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 21])
def test_merge_all_depends_on_the_number_of_parts_only(n):
    """The order of additions is a fixed tree, and at most log2(n) parts are held."""
    log = []

    @record
    class Part:
        text: str = static(default="")

        def merge(self, other):
            log.append(1)
            return Part(f"({self.text}{other.text})")

    got = merge_all(Part(chr(97 + i)) for i in range(n)).text
    assert [c for c in got if c.isalpha()] == [chr(97 + i) for i in range(n)]
    assert len(log) == n - 1
    if n == 7:
        assert got == "(((ab)(cd))((ef)g))"


def test_merge_all_of_nothing():
    with pytest.raises(ValueError, match="nothing to merge"):
        merge_all([])


def test_scale():
    scaled = scale(tree(), 3.0)
    np.testing.assert_array_equal(scaled.inner.a, 3 * tree().inner.a)
    assert scaled.inner.name == "y"
    assert scale(None, 2.0) is None


@pytest.mark.parametrize("rows", [slice(1, 3), np.array([2, 0]), np.array([True, False, True])])
def test_take_slices_every_array(rows):
    rec = Inner(np.arange(6.0).reshape(3, 2), np.arange(3.0))
    taken = take((rec, None), rows)
    np.testing.assert_array_equal(taken[0].a, rec.a[rows])
    np.testing.assert_array_equal(taken[0].common, rec.common[rows])
    assert taken[1] is None


@pytest.mark.parametrize("rows", [slice(1, 3), np.array([2, 0]), np.array([True, False, True])])
def test_take_from_another_array_library(rows):
    xp = pytest.importorskip("array_api_strict")
    x = np.arange(6.0).reshape(3, 2)
    np.testing.assert_array_equal(np.from_dlpack(take(xp.asarray(x), rows)), x[rows])


def test_pick_leaves_what_is_shared():
    picked = pick(Params(tree().inner, tree().pair), [1, 0])
    np.testing.assert_array_equal(picked.inner.a, tree().inner.a[[1, 0]])
    np.testing.assert_array_equal(picked.inner.common, [1.0, 2.0])
    assert picked.inner.name == "y"


@record
class Params:
    inner: Inner
    pair: tuple


def test_stack_undoes_pick():
    whole = Params(tree().inner, tree().pair)
    assert same(stack([pick(whole, [0]), pick(whole, [1])]), whole)
    other = Params(dataclasses.replace(whole.inner, common=np.zeros(2)), whole.pair)
    with pytest.raises(ValueError, match="do not share one common"):
        stack([whole, other])


def test_unravel_undoes_ravel():
    vector = ravel(tree(3.0))
    assert vector.shape == (6 + 2 + 2 + 4 + 1,)
    assert same(unravel(vector, tree()), tree(3.0))
    assert isinstance(unravel(vector, tree()).number, float)
    assert unravel(np.array([0.25]), 0.5) == 0.25


def test_rows_and_bytes():
    assert _tree.n_rows((np.zeros((4, 2)), np.zeros(4))) == 4
    assert _tree.n_bytes(tree()) == 8 * 15


def test_pickle():
    assert same(pickle.loads(pickle.dumps(tree())), tree())


def test_merge_order_is_bitwise():
    parts = [np.random.default_rng(i).standard_normal(5) for i in range(13)]
    assert np.array_equal(merge_all(parts), merge_all(iter(parts)))
