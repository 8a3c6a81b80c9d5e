"""The load test itself: it counts, compares, sees memory grow, and comes to an end."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import load_test
import pytest

from nmt.errors import FailureError, InputError
from tests import tiny


def run(tmp_path: Path, *options: object) -> int:
    text = tmp_path / "text"
    text.write_text("".join(pair.src + "\n" for pair in tiny.pairs(12)))
    words = ["--model", tiny.model_directory(), "--text", text, "--clients", 4, "--single", 8, *options]
    served = ["--", "--threads", 1, "--precision", "fp32"]
    return load_test.main(load_test.parse_words([str(each) for each in [*words, *served]]))


def test_every_request_is_answered_alike_and_memory_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--requests", 80) == 0
    said = capsys.readouterr().out
    assert re.search(r"^1 client +8 .* 0 +0$", said, re.MULTILINE)
    assert re.search(r"^4 clients +80 .* 0 +0$", said, re.MULTILINE)
    assert re.search(r"^gain [\d.]+ times", said, re.MULTILINE)
    assert re.search(r"^at the start [\d.]+ MB, in the middle [\d.]+ MB, at the end [\d.]+ MB$", said, re.MULTILINE)


def test_it_ends_when_its_time_is_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--requests", 10**9, "--seconds", 0) == 1
    assert "requests were not made" in capsys.readouterr().err


def test_memory_is_flat_where_it_stops_growing(capsys: pytest.CaptureFixture[str]) -> None:
    grown = [100 + 50 * min(number, 8) / 8 for number in range(41)]
    growing = [100.0 + number for number in range(41)]
    assert load_test.is_flat(grown, 10_000)
    assert not load_test.is_flat(growing, 10_000)
    assert load_test.is_flat(growing, 100)
    assert "are too few" in capsys.readouterr().out


def test_what_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n \n")
    for options, words in (
        (["--model", tmp_path / "none"], "none"),
        (["--model", tiny.model_directory(), "--text", tmp_path / "none"], "none"),
        (["--model", tiny.model_directory(), "--text", tmp_path / "empty"], "empty has no line of text"),
    ):
        with pytest.raises(InputError, match=words):
            load_test.main(load_test.parse_words([str(each) for each in options]))


def test_a_server_that_does_not_start_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(FailureError, match=r"the server did not start: nmt: .*--no-such-option"):
        run(tmp_path, "--", "--no-such-option")


def test_a_failure_is_told_when_it_comes_and_the_table_when_the_test_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def server(*_: object) -> Iterator[tuple[int, int]]:
        yield 1, os.getpid()

    asked = []

    def ask(_: load_test.Client, sentence: str) -> str:
        asked.append(sentence)
        if len(asked) > 25:  # after the warm-up's
            raise ValueError("503 busy")
        return sentence

    def interrupted(target: load_test.Target, sentences: Sequence[str], load: load_test.Load, *rest: Any) -> None:
        if load.clients > 1:
            assert "ValueError: 503 busy" in capsys.readouterr().err
            os.kill(os.getpid(), signal.SIGTERM)
        real(target, sentences, load, *rest)

    real = load_test.ask
    monkeypatch.setattr(load_test, "server", server)
    monkeypatch.setattr(load_test.Client, "_ask", ask)
    monkeypatch.setattr(load_test, "ask", interrupted)
    with pytest.raises(SystemExit) as end:
        run(tmp_path)
    assert end.value.code == 143
    said = capsys.readouterr()
    assert re.search(r"^1 client +5 .* 3 +0$", said.out, re.MULTILINE)
    assert said.err.count("ValueError: 503 busy\n") == 1
