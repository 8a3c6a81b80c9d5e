"""Stopping politely."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nmt.interrupt import Interrupt, Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_noted(number: int) -> None:
    with Interrupt() as interrupt:
        assert interrupt.signal is None
        os.kill(os.getpid(), number)
        assert interrupt.signal == number


@pytest.mark.parametrize("error", [None, ValueError])
def test_the_handlers_from_before_come_back(error: type[ValueError] | None) -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    try:
        with Interrupt():
            assert all(signal.getsignal(number) not in before for number in SIGNALS)
            if error:
                raise error
    except ValueError:
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_signal_that_is_ignored_from_the_start_stays_ignored() -> None:
    code = (
        "import os, signal; from nmt.interrupt import Interrupt\n"
        "with Interrupt() as interrupt:\n"
        "    os.kill(os.getpid(), signal.SIGINT); print(interrupt.signal)\n"
        "    os.kill(os.getpid(), signal.SIGTERM); print(interrupt.signal == signal.SIGTERM)\n"
    )
    # As a shell starts what a script puts into the background.
    command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", code]
    root = Path(__file__).resolve().parent.parent
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.split()) == (0, ["None", "True"])


@pytest.mark.parametrize(("first", "second"), [(signal.SIGINT, signal.SIGTERM), (signal.SIGTERM, signal.SIGTERM)])
def test_the_second_signal_ends_the_process_at_once(first: int, second: int) -> None:
    code = (
        "import os, sys; from nmt.interrupt import Interrupt\n"
        "with Interrupt() as interrupt:\n"
        f"    os.kill(os.getpid(), {int(first)}); print(interrupt.signal, flush=True)\n"
        f"    os.kill(os.getpid(), {int(second)}); print('still here', flush=True)\n"
    )
    root = Path(__file__).resolve().parent.parent
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.strip()) == (-second, str(int(first)))


def test_work_that_may_be_dropped_is_dropped_at_once() -> None:
    with Interrupt() as interrupt:
        with pytest.raises(Interrupted) as caught, interrupt.dropping():
            os.kill(os.getpid(), signal.SIGTERM)
            raise AssertionError("still here")
        assert caught.value.number == interrupt.signal == signal.SIGTERM
        # And is not begun when the signal came before.
        with pytest.raises(Interrupted), interrupt.dropping():
            raise AssertionError("still here")


def test_a_signal_after_the_work_is_only_noted() -> None:
    with Interrupt() as interrupt:
        with interrupt.dropping():
            pass
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.signal == signal.SIGINT


def test_a_signal_told_twice_within_the_grace_is_one() -> None:
    with Interrupt(grace=60) as interrupt:
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.signal == signal.SIGINT
