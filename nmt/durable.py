"""Writing files that survive a crash: whole or not at all, and on the disk when it is said so."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal

from nmt.errors import FailureError

# What a file is called while it is written.
_TEMPORARY = ".{name}.{process}.tmp"


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old one or the new one, never a part.

    Raises FailureError where it cannot be written; the old file is then untouched.
    """
    kept = "; the file is as it was" if _permissions(path) is not None else ""
    try:
        with replacing(path) as file:
            file.write(content)
    except OSError as error:
        raise FailureError(f"cannot write {path}: {error.strerror}{kept}") from None


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write to, which takes this name when all is written; after an error there is the old one, or none.

    Raises OSError where it cannot be written.
    """
    temporary = _temporary(path)
    # A signal may end the work at any point behind the opening: what was opened must then be tidied up.
    try:
        temporary.unlink(missing_ok=True)
        with open_like(path, temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        put_in_place(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink()


def open_like(final: Path, path: Path, mode: Literal["xb", "x+b", "r+b"]) -> BinaryIO:
    """Open a file that is to replace another in the end: from the start nobody reads it who may not read that one."""
    before = _permissions(final)
    permissions = 0o666 if before is None else before & 0o777 | 0o600

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags, permissions)

    return open(path, mode, opener=opener)


def put_in_place(temporary: Path, final: Path) -> None:
    """Give a written file its name, and the permissions of the file it replaces, if any; raises OSError."""
    before = _permissions(final)
    if before is not None:
        temporary.chmod(before)
    temporary.replace(final)
    sync(final.parent)


def _permissions(path: Path) -> int | None:
    """Return who may read and write a file, None where there is none to be seen."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return None


def _temporary(path: Path) -> Path:
    return path.with_name(_TEMPORARY.format(name=path.name, process=os.getpid()))


def write_folder(path: Path, files: Mapping[str, bytes], stale: Collection[str] = ()) -> None:
    """Write files by name into a folder; a new one appears when it is whole.

    In one that exists all are written before the first takes its name. In between the last one given is not there: a
    folder cut off then is incomplete, never of two kinds. What is stale is removed. Raises FailureError where it cannot
    be written.
    """
    if path.is_dir():
        _replace_files(path, files)
        for name in {*stale} - files.keys():
            try:
                (path / name).unlink(missing_ok=True)
            except OSError as error:
                raise FailureError(f"cannot remove {path / name}: {error.strerror}") from None
        return
    temporary = _temporary(path)
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


def _replace_files(folder: Path, files: Mapping[str, bytes]) -> None:
    left = "; what was there is as it was"
    try:
        with ExitStack() as stack:
            # The last one opened is the first to take its name.
            for name, content in reversed([*files.items()]):
                file = stack.enter_context(replacing(folder / name))
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            left = ""
            for name in [*files][-1:]:
                (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise FailureError(f"cannot write {folder}: {error.strerror}{left}") from None


def remove_temporaries(directory: Path, names: Iterable[str] = ("*",)) -> None:
    """Remove what a kill amid `write_atomically` of these files left in a directory, where nobody else writes them
    now."""
    for path in [path for name in names for path in directory.glob(_TEMPORARY.format(name=name, process="*"))]:
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
