"""The pairs of a training: read from its corpora, cleaned, some held out, kept memory-mapped in its directory."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from glob import escape
from itertools import islice
from pathlib import Path

from nmt.bars import shown, told
from nmt.cleaning import Cleaner, is_held_out
from nmt.config import DataConfig
from nmt.corpus import Pair, read_pairs
from nmt.durable import sync, write_atomically
from nmt.errors import FailureError, InputError
from nmt.store import PairStore
from nmt.tokenizer import TokenizerPair

logger = logging.getLogger(__name__)

# Development pairs are held in memory.
_MOST_DEV_PAIRS = 5000
_MOST_HELD_OUT = 0.05


def build_stores(data: DataConfig, cache: Path, tokenizers: TokenizerPair) -> tuple[PairStore, list[Pair]]:
    """Build or reopen the memory-mapped pairs; a cache built from other files is built anew."""
    facts = json.dumps({"data": data.model_dump(mode="json"), "files": _stamps(data)}).encode()
    ready = cache / "sources.json"
    if ready.is_file() and ready.read_bytes() == facts:
        try:
            return open_stores(cache)
        except InputError as error:
            logger.warning("%s", error)
    cache.mkdir(exist_ok=True)
    ready.unlink(missing_ok=True)
    cleaner = Cleaner(data, tokenizers.src.count, tokenizers.tgt.count)
    # Counting takes a while too, but lets a bar tell how long the cleaning will.
    total = count_pairs(data, "counting the pairs") if shown() else None
    pairs = told(training_pairs(data), "cleaning the training pairs", "pairs", total)
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


def open_stores(cache: Path) -> tuple[PairStore, list[Pair]]:
    """Reopen the training and development pairs of a cache; raises InputError where it is damaged."""
    train, dev = PairStore.open(cache / "train"), PairStore.open(cache / "dev")
    return train, dev.read(range(min(len(dev), _MOST_DEV_PAIRS)))


def count_pairs(data: DataConfig, what: str) -> int:
    """Return the number of training pairs as they are read, what is held out among them; what: said meanwhile."""
    return sum(1 for _ in told(read_pairs(data.train, data.src, data.tgt), what, "pairs"))


def training_pairs(data: DataConfig) -> Iterator[Pair]:
    """Yield the training corpora without what is held out."""
    share = _held_out_share(data)
    for pair in read_pairs(data.train, data.src, data.tgt):
        if not is_held_out(pair, share, 0):
            yield pair


def _dev_pairs(data: DataConfig) -> Iterator[Pair]:
    if data.dev:
        yield from read_pairs(data.dev, data.src, data.tgt)
        return
    share = _held_out_share(data)
    for pair in read_pairs(data.train, data.src, data.tgt):
        if is_held_out(pair, share, 0):
            yield pair


def _held_out_share(data: DataConfig) -> float:
    """Return the share of the corpus that is held out, 0 where development corpora are given."""
    if data.dev:
        return 0.0
    total = count_pairs(data, "counting the pairs to hold some out")
    return min(data.dev_size / max(total, 1), _MOST_HELD_OUT)


def _stamps(data: DataConfig) -> list[list[object]]:
    """Return name, size and time of every file the sources may name, to notice when one changes."""
    stamps: list[list[object]] = []
    for source in [*data.train, *data.dev]:
        for part in source.split(","):
            for path in sorted({Path(part), *Path(part).parent.glob(f"{escape(Path(part).name)}.*")}):
                if path.is_file():
                    stamps.append([str(path), path.stat().st_size, path.stat().st_mtime_ns])
    return stamps
