"""Tests of writing files whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from nmt.durable import write_atomically, write_folder
from nmt.errors import FailureError


def files(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def refuse(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    for content in (b"old", b"", b"new\x00\xff"):
        write_atomically(tmp_path / "a", content)
        assert files(tmp_path) == {"a": content}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_file_keeps_its_permissions_and_none_are_given_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    write_atomically(tmp_path / "a", b"old")
    (tmp_path / "a").chmod(mode)
    sync, found = os.fsync, []

    def look(handle: int) -> None:
        found.append(os.fstat(handle).st_mode & 0o777 & ~mode)
        sync(handle)

    monkeypatch.setattr("os.fsync", look)
    write_atomically(tmp_path / "a", b"new")
    assert found[0] & 0o077 == 0
    assert (tmp_path / "a").stat().st_mode & 0o777 == mode
    assert files(tmp_path) == {"a": b"new"}


def test_a_file_of_no_use_under_the_name_of_a_temporary_one_gives_way(tmp_path: Path) -> None:
    (tmp_path / f".a.{os.getpid()}.tmp").write_bytes(b"of a process of this number that was killed")
    write_atomically(tmp_path / "a", b"new")
    assert files(tmp_path) == {"a": b"new"}


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.replace"])
def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    write_atomically(tmp_path / "a", b"old")
    with monkeypatch.context() as patch:
        patch.setattr(call, refuse)
        with pytest.raises(FailureError, match=r"cannot write .*a: No space left on device; the file is as it was"):
            write_atomically(tmp_path / "a", b"new")
    assert files(tmp_path) == {"a": b"old"}


def test_a_file_where_no_file_can_be_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(FailureError, match=r"cannot write .*a: No such file or directory$"):
        write_atomically(tmp_path / "none" / "a", b"new")


def test_a_new_folder_appears_whole(tmp_path: Path) -> None:
    write_folder(tmp_path / "in/a", {"one": b"1", "two": b"2"}, stale=["three"])
    assert files(tmp_path / "in/a") == {"one": b"1", "two": b"2"}
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["a"]


def test_a_folder_that_exists_loses_what_is_stale_and_keeps_the_rest(tmp_path: Path) -> None:
    for name in ("one", "old", "mine"):
        (tmp_path / name).write_bytes(b"before")
    write_folder(tmp_path, {"one": b"1", "two": b"2"}, stale=["one", "two", "old", "never"])
    assert files(tmp_path) == {"one": b"1", "two": b"2", "mine": b"before"}


def test_a_full_disk_leaves_a_folder_that_exists_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {"one": b"1", "two": b"2"}
    write_folder(tmp_path / "a", before)
    sync = os.fsync
    for good in range(2):  # files written before the disk is full
        calls = iter([sync] * good + [refuse] * 9)
        monkeypatch.setattr("os.fsync", lambda handle, calls=calls: next(calls)(handle))
        with pytest.raises(
            FailureError, match=r"cannot write .*a: No space left on device; what was there is as it was"
        ):
            write_folder(tmp_path / "a", {"one": b"new", "two": b"new"}, stale=["three"])
        assert files(tmp_path / "a") == before


def test_a_folder_cut_off_while_it_is_replaced_is_incomplete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "a", {"one": b"1", "two": b"2", "three": b"3"})
    replace = Path.replace
    renamed: list[str] = []

    def stop(source: Path, final: Path) -> Path:
        if renamed:
            raise SystemExit(130)
        renamed.append(final.name)
        return replace(source, final)

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(SystemExit):
        write_folder(tmp_path / "a", {"one": b"new", "two": b"new", "three": b"new"})
    assert files(tmp_path / "a") == {"one": b"new", "two": b"2"}


def test_what_is_stale_and_cannot_be_removed_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    with pytest.raises(FailureError, match=r"cannot remove .*old: "):
        write_folder(tmp_path, {"one": b"1"}, stale=["old"])


def test_a_full_disk_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(FailureError, match="No space left"):
        write_folder(tmp_path / "a", {"one": b"1"})
    assert files(tmp_path) == {}


def test_a_signal_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise SystemExit(130)

    write_atomically(tmp_path / "a", b"old")
    monkeypatch.setattr("os.fsync", stop)
    with pytest.raises(SystemExit):
        write_atomically(tmp_path / "a", b"new")
    assert files(tmp_path) == {"a": b"old"}
