"""Ending at once on SIGINT or SIGTERM, as after an error: open files are tidied up, one line says what is left."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType

from nmt.signals import SIGNALS, Handling


class Ending:
    """A context that a signal ends, with exit code 128 + its number; a second signal ends the process then and there.

    left: says what is left of the work, if there is anything to say, asked for when all within is tidied up
    signals: those that end it
    """

    def __init__(self, left: Callable[[], str] = lambda: "", signals: Sequence[signal.Signals] = SIGNALS) -> None:
        self.left = left
        self._signal: signal.Signals | None = None
        self._handling = Handling(self._end, signals)

    def __enter__(self) -> Ending:
        self._handling.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handling.restore()
        if self._signal is not None:
            left = self.left()
            print(f"nmt: stopped by {self._signal.name}{left and '; '}{left}", file=sys.stderr)
            raise SystemExit(128 + self._signal) from None

    def _end(self, number: int, _frame: FrameType | None) -> None:
        self._handling.default()
        self._signal = signal.Signals(number)
        raise SystemExit(128 + number)
