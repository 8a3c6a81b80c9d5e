"""Handling signals for a while."""

from __future__ import annotations

import os
import signal
from types import FrameType

import pytest

from nmt.signals import SIGNALS, Handling

# One that ends no test where it is not handled.
HARMLESS = signal.SIGURG


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in (*SIGNALS, HARMLESS)]


class Noted:
    """A handler that notes what it was called for."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        self.numbers.append(number)


def test_signals_are_handled_from_begin_until_restore() -> None:
    before, noted = handlers(), Noted()
    handling = Handling(noted, (HARMLESS,))
    os.kill(os.getpid(), HARMLESS)
    assert noted.numbers == [] and handlers() == before
    handling.begin()
    os.kill(os.getpid(), HARMLESS)
    os.kill(os.getpid(), HARMLESS)
    assert noted.numbers == [HARMLESS] * 2
    handling.restore()
    os.kill(os.getpid(), HARMLESS)
    assert noted.numbers == [HARMLESS] * 2 and handlers() == before


def test_those_that_ask_a_process_to_end_are_handled_where_none_are_named() -> None:
    before, noted = handlers(), Noted()
    handling = Handling(noted)
    handling.begin()
    for number in SIGNALS:
        os.kill(os.getpid(), number)
    handling.restore()
    assert noted.numbers == [*SIGNALS] and handlers() == before


def test_an_ignored_signal_stays_ignored_whatever_is_done() -> None:
    before = signal.signal(HARMLESS, signal.SIG_IGN)
    try:
        noted = Noted()
        handling = Handling(noted, (HARMLESS,))
        for act in (handling.begin, handling.default, handling.restore):
            act()
            assert signal.getsignal(HARMLESS) is signal.SIG_IGN
            os.kill(os.getpid(), HARMLESS)
        assert noted.numbers == []
    finally:
        signal.signal(HARMLESS, before)


@pytest.mark.parametrize("outer_first", [True, False])
def test_what_is_begun_within_another_gives_back_to_that(outer_first: bool) -> None:
    before, outer, inner = handlers(), Noted(), Noted()
    first, second = Handling(outer, (HARMLESS,)), Handling(inner, (HARMLESS,))
    first.begin()
    second.begin()
    os.kill(os.getpid(), HARMLESS)
    if not outer_first:
        second.restore()
        os.kill(os.getpid(), HARMLESS)
        assert outer.numbers == [HARMLESS]
    first.restore()
    assert inner.numbers == [HARMLESS] and handlers() == before


def test_by_default_a_signal_ends_the_process_again() -> None:
    noted = Noted()
    handling = Handling(noted, (HARMLESS,))
    before = signal.getsignal(HARMLESS)
    handling.begin()
    handling.default()
    assert signal.getsignal(HARMLESS) is signal.SIG_DFL
    handling.restore()
    assert signal.getsignal(HARMLESS) == before
