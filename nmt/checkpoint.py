"""Checkpoints: all that a training needs to go on, whole or not there at all.

checkpoints/step_N/     weights, average, optimiser and others, each NAME.safetensors
  counters.json         numbers: updates, epochs, place in the corpus
  checksums.json        of all the others
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
from safetensors.torch import load as load_tensors
from safetensors.torch import save_file
from torch import Tensor

from nmt.durable import sync
from nmt.errors import FailureError, InputError
from nmt.model_description import to_json
from nmt.model_files import open_regular

CHECKPOINTS = "checkpoints"
_CHECKSUMS, _COUNTERS = "checksums.json", "counters.json"
# What reading one may raise where it is damaged: a file is missing, or not what it was. Where the system does not give
# it (no right, no memory, too many files open), it may well be whole.
_DAMAGE = (
    *(safetensors.SafetensorError, FileNotFoundError, NotADirectoryError, RecursionError),
    *(ValueError, KeyError, TypeError, AttributeError),
)
# A stranger's list of checksums names no file elsewhere.
_FILE_NAME = re.compile(r"\w+\.(?:safetensors|json)", re.ASCII)


@dataclass(frozen=True)
class Checkpoint:
    """All that a training needs to go on: groups of named tensors, and counters."""

    step: int
    tensors: dict[str, dict[str, Tensor]]
    counters: dict[str, Any]


def save_checkpoint(directory: Path, checkpoint: Checkpoint, keep: int) -> None:
    """Write checkpoints/step_N durably and with checksums, then drop all but the newest `keep` up to it.

    Raises FailureError where it cannot be written; older checkpoints are then untouched.
    """
    folder = directory / CHECKPOINTS
    final = folder / f"step_{checkpoint.step}"
    temporary, replaced = folder / f".step_{checkpoint.step}.tmp", folder / f".step_{checkpoint.step}.old"
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        counters = temporary / _COUNTERS
        counters.write_bytes(to_json({"step": checkpoint.step, **checkpoint.counters}))
        # Straight from the tensors' memory: a copy of them all would be the most that a training takes.
        for name, group in checkpoint.tensors.items():
            path = temporary / f"{name}.safetensors"
            save_file(group, path)
            # The library lets nobody else read its files, whatever the umask says.
            shutil.copymode(counters, path)
        sums = {path.name: _checksum_of_file(path) for path in sorted(temporary.iterdir())}
        (temporary / _CHECKSUMS).write_bytes(to_json(sums))
        for path in temporary.iterdir():
            sync(path)
        sync(temporary)
        # The checkpoint there may be the only one: at no moment is there none.
        if final.exists():
            os.rename(final, replaced)  # noqa: PTH104
        temporary.rename(final)
        sync(folder)
    except (OSError, safetensors.SafetensorError) as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if replaced.exists() and not final.exists():
            os.rename(replaced, final)  # noqa: PTH104
        reason = error.strerror if isinstance(error, OSError) else error
        raise FailureError(f"cannot write {final}: {reason}; older checkpoints are untouched") from None
    shutil.rmtree(replaced, ignore_errors=True)
    older = [path for path in list_checkpoints(directory) if _number(path) < checkpoint.step]
    for old in older[keep - 1 :]:
        shutil.rmtree(old, ignore_errors=True)


def set_aside(directory: Path, step: int) -> None:
    """Rename the checkpoints after that of an update to step_N.damaged, when a training goes on from it instead.

    Raises FailureError where the disk refuses.
    """
    for folder in list_checkpoints(directory):
        if _number(folder) > step:
            damaged = folder.with_name(f"{folder.name}.damaged")
            try:
                shutil.rmtree(damaged, ignore_errors=True)
                folder.rename(damaged)
            except OSError as error:
                raise FailureError(f"cannot rename {folder}: {error.strerror}; nothing was lost") from None


def tidy_checkpoints(directory: Path) -> None:
    """Finish or undo what a kill amid a save left; raises FailureError where the disk refuses."""
    folder = directory / CHECKPOINTS
    try:
        for replaced in folder.glob(".step_*.old"):
            final = folder / replaced.name[1 : -len(".old")]
            if final.exists():
                shutil.rmtree(replaced)
            else:
                replaced.rename(final)
        for temporary in folder.glob(".step_*.tmp"):
            shutil.rmtree(temporary)
    except OSError as error:
        raise FailureError(f"cannot tidy {folder}: {error.strerror}; its checkpoints are untouched") from None


def list_checkpoints(directory: Path) -> list[Path]:
    """Return the complete checkpoints of a model directory, newest first."""
    found = [path for path in (directory / CHECKPOINTS).glob("step_*") if _number(path) >= 0]
    return sorted(found, key=_number, reverse=True)


def _number(checkpoint: Path) -> int:
    """Return the update of a checkpoint's folder, -1 where its name tells none."""
    number = checkpoint.name.removeprefix("step_")
    return int(number) if number.isdecimal() and number.isascii() else -1


def load_checkpoint(directory: Path, report: Callable[[str], None]) -> Checkpoint | None:
    """Return the newest intact checkpoint, or None if there is none yet; damaged ones are reported.

    Raises FailureError when there are checkpoints and none is intact, or one cannot be read that may be.
    """
    folders = list_checkpoints(directory)
    for folder in folders:
        try:
            with _readable(folder):
                return _read_checkpoint(folder)
        except _DAMAGE as error:
            report(f"checkpoint {folder.name} is damaged ({error}); trying the one before it")
    if folders:
        raise FailureError(
            f"none of the {len(folders)} checkpoints in {directory / CHECKPOINTS} is intact; "
            "remove them to start again, or use --overwrite"
        )
    return None


def newest_counters(directory: Path) -> dict[str, Any]:
    """Return the counters of the newest checkpoint whose counters are intact, none where there is none.

    Raises FailureError where they cannot be read.
    """
    for folder in list_checkpoints(directory):
        with suppress(*_DAMAGE), _readable(folder):
            content = _read(folder / _COUNTERS)
            if _checksum([content]) == json.loads(_read(folder / _CHECKSUMS))[_COUNTERS]:
                return dict(json.loads(content))
    return {}


def check_origin(directory: Path, counters: Mapping[str, Any], origin: Mapping[str, str]) -> None:
    """Raise InputError where a training goes on with something else than it learned from before.

    counters: of its checkpoint; origin: the fingerprint of each such thing by its name in the counters
    """
    for name, fingerprint in origin.items():
        # What an older version did not note may be anything.
        if counters.get(name, fingerprint) != fingerprint:
            raise InputError(
                f"the training {name} changed since {directory} was trained on it; put it back, "
                "give another directory, or --overwrite to start again"
            )


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Tell what the system does not let one read from what is damaged; raises FailureError."""
    try:
        yield
    except _DAMAGE:
        raise
    except (OSError, MemoryError) as error:
        reason = error.strerror if isinstance(error, OSError) else "out of memory"
        raise FailureError(
            f"cannot read {folder}: {reason}; nothing was changed: try again when it can be read, or move it away "
            "to go on from the one before it"
        ) from None


def _read_checkpoint(folder: Path) -> Checkpoint:
    sums = json.loads(_read(folder / _CHECKSUMS))
    if strange := [name for name in sums if not _FILE_NAME.fullmatch(name)]:
        raise InputError(f"{_CHECKSUMS} names {strange[0]!r:.100}, which belongs to no checkpoint")
    contents = {name: _read(folder / name) for name in sums}
    for name, content in contents.items():
        if _checksum([content]) != sums[name]:
            raise InputError(f"{name} does not match its checksum")
    counters = json.loads(contents.pop(_COUNTERS))
    tensors = {name.removesuffix(".safetensors"): load_tensors(content) for name, content in contents.items()}
    return Checkpoint(counters.pop("step"), tensors, counters)


def _read(path: Path) -> bytes:
    file, size = open_regular(path)
    with file:
        return file.read(size)


def _checksum_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return _checksum(iter(lambda: file.read(1 << 20), b""))


def _checksum(parts: Iterable[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
