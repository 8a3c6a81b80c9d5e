"""Markdown (CommonMark and tables): headings, paragraphs, list items, quotes and cells.

markdown-it-py tells where these are; every character outside of them, and code, stay as they are written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from nmt.documents.html import html_stretches
from nmt.documents.markdown_check import Markup, checked
from nmt.documents.markdown_inline import read_inline, write_inline
from nmt.documents.marks import Item
from nmt.documents.passages import TranslatePassages
from nmt.documents.stretches import LINE_END, Stretch, translate_stretches

if TYPE_CHECKING:
    from markdown_it.token import Token

# Of YAML, which may end in dots, or of TOML. A carriage return is matched in one way alone, else a text without an end
# takes time without one.
_YAML = r"---[ \t]*\r?\n(?:(?!---|\.\.\.[ \t]*\r?\n).*\n)*(?:---|\.\.\.)"
_TOML = r"\+\+\+[ \t]*\r?\n(?:(?!\+\+\+).*\n)*\+\+\+"
_FRONT_MATTER = re.compile(rf"\ufeff?(?:{_YAML}|{_TOML})[ \t]*(?:\r?\n|\Z)")
_TASK = re.compile(r"\[[ xX]\]\s+")
# Lines that say what kind of box follows: "[!NOTE]", ":::tip", "!!! note".
_BOX = re.compile(r"\[!\w+\][+-]?$|:{3,}.*$|(?:!!!|\?\?\?\+?)\s.*$")
# What stands before a definition, a footnote, and what an abbreviation is short for.
_DEFINITION = re.compile(r"(?:|\[\^[^\]\s]{1,100}\]|\*\[[^\[\]]{1,200}\]):\s+(?=\S)")
# Tried at the first of some spaces alone, else a long run of them takes time without end.
_HARD_BREAK = re.compile(r"(?:(?<! )  +|\\)$")


@dataclass(frozen=True)
class _Line:
    start: int
    text: str


def translate_markdown(text: str, translate: TranslatePassages, _columns: Sequence[str]) -> str:
    """Translate the prose of a document, with its code and links kept."""
    return translate_stretches(text, _stretches(text), translate)


def _stretches(text: str) -> Iterator[Stretch]:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable(["table"])
    parser.core.ruler.enableOnly(["normalize", "block"])
    known: dict[str, Any] = {}
    markup = Markup(known)
    front = _FRONT_MATTER.match(text)
    first = front.end() if front else 0
    lines = list(_lines(text, first))
    # The cells of a row are found one after the other.
    cursor: dict[int, int] = {}
    in_table = False
    for token in parser.parse(text[first:], known):
        in_table = token.type == "table_open" or (in_table and token.type != "table_close")
        if token.type == "inline" and token.map:
            for part in filter(None, _prose(token, lines, cursor, in_table)):
                stretch = _stretch(part, in_table, markup)
                yield replace(stretch, write=partial(checked, stretch, markup))
        elif token.type == "html_block" and token.map:
            yield from _html(token.content, lines[slice(*token.map)], text)


def _lines(text: str, first: int) -> Iterator[_Line]:
    start = first
    for end in LINE_END.finditer(text, first):
        yield _Line(start, text[start : end.start()])
        start = end.end()
    yield _Line(start, text[start:])


def _html(content: str, lines: Sequence[_Line], text: str) -> Iterator[Stretch]:
    """Yield the stretches of a block of HTML; what stands before its lines, as in a quote, is no part of them."""
    bodies = [_body(*each) for each in zip(lines, content.split("\n"), strict=False)]
    offsets = [0, *accumulate(len(body.text) + 1 for body in bodies[:-1])]
    for stretch in html_stretches("\n".join(body.text for body in bodies)):
        first, last = (bisect_right(offsets, place) - 1 for place in (stretch.start, stretch.end))
        body = bodies[first]
        start, end = body.start + stretch.start - offsets[first], bodies[last].start + stretch.end - offsets[last]
        between = text[body.start + len(body.text) : bodies[first + 1].start] if first + 1 < len(bodies) else "\n"
        yield Stretch(start, end, stretch.passage, partial(_write_html, stretch.write, between))


def _body(line: _Line, content: str) -> _Line:
    """Return a line without what stands before its content; tabs before that may have become spaces."""
    size = len(content if line.text.endswith(content) else content.lstrip(" \t"))
    cut = max(len(line.text) - size, 0)
    return _Line(line.start + cut, line.text[cut:])


def _write_html(write: Callable[[Sequence[Item]], str | None], between: str, passage: Sequence[Item]) -> str | None:
    """Return the text of a passage, whose lines have between them what is there in the source."""
    written = write(passage)
    return written and written.replace("\n", between)


def _prose(token: Token, lines: Sequence[_Line], cursor: dict[int, int], in_table: bool) -> Iterator[list[_Line]]:
    """Yield the lines of the parts of a block's text, which are between its hard line breaks."""
    assert token.map
    found: list[_Line] = []
    broken: set[int] = set()
    for number, content in enumerate(token.content.split("\n"), token.map[0]):
        content = (content.replace("|", "\\|") if in_table else content).strip()  # noqa: PLW2901
        line = lines[number] if number < len(lines) else _Line(0, "")
        place = line.text.find(content, cursor.get(number, 0))
        if place < 0:
            # Not as written, a NUL for example: it stays.
            return
        cursor[number] = place + len(content)
        if _HARD_BREAK.search(line.text):
            broken.add(len(found))
        found.append(_Line(line.start + place, content))
    begin = 0
    formulas = _formulas(found)
    for place, line in enumerate(found):
        if place in formulas or _BOX.match(line.text):
            yield found[begin:place]
            begin = place + 1
            continue
        if _DEFINITION.match(line.text):
            yield found[begin:place]
            begin = place
        if place in broken:
            yield found[begin : place + 1]
            begin = place + 1
    yield found[begin:]


def _formulas(lines: Sequence[_Line]) -> set[int]:
    """Return the places of the lines that are formulas: from "$$" at the start of a line to "$$" at the end of one."""
    found: set[int] = set()
    first: int | None = None
    for place, line in enumerate(lines):
        signs = line.text.count("$$")
        begins, ends = line.text.startswith("$$"), line.text.endswith("$$")
        if (signs == 1 and ends and first is not None) or (signs == 2 and begins and ends):
            found.update(range(place if first is None else first, place + 1))
        if signs:
            first = place if first is None and signs == 1 and begins else None
    return found


def _stretch(lines: Sequence[_Line], in_table: bool, markup: Markup) -> Stretch:
    """Return lines as one stretch."""
    texts = [_prose_of(line.text) for line in lines]
    lead = _TASK.match(texts[0]) or _DEFINITION.match(texts[0])
    skipped = lead.end() if lead else 0
    passage = list(read_inline(" ".join(texts)[skipped:], markup.defines))
    end = lines[-1].start + len(texts[-1])
    return Stretch(lines[0].start + skipped, end, passage, partial(write_inline, in_table=in_table))


def _prose_of(text: str) -> str:
    return _HARD_BREAK.sub("", text.strip()).rstrip()
