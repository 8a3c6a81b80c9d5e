"""Writing files that survive a crash: whole or not at all, and on the disk when it is said so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from nmt.errors import FailureError


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old one or the new one, never a part.

    Raises FailureError where it cannot be written; the old file is then untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync(path.parent)
    except OSError as error:
        raise FailureError(f"cannot write {path}: {error.strerror}; the file is as it was") from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_folder(path: Path, files: Mapping[str, bytes], stale: Collection[str] = ()) -> None:
    """Write files by name into a folder; a new one appears when it is whole.

    In one that exists each file is replaced atomically, in the order given, and then what is stale removed.
    Raises FailureError where it cannot be written.
    """
    if path.is_dir():
        for name, content in files.items():
            write_atomically(path / name, content)
        for name in {*stale} - files.keys():
            (path / name).unlink(missing_ok=True)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.mkdir(parents=True)
        for name, content in files.items():
            write_atomically(temporary / name, content)
        temporary.rename(path)
        sync(path.parent)
    except OSError as error:
        raise FailureError(f"cannot write {path}: {error.strerror}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_temporaries(directory: Path, names: Iterable[str] = ("*",)) -> None:
    """Remove what a kill amid `write_atomically` of these files left in a directory, where nobody else writes them
    now."""
    for path in [path for name in names for path in directory.glob(f".{name}.*.tmp")]:
        if path.is_file():
            path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a directory, are on disk."""
    folder = path.is_dir()
    if folder and os.name != "posix":  # Windows opens no directory
        return
    # Nor does it sync a file that is open for reading alone.
    handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
