"""Ending at once on a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nmt.commands.ending import Ending

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("left", ["", "3 lines are kept"])
def test_a_signal_ends_the_work_with_one_line_after_what_is_within_was_tidied_up(
    number: signal.Signals, left: str, capfd: pytest.CaptureFixture[str]
) -> None:
    steps = []

    def say() -> str:
        steps.append("said")
        return left

    with pytest.raises(SystemExit) as caught, Ending(say):
        try:
            os.kill(os.getpid(), number)
            steps.append("went on")
        finally:
            steps.append("tidied up")
    assert (caught.value.code, steps) == (128 + number, ["tidied up", "said"])
    assert capfd.readouterr().err == f"nmt: stopped by {number.name}{left and '; '}{left}\n"


@pytest.mark.parametrize("error", [None, ValueError])
def test_the_handlers_from_before_come_back_and_other_ends_stay_as_they_are(error: type[Exception] | None) -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    try:
        with Ending(lambda: "never said"):
            assert all(signal.getsignal(number) not in before for number in SIGNALS)
            if error:
                raise error
    except ValueError:
        assert error
    assert [signal.getsignal(number) for number in SIGNALS] == before


def run(code: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parent.parent
    return subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("second", SIGNALS)
def test_a_second_signal_ends_the_process_while_it_tidies_up(second: signal.Signals) -> None:
    ended = run(
        "import os, signal\nfrom nmt.commands.ending import Ending\n"
        "with Ending(lambda: 'never said'):\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "    finally:\n"
        f"        os.kill(os.getpid(), {int(second)})\n"
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (-second, "", "")


def test_a_signal_the_parent_had_ignored_stays_ignored() -> None:
    ended = run(
        "import os, signal\nfrom nmt.commands.ending import Ending\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "with Ending(lambda: ''):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('went on')\n"
    )
    assert (ended.returncode, ended.stdout) == (0, "went on\n")
