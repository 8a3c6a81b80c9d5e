"""Tests of the study that measures what long texts need."""

from __future__ import annotations

import pytest
import stream_study


def test_the_study_has_a_row_for_each_size(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_study, "UNITS", {"Han": "漢"})
    stream_study.main(["--lines", "30", "--megabytes", "0.001", "--resume"])
    head, *rows = capsys.readouterr().out.strip().split("\n")
    assert head.split() == ["input", "lines", "out", "seconds", "peak", "MB"]
    found = {" ".join(words[:-3]): words[-3:] for words in map(str.split, rows)}
    assert {name: lines for name, (lines, _, _) in found.items()} == {"30 lines": "30", "0.001 MB line of Han": "1"}
    # The memory of a whole nmt with torch, in MB.
    assert all(100 < float(peak) < 5000 for *_, peak in found.values())
