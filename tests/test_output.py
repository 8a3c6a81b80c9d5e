"""Where results go: never a half-written file, and no other than the one that is named."""

from __future__ import annotations

import os
import stat
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from nmt.errors import FailureError, InputError
from nmt.lines import input_lines
from nmt.output import output_lines
from tests import tiny
from tests.strangers import encoded


def test_a_signal_right_behind_the_opening_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def interrupted(name: str, flags: int, mode: int) -> None:
        os.close(opened(name, flags, mode))
        raise SystemExit(130)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", interrupted)
        with pytest.raises(SystemExit), output_lines(tmp_path / "out"):
            raise AssertionError("it was opened")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [InputError("bad"), FailureError("bad"), KeyboardInterrupt(), ValueError("bug")])
@pytest.mark.parametrize("old", [None, "old\n"])
def test_an_error_midway_leaves_the_old_file_and_no_other(
    error: BaseException, old: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "out"
    if old is not None:
        path.write_text(old)
    before = tiny.files(tmp_path)
    with pytest.raises(type(error)), output_lines(path) as write:
        write("new")
        raise error
    assert tiny.files(tmp_path) == before


def test_a_full_disk_is_told_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "out"
    path.write_text("old\n")
    monkeypatch.setattr(os, "fsync", full)
    told = pytest.raises(FailureError, match="out': No space left on device; nothing was changed")
    with told, output_lines(path) as write:
        write("new")
    assert tiny.files(tmp_path) == {"out": b"old\n"}


@pytest.mark.parametrize("name", [".", "..", "/", "folder", "missing/out", "file/out"])
def test_an_output_that_cannot_be_written_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"is a directory; give a file|is not writable"), output_lines(Path(name)):
        pytest.fail("opened")
    assert tiny.files(tmp_path) == {"file": b""}


def test_what_only_its_owner_may_read_is_so_while_it_is_written_and_after(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.touch()
    path.chmod(0o600)
    with output_lines(path) as write:
        write("new")
        assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_write_protected_output_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out"
    path.write_text("old\n")
    path.chmod(0o444)
    if not hasattr(os, "geteuid") or os.geteuid() == 0:  # who may write everything
        monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(InputError, match="out' is write-protected; give another -o"), output_lines(path):
        pytest.fail("opened")
    assert tiny.files(tmp_path) == {"out": b"old\n"}


def test_a_circle_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="loop' cannot be used: Too many levels"), output_lines(tmp_path / "loop"):
        pytest.fail("opened")


def test_a_file_may_be_replaced_by_its_own_translation(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(encoded(["ba", "de"]))
    with ExitStack() as stack:
        groups = stack.enter_context(input_lines(path))
        write = stack.enter_context(output_lines(path))
        for group in groups:
            for line in group:
                write(line.upper())
    assert path.read_bytes() == encoded(["BA", "DE"])


def test_a_link_stays_a_link_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "target"
    target.write_text("old\n")
    (tmp_path / "link").symlink_to(target)
    with output_lines(tmp_path / "link") as write:
        write("new")
    assert (tmp_path / "link").is_symlink()
    assert tiny.files(tmp_path / "folder") == {"target": b"new\n"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()), daemon=True)
    reader.start()
    with output_lines(pipe) as write:
        write("ba")
    reader.join(10)
    assert found == [b"ba\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    with output_lines(Path(os.devnull)) as write:
        write("ba")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_lines_go_to_stdout_one_by_one(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with output_lines(None) as write:
        write("ba\u2028\r")
        assert capfdbinary.readouterr().out == "ba\u2028\r\n".encode()
