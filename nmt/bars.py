"""Progress on a terminal: bars on stderr for what takes longer than a second; elsewhere nothing.

A bar is drawn where stderr is a terminal and messages are not silenced (--quiet), without colours, and goes when the
work is done. Log lines appear above it.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, TypeVar

T = TypeVar("T")
Advance = Callable[[int], None]
# Never "seconds a unit", as tqdm has it where work is slow.
_WITH_TOTAL = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_noinv_fmt}]"
_WITHOUT = "{desc}: {n_fmt}{unit} [{elapsed}, {rate_noinv_fmt}]"
# Seconds that work may take without a word.
_DELAY = 1.0
# Seconds between two drawings.
_INTERVAL = 0.1
# Whose level tells whether anything is to be said; that of "nmt" counts too.
_switch = logging.getLogger(__name__)


def shown() -> bool:
    """Say whether bars are drawn."""
    return _switch.isEnabledFor(logging.INFO) and _on_terminal()


def _on_terminal() -> bool:
    """Say whether stderr is a screen on which a line can be written anew."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def free(output: Path | None) -> bool:
    """Say whether results, which go to a file (None = stdout), leave the screen to a bar."""
    return output is not None or sys.stdout is None or not sys.stdout.isatty()


def quieten() -> None:
    """Leave nothing on stderr but warnings and errors; a log in a file is as ever."""
    _switch.setLevel(logging.WARNING)


@contextmanager
def bar(what: str, unit: str, total: int | None = None, done: int = 0) -> Iterator[Advance]:
    """Give a function that moves a bar on by a number of units; total: of them, where it is known."""
    if not shown():
        yield lambda _: None
        return
    from tqdm import tqdm

    # The mean speed, not that of the moment: lines come in batches.
    with tqdm(
        desc=what, unit=f" {unit}", unit_scale=total is None or total > 100_000, total=total, initial=done,
        bar_format=_WITH_TOTAL if total else _WITHOUT, delay=_DELAY, mininterval=_INTERVAL, smoothing=0,
        dynamic_ncols=True, leave=False, file=sys.stderr,
    ) as drawn:  # fmt: skip

        def advance(count: int) -> None:
            drawn.update(count)

        yield advance


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Say at once what is being done, for work of which no part can be counted."""
    if not shown():
        yield
        return
    from tqdm import tqdm

    with tqdm(desc=what, bar_format="{desc} …", leave=False, file=sys.stderr):
        yield


def told(items: Iterable[T], what: str, unit: str, total: int | None = None) -> Iterator[T]:
    """Yield items, moving a bar on by each."""
    with bar(what, unit, total) as advance:
        for item in items:
            yield item
            advance(1)


class LogLines(logging.StreamHandler[TextIO]):
    """Log lines on stderr, above the bars that are drawn there."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let warnings through, and what is less where it is not silenced."""
        heard = record.levelno >= logging.WARNING or _switch.isEnabledFor(logging.INFO)
        return heard and bool(super().filter(record))

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; where no bar was ever drawn, tqdm is not even imported."""
        if "tqdm" not in sys.modules:
            return super().emit(record)
        from tqdm import tqdm

        with tqdm.external_write_mode(file=self.stream):
            return super().emit(record)
