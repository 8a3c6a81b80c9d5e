"""Plain text: a passage a line, or what stands between the tabs of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from nmt.documents.passages import TranslatePassages
from nmt.documents.stretches import Stretch, by_lines, join, translate_stretches


def translate_plain(text: str, translate: TranslatePassages, _columns: Sequence[str]) -> str:
    """Translate the lines of a text."""
    return translate_stretches(text, _lines(text), partial(by_lines, translate=translate))


def _lines(text: str) -> Iterator[Stretch]:
    start = 0
    for line in text.split("\n"):
        yield Stretch(start, start + len(line), [line], join)
        start += len(line) + 1
