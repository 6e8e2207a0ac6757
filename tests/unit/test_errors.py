"""Coded errors: what they say, that they survive a trip, and that every code is explained."""

import copy
import pickle
import re
import warnings
from pathlib import Path

import pytest

import hiddenmix
from hiddenmix._errors import CATALOGUE, HiddenmixError, HiddenmixTypeError, HiddenmixWarning

KINDS = [HiddenmixError, HiddenmixTypeError, HiddenmixWarning]
SOURCE = Path(hiddenmix._errors.__file__).parent


@pytest.mark.parametrize("kind", KINDS)
def test_text_has_message_code_and_help(kind):
    error = kind("HM201", "3 components need at least 3 distinct rows; there are 2", "fewer components")
    assert (error.code, error.message) == ("HM201", "3 components need at least 3 distinct rows; there are 2")
    assert str(error) == f"{error.message}  [HM201]\n  help: fewer components"
    assert str(kind("HM201", "no help here")) == "no help here  [HM201]"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("travel", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_copies_and_pickles_keep_all_parts(kind, travel):
    error = kind("HM112", "text in row 3", help="leave it out")
    again = travel(error)
    assert type(again) is kind
    assert (again.code, again.message, again.help) == ("HM112", "text in row 3", "leave it out")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", ["HM999", "", "112", "hm112"])
def test_a_code_without_explanation_cannot_be_used(kind, code):
    with pytest.raises(KeyError, match="catalogue"):
        kind(code, "whatever")


def test_errors_are_caught_as_the_built_in_kinds():
    with pytest.raises(ValueError, match="HM111"):
        raise HiddenmixError("HM111", "wrong shape")
    with pytest.raises(TypeError, match="HM117"):
        raise HiddenmixTypeError("HM117", "sparse")
    assert issubclass(HiddenmixTypeError, ValueError)
    assert not issubclass(HiddenmixError, TypeError)


def test_warnings_go_through_the_warnings_machinery():
    with pytest.warns(HiddenmixWarning, match=r"collapsed  \[HM301\]") as caught:
        warnings.warn(HiddenmixWarning("HM301", "collapsed"), stacklevel=1)
    assert caught[0].message.code == "HM301"


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_entry_teaches(code):
    entry = CATALOGUE[code]
    assert re.fullmatch(r"HM[1-5]\d\d", code)
    assert entry.code == code
    assert 3 < len(entry.title) < 80
    assert entry.title[0].islower() or entry.title.split()[0].isupper()
    assert not entry.title.endswith(".")
    sentences = re.findall(r"[.?!](?= |$)", entry.explanation)
    assert 1 <= len(sentences) <= 8
    assert len(entry.explanation) > 60


def test_the_catalogue_is_read_only():
    with pytest.raises(TypeError):
        CATALOGUE["HM000"] = CATALOGUE["HM101"]


def test_every_code_in_the_source_is_in_the_catalogue():
    used = {code for path in SOURCE.rglob("*.py") for code in re.findall(r"\bHM\d{3}\b", path.read_text("utf-8"))}
    assert used <= set(CATALOGUE)
