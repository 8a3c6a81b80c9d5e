"""A translation that goes on after an interruption.

OUTPUT.part        what is translated so far
OUTPUT.part.json   how much of it counts, and the input, model and settings it was made from
At the end OUTPUT.part becomes OUTPUT, and OUTPUT.part.json goes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from nmt.durable import open_like, put_in_place, write_atomically
from nmt.errors import FailureError, InputError
from nmt.lines import read_lines
from nmt.model_files import CONFIG, SHORTLIST, TOKENIZERS, WEIGHTS, open_model
from nmt.output import check_output, not_writable

logger = logging.getLogger(__name__)

Identity = Mapping[str, str | int | float | bool]
# Seconds between two records; a crash loses no more than that and the lines being translated.
_INTERVAL = 1.0
# What reading a record raises where it is damaged, or another file.
_NO_RECORD = (OSError, ValueError, KeyError, TypeError, RecursionError)


@dataclass(frozen=True)
class DoneSoFar:
    """How far a translation is: lines read, bytes written for them, digest of those lines."""

    lines: int = 0
    bytes: int = 0
    digest: str = ""


class Resumable:
    """Lines still to be translated and a place to write to, which together know what is done.

    first: number of lines translated before
    """

    def __init__(self, path: Path, part: BinaryIO, identity: Identity, done: DoneSoFar) -> None:
        self.first = done.lines
        self._path = path
        self._part = part
        self._part_path = Path(part.name)
        self._identity = identity
        self._done = done
        self._read = self._written = done.lines
        self._bytes = done.bytes
        self._recorded = 0.0

    def lines(self) -> Iterator[str]:
        """Yield the input's lines after those done; raises InputError where those are no longer the same."""
        digest = hashlib.blake2b(digest_size=16)
        source = read_lines(self._path)
        found = 0
        for before in islice(source, self.first):
            digest.update(before.encode() + b"\n")
            found += 1
        if self.first and (found, digest.hexdigest()) != (self.first, self._done.digest):
            changed = f"the first {self.first:,} lines of {str(self._path)!r} have changed"
            raise InputError(f"{changed}; {_start_again(self._part_path)}")
        while True:
            # Asked for more with nothing under way: the translator is between two windows. Only from there does it
            # go on as if it had never stopped, with the same sentences in each batch, so to the same bytes.
            if self._written == self._read:
                self._done = DoneSoFar(self._read, self._bytes, digest.hexdigest())
                if time.monotonic() - self._recorded >= _INTERVAL:
                    self.record()
            line = next(source, None)
            if line is None:
                return
            digest.update(line.encode() + b"\n")
            self._read += 1
            yield line

    def write(self, translation: str) -> None:
        """Write the translation of the next line; raises FailureError where the disk refuses."""
        try:
            self._bytes += self._part.write(translation.encode() + b"\n")
        except OSError as error:
            raise self._failure(error) from None
        self._written += 1

    def record(self) -> None:
        """Make what is done survive a crash; raises FailureError where the disk refuses."""
        self._flush()
        content = {"format_version": 1, **asdict(self._done), "identity": dict(self._identity)}
        write_atomically(_record(self._part_path), (json.dumps(content, indent=2) + "\n").encode())
        self._recorded = time.monotonic()

    def keep(self) -> None:
        """Keep what is done of an interrupted translation, or nothing where nothing is."""
        if self._done.lines:
            # What was recorded before stays good if the disk refuses now.
            with suppress(FailureError):
                self.record()
        else:
            _record(self._part_path).unlink(missing_ok=True)
            self._part_path.unlink(missing_ok=True)

    def finish(self, final: Path) -> None:
        """Give the whole translation its name; raises FailureError where the disk refuses."""
        self._flush()
        try:
            put_in_place(self._part_path, final)
            _record(self._part_path).unlink()
        except OSError as error:
            raise self._failure(error) from None

    def kept(self) -> str:
        """Say what an interruption leaves."""
        if not self._done.lines:
            return "no line was done yet"
        return f"{self._done.lines:,} lines are kept in {str(self._part_path)!r}; the same command goes on"

    def _flush(self) -> None:
        try:
            self._part.flush()
            os.fsync(self._part.fileno())
        except OSError as error:
            raise self._failure(error) from None

    def _failure(self, error: OSError) -> FailureError:
        return FailureError(f"cannot write {str(self._part_path)!r}: {error.strerror}; {self.kept()}")


@contextmanager
def resumable(path: Path, output: Path, identity: Identity) -> Iterator[Resumable]:
    """Give what is left of translating a file, from the start or from where an interrupted run of it ended.

    The output gets its name when all lines are written; until then the old one stays. identity: all but the input
    that the translation depends on. Raises InputError where a part is there and belongs to another input, model or
    setting, and FailureError where the disk refuses.
    """
    check_output(output)
    if output.exists() and not output.is_file():
        raise InputError(f"output {str(output)!r} is no file; --resume needs one")
    final = output.resolve()
    kept, record = kept_files(output)
    _check_record(kept, record)
    with _locked(kept, final) as part:
        done = _done_before(part, identity)
        part.truncate(done.bytes)
        part.seek(done.bytes)
        work = Resumable(path, part, identity, done)
        if done.lines:
            logger.info("going on after %s lines in %s", f"{done.lines:,}", part.name)
        try:
            work.record()
            yield work
        except BaseException:
            work.keep()
            raise
        work.finish(final)


def kept_files(output: Path) -> tuple[Path, Path]:
    """Return where what is done of an output is kept, and the record of it."""
    final = output.resolve()
    part = final.with_name(f"{final.name}.part")
    return part, _record(part)


def _check_record(part: Path, record: Path) -> None:
    """Raise InputError for a file that has the name of a record but is none, where a translation begins."""
    if part.is_file() and part.stat().st_size:
        return  # what is wrong with the record of a part is told when that is read
    try:
        _read_record(record)
    except FileNotFoundError:
        return
    except _NO_RECORD:
        raise InputError(
            f"{str(record)!r}, where --resume keeps its record, is another file; move it away or give another -o"
        ) from None


@contextmanager
def _locked(path: Path, final: Path) -> Iterator[BinaryIO]:
    """Open a part of an output for reading and writing, for this process alone."""
    try:
        file = open_like(final, path, "r+b" if path.exists() else "x+b")
    except OSError as error:
        raise InputError(not_writable(path, error)) from None
    try:
        if os.name == "posix":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(f"another run is writing {str(path)!r}; wait for its end or give another -o") from None
        yield file
    finally:
        # After a full disk, closing fails once more, for what was never counted.
        with suppress(OSError):
            file.close()


def _done_before(part: BinaryIO, identity: Identity) -> DoneSoFar:
    """Return how far an earlier run came; raises InputError where its part is not one to go on with."""
    path, size = Path(part.name), os.fstat(part.fileno()).st_size
    if not size:
        return DoneSoFar()
    try:
        done, before = _read_record(_record(path))
    except FileNotFoundError:
        raise InputError(f"{str(path)!r} is there without its .json; move it away or give another -o") from None
    except _NO_RECORD:
        raise InputError(f"{str(_record(path))!r} is damaged; {_start_again(path)}") from None
    if not done.lines:
        return DoneSoFar()
    if not 0 < done.bytes <= size or done.lines < 0:
        raise InputError(f"{str(path)!r} is shorter than {_record(path).name!r} says; {_start_again(path)}")
    for key in {**before, **identity}:
        if before.get(key) != identity.get(key):
            change = f"{str(path)!r} was made with {key} {before.get(key)!r}, now given {identity.get(key)!r}"
            raise InputError(f"{change}; give the same, or {_start_again(path)}")
    return done


def _read_record(path: Path) -> tuple[DoneSoFar, dict[str, object]]:
    """Return how far an earlier run came, and what it was made with; raises _NO_RECORD where that is not told."""
    tree = json.loads(path.read_bytes())
    return DoneSoFar(int(tree["lines"]), int(tree["bytes"]), str(tree["digest"])), dict(tree["identity"])


def _record(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _start_again(part: Path) -> str:
    return f"remove {str(part)!r} and {_record(part).name!r} to start again"


def fingerprint(models: Sequence[Path]) -> str:
    """Return a digest of the files that models translate by; raises InputError where one cannot be read."""
    digest = hashlib.blake2b(digest_size=16)
    for path in models:
        with open_model(path) as files:
            for name in filter(files.exists, (CONFIG, WEIGHTS, SHORTLIST, *TOKENIZERS)):
                with files.stream(name) as (file, size):
                    digest.update(f"{name}\0{size}\0".encode())
                    while chunk := file.read(1 << 20):
                        digest.update(chunk)
    return digest.hexdigest()
