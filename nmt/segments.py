"""Cutting a line into what the model reads at once: its sentences, and where they are too long, where it hurts least.

Sentences are not packed together up to what the model could read: one trained on single sentences loses text when
it is given several.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from nmt.sentences import split_sentences
from nmt.spans import URL

# From the best place to cut to the worst: after a sentence, after a clause, between words, anywhere.
_CUTS = [
    re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？])[」』”’）]*\s*"),
    re.compile(r"(?<=[;:,])\s+|(?<=[，、；：])\s*"),
    re.compile(r"\s+"),
    re.compile(r"(?<=.)(?=.)", re.DOTALL),
]
# An address that is no longer is not cut: it goes around the model.
_ADDRESS = re.compile(rf"\W{{0,9}}(?:{URL})\W{{0,9}}")
_LONGEST_ADDRESS = 2000
_TABS = re.compile(r"\t\s*")


def split_line(text: str, language: str, count: Callable[[str], int], limit: int) -> list[str]:
    """Cut a line after tabs and sentences, and each sentence of more than limit tokens into parts that are not.

    count: the number of tokens of a text; joined, the parts are the line
    """
    cells = _pieces(text, _TABS) if "\t" in text else [text]
    sentences = [sentence for cell in cells for sentence in split_sentences(cell, language)]
    return [part for sentence in sentences for part in split_long(sentence, count, limit)]


def split_long(text: str, count: Callable[[str], int], limit: int) -> list[str]:
    """Cut a text into parts of at most limit tokens, each as long as fits.

    count: the number of tokens of a text; a part of one character, or that is an address, may exceed the limit
    """
    return _split(text, count, limit, _CUTS) if count(text) > limit else [text]


def _split(text: str, count: Callable[[str], int], limit: int, cuts: list[re.Pattern[str]]) -> list[str]:
    if len(cuts) == 1 and len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text):
        return [text]
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
