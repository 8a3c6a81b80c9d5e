"""HTML, XHTML: the text between tags, and attributes such as alt; all else in tags, comments and scripts stays.

The file is read by the rules for where tags end, not parsed into a tree and written anew, which would change
characters that no one asked to change.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from nmt.documents.html_attributes import Attribute, read_attributes, readable_attributes
from nmt.documents.html_references import read_references, space_references, write_text
from nmt.documents.html_tokens import Form, Token, read_tokens
from nmt.documents.marks import Item, Kind, Mark
from nmt.documents.passages import TranslatePassages
from nmt.documents.placeholders import DIVIDING, OPAQUE, UNSEEN, VOID
from nmt.documents.stretches import Stretch, join, translate_stretches

# Elements within a sentence; any other begins or ends one.
_INLINE_NAMES = """
    a abbr acronym b bdi bdo big cite data del dfn em font i img ins label mark q ruby s slot small span strike
    strong sub sup time tt u wbr
"""
# Elements whose content is not language, and which stand in no sentence; OPAQUE are those that do, as one mark.
_OPAQUE_BLOCK_NAMES = "pre template canvas audio video iframe"
_INLINE = frozenset(_INLINE_NAMES.split())
_OPAQUE_BLOCKS = frozenset(_OPAQUE_BLOCK_NAMES.split())
# Elements whose end tag may be left out, and which begin behind them; not within a list or table of their own.
_BLOCK_NAMES = """
    address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3
    h4 h5 h6 header hgroup hr main menu nav ol p pre search section summary table ul
"""
_FOLLOWER_NAMES = {
    "li": "li",
    "dt": "dt dd",
    "dd": "dt dd",
    "tr": "tr tbody tfoot",
    "td": "td th tr tbody tfoot",
    "th": "td th tr tbody tfoot",
    "option": "option optgroup",
    "p": _BLOCK_NAMES,
}
_FOLLOWERS = {name: frozenset(names.split()) for name, names in _FOLLOWER_NAMES.items()}
# Comments, and text that holds no tags.
_WITHIN_SENTENCES = ("<!--", "<![CDATA[")
_LISTS = frozenset(["ul", "ol", "menu", "dl", "table", "select", "datalist"])
_CHARSET = re.compile(
    r"""<(?:meta|\?xml)\b[^<>]{0,1000}?\b(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{1,80})""", re.IGNORECASE
)


def translate_html(text: str, translate: TranslatePassages, _columns: Sequence[str]) -> str:
    """Translate the text of a page; one that says it is of another charset than UTF-8 gets references to letters."""
    # First the attributes: to the text, a tag is a mark whatever is in it.
    translated = translate_stretches(text, _attribute_stretches(text), translate)
    translated = translate_stretches(translated, html_stretches(translated), translate)
    charset = _CHARSET.search(text)
    if text.isascii() and charset and charset[1].lower() not in ("utf-8", "utf8"):
        return translated.encode("ascii", "xmlcharrefreplace").decode("ascii")
    return translated


def html_stretches(text: str) -> Iterator[Stretch]:
    """Yield what is between the tags that begin or end a block."""
    items: list[Item] = []
    start = end = 0
    for mark, token in _marks(text):
        if mark is None:
            if items:
                yield Stretch(start, end, items, partial(_write, text[start:end]))
            items = []
            continue
        if not items:
            start = token.start
        items += read_references(text[token.start : token.end]) if token.form is Form.TEXT else [mark]
        end = token.end
    if items:
        yield Stretch(start, end, items, partial(_write, text[start:end]))


def _attribute_stretches(text: str) -> Iterator[Stretch]:
    """Yield the values of the attributes that are language, where a page is to be translated."""
    for _, token in _marks(text):
        if token.form is Form.TAG:
            for attribute in readable_attributes(token.name, text[token.start : token.end]):
                start, end = token.start + attribute.start, token.start + attribute.end
                yield Stretch(start, end, [attribute.text], partial(_write_attribute, attribute))


def _write_attribute(attribute: Attribute, passage: Sequence[Item]) -> str:
    return attribute.write(join(passage))


def _marks(text: str) -> Iterator[tuple[Mark | None, Token]]:
    """Yield the tokens of a page with the marks they are within a sentence; None where a block begins or ends."""
    tokens = list(read_tokens(text))
    place = 0
    while place < len(tokens):
        token = tokens[place]
        place += 1
        raw = text[token.start : token.end]
        if token.form is Form.TAG and (token.name in OPAQUE | _OPAQUE_BLOCKS or _is_untranslated(raw)):
            if not (token.name in VOID or raw.endswith("/>")):
                place = _closing(tokens, place)
            closed = tokens[place - 1].end
            inline = token.name in OPAQUE | _INLINE
            whole = Token(Form.OTHER, token.start, closed)
            yield (Mark(text[token.start : closed]) if inline else None), whole
        elif token.form in (Form.TEXT, Form.OTHER):
            yield (Mark(raw) if token.form is Form.TEXT or raw.startswith(_WITHIN_SENTENCES) else None), token
        elif token.name not in _INLINE:
            yield None, token
        elif token.name in VOID or raw.endswith("/>"):
            yield Mark(raw, unseen=token.name in UNSEEN), token
        else:
            kind = Kind.OPEN if token.form is Form.TAG else Kind.CLOSE
            yield Mark(raw, kind, token.name, divides=token.name in DIVIDING), token


def _is_untranslated(tag: str) -> bool:
    """Say whether a tag has translate="no", or the class "notranslate"."""
    if "translate" not in (tag := tag.lower()):
        return False
    found = [(attribute.name, attribute.value.split()) for attribute in read_attributes(tag)]
    return ("translate", ["no"]) in found or any(name == "class" and "notranslate" in value for name, value in found)


def _closing(tokens: Sequence[Token], place: int) -> int:
    """Return the place behind an element whose tag is before this place, as browsers find its end."""
    opened = tokens[place - 1].name
    followers = _FOLLOWERS.get(opened, frozenset())
    within = [opened]
    counts = Counter(within)
    lists = 0
    for number in range(place, len(tokens)):
        token = tokens[number]
        if token.form is Form.TAG:
            if not lists and token.name in followers:
                return number
            if token.name not in VOID and not token.empty:
                within.append(token.name)
                counts[token.name] += 1
                lists += token.name in _LISTS
        elif token.form is Form.END_TAG and counts[token.name]:
            last = ""
            while last != token.name:
                last = within.pop()
                counts[last] -= 1
                lists -= last in _LISTS and bool(within)
            if not within:
                return number + 1
        elif token.form is Form.END_TAG and followers and token.name not in _INLINE:
            # The end of what the element stands in.
            return number
    return len(tokens)


def _write(raw: str, passage: Sequence[Item]) -> str:
    """Return a passage as HTML; spaces that are references in the source, raw, are such again."""
    spaces = space_references(raw)
    return "".join(write_text(item, spaces) if isinstance(item, str) else str(item.content) for item in passage)
