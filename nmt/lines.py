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
        yield _arriving(_decode(_standard_input()))


def _grouped(lines: Iterator[str]) -> Iterator[list[str]]:
    group: list[str] = []
    for line in lines:
        group.append(line)
        if len(group) == _AHEAD:
            yield group
            group = []
    if group:
        yield group


def _standard_input() -> BinaryIO:
    # A handle of its own: Python aborts if the thread that reads still holds sys.stdin when the program ends.
    try:
        return os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    except (AttributeError, OSError, ValueError):
        raise InputError("stdin is closed; give the text with -i FILE") from None


def _decode(stream: BinaryIO) -> Iterator[str]:
    """Decode lines as nmt.corpus.read_lines does those of a file."""
    for number, line in enumerate(stream, start=1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        text = text[: -2 if text.endswith(b"\r\n") else -1] if text.endswith(b"\n") else text
        try:
            yield text.decode("utf-8")
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

    A file gets its name when all lines are written; after an error there is no file, or the old one. What is
    no file, such as /dev/null or a named pipe, is written to directly. Raises InputError where it cannot be
    written.
    """
    if path is None:
        yield _write_stdout
        return
    if path.is_dir():
        raise InputError(f"output {str(path)!r} is a directory; give a file")
    regular = path.is_file() or not path.exists()
    # A link keeps its name; what it points to is replaced.
    final = path.resolve() if regular else path
    temporary = final.with_name(f".{final.name}.{os.getpid()}.tmp") if regular else final
    try:
        file = temporary.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(f"output {str(path)!r} is not writable: {error.strerror}") from None
    try:
        with file:
            yield lambda line: _write(file.write, line, path)
            file.flush()
            if regular:
                os.fsync(file.fileno())
        if regular:
            temporary.replace(final)
    except OSError as error:
        raise FailureError(f"cannot write {str(path)!r}: {error.strerror}; nothing was changed") from None
    finally:
        if regular:
            temporary.unlink(missing_ok=True)


def _write(write: Callable[[str], int], line: str, path: Path) -> None:
    try:
        write(line + "\n")
    except OSError as error:
        raise FailureError(f"cannot write {str(path)!r}: {error.strerror}; nothing was changed") from None


def _write_stdout(line: str) -> None:
    try:
        sys.stdout.buffer.write(line.encode("utf-8") + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # The reader went away, as `head` does: nothing is left to say.
        drop_stdout()
        raise SystemExit(0) from None


def drop_stdout() -> None:
    """Give up stdout after an error, so that Python does not try to write the rest of it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
