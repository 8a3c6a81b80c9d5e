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


class DirectoryLock:
    """A context in which this process is the only one that trains in a directory; the system drops it at a kill."""

    def __init__(self, directory: Path, patience: float) -> None:
        """patience: seconds to wait for another training that may be ending"""
        self._directory = directory
        self._patience = patience
        self._handle: int | None = None

    def __enter__(self) -> DirectoryLock:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def take(self) -> None:
        """Lock the directory, if it is there and not locked by this object already.

        Raises InputError where another process keeps it locked.
        """
        if os.name != "posix" or self._handle is not None or not self._directory.is_dir():
            return
        with suppress(OSError):  # a directory that cannot be read is told where it is first used
            self._handle = os.open(self._directory, os.O_RDONLY)
        if self._handle is None:
            return
        limit, told = time.monotonic() + self._patience, False
        while not _locked(self._handle):
            if time.monotonic() >= limit:
                raise InputError(
                    f"another training is running in {str(self._directory)!r}; wait until it ends, stop it, or give "
                    "another directory"
                )
            if not told:
                logger.info("waiting for the training that is running in %s to end", self._directory)
                told = True
            time.sleep(_POLL_SECONDS)


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
