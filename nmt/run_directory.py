"""A training's directory: opened for one config, cleaned of what a kill left, emptied of what a run writes alone."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

from nmt.checkpoint import CHECKPOINTS, tidy_checkpoints
from nmt.config import Config
from nmt.durable import remove_temporaries, write_atomically
from nmt.errors import InputError
from nmt.model_directory import ModelDescription, to_json
from nmt.model_files import CONFIG, GENERATION, SHORTLIST, WEIGHTS

logger = logging.getLogger(__name__)

CACHE = "cache"
_TOKENIZERS = ("shared.spm", "source.spm", "target.spm")
_RUN_FILES = (WEIGHTS, GENERATION, SHORTLIST, "README.md", "metrics.jsonl", "train.log")
_PROBE = ".writable"
# What may change between two runs of one training: its length, its reports, how it is computed, and what is to be
# lowered where it diverges or memory runs out.
_FREE_KEYS = {
    *(f"train.{key}" for key in ("max_epochs", "max_steps", "patience", "log_every", "save_every", "keep")),
    *(f"train.{key}" for key in ("threads", "device", "batch_tokens", "accumulate")),
    *(f"train.{key}" for key in ("learning_rate", "min_learning_rate", "clip_norm", "divergence")),
}
# Of these, what changes the weights that come out.
_TOLD_KEYS = {
    *(f"train.{key}" for key in ("batch_tokens", "accumulate", "learning_rate", "min_learning_rate")),
    *("train.clip_norm", "train.divergence"),
}


def open_directory(config: Config, directory: Path, overwrite: bool) -> None:
    """Make a directory ready for the training of a config: new, going on with it, or emptied of the run there.

    Raises InputError where it cannot be written, or holds a run of another config or what is no run.
    """
    removed = overwrite and (directory / CONFIG).is_file()
    if removed:
        _remove_run(directory)
    make_writable(directory)
    if (directory / CONFIG).is_file():
        before = ModelDescription.read(directory).config
        _compare(before, config, directory)
        _clean_up(directory)
        if before.search != config.search:
            _change_search(config, directory)
    elif not removed and not _is_new(directory):
        raise InputError(f"output directory {str(directory)!r} is not empty and holds no run; give another")


def _clean_up(directory: Path) -> None:
    """Remove what a kill left half-written."""
    for each in (directory, directory / CACHE):
        remove_temporaries(each)
    tidy_checkpoints(directory)


def _change_search(config: Config, directory: Path) -> None:
    """Give a model that is there other decoding defaults; its card's scores, made with the old ones, go."""
    if (directory / GENERATION).is_file():
        write_atomically(directory / GENERATION, to_json(config.search.model_dump(mode="json")))
        (directory / "README.md").unlink(missing_ok=True)


def _is_new(directory: Path) -> bool:
    """Say whether a directory holds nothing but, at most, tokenizers and what a run cut off early left."""
    # A kill in the middle of an atomic write leaves its temporary file.
    names = {path.name for path in directory.iterdir() if not path.name.endswith(".tmp")}
    return names <= {*_TOKENIZERS, "train.log", CACHE, _PROBE}


def _remove_run(directory: Path) -> None:
    """Remove what a run writes, and nothing else that stands beside it."""
    try:
        known = "format_version" in json.loads((directory / CONFIG).read_bytes())
    except (OSError, ValueError, TypeError, RecursionError):
        known = False
    if not known:
        raise InputError(f"{str(directory / CONFIG)!r} is of no run, so nothing is removed; give another directory")
    for name in (*_TOKENIZERS, *_RUN_FILES, CACHE, CHECKPOINTS, CONFIG):
        _remove(directory / name)


def entries_of(directory: Path) -> set[Path]:
    """Return what is in a directory, and the folders there are on the way to it."""
    inside = set(directory.iterdir()) if directory.is_dir() else set()
    return inside | {folder for folder in (directory, *directory.parents) if folder.is_dir()}


def remove_new(directory: Path, before: set[Path]) -> None:
    """Remove what was not in a directory before, and the folders that were made for it."""
    for path in set(directory.iterdir()) - before:
        _remove(path)
    for folder in (directory, *directory.parents):
        # Another training may have put its own there in the meantime.
        if folder in before or any(folder.iterdir()):
            break
        folder.rmdir()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_writable(directory: Path) -> None:
    """Make a directory where there is none; raises InputError where it is a file or cannot be written."""
    if directory.exists() and not directory.is_dir():
        raise InputError(f"output {str(directory)!r} is a file; give a directory for the run")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / _PROBE
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"output directory {str(directory)!r} is not writable: {error.strerror}") from None


def _compare(before: Config, now: Config, directory: Path) -> None:
    old, new = before.flat(), now.flat()
    changed = [
        f"{key} was {old[key]!r}, now {new[key]!r}"
        for key in new
        if old[key] != new[key] and key not in _FREE_KEYS and not key.startswith("search.")
    ]
    if changed:
        raise InputError(
            f"{str(directory)!r} holds a run with another config ({'; '.join(changed)}); "
            "give another directory, or --overwrite to start again"
        )
    for key in sorted(_TOLD_KEYS):
        if old[key] != new[key]:
            logger.warning("%s was %r, now %r", key, old[key], new[key])
