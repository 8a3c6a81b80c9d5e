"""vocabulary.json: the settings of a vocabulary that was there before the training, which then are the training's too.

`nmt tokenizer` writes it beside what it made. Where it is missing, as beside a vocabulary that somebody copied, the
vocabulary itself tells the kind and number of its pieces and whether the languages share it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from nmt.config import Config, TokenizerConfig
from nmt.config_reading import build_config
from nmt.durable import write_atomically
from nmt.errors import InputError
from nmt.model_description import to_json
from nmt.model_files import CONFIG, TOKENIZERS
from nmt.tokenizer import TokenizerPair

RECORD = "vocabulary.json"
_FORMAT_VERSION = 1
# What a training may do otherwise than the vocabulary's record says: it only reads the text by it.
_FREE = "sampling"


def write_record(directory: Path, settings: TokenizerConfig, tokenizers: TokenizerPair) -> None:
    """Write the settings of a vocabulary, with what the text made of them; raises FailureError."""
    tree = {**settings.model_dump(mode="json"), **_told_by(tokenizers)}
    write_atomically(directory / RECORD, to_json({"format_version": _FORMAT_VERSION, **tree}))


def keep_record(directory: Path, settings: TokenizerConfig) -> None:
    """Write the settings of a vocabulary that came without, when a first training takes it; raises FailureError."""
    if has_vocabulary(directory) and not (directory / RECORD).is_file():
        write_record(directory, settings, TokenizerPair.load(directory))


def check_names(directory: Path) -> None:
    """Raise InputError where files that are no vocabulary of nmt's have the names of one, and would be written over.

    Of two tokenizers one alone is what a kill left if the record, which is written first, is there too.
    """
    _read_record(directory, {})
    if TokenizerPair.exists(directory) or (directory / RECORD).is_file():
        return
    if found := [name for name in TOKENIZERS if os.path.lexists(directory / name)]:
        there = f"{str(directory / found[0])!r} is there and is no whole vocabulary"
        raise InputError(f"{there}; move it away, or give another directory")


def has_vocabulary(directory: Path) -> bool:
    """Say whether a directory holds a vocabulary that was there before any training in it."""
    if not TokenizerPair.exists(directory):
        return False
    return not (directory / CONFIG).is_file() or (directory / RECORD).is_file()


def adopt_vocabulary(config: Config, directory: Path) -> Config:
    """Return a config whose tokenizer settings, where it does not give them, are those of the vocabulary there.

    Raises InputError for a value that is not the vocabulary's or cannot be with it, or a record that is not of it.
    """
    told = _told_by(TokenizerPair.load(directory))
    known = {**_read_record(directory, told), **told}
    given = config.tokenizer.model_dump(include=config.tokenizer.model_fields_set)
    for key in sorted(given.keys() & known.keys() - {_FREE}):
        if given[key] != known[key]:
            raise InputError(
                f"tokenizer.{key} is {given[key]!r}, but {known[key]!r} in the vocabulary in {str(directory)!r}; "
                f"leave out tokenizer.{key}, or give another directory"
            )
    if config.model.tie == "all" and not known["shared"]:
        raise InputError(
            f"model.tie is 'all', but the vocabulary in {str(directory)!r} is not shared by the languages; set "
            "model.tie=output"
        )
    return config.model_copy(update={"tokenizer": TokenizerConfig(**{**known, **given})})


def _told_by(tokenizers: TokenizerPair) -> dict[str, Any]:
    """Return the settings that a vocabulary tells of itself; of two that the text made unequal, the larger size."""
    size = max(len(tokenizers.src), len(tokenizers.tgt))
    return {"kind": tokenizers.src.kind, "vocab_size": size, "shared": tokenizers.shared}


def _read_record(directory: Path, told: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that are recorded, none where there is no record; raises InputError where it is wrong."""
    path = directory / RECORD
    if not path.is_file():
        return {}
    try:
        tree = json.loads(path.read_bytes())
        version = tree.pop("format_version")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error!s:.200}"
        raise InputError(
            f"{path} is damaged or of something else than a vocabulary ({reason}); remove it, or give another directory"
        ) from None
    if version != _FORMAT_VERSION:
        raise InputError(f"{path} has format version {version!r:.40}; this program reads {_FORMAT_VERSION}")
    recorded = build_config({"tokenizer": tree}, str(path)).tokenizer.model_dump()
    for key, value in told.items():
        if recorded[key] != value:
            raise InputError(
                f"{path} says {key} {recorded[key]!r}, but the vocabulary beside it has {value!r}; remove {RECORD}"
            )
    return recorded
