"""Attributes of HTML that people see or hear: alternative texts, tooltips, labels, descriptions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from nmt.documents.html_references import space_references, write_text

_ATTRIBUTE = re.compile(r"""(?<=[\s"'/])([^\s"'>/=]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]*)""")
_NAMES = "alt title placeholder aria-label aria-description aria-placeholder aria-valuetext"
_READABLE = frozenset(_NAMES.split())
# The values of these kinds of <input>, and what <meta> tells under these names.
_BUTTONS = frozenset(["button", "submit", "reset"])
_TOLD_NAMES = "description og:title og:description og:image:alt twitter:title twitter:description twitter:image:alt"
_TOLD = frozenset(_TOLD_NAMES.split())
_LABELLED = frozenset(["option", "optgroup", "track"])


@dataclass(frozen=True)
class Attribute:
    """An attribute of a tag, its name in small letters; start, end: where its value is in the tag, quotes included.

    quote: " or ', "" where there is none
    """

    name: str
    start: int
    end: int
    value: str
    quote: str

    @property
    def text(self) -> str:
        """The value with references to characters resolved."""
        return html.unescape(self.value)

    def write(self, text: str) -> str:
        """Return a text as the value of this attribute, in its quotes."""
        escaped = write_text(text, space_references(self.value))
        quoted = escaped.replace(self.quote, "&quot;" if self.quote == '"' else "&#39;")
        return f"{self.quote}{quoted}{self.quote}"


def read_attributes(tag: str) -> Iterator[Attribute]:
    """Yield the attributes of a tag that have a value."""
    for match in _ATTRIBUTE.finditer(tag):
        raw = match[2]
        quote = raw[:1] if raw[:1] in ("'", '"') else ""
        yield Attribute(match[1].lower(), match.start(2), match.end(2), raw[1:-1] if quote else raw, quote)


def readable_attributes(name: str, tag: str) -> Iterator[Attribute]:
    """Yield those attributes of a tag, of an element of this name, that are language: of those in quotes."""
    attributes = list(read_attributes(tag))
    values = {attribute.name: attribute.value.strip().lower() for attribute in reversed(attributes)}
    wanted = set(_READABLE)
    if name in _LABELLED:
        wanted.add("label")
    if name == "input" and values.get("type") in _BUTTONS:
        wanted.add("value")
    if name == "meta" and not _TOLD.isdisjoint((values.get("name"), values.get("property"))):
        wanted.add("content")
    return (attribute for attribute in attributes if attribute.quote and attribute.name in wanted)
