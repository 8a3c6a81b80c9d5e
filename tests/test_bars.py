"""Bars are drawn on a terminal alone, never where results or logs would be garbled, and go when done."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from nmt import bars
from tests import tiny

ROOT = Path(__file__).resolve().parent.parent
COMMON = ["--precision", "fp32", "--threads", "1"]
M = tiny.model_directory
Capture = pytest.CaptureFixture[str]


Screen = Callable[[], str]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: Capture) -> Screen:
    """What stderr was sent since it was last asked for; bars are drawn there, and at once."""
    # As the commands have it.
    caplog.set_level("INFO", "nmt")
    monkeypatch.setattr(bars, "_on_terminal", lambda: True)
    monkeypatch.setattr(bars, "_DELAY", 0.0)
    monkeypatch.setattr(bars, "_INTERVAL", 0.0)
    M()
    capfd.readouterr()
    return lambda: capfd.readouterr().err


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "text.de").write_text("ba de\nko\n\nlu ma ne\n" * 5, encoding="utf-8")
    return tmp_path / "text.de"


def last_line(text: str) -> str:
    """Return what is left on a terminal's last line after carriage returns."""
    shown = ""
    for part in text.rsplit("\n", 1)[-1].split("\r"):
        shown = part + shown[len(part) :]
    return shown.strip()


# --- where bars are drawn ---


def test_a_bar_tells_count_total_and_unit_and_goes(screen: Screen) -> None:
    with bars.bar("reading", "lines", 40) as advance:
        advance(40)
    shown = screen()
    assert "reading: 100%" in shown and "40/40" in shown and "lines/s" in shown
    assert last_line(shown) == ""


def test_a_bar_without_a_total_counts(screen: Screen) -> None:
    assert list(bars.told(range(7), "reading", "pairs")) == list(range(7))
    shown = screen()
    assert "reading: " in shown and "pairs/s" in shown
    assert last_line(shown) == ""


def test_waiting_says_at_once_what_for(screen: Screen) -> None:
    with bars.waiting("loading x"):
        shown = screen()
        assert last_line(shown) == "loading x …"
    assert last_line(shown + screen()) == ""


def test_a_bar_has_no_colour(screen: Screen) -> None:
    with bars.bar("reading", "lines", 4) as advance:
        advance(2)
    assert "\x1b[" not in screen()


def test_work_done_within_a_second_shows_no_bar(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "_DELAY", 60.0)
    assert list(bars.told(range(99), "reading", "pairs", 99)) == list(range(99))
    assert screen() == ""


def test_a_bar_goes_when_the_work_fails(screen: Screen) -> None:
    with pytest.raises(ValueError, match="no more"), bars.bar("reading", "lines", 40) as advance:
        advance(3)
        raise ValueError("no more")
    assert last_line(screen()) == ""


def test_log_lines_stand_above_a_bar(screen: Screen) -> None:
    logger, handler = logging.getLogger("nmt.test"), bars.LogLines(sys.stderr)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        with bars.bar("reading", "lines", 4) as advance:
            advance(1)
            logger.warning("something odd")
            shown = screen()
            assert "\rsomething odd\n" in shown and last_line(shown).startswith("reading")
    finally:
        logger.removeHandler(handler)


def test_where_nothing_is_to_be_said_nothing_is_drawn(screen: Screen) -> None:
    bars.quieten()
    assert not bars.shown()
    with bars.waiting("loading"), bars.bar("reading", "lines", 4) as advance:
        advance(2)
    logging.getLogger("nmt.bars").setLevel(logging.NOTSET)
    assert screen() == ""
    assert bars.shown()


def test_a_dumb_terminal_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", mock.Mock(isatty=lambda: True))
    monkeypatch.setenv("TERM", "xterm")
    assert bars._on_terminal()
    monkeypatch.setenv("TERM", "dumb")
    assert not bars._on_terminal()


@pytest.mark.skipif(os.name != "posix", reason="needs pseudo-terminals")
@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_gets_bars_and_a_pipe_no_control_characters(terminal: bool, text: Path) -> None:
    import fcntl
    import select
    import struct
    import termios

    master, slave = os.openpty()
    # A new one has no columns, so nothing could be drawn.
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-m", "nmt", "evaluate", "--hyp", str(text), "--ref", str(text), "-M", "chrf"]
    ended = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=slave if terminal else subprocess.PIPE, check=True,
        env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    assert ended.stdout.startswith(b"chrF2|") and ended.stdout.count(b"\n") == 1
    if terminal:
        ready, _, _ = select.select([master], [], [], 0)
        assert ready and b"chrF of 20 lines" in os.read(master, 10_000)
    else:
        assert ended.stderr == b""
    os.close(slave)
    os.close(master)


# --- the commands ---


def test_translating_a_file_shows_lines_and_the_same_bytes(text: Path, tmp_path: Path, screen: Screen) -> None:
    written = []
    for number, quiet in enumerate([[], ["--quiet"]]):
        output = tmp_path / str(number)
        assert tiny.run_nmt("translate", "-m", M(), *COMMON, "-i", text, "-o", output, *quiet) == 0
        written.append(output.read_bytes())
        shown = screen()
        assert ("translating text.de:" in shown and "20/20" in shown) == (not quiet)
        assert last_line(shown) == ""
    assert written[0] == written[1] and written[0].count(b"\n") == 20


def test_no_bar_runs_across_results_on_the_screen(text: Path, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nmt.commands.translating.free", lambda output: output is not None)
    assert tiny.run_nmt("translate", "-m", M(), *COMMON, "-i", text) == 0
    assert "translating" not in screen()


def test_a_document_shows_its_passages(tmp_path: Path, screen: Screen) -> None:
    (tmp_path / "a.csv").write_text("x,y\nba de,1\nko,2\n", encoding="utf-8")
    arguments = [tmp_path / "a.csv", "--column", "x", "-o", tmp_path / "b.csv"]
    assert tiny.run_nmt("translate", "-m", M(), *COMMON, *arguments) == 0
    shown = screen()
    assert "a.csv:" in shown and "2/2" in shown and "passages/s" in shown


def test_scoring_and_evaluating_say_what_they_do(text: Path, tmp_path: Path, screen: Screen) -> None:
    assert tiny.run_nmt("score", "-m", M(), *COMMON, "--src", text, "--tgt", text, "-o", tmp_path / "out") == 0
    shown = screen()
    assert "scoring:" in shown and "/20 " in shown
    assert tiny.run_nmt("evaluate", "--hyp", text, "--ref", text, "--confidence", "-M", "bleu") == 0
    assert "BLEU of 20 lines, 1,000 resamples …" in screen()


def test_training_shows_every_stage_and_quiet_none_of_them(tmp_path: Path, screen: Screen) -> None:
    settings = tiny.overrides(tmp_path)
    stages = ["reading the training corpora", "cleaning the training pairs", "training:", "validating"]
    quiet: list[str]
    for name, quiet in (("loud", []), ("quiet", ["-q"])):
        assert tiny.run_nmt("train", "-o", tmp_path / name, *settings, *quiet) == 0
        shown = screen()
        assert [stage in shown for stage in stages] == [not quiet] * len(stages)
        assert last_line(shown) == ""
        # The files say as much as ever.
        log = (tmp_path / name / "train.log").read_text(encoding="utf-8")
        assert "parameters on cpu" in log and "validation loss" in log
