"""From a config to a run directory ready for training: settings, directory, tokenizers, pairs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from nmt.checkpoint import check_origin, newest_counters
from nmt.config import Config
from nmt.corpus import Pair, check_sources, read_pairs
from nmt.device import choose_device, choose_precision
from nmt.durable import write_atomically
from nmt.errors import InputError, counted
from nmt.lock import PATIENCE_SECONDS, DirectoryLock
from nmt.model import TranslationModel
from nmt.model_description import BEFORE, ModelDescription, check_own_search
from nmt.model_files import CONFIG
from nmt.optim import Schedule, build_optimizer
from nmt.preparing.pairs import build_stores, no_pairs, open_stores
from nmt.preparing.run_directory import (
    CACHE,
    change_search,
    entries_of,
    make_writable,
    place_to_prepare,
    read_run,
    remove_new,
)
from nmt.preparing.starting import Start, adopt, find_start
from nmt.preparing.vocabularies import ensure_tokenizers, keep_tokenizers, make_tokenizers
from nmt.preparing.vocabulary_record import adopt_vocabulary, check_names, has_vocabulary, keep_record
from nmt.scaling import MOST_COUNTED, fill, open_keys, scaled_values
from nmt.search import check_lengths
from nmt.store import PairStore
from nmt.tokenizer import TokenizerPair

logger = logging.getLogger(__name__)

# A vocabulary size that nobody asked for gives way to one that the text allows.
_SIZE = "tokenizer.vocab_size"
# From fewer nothing of use is learned, however long.
_FEW_PAIRS = 1000


@dataclass(frozen=True)
class Run:
    """A run directory with all a training needs."""

    directory: Path
    config: Config
    tokenizers: TokenizerPair
    train: PairStore
    dev: list[Pair]

    @property
    def description(self) -> ModelDescription:
        return ModelDescription(self.config, len(self.tokenizers.src), len(self.tokenizers.tgt))

    @property
    def origin(self) -> dict[str, str]:
        """What the training learns from, by fingerprint: a checkpoint is of these alone."""
        return {"corpus": self.train.fingerprint, "vocabulary": self.tokenizers.fingerprint}


def prepare_run(config: Config, directory: Path, overwrite: bool) -> Run:
    """Make or reopen a run directory.

    Raises InputError for a config that cannot be trained, data that cannot be read, or a directory that holds
    another run.
    """
    _check(config)
    config, start = _with_vocabulary(config, directory, overwrite)
    _check_model(config)
    check_sources(config.data.train, config.data.src, config.data.tgt)
    check_sources(config.data.dev, config.data.src, config.data.tgt)
    fit = _SIZE in open_keys(config)
    config = _as_there(config, directory, overwrite)
    with place_to_prepare(config, directory, overwrite) as place:
        # Not before: a large corpus takes a while, and the directory may not do.
        complete = _scaled(config)
        _check_end(complete)
        if start is not None:
            keep_tokenizers(start.tokenizers(complete.tokenizer), place, complete.tokenizer)
        else:
            keep_record(place, complete.tokenizer)
        tokenizers = ensure_tokenizers(complete, place, fit)
        counters = newest_counters(place)
        check_origin(place, counters, {"vocabulary": tokenizers.fingerprint})
        going_on = (place / CONFIG).is_file()
        # A kill leaves a run that is going to be; an error, one that is as it was.
        if not going_on:
            _save_config(place, complete, tokenizers)
        build_stores(complete.data, place / CACHE, tokenizers, counters)
        if going_on:
            change_search(complete, place)
            _save_config(place, complete, tokenizers)
    pairs, dev = open_stores(directory / CACHE)
    if len(pairs) < _FEW_PAIRS and not going_on and not config.train.start_from:
        few = f"{counted(len(pairs), 'pair')} {'is' if len(pairs) == 1 else 'are'} too few for a useful model"
        logger.warning("%s; some thousands are needed", few)
    return Run(directory, complete, tokenizers, pairs, dev)


def _with_vocabulary(config: Config, directory: Path, overwrite: bool) -> tuple[Config, Start | None]:
    """Return a config with the settings of the vocabulary that is there, and the model to start from, if any.

    Raises InputError for a value given that is not that vocabulary's, or a model that cannot be started from.
    """
    if not config.train.start_from:
        return adopt_vocabulary(config, directory) if has_vocabulary(directory) else config, None
    # Once begun, a training no longer needs the model that it started from.
    if (directory / CONFIG).is_file() and not overwrite:
        return adopt(config, read_run(directory)), None
    start = find_start(config.train.start_from, directory)
    return adopt(config, start.description), start


def open_run(config: Config, directory: Path) -> Run:
    """Open a run directory that another process has just prepared, without writing to it.

    Raises InputError where it is not there: the processes of a training share one file system.
    """
    if not directory.is_dir():
        raise InputError(f"no run directory {str(directory)!r} on this machine; all processes need to see the same one")
    description = ModelDescription.read(directory)
    config, _ = _with_vocabulary(config, directory, overwrite=False)
    config = _as_begun(config, description.config)
    return Run(directory, config, TokenizerPair.load(directory), *open_stores(directory / CACHE))


def prepare_tokenizers(config: Config, directory: Path) -> TokenizerPair:
    """Train the tokenizers alone, into a directory that may not exist yet.

    Raises InputError where it holds tokenizers already, or the data cannot be read.
    """
    _check(config)
    if config.train.start_from:
        raise InputError("train.start_from names a model whose vocabulary is kept; nmt train copies it from there")
    check_sources(config.data.train, config.data.src, config.data.tgt)
    with DirectoryLock(directory, PATIENCE_SECONDS):
        if TokenizerPair.exists(directory):
            raise InputError(f"{str(directory)!r} has tokenizers already; give another directory")
        check_names(directory)
        before = entries_of(directory)
        make_writable(directory)
        try:
            return make_tokenizers(_scaled(config), directory, fit=_SIZE in open_keys(config))
        except InputError:
            remove_new(directory, before)
            raise


def _check(config: Config) -> None:
    data = config.data
    if missing := [f"data.{key}" for key in ("src", "tgt", "train") if not getattr(data, key)]:
        names = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
        example = "data.src=de data.tgt=en data.train=corpus/train for corpus/train.de and corpus/train.en"
        verb = "is" if len(missing) == 1 else "are"
        raise InputError(f"{names} {verb} not set; give {example}, or a config by -c (nmt config lists all settings)")
    if data.src == data.tgt:
        raise InputError(f"data.src and data.tgt are both {data.src!r}; they name the two languages' files")


def _check_end(complete: Config) -> None:
    if complete.train.max_epochs == 0 and complete.train.max_steps == 0:
        raise InputError("train.max_epochs and train.max_steps are both 0; set one, so that the training ends")


def _as_there(config: Config, directory: Path, overwrite: bool) -> Config:
    """Return a config whose open keys are as the run there, if there is one to go on with, has them."""
    if (directory / CONFIG).is_file() and not overwrite:
        return _as_begun(config, read_run(directory).config)
    return config


def _scaled(config: Config) -> Config:
    """Return a config whose open keys follow from the size of the corpus."""
    keys, data = open_keys(config), config.data
    if not keys:
        return config
    pairs = sum(1 for _ in islice(read_pairs(data.train, data.src, data.tgt), MOST_COUNTED))
    if not pairs:
        raise InputError(no_pairs(data))
    values = scaled_values(pairs, config.train.max_steps)
    endless = "train.max_epochs" in keys and not values["train.max_epochs"]
    chosen = [f"{key}={values[key]}" for key in keys if not (endless and key == "train.max_epochs")]
    more = " or more" * (pairs == MOST_COUNTED)
    logger.info("for %s%s: %s", counted(pairs, "pair"), more, ", ".join(chosen + ["no limit of epochs"] * endless))
    return fill(config, values)


def _as_begun(config: Config, begun: Config) -> Config:
    """Return a config whose open keys, and those that runs of before do not have, are as the run has them.

    So is train.max_steps where it is not given: with it a run may have begun without a limit of epochs.
    """
    later = {key: getattr(begun.model, key) for key in BEFORE.keys() - config.model.model_fields_set}
    sections: dict[str, Any] = {"model": config.model.model_copy(update=later)}
    if "max_steps" not in config.train.model_fields_set:
        sections["train"] = config.train.model_copy(update={"max_steps": begun.train.max_steps})
    return fill(config.model_copy(update=sections), begun.flat())


def _check_model(config: Config) -> None:
    """Raise InputError for a network, optimiser, schedule, device or search there is none of; nothing is made yet."""
    sizes = (4, 4) if config.tokenizer.shared else (4, 5)
    # Made for real: without storage, on the device "meta", torch would load more code than all else needs.
    TranslationModel(config.model, *sizes)
    build_optimizer([torch.nn.Parameter(torch.zeros(1))], config.train)
    Schedule(config.train)
    choose_precision(config.train.precision, choose_device(config.train.device))
    check_lengths(config.search)
    check_own_search(config.search, "search")


def _save_config(directory: Path, config: Config, tokenizers: TokenizerPair) -> None:
    description = ModelDescription(config, len(tokenizers.src), len(tokenizers.tgt))
    write_atomically(directory / CONFIG, description.to_bytes())
