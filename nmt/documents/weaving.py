"""Weaving marks into a translation: a pair around the words made from those it was around, others between them.

Every mark of the source comes out once, and pairs stay nested, whatever the translation is.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from nmt.documents.alignment import Links, Units, is_unspaced, is_word, link, read_units
from nmt.documents.marks import Alone, Item, Node, Pair, Passage, merged, read_tree
from nmt.documents.numbers import correct_numbers

if TYPE_CHECKING:
    from nmt.translation import Translation

_CLOSING = frozenset(".,;:!?)]}…»”’%")
_OPENING = frozenset("([{„«¿¡“‘")
# Words between two of a pair's words that are taken in, articles for example.
_GAP = 2


@dataclass(eq=False)
class _Placed:
    """A node that is or holds a mark, with the place it has in the source and gets in the translation.

    first, last: characters before it and up to its end, white space aside; before, after: white space or nothing is
    next to it; begin, end: units of the translation it is around, none where they are equal
    """

    node: Alone | Pair
    first: int
    last: int = 0
    before: bool = True
    after: bool = True
    inside: list[_Placed] = field(default_factory=list)
    begin: int = 0
    end: int = 0


class Frame:
    """A passage taken apart: the text to translate, and how its marks stand in it."""

    def __init__(self, passage: Passage) -> None:
        items = list(passage)
        self._lead, self._trail = _edges(items)
        self._text: list[str] = []
        self._size = 0
        # Whether a mark was left out just before the text that comes next.
        self._left_out = False
        self._marks = self._read(read_tree(items))
        self.text = " ".join("".join(self._text).split())

    def _read(self, nodes: Sequence[Node]) -> list[_Placed]:
        placed = []
        for place, node in enumerate(nodes):
            if isinstance(node, str):
                self._add(node)
                continue
            mark = _Placed(node, self._size)
            if isinstance(node, Pair):
                mark.inside = self._read(node.children)
            else:
                self._left_out = self._left_out or not _breaks(node)
            mark.last = self._size
            mark.before = _ends_open(nodes[place - 1]) if place else True
            mark.after = _starts_open(nodes[place + 1]) if place + 1 < len(nodes) else True
            placed.append(mark)
        return placed

    def _add(self, text: str) -> None:
        """Add a text to that to be translated, without a gap where a mark was."""
        text = unicodedata.normalize("NFC", text)
        if self._left_out and self._text and text:
            before = self._text[-1]
            if text[0] in _CLOSING:
                self._text[-1] = before.rstrip()
            elif before[-1:].isalnum() and text[0].isalnum():
                self._text.append(" ")
        self._left_out = self._left_out and not text
        self._text.append(text)
        self._size += sum(not character.isspace() for character in text)

    def weave(self, translation: Translation) -> list[Item]:
        """Return the translation as a passage with all marks of the source."""
        source, target = read_units(self.text), read_units(" ".join(translation.text.split()))
        links = link(source, target, translation)
        correct_numbers(source, target, links)
        placing = _Placing(source, target, links)
        placing.place(self._marks, 0, len(target))
        return merged([self._lead, *_Emission(target, placing).emit(self._marks, 0, len(target)), self._trail])


def _edges(items: list[Item]) -> tuple[str, str]:
    """Take the white space off a passage's ends and return it."""
    lead = trail = ""
    if items and isinstance(first := items[0], str):
        rest = first.lstrip()
        items[0], lead = rest, first[: len(first) - len(rest)]
    if items and isinstance(last := items[-1], str):
        rest = last.rstrip()
        items[-1], trail = rest, last[len(rest) :]
    return lead, trail


def _breaks(node: Alone) -> bool:
    """Say whether nothing but places where a word may be broken stands there."""
    return all(not isinstance(item, str) and str(item.content).lower().startswith("<wbr") for item in node.items)


def _ends_open(node: Node) -> bool:
    return not isinstance(node, str) or not node or node[-1].isspace()


def _starts_open(node: Node) -> bool:
    return not isinstance(node, str) or not node or node[0].isspace()


class _Placing:
    """Finds the place of each mark in the translation."""

    def __init__(self, source: Units, target: Units, links: Links) -> None:
        self.source = source
        self.target = target
        self.links = links
        self._made: list[list[int]] = [[] for _ in source.texts]
        for place, sources in enumerate(links):
            for src in sources:
                self._made[src].append(place)
        self._traced = [src for src, made in enumerate(self._made) if made]
        self._stretches: dict[int, range] = {}

    def place(self, marks: Sequence[_Placed], begin: int, end: int) -> None:
        """Place marks, and what they hold, among the units begin to end of the translation."""
        pairs = [mark for mark in marks if isinstance(mark.node, Pair)]
        wanted = [self._units(mark, begin, end) for mark in pairs]
        claims = Counter(unit for units in wanted for unit in units)
        # The stretch that a unit was given to, by the unit.
        taken: dict[int, range] = {}
        for mark, units in zip(pairs, wanted, strict=True):
            free = [unit for unit in units if unit not in taken]
            stretch = _longest(free, lambda unit: unit not in taken and not claims[unit])
            stretch = self._with_punctuation(mark, stretch, lambda unit: begin <= unit < end and unit not in taken)
            mark.begin, mark.end = stretch.start, stretch.stop
            taken.update(dict.fromkeys(stretch, stretch))
        earliest = begin
        for mark in marks:
            if mark.begin == mark.end:
                fixed = isinstance(mark.node, Alone) and mark.node.fixed
                gap = max(_outside(taken, min(max(self._gap(mark), begin), end)), earliest if fixed else begin)
                mark.begin = mark.end = gap
                earliest = gap if fixed else earliest
            self.place(mark.inside, mark.begin, mark.end)

    def _units(self, mark: _Placed, begin: int, end: int) -> list[int]:
        """Return the units of the translation made from the words within a pair."""
        first, last = self._span(mark)
        words = [src for src in range(first, last) if is_word(self.source.texts[src])]
        units = {unit for src in words or range(first, last) for unit in self._made[src]}
        return sorted(unit for unit in units if begin <= unit < end)

    def _with_punctuation(self, mark: _Placed, stretch: range, free: Callable[[int], bool]) -> range:
        """Return a pair's stretch with the punctuation at its ends that was within the pair in the source."""
        if not stretch:
            return stretch
        first, last = self._span(mark)
        begin, end = stretch.start, stretch.stop
        inside = self.source.texts[first:last]
        for text in _behind_words(inside):
            if free(end) and self.target.texts[end] == text:
                end += 1
        for text in _behind_words(inside[::-1]):
            if free(begin - 1) and self.target.texts[begin - 1] == text:
                begin -= 1
        return range(begin, end)

    def _span(self, mark: _Placed) -> tuple[int, int]:
        """Return the source units a mark is around, or the place between two."""
        if mark.last > mark.first:
            return self.source.at(mark.first), self.source.at(mark.last - 1) + 1
        place = min(bisect_left(self.source.starts, mark.first), len(self.source))
        return place, place

    def _gap(self, mark: _Placed) -> int:
        """Return the place between two units of the translation where a mark goes that is around none."""
        first, last = self._span(mark)
        left, right = self._after(first - 1), self._before(last)
        if left is None or right is None:
            return next((each for each in (left, right) if each is not None), self._by_share(first))
        if left == right or not self._prefers_right(mark, first - 1, last):
            return left
        return right

    def _prefers_right(self, mark: _Placed, left: int, right: int) -> bool:
        """Say whether a mark goes with the unit to its right where its neighbours have been parted."""
        if mark.before != mark.after:
            return mark.before
        before, after = self.source.texts[left], self.source.texts[right]
        if is_word(before) != is_word(after):
            return is_word(after)
        # A number or name before its noun, where nouns have capitals.
        return before[0].islower() and after[0].isupper()

    def _after(self, src: int) -> int | None:
        """Return the place behind what was made from the nearest unit at or before one that left a trace."""
        nearest = bisect_right(self._traced, src) - 1
        return self._together(self._traced[nearest]).stop if nearest >= 0 else None

    def _before(self, src: int) -> int | None:
        nearest = bisect_left(self._traced, src)
        return self._together(self._traced[nearest]).start if nearest < len(self._traced) else None

    def _together(self, src: int) -> range:
        """Return the longest stretch made from a source unit."""
        if src not in self._stretches:
            self._stretches[src] = _longest(self._made[src], lambda _: True)
        return self._stretches[src]

    def _by_share(self, place: int) -> int:
        return round(place / max(len(self.source), 1) * len(self.target))

    def neighbours(self, mark: _Placed) -> tuple[int, int]:
        """Return the source units before and after a mark."""
        first, last = self._span(mark)
        return first - 1, last

    def belong(self, src: int, unit: int) -> bool:
        """Say whether a unit of the translation was made from one of the source, a word from a word."""
        return src in self.links[unit] and is_word(self.source.texts[src]) == is_word(self.target.texts[unit])


def _longest(units: Sequence[int], free: Callable[[int], bool]) -> range:
    """Return the stretch with the most of some units, in which few others stand, all of them free."""
    best = current = range(0)
    most = count = 0
    for unit in units:
        near = count and unit - current.stop <= _GAP and all(map(free, range(current.stop, unit)))
        current = range(current.start if near else unit, unit + 1)
        count = count + 1 if near else 1
        if count > most:
            best, most = current, count
    return best


def _behind_words(units: Sequence[str]) -> list[str]:
    """Return the units behind the last word."""
    return list(takewhile(lambda unit: not is_word(unit), reversed(units)))[::-1]


def _outside(taken: Mapping[int, range], gap: int) -> int:
    """Return the place itself, or the nearer end of the stretch it is within."""
    stretch = taken.get(gap, range(0))
    if not stretch.start < gap < stretch.stop:
        return gap
    return stretch.start if gap - stretch.start < stretch.stop - gap else stretch.stop


class _Emission:
    """Writes the units of a translation and its marks in their order."""

    def __init__(self, target: Units, placing: _Placing) -> None:
        self._target = target
        self._placing = placing

    def emit(self, marks: Sequence[_Placed], begin: int, end: int) -> list[Item]:
        """Return the units begin to end with marks, without the white space around them."""
        out: list[Item] = []
        # Whether the white space before the next unit is written, or belongs to what is around.
        place, spaced = begin, True
        for mark in sorted(marks, key=lambda each: (each.begin, each.end)):
            self._text(out, place, mark.begin, spaced)
            spaced = spaced and place == mark.begin
            place = mark.begin
            if mark.begin < mark.end:
                if not spaced:
                    out.append(self._target.spaces[place])
                out += self._pair(mark)
                place, spaced = mark.end, False
            else:
                left = "" if spaced and not out else self._left(mark, place)
                right = "" if place == end else self._right(mark, place)
                if spaced and _ends_spaced(out):
                    left = ""
                out += [left, *self._around(mark), right]
                spaced = True
        self._text(out, place, end, spaced)
        return out

    def _text(self, out: list[Item], begin: int, end: int, spaced: bool) -> None:
        for place in range(begin, end):
            if not (spaced and place == begin):
                out.append(self._target.spaces[place])
            out.append(self._target.texts[place])

    def _pair(self, mark: _Placed) -> list[Item]:
        assert isinstance(mark.node, Pair)
        return [mark.node.opening, *self.emit(mark.inside, mark.begin, mark.end), mark.node.closing]

    def _around(self, mark: _Placed) -> list[Item]:
        """Return a mark that is around no unit, with all it holds."""
        return mark.node.items if isinstance(mark.node, Alone) else self._pair(mark)

    def _left(self, mark: _Placed, place: int) -> str:
        """Return the white space before a mark that stands behind a unit."""
        if not place:
            return ""
        unit, space = self._target.texts[place - 1], self._space(place)
        linked = self._placing.belong(self._placing.neighbours(mark)[0], place - 1)
        return _space(space, unit, mark.before, linked, _OPENING)

    def _right(self, mark: _Placed, place: int) -> str:
        """Return the white space between a mark and the unit before which it stands."""
        if place >= len(self._target):
            return ""
        unit, space = self._target.texts[place], self._space(place)
        linked = self._placing.belong(self._placing.neighbours(mark)[1], place)
        return _space(space, unit, mark.after, linked, _CLOSING)

    def _space(self, place: int) -> str:
        return self._target.spaces[place] if 0 < place < len(self._target) else ""


def _space(space: str, unit: str, apart: bool, linked: bool, clinging: frozenset[str]) -> str:
    """Return what goes between a mark and a unit; space: what is there; apart, linked: as they were in the source."""
    if not apart and linked:
        return ""
    if not space and (unit in clinging or (is_unspaced(unit) and not apart)):
        return ""
    return space or (" " if apart or is_word(unit) else "")


def _ends_spaced(out: list[Item]) -> bool:
    last = next((item for item in reversed(out) if item != ""), None)
    return isinstance(last, str) and last[-1].isspace()
