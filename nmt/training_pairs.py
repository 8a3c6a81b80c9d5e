"""The pairs of a training: read from its corpora, cleaned, some held out, kept memory-mapped in its directory."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from heapq import heappush, heappushpop
from itertools import islice
from pathlib import Path

from nmt.bars import shown, told
from nmt.cleaning import Cleaner, held_out_place, is_held_out
from nmt.config import DataConfig
from nmt.corpus import Pair, read_pairs, source_files
from nmt.durable import sync, write_atomically
from nmt.errors import FailureError, InputError
from nmt.store import PairStore
from nmt.tokenizer import TokenizerPair

logger = logging.getLogger(__name__)

# Development pairs are held in memory, and every validation reads them all.
_MOST_DEV_PAIRS = 5000
_MOST_HELD_OUT = 0.05


def build_stores(data: DataConfig, cache: Path, tokenizers: TokenizerPair) -> None:
    """Build the memory-mapped pairs, for `open_stores`, unless they are there, of the same files.

    Raises InputError for data that cannot be read or leaves no pair, FailureError where the disk refuses.
    """
    facts = json.dumps({"data": data.model_dump(mode="json"), "files": _stamps(data)}).encode()
    ready = cache / "sources.json"
    if ready.is_file() and ready.read_bytes() == facts:
        try:
            open_stores(cache)
            return
        except InputError as error:
            logger.warning("%s", error)
    cache.mkdir(exist_ok=True)
    ready.unlink(missing_ok=True)
    cleaner = Cleaner(data, tokenizers.src.count, tokenizers.tgt.count)
    # Counting takes a while too, but lets a bar tell how long the cleaning will.
    total = count_pairs(data, "counting the pairs") if shown() else None
    pairs = told(training_pairs(data), "cleaning the training pairs", "pairs", total)
    PairStore.build(cleaner.clean(pairs), cache / "train", lambda: f"{data.train}: {cleaner.report()}")
    logger.info("training pairs: %s", cleaner.report())
    dev = PairStore.build(
        _fitting(_dev_pairs(data), cleaner),
        cache / "dev",
        lambda: (
            f"the development set {data.dev or 'held out of training'} is empty, or longer than data.max_length; set "
            "data.dev to some pairs"
        ),
    )
    logger.info("development pairs: %d", len(dev))
    write_atomically(ready, facts)
    try:
        sync(cache)
    except OSError as error:
        raise FailureError(f"cannot write {cache}: {error.strerror}") from None


def open_stores(cache: Path) -> tuple[PairStore, list[Pair]]:
    """Reopen the training and development pairs of a cache; raises InputError where it is damaged."""
    train, dev = PairStore.open(cache / "train"), PairStore.open(cache / "dev")
    return train, dev.read(range(len(dev)))


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
    """Yield the development pairs, those given or those held out, without empty sources."""
    if data.dev:
        yield from _first_given(data)
        return
    share = _held_out_share(data)
    for pair in read_pairs(data.train, data.src, data.tgt):
        if is_held_out(pair, share, 0) and pair.src.strip():
            yield pair


def _fitting(pairs: Iterator[Pair], cleaner: Cleaner) -> Iterator[Pair]:
    """Yield the pairs that are not too long: one of a whole book would take more memory than there is."""
    left_out = 0
    for pair in pairs:
        if cleaner.fits(pair):
            yield pair
        else:
            left_out += 1
    if left_out:
        longest = cleaner.config.max_length
        logger.warning("%d development pairs are longer than data.max_length=%d and are not used", left_out, longest)


def _first_given(data: DataConfig) -> Iterator[Pair]:
    """Yield the development pairs that are given, as many as are used, and say where there are more."""
    filled = (pair for pair in read_pairs(data.dev, data.src, data.tgt) if pair.src.strip())
    yield from islice(filled, _MOST_DEV_PAIRS)
    if more := sum(1 for _ in filled):
        total = f"{_MOST_DEV_PAIRS + more:,}"
        logger.warning("%s development pairs given; the first %s are used", total, f"{_MOST_DEV_PAIRS:,}")


def _held_out_share(data: DataConfig) -> float:
    """Return the share of the corpus that is held out, 0 where development corpora are given.

    It is so small that of what is held out nothing needs to be left unused.
    """
    if data.dev:
        return 0.0
    total, first = 0, list[float]()  # a heap: on top, and negative, the last of the places that come first
    what = "counting the pairs to hold some out"
    for pair in told(read_pairs(data.train, data.src, data.tgt), what, "pairs"):
        total += 1
        if pair.src.strip():
            add = heappush if len(first) <= _MOST_DEV_PAIRS else heappushpop
            add(first, -held_out_place(pair, 0))
    share = min(data.dev_size / max(total, 1), _MOST_HELD_OUT)
    return min(share, -first[0]) if len(first) > _MOST_DEV_PAIRS else share


def _stamps(data: DataConfig) -> list[list[object]]:
    """Return name, size and time of every file that pairs are read from, to notice when one changes."""
    paths = [path for sources in (data.train, data.dev) for path in source_files(sources, data.src, data.tgt)]
    return [[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in paths]
