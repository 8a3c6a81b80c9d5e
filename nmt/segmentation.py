"""Segmentations drawn at random, from draws that are passed in.

SentencePiece has both kinds of sampling, but from 0.2.2 on it salts its generator anew in every process, so that
no seed repeats a training or lets one go on as if it had never stopped. Pieces never reach over a space, so a
sentence is drawn word by word, and what a word allows is kept.
"""

from __future__ import annotations

import math
import re
from array import array
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import accumulate
from random import Random
from typing import Protocol

from nmt.spm import SPACE

# What SentencePiece takes off the lowest score for a character that it does not know.
_UNKNOWN_PENALTY = 10.0
_WORDS = re.compile(f"{SPACE}?[^{SPACE}]+|{SPACE}")
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
        spaced = "".join(SPACE + word for word in text.split(" ") if word)
        found: list[int] = []
        for part in self._symbols.split(spaced) if self._symbols else (spaced,):
            if part in self._pieces.symbols:
                found.append(self._pieces.ids[part])
                continue
            for word in _WORDS.findall(part):
                found += self._words.sample(word, alpha, draws)
        return found


@dataclass(frozen=True, slots=True)
class _Ways:
    """All ways through a word, in few and flat arrays: those of tens of thousands of words are kept.

    The last parts of the ways to the place p in the word are the entries first[p] to first[p + 1]: bounds to draw one
    by, where it starts, and its number, see `UnigramSampler`.
    """

    first: array[int]
    bounds: array[float]
    starts: array[int]
    numbers: array[int]


class UnigramSampler:
    """Draws a segmentation by its probability to the power of alpha, normalised: forwards over all ways through
    the word, then backwards by draws (Kudo, 2018)."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._prefixes = {piece[:end] for piece in pieces.scores for end in range(1, len(piece))}
        self._unknown = min(pieces.scores.values(), default=0.0) - _UNKNOWN_PENALTY
        self._kept: dict[tuple[str, float], _Ways] = {}
        # A part is the id of its piece; a character that has none: -1, -2, … by its place in this list of bytes.
        self._spelled: list[tuple[int, ...]] = []
        self._characters: dict[str, int] = {}

    def sample(self, word: str, alpha: float, draws: Random) -> list[int]:
        """alpha: 0 = all ways alike, 1 = by their probability, beyond: ever more the best"""
        ways = self._ways(word, alpha)
        parts: list[int] = []
        end = len(word)
        while end:
            low, high = ways.first[end], ways.first[end + 1]
            if high - low > 1:
                low = bisect(ways.bounds, draws.random() * ways.bounds[high - 1], low, high)
            parts.append(ways.numbers[low])
            end = ways.starts[low]
        return [number for part in reversed(parts) for number in (self._spelled[-part - 1] if part < 0 else (part,))]

    def _ways(self, word: str, alpha: float) -> _Ways:
        key = (word, alpha)
        if key not in self._kept:
            ways = self._forward(word, alpha)
            if len(word) > _KEPT_LENGTH:
                return ways
            if len(self._kept) >= _KEPT_WORDS:
                self._kept.clear()
            self._kept[key] = ways
        return self._kept[key]

    def _forward(self, word: str, alpha: float) -> _Ways:
        steps: list[list[tuple[float, int, int]]] = [[] for _ in range(len(word) + 1)]
        first, bounds = array("I", (0, 0)), array("d")
        total = 0.0
        for start in range(len(word)):
            if start:
                drawn, total = _bounds([weight for weight, _, _ in steps[start]])
                bounds.extend(drawn)
                first.append(len(bounds))
            for end, number, score in self._starting(word, start):
                steps[end].append((total + alpha * score, start, number))
        bounds.extend(_bounds([weight for weight, _, _ in steps[-1]])[0])
        first.append(len(bounds))
        entries = [entry for step in steps for entry in step]
        return _Ways(
            first, bounds, array("I", (each[1] for each in entries)), array("i", (each[2] for each in entries))
        )

    def _starting(self, word: str, start: int) -> Iterator[tuple[int, int, float]]:
        """Yield end, number and score of the parts of a word that begin at a place: those with a piece, and in any
        case one character."""
        scores, ids = self._pieces.scores, self._pieces.ids
        for end in range(start + 1, len(word) + 1):
            part = word[start:end]
            if part in scores:
                yield end, ids[part], scores[part]
            elif end == start + 1:
                yield end, self._spell(part), self._unknown
            if part not in self._prefixes:
                return

    def _spell(self, character: str) -> int:
        """Return the number of a character that has no piece."""
        if character not in self._characters:
            self._spelled.append(self._pieces.spell(character))
            self._characters[character] = -len(self._spelled)
        return self._characters[character]


def _bounds(logs: list[float]) -> tuple[list[float], float]:
    """Return the running sums of weights given by their logarithms, up to a factor, and the logarithm of the sum."""
    best = max(logs)
    sums = list(accumulate(math.exp(log - best) for log in logs))
    return sums, best + math.log(sums[-1])


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
