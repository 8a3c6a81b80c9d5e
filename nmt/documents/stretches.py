"""Documents that are text: some stretches of it are translated, every other character stays."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from nmt.documents.marks import Item, Passage
from nmt.documents.passages import TranslatePassages

LINE_END = re.compile(r"\r\n|\n|\r")
# What ends a line, or divides it, within a text that is a string of another format.
_BETWEEN = re.compile(r"([\n\t\r\v\f]+)")


@dataclass(frozen=True)
class Stretch:
    """A part of a text, from start to end, that is translated as a passage.

    write: gives the text of its result, None where that is to stay as it was
    """

    start: int
    end: int
    passage: Passage
    write: Callable[[Sequence[Item]], str | None]


def translate_stretches(text: str, stretches: Iterable[Stretch], translate: TranslatePassages) -> str:
    """Return a text with its stretches, which are in order, translated."""
    found = list(stretches)
    parts: list[str] = []
    done = 0
    for stretch, result in zip(found, translate(stretch.passage for stretch in found), strict=True):
        parts.append(text[done : stretch.start])
        written = None if join(result) == join(stretch.passage) else stretch.write(result)
        parts.append(text[stretch.start : stretch.end] if written is None else written)
        done = stretch.end
    return "".join([*parts, text[done:]])


def by_lines(passages: Iterable[Passage], translate: TranslatePassages) -> Iterator[list[Item]]:
    """Translate passages of text alone line by line, with line ends and tabs kept."""
    waiting: deque[list[str]] = deque()

    def lines() -> Iterator[Passage]:
        for passage in passages:
            parts = _BETWEEN.split(join(passage))
            waiting.append(parts)
            yield from ([part] for part in parts[::2])

    results = translate(lines())
    for first in results:
        parts = waiting.popleft()
        parts[::2] = [join(first), *(join(next(results)) for _ in parts[2::2])]
        yield ["".join(parts)]


def join(passage: Sequence[Item]) -> str:
    """Return a passage of texts and marks that are text as one."""
    return "".join(item if isinstance(item, str) else str(item.content) for item in passage)
