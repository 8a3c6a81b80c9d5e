"""Lines in and out: exactly one line per line feed, whatever else the text holds.

Text is UTF-8 and ends its lines with a line feed; U+2028, U+0085, a lone carriage return or NUL stay inside.
What is not UTF-8 is refused, with its line and byte, and never guessed at or replaced.
"""

from __future__ import annotations

import lzma
import os
import re
import sys
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO

from nmt.compression import DECOMPRESSORS, open_bytes
from nmt.durable import replacing
from nmt.errors import FailureError, InputError
from nmt.paths import usable

# A line is held in memory, so a file of another kind, all one line, must not fill it.
MOST_LINE_BYTES = 1 << 24
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Letters of UTF-16 that bytes of UTF-8 could be too: what is all English, say, and has no byte order mark.
_UTF_16 = re.compile(rb"(?:[^\0]\0){8}|(?:\0[^\0]){8}")
# Lines, and their characters, read ahead of the translator.
_AHEAD, _AHEAD_CHARACTERS = 4096, 1 << 22


# --- in ---


def read_lines(path: Path) -> Iterator[str]:
    r"""Yield the lines of a UTF-8 file without their `\n` or `\r\n`; nothing else ends a line.

    A byte order mark at the start is dropped. Raises InputError for a missing or damaged file, for a line of more
    than MOST_LINE_BYTES and, naming line and byte, for what is not UTF-8.
    """
    number = 0
    with open_bytes(path) as stream:
        try:
            for line in _decoded(stream, str(path)):
                yield line
                number += 1
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise InputError(f"{path} is damaged or truncated after line {number}: {error}") from None


def _decoded(stream: BufferedIOBase | BinaryIO, name: str) -> Iterator[str]:
    """Yield the lines of a stream of bytes; name says in errors what it is."""
    offset = 0
    for number, line in enumerate(iter(partial(stream.readline, MOST_LINE_BYTES + 1), b""), 1):
        if len(line) > MOST_LINE_BYTES:
            size = f"{MOST_LINE_BYTES >> 20} MiB"
            raise InputError(f"{name}, line {number}: longer than {size}; expected text, a sentence or so a line")
        start = len(_BYTE_ORDER_MARK) if number == 1 and line.startswith(_BYTE_ORDER_MARK) else 0
        end = len(line) - (2 if line.endswith(b"\r\n") else line.endswith(b"\n"))
        try:
            text = line[start:end].decode("utf-8")
        except UnicodeDecodeError as error:
            place = start + error.start
            found = f"byte 0x{line[place]:02x} at position {place + 1}, offset {offset + place}"
            raise InputError(f"{name}, line {number}: not UTF-8 ({found}); convert the text to UTF-8") from None
        if "\0" in text and _UTF_16.match(line):
            raise InputError(f"{name}, line {number}: UTF-16, every other byte is NUL; convert the text to UTF-8")
        yield text
        if not line.endswith(b"\n"):
            # The end was read; on a terminal, reading on would wait for what is typed next.
            return
        offset += len(line)


def count_lines(path: Path) -> int | None:
    """Return the number of lines of a file, None where it is no file to be read twice or cannot be read."""
    if not path.is_file():
        return None
    count, last = 0, b"\n"
    try:
        with open_bytes(path) as stream:
            while chunk := stream.read(1 << 20):
                count, last = count + chunk.count(b"\n"), chunk[-1:]
    except (OSError, EOFError, zlib.error, lzma.LZMAError, InputError):
        return None
    return count + (last != b"\n")


@contextmanager
def input_lines(path: Path | None) -> Iterator[Iterable[Iterable[str]]]:
    """Give the lines of a file (None = stdin), in groups that are there together.

    A file is one group, read as it is taken; stdin gives what has arrived, so that a typed line is answered at
    once. Raises InputError as read_lines does.
    """
    if path is not None:
        yield [read_lines(path)]
    else:
        yield _Arrivals(_decoded(_standard_input(), "stdin")).groups()


def _standard_input() -> BinaryIO:
    # A handle of its own: Python aborts if the thread that reads still holds sys.stdin when the program ends.
    try:
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    except (AttributeError, OSError, ValueError):
        raise InputError("stdin is closed; give the text with -i FILE") from None


class _Arrivals:
    """Lines on their way from a thread that reads to the program; the thread waits where too many lie here."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._changed = threading.Condition()
        self._waiting: list[str] = []
        self._characters = 0
        self._ended = False
        self._error: BaseException | None = None
        threading.Thread(target=self._read, args=[lines], daemon=True).start()

    def _read(self, lines: Iterator[str]) -> None:
        error: BaseException | None = None
        try:
            for line in lines:
                with self._changed:
                    self._changed.wait_for(self._has_room)
                    self._waiting.append(line)
                    self._characters += len(line)
                    self._changed.notify_all()
        except BaseException as caught:
            error = caught
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return len(self._waiting) < _AHEAD and self._characters < _AHEAD_CHARACTERS

    def groups(self) -> Iterator[list[str]]:
        """Yield all lines that are there whenever asked, waiting for at least one."""
        ended = False
        while not ended:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                group, self._waiting, self._characters = self._waiting, [], 0
                ended = self._ended
                self._changed.notify_all()
            if group:
                yield group
        if self._error is not None:
            raise self._error


# --- out ---


@contextmanager
def output_lines(path: Path | None) -> Iterator[Callable[[str], None]]:
    """Give a function that writes a line to a file (None = stdout).

    A file gets its name when all lines are written; after an error there is no file, or the old one. What is
    no file, such as /dev/null or a named pipe, is written to directly. Raises InputError where it cannot be
    written.
    """
    if path is None:
        yield _write_stdout
        return
    check_output(path)
    regular = path.is_file() or not path.exists()
    try:
        with ExitStack() as stack:
            try:
                # A link keeps its name; what it points to is replaced.
                file = stack.enter_context(replacing(path.resolve()) if regular else path.open("wb"))
            except OSError as error:
                raise InputError(not_writable(path, error)) from None
            yield lambda line: _write(file, line, path)
    except OSError as error:
        raise FailureError(f"cannot write {str(path)!r}: {error.strerror}; nothing was changed") from None


def check_apart(output: Path | None, *inputs: Path | None) -> None:
    """Raise InputError for an output that is one of the inputs, which it would replace."""
    for path in inputs:
        if path and output and path.is_file() and output.is_file() and path.samefile(output):
            raise InputError(f"input and output are the same file {str(path)!r}; give another -o")


def check_output(path: Path) -> None:
    """Raise InputError for an output that is a directory or write-protected, or whose name promises compression."""
    if usable(path).is_dir():
        raise InputError(f"output {str(path)!r} is a directory; give a file")
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError(f"output {str(path)!r} is write-protected; give another -o")
    if path.suffix.lower() in DECOMPRESSORS:
        raise InputError(f"output {str(path)!r} would not be compressed; leave out {path.suffix!r}, compress it after")


def not_writable(path: Path, error: OSError) -> str:
    """Return the message about an output that cannot be opened."""
    folder = path.parent
    if not folder.is_dir():
        return f"output {str(path)!r} is not writable: there is no folder {str(folder)!r}; make it, or give another -o"
    return f"output {str(path)!r} is not writable: {error.strerror}; give another -o"


def _write(file: BinaryIO, line: str, path: Path) -> None:
    try:
        file.write(line.encode() + b"\n")
    except OSError as error:
        raise FailureError(f"cannot write {str(path)!r}: {error.strerror}; nothing was changed") from None


def _write_stdout(line: str) -> None:
    write_to_stdout(line.encode("utf-8") + b"\n")


def write_to_stdout(content: bytes) -> None:
    """Write bytes at once; ends the program quietly where nobody reads, raises InputError where stdout is closed."""
    check_stdout()
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # The reader went away, as `head` does: nothing is left to say.
        drop_stdout()
        raise SystemExit(0) from None


def check_stdout() -> None:
    """Raise InputError where stdout is closed."""
    if sys.stdout is None:
        raise InputError("stdout is closed; give -o FILE")


def drop_stdout() -> None:
    """Give up stdout after an error, so that Python does not try to write the rest of it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
