"""The load test itself: it counts, compares, sees memory grow, and comes to an end."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import load_test
import pytest

from tests import tiny


def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *options: object) -> int | str | None:
    text = tmp_path / "text"
    text.write_text("".join(pair.src + "\n" for pair in tiny.pairs(12)))
    command = ["load_test", "--model", tiny.model_directory(), "--text", text, "--clients", 4, "--single", 8, *options]
    monkeypatch.setattr(sys, "argv", [str(each) for each in [*command, "--", "--threads", 1, "--precision", "fp32"]])
    with pytest.raises(SystemExit) as end:
        load_test.main()
    return end.value.code


def test_every_request_is_answered_alike_and_memory_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, "--requests", 80) == 0
    said = capsys.readouterr().out
    assert re.search(r"^1 client +8 .* 0 +0$", said, re.MULTILINE)
    assert re.search(r"^4 clients +80 .* 0 +0$", said, re.MULTILINE)
    assert re.search(r"^gain [\d.]+ times", said, re.MULTILINE)
    assert re.search(r"^at the start [\d.]+ MB, in the middle [\d.]+ MB, at the end [\d.]+ MB$", said, re.MULTILINE)


def test_it_ends_when_its_time_is_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, "--requests", 10**9, "--seconds", 0) == 1
    assert "were not made within 0 s" in capsys.readouterr().err


def test_memory_is_flat_where_it_stops_growing(capsys: pytest.CaptureFixture[str]) -> None:
    grown = [100 + 50 * min(number, 8) / 8 for number in range(41)]
    growing = [100.0 + number for number in range(41)]
    assert load_test.is_flat(grown, 10_000)
    assert not load_test.is_flat(growing, 10_000)
    assert load_test.is_flat(growing, 100)
    assert "are too few" in capsys.readouterr().out
