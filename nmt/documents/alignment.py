"""Words of a text and of its translation, and which of them belong together by the model's attention."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TYPE_CHECKING

from nmt.spm import SPACE
from nmt.unspaced import UNSPACED, UNSPACED_CHARACTER

if TYPE_CHECKING:
    from nmt.translation import Translation

# In scripts without spaces each character counts as a word.
_WORD = rf"(?:(?![{UNSPACED}])\w)"
_UNIT = re.compile(rf"[{UNSPACED}]|{_WORD}+(?:['’.,:/-]{_WORD}+)*|\S")
# Units of texts that are compared word by word where they differ: it takes time with the square of their number.
_COMPARED = 1000
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


@dataclass(frozen=True)
class Units:
    """The words and punctuation marks of a text, and the white space before each and behind the last.

    starts: the number of characters, white space aside, before each unit, and their total
    """

    texts: list[str]
    spaces: list[str]
    starts: list[int]

    def __len__(self) -> int:
        return len(self.texts)

    def at(self, character: int) -> int:
        """Return the unit that holds a character, counted without white space."""
        return min(bisect_right(self.starts, character), len(self)) - 1


def read_units(text: str) -> Units:
    """Cut a text into its units."""
    texts, spaces, end = [], [], 0
    for match in _UNIT.finditer(text):
        texts.append(match[0])
        spaces.append(text[end : match.start()])
        end = match.end()
    return Units(texts, [*spaces, text[end:]], [0, *accumulate(map(len, texts))])


def is_word(unit: str) -> bool:
    """Say whether a unit is more than punctuation."""
    return any(map(str.isalnum, unit))


def is_unspaced(unit: str) -> bool:
    """Say whether a unit is of a script written without spaces."""
    return UNSPACED_CHARACTER.fullmatch(unit) is not None


Links = list[frozenset[int]]


def link(source: Units, target: Units, translation: Translation) -> Links:
    """Return for each unit of the translation the source units it was made from.

    Where texts are too long to be compared with the pieces of the model, units are taken to keep their order.
    """
    src_units = _units_of_pieces(source, translation.src_tokens)
    tgt_units = _units_of_pieces(target, translation.tokens)
    found: list[set[int]] = [set() for _ in target.texts]
    if src_units is None or tgt_units is None:
        for place in range(len(target)):
            if len(source):
                found[place].add(min(place * len(source) // len(target), len(source) - 1))
    else:
        for src, tgt in translation.alignment:
            if 0 <= src < len(src_units) and 0 <= tgt < len(tgt_units):
                for place in tgt_units[tgt]:
                    found[place].update(src_units[src])
    _link_equal(source, target, found)
    return [frozenset(each) for each in found]


def _link_equal(source: Units, target: Units, found: list[set[int]]) -> None:
    """Link words that stand once in both texts, such as names and numbers, whatever the attention says."""
    once = {text for text, count in Counter(source.texts).items() if count == 1 and is_word(text)}
    twice = Counter(target.texts)
    places = {text: place for place, text in enumerate(source.texts) if text in once}
    for place, text in enumerate(target.texts):
        if text in once and twice[text] == 1:
            found[place] = {places[text]}


def _units_of_pieces(units: Units, pieces: Sequence[str]) -> list[range] | None:
    """Return the units of each piece, whose text may differ in some words, or None where the two are too long for that.

    What was written out for the model, or carried around it, is spelt by the pieces as the model got or gave it.
    """
    if (places := _places(units, pieces)) is not None:
        return [range(place, place + 1) for place in places]
    own = read_units(_spelt(pieces))
    places = _places(own, pieces)
    if places is None or not units.texts or max(len(own), len(units)) > _COMPARED:
        return None
    there = [range(0)] * len(own)
    for _, start, end, first, last in SequenceMatcher(None, own.texts, units.texts, autojunk=False).get_opcodes():
        for place in range(start, end):
            begin, stop = (first + (each - start) * (last - first) // (end - start) for each in (place, place + 1))
            there[place] = range(min(begin, len(units) - 1), max(stop, min(begin, len(units) - 1) + 1))
    return [there[place] for place in places]


def _spelt(pieces: Sequence[str]) -> str:
    """Return the text that pieces spell."""
    parts = (
        bytes([int(byte[1], 16)]) if (byte := _BYTE.fullmatch(piece)) else piece.replace(SPACE, " ").encode()
        for piece in pieces
    )
    return b"".join(parts).decode("utf-8", "replace")


def _places(units: Units, pieces: Sequence[str]) -> list[int] | None:
    """Return the unit of each piece of a text, or None where pieces and text differ."""
    starts, total = [], 0
    for piece in pieces:
        starts.append(total)
        if byte := _BYTE.fullmatch(piece):
            # The first byte of a character stands for it.
            total += int(byte[1], 16) & 0xC0 != 0x80
        else:
            total += sum(not character.isspace() for character in piece.replace(SPACE, " "))
    if total != units.starts[-1] or not total:
        return None
    return [units.at(min(start, total - 1)) for start in starts]
