"""The pairs of a training: read from its corpora, cleaned, some held out, kept memory-mapped in its directory."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Collection, Iterator, Mapping
from heapq import heappush, heappushpop
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from nmt.bars import shown, told
from nmt.checkpoint import check_origin
from nmt.cleaning import Cleaner, held_out_place, is_held_out
from nmt.config import DataConfig
from nmt.corpus import Pair, read_pairs, source_files
from nmt.durable import sync, write_atomically
from nmt.errors import FailureError, InputError
from nmt.store import PARTIAL, PairStore
from nmt.tokenizer import TokenizerPair

logger = logging.getLogger(__name__)

# Development pairs are held in memory, and every validation reads them all.
_MOST_DEV_PAIRS = 5000
_MOST_HELD_OUT = 0.05
# What a cache holds: of what files its pairs are, and the pairs, under another name until they are whole.
_READY = "sources.json"
_PARTS = ("train", "dev")
_STORES = [name + suffix for name in _PARTS for suffix in ("", PARTIAL)]
# Where more of the development pairs are learned from, it is a mistake.
_MOST_LEARNED = 0.8
# Files named in a message.
_MOST_NAMED = 6
_HOLDING_OUT = "counting the pairs to hold some out"


class _Survey(NamedTuple):
    """What one reading of the training corpora tells: how many pairs there are, and which share is held out."""

    pairs: int
    held_out: float


# The last one, by what it follows from.
_surveys: dict[bytes, _Survey] = {}


def build_stores(data: DataConfig, cache: Path, tokenizers: TokenizerPair, counters: Mapping[str, Any]) -> None:
    """Build the memory-mapped pairs, for `open_stores`, unless they are there, of the same files.

    counters: of the checkpoint that the training goes on from, if any. Raises InputError for data that cannot be read
    or leaves no pair, for other training pairs than that checkpoint's, which then are still there, and where files of
    somebody else's would be lost; FailureError where the disk refuses.
    """
    facts = _facts(data, {"vocabulary": tokenizers.fingerprint})
    ready = cache / _READY
    # An older version did not note the vocabulary.
    if ready.is_file() and ready.read_bytes() in (facts, _facts(data)) and _are_whole(cache):
        return
    cache.mkdir(exist_ok=True)

    def accept(fingerprint: str) -> None:
        check_origin(cache.parent, counters, {"corpus": fingerprint})
        ready.unlink(missing_ok=True)

    cleaner = Cleaner(data, tokenizers.src.count, tokenizers.tgt.count)
    dev, learned = list(_fitting(_dev_pairs(data), cleaner)), set[Pair]()
    # Counting takes a while too, but lets a bar tell how long the cleaning will.
    total = count_pairs(data, "counting the pairs") if shown() else None
    pairs = told(training_pairs(data), "cleaning the training pairs", "pairs", total)
    PairStore.build(
        _noting(cleaner.clean(pairs), set(dev), learned),
        cache / "train",
        lambda: f"no sentence pairs to learn from: {data.train}: {cleaner.report()}",
        accept,
    )
    logger.info("training pairs: %s", cleaner.report())
    PairStore.build(dev, cache / "dev", lambda: _no_dev_pairs(data))
    logger.info("development pairs: %d", len(dev))
    _tell_learned(dev, learned)
    write_atomically(ready, facts)
    try:
        sync(cache)
    except OSError as error:
        raise FailureError(f"cannot write {cache}: {error.strerror}") from None


def _tell_learned(dev: Collection[Pair], learned: Collection[Pair]) -> None:
    """Say how many of the development pairs are learned from, if any are."""
    if both := sum(pair in learned for pair in dev):
        # Some short sentences stand in any two texts.
        level = logging.WARNING if both > _MOST_LEARNED * len(dev) else logging.INFO
        logger.log(level, "%d of %d development pairs are learned from too: new text will score lower", both, len(dev))


def _are_whole(cache: Path) -> bool:
    """Say whether the pairs of a cache are as they were written, and tell where they are not."""
    try:
        for name in _PARTS:
            PairStore.open(cache / name).check()
    except InputError as error:
        logger.warning("%s", error)
        return False
    return True


def is_cache(cache: Path) -> bool:
    """Say whether a folder holds no files but those that `build_stores`, cut off anywhere, leaves."""
    inside = {path.relative_to(cache) for path in cache.rglob("*") if not path.is_dir() and path.suffix != ".tmp"}
    stores = [Path(name) / file for name in _STORES for file in PairStore.FILES]
    return inside <= {Path(_READY), *stores}


def open_stores(cache: Path) -> tuple[PairStore, list[Pair]]:
    """Reopen the training and development pairs of a cache; raises InputError where it is damaged."""
    train, dev = PairStore.open(cache / "train"), PairStore.open(cache / "dev")
    return train, dev.read(range(len(dev)))


def count_pairs(data: DataConfig, what: str) -> int:
    """Return the number of training pairs as they are read, what is held out among them; what: said meanwhile."""
    return _survey(data, what).pairs


def no_pairs(data: DataConfig) -> str:
    """Return the message about training corpora that are empty."""
    names = [str(path) for path in source_files(data.train, data.src, data.tgt)] or data.train
    *others, last = names[:_MOST_NAMED] + ["others"] * (len(names) > _MOST_NAMED)
    told = f"{', '.join(others)} and {last} hold" if others else f"{last} holds"
    return f"{told} no pairs; give texts with a sentence a line as data.train"


def training_pairs(data: DataConfig) -> Iterator[Pair]:
    """Yield the training corpora without what is held out."""
    share = 0.0 if data.dev else _survey(data, _HOLDING_OUT).held_out
    for pair in read_pairs(data.train, data.src, data.tgt):
        if not is_held_out(pair, share, 0):
            yield pair


def _dev_pairs(data: DataConfig) -> Iterator[Pair]:
    """Yield the development pairs, those given or those held out, without empty sources."""
    if data.dev:
        yield from _first_given(data)
        return
    share = _survey(data, _HOLDING_OUT).held_out
    held_out = (pair for pair in read_pairs(data.train, data.src, data.tgt) if is_held_out(pair, share, 0))
    # More come only of a source that stands there thousands of times.
    yield from islice((pair for pair in held_out if pair.src.strip()), _MOST_DEV_PAIRS)


def _no_dev_pairs(data: DataConfig) -> str:
    longest = f"longer than data.max_length={data.max_length}"
    if data.dev:
        return f"no development pairs: {data.dev} is empty, or every pair is {longest}; give others as data.dev"
    return (
        f"no development pairs could be held out of {data.train}: it has no two different source sentences, or those "
        f"held out are {longest}; set data.dev to some pairs"
    )


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


def _noting(pairs: Iterator[Pair], wanted: Collection[Pair], found: set[Pair]) -> Iterator[Pair]:
    """Yield pairs, and put those that are wanted into what is found."""
    for pair in pairs:
        if pair in wanted:
            found.add(pair)
        yield pair


def _first_given(data: DataConfig) -> Iterator[Pair]:
    """Yield the development pairs that are given, as many as are used, and say where there are more."""
    filled = (pair for pair in read_pairs(data.dev, data.src, data.tgt) if pair.src.strip())
    yield from islice(filled, _MOST_DEV_PAIRS)
    if more := sum(1 for _ in filled):
        total = f"{_MOST_DEV_PAIRS + more:,}"
        logger.warning("%s development pairs given; the first %s are used", total, f"{_MOST_DEV_PAIRS:,}")


def _survey(data: DataConfig, what: str) -> _Survey:
    """Return what reading the training corpora tells, which is done once: a preparation asks several times."""
    facts = _facts(data)
    if facts not in _surveys:
        found = _surveyed(data, what)
        if not found.pairs:
            raise InputError(no_pairs(data))
        _surveys.clear()
        _surveys[facts] = found
    return _surveys[facts]


def _surveyed(data: DataConfig, what: str) -> _Survey:
    pairs = told(read_pairs(data.train, data.src, data.tgt), what, "pairs")
    if data.dev:
        return _Survey(sum(1 for _ in pairs), 0.0)
    total, places = 0, _Places()
    for pair in pairs:
        total += 1
        if pair.src.strip():
            places.add(held_out_place(pair, 0))
    return _Survey(total, places.share(min(data.dev_size / max(total, 1), _MOST_HELD_OUT)))


class _Places:
    """The places that decide what is held out: of each, whether it comes early enough."""

    def __init__(self) -> None:
        self._first = list[float]()  # a heap: on top, and negative, the last of the places that come first
        self._lowest, self._second, self._highest = math.inf, math.inf, 0.0

    def add(self, place: float) -> None:
        add = heappush if len(self._first) <= _MOST_DEV_PAIRS else heappushpop
        add(self._first, -place)
        self._highest = max(self._highest, place)
        if place < self._lowest:
            self._lowest, self._second = place, self._lowest
        elif self._lowest < place < self._second:
            self._second = place

    def share(self, wanted: float) -> float:
        """Return the share to hold out, about the wanted one: of two different sources at least one stays, one goes.

        It is so small that of what is held out nothing needs to be left unused.
        """
        share = min(wanted, -self._first[0]) if len(self._first) > _MOST_DEV_PAIRS else wanted
        return min(max(share, self._second), self._highest)


def _facts(data: DataConfig, more: Mapping[str, str] | None = None) -> bytes:
    """Return what the pairs follow from: the settings, the files with their times, and what more is given."""
    return json.dumps({"data": data.model_dump(mode="json"), "files": _stamps(data), **(more or {})}).encode()


def _stamps(data: DataConfig) -> list[list[object]]:
    """Return name, size and time of every file that pairs are read from, to notice when one changes."""
    paths = [path for sources in (data.train, data.dev) for path in source_files(sources, data.src, data.tgt)]
    return [[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in paths]
