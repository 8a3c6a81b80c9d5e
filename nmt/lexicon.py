"""Which target pieces a source piece translates to, learned from sentence pairs (IBM Model 1, Brown et al., 1993)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from nmt.batches import IdPair

# Links between a source and a target token that are learned from: some 440 MB, and enough for rare pieces.
MOST_LINKS = 20_000_000
_ROUNDS = 4
_CHUNK = 1 << 20


def likeliest(pairs: Iterable[IdPair], src_vocab: int, count: int) -> np.ndarray:
    """Return the `count` likeliest target pieces of each source piece, best first: (src_vocab, count) int32.

    A piece that translates to fewer, or that no pair holds, has 0 in the places left.
    """
    src, tgt, link, token = _links(pairs)
    chances = np.ones(len(src))
    for _ in range(_ROUNDS if len(src) else 0):
        chances = _reestimate(chances, src, link, token)
    # By source piece, then by falling probability.
    order = np.lexsort((-chances, src))
    src, tgt = src[order], tgt[order]
    place = np.arange(len(src)) - np.searchsorted(src, src)
    best = place < count
    table = np.zeros((src_vocab, count), dtype=np.int32)
    table[src[best], place[best]] = tgt[best]
    return table


class _Links(NamedTuple):
    """Every source piece beside every target token of its pair; a kind is a source and a target piece."""

    src: np.ndarray  # (kinds,)
    tgt: np.ndarray  # (kinds,)
    kind: np.ndarray  # (links,)
    token: np.ndarray  # (links,) the number of the target token


def _links(pairs: Iterable[IdPair]) -> _Links:
    kinds_of: list[np.ndarray] = []
    parts: list[np.ndarray] = []
    tokens: list[np.ndarray] = []
    for keys, token in _chunks(pairs):
        # Numbered within the chunk at first: all keys together would take five times the memory.
        kinds, part = np.unique(keys, return_inverse=True)
        kinds_of.append(kinds)
        parts.append(part.astype(np.int32))
        tokens.append(token)
    if not tokens:
        return _Links(*(np.zeros(0, np.int64),) * 2, *(np.zeros(0, np.int32),) * 2)
    together = np.unique(np.concatenate(kinds_of))
    places = [np.searchsorted(together, kinds).astype(np.int32) for kinds in kinds_of]
    link = np.concatenate([place[part] for place, part in zip(places, parts, strict=True)])
    return _Links(together >> 32, together & 0xFFFFFFFF, link, np.concatenate(tokens))


def _chunks(pairs: Iterable[IdPair]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the links, some _CHUNK at a time, as keys (source piece << 32 | target piece) and target tokens."""
    keys: list[np.ndarray] = []
    tokens: list[np.ndarray] = []
    found = held = token = 0
    for src, tgt in pairs:
        if not len(src) or not len(tgt):
            continue
        keys.append((np.array(src, dtype=np.int64)[:, None] << 32 | np.array(tgt, dtype=np.int64)).ravel())
        tokens.append(np.tile(np.arange(token, token + len(tgt), dtype=np.int32), len(src)))
        token += len(tgt)
        found += len(keys[-1])
        held += len(keys[-1])
        if held >= _CHUNK:
            yield np.concatenate(keys), np.concatenate(tokens)
            keys, tokens, held = [], [], 0
        if found >= MOST_LINKS:
            break
    if held:
        yield np.concatenate(keys), np.concatenate(tokens)


def _reestimate(chances: np.ndarray, src: np.ndarray, link: np.ndarray, token: np.ndarray) -> np.ndarray:
    """Return the probability of a target piece given its source piece, of each kind of link, after a round of EM."""
    total = np.zeros(int(token[-1]) + 1)
    for start in range(0, len(link), _CHUNK):
        part = slice(start, start + _CHUNK)
        total += np.bincount(token[part], chances[link[part]], len(total))
    counts = np.zeros(len(chances))
    for start in range(0, len(link), _CHUNK):
        part = slice(start, start + _CHUNK)
        counts += np.bincount(link[part], chances[link[part]] / total[token[part]], len(counts))
    shares: np.ndarray = counts / np.bincount(src, counts)[src]
    return shares
