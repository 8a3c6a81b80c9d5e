"""Tests of the study that measures what long texts need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Small windows, of which even a short text has many.
PROGRAM = """
import stream_study
stream_study.UNITS = {"Han": "漢"}
stream_study.OPTIONS += ["--batch-size", "32"]
stream_study.main(stream_study.parse_words())
"""


def test_the_study_has_a_row_for_each_size_and_memory_does_not_grow_with_the_lines() -> None:
    # By a small process: what it starts begins with its memory, and would begin with that of the tests.
    words = ["--lines", "600", "8000", "--megabytes", "0.001", "--resume"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'scripts'}{os.pathsep}{ROOT}"}
    said = subprocess.check_output([sys.executable, "-c", PROGRAM, *words], cwd=ROOT, env=environment, text=True)
    head, *rows = said.strip().split("\n")
    assert head.split() == ["input", "lines", "out", "seconds", "peak", "MB"]
    found = {" ".join(words[:-3]): words[-3:] for words in map(str.split, rows)}
    lines = {"600 lines": "600", "8,000 lines": "8000", "0.001 MB line of Han": "1"}
    assert {name: count.replace(",", "") for name, (count, _, _) in found.items()} == lines
    peaks = {name: float(peak) for name, (*_, peak) in found.items()}
    # The memory of a whole nmt with torch, in MB; of 7,400 lines more, kept, there would be some 20.
    assert all(100 < peak < 1000 for peak in peaks.values())
    assert peaks["8,000 lines"] - peaks["600 lines"] < 12
