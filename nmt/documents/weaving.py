"""Weaving marks into a translation: its words and the marks, each at its place, written in their order.

Every mark of the source comes out once, and pairs stay nested, whatever the translation is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nmt.documents.alignment import Links, Units, is_unspaced, is_word, link, read_units
from nmt.documents.frames import CLOSING, JOINT, Frame, Placed
from nmt.documents.marks import Formula, Item, Pair, merged
from nmt.documents.numbers import correct_numbers
from nmt.documents.placing import Placing

if TYPE_CHECKING:
    from nmt.translation import Translation

# Spaces where no line ends or of some width, alone or among others, and what is none next to a mark.
_KEPT = re.compile(rf" *[\u00a0\u2000-\u200a\u202f][\u00a0\u2000-\u200a\u202f ]*|{JOINT}")
# Punctuation behind which no space is written.
_OPENING = frozenset("([{„«¿¡“‘")


def weave(frame: Frame, translation: Translation) -> list[Item]:
    """Return the translation of a passage as one with all its marks."""
    source, target = read_units(frame.source), read_units(" ".join(translation.text.split()))
    links = link(source, target, translation)
    correct_numbers(source, target, links)
    _keep_spaces(source, target, links)
    placing = Placing(source, target, links)
    placing.place(frame.marks, 0, len(target))
    items = merged(_Writer(target, placing).write(frame.marks, 0, len(target)))
    written = [item.strip(JOINT).replace(JOINT, " ") if isinstance(item, str) else item for item in items]
    return merged([frame.lead, *written, frame.trail])


def _keep_spaces(source: Units, target: Units, links: Links) -> None:
    """Put spaces that are none, or of other kinds, between units made from those they are between in the source."""
    for place in range(1, len(target)):
        if target.spaces[place]:
            kept = (source.spaces[src] for src in links[place] if src - 1 in links[place - 1])
            target.spaces[place] = next(filter(_KEPT.fullmatch, kept), target.spaces[place])


class _Writer:
    """Writes the units of a translation and its marks in their order."""

    def __init__(self, target: Units, placing: Placing) -> None:
        self._target = target
        self._placing = placing

    def write(self, marks: Sequence[Placed], begin: int, end: int) -> list[Item]:
        """Return the units begin to end with marks, without the white space around them."""
        out: list[Item] = []
        places = self._placing.places
        # Whether the white space before the next unit is written, or belongs to what is around.
        written, spaced = begin, True
        for mark in sorted(marks, key=lambda each: (places[each].start, places[each].stop)):
            place = places[mark].start
            self._text(out, written, place, spaced)
            spaced = spaced and written == place
            written = places[mark].stop
            if place < written:
                pair = self._pair(mark)
                if not spaced and not self._is_spaced(pair, mark, place, -1):
                    out.append(self._target.spaces[place])
                out += pair
                spaced = self._is_spaced(pair, mark, written, 1)
            else:
                left = "" if spaced and not out else self._space(mark, place, -1)
                right = "" if place == end else self._space(mark, place, 1)
                if spaced and _ends_spaced(out):
                    left = ""
                out += [left, *self._around(mark), right]
                spaced = True
        self._text(out, written, end, spaced)
        return out

    def _text(self, out: list[Item], begin: int, end: int, spaced: bool) -> None:
        for place in range(begin, end):
            if not (spaced and place == begin):
                out.append(self._target.spaces[place])
            out.append(self._target.texts[place])

    def _pair(self, mark: Placed) -> list[Item]:
        """Return a mark around units with those; a formula stands for them."""
        if isinstance(mark.node, Formula):
            return list(mark.node.items)
        assert isinstance(mark.node, Pair)
        place = self._placing.places[mark]
        return [mark.node.opening, *self.write(mark.inside, place.start, place.stop), mark.node.closing]

    def _is_spaced(self, pair: Sequence[Item], mark: Placed, place: int, side: int) -> bool:
        """Say whether the white space next to a pair is within it, between its words and marks, as in the source."""
        unit, apart = (place - 1, mark.before) if side < 0 else (place, mark.after)
        if apart or not 0 <= unit < len(self._target) or not self._placing.linked(mark, unit, side):
            return False
        texts = (item for item in (pair if side < 0 else reversed(pair)) if item and isinstance(item, str))
        return next(texts)[0 if side < 0 else -1].isspace()

    def _around(self, mark: Placed) -> list[Item]:
        """Return a mark that is around no unit, with all it holds."""
        return self._pair(mark) if isinstance(mark.node, Pair) else mark.node.items

    def _space(self, mark: Placed, place: int, side: int) -> str:
        """Return the white space between a mark and the unit before it, or where side is 1, behind it."""
        unit = place - 1 if side < 0 else place
        if not 0 <= unit < len(self._target):
            return ""
        space = self._target.spaces[place] if 0 < place < len(self._target) else ""
        apart, clinging = (mark.before, _OPENING) if side < 0 else (mark.after, CLOSING)
        return _space(space, self._target.texts[unit], apart, self._placing.linked(mark, unit, side), clinging)


def _space(space: str, unit: str, apart: str, linked: bool, clinging: frozenset[str]) -> str:
    """Return what goes between a mark and a unit; space: what is there; apart, linked: as they were in the source."""
    if not apart and linked:
        return ""
    if linked:
        space = apart if _KEPT.fullmatch(apart) else space and " "
    if not space and (unit in clinging or (is_unspaced(unit) and not apart)):
        return ""
    return space or (" " if apart or is_word(unit) else "")


def _ends_spaced(out: list[Item]) -> bool:
    last = next((item for item in reversed(out) if item != ""), None)
    return isinstance(last, str) and last[-1].isspace()
