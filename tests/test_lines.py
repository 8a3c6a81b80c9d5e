"""Lines read, and as many written, at once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nmt.errors import InputError
from nmt.lines import MOST_LINE_BYTES, count_lines, input_lines, read_lines
from nmt.output import output_lines
from tests import tiny
from tests.strangers import COMPRESSORS, NOT_UTF_8, ODD, encoded, lines_of_text, lists, reuse, write

ROOT = Path(__file__).resolve().parent.parent
Read = Callable[[Path], list[str]]


def through_stdin(path: Path) -> list[str]:
    """Read a file as `nmt translate < FILE` does."""
    with pytest.MonkeyPatch.context() as patch, path.open("rb") as file:
        patch.setattr(sys, "stdin", file)
        with input_lines(None) as groups:
            return [line for group in groups for line in group]


def through_file(path: Path) -> list[str]:
    with input_lines(path) as groups:
        return [line for group in groups for line in group]


# --- what a line is ---


@pytest.mark.parametrize("suffix", COMPRESSORS)
@given(lines=st.lists(lines_of_text))
@reuse
def test_lines_come_back_as_written_whatever_the_unicode(tmp_path: Path, suffix: str, lines: list[str]) -> None:
    # With a byte order mark ahead, a line may begin with one of its own.
    path = tmp_path / f"text{suffix}"
    path.write_bytes(COMPRESSORS[suffix](("\ufeff" + "".join(line + "\n" for line in lines)).encode()))
    assert list(read_lines(path)) == (lines or [""])


def test_only_a_newline_ends_a_line(tmp_path: Path) -> None:
    line = "a\u2028b\x85c\rd\x0be\x0cf\x1cg\x00h"
    assert list(read_lines(write(tmp_path / "text", [line, "", line]))) == [line, "", line]


def test_windows_line_ends_are_dropped_and_a_lone_carriage_return_is_kept(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"one\r\ntwo\r\r\n\r\nthree\r")
    assert list(read_lines(tmp_path / "text")) == ["one", "two\r", "", "three\r"]


@pytest.mark.parametrize("suffix", COMPRESSORS)
@given(lines=lists)
@settings(reuse, max_examples=10)
def test_counting_lines_gives_as_many_as_reading_them(tmp_path: Path, suffix: str, lines: list[str]) -> None:
    path = write(tmp_path / f"text{suffix}", lines)
    assert count_lines(path) == len(list(read_lines(path)))


def test_lines_are_counted_without_a_last_line_feed_and_not_where_that_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"ba\nde")
    (tmp_path / "cut.gz").write_bytes(COMPRESSORS[".gz"](b"ba\n" * 99)[:-9])
    assert count_lines(tmp_path / "text") == 2
    assert [count_lines(tmp_path / name) for name in ("none", "cut.gz", "")] == [None] * 3


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    assert list(read_lines(write(tmp_path / "text", []))) == []


# --- as many lines out as in ---


@given(lines=lists)
@example(lines=ODD)
@reuse
def test_lines_pass_unchanged_through_files_and_stdin(lines: list[str], tmp_path: Path) -> None:
    path = tmp_path / "text"
    with output_lines(path) as write:
        for line in lines:
            write(line)
    assert path.read_bytes() == encoded(lines)
    # A carriage return before a line feed belongs to the end of the line, a byte order mark to the file.
    expected = [line.removesuffix("\r") for line in lines]
    expected[:1] = [line.removeprefix("\ufeff") for line in expected[:1]]
    assert through_file(path) == expected
    assert through_stdin(path) == expected


@given(lines=lists)
@example(lines=ODD)
@example(lines=[])
@settings(reuse, max_examples=30)
def test_translate_gives_as_many_lines_as_it_gets(lines: list[str], tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(encoded(lines))
    common = ["translate", "-m", tiny.model_directory(), "--precision", "fp32", "--threads", "1", "--max-length", "4"]
    assert tiny.run_nmt(*common, "-i", path, "-o", tmp_path / "from-file") == 0
    with path.open("rb") as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", file)
        assert tiny.run_nmt(*common, "-o", tmp_path / "from-stdin") == 0
    found = (tmp_path / "from-file").read_bytes()
    assert found.count(b"\n") == len(lines)
    assert found == (tmp_path / "from-stdin").read_bytes()
    assert all(not out for line, out in zip(lines, found.split(b"\n"), strict=False) if not line.strip())


def test_a_last_line_needs_no_line_feed(tmp_path: Path) -> None:
    path = tmp_path / "text"
    for content, expected in ((b"a\nb", ["a", "b"]), (b"a\n\n", ["a", ""]), (b"\n", [""]), (b"a\r", ["a\r"])):
        path.write_bytes(content)
        assert through_file(path) == through_stdin(path) == expected


@pytest.mark.parametrize("count", [4095, 4096, 4097, 10_000])
def test_many_lines_come_in_order(count: int, tmp_path: Path) -> None:
    lines = [str(number) for number in range(count)]
    (tmp_path / "text").write_bytes(encoded(lines))
    assert through_file(tmp_path / "text") == through_stdin(tmp_path / "text") == lines


def test_lines_of_ten_thousand_words_are_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(encoded(["ba " * 10_000, "", "de. " * 10_000]))
    common = ["translate", "-m", tiny.model_directory(), "--precision", "fp32", "--threads", "1", "--beam-size", "1"]
    assert tiny.run_nmt(*common, "--max-length", "2", "-i", tmp_path / "text", "-o", tmp_path / "out") == 0
    found = (tmp_path / "out").read_bytes().split(b"\n")
    assert [bool(line) for line in found] == [True, False, True, False]


def test_a_pipe_gives_each_line_back_while_it_stays_open() -> None:
    command = [sys.executable, "-m", "nmt", "translate", "-m", str(tiny.model_directory()), "--threads", "1"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        guard = threading.Timer(60, process.kill)
        guard.start()
        for line in ("ba de gi\n", "\n", "ko\n"):
            process.stdin.write(line)
            found = process.stdout.readline()
            assert found.endswith("\n") and bool(found.strip()) == bool(line.strip())
        # The reader goes away, as `head` does, while the writer still holds the pipe.
        process.stdout.close()
        process.stdin.write("lu\n")
        assert process.wait() == 0
        assert process.stderr.read() == ""
        guard.cancel()


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
@pytest.mark.parametrize(("typed", "found"), [("ba\nde\x04\x04", ["ba", "de"]), ("ba\n\x04", ["ba"]), ("\x04", [])])
def test_ctrl_d_ends_what_is_typed_behind_a_line_without_enter_too(typed: str, found: list[str]) -> None:
    import pty

    code = "from nmt.lines import input_lines\nwith input_lines(None) as groups:\n"
    code += "    print([line for group in groups for line in group])"
    screen, terminal = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=terminal, stdout=subprocess.PIPE) as process:
        try:
            os.write(screen, typed.encode())
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
            os.close(terminal)
            os.close(screen)
    assert (process.returncode, out.decode()) == (0, f"{found}\n")


# --- what is not UTF-8, or no text ---


@pytest.mark.parametrize("read", [through_file, through_stdin])
@pytest.mark.parametrize("bad", NOT_UTF_8)
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"ba\r\n\nde", "é\u2028\r".encode()])
def test_bytes_that_are_not_utf_8_name_line_position_and_offset(
    read: Read, bad: bytes, start: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "text"
    path.write_bytes(start + bad + b"\nde\n")
    name = "stdin" if read is through_stdin else str(path)
    offset = len(start) + NOT_UTF_8[bad]
    place = f"byte 0x{path.read_bytes()[offset]:02x} at position {offset - start.rfind(10)}, offset {offset}"
    expected = f"{name}, line {start.count(10) + 1}: not UTF-8 ({place}); convert the text to UTF-8"
    with pytest.raises(InputError, match=f"^{re.escape(expected)}$"):
        read(path)


@pytest.mark.parametrize("read", [through_file, through_stdin])
@pytest.mark.parametrize("form", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(("number", "start"), [(1, ""), (2, "\n"), (3, "Dogs.\r\n\r\n")])
def test_utf_16_is_named_where_it_could_be_utf_8(
    read: Read, form: str, number: int, start: str, tmp_path: Path
) -> None:
    (tmp_path / "text").write_bytes(f"{start}The cat sat.\r\n".encode(form))
    with pytest.raises(InputError, match=rf", line {number}: UTF-16, .*; convert the text to UTF-8$"):
        read(tmp_path / "text")


@given(content=st.binary(max_size=30))
@reuse
def test_any_bytes_are_read_whole_or_refused_by_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(content)
    try:
        expected = content.removeprefix(b"\xef\xbb\xbf").decode().replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        for read in (through_file, through_stdin):
            with pytest.raises(InputError, match=r", line \d+: not UTF-8 "):
                read(path)
        return
    # A line feed ends the last line; only a byte order mark, which is no line feed, may stand alone.
    expected = expected[:-1] if content.endswith(b"\n") or not content else expected
    assert through_file(path) == through_stdin(path) == expected


@pytest.mark.parametrize("read", [through_file, through_stdin])
def test_a_line_that_would_fill_the_memory_is_refused(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nmt.lines.MOST_LINE_BYTES", 1 << 20)
    (tmp_path / "text").write_bytes(b"ba\n" + b"x" * ((1 << 20) - 1) + b"\n")
    assert len(read(tmp_path / "text")[1]) == (1 << 20) - 1
    (tmp_path / "text").write_bytes(b"ba\n" + b"x" * (1 << 20) + b"\n")
    with pytest.raises(InputError, match=r", line 2: longer than 1 MiB; expected text, a sentence or so a line"):
        read(tmp_path / "text")
    assert MOST_LINE_BYTES > 1 << 20


def test_a_closed_stdin_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="stdin is closed; give the text with -i FILE"), input_lines(None) as groups:
        list(groups)


def test_lines_that_have_arrived_are_given_at_once_and_the_rest_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with input_lines(None) as groups:
            found = iter(groups)
            os.write(writing, b"one\n")
            assert next(found) == ["one"]
            os.write(writing, b"two\nthree\nha")
            time.sleep(0.05)
            os.write(writing, b"lf\n")
            rest: list[str] = []
            while len(rest) < 3:
                rest += next(found)
            os.close(writing)
            assert rest == ["two", "three", "half"]
            assert next(found, None) is None
