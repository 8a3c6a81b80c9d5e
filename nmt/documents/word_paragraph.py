"""A paragraph of a Word document: from its runs to passages, and from translated passages to runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nmt.documents.marks import Item, Kind, Mark, merged
from nmt.documents.word_fields import Fields, Piece, is_link
from nmt.documents.word_names import attribute, local_name
from nmt.documents.word_ranges import comment_end, place_ranges, read_endpoint

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_CONTAINERS = frozenset({"hyperlink", "ins", "moveTo", "smartTag", "sdt", "dir", "bdo", "customXml"})
# What stands first in a paragraph or container, and says what this is.
_PROPERTIES = frozenset({"pPr", "smartTagPr", "customXmlPr", "fldData"})
_LEFT_OUT = frozenset({"proofErr", "lastRenderedPageBreak"})
_BREAKS = frozenset({"tab", "br", "cr", "ptab"})
# What is no more in the text.
_DELETED = frozenset({"del", "moveFrom"})
_LETTERS = {"noBreakHyphen": "\u2011", "softHyphen": ""}
# Properties of a run that do not show.
_UNSEEN = frozenset({"lang", "noProof"})
_RAISED = {"superscript": "sup", "subscript": "sub"}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, eq=False)
class _Format:
    """The properties of a run: key tells equal ones; name: of its marks, by which raised text is known."""

    key: bytes
    properties: Element | None
    name: str = "run"


class Paragraph:
    """A paragraph taken apart into passages, one between any two tabs or line breaks.

    whole: whether all fields end where they begin, but for lists of the text; others are left as they are
    """

    def __init__(self, element: Element) -> None:
        self.passages: list[list[Item]] = [[]]
        self._element = element
        self._breaks: list[list[object]] = []
        self._formats: list[tuple[_Format, int]] = []
        self._fields = Fields()
        self._read(element, within=None)
        self.whole = self._fields.whole
        sizes = Counter[bytes]()
        for form, size in self._formats:
            sizes[form.key] += size
        base = sizes.most_common(1)[0][0] if sizes else b""
        self._base = next((form for form, _ in self._formats if form.key == base), _Format(b"", None))
        ranged = place_ranges(self.passages)
        self._lead, self._trail = [*self._fields.lead, *ranged.lead], [*self._fields.trail, *ranged.trail]
        self.passages = [self._grouped(passage) for passage in ranged.passages]

    # --- from runs ---

    def _read(self, parent: Element, within: Element | None) -> None:
        for child in parent:
            name = local_name(child)
            if name == "r":
                self._read_run(child, within)
            elif self._fields.within:
                # A field that holds more than runs.
                self._fields.break_off()
            elif _is_container(child):
                inner = _inner(child)
                if inner is None:
                    self._add(Mark([child]))
                else:
                    self._add(Mark(child, Kind.OPEN, name))
                    self._read(inner, within=child)
                    self._add(Mark(child, Kind.CLOSE, name))
            elif point := read_endpoint(child, within):
                self._add(Mark(point))
            elif name not in _LEFT_OUT and name not in _PROPERTIES:
                self._add(Mark([child], unseen=name in _DELETED))

    def _read_run(self, run: Element, within: Element | None) -> None:
        form = _format(run)
        for child in run:
            name = local_name(child)
            if name == "rPr" or name in _LEFT_OUT:
                continue
            if self._fields.within or name == "fldChar":
                if mark := self._fields.read(Piece(run, child), within, leads=not self._formats):
                    self._add(mark)
            elif name == "t" or name in _LETTERS:
                text = (child.text or "") if name == "t" else _LETTERS[name]
                self._formats.append((form, len(text)))
                if self._fields.trail:
                    self._fields.break_off()
                self.passages[-1] += [Mark(form, Kind.OPEN, form.name), text, Mark(form, Kind.CLOSE, form.name)]
            elif name in _BREAKS and within is None:
                self._breaks.append([Piece(run, child)])
                self.passages.append([])
            elif name == "commentReference" and (end := comment_end(self.passages[-1], child)):
                end.pieces.append(Piece(run, child))
            else:
                self._add(Mark([Piece(run, child)]))

    def _add(self, mark: Mark) -> None:
        self.passages[-1].append(mark)

    def _grouped(self, passage: Sequence[Item]) -> list[Item]:
        """Join neighbouring runs of one format, and drop the marks of the most common one."""
        out: list[Item] = []
        for item in passage:
            form = item.content if isinstance(item, Mark) else None
            if not isinstance(form, _Format):
                out.append(item)
            elif form.key != self._base.key:
                last = out[-1].content if out and isinstance(out[-1], Mark) and out[-1].kind is Kind.CLOSE else None
                if item.kind is Kind.OPEN and isinstance(last, _Format) and last.key == form.key:  # type: ignore[union-attr]
                    out.pop()
                else:
                    out.append(item)
        return merged(out)

    # --- to runs ---

    def rebuild(self, translated: Sequence[Sequence[Item]]) -> None:
        """Put translated passages, in place of those read, into the paragraph."""
        inners = [
            inner
            for passage in self.passages
            for item in passage
            if isinstance(item, Mark) and item.kind is Kind.OPEN and not isinstance(item.content, _Format | list)
            if (inner := _inner(item.content)) is not None
        ]
        for element in [self._element, *inners]:
            for child in list(element):
                if local_name(child) not in _PROPERTIES:
                    element.remove(child)
        writer = _Writer(self._element, self._base)
        writer.put(self._lead)
        for place, passage in enumerate(translated):
            writer.write(passage)
            if place < len(self._breaks):
                writer.put(self._breaks[place])
        writer.put(self._trail)


class _Writer:
    """Writes items as runs into a paragraph and the containers in it."""

    def __init__(self, paragraph: Element, base: _Format) -> None:
        self._parents = [paragraph]
        self._formats = [base]
        self._text: list[str] = []

    def write(self, passage: Sequence[Item]) -> None:
        for item in passage:
            if isinstance(item, str):
                self._text.append(item)
                continue
            if isinstance(item.content, str):
                # A placeholder within the text.
                self._text.append(item.content)
                continue
            self._flush()
            if isinstance(item.content, list):
                self.put(item.content)
            elif isinstance(item.content, _Format):
                if item.kind is Kind.OPEN:
                    self._formats.append(item.content)
                else:
                    self._formats.pop()
            elif item.kind is Kind.OPEN:
                self._parents[-1].append(item.content)
                self._parents.append(_inner(item.content))
            else:
                self._parents.pop()
        self._flush()

    def put(self, pieces: Sequence[object]) -> None:
        """Append elements, and pieces of runs in runs of their own."""
        for piece in pieces:
            if isinstance(piece, Piece):
                self._run(_format(piece.run)).append(piece.child)
            else:
                self._parents[-1].append(piece)

    def _flush(self) -> None:
        text = _NOT_XML.sub("", "".join(self._text))
        self._text = []
        if text:
            run = self._run(self._formats[-1])
            element = run.makeelement(run.tag.removesuffix("r") + "t", {})
            element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            element.text = text
            run.append(element)

    def _run(self, form: _Format) -> Element:
        paragraph = self._parents[0]
        run = paragraph.makeelement(paragraph.tag.removesuffix("p") + "r", {})
        if form.properties is not None:
            run.append(deepcopy(form.properties))
        self._parents[-1].append(run)
        return run


def _format(run: Element) -> _Format:
    from lxml import etree

    properties = next((child for child in run if local_name(child) == "rPr"), None)
    if properties is None:
        return _Format(b"", None)
    seen = [etree.tostring(child, with_tail=False) for child in properties if local_name(child) not in _UNSEEN]
    raised = next((attribute(child, "val") for child in properties if local_name(child) == "vertAlign"), "")
    return _Format(b"".join(seen), properties, _RAISED.get(raised, "run"))


def _is_container(element: Element) -> bool:
    """Say whether an element holds runs of the text."""
    name = local_name(element)
    return name in _CONTAINERS or (name == "fldSimple" and is_link(attribute(element, "instr")))


def _inner(element: Element) -> Element | None:
    """Return what holds the runs of a container, None where there is none."""
    if local_name(element) != "sdt":
        return element
    return next((child for child in element if local_name(child) == "sdtContent"), None)
