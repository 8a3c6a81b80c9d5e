"""References of HTML to characters, such as &uuml;: read as what they stand for, and written again."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from html.entities import html5

from nmt.documents.marks import Item, Mark

# Those that browsers read without a semicolon too, the longest first.
_OLD_ENTITIES = "|".join(sorted((name for name in html5 if name[-1] != ";"), key=len, reverse=True))
_REFERENCE = re.compile(
    rf"&(?:#\d{{1,7}};?|#[xX][0-9A-Fa-f]{{1,6}};?|[A-Za-z][A-Za-z0-9]{{1,31}};|(?:{_OLD_ENTITIES}))"
)
# Characters that a text may as well hold themselves: quotes, and units of amounts.
_PLAIN = frozenset("\"'‘’“”„‚«»‹›–—…$€£¥¢°")


def read_references(raw: str) -> Iterator[Item]:
    """Yield a text with references to letters, spaces, quotes and units resolved, and others, as to "&", as marks."""
    done = 0
    plain: list[str] = []
    for match in _REFERENCE.finditer(raw):
        character = html.unescape(match[0])
        plain.append(raw[done : match.start()])
        done = match.end()
        if _is_text(character):
            plain.append(character)
            continue
        if any(plain):
            yield "".join(plain)
        plain = []
        yield Mark(_ended(match[0]))
    plain.append(raw[done:])
    if any(plain):
        yield "".join(plain)


def space_references(raw: str) -> dict[int, str]:
    """Return the references to spaces in a text, by the code of the character."""
    found: dict[int, str] = {}
    for match in _REFERENCE.finditer(raw):
        character = html.unescape(match[0])
        if len(character) == 1 and _is_space(character):
            found.setdefault(ord(character), _ended(match[0]))
    return found


def write_text(text: str, spaces: Mapping[int, str]) -> str:
    """Return a text as HTML; spaces: references to write for some of its characters."""
    return html.escape(text, quote=False).translate(spaces)


def _is_text(character: str) -> bool:
    """Say whether what a reference stands for is part of a text; a control character is resolved to nothing."""
    # What is not seen, such as a soft hyphen, stands within words.
    return bool(character) and (
        character.isalpha() or character in _PLAIN or _is_space(character) or unicodedata.category(character[0]) == "Cf"
    )


def _is_space(character: str) -> bool:
    """Say whether a character is a space of some width, one where no line ends included; a line end is none."""
    return unicodedata.category(character[:1] or "\0") == "Zs" and character != " "


def _ended(reference: str) -> str:
    """Return a reference with its semicolon, so that nothing behind it is read as part of it."""
    return reference.removesuffix(";") + ";"
