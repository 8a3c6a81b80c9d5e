"""From a config to a run directory ready for training: tokenizers, training pairs, development pairs."""

from __future__ import annotations

import json
import logging
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from glob import escape
from itertools import islice
from pathlib import Path

import torch

from nmt.bars import shown, told
from nmt.checkpoint import CHECKPOINTS, tidy_checkpoints
from nmt.cleaning import Cleaner, is_held_out
from nmt.config import Config, DataConfig, TokenizerConfig
from nmt.corpus import Pair, check_sources, read_pairs
from nmt.device import choose_device
from nmt.durable import remove_temporaries, sync, write_atomically
from nmt.errors import FailureError, InputError
from nmt.model import TranslationModel
from nmt.model_directory import ModelDescription, to_json
from nmt.model_files import CONFIG, GENERATION, SHORTLIST, WEIGHTS
from nmt.optim import Schedule, build_optimizer
from nmt.scaling import MOST_COUNTED, fill, open_keys, scaled_values
from nmt.starting import adopt, find_start
from nmt.store import PairStore
from nmt.tokenizer import Tokenizer, TokenizerPair, fit_tokenizer, train_tokenizer

logger = logging.getLogger(__name__)

CACHE = "cache"
_TOKENIZERS = ("shared.spm", "source.spm", "target.spm")
_RUN_FILES = (WEIGHTS, GENERATION, SHORTLIST, "README.md", "metrics.jsonl", "train.log")
_PROBE = ".writable"
# Development pairs are held in memory.
_MOST_DEV_PAIRS = 5000
_MOST_HELD_OUT = 0.05
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


def prepare_run(config: Config, directory: Path, overwrite: bool) -> Run:
    """Make or reopen a run directory.

    Raises InputError for a config that cannot be trained, data that cannot be read, or a directory that holds
    another run.
    """
    _check(config)
    start = None
    if config.train.start_from:
        # Once begun, a training no longer needs the model that it started from.
        going_on = (directory / CONFIG).is_file() and not overwrite
        start = None if going_on else find_start(config.train.start_from, directory)
        config = adopt(config, start.description if start else ModelDescription.read(directory))
    _check_model(config)
    check_sources(config.data.train, config.data.src, config.data.tgt)
    check_sources(config.data.dev, config.data.src, config.data.tgt)
    complete = _complete(config, directory, overwrite)
    before = _before(directory)
    _open_directory(complete, directory, overwrite)
    try:
        if start is not None:
            keep_tokenizers(start.tokenizers(complete.tokenizer), directory)
        tokenizers = ensure_tokenizers(complete, directory, _vocabulary_training(config))
        config = complete
        _save_config(directory, config, tokenizers)
        train, dev = _stores(config, directory / CACHE, tokenizers)
    except InputError:
        # The next try may well have another config: leave nothing that holds it to this one.
        _remove_new(directory, before)
        raise
    return Run(directory, config, tokenizers, train, dev)


def open_run(config: Config, directory: Path) -> Run:
    """Open a run directory that another process has just prepared, without writing to it.

    Raises InputError where it is not there: the processes of a training share one file system.
    """
    if not directory.is_dir():
        raise InputError(f"no run directory {str(directory)!r} on this machine; all processes need to see the same one")
    description = ModelDescription.read(directory)
    if config.train.start_from:
        config = adopt(config, description)
    config = fill(config, description.config.flat())
    tokenizers = TokenizerPair.load(directory)
    train, dev = _open_stores(directory / CACHE)
    return Run(directory, config, tokenizers, train, dev)


def prepare_tokenizers(config: Config, directory: Path) -> TokenizerPair:
    """Train the tokenizers alone, into a directory that may not exist yet.

    Raises InputError where it holds tokenizers already, or the data cannot be read.
    """
    _check(config)
    check_sources(config.data.train, config.data.src, config.data.tgt)
    if TokenizerPair.exists(directory):
        raise InputError(f"{str(directory)!r} has tokenizers already; give another directory")
    before = _before(directory)
    complete = _complete(config, directory, overwrite=True)
    _make_writable(directory)
    try:
        return ensure_tokenizers(complete, directory, _vocabulary_training(config))
    except InputError:
        _remove_new(directory, before)
        raise


VocabularyTraining = Callable[[Callable[[], Iterable[str]], TokenizerConfig], Tokenizer]


def _exactly(lines: Callable[[], Iterable[str]], settings: TokenizerConfig) -> Tokenizer:
    return train_tokenizer(lines(), settings)


def _vocabulary_training(config: Config) -> VocabularyTraining:
    """Return what trains a vocabulary: a size that nobody asked for gives way to one that the text allows."""
    return fit_tokenizer if "tokenizer.vocab_size" in open_keys(config) else _exactly


def ensure_tokenizers(config: Config, directory: Path, train: VocabularyTraining = _exactly) -> TokenizerPair:
    """Load the tokenizers of a directory, or train them on the training corpora and save them there."""
    if TokenizerPair.exists(directory):
        return TokenizerPair.load(directory)
    data, settings = config.data, config.tokenizer
    # A bad line is told before the vocabulary is trained, and by its own message: SentencePiece garbles it.
    deque(told(read_pairs(data.dev, data.src, data.tgt), "reading the development corpora", "pairs"), maxlen=0)
    total = _count_pairs(data, "reading the training corpora")
    _tell_vocabularies(settings, total)
    if settings.shared:
        both = train(lambda: (text for pair in _sampled(data, total) for text in pair), settings)
        tokenizers = TokenizerPair(both, both)
    else:
        src = train(lambda: (pair.src for pair in _sampled(data, total)), settings)
        tokenizers = TokenizerPair(src, train(lambda: (pair.tgt for pair in _sampled(data, total)), settings))
    _write_tokenizers(tokenizers, directory)
    return tokenizers


def keep_tokenizers(tokenizers: TokenizerPair, directory: Path) -> None:
    """Put the tokenizers of the model that a training starts from into its directory.

    Raises InputError where there are others.
    """
    if not TokenizerPair.exists(directory):
        _write_tokenizers(tokenizers, directory)
    elif TokenizerPair.load(directory).files() != tokenizers.files():
        raise InputError(
            f"the tokenizers in {str(directory)!r} are not those of the model to start from; give another directory"
        )


def _write_tokenizers(tokenizers: TokenizerPair, directory: Path) -> None:
    for name, content in tokenizers.files().items():
        write_atomically(directory / name, content)


def _tell_vocabularies(settings: TokenizerConfig, pairs: int) -> None:
    """Say what is made of how much, for SentencePiece takes its time in silence."""
    what = "one shared vocabulary" if settings.shared else "two vocabularies"
    logger.info("training %s of %d %s pieces on %s pairs", what, settings.vocab_size, settings.kind, f"{pairs:,}")


def _sampled(data: DataConfig, total: int) -> Iterator[Pair]:
    return told(_training_pairs(data), "reading text for the vocabulary", "pairs", total)


def _check(config: Config) -> None:
    data = config.data
    if missing := [f"data.{key}" for key in ("src", "tgt", "train") if not getattr(data, key)]:
        names = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
        example = "data.src=de data.tgt=en data.train=corpus/train for corpus/train.de and corpus/train.en"
        verb = "is" if len(missing) == 1 else "are"
        raise InputError(f"{names} {verb} not set; give {example}, or a config by -c (nmt config lists all settings)")
    if data.src == data.tgt:
        raise InputError(f"data.src and data.tgt are both {data.src!r}; they name the two languages' files")
    if config.train.max_epochs == 0 and config.train.max_steps == 0:
        raise InputError("train.max_epochs and train.max_steps are both 0; set one, so that the training ends")


def _complete(config: Config, directory: Path, overwrite: bool) -> Config:
    """Return a config without open keys: they are as the run there has them, else follow from the corpus."""
    keys, data = open_keys(config), config.data
    if not keys:
        return config
    if (directory / CONFIG).is_file() and not overwrite:
        return fill(config, ModelDescription.read(directory).config.flat())
    pairs = sum(1 for _ in islice(read_pairs(data.train, data.src, data.tgt), MOST_COUNTED))
    values = scaled_values(pairs)
    chosen = ", ".join(f"{key}={values[key]}" for key in keys)
    logger.info("for %s%s pairs: %s", f"{pairs:,}", " or more" * (pairs == MOST_COUNTED), chosen)
    return fill(config, values)


def _check_model(config: Config) -> None:
    """Raise InputError for a network, optimiser, schedule or device there is none of, before anything is made."""
    sizes = (4, 4) if config.tokenizer.shared else (4, 5)
    # Made for real: without storage, on the device "meta", torch would load more code than all else needs.
    TranslationModel(config.model, *sizes)
    build_optimizer([torch.nn.Parameter(torch.zeros(1))], config.train)
    Schedule(config.train)
    choose_device(config.train.device)


def _open_directory(config: Config, directory: Path, overwrite: bool) -> None:
    removed = overwrite and (directory / CONFIG).is_file()
    if removed:
        _remove_run(directory)
    _make_writable(directory)
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


def _before(directory: Path) -> set[Path]:
    """Return what is in a directory, and the folders there are on the way to it."""
    inside = set(directory.iterdir()) if directory.is_dir() else set()
    return inside | {folder for folder in (directory, *directory.parents) if folder.is_dir()}


def _remove_new(directory: Path, before: set[Path]) -> None:
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


def _make_writable(directory: Path) -> None:
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


def _save_config(directory: Path, config: Config, tokenizers: TokenizerPair) -> None:
    description = ModelDescription(config, len(tokenizers.src), len(tokenizers.tgt))
    write_atomically(directory / CONFIG, description.to_bytes())


def _held_out_share(data: DataConfig) -> float:
    """Return the share of the corpus that is held out, 0 where development corpora are given."""
    if data.dev:
        return 0.0
    total = _count_pairs(data, "counting the pairs to hold some out")
    return min(data.dev_size / max(total, 1), _MOST_HELD_OUT)


def _count_pairs(data: DataConfig, what: str) -> int:
    return sum(1 for _ in told(read_pairs(data.train, data.src, data.tgt), what, "pairs"))


def _training_pairs(data: DataConfig) -> Iterator[Pair]:
    """Yield the training corpora without what is held out."""
    share = _held_out_share(data)
    for pair in read_pairs(data.train, data.src, data.tgt):
        if not is_held_out(pair, share, 0):
            yield pair


def _stores(config: Config, cache: Path, tokenizers: TokenizerPair) -> tuple[PairStore, list[Pair]]:
    """Build or reopen the memory-mapped pairs; a cache built from other files is built anew."""
    data = config.data
    facts = json.dumps({"data": data.model_dump(mode="json"), "files": _stamps(data)}).encode()
    ready = cache / "sources.json"
    if ready.is_file() and ready.read_bytes() == facts:
        try:
            return _open_stores(cache)
        except InputError as error:
            logger.warning("%s", error)
    cache.mkdir(exist_ok=True)
    ready.unlink(missing_ok=True)
    cleaner = Cleaner(data, tokenizers.src.count, tokenizers.tgt.count)
    # Counting takes a while too, but lets a bar tell how long the cleaning will.
    total = _count_pairs(data, "counting the pairs") if shown() else None
    pairs = told(_training_pairs(data), "cleaning the training pairs", "pairs", total)
    train = PairStore.build(cleaner.clean(pairs), cache / "train", lambda: f"{data.train}: {cleaner.report()}")
    logger.info("training pairs: %s", cleaner.report())
    dev = PairStore.build(
        islice((pair for pair in _dev_pairs(data) if pair.src.strip()), _MOST_DEV_PAIRS),
        cache / "dev",
        lambda: f"the development set {data.dev or 'held out of training'} is empty; set data.dev to some pairs",
    )
    logger.info("development pairs: %d", len(dev))
    write_atomically(ready, facts)
    try:
        sync(cache)
    except OSError as error:
        raise FailureError(f"cannot write {cache}: {error.strerror}") from None
    return train, dev.read(range(len(dev)))


def _open_stores(cache: Path) -> tuple[PairStore, list[Pair]]:
    train, dev = PairStore.open(cache / "train"), PairStore.open(cache / "dev")
    return train, dev.read(range(min(len(dev), _MOST_DEV_PAIRS)))


def _dev_pairs(data: DataConfig) -> Iterator[Pair]:
    if data.dev:
        yield from read_pairs(data.dev, data.src, data.tgt)
        return
    share = _held_out_share(data)
    for pair in read_pairs(data.train, data.src, data.tgt):
        if is_held_out(pair, share, 0):
            yield pair


def _stamps(data: DataConfig) -> list[list[object]]:
    """Return name, size and time of every file the sources may name, to notice when one changes."""
    stamps: list[list[object]] = []
    for source in [*data.train, *data.dev]:
        for part in source.split(","):
            for path in sorted({Path(part), *Path(part).parent.glob(f"{escape(Path(part).name)}.*")}):
                if path.is_file():
                    stamps.append([str(path), path.stat().st_size, path.stat().st_mtime_ns])
    return stamps
