"""The files of a model, in a directory or in one zip: known names alone, regular files, sizes limited.

A stranger may have made them. A zip is read in memory, never unpacked to disk: other names than those below (and
so paths out of the zip), links, encryption and contents that shrank more than any model does are refused. In a
directory a link to a regular file is followed, as caches of model hubs and their users make them; nothing but a
valid model gets in by it. Pipes and devices are never opened.
"""

from __future__ import annotations

import difflib
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from nmt.errors import FailureError, InputError

CONFIG, WEIGHTS, GENERATION, CARD = "config.json", "model.safetensors", "generation_config.json", "README.md"
SHORTLIST = "shortlist.safetensors"
TOKENIZERS = SHARED, SOURCE, TARGET = "shared.spm", "source.spm", "target.spm"
# The files that translating needs, and the most bytes of each.
MOST_BYTES = {
    CONFIG: 1 << 20,
    GENERATION: 1 << 16,
    CARD: 1 << 20,
    **dict.fromkeys(TOKENIZERS, 16 << 20),
    SHORTLIST: 64 << 20,
    WEIGHTS: 4 << 30,
}
# Weights shrink by a tenth, JSON to a fifth. What was made to fill the memory shrinks to a thousandth.
_MOST_SHRINKING = 20
_FREELY_SHRINKING = 1 << 20
_MOST_DIRECTORY_BYTES = 4096
_ZIP_END = struct.Struct("<4s4H2LH")
_ZIP64_LOCATOR_BYTES = 20
_ADVICE = "give one made by nmt train"
_MOST_NAMED = 4


class ModelFiles:
    """The files of a model by name, see `open_model`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self, name: str) -> bool:
        """Say whether there is a file of this name."""
        raise NotImplementedError

    def _open(self, name: str) -> tuple[BinaryIO, int]:
        """Return a file and its size in bytes."""
        raise NotImplementedError

    def close(self) -> None:
        """Give back what is held open."""

    def where(self, name: str) -> str:
        """Return what messages call a file."""
        return str(self.path / name)

    @contextmanager
    def stream(self, name: str) -> Iterator[tuple[BinaryIO, int]]:
        """Open a file: what to read, and its size in bytes. Raises InputError where it cannot be read, in the
        block too."""
        with _readable(self.where(name)):
            file, size = self._open(name)
            with file:
                if size > MOST_BYTES[name]:
                    raise InputError(f"{self.where(name)} has {size} bytes; a model's has at most {MOST_BYTES[name]}")
                yield file, size

    def read(self, name: str) -> bytes:
        """Return the content of a file; raises InputError where it cannot be read."""
        with self.stream(name) as (file, size):
            content = file.read(size)
            if len(content) != size:
                raise InputError(f"{self.where(name)} is cut short")
            return content


@contextmanager
def open_model(path: Path) -> Iterator[ModelFiles]:
    """Open a model directory or zip; raises InputError where it is neither."""
    try:
        found: ModelFiles = _Directory(path) if path.is_dir() else _Zip(path)
    except OSError as error:
        why = "" if isinstance(error, FileNotFoundError) else f" ({error.strerror})"
        raise InputError(f"no model directory {str(path)!r}{why}; {_advice(path)}") from None
    try:
        yield found
    finally:
        found.close()


def no_model(path: Path) -> str:
    """Return the message about a directory that holds no model: what else it seems to be, and what to give."""
    if (path / "pytorch_model.bin").is_file() or (path / "tf_model.h5").is_file():
        return f"{str(path)!r} is a model of another program, with weights that nmt does not read; {_ADVICE}"
    if path.parent.name == "checkpoints":
        return f"{str(path)!r} is a checkpoint, for nmt train alone; give its model {str(path.parent.parent)!r}"
    if path.name == "checkpoints":
        return f"{str(path)!r} holds checkpoints, for nmt train alone; give their model {str(path.parent)!r}"
    return f"{str(path)!r} is not a model directory: it has no {CONFIG}; {_advice(path)}"


def _advice(path: Path) -> str:
    """Return what to give instead of a path: the model it belongs to, the ones in it, or those with similar names."""
    if path.is_file() and (path.parent / CONFIG).is_file():
        return f"give the directory: {str(path.parent)!r}"
    if inside := _models_in(path):
        return f"it holds models: {', '.join(repr(str(path / name)) for name in inside[:_MOST_NAMED])}"
    if near := difflib.get_close_matches(path.name, _models_in(path.parent), 1):
        return f"did you mean {str(path.parent / near[0])!r}?"
    return _ADVICE


def _models_in(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if path.is_dir() and _is_ours(path / CONFIG))
    except OSError:
        return []


def _is_ours(config: Path) -> bool:
    """Say whether a file begins like the config of a model; other programs' files have the same name."""
    if not config.is_file():
        return False
    with config.open("rb") as file:
        return b'"format_version"' in file.read(100)


def open_regular(path: Path) -> tuple[BinaryIO, int]:
    """Open a regular file without ever waiting: the file, and its size in bytes.

    Raises OSError where it cannot be opened, InputError where it is a directory, a pipe or a device.
    """
    # Opening alone makes some devices act, so this asks first; what was asked about may change, so it asks again.
    if not stat.S_ISREG(path.stat().st_mode):
        raise InputError(f"{path} is not a regular file")
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise InputError(f"{path} is not a regular file")
    return os.fdopen(handle, "rb"), status.st_size


@contextmanager
def _readable(where: str) -> Iterator[None]:
    """Turn what reading a file or a member of a zip may raise into an InputError naming it."""
    try:
        yield
    except (InputError, FailureError, MemoryError):
        raise
    except OSError as error:
        raise InputError(f"{where} cannot be read: {error.strerror or error}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, struct.error) as error:
        raise InputError(f"{where} is damaged ({error!s:.200})") from None


class _Directory(ModelFiles):
    def exists(self, name: str) -> bool:
        return (self.path / name).is_file()

    def _open(self, name: str) -> tuple[BinaryIO, int]:
        return open_regular(self.path / name)


class _Zip(ModelFiles):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._file, size = open_regular(path)
        try:
            with _readable(str(path)):
                _check_end(self._file, size, path)
                self._zip = zipfile.ZipFile(self._file)
                self._members = _members(self._zip, path)
        except InputError:
            self._file.close()
            raise

    def exists(self, name: str) -> bool:
        return name in self._members

    def _open(self, name: str) -> tuple[BinaryIO, int]:
        if name not in self._members:
            raise InputError(f"{self.path} holds no {name}")
        # Its readers keep to the declared size, and compare the checksum when they get there.
        return self._zip.open(self._members[name]), self._members[name].file_size  # type: ignore[return-value]

    def close(self) -> None:
        self._zip.close()
        self._file.close()


def _check_end(file: BinaryIO, size: int, path: Path) -> None:
    """Raise InputError unless a plain zip with a small directory ends here: `zipfile` reads it whole."""
    tail_bytes = _ZIP_END.size + _ZIP64_LOCATOR_BYTES
    file.seek(max(size - tail_bytes, 0))
    tail = file.read(tail_bytes)
    if len(tail) < tail_bytes or not tail[_ZIP64_LOCATOR_BYTES:].startswith(b"PK\5\6"):
        raise InputError(f"no model directory {str(path)!r}, and no zip of one; {_advice(path)}")
    _, _, _, _, members, directory_bytes, _, comment = _ZIP_END.unpack(tail[_ZIP64_LOCATOR_BYTES:])
    if tail.startswith(b"PK\6\7") or comment or directory_bytes > _MOST_DIRECTORY_BYTES or members > len(MOST_BYTES):
        raise InputError(f"{path} holds {members} files or a comment; a model's zip has {', '.join(MOST_BYTES)} alone")


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """Return the members by name; raises InputError for one that belongs to no model."""
    found: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        name = member.filename
        if name not in MOST_BYTES or name in found:
            raise InputError(f"{path} holds {name!r:.200}; a model's zip has {', '.join(MOST_BYTES)} alone, each once")
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or member.flag_bits & 1:
            raise InputError(f"{path}: {name} is a link, encrypted or no regular file; expected a plain file")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError(f"{path}: {name} is compressed by method {member.compress_type}; expected deflate")
        if member.file_size > max(_FREELY_SHRINKING, member.compress_size * _MOST_SHRINKING):
            raise InputError(f"{path}: {name} grows from {member.compress_size} to {member.file_size} bytes; refused")
        found[name] = member
    return found
