"""Tests of the study that counts the translations that batches and threads change."""

from __future__ import annotations

from pathlib import Path

import invariance_study
import pytest

from nmt.errors import InputError
from tests import tiny


def test_the_study_counts_the_lines_of_each_run_that_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = tmp_path / "lines.de"
    lines.write_text("ba de\nma\nla ba de ma\n", encoding="utf-8")
    words = ["-m", str(tiny.model_directory()), "-i", str(lines), "--precisions", "fp32"]
    invariance_study.main(invariance_study.parse_words(words))
    _, *rows = capsys.readouterr().out.strip().split("\n")
    assert [tuple(map(int, row.split()[1:3])) for row in rows] == list(invariance_study.RUNS)
    assert all(row.endswith("0 of 3 (0.00%)") for row in rows)


def test_what_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("ba\n", encoding="utf-8")
    model = str(tiny.model_directory())
    told = {
        "none": ["-m", str(tmp_path / "none"), "-i", str(tmp_path / "text")],
        "missing": ["-m", model, "-i", str(tmp_path / "missing")],
        "empty has no line of text": ["-m", model, "-i", str(tmp_path / "empty")],
        "the reverse model goes from 'de' to 'en'": [
            "-m",
            model,
            "-i",
            str(tmp_path / "text"),
            "--reverse-model",
            model,
        ],
    }
    for words, given in told.items():
        with pytest.raises(InputError, match=words):
            invariance_study.main(invariance_study.parse_words(given))
