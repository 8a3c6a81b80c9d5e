"""Cutting a text too long for the model where it hurts least."""

from __future__ import annotations

import re
from collections.abc import Callable

# From the best place to cut to the worst: after a sentence, after a clause, between words, anywhere.
_CUTS = [
    re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？])[」』”’）]*\s*"),
    re.compile(r"(?<=[;:,])\s+|(?<=[，、；：])\s*"),
    re.compile(r"\s+"),
    re.compile(r"(?<=.)(?=.)", re.DOTALL),
]


def split_long(text: str, count: Callable[[str], int], limit: int) -> list[str]:
    """Cut a text into parts of at most limit tokens, each as long as fits.

    count: the number of tokens of a text; a part of one character may exceed the limit
    """
    return _split(text, count, limit, _CUTS) if count(text) > limit else [text]


def _split(text: str, count: Callable[[str], int], limit: int, cuts: list[re.Pattern[str]]) -> list[str]:
    pieces = _pieces(text, cuts[0])
    parts: list[str] = []
    current, size = "", 0
    for piece in pieces:
        tokens = count(piece)
        if current and size + tokens > limit:
            parts.append(current)
            current, size = "", 0
        current, size = current + piece, size + tokens
    parts.append(current)
    if len(cuts) == 1:
        return parts
    return [
        small for part in parts for small in (_split(part, count, limit, cuts[1:]) if count(part) > limit else [part])
    ]


def _pieces(text: str, cut: re.Pattern[str]) -> list[str]:
    """Split after each match, keeping what separates at the end of a piece."""
    ends = [match.end() for match in cut.finditer(text) if 0 < match.end() < len(text)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
