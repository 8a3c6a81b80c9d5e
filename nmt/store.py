"""Sentence pairs on disk: written once, replaced as a whole, and known by their fingerprint."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import shutil
import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nmt.corpus import Pair
from nmt.durable import sync
from nmt.errors import FailureError, InputError

# Behind the name of a store that is being written.
PARTIAL = ".partial"
# Texts whose fingerprint is formed at once.
_CHECKED = 1 << 16
_BUILT_ANEW = "a training that starts or goes on builds them anew"


class PairStore:
    """Pairs in files, read at random through memory maps: memory does not grow with the corpus.

    text.bin: every source and target, end to end; offsets.bin: where each begins, int64, and the end of the
    last; store.json: format_version, count, bytes and fingerprint.
    """

    FORMAT_VERSION = 1
    FILES = ("text.bin", "offsets.bin", "store.json")

    def __init__(self, path: Path, text: bytes | mmap.mmap, offsets: npt.NDArray[np.int64], fingerprint: str) -> None:
        self._path = path
        self._text = text
        self._offsets = offsets
        self.fingerprint = fingerprint

    @classmethod
    def build(
        cls,
        pairs: Iterable[Pair],
        path: Path,
        explain: Callable[[], str] | None = None,
        accept: Callable[[str], None] | None = None,
    ) -> PairStore:
        """Write pairs to the directory path, replacing a store there, and open it.

        The directory takes its name when all is on disk; accept is given the fingerprint before a store there goes,
        and may raise. Raises InputError if there is no pair, with the
        text of explain, or if others have files in that directory, and FailureError if the disk refuses.
        """
        if others := [each for each in path.glob("*") if each.name not in cls.FILES]:
            raise InputError(f"{str(others[0])!r} is in the way of the sentence pairs, and not of them; move it away")
        partial_path = path.with_name(path.name + PARTIAL)
        try:
            shutil.rmtree(partial_path, ignore_errors=True)
            partial_path.mkdir(parents=True)
            count, fingerprint = _write_store(pairs, partial_path)
            if not count:
                raise InputError(explain() if explain else "no sentence pairs")
            if accept:
                accept(fingerprint)
            if path.exists():
                shutil.rmtree(path)
            partial_path.rename(path)
            sync(path.parent)
        except OSError as error:
            raise FailureError(f"cannot write the sentence pairs to {str(path)!r}: {error}") from error
        finally:
            shutil.rmtree(partial_path, ignore_errors=True)
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> PairStore:
        """Open a store; raises InputError if it is missing, incomplete or not of the recorded size.

        Its text is not read: `check` does that.
        """
        try:
            facts = json.loads((path / "store.json").read_text(encoding="utf-8"))
            if facts["format_version"] != cls.FORMAT_VERSION:
                raise ValueError(f"format_version {facts['format_version']}, expected {cls.FORMAT_VERSION}")
            offsets = np.memmap(path / "offsets.bin", dtype="<i8", mode="r")
            with (path / "text.bin").open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
            sizes = (len(offsets), int(offsets[0]), int(offsets[-1]), size)
            recorded = (2 * facts["count"] + 1, 0, facts["bytes"], facts["bytes"])
            if sizes != recorded:
                raise ValueError(f"sizes {sizes}, expected {recorded}")
            return cls(path, text, offsets, str(facts["fingerprint"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise InputError(f"{str(path)!r} is no complete store of pairs ({reason}); build it anew") from None

    def __len__(self) -> int:
        return len(self._offsets) // 2

    def check(self) -> None:
        """Read the whole store once; raises InputError where it is not what was written."""
        digest = hashlib.blake2b(digest_size=16)
        for start in range(0, len(self._offsets) - 1, _CHECKED):
            bounds = np.asarray(self._offsets[start : start + _CHECKED + 1])
            if np.any(np.diff(bounds) < 0) or bounds[-1] > len(self._text):
                break
            text = np.frombuffer(self._text[bounds[0] : bounds[-1]], dtype=np.uint8)
            # The byte that ends each text in `_write_store` too.
            digest.update(np.insert(text, bounds[1:] - bounds[0], 0xFF).tobytes())
        if digest.hexdigest() != self.fingerprint:
            raise InputError(f"the sentence pairs in {str(self._path)!r} are damaged; {_BUILT_ANEW}")

    def read(self, indices: Sequence[int] | npt.NDArray[np.integer[Any]]) -> list[Pair]:
        """Return the pairs at the indices, in their order."""
        rows = np.asarray(indices, dtype=np.int64)
        if rows.size and (rows.min() < 0 or rows.max() >= len(self)):
            raise IndexError(f"pair indices {rows.min()} to {rows.max()} of a store of {len(self)}")
        # (count,) -> (count, 3): where the source begins, where the target begins, where it ends
        bounds = self._offsets[2 * rows[:, None] + np.arange(3)].tolist()
        text = self._text
        try:
            return [Pair(text[a:b].decode("utf-8"), text[b:c].decode("utf-8")) for a, b, c in bounds]
        except UnicodeDecodeError as error:
            raise InputError(
                f"the sentence pairs in {str(self._path)!r} are damaged ({error}); {_BUILT_ANEW}"
            ) from None


def _write_store(pairs: Iterable[Pair], path: Path) -> tuple[int, str]:
    """Write the three files of a store and wait until they are on disk; return number and fingerprint of the pairs."""
    count = end = 0
    fingerprint = hashlib.blake2b(digest_size=16)
    with (path / "text.bin").open("wb") as text, (path / "offsets.bin").open("wb") as offsets:
        offsets.write(struct.pack("<q", 0))
        for pair in pairs:
            src, tgt = pair.src.encode("utf-8"), pair.tgt.encode("utf-8")
            text.write(src + tgt)
            offsets.write(struct.pack("<qq", end + len(src), end + len(src) + len(tgt)))
            fingerprint.update(src + b"\xff" + tgt + b"\xff")
            count += 1
            end += len(src) + len(tgt)
    facts = {"format_version": PairStore.FORMAT_VERSION, "count": count, "bytes": end}
    text_of_facts = json.dumps({**facts, "fingerprint": fingerprint.hexdigest()}, indent=2)
    (path / "store.json").write_text(text_of_facts + "\n", encoding="utf-8", newline="\n")
    for name in (*PairStore.FILES, ""):
        sync(path / name)
    return count, fingerprint.hexdigest()
