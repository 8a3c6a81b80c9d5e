"""What must come through a translation unchanged, found in plain text: placeholders, tags, addresses, code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nmt.documents.marks import Item, Kind, Mark, Passage
from nmt.spans import ADDRESS, URL

_CONVERSION = r"(?:hh?|ll?|[zjtLq])?[diouxXeEfFgGcrsa@]"
_WIDTH = r"[-+#0]{0,4}(?:\d{1,4}|\*)?(?:\.(?:\d{1,4}|\*))?"
_FLAGS = rf"%(?:\(\w{{1,80}}\)|\d{{1,3}}\$)?{_WIDTH}"


def _nested(character: str, most: int, depth: int) -> str:
    """Return a pattern of characters with groups in braces among them, so deep."""
    plain = f"{character}{{0,{most}}}"
    if depth == 0:
        return plain
    return rf"{plain}(?:\{{{_nested(character, most, depth - 1)}\}}{plain}){{0,20}}"


# A choice of ICU's messages, "{n, plural, one {# Datei} other {# Dateien}}": its words are code and prose in one.
_CHOICE = (
    r"\{\s{0,9}\w{1,80}\s{0,9},\s{0,9}(?:plural|select|selectordinal)\s{0,9}," + _nested(r"[^{}]", 1000, 5) + r"\}"
)
# Elements of HTML whose content is no language.
_OPAQUE_NAMES = "code kbd samp var math svg object"
OPAQUE = frozenset(_OPAQUE_NAMES.split())
# Such an element, up to the next tag of its own name.
_ELEMENT = (
    rf"<(?P<element>{_OPAQUE_NAMES.replace(' ', '|')}|pre|script|style)(?:\s[^<>]{{0,1000}})?>[^<]{{0,500}}"
    r"(?:<(?!/?(?P=element)\b)[^<]{0,500}){0,20}</(?P=element)\s{0,9}>"
)
_BRACES = r"[%#]?\{" + _nested(r"[^{}\n]", 100, 1) + r"\}"
_PATTERNS = {
    "code": r"(?<!\w)(?P<ticks>`{1,3})[^`\n]{1,500}(?P=ticks)(?!\w)",
    "url": URL,
    "address": ADDRESS,
    # Ruby's, with a name: "%<count>d".
    "named": rf"%<\w{{2,40}}>{_WIDTH}{_CONVERSION}(?![A-Za-z])",
    "content": _ELEMENT,
    "markup": r"<(?P<end>/?)(?P<tag>[A-Za-z][\w:.-]{0,40})(?:\s[^<>]{0,1000})?(?P<empty>/?)>|<!--[^<>]{0,1000}-->",
    "entity": r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]\w{1,30});",
    # And i18next's messages within others: "$t(menu.file)".
    "shell": r"\$\{[^{}\n]{0,100}\}|\$t\([^()\n]{1,200}\)|\$[A-Za-z_]\w{0,60}|%[A-Z][A-Z0-9_]{1,40}%",
    "choice": _CHOICE,
    "braces": _BRACES,
    # "100%ig" and "5 %" are prose; "3%s" and "%d Dateien" are not.
    "percent": (
        rf"{_FLAGS}{_CONVERSION}(?![A-Za-z])|(?<!\d)(?<!\d[ \u00a0]){_FLAGS}{_CONVERSION}|%[sd@]|%%|%n\b|%\d{{1,2}}\b"
    ),
    "symbol": r"[\U0001F000-\U0001FAFF\u2600-\u27BF](?:[\uFE0F\u200D\U0001F000-\U0001FAFF\u2600-\u27BF]){0,20}",
}
_FOUND = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS.items()))
# Tags of HTML that enclose nothing.
_VOID_NAMES = "area base br col embed hr img input link meta param source track wbr"
VOID = frozenset(_VOID_NAMES.split())
# Those that pages set apart, as entries of a menu, without a space between them.
_DIVIDING_NAMES = "a abbr cite data del ins q slot span time"
DIVIDING = frozenset(_DIVIDING_NAMES.split())
# Those where a word may be broken.
UNSEEN = frozenset(["wbr"])


def protect(text: str) -> list[Item]:
    """Return a text as a passage whose marks are what must not be translated; joined, it is the text."""
    items: list[Item] = []
    done = 0
    for match in _FOUND.finditer(text):
        if match.start() > done:
            items.append(text[done : match.start()])
        items.append(_mark(match))
        done = match.end()
    if done < len(text):
        items.append(text[done:])
    return items


def protect_all(passage: Passage) -> Iterator[Item]:
    """Yield a passage with what must not be translated in its texts as marks."""
    for item in passage:
        if isinstance(item, str):
            yield from protect(item)
        else:
            yield item


def _mark(match: re.Match[str]) -> Mark:
    tag = (match["tag"] or "").lower()
    if not tag or match["empty"] or tag in VOID:
        return Mark(match[0], unseen=tag in UNSEEN)
    return Mark(match[0], Kind.CLOSE if match["end"] else Kind.OPEN, f"<{tag}>", divides=tag in DIVIDING)
