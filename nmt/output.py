"""Where results go: a file, which is written whole or not at all, or stdout, line by line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from nmt.compression import DECOMPRESSORS
from nmt.durable import replacing
from nmt.errors import FailureError, InputError
from nmt.paths import usable


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
