"""One training at a time in a directory."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from nmt.errors import InputError
from nmt.lock import DirectoryLock

pytestmark = pytest.mark.skipif(os.name != "posix", reason="other systems have no such locks")


def test_a_directory_is_locked_once_and_free_again_afterwards(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path, 0):
        with pytest.raises(InputError, match=r"another training is running in .*; wait until it ends"):
            DirectoryLock(tmp_path, 0).__enter__()
        assert list(tmp_path.iterdir()) == []
    with DirectoryLock(tmp_path, 0):
        pass
    assert tmp_path.is_dir()


def test_a_directory_that_is_not_there_yet_is_made_and_goes_again_if_nothing_is_put_there(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path / "runs" / "run", 0):
        with pytest.raises(InputError):
            DirectoryLock(tmp_path / "runs" / "run", 0).__enter__()
        assert (tmp_path / "runs" / "run").is_dir()
    assert list(tmp_path.iterdir()) == []
    with DirectoryLock(tmp_path / "runs" / "run", 0):
        (tmp_path / "runs" / "run" / "config.json").touch()
    assert [path.name for path in (tmp_path / "runs" / "run").iterdir()] == ["config.json"]


def test_what_cannot_be_made_is_left_to_be_told_by_who_uses_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("file", "link", "link/run"):
        with DirectoryLock(tmp_path / name, 9):
            pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_another_training_is_given_time_to_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    began = time.monotonic()
    with DirectoryLock(tmp_path, 0), pytest.raises(InputError):
        DirectoryLock(tmp_path, 0.3).__enter__()
    assert time.monotonic() - began >= 0.3
    assert caplog.text.count("waiting for the training that is running in") == 1


def test_a_directory_that_goes_while_one_waits_for_it_is_made_and_locked_anew(tmp_path: Path) -> None:
    run = tmp_path / "run"
    first, second = DirectoryLock(run, 0), DirectoryLock(run, 60)
    first.__enter__()
    waiting = threading.Thread(target=second.__enter__)
    waiting.start()
    time.sleep(0.3)
    assert waiting.is_alive()
    first.__exit__(None, None, None)
    waiting.join(60)
    assert run.is_dir()
    with pytest.raises(InputError, match="another training is running"):
        DirectoryLock(run, 0).__enter__()
    second.__exit__(None, None, None)
    assert list(tmp_path.iterdir()) == []
