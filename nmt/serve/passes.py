"""What clients send is read twice: one pass finds its lines, and when these are translated, another writes it anew.

So no thread ever waits for the model: those that read documents are soon free again, and a client that hangs up
leaves nothing behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from nmt.documents.passages import Translate
from nmt.errors import InputError, TooLargeError
from nmt.serve.engine import Answer, Engine, Order
from nmt.serve.explaining import Explanation
from nmt.serve.languages import Guess
from nmt.serve.refusal import Refusal
from nmt.translation import Translation

T = TypeVar("T")
# Returns something translated by what translates lines; it asks for the same lines whenever it is called.
Work = Callable[[Translate], T]


@dataclass(frozen=True)
class Translated(Generic[T]):
    """Something translated, its alternatives, its language where that was not told, and details as in Answer."""

    best: T
    alternatives: list[T]
    detected: Guess | None
    details: list[tuple[int, str, Explanation]]


async def translate_in_passes(
    engine: Engine, works: Sequence[Work[T]], order: Order, most: int, threads: Executor | None = None
) -> list[Translated[T]]:
    """Translate what a request holds; order: what it asks for, its texts aside; most: characters of all lines.

    threads: where it is read and written, None = beside other small work
    Raises Refusal as Engine.translate does, for what cannot be read, and for too many characters.
    """
    loop = asyncio.get_running_loop()
    texts = await loop.run_in_executor(threads, _read, works, most)
    answers = await engine.translate(replace(order, texts=texts))
    return await loop.run_in_executor(threads, _write, works, answers)


def _read(works: Sequence[Work[T]], most: int) -> list[list[str]]:
    """Return the lines of each."""
    reader = _Reader(most)
    for work in works:
        reader.texts.append([])
        try:
            work(reader.read)
        except InputError as error:
            raise Refusal(413 if isinstance(error, TooLargeError) else 400, str(error)) from None
    return reader.texts


class _Reader:
    """Takes the place of a translator and keeps the lines that it is to translate."""

    def __init__(self, most: int) -> None:
        self.texts: list[list[str]] = []
        self._most = self._left = self._lines_left = most

    def read(self, lines: Iterable[str]) -> Iterator[Translation]:
        for line in lines:
            self._left -= len(line)
            self._lines_left -= 1
            if self._left < 0 or self._lines_left < 0:
                raise Refusal(413, f"the text is too long for a request; at most {self._most:,} characters")
            self.texts[-1].append(line)
            yield Translation("")


def _write(works: Sequence[Work[T]], answers: Sequence[Answer]) -> list[Translated[T]]:
    written = []
    for work, answer in zip(works, answers, strict=True):
        best, *others = [work(_given(lines)) for lines in answer.ranked()]
        written.append(Translated(best, others, answer.detected, answer.details))
    return written


def _given(translations: Sequence[Translation]) -> Translate:
    """Return what takes the place of a translator and gives translations in their order."""
    rest = iter(translations)
    return lambda lines: (translation for _, translation in zip(lines, rest, strict=False))
