"""Model files: what goes in comes out, and a damaged or foreign file never does."""

import datetime
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.asking import refusal

from hiddenmix import io
from hiddenmix._errors import HiddenmixError

nan = np.nan

TREES = [
    None, True, 0, -(10**30), 1.5, "", "text with Ü and \n", [], {}, (), [1, [2, (3, None)]],
    {"a": {"b": [1.0, "x"]}, "c": (True, {"d": ()})}, {"$array": 3}, {"$": {"$tuple": [1]}},
    datetime.date(2020, 2, 29), datetime.datetime(2020, 2, 29, 12, 30, 0, 5), float("inf"), -float("inf"),
]  # fmt: skip

TREE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.lists(inner).map(tuple),
    max_leaves=8,
)


class TestModelFiles:
    @pytest.mark.parametrize("tree", TREES, ids=repr)
    def test_plain_values(self, folder, tree):
        io.save_model("m.hmx", tree)
        again = io.load_model("m.hmx")
        assert again == tree
        assert type(again) is type(tree)

    @given(TREE)
    def test_any_nesting(self, tmp_path_factory, tree):
        path = tmp_path_factory.mktemp("m") / "m.hmx"
        io.save_model(path, tree)
        assert repr(io.load_model(path)) == repr(tree)

    @pytest.mark.parametrize("array", [
        np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.array(2.5), np.zeros((0, 3)),
        np.array([1, 2], np.int8), np.array([True, False]), np.array([nan, np.inf]), np.array([1j]),
        np.array(["a", "Ü"]), np.array([b"x"]), np.array(["2020-01-01"], "M8[D]"), np.float32([1, 2]),
    ], ids=lambda a: f"{a.dtype} {a.shape}")  # fmt: skip
    def test_arrays(self, folder, array):
        io.save_model("m.hmx", {"values": [array]})
        again = io.load_model("m.hmx")["values"][0]
        assert again.dtype == array.dtype
        np.testing.assert_array_equal(again, array)
        assert not again.flags.writeable

    def test_arrays_of_objects(self, folder):
        array = np.array([["a", None], [3, datetime.date(2020, 1, 1)]], object)
        io.save_model("m.hmx", array)
        again = io.load_model("m.hmx")
        assert again.dtype == object
        assert again.tolist() == array.tolist()
        assert not again.flags.writeable

    def test_numpy_scalars_become_numbers(self, folder):
        io.save_model("m.hmx", [np.float64(1.5), np.int8(2), np.bool_(True), np.str_("s")])
        assert repr(io.load_model("m.hmx")) == "[1.5, 2, True, 's']"

    def test_not_a_number(self, folder):
        io.save_model("m.hmx", nan)
        assert np.isnan(io.load_model("m.hmx"))

    @pytest.mark.parametrize(("tree", "words"), [
        ({"a": [1, object()]}, "model.a[1] is of type object"),
        ({1: 2}, "model is of type dict, which a model file cannot hold: its keys must be texts"),
        ({"f": print}, "model.f is of type builtin_function_or_method"),
        ({"s": {1, 2}}, "model.s is of type set"),
        (np.zeros(2, "i4,f8"), "model is of type ndarray with cells of [('f0'"),
        ([np.ma.masked_array([1], mask=[1])], "model[0] is of type MaskedArray"),
        (np.array([object()]), "model[0] is of type object"),
    ])  # fmt: skip
    def test_what_a_file_cannot_hold(self, folder, tree, words):
        error = refusal("HM515", io.save_model, "m.hmx", tree)
        assert words in error.message
        assert isinstance(error, TypeError)
        assert not any(folder.iterdir())

    def test_equal_models_are_equal_files(self, folder):
        for name in ("a.hmx", "b.hmx"):
            io.save_model(name, {"x": np.arange(3), "y": 1.5})
        assert (folder / "a.hmx").read_bytes() == (folder / "b.hmx").read_bytes()

    def test_numpy_opens_it_too(self, folder):
        io.save_model("m.hmx", [np.arange(3)])
        with np.load("m.hmx", allow_pickle=False) as archive:
            assert archive["array_0"].tolist() == [0, 1, 2]

    def test_replacing_and_not_being_able_to(self, folder):
        io.save_model("m.hmx", 1)
        io.save_model("m.hmx", 2)
        assert io.load_model("m.hmx") == 2
        assert [path.name for path in folder.iterdir()] == ["m.hmx"]
        (folder / "sub").mkdir()
        assert "'sub' cannot be written" in refusal("HM516", io.save_model, "sub", 3).message
        refusal("HM516", io.save_model, "no/where.hmx", 3)
        assert sorted(path.name for path in folder.iterdir()) == ["m.hmx", "sub"]

    def test_missing_and_foreign_files(self, folder):
        assert "no model file 'm.hmx'" in refusal("HM101", io.load_model, "m.hmx").message
        (folder / "m.hmx").write_text("x,y\n1,2\n")
        refusal("HM511", io.load_model, "m.hmx")
        with zipfile.ZipFile("z.hmx", "w") as archive:
            archive.writestr("other.txt", "hello")
        refusal("HM511", io.load_model, "z.hmx")
        with zipfile.ZipFile("j.hmx", "w") as archive:
            archive.writestr("model.json", json.dumps({"kind": "something else"}))
        refusal("HM511", io.load_model, "j.hmx")

    def test_a_newer_format(self, folder):
        with zipfile.ZipFile("m.hmx", "w") as archive:
            head = {"kind": "hiddenmix model", "format": io.FORMAT + 1, "hiddenmix": "99.0", "payload": None}
            archive.writestr("model.json", json.dumps(head))
        error = refusal("HM512", io.load_model, "m.hmx")
        assert "written by hiddenmix 99.0" in error.message
        assert "upgrade" in error.help

    def test_every_truncation_is_noticed(self, folder):
        io.save_model("m.hmx", {"x": np.random.default_rng(0).normal(size=50), "y": "text"})
        content = (folder / "m.hmx").read_bytes()
        for size in range(2, len(content), 37):
            (folder / "cut.hmx").write_bytes(content[:size])
            refusal("HM513", io.load_model, "cut.hmx")

    def test_a_flipped_byte_never_gives_another_model(self, folder):
        x = np.arange(20.0)
        io.save_model("m.hmx", [x])
        content = bytearray((folder / "m.hmx").read_bytes())
        damaged = 0
        for place in range(0, len(content), 7):
            flipped = content.copy()
            flipped[place] ^= 0x41
            (folder / "bad.hmx").write_bytes(flipped)
            try:
                again = io.load_model("bad.hmx")[0]
            except HiddenmixError as error:
                damaged += error.code in ("HM511", "HM513")
            else:
                np.testing.assert_array_equal(again, x)
        assert damaged > 10

    def test_no_code_comes_out(self, folder):
        """An array of pickled objects in the archive is refused, and not loaded."""
        with zipfile.ZipFile("m.hmx", "w") as archive:
            head = {"kind": "hiddenmix model", "format": 1, "hiddenmix": "0", "payload": {"$array": 0}}
            archive.writestr("model.json", json.dumps(head))
            with archive.open("array_0.npy", "w") as file:
                np.lib.format.write_array(file, np.array([{}], object), allow_pickle=True)
        assert "pickle" in refusal("HM513", io.load_model, "m.hmx").message
