"""The private folder of a lab's uploads, and the folders that labs left behind which were killed."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from typing import Final

__all__ = ["made", "remove_abandoned", "removed"]

PREFIX: Final = "hiddenmix-lab-"
YOUNG: Final = 60.0  # seconds: a folder that was just made is not locked yet


def made() -> tuple[str, int | None]:
    """A new folder for nobody else's eyes, and its lock: the system gives it up when the program ends, in any way."""
    folder = tempfile.mkdtemp(prefix=PREFIX)
    return folder, _locked(folder)


def removed(folder: str, lock: int | None) -> None:
    """Remove a folder with all that is in it, and its lock."""
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)


def remove_abandoned() -> None:
    """Remove one's own folders of which no running lab holds the lock. Where none can be locked, all are left."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            facts = path.lstat()
        except OSError:  # somebody else was faster
            continue
        if not stat.S_ISDIR(facts.st_mode) or time.time() - facts.st_mtime < YOUNG:
            continue
        if hasattr(os, "getuid") and facts.st_uid == os.getuid() and (lock := _locked(str(path))) is not None:
            removed(str(path), lock)


def _locked(folder: str) -> int | None:
    """The lock of a folder; None where another has it, or this system has none."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return None
    return held
