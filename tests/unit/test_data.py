"""Units in chunks: nothing is lost, nothing is split, and the caller's order comes back."""

import itertools

import numpy as np
import pytest

import hiddenmix as hm
from hiddenmix._tree import leaves, n_rows
from hiddenmix.batch import MAX_BLOCK, MIN_BLOCK, block_rows, missing_cells
from hiddenmix.data import CHUNKS, MAX_CHUNK, chunk_rows
from hiddenmix.families.binomial import Tosses

NAN = np.nan


def all_rows(data):
    return np.concatenate([chunk.x for chunk in data.chunks()])


@pytest.mark.parametrize("n", [1, 5, 12, 13])
def test_chunks_partition_the_rows(n):
    x = np.arange(2.0 * n).reshape(n, 2)
    chunks = list(hm.Rows(x, chunk=5).chunks())
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert all(chunk.n_units <= 5 for chunk in chunks)
    np.testing.assert_array_equal(all_rows(hm.Rows(x, chunk=5)), x)


def test_block_size_follows_the_width():
    assert block_rows(np.zeros((10, 1))) == MAX_BLOCK
    assert block_rows(np.zeros((10, 10_000))) == MIN_BLOCK
    assert MIN_BLOCK < block_rows(np.zeros((10, 10))) < MAX_BLOCK


@pytest.mark.parametrize("n", [1, MAX_BLOCK, 10**6, 10**8])
def test_chunks_are_whole_tiles_in_equal_shares(n):
    rows = chunk_rows(np.broadcast_to(0.0, (n, 1)))
    assert rows % 256 == 0
    assert MAX_BLOCK <= rows <= MAX_CHUNK
    if n > MAX_BLOCK * CHUNKS:
        chunks = -(-n // rows)
        assert -(-chunks // CHUNKS) * CHUNKS < 1.01 * chunks


def test_blocks_partition_a_batch():
    x, weight = np.arange(7000.0).reshape(-1, 2).repeat(10, axis=1), np.arange(3500.0)
    batch = hm.Batch(x, 3, weight, hm.Evidence(np.zeros((3500, 2))))
    parts = list(batch.blocks())
    assert len(parts) > 1
    np.testing.assert_array_equal(np.concatenate([part.x for part in parts]), x)
    np.testing.assert_array_equal(np.concatenate([part.weight for part in parts]), weight)
    assert all(part.evidence.table.shape == (part.n_units, 2) and part.index == 3 for part in parts)


def test_rows_of_weight_zero_are_absent():
    data = hm.Rows(np.arange(4.0)[:, None], np.array([1.0, 0.0, 2.5, 0.0]))
    assert data.n_units == 2
    assert data.total_weight == data.n_observed == 3.5
    np.testing.assert_array_equal(all_rows(data).ravel(), [0.0, 2.0])
    np.testing.assert_array_equal(data.restore(np.array([10.0, 20.0])), [10.0, NAN, 20.0, NAN])


def test_equal_patterns_stand_together():
    x = np.array([[1, NAN], [2, 3], [NAN, 4], [5, NAN], [6, 7], [NAN, NAN]])
    data = hm.Rows(x)
    patterns = [tuple(row) for row in np.isnan(all_rows(data))]
    runs = 1 + sum(a != b for a, b in itertools.pairwise(patterns))
    assert runs == len(set(patterns)) == 4
    np.testing.assert_array_equal(data.restore(all_rows(data)), x)


def test_what_was_observed():
    """Rows without any cell are units, but they are not observed: n of BIC counts the others."""
    x = np.array([[1.0, NAN], [NAN, NAN], [2.0, 3.0]])
    data = hm.Rows(x, np.array([1.0, 5.0, 2.0]))
    assert (data.n_units, data.total_weight, data.n_observed) == (3, 8.0, 3.0)


def test_missing_cells():
    assert missing_cells(np.zeros((3, 2))) is None
    assert missing_cells(np.array([[1, 2]])) is None  # integers have no NaN
    assert missing_cells(np.full((2, 1), 1e308)) is None  # sums that overflow are no NaN
    np.testing.assert_array_equal(missing_cells(np.array([[1.0, NAN]])), [[False, True]])
    np.testing.assert_array_equal(missing_cells(Tosses(np.array([[NAN]]), np.array([[3.0]]))), [[True, False]])


def test_records_are_cut_like_arrays():
    tosses = Tosses(np.array([[1.0], [NAN], [2.0]]), np.full((3, 1), 5.0))
    chunks = list(hm.Rows(tosses, chunk=2).chunks())
    assert all(isinstance(chunk.x, Tosses) for chunk in chunks)
    assert sum(n_rows(chunk.x) for chunk in chunks) == 3
    assert all(len(leaf) == 2 for leaf in leaves(chunks[0].x))


def test_weights_and_evidence_follow_their_rows():
    x = np.array([[NAN, 0.0], [1.0, 1.0], [NAN, 2.0], [3.0, 3.0]])
    evidence = hm.Evidence.from_labels(np.array([0, 1, -1, 1]), 2)
    data = hm.Rows(x, np.array([1.0, 2.0, 3.0, 4.0]), evidence, chunk=3)
    for chunk in data.chunks():
        for row, weight, known in zip(chunk.x, chunk.weight, chunk.evidence.log_weights()):
            i = int(row[1])
            assert weight == i + 1
            np.testing.assert_array_equal(known, [[0, -np.inf], [-np.inf, 0], [0, 0], [-np.inf, 0]][i])


def test_evidence_dense_or_coded():
    table = np.log(np.array([[0.2, 0.8], [1.0, 1.0]]))
    codes = np.array([1, 0, 0])
    np.testing.assert_array_equal(hm.Evidence(table, codes).log_weights(), table[codes])
    np.testing.assert_array_equal(hm.Evidence(table[codes]).take(np.array([2])).log_weights(), table[[0]])


def test_sample_is_all_rows_or_fewer():
    data = hm.Rows(np.arange(10.0)[:, None], np.arange(10.0) + 1)
    assert data.sample(np.random.default_rng(0), 20).n_units == 10
    part = data.sample(np.random.default_rng(0), 4)
    assert part.n_units == 4
    np.testing.assert_array_equal(part.x[:, 0] + 1, part.weight)
    assert len(set(part.x[:, 0])) == 4


def test_groups_are_never_split():
    labels = np.array(["b", "a", "b", "c", "a", "b"])
    x = np.arange(6.0)[:, None]
    data = hm.Groups(x, labels, np.array([1.0, 2.0, 3.0]), chunk=1)
    assert (data.n_units, data.total_weight) == (3, 6.0)
    chunks = list(data.chunks())
    assert [chunk.n_units for chunk in chunks] == [1, 1, 1]
    assert [chunk.x.ravel().tolist() for chunk in chunks] == [[1.0, 4.0], [0.0, 2.0, 5.0], [3.0]]
    assert [float(chunk.weight[0]) for chunk in chunks] == [1.0, 2.0, 3.0]
    whole = next(hm.Groups(x, labels).chunks())
    np.testing.assert_array_equal(whole.rows_to_units(x[data.rows]), [[5.0], [7.0], [3.0]])
    np.testing.assert_array_equal(whole.units_to_rows(np.eye(3)).argmax(axis=1), [0, 0, 1, 1, 1, 2])


def test_groups_of_weight_zero_are_absent():
    labels, x = np.array(["b", "a", "b", "c", "a", "c"]), np.arange(6.0)[:, None]
    x[3:6:2] = np.nan
    data = hm.Groups(x, labels, np.array([1.0, 0.0, 3.0]))
    assert (data.n_units, data.total_weight, data.n_observed) == (2, 4.0, 1.0)
    assert next(data.chunks()).x[:2].ravel().tolist() == [1.0, 4.0]


def test_chunks_with_missing_cells_are_sorted_and_whole():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    x[rng.random(x.shape) < 0.2] = np.nan
    weight = rng.integers(0, 3, 400).astype(float)
    model, whole = hm.Mixture(hm.Normal(), 2), hm.Rows(x, weight)
    halves = hm.Chunks([lambda r=r: hm.Batch(x[r], 0, weight[r]) for r in (slice(0, 150), slice(150, 400))])
    assert (halves.n_units, halves.total_weight) == (whole.n_units, whole.total_weight)
    assert halves.n_observed == whole.n_observed
    start = model.start(whole, np.random.default_rng(1), "kmeans")
    a, b = (hm.fit(model, data, start, stop=hm.Iterations(5), certificate="off") for data in (whole, halves))
    assert b.loglik == pytest.approx(a.loglik, rel=1e-12)


def test_chunks_of_groups_are_groups():
    x, labels = np.random.default_rng(0).normal(size=(60, 1)), np.repeat(np.arange(20), 3)
    whole = hm.Groups(x, labels)
    parts = [next(hm.Groups(x[r], labels[r]).chunks()) for r in (slice(0, 30), slice(30, 60))]
    halves = hm.Chunks([lambda part=part: part for part in parts])
    model = hm.Mixture(hm.Normal(), 2)
    start = model.start(whole, np.random.default_rng(1), "kmeans")
    a, b = (hm.fit(model, data, start, stop=hm.Iterations(5), certificate="off") for data in (whole, halves))
    assert halves.n_units == 20
    assert b.loglik == pytest.approx(a.loglik, rel=1e-12)
    assert halves.sample(np.random.default_rng(0), 20).n_units == 20


def test_groups_sample_whole_groups():
    labels = np.repeat(np.arange(5), [1, 2, 3, 4, 5])
    part = hm.Groups(np.arange(15.0)[:, None], labels).sample(np.random.default_rng(0), 2)
    assert part.n_units == 2
    sizes = np.diff(np.append(part.starts, n_rows(part.x)))
    assert set(sizes) <= {1, 2, 3, 4, 5}


def test_chunks_on_disk_are_opened_by_the_worker(tmp_path):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1, (300, 2)), rng.normal(5, 1, (300, 2))])
    paths = []
    for i, part in enumerate(np.array_split(rng.permutation(x), 4)):
        np.save(tmp_path / f"{i}.npy", part)
        paths.append(tmp_path / f"{i}.npy")
    data = hm.Chunks([lambda path=path: hm.Batch(np.load(path)) for path in paths])
    assert (data.n_units, data.total_weight, data.n_observed) == (600, 600.0, 600.0)
    start = hm.fit(hm.Mixture(hm.Normal(), 2), x, rng=0, max_iter=2, certificate="off").params
    out_of_core = hm.fit(hm.Mixture(hm.Normal(), 2), data, start, certificate="off")
    in_memory = hm.fit(hm.Mixture(hm.Normal(), 2), x, start, certificate="off")
    assert out_of_core.loglik == pytest.approx(in_memory.loglik, rel=1e-12)


@pytest.mark.parametrize("make", [np.asfortranarray, lambda x: x.astype(np.float32), lambda x: x.astype(int)])
def test_layouts_and_types_are_kept(make):
    x = make(np.arange(12.0).reshape(6, 2))
    data = hm.Rows(x)
    assert data.x.dtype == x.dtype
    np.testing.assert_array_equal(all_rows(data), x)
