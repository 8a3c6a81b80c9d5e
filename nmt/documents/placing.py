"""Where marks go in a translation: a pair around the words made from those it was around, others between them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from itertools import takewhile

from nmt.documents.alignment import Links, Units, is_word
from nmt.documents.frames import Placed
from nmt.documents.marks import Alone, Formula

# Words between two of a pair's words that are taken in, articles for example.
_GAP = 2


class Placing:
    """Finds the place of each mark in the translation.

    places: the units that a mark is around, none where it stands between two
    """

    def __init__(self, source: Units, target: Units, links: Links) -> None:
        self.source = source
        self.target = target
        self.links = links
        self.places: dict[Placed, range] = {}
        self._made: list[list[int]] = [[] for _ in source.texts]
        for place, sources in enumerate(links):
            for src in sources:
                self._made[src].append(place)
        self._traced = [src for src, made in enumerate(self._made) if made]
        self._stretches: dict[int, range] = {}
        # What a formula, which stands for the words it is around, does not take in beside them.
        self._words = frozenset(place for place, text in enumerate(target.texts) if is_word(text))

    def place(self, marks: Sequence[Placed], begin: int, end: int) -> None:
        """Place marks, and what they hold, among the units begin to end of the translation."""
        pairs = [mark for mark in marks if not isinstance(mark.node, Alone)]
        wanted = [self._units(mark, begin, end) for mark in pairs]
        claims = Counter(unit for units in wanted for unit in units)
        # The stretch that a unit was given to, by the unit.
        taken: dict[int, range] = {}
        for mark, units in zip(pairs, wanted, strict=True):
            free = [unit for unit in units if unit not in taken]
            held = self._words if isinstance(mark.node, Formula) else frozenset[int]()
            stretch = _longest(free, partial(_is_free, taken, claims, held))
            stretch = self._with_punctuation(
                mark, stretch, lambda unit: begin <= unit < end and unit not in taken and not claims[unit]
            )
            self.places[mark] = stretch
            taken.update(dict.fromkeys(stretch, stretch))
        earliest = begin
        for mark in marks:
            if not self.places.get(mark):
                fixed = isinstance(mark.node, Alone) and mark.node.fixed
                gap = max(_outside(taken, min(max(self._gap(mark), begin), end)), earliest if fixed else begin)
                self.places[mark] = range(gap, gap)
                earliest = gap if fixed else earliest
            self.place(mark.inside, self.places[mark].start, self.places[mark].stop)

    def _units(self, mark: Placed, begin: int, end: int) -> list[int]:
        """Return the units of the translation made from the words within a pair."""
        first, last = self._span(mark)
        words = [src for src in range(first, last) if is_word(self.source.texts[src])]
        units = {unit for src in words or range(first, last) for unit in self._made[src]}
        if isinstance(mark.node, Formula):
            units = {unit for unit in units if any(map(str.isdigit, self.target.texts[unit]))}
        return sorted(unit for unit in units if begin <= unit < end)

    def _with_punctuation(self, mark: Placed, stretch: range, free: Callable[[int], bool]) -> range:
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

    def _span(self, mark: Placed) -> tuple[int, int]:
        """Return the source units a mark is around, or the place between two."""
        if mark.last > mark.first:
            return self.source.at(mark.first), self.source.at(mark.last - 1) + 1
        place = min(bisect_left(self.source.starts, mark.first), len(self.source))
        return place, place

    def _gap(self, mark: Placed) -> int:
        """Return the place between two units of the translation where a mark goes that is around none."""
        first, last = self._span(mark)
        left, right = self._after(first - 1), self._before(last)
        if left is None or right is None:
            return next((each for each in (left, right) if each is not None), self._by_share(first))
        if left == right or not self._prefers_right(mark, first - 1, last):
            return left
        return right

    def _prefers_right(self, mark: Placed, left: int, right: int) -> bool:
        """Say whether a mark goes with the unit to its right where its neighbours have been parted."""
        if bool(mark.before) != bool(mark.after):
            return bool(mark.before)
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

    def linked(self, mark: Placed, place: int, side: int) -> bool:
        """Say whether a unit of the translation was made from that next to a mark in the source, a word from a word.

        side: -1 before the mark, 1 behind it
        """
        first, last = self._span(mark)
        within = mark.last == mark.first < self.source.starts[first]
        # A mark within a word has that word on both sides.
        src = first - 1 if side < 0 or within else last
        return src in self.links[place] and is_word(self.source.texts[src]) == is_word(self.target.texts[place])


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


def _is_free(taken: Container[int], claims: Mapping[int, int], held: Container[int], unit: int) -> bool:
    """Say whether a pair may take in a unit that none of its own words made."""
    return unit not in taken and not claims[unit] and unit not in held


def _behind_words(units: Sequence[str]) -> list[str]:
    """Return the units behind the last word."""
    return list(takewhile(lambda unit: not is_word(unit), reversed(units)))[::-1]


def _outside(taken: Mapping[int, range], gap: int) -> int:
    """Return the place itself, or the nearer end of the stretch it is within."""
    stretch = taken.get(gap, range(0))
    if not stretch.start < gap < stretch.stop:
        return gap
    return stretch.start if gap - stretch.start < stretch.stop - gap else stretch.stop
