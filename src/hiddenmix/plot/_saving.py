"""Files that are there whole or not at all: what was there before stays until its successor is complete."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hiddenmix._errors import HiddenmixError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[str]:
    """A file beside `path` to write into, which takes its place where all went well, and is removed otherwise.

    Raises
    ------
    HiddenmixError : HM516 it cannot be written
    """
    target = Path(os.path.realpath(path))  # of a link the file that it leads to
    if target.exists() and not target.is_file():
        yield os.fspath(path)  # a device; a folder is refused by whoever opens it
        return
    beside: Path | None = None
    try:
        handle, name = tempfile.mkstemp(suffix=target.suffix, prefix=".", dir=target.parent)
        os.close(handle)
        beside = Path(name)
        yield name
        beside.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_mask())
        beside.replace(target)
        beside = None
    except OSError as error:
        what = f"{os.fspath(path)} cannot be written: {error.strerror or error}"
        raise HiddenmixError("HM516", what, "a folder that exists, with room and the right to write") from None
    finally:
        if beside is not None:
            with suppress(OSError):
                beside.unlink()


def _mask() -> int:
    """What new files are not allowed, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
