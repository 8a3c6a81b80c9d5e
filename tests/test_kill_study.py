"""Tests of the study that kills a training: one kill here, twenty by scripts/kill_study.py itself."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path

import kill_study
import pytest

from nmt.errors import FailureError, InputError

Capture = pytest.CaptureFixture[str]


def study_with_a_kill(folder: Path) -> Path:
    """Return where the study with one kill was done."""
    for seed in (1, 2, 3):
        home = folder / str(seed)
        try:
            assert kill_study.study(home, argparse.Namespace(kills=1, processes=1, seed=seed)) == 0
            return home
        except FailureError as error:
            # On a machine with much to do a training may write all it has to before it is looked at.
            if "ended before kill" not in str(error):
                raise
    pytest.fail("three trainings ended before they were killed")


def test_a_killed_training_ends_with_the_bytes_of_one_left_alone(tmp_path: Path, capsys: Capture) -> None:
    home = study_with_a_kill(tmp_path)
    assert "EQUAL byte for byte after 1 kills" in capsys.readouterr().out
    # What it compares is what it says.
    model = home / "interrupted" / "model.safetensors"
    model.write_bytes(model.read_bytes()[:-1] + b"?")
    whole, killed = (kill_study.outcome(home / name) for name in ("uninterrupted", "interrupted"))
    assert [name for name in whole if whole[name] != killed[name]] == ["model.safetensors"]


@pytest.mark.parametrize("outcome", [0, 1, FailureError("a training hangs")])
@pytest.mark.parametrize("keep", [False, True])
def test_the_trainings_are_kept_unless_they_are_equal(
    outcome: int | FailureError, keep: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def study(home: Path, _: object) -> int:
        (home / "interrupted.log").touch()
        if isinstance(outcome, FailureError):
            raise outcome
        return outcome

    monkeypatch.setattr(kill_study, "study", study)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    options = kill_study.parse_words(["--keep", str(tmp_path / "kept")] if keep else [])
    if isinstance(outcome, FailureError):
        with pytest.raises(FailureError):
            kill_study.main(options)
    else:
        assert kill_study.main(options) == outcome
    if outcome == 0 and not keep:
        assert list(tmp_path.iterdir()) == []
    else:
        (home,) = tmp_path.iterdir()
        assert (home / "interrupted.log").exists()
        assert capsys.readouterr().err == f"everything is kept in {home}\n"


def test_a_folder_that_is_there_is_not_written_into(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exists already; give a new directory"):
        kill_study.main(kill_study.parse_words(["--keep", str(tmp_path)]))


def test_a_training_ends_with_the_study_whatever_ends_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid, flush=True); input()"

    def start(_: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", code]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)

    monkeypatch.setattr(kill_study.Training, "start", start)
    training = kill_study.Training(tmp_path, tmp_path, 1, 1)
    with pytest.raises(ZeroDivisionError), kill_study.begun(training) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        raise ZeroDivisionError
    assert process.returncode == -signal.SIGKILL
    limit = time.monotonic() + 30
    while time.monotonic() < limit and kill_study.running(child):
        time.sleep(0.01)
    assert not kill_study.running(child)
