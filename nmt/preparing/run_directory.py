"""A training's directory: opened for one config, cleaned of what a kill left, given to a run in another's place."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nmt.checkpoint import CHECKPOINTS, tidy_checkpoints
from nmt.config import Config
from nmt.durable import remove_temporaries, sync, write_atomically
from nmt.errors import FailureError, InputError
from nmt.model_card import remove_card
from nmt.model_description import ModelDescription, read_search_config, search_tree, to_json
from nmt.model_files import CARD, CONFIG, GENERATION, SHORTLIST, TOKENIZERS, WEIGHTS
from nmt.preparing.pairs import is_cache
from nmt.preparing.vocabulary_record import RECORD, check_names, has_vocabulary

logger = logging.getLogger(__name__)

CACHE = "cache"
_RUN_FILES = (WEIGHTS, GENERATION, SHORTLIST, CARD, "metrics.jsonl", "train.log")
_PROBE = ".writable"
# Where a run is prepared that takes another's place.
_REPLACEMENT = ".replacement"
# All that is written here; others may have files of theirs beside it.
_BESIDE_CONFIG = (*TOKENIZERS, RECORD, *_RUN_FILES)
_FILES = (*_BESIDE_CONFIG, CONFIG)
_OURS = frozenset([*_FILES, CACHE, CHECKPOINTS, _PROBE, _REPLACEMENT])
# What a run's config.json has, of any version.
_OF_A_RUN = {"src_vocab_size", "tgt_vocab_size", "data", "tokenizer", "model", "train", "search"}
# What may change between two runs of one training: its length, its reports, how it is computed, what is to be lowered
# where it diverges or memory runs out, and where its corpora are: that they are the same is seen by their pairs.
_FREE_KEYS = {
    *("data.train", "data.dev"),
    *(f"train.{key}" for key in ("max_epochs", "max_steps", "patience", "log_every", "save_every", "keep")),
    *(f"train.{key}" for key in ("threads", "device", "batch_tokens", "accumulate")),
    *(f"train.{key}" for key in ("learning_rate", "min_learning_rate", "clip_norm", "divergence")),
}
# Of these, what may change the weights that come out.
_TOLD_KEYS = {
    *("data.train", "data.dev"),
    *(f"train.{key}" for key in ("batch_tokens", "accumulate", "learning_rate", "min_learning_rate")),
    *("train.clip_norm", "train.divergence"),
}
# Schedules that know the length of the training, as every warm-up does.
_OF_LENGTH = ("cosine", "inverse_sqrt")
_LIMITS = {"train.max_epochs", "train.max_steps"}


@contextmanager
def place_to_prepare(config: Config, directory: Path, overwrite: bool) -> Iterator[Path]:
    """Make a directory ready for the training of a config, new or going on with it, and give where to prepare it.

    That is the directory itself or, where it holds a run to be overwritten, a folder in it: what is prepared there
    takes that run's place at the end. After an error the run is as it was, and after an InputError, with which the
    next try may well have another config, nothing new is left.
    Raises InputError where the directory cannot be written, or holds a run of another config or what is no run.
    """
    before = entries_of(directory)
    if overwrite and (directory / CONFIG).is_file():
        with _replacement(directory) as place:
            yield place
        return
    _open_directory(config, directory)
    try:
        yield directory
    except InputError:
        remove_new(directory, before)
        raise


def read_run(directory: Path) -> ModelDescription:
    """Return the config of the run in a directory; raises InputError where that is none, with what to do."""
    try:
        return ModelDescription.read(directory)
    except InputError as error:
        reason = str(error).partition("; ")[0]
        raise InputError(f"there is no run to go on with: {reason}; give another output directory (-o)") from None


def _open_directory(config: Config, directory: Path) -> None:
    make_writable(directory)
    going_on = (directory / CONFIG).is_file()
    before = read_run(directory).config if going_on else config
    _compare(before, config, directory)
    if not going_on and not _is_new(directory):
        raise InputError(f"output directory {str(directory)!r} is not empty and holds no run; give another")
    if not going_on:
        check_names(directory)
    _check_cache(directory)
    _clean_up(directory)


@contextmanager
def _replacement(directory: Path) -> Iterator[Path]:
    """Give a folder, whose content then takes the place of the run in the directory above it.

    It is empty but for a vocabulary that was there before the run.
    """
    _check_run(directory)
    make_writable(directory)
    _check_cache(directory)
    place = directory / _REPLACEMENT
    _remove(place)
    try:
        place.mkdir()
        if has_vocabulary(directory):
            for name in filter(lambda name: (directory / name).is_file(), (*TOKENIZERS, RECORD)):
                shutil.copyfile(directory / name, place / name)
        yield place
        _replace_run(directory, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _replace_run(directory: Path, place: Path) -> None:
    """Remove what a run wrote, and nothing else that stands beside it, and put what was prepared there."""
    # At no moment is a vocabulary away that was there before the run.
    kept = {RECORD, *TOKENIZERS} & {path.name for path in place.iterdir()}
    try:
        for name in (*_BESIDE_CONFIG, CACHE, CHECKPOINTS):
            if name not in kept:
                _remove(directory / name)
        # Last the config: until then the old one tells that what is here is a run's.
        for path in sorted(place.iterdir(), key=lambda path: path.name == CONFIG):
            path.replace(directory / path.name)
        sync(directory)
    except OSError as error:
        raise FailureError(f"cannot replace the run in {str(directory)!r}: {error.strerror}") from None


def _clean_up(directory: Path) -> None:
    """Remove what a kill left half-written."""
    _remove(directory / _REPLACEMENT)
    remove_temporaries(directory, _FILES)
    remove_temporaries(directory / CACHE)
    tidy_checkpoints(directory)


def change_search(config: Config, directory: Path) -> None:
    """Give a model that is there the decoding defaults that change; its card, with scores made by the old ones, goes.

    Others that somebody wrote into the file stay. To be called before the run's config changes.
    """
    description = ModelDescription.read(directory)
    old, new = (each.model_dump() for each in (description.config.search, config.search))
    changed = {key: value for key, value in new.items() if value != old[key]}
    if changed and (directory / GENERATION).is_file():
        # Too much, as once could be asked for, is what the change may mend.
        there = read_search_config(directory, description, checked=False)
        write_atomically(directory / GENERATION, to_json(search_tree(there.model_copy(update=changed))))
        remove_card(directory, description)


def _is_new(directory: Path) -> bool:
    """Say whether a directory holds nothing but, at most, tokenizers and what a run cut off early left."""
    # A kill in the middle of an atomic write leaves its temporary file.
    names = {path.name for path in directory.iterdir() if not path.name.endswith(".tmp")}
    known = names <= {*TOKENIZERS, RECORD, "train.log", CACHE, _PROBE, _REPLACEMENT}
    return known and is_cache(directory / CACHE)


def _check_run(directory: Path) -> None:
    """Raise InputError where a config.json is not that of a run, so that nothing there is to be removed."""
    try:
        tree = json.loads((directory / CONFIG).read_bytes())
        known = type(tree["format_version"]) is int and tree.keys() >= _OF_A_RUN
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        known = False
    if not known:
        raise InputError(f"{str(directory / CONFIG)!r} is of no run, so nothing is removed; give another directory")


def _check_cache(directory: Path) -> None:
    cache = directory / CACHE
    if not cache.is_dir() and os.path.lexists(cache):
        raise InputError(
            f"{str(cache)!r} is a file, where a folder for the training pairs is to be; move it away, or give another "
            "output directory"
        )


def entries_of(directory: Path) -> set[Path]:
    """Return what is in a directory, and the folders there are on the way to it."""
    inside = set(directory.iterdir()) if directory.is_dir() else set()
    return inside | {folder for folder in (directory, *directory.parents) if folder.is_dir()}


def remove_new(directory: Path, before: set[Path]) -> None:
    """Remove what was written here that was not in a directory before, and the folders that were made for it."""
    for path in set(directory.iterdir()) - before:
        if path.name in _OURS:
            _remove(path)
    remove_temporaries(directory, _FILES)
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
    for key in sorted(_LIMITS):
        if old[key] != new[key]:
            follows = now.train.schedule in _OF_LENGTH or now.train.warmup_steps > 0
            rates = "; the learning rates to come are of a training of this length" * follows
            logger.warning("%s was %r, now %r%s", key, old[key], new[key], rates)
