"""HTML cut into tags, texts and the rest, by the rules for where tags end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

# Elements whose content holds no tags.
_RAW_NAMES = "script style textarea xmp noembed noframes"
_RAW = frozenset(_RAW_NAMES.split())
_NAME = re.compile(r"</?([A-Za-z][^\s/>]*)")
_STOP = re.compile(r"[>\"']")
# A page that is XML, where "/>" ends an element; elsewhere it is as ">".
_XHTML = re.compile(r"""\A\s*<\?xml\b|<html\s[^<>]{0,2000}?\bxmlns\s*=\s*["']http://www\.w3\.org/1999/xhtml["']""")


class Form(Enum):
    """What a part of a page is."""

    TEXT = "text"
    TAG = "tag"
    END_TAG = "end tag"
    OTHER = "comment, declaration, raw text"


@dataclass(frozen=True)
class Token:
    """A part of a page, from start to end.

    name: of a tag, in small letters; empty: the tag is an element that has ended
    """

    form: Form
    start: int
    end: int
    name: str = ""
    empty: bool = False


def read_tokens(text: str) -> Iterator[Token]:
    """Cut a page into tags, texts and the rest; takes time in proportion to its length."""
    # str.lower() may change the length.
    lower = re.sub("[A-Z]+", lambda match: match[0].lower(), text)
    is_xhtml = _XHTML.search(text)
    last_cdata = text.rfind("]]>")
    missing: set[str] = set()
    place = 0
    while place < len(text):
        start = text.find("<", place)
        start = len(text) if start < 0 else start
        if start > place:
            yield Token(Form.TEXT, place, start)
        if start == len(text):
            return
        name = _NAME.match(text, start)
        if name:
            end = _tag_end(text, name.end(), missing)
            tag = name[1].lower()
            closing = text[start + 1] == "/"
            empty = bool(is_xhtml) and text.endswith("/>", start, end)
            yield Token(Form.END_TAG if closing else Form.TAG, start, end, tag, empty)
            if tag in _RAW and not closing and not empty:
                raw_end = _find(lower, f"</{tag}", end)
                yield Token(Form.OTHER, end, raw_end)
                end = raw_end
        elif text.startswith("<!--", start):
            end = min(_find(text, "-->", start + 4) + 3, len(text))
            yield Token(Form.OTHER, start, end)
        elif text.startswith("<![CDATA[", start) and start < last_cdata:
            end = text.find("]]>", start) + 3
            yield Token(Form.OTHER, start, end)
        elif text[start + 1 : start + 2] in ("!", "?", "/"):
            end = min(_find(text, ">", start) + 1, len(text))
            yield Token(Form.OTHER, start, end)
        else:
            end = start + 1
            yield Token(Form.TEXT, start, end)
        place = end


def _tag_end(text: str, place: int, missing: set[str]) -> int:
    """Return where a tag ends, quotes in it considered; missing: the quotes that the rest of the text lacks."""
    while stop := _STOP.search(text, place):
        if stop[0] == ">":
            return stop.end()
        closing = -1 if stop[0] in missing else text.find(stop[0], stop.end())
        if closing < 0:
            missing.add(stop[0])
            place = stop.end()
        else:
            place = closing + 1
    return len(text)


def _find(text: str, what: str, start: int) -> int:
    found = text.find(what, start)
    return len(text) if found < 0 else found
