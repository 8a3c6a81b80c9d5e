"""Segmentations drawn at random, from draws that are passed in.

SentencePiece has both kinds of sampling, but from 0.2.2 on it salts its generator anew in every process, so that
no seed repeats a training or lets one go on as if it had never stopped. Pieces never reach over a space, so a
sentence is drawn word by word, and what a word allows is kept.
"""

from __future__ import annotations

import math
import re
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import accumulate
from random import Random
from typing import Protocol

# How SentencePiece writes a space, and what it takes off the lowest score for a character that it does not know.
_SPACE = "▁"
_UNKNOWN_PENALTY = 10.0
_WORDS = re.compile(f"{_SPACE}?[^{_SPACE}]+|{_SPACE}")
# Words whose ways are kept, and the longest such word.
_KEPT_WORDS, _KEPT_LENGTH = 50_000, 40


@dataclass(frozen=True)
class Pieces:
    """A vocabulary as samplers need it.

    ids, scores: by piece, of those that stand for text; byte_ids: of the 256 bytes, for characters without a piece;
    symbols: pieces that are never cut
    """

    ids: Mapping[str, int]
    scores: Mapping[str, float]
    byte_ids: tuple[int, ...]
    symbols: frozenset[str]

    def spell(self, character: str) -> tuple[int, ...]:
        """Return the ids of a character: of its piece, else of its bytes in UTF-8."""
        if character in self.ids:
            return (self.ids[character],)
        return tuple(self.byte_ids[byte] for byte in character.encode())


class WordSampler(Protocol):
    """Draws the ids of one word."""

    def sample(self, word: str, alpha: float, draws: Random) -> list[int]: ...


class SentenceSampler:
    """Cuts a sentence into words and symbols, and draws the ids of each."""

    def __init__(self, pieces: Pieces, words: WordSampler) -> None:
        self._pieces = pieces
        self._words = words
        # The longest first, so that a symbol within another does not cut it.
        symbols = sorted(pieces.symbols, key=len, reverse=True)
        self._symbols = re.compile(f"({'|'.join(map(re.escape, symbols))})") if symbols else None

    def sample(self, text: str, alpha: float, draws: Random) -> list[int]:
        """Draw the ids of a text; alpha: see the samplers of words"""
        spaced = "".join(_SPACE + word for word in text.split(" ") if word)
        found: list[int] = []
        for part in self._symbols.split(spaced) if self._symbols else (spaced,):
            if part in self._pieces.symbols:
                found.append(self._pieces.ids[part])
                continue
            for word in _WORDS.findall(part):
                found += self._words.sample(word, alpha, draws)
        return found


@dataclass(frozen=True)
class _Step:
    """The last piece of a way to some place in a word: bounds to draw it by, where each begins, its ids."""

    bounds: list[float]
    starts: list[int]
    ids: list[tuple[int, ...]]


class UnigramSampler:
    """Draws a segmentation by its probability to the power of alpha, normalised: forwards over all ways through
    the word, then backwards by draws (Kudo, 2018)."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._prefixes = {piece[:end] for piece in pieces.scores for end in range(1, len(piece))}
        self._unknown = min(pieces.scores.values(), default=0.0) - _UNKNOWN_PENALTY
        self._kept: dict[tuple[str, float], list[_Step]] = {}

    def sample(self, word: str, alpha: float, draws: Random) -> list[int]:
        """alpha: 0 = all ways alike, 1 = by their probability, beyond: ever more the best"""
        steps = self._steps(word, alpha)
        parts = []
        end = len(word)
        while end:
            step = steps[end]
            chosen = bisect(step.bounds, draws.random() * step.bounds[-1]) if len(step.starts) > 1 else 0
            parts.append(step.ids[chosen])
            end = step.starts[chosen]
        return [number for part in reversed(parts) for number in part]

    def _steps(self, word: str, alpha: float) -> list[_Step]:
        key = (word, alpha)
        if key not in self._kept:
            steps = self._forward(word, alpha)
            if len(word) > _KEPT_LENGTH:
                return steps
            if len(self._kept) >= _KEPT_WORDS:
                self._kept.clear()
            self._kept[key] = steps
        return self._kept[key]

    def _forward(self, word: str, alpha: float) -> list[_Step]:
        """Return the step to each place in the word, by its number of characters before."""
        steps = [_Step([], [], []) for _ in range(len(word) + 1)]
        total = 0.0
        for start in range(len(word)):
            if start:
                total = _into_bounds(steps[start].bounds)
            for part, ids, score in self._starting(word, start):
                step = steps[start + len(part)]
                step.bounds.append(total + alpha * score)
                step.starts.append(start)
                step.ids.append(ids)
        _into_bounds(steps[-1].bounds)
        return steps

    def _starting(self, word: str, start: int) -> Iterator[tuple[str, tuple[int, ...], float]]:
        """Yield the parts of a word that begin at a place: those with a piece, and in any case one character."""
        scores, ids = self._pieces.scores, self._pieces.ids
        for end in range(start + 1, len(word) + 1):
            part = word[start:end]
            if part in scores:
                yield part, (ids[part],), scores[part]
            elif end == start + 1:
                yield part, self._pieces.spell(part), self._unknown
            if part not in self._prefixes:
                return


def _into_bounds(logs: list[float]) -> float:
    """Turn logarithms of weights into their running sums, up to a factor; returns the logarithm of the whole sum."""
    best = max(logs)
    logs[:] = accumulate(math.exp(log - best) for log in logs)
    return best + math.log(logs[-1])


class BpeSampler:
    """Merges as BPE does, but leaves out each merge with probability alpha (Provilkov et al., 2020)."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    def sample(self, word: str, alpha: float, draws: Random) -> list[int]:
        """alpha: 0 = the segmentation of BPE, 1 = characters"""
        parts: list[str | None] = list(word)
        after = list(range(1, len(word) + 1))
        before = list(range(-1, len(word) - 1))
        agenda = [merge for place in range(len(word) - 1) if (merge := self._merge(parts, place, place + 1))]
        heapify(agenda)
        while agenda:
            _, left, right, whole = heappop(agenda)
            # One of the two may have been merged with another meanwhile.
            first, second = parts[left], parts[right]
            if first is None or second is None or first + second != whole or after[left] != right:
                continue
            if draws.random() < alpha:
                continue
            parts[left], parts[right] = whole, None
            after[left] = after[right]
            if after[left] < len(parts):
                before[after[left]] = left
            for pair in ((before[left], left), (left, after[left])):
                if pair[0] >= 0 and pair[1] < len(parts) and (merge := self._merge(parts, *pair)):
                    heappush(agenda, merge)
        return [number for part in parts if part is not None for number in self._ids(part)]

    def _merge(self, parts: list[str | None], left: int, right: int) -> tuple[float, int, int, str] | None:
        """Return the merge of two neighbours for the agenda, the best first; None where it makes no piece."""
        whole = f"{parts[left]}{parts[right]}"
        score = self._pieces.scores.get(whole)
        return None if score is None else (-score, left, right, whole)

    def _ids(self, part: str) -> Iterable[int]:
        return (self._pieces.ids[part],) if part in self._pieces.ids else self._pieces.spell(part)
