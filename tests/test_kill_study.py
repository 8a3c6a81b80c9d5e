"""Tests of the study that kills a training: one kill here, twenty by scripts/kill_study.py itself."""

from __future__ import annotations

import argparse
from pathlib import Path

import kill_study
import pytest


def test_a_killed_training_ends_with_the_bytes_of_one_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = argparse.Namespace(kills=1, processes=1, seed=1)
    assert kill_study.study(tmp_path / "equal", options) == 0
    assert "EQUAL byte for byte after 1 kills" in capsys.readouterr().out
    # What it compares is what it says.
    model = tmp_path / "equal" / "interrupted" / "model.safetensors"
    model.write_bytes(model.read_bytes()[:-1] + b"?")
    whole, killed = (kill_study.outcome(tmp_path / "equal" / name) for name in ("uninterrupted", "interrupted"))
    assert [name for name in whole if whole[name] != killed[name]] == ["model.safetensors"]
