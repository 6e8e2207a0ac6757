"""Machine code on disk, next to Python's own compiled files, so that later processes need not compile.

A file holds the digest of what the code was made from, the digest of the code, and the code. Where Python writes no
compiled files, nothing is written here.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from importlib.util import cache_from_source
from pathlib import Path

from llvmlite import binding

from hiddenmix.kernels._llvm import host_features

DIGEST = hashlib.sha256().digest_size


def load(name: str) -> bytes | None:
    """The code of this name if it was made from these sources for this processor, by this version of LLVM."""
    try:
        content = _path(name).read_bytes()
    except OSError:
        return None
    source, digest, code = content[:DIGEST], content[DIGEST : 2 * DIGEST], content[2 * DIGEST :]
    return code if source == _source() and digest == hashlib.sha256(code).digest() else None


def save(name: str, code: bytes) -> None:
    """Write the code, all at once or not at all."""
    if sys.dont_write_bytecode:
        return
    path = _path(name)
    part = path.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):  # a folder that nobody may write to
        path.parent.mkdir(exist_ok=True)
        part.write_bytes(_source() + hashlib.sha256(code).digest() + code)
        part.replace(path)


def _path(name: str) -> Path:
    beside = Path(cache_from_source(__file__))
    return beside.with_name(f"{name}.{binding.get_host_cpu_name()}.code")


def _source() -> bytes:
    versions = f"{binding.llvm_version_info} {host_features().flatten()} {binding.get_default_triple()}"
    digest = hashlib.sha256(versions.encode())
    here = Path(__file__).parent
    for path in (here.parent / "_special.py", *sorted(here.glob("*.py"))):  # all that programs are written from
        digest.update(path.read_bytes())
    return digest.digest()
