"""What clients send is read twice: one pass finds its lines, and when these are translated, another writes it anew.

Both are functions of what was sent, so that any process can do them (see readers.py); they know no model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from nmt.documents.passages import Translate
from nmt.errors import InputError, TooLargeError
from nmt.serve.refusal import Refusal
from nmt.translation import Translation

T = TypeVar("T")
# Returns something translated by what translates lines; it asks for the same lines whenever it is called.
Work = Callable[[Translate], T]


def read(works: Sequence[Work[T]], most: int) -> list[list[str]]:
    """Return the lines of each; most: characters of all lines.

    Raises Refusal for what cannot be read, and for too many characters.
    """
    reader = _LineReader(most)
    for work in works:
        reader.texts.append([])
        try:
            work(reader.read)
        except InputError as error:
            raise Refusal(413 if isinstance(error, TooLargeError) else 400, str(error)) from None
    return reader.texts


class _LineReader:
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


def write(works: Sequence[Work[T]], rankings: Sequence[Sequence[Sequence[Translation]]]) -> list[list[T]]:
    """Return each of what was read translated, best first; rankings: of each its lines, likewise."""
    return [
        [work(given(translations)) for translations in ranking] for work, ranking in zip(works, rankings, strict=True)
    ]


def given(translations: Sequence[Translation]) -> Translate:
    """Return what takes the place of a translator and gives translations in their order."""
    rest = iter(translations)
    return lambda lines: (translation for _, translation in zip(lines, rest, strict=False))
