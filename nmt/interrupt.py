"""Stopping politely: the first SIGINT or SIGTERM asks, the second ends the process at once."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType

from nmt.signals import Handling

# Schedulers and users kill what has not ended some ten seconds after they asked; saving takes its share of them.
_PATIENCE_SECONDS = 3.0
_PARENT_DEATH_SIGNAL = 1  # of prctl


class Interrupted(BaseException):
    """Work that may be dropped at any point was dropped for a signal; not an Exception, so nothing swallows it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Interrupt:
    """A context in which SIGINT and SIGTERM are noted in `signal`; loops look at it and save."""

    def __init__(self, grace: float = 0.0) -> None:
        """grace: seconds after the first signal in which another one is the same request, told twice: Ctrl-C
        reaches every process of a terminal, and torchrun passes on what it gets itself"""
        self.signal: int | None = None
        self._grace = grace
        self._noted = 0.0
        self._raises = False
        self._handling = Handling(self._note)

    def __enter__(self) -> Interrupt:
        self._handling.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handling.restore()

    @property
    def presses(self) -> bool:
        """Whether a signal has waited so long that unfinished work is better dropped than finished."""
        return self.signal is not None and time.monotonic() - self._noted > _PATIENCE_SECONDS

    @contextmanager
    def dropping(self) -> Iterator[None]:
        """Raise Interrupted as soon as a signal comes, or came before: for work that leaves nothing behind."""
        self._raises = True
        try:
            if self.signal is not None:
                raise Interrupted(self.signal)
            yield
        finally:
            self._raises = False

    def _note(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.signal is None:
            self.signal, self._noted = number, now
        elif now - self._noted >= self._grace:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        if self._raises:
            self._raises = False
            raise Interrupted(self.signal)


def end_with_parent(number: signal.Signals) -> None:
    """Ask the system (Linux) for a signal when the process that started this one dies, so as not to outlive it."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, int(number))
