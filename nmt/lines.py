"""Lines in and out: exactly one line per line feed, whatever else the text holds.

Text is UTF-8 and ends its lines with a line feed; U+2028, U+0085, a lone carriage return or NUL stay inside.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from nmt.corpus import read_lines
from nmt.errors import FailureError, InputError

# Lines read ahead of the translator.
_AHEAD = 4096


@contextmanager
def input_lines(path: Path | None) -> Iterator[Iterable[list[str]]]:
    """Give the lines of a file (None = stdin), in groups that are there together.

    A file gives full groups; stdin gives what has arrived, so that a typed line is answered at once. Raises
    InputError naming the line that is not UTF-8.
    """
    if path is not None:
        yield _grouped(read_lines(path))
    else:
        yield _arriving(_decode(sys.stdin.buffer))


def _grouped(lines: Iterator[str]) -> Iterator[list[str]]:
    group: list[str] = []
    for line in lines:
        group.append(line)
        if len(group) == _AHEAD:
            yield group
            group = []
    if group:
        yield group


def _decode(stream: BinaryIO) -> Iterator[str]:
    for number, line in enumerate(stream, start=1):
        try:
            yield line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
        except UnicodeDecodeError:
            raise InputError(f"stdin, line {number}: not UTF-8; convert the text to UTF-8 first") from None


def _arriving(lines: Iterator[str]) -> Iterator[list[str]]:
    """Read in a thread; yield all lines that are there whenever asked, waiting for at least one."""
    waiting: queue.Queue[str | BaseException | None] = queue.Queue(_AHEAD)

    def read() -> None:
        try:
            for line in lines:
                waiting.put(line)
            waiting.put(None)
        except BaseException as error:
            waiting.put(error)

    threading.Thread(target=read, daemon=True).start()
    while True:
        items = [waiting.get()]
        while not waiting.empty() and len(items) < _AHEAD:
            items.append(waiting.get())
        group = [item for item in items if isinstance(item, str)]
        if group:
            yield group
        end = items[-1] if not isinstance(items[-1], str) else None
        if isinstance(end, BaseException):
            raise end
        if items[-1] is None:
            return


@contextmanager
def output_lines(path: Path | None) -> Iterator[Callable[[str], None]]:
    """Give a function that writes a line to a file (None = stdout).

    A file gets its name when all lines are written; after an error there is no file, or the old one.
    Raises InputError where it cannot be written.
    """
    if path is None:
        yield _write_stdout
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    if path.is_dir():
        raise InputError(f"output {str(path)!r} is a directory; give a file")
    try:
        file = temporary.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"output {str(path)!r} is not writable: {error.strerror}") from None
    try:
        with file:
            yield lambda line: _write(file.write, line, path)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise FailureError(f"cannot write {str(path)!r}: {error.strerror}; nothing was changed") from None
    finally:
        temporary.unlink(missing_ok=True)


def _write(write: Callable[[str], int], line: str, path: Path) -> None:
    try:
        write(line + "\n")
    except OSError as error:
        raise FailureError(f"cannot write {str(path)!r}: {error.strerror}; nothing was changed") from None


def _write_stdout(line: str) -> None:
    sys.stdout.buffer.write(line.encode("utf-8") + b"\n")
    sys.stdout.buffer.flush()
