"""Bytes of files that may be compressed: the suffix tells how."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from nmt.errors import InputError


class _ZstdStream(io.RawIOBase):
    """Decompressed bytes of a .zst file; unlike zstandard's own reader it notices a truncated one."""

    def __init__(self, file: BinaryIO) -> None:
        import zstandard

        self._error = zstandard.ZstdError
        self._new_frame = zstandard.ZstdDecompressor(max_window_size=1 << 31).decompressobj
        self._frame = self._new_frame()
        self._within_frame = False
        self._file = file
        self._compressed = b""
        self._text = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._text and self._decompress():
            pass
        count = min(len(buffer), len(self._text))
        buffer[:count] = self._text[:count]
        self._text = self._text[count:]
        return count

    def _decompress(self) -> bool:
        """Decompress the next chunk; return False at the end of the file."""
        chunk = self._compressed or self._file.read(1 << 16)
        if not chunk and self._within_frame:
            raise EOFError("the file ends within a frame")
        if not chunk:
            return False
        try:
            self._text = memoryview(self._frame.decompress(chunk))
        except self._error as error:
            raise OSError(str(error)) from None
        self._within_frame = not self._frame.eof
        self._compressed = self._frame.unused_data if self._frame.eof else b""
        if self._frame.eof:
            self._frame = self._new_frame()
        return True

    def close(self) -> None:
        self._file.close()
        super().close()


def _open_plain(path: Path) -> io.BufferedIOBase:
    return path.open("rb")


DECOMPRESSORS: dict[str, Callable[[Path], io.BufferedIOBase]] = {
    ".gz": gzip.GzipFile,
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".zst": lambda path: io.BufferedReader(_ZstdStream(path.open("rb")), 1 << 17),
}


def open_bytes(path: Path) -> io.BufferedIOBase:
    """Open a file for reading, decompressed by its suffix; raises InputError if it cannot be opened."""
    try:
        return DECOMPRESSORS.get(path.suffix.lower(), _open_plain)(path)
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror or error}") from None
