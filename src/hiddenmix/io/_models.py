"""Model files: a zip archive with one JSON member and plain arrays; no code goes in, and none can come out.

The archive holds ``model.json`` and ``array_0.npy``, ``array_1.npy``, ... (so `numpy.load` opens it, too). In the JSON,
what JSON itself cannot say is an object with one key that starts with ``$``: an array, a tuple, a number that is not
finite, a date, or a dictionary whose own keys start so.
"""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hiddenmix._errors import HiddenmixError, HiddenmixTypeError

__all__ = ["FORMAT", "Payload", "load_model", "save_model"]

#: The format that this version writes; it reads this one and all earlier ones.
FORMAT: Final = 1

Payload: TypeAlias = Any  # None, bool, int, float, str, date, list, tuple, dict with text keys, array: nested at will

WRITTEN: Final = "model.save(path), or `hiddenmix fit FILE --out FOLDER`, writes one"
_JSON: Final = "model.json"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # a fixed time in the archive, so that equal models are equal files


def save_model(path: str | os.PathLike[str], payload: Payload) -> None:
    """Write a tree of plain values and arrays; a file that exists is replaced in one step, or not at all.

    Raises
    ------
    HiddenmixTypeError : HM515 a value of another kind, naming its place in the tree
    HiddenmixError : HM516 the file cannot be written
    """
    arrays: list[NDArray[Any]] = []
    tree = _encode(payload, arrays, "model")
    head = {"kind": "hiddenmix model", "format": FORMAT, "hiddenmix": _version(), "payload": tree}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _write(archive, _JSON, json.dumps(head, indent=1, ensure_ascii=False, allow_nan=False).encode())
        for i, array in enumerate(arrays):
            _write(archive, f"array_{i}.npy", _array_bytes(array))
    target = Path(path)
    partial = target.with_name(f"{target.name}.part")
    try:
        partial.write_bytes(buffer.getvalue())
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        what = f"{target.name!r} cannot be written: {error.strerror or error}"
        raise HiddenmixError("HM516", what, "a folder that exists, with room and the right to write") from None


def load_model(path: str | os.PathLike[str]) -> Payload:
    """Read what `save_model` wrote; arrays are read-only.

    Raises
    ------
    HiddenmixError : HM101 no such file, HM511 not a model file, HM512 from a newer version, HM513 damaged
    """
    name = Path(path).name
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise HiddenmixError("HM101", f"no model file {name!r}: {error.strerror or error}") from None
    if not content.startswith(b"PK"):
        raise HiddenmixError("HM511", f"{name!r} is not a model file of hiddenmix", WRITTEN)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if _JSON not in archive.namelist():
                raise HiddenmixError("HM511", f"{name!r} is a zip archive, but not a model file of hiddenmix", WRITTEN)
            head = json.loads(archive.read(_JSON))
            _check_head(head, name)
            arrays = [_read_array(archive, i) for i in range(len(archive.namelist()) - 1)]
        return _decode(head["payload"], arrays)
    except HiddenmixError:
        raise
    # Whatever else a broken archive, JSON text or array header can lead to means the same thing.
    except Exception as error:
        fix = "copy it again, or fit again"
        raise HiddenmixError("HM513", f"{name!r} is damaged or incomplete: {error}", fix) from None


def _check_head(head: Any, name: str) -> None:
    if not isinstance(head, dict) or head.get("kind") != "hiddenmix model":
        raise HiddenmixError("HM511", f"{name!r} is a zip archive, but not a model file of hiddenmix", WRITTEN)
    if head["format"] > FORMAT:
        raise HiddenmixError(
            "HM512",
            f"{name!r} was written by hiddenmix {head['hiddenmix']}; this is {_version()}, "
            "which does not know its format",
            "pip install --upgrade hiddenmix",
        )


def _encode(value: object, arrays: list[NDArray[Any]], where: str) -> Any:
    """The JSON form of a value; its arrays are appended to `arrays`."""
    if isinstance(value, np.generic):
        value = value.item()
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else {"$float": repr(value)}
        case datetime() | date():
            return {"$datetime" if isinstance(value, datetime) else "$date": value.isoformat()}
        case np.ndarray():
            return _encode_array(value, arrays, where)
        case list():
            return [_encode(v, arrays, f"{where}[{i}]") for i, v in enumerate(value)]
        case tuple():
            return {"$tuple": [_encode(v, arrays, f"{where}[{i}]") for i, v in enumerate(value)]}
        case dict() if all(isinstance(key, str) for key in value):
            coded = {key: _encode(v, arrays, f"{where}.{key}") for key, v in value.items()}
            return {"$dict": list(coded.items())} if any(key.startswith("$") for key in coded) else coded
    raise HiddenmixTypeError(
        "HM515",
        f"{where} is of type {type(value).__name__}, which a model file cannot hold"
        + (": its keys must be texts" if isinstance(value, dict) else ""),
    )


def _encode_array(array: NDArray[Any], arrays: list[NDArray[Any]], where: str) -> Any:
    if array.dtype.kind in "OT":
        cells = [_encode(v, arrays, f"{where}[{i}]") for i, v in enumerate(array.ravel().tolist())]
        return {"$objects": cells, "shape": list(array.shape)}
    if array.dtype.kind == "V" or isinstance(array, np.ma.MaskedArray):
        raise HiddenmixTypeError(
            "HM515",
            f"{where} is of type {type(array).__name__} with cells of {array.dtype}, which a model file cannot hold",
        )
    arrays.append(np.asarray(array))
    return {"$array": len(arrays) - 1}


def _decode(tree: Any, arrays: list[NDArray[Any]]) -> Payload:
    if isinstance(tree, list):
        return [_decode(v, arrays) for v in tree]
    if not isinstance(tree, dict):
        return tree
    match tree:
        case {"$array": index}:
            return arrays[index]
        case {"$objects": cells, "shape": shape}:
            objects = np.empty(len(cells), object)
            objects[:] = [_decode(v, arrays) for v in cells]
            objects.flags.writeable = False
            return objects.reshape(shape)
        case {"$tuple": items}:
            return tuple(_decode(v, arrays) for v in items)
        case {"$float": text}:
            return float(text)
        case {"$date": text}:
            return date.fromisoformat(text)
        case {"$datetime": text}:
            return datetime.fromisoformat(text)
        case {"$dict": items}:
            return {key: _decode(v, arrays) for key, v in items}
    return {key: _decode(v, arrays) for key, v in tree.items()}


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)


def _array_bytes(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _read_array(archive: zipfile.ZipFile, index: int) -> NDArray[Any]:
    array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(archive.read(f"array_{index}.npy")), allow_pickle=False)
    array.flags.writeable = False
    return array


def _version() -> str:
    try:
        return version("hiddenmix")
    except PackageNotFoundError:
        return "unknown"
