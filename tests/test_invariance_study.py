"""Tests of the study that counts the translations that batches and threads change."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import invariance_study
import pytest

from nmt.errors import InputError
from nmt.translator import Translator
from tests import tiny


def test_the_study_counts_the_lines_of_each_run_that_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = tmp_path / "lines.de"
    lines.write_text("ba de\nma\nla ba de ma\n", encoding="utf-8")
    words = ["-m", str(tiny.model_directory()), "-i", str(lines), "--precisions", "fp32"]
    assert invariance_study.main(invariance_study.parse_words(words)) == 0
    _, *rows = capsys.readouterr().out.strip().split("\n")
    assert [tuple(map(int, row.split()[1:3])) for row in rows] == list(invariance_study.RUNS)
    assert all(row.endswith("0 of 3 (0.00%)") for row in rows)


@pytest.mark.parametrize("precision, code", [("fp32", 1), ("bf16", 0), ("int8", 0)])
def test_only_in_fp32_a_line_that_differs_is_a_failure(
    precision: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Uneven:
        def translate(self, lines: list[str], batch_size: int) -> list[SimpleNamespace]:
            return [SimpleNamespace(text=f"{line} {batch_size}") for line in lines]

    monkeypatch.setattr(Translator, "load", lambda *_, **__: Uneven())
    (tmp_path / "text").write_text("ba\n", encoding="utf-8")
    words = ["-m", "any", "-i", str(tmp_path / "text"), "--precisions", precision]
    assert invariance_study.main(invariance_study.parse_words(words)) == code


def test_what_cannot_be_used_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
    assert capsys.readouterr().out == ""
