"""Lines read: exactly one line per line feed, whatever else the text holds.

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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO

from nmt.compression import open_bytes
from nmt.errors import InputError

# A line is held in memory, so a file of another kind, all one line, must not fill it.
MOST_LINE_BYTES = 1 << 24
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# Letters of UTF-16 that bytes of UTF-8 could be too: what is all English, say, and has no byte order mark.
_UTF_16 = re.compile(rb"(?:[^\0]\0){8}|(?:\0[^\0]){8}")
# Lines, and their characters, read ahead of the translator.
_AHEAD, _AHEAD_CHARACTERS = 4096, 1 << 22


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


def check_readable(path: Path) -> None:
    """Raise InputError for a file that is missing or may not be read; what can be read only once is left alone."""
    if path.is_file() or not path.exists():
        open_bytes(path).close()


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
