"""Ranges in a paragraph of a Word document, such as bookmarks and comments: pairs around the words they were around.

A range whose ends do not stand in one passage and container, or that overlaps another in part, is around the whole
paragraph; one that goes on in other paragraphs, or is around nothing, begins or ends before the text or behind it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import TYPE_CHECKING

from nmt.documents.marks import Item, Kind, Mark
from nmt.documents.word_names import attribute, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_FAMILIES = ("bookmark", "commentRange", "perm", "moveFromRange", "moveToRange")
_NAMES = {f"{family}{end}": (family, end == "Start") for family in _FAMILIES for end in ("Start", "End")}
# Ends at one place among which that of a comment is looked for.
_MOST_ENDS = 20


@dataclass(eq=False)
class Endpoint:
    """Where a range starts or ends.

    key: of the range; within: the container it stands in, None for the paragraph; pieces: what is written for it;
    passage, place: the passage it stands in, and the number of items before it there
    """

    key: tuple[str, str]
    starts: bool
    within: Element | None
    pieces: list[object]
    passage: int = 0
    place: int = 0


@dataclass(eq=False)
class _Range:
    start: Endpoint
    end: Endpoint


class _Places(defaultdict[tuple[int, int], list[Mark]]):
    """Marks by the passage and the place in it where they stand."""

    def __init__(self) -> None:
        super().__init__(list)


@dataclass
class Ranged:
    """Passages with the pairs and marks of their ranges; lead, trail: what is written before and behind them."""

    passages: list[list[Item]]
    lead: list[object] = field(default_factory=list)
    trail: list[object] = field(default_factory=list)


def read_endpoint(element: Element, within: Element | None) -> Endpoint | None:
    """Return what an element says of a range, None where it is no end of one."""
    name = local_name(element)
    if name not in _NAMES:
        return None
    family, starts = _NAMES[name]
    return Endpoint((family, attribute(element, "id")), starts, within, [element])


def comment_end(passage: Sequence[Item], reference: Element) -> Endpoint | None:
    """Return the end of the range that a reference to a comment follows, with no more than other ends between."""
    key = ("commentRange", attribute(reference, "id"))
    for item in islice(reversed(passage), _MOST_ENDS):
        point = _endpoint(item)
        if point is None:
            return None
        if point.key == key and not point.starts:
            return point
    return None


def place_ranges(passages: Iterable[Sequence[Item]]) -> Ranged:
    """Return passages, in which marks with endpoints stand, with these where they are written."""
    return _RangeFinder(passages).ranged()


class _RangeFinder:
    """The passages of a paragraph without endpoints, and these apart."""

    def __init__(self, passages: Iterable[Sequence[Item]]) -> None:
        self._passages: list[list[Item]] = []
        self._points: list[Endpoint] = []
        for passage in passages:
            rest: list[Item] = []
            for item in passage:
                if point := _endpoint(item):
                    point.passage, point.place = len(self._passages), len(rest)
                    self._points.append(point)
                else:
                    rest.append(item)
            self._passages.append(rest)
        # Before each place, the number of items that a range may be around.
        self._solid = [[0, *accumulate(map(_is_solid, passage))] for passage in self._passages]
        shown = [
            (number, place)
            for number, passage in enumerate(self._passages)
            for place, item in enumerate(passage)
            if (item.strip() if isinstance(item, str) else item.kind is Kind.ALONE)
        ]
        texts = [(number, place) for number, place in shown if isinstance(self._passages[number][place], str)]
        self._first, self._last = (shown[0], shown[-1]) if shown else ((0, 0), (0, 0))
        self._first_text = texts[0] if texts else self._last

    def ranged(self) -> Ranged:
        ranges = _matched(self._points)
        pairs = _nested([each for each in ranges if self._is_pair(each)])
        paired = {point for each in pairs for point in (each.start, each.end)}
        others = [point for point in self._points if point not in paired]
        marks = _Places()
        for point in others:
            if point.within is not None:
                marks[point.passage, point.place].append(Mark(point.pieces))
        _add_pairs(marks, pairs)
        ranged = Ranged([list(self._with(marks, number)) for number in range(len(self._passages))])
        known = {point: each for each in ranges for point in (each.start, each.end)}
        for point in (each for each in others if each.within is None):
            (ranged.lead if self._leads(point, known.get(point)) else ranged.trail).extend(point.pieces)
        return ranged

    def _with(self, marks: _Places, number: int) -> Iterator[Item]:
        """Yield the items of a passage, and marks at their places among them."""
        passage = self._passages[number]
        for place, item in enumerate(passage):
            yield from marks.get((number, place), ())
            yield item
        yield from marks.get((number, len(passage)), ())

    def _is_pair(self, each: _Range) -> bool:
        """Say whether a range is around something within one passage and container, and not around everything."""
        start, end = each.start, each.end
        if (start.passage, start.within) != (end.passage, end.within):
            return False
        solid = self._solid[start.passage]
        return not self._is_whole(each) and (solid[end.place] > solid[start.place] or len(end.pieces) > 1)

    def _is_whole(self, each: _Range) -> bool:
        start, end = each.start, each.end
        return (
            start.within is None is end.within
            and (start.passage, start.place) <= self._first
            and (end.passage, end.place) > self._last
        )

    def _leads(self, point: Endpoint, known: _Range | None) -> bool:
        """Say whether an endpoint that is in no pair is written before the text, or else behind it."""
        if known and not self._is_empty(known):
            return point.starts
        start = known.start if known else point
        return (start.passage, start.place) <= self._first_text

    def _is_empty(self, each: _Range) -> bool:
        start, end = each.start, each.end
        solid = self._solid[start.passage]
        return start.passage == end.passage and solid[start.place] == solid[end.place]


def _endpoint(item: Item) -> Endpoint | None:
    return item.content if isinstance(item, Mark) and isinstance(item.content, Endpoint) else None


def _is_solid(item: Item) -> bool:
    """Say whether a range around an item alone is around something."""
    return any(map(str.isalnum, item)) if isinstance(item, str) else item.kind is Kind.ALONE


def _matched(points: Sequence[Endpoint]) -> list[_Range]:
    """Return the ranges that start and end among some endpoints, in the order of their starts."""
    waiting: dict[tuple[str, str], list[Endpoint]] = defaultdict(list)
    ends: dict[Endpoint, Endpoint] = {}
    for point in points:
        if point.starts:
            waiting[point.key].append(point)
        elif waiting[point.key]:
            ends[waiting[point.key].pop()] = point
    return [_Range(point, ends[point]) for point in points if point in ends]


def _nested(ranges: Iterable[_Range]) -> list[_Range]:
    """Return ranges that nest, from the first to start and, of these, the last to end, without those that do not."""
    nested: list[_Range] = []
    around: list[_Range] = []
    for each in sorted(ranges, key=lambda each: (each.start.passage, each.start.place, -each.end.place)):
        start, end = each.start, each.end
        while around and (around[-1].end.passage, around[-1].end.place) <= (start.passage, start.place):
            around.pop()
        if not around or around[-1].end.place >= end.place:
            nested.append(each)
            around.append(each)
    return nested


def _add_pairs(marks: _Places, pairs: Sequence[_Range]) -> None:
    """Add pairs that nest to the marks by their places; one with nothing between its ends is a mark."""
    name = " ".join
    around = [each for each in pairs if each.start.place < each.end.place]
    # What is within ends before what is around it, and both before what starts there.
    for end in (each.end for each in reversed(around)):
        marks[end.passage, end.place].append(Mark(end.pieces, Kind.CLOSE, name(end.key)))
    for each in pairs:
        start, end = each.start, each.end
        alone = start.place == end.place
        mark = Mark([*start.pieces, *end.pieces]) if alone else Mark(start.pieces, Kind.OPEN, name(start.key))
        marks[start.passage, start.place].append(mark)
