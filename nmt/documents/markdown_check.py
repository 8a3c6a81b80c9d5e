"""Translated Markdown checked: it is read as the markup of its source, or the passage stays as it was."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any

from nmt.documents.marks import Item, Kind, Mark, merged
from nmt.documents.stretches import Stretch, join

_PARAGRAPH = ["paragraph_open", "inline", "paragraph_close"]
_FIRST_WORD, _LAST_WORD = re.compile(r"(\s*)([^\W_]+)"), re.compile(r"([^\W_]+)(\s*)$")


class Markup:
    """Tells what markup a text has, as markdown-it reads it."""

    def __init__(self, known: dict[str, Any]) -> None:
        """known: what the document defines, such as the targets of links, when it has been read."""
        from markdown_it import MarkdownIt

        self._parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        self._known = known

    def defines(self, label: str) -> bool:
        """Say whether the document tells where links of a label go."""
        from markdown_it.common.utils import normalizeReference

        return normalizeReference(label) in self._known.get("references", {})

    def inline(self, text: str) -> Counter[object]:
        """Count the markup within a paragraph, links and code with what they hold."""
        tokens = list(self._parser.parseInline(text, dict(self._known)))
        found = Counter[object]()
        while tokens:
            token = tokens.pop()
            tokens += token.children or []
            if token.type not in ("inline", "text", "softbreak"):
                held = token.content if token.type in ("code_inline", "html_inline") else ""
                found[token.type, str(token.attrs), held] += 1
        return found

    def blocks(self, text: str) -> list[str]:
        """Return the kinds of the blocks that a text would be on lines of its own."""
        return [token.type for token in self._parser.parse(text, dict(self._known))]


def checked(stretch: Stretch, markup: Markup, passage: Sequence[Item]) -> str | None:
    """Return the text of a translated passage, None where it would be read as other markup than its source."""
    empty = {opening for opening, _ in _empty_pairs(stretch.passage)}
    source, written = join(stretch.passage), stretch.write(_around_words(passage, empty))
    assert written is not None
    same = markup.inline(written) == markup.inline(source)
    return written if same and markup.blocks(written) in (_PARAGRAPH, markup.blocks(source)) else None


def _empty_pairs(passage: Sequence[Item]) -> Iterator[tuple[Mark, int]]:
    """Yield marks that open what closes at once, with their places."""
    for place, (item, after) in enumerate(pairwise(passage)):
        if isinstance(item, str) or isinstance(after, str) or item.kind is not Kind.OPEN:
            continue
        if after.kind is Kind.CLOSE and item.name == after.name:
            yield item, place


def _around_words(passage: Sequence[Item], empty: Collection[Mark]) -> list[Item]:
    """Return a passage whose pairs around nothing, which would not be read as such, are around the next word.

    empty: pairs that were so in the source
    """
    items = list(passage)
    for opening, place in reversed([each for each in _empty_pairs(items) if each[0] not in empty]):
        closing = items[place + 1]
        before, after = items[place - 1] if place else "", items[place + 2] if place + 2 < len(items) else ""
        if isinstance(after, str) and (word := _FIRST_WORD.match(after)):
            # The white space on both sides of an empty pair is now on one.
            space = "" if isinstance(before, str) and before[-1:].isspace() else word[1]
            items[place : place + 3] = [space, opening, word[2], closing, after[word.end() :]]
        elif isinstance(before, str) and (word := _LAST_WORD.search(before)):
            space = "" if isinstance(after, str) and not after.strip() else word[2]
            items[place - 1 : place + 2] = [before[: word.start()], opening, word[1], closing, space]
    return merged(items)
