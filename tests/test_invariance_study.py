"""Tests of the study that counts the translations that batches and threads change."""

from __future__ import annotations

from pathlib import Path

import invariance_study
import pytest

from tests import tiny


def test_the_study_counts_the_lines_of_each_run_that_differ(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = tmp_path / "lines.de"
    lines.write_text("ba de\nma\nla ba de ma\n", encoding="utf-8")
    invariance_study.main(["-m", str(tiny.model_directory()), "-i", str(lines), "--precisions", "fp32"])
    _, *rows = capsys.readouterr().out.strip().split("\n")
    assert [tuple(map(int, row.split()[1:3])) for row in rows] == list(invariance_study.RUNS)
    assert all(row.endswith("0 of 3 (0.00%)") for row in rows)
