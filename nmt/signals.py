"""The signals that ask a process to end, SIGINT and SIGTERM, and handling them for a while.

A signal that the process was started to ignore stays ignored: shells do so with SIGINT for what a script puts into the
background, nohup with others, and Ctrl-C is then not meant for it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
Handler = Callable[[int, FrameType | None], None]


class Handling:
    """A handler of signals, from begin until what was before is restored."""

    def __init__(self, handler: Handler, signals: Sequence[signal.Signals] = SIGNALS) -> None:
        self._handler = handler
        self._signals = signals
        self._before: dict[signal.Signals, Handler | int | None] = {}

    def begin(self) -> None:
        """Set the handler where the signal is not ignored."""
        for number in self._signals:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handler)

    def restore(self) -> None:
        """Put back the handlers from before."""
        for number, before in self._before.items():
            signal.signal(number, before)

    def default(self) -> None:
        """Let the signals end the process."""
        for number in self._before:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def deaf() -> Iterator[Callable[[], None]]:
    """Give a function to be called before long work in C++, amid which Python calls no handler: a signal that has one
    then ends the process there and then, to the end of the context.

    Handlers can be changed in the main thread alone; elsewhere they stay as they are, and so does Python's own.
    """
    before: dict[signal.Signals, Handler] = {}

    def begin() -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler) and handler is not signal.default_int_handler:
                before[number] = handler
                signal.signal(number, signal.SIG_DFL)

    try:
        yield begin
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
