"""One training at a time in a directory."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from nmt.errors import InputError
from nmt.lock import DirectoryLock

pytestmark = pytest.mark.skipif(os.name != "posix", reason="other systems have no such locks")


def test_a_directory_is_locked_once_and_free_again_afterwards(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path, 0):
        with pytest.raises(InputError, match=r"another training is running in .*; wait until it ends"):
            DirectoryLock(tmp_path, 0).take()
        assert list(tmp_path.iterdir()) == []
    with DirectoryLock(tmp_path, 0):
        pass


def test_a_directory_that_is_not_there_yet_is_locked_when_it_is(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path / "run", 0) as lock:
        assert not (tmp_path / "run").exists()
        (tmp_path / "run").mkdir()
        lock.take()
        lock.take()
        with pytest.raises(InputError):
            DirectoryLock(tmp_path / "run", 0).take()


def test_another_training_is_given_time_to_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    began = time.monotonic()
    with DirectoryLock(tmp_path, 0), pytest.raises(InputError):
        DirectoryLock(tmp_path, 0.3).take()
    assert time.monotonic() - began >= 0.3
    assert caplog.text.count("waiting for the training that is running in") == 1
