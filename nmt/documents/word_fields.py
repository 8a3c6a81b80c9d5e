"""Fields of a Word paragraph: of a link and a table of contents the text is translated, others are marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nmt.documents.marks import Kind, Mark
from nmt.documents.word_names import attribute, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

# Fields whose result is paragraphs of text, which begin in the first of these and end in the last or behind it.
_LISTS = frozenset({"TOC", "TOA", "INDEX", "BIBLIOGRAPHY"})


@dataclass(frozen=True, eq=False)
class Piece:
    """A child of a run, in a run of its own."""

    run: Element
    child: Element


class Fields:
    """Reads the fields of a paragraph, piece after piece.

    lead, trail: where a list begins and ends, written before and behind the text
    """

    def __init__(self) -> None:
        self.lead: list[object] = []
        self.trail: list[object] = []
        self._pieces: list[object] = []
        self._depth = 0
        self._code = ""
        # What the links stand in that have begun and not ended.
        self._links: list[Element | None] = []
        self._whole = True

    @property
    def within(self) -> bool:
        """Whether the next piece is within a field that is read as one mark."""
        return self._depth > 0

    @property
    def whole(self) -> bool:
        """Whether all fields that were read as marks ended where they began."""
        return self._whole and not self._depth and not self._links

    def break_off(self) -> None:
        """Say that something was found where no field may have it."""
        self._whole = False

    def read(self, piece: Piece, within: Element | None, leads: bool) -> Mark | None:
        """Read a piece and return the mark that ends with it, if one does.

        within: the container it stands in; leads: whether no text is before it
        """
        self._pieces.append(piece)
        kind = attribute(piece.child, "fldCharType") if local_name(piece.child) == "fldChar" else ""
        if local_name(piece.child) == "instrText":
            self._code += piece.child.text or ""
        if kind == "end" and not self._depth:
            return self._end(within)
        self._depth += {"begin": 1, "end": -1}.get(kind, 0)
        if kind == "separate" and self._depth == 1:
            return self._separate(within, leads)
        return None if self._depth else Mark(self._taken())

    def _separate(self, within: Element | None, leads: bool) -> Mark | None:
        """Take a field's code alone where its result is text."""
        if is_link(self._code):
            self._links.append(within)
            self._depth = 0
            return Mark(self._taken(), Kind.OPEN, "field")
        if _name(self._code) in _LISTS and leads and within is None:
            self._depth = 0
            self.lead += self._taken()
        return None

    def _end(self, within: Element | None) -> Mark | None:
        if self._links:
            self._whole = self._links.pop() is within and self._whole
            return Mark(self._taken(), Kind.CLOSE, "field")
        self._whole = within is None and self._whole
        self.trail += self._taken()
        return None

    def _taken(self) -> list[object]:
        taken, self._pieces, self._code = self._pieces, [], ""
        return taken


def is_link(code: str) -> bool:
    """Say whether the code of a field is that of a link."""
    return _name(code) == "HYPERLINK"


def _name(code: str) -> str:
    return (code.split(maxsplit=1) or [""])[0].upper()
