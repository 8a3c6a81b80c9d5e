"""One training at a time in a run directory."""

from __future__ import annotations

import logging
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from nmt.errors import InputError

logger = logging.getLogger(__name__)

# A training that was told to stop, or whose launcher was killed, is given this long to save.
PATIENCE_SECONDS = 20.0
_POLL_SECONDS = 0.1
_MOST_ATTEMPTS = 100


class DirectoryLock:
    """A context in which this process is the only one that trains in a directory; the system drops it at a kill.

    The directory is made where there is none, and goes again, with the folders made for it, if nothing is put there.
    """

    def __init__(self, directory: Path, patience: float) -> None:
        """patience: seconds to wait for another training that may be ending"""
        self._directory = directory
        self._patience = patience
        self._handle: int | None = None
        self._made: list[Path] = []

    def __enter__(self) -> DirectoryLock:
        """Make and lock the directory; raises InputError where another process keeps it locked."""
        try:
            self._take()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _take(self) -> None:
        if os.name != "posix":
            return
        limit = time.monotonic() + self._patience
        # At every moment a training that fails may remove what was just made.
        for _ in range(_MOST_ATTEMPTS):
            try:
                self._handle = self._open()
            except FileNotFoundError:
                continue
            except OSError:
                return  # what cannot be made or read is told where it is first used
            self._wait(self._handle, limit)
            if _is_at(self._handle, self._directory):
                return
            os.close(self._handle)
            self._handle = None

    def _open(self) -> int:
        """Open the directory, made if need be."""
        missing = [folder for folder in (self._directory, *self._directory.parents) if not folder.exists()]
        self._made = max(self._made, missing, key=len)
        self._directory.mkdir(parents=True, exist_ok=True)
        return os.open(self._directory, os.O_RDONLY)

    def _wait(self, handle: int, limit: float) -> None:
        told = False
        while not _locked(handle):
            if time.monotonic() >= limit:
                raise InputError(
                    f"another training is running in {str(self._directory)!r}; wait until it ends, stop it, or give "
                    "another directory"
                )
            if not told:
                logger.info("waiting for the training that is running in %s to end", self._directory)
                told = True
            time.sleep(_POLL_SECONDS)

    def _leave(self) -> None:
        # Still locked: nobody else takes what is about to go.
        with suppress(OSError):
            for folder in self._made:
                folder.rmdir()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _is_at(handle: int, path: Path) -> bool:
    """Say whether an open directory is the one at a path."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _locked(handle: int) -> bool:
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        # Some network file systems have no locks; a training there goes without.
        logger.debug("no lock: %s", error)
    return True
