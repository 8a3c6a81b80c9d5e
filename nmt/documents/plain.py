"""Plain text: a passage a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nmt.documents.passages import TranslatePassages
from nmt.documents.stretches import Stretch, join, translate_stretches


def translate_plain(text: str, translate: TranslatePassages, _columns: Sequence[str]) -> str:
    """Translate the lines of a text."""
    return translate_stretches(text, _lines(text), translate)


def _lines(text: str) -> Iterator[Stretch]:
    start = 0
    for line in text.split("\n"):
        yield Stretch(start, start + len(line), [line], join)
        start += len(line) + 1
