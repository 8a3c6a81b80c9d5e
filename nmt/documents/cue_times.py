"""Times within a cue of WebVTT, as in "<00:03.500>": in their order, before the words as far on as those they were at.

Words of a translation are said in another order, times never go back: so they take no part in it, and return by their
share of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nmt.documents.marks import Item, Kind, Mark, Passage, merged

TIME = r"<\d[\d:.]{0,15}>"
_TIME = re.compile(TIME)
# Tags and styles, of which nothing is seen.
UNSEEN = re.compile(r"(?:<[^<>]*>|\{\\[^{}]*\})+")
_PARTS = re.compile(r"\s+|\S+")


@dataclass(frozen=True)
class CueTime:
    """A time with its share of the seen text before it; outside: a tag opens right behind it."""

    mark: Mark
    share: float
    outside: bool


def take_times(passage: Passage) -> tuple[list[Item], list[CueTime]]:
    """Return a passage without its times, and these."""
    total = max(sum(map(_size, passage)), 1)
    rest: list[Item] = []
    times: list[CueTime] = []
    seen = 0
    for item, after in zip(passage, [*passage[1:], ""], strict=True):
        if isinstance(item, Mark) and _TIME.fullmatch(str(item.content)):
            times.append(CueTime(item, seen / total, _opens(after)))
        else:
            rest.append(item)
            seen += _size(item)
    return merged(rest), times


def put_times(passage: Passage, times: Sequence[CueTime]) -> list[Item]:
    """Return a passage with times, each before the word nearest to its share, those from the end at the end."""
    parts = list(_parts(passage))
    places, sizes, end = _words(parts)
    total = sum(map(_size, parts))
    out: list[Item] = []
    done = 0
    for time in times:
        place = places[_nearest(sizes, time.share * total)] if places and time.share < 1 else end
        while time.outside and place > done and _opens(parts[place - 1]):
            place -= 1
        place = max(place, done)
        out += [*parts[done:place], time.mark]
        done = place
    return merged([*out, *parts[done:]])


def _parts(passage: Passage) -> Iterator[Item]:
    """Yield marks, words and white space one by one."""
    for item in passage:
        if isinstance(item, str):
            yield from _PARTS.findall(item)
        else:
            yield item


def _words(parts: Sequence[Item]) -> tuple[list[int], list[int], int]:
    """Return the places among parts where words start, the sizes of the seen text before, and the last one's end."""
    places: list[int] = []
    sizes: list[int] = []
    seen = end = 0
    apart = True
    for place, part in enumerate(parts):
        if size := _size(part):
            if apart:
                places.append(place)
                sizes.append(seen)
            seen, end, apart = seen + size, place + 1, False
        elif isinstance(part, str):
            apart = True
    return places, sizes, end


def _nearest(sizes: Sequence[int], wanted: float) -> int:
    """Return the place of the nearest of some sizes, which are in order."""
    place = min(bisect_left(sizes, wanted), len(sizes) - 1)
    return place - 1 if place and wanted - sizes[place - 1] <= sizes[place] - wanted else place


def _size(item: Item) -> int:
    """Return how many characters of an item are seen."""
    if isinstance(item, str):
        return sum(not character.isspace() for character in item)
    content = str(item.content)
    return 0 if UNSEEN.fullmatch(content) else len(content)


def _opens(item: Item) -> bool:
    return isinstance(item, Mark) and item.kind is Kind.OPEN
