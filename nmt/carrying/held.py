"""What a model reads in the place of something else, and how that is put back into its translation."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nmt.carrying.amounts import is_large, localise
from nmt.carrying.dates import SUBSTITUTES, fit_date, write_date
from nmt.carrying.times import write_time
from nmt.spans import Kind, Span

# Names and numbers that the model is likely to copy, and what would make another word of one.
_NAMES = ("Tom", "Anna", "Peter", "Robert", "Martin", "Laura")
_NUMBERS = ("47", "83", "62", "58", "94", "36")
# For numbers in groups of three: "47." would rather be an ordinal.
_LARGE_NUMBERS = ("470", "830", "620", "580", "940", "360")
_TIMES = ("2:30", "6:30", "10:30", "8:30", "7:30", "11:30")
_APART = r"(?<!\w)(?<!\d[.,]){}(?![\w])(?!['’]s\b|[.,]\d)"


@dataclass(frozen=True)
class Held:
    """Something that a model reads as something else.

    read: what it reads; written: what its translation holds then; content: what belongs there, as the target language
    writes it; is_date: the words before it may have to change
    """

    read: str
    written: str
    content: str
    is_date: bool = False

    def put_back(self, translated: str, capitals: bool = False) -> str | None:
        """Return a translation with the content in its place, None where that is not to be found, or more than once.

        capitals: the translation is in CAPITALS
        """
        pattern = re.compile(_APART.format(self.written.upper() if capitals else self.written))
        if len(pattern.findall(translated)) != 1:
            return None
        content = self.content.upper() if capitals and self.is_date else self.content
        placed = pattern.sub(lambda _: content, translated)
        return fit_date(placed, content) if self.is_date else placed


class Substitutes:
    """Names, numbers, times and days that a model reads well."""

    def __init__(self, knows: Callable[[str], bool], src: str, tgt: str) -> None:
        """knows: whether the model's vocabulary has the letters of a word; src, tgt: the languages it translates from
        and to"""
        self._src, self._tgt = src, tgt
        copied = {Kind.NAME: _NAMES, Kind.AMOUNT: _NUMBERS, Kind.TIME: _TIMES}
        pairs = {kind: [(each, each) for each in every] for kind, every in copied.items()}
        pairs[Kind.DATE] = SUBSTITUTES.get((src, tgt), [])
        self._pairs = {kind: [pair for pair in every if knows(pair[0])] for kind, every in pairs.items()}
        self._large_numbers = [(each, each) for each in _LARGE_NUMBERS if knows(each)]

    def choose(self, text: str, spans: Sequence[Span]) -> list[Held]:
        """Return what the text does not hold, for each of its spans while there is something."""
        small = text.lower()

        def others(every: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
            return [pair for pair in every if pair[0].lower() not in small]

        left = {kind: iter(others(every)) for kind, every in self._pairs.items()}
        large_numbers = iter(others(self._large_numbers))
        held = []
        for span in spans:
            large = span.kind is Kind.AMOUNT and is_large(text[span.start : span.end])
            chosen = next(large_numbers if large else left.get(span.kind, left[Kind.NAME]), None)
            if chosen is not None:
                content = write_span(text, span, self._src, self._tgt)
                held.append(Held(*chosen, content, span.kind is Kind.DATE))
        return held


def write_span(text: str, span: Span, src: str, tgt: str) -> str:
    """Return what is in a span of a text as the target language writes it."""
    content = text[span.start : span.end]
    if span.kind is Kind.TIME:
        return write_time(content, tgt)
    if span.kind is Kind.DATE:
        return write_date(content, src, tgt)
    return localise(content, src, tgt) if span.kind is Kind.AMOUNT else content
