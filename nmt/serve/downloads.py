"""Translated files kept in memory until they are too old or too many."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from pathlib import PurePath

_SECONDS = 600.0
LEAST_KEPT = 32_000_000  # bytes of all files together


class Downloads:
    """Files by names nobody can guess; the oldest give way to new ones."""

    def __init__(self, most_bytes: int = LEAST_KEPT, now: Callable[[], float] = time.monotonic) -> None:
        self._most = most_bytes
        self._now = now
        self._files: dict[str, tuple[float, bytes]] = {}

    def keep(self, filename: str, content: bytes) -> str:
        """Keep a file for ten minutes and return the name it can be fetched by."""
        path = PurePath(filename.replace("\\", "/"))
        stem = re.sub(r"[^A-Za-z0-9.-]+", "_", path.stem)[:60]
        suffix = re.sub(r"[^A-Za-z0-9.]+", "", path.suffix)
        name = f"{secrets.token_urlsafe(24)}.{stem}{suffix}"
        self._files[name] = (self._now(), content)
        self._forget()
        return name

    def get(self, name: str) -> bytes | None:
        """Return a file, or None where there is none of this name, or no longer."""
        self._forget()
        return self._files[name][1] if name in self._files else None

    def _forget(self) -> None:
        size = sum(len(content) for _, content in self._files.values())
        # They lie in the order of their age.
        newest = next(reversed(self._files), None)
        for name, (then, content) in list(self._files.items()):
            # The newest has just been promised, however large it is.
            if self._now() - then < _SECONDS and (size <= self._most or name == newest):
                return
            size -= len(content)
            del self._files[name]
