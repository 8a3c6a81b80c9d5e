"""Markup within a paragraph of Markdown, such as code, links and emphasis: as marks, and written again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from nmt.documents.marks import Item, Kind, Mark

# Where a link goes, with its title, or the label of a definition that tells it.
_TARGET = r"(?:<[^<>\n]{0,2000}>|[^()\s]{0,2000}(?:\([^()\s]{0,500}\)[^()\s]{0,500}){0,8})"
_TITLE = r"""(?:"(?:[^"\\\n]|\\.){0,500}"|'(?:[^'\\\n]|\\.){0,500}'|\((?:[^()\\\n]|\\.){0,500}\))"""
_LINK_END = rf"\](?:\(\s{{0,9}}{_TARGET}(?:\s{{1,99}}{_TITLE})?\s{{0,9}}\)|\[[^\[\]\n]{{1,500}}\])"
# Characters of a label, as CommonMark has it.
_LONGEST_LABEL = 999
_INLINE = re.compile(
    r"(?P<alone>(?P<ticks>`+)(?!`)[^\n]{1,2000}?(?<!`)(?P=ticks)(?!`)|\\[!-/:-@\[-`{-~]|\[\^[^\[\]\s]{1,100}\]"
    r"|<[a-z][a-z0-9+.-]{1,31}:[^\s<>]{0,2000}>|<[^\s<>@]{1,64}@[^\s<>@]{1,255}>"
    # A name_like_this is no word of a language.
    r"|(?<![^\W_])[^\W_]{1,200}(?:_{1,10}[^\W_]{1,200}){1,50}"
    # The codes of emoji; formulas, which no amounts of money are: "$5 und 6$", "US$".
    r"|(?<![\w:]):[a-z0-9_+-]{2,40}:(?![\w:])|\$\$[^$]{1,2000}\$\$"
    r"|(?<![\w$])\$(?![\s{$]|\d[^$\n]{0,500}\s)[^$\n]{1,500}(?<!\s)\$(?![\w{$]))"
    rf"|(?P<link>!?\[)|(?P<link_end>{_LINK_END})|(?P<label_end>\](?:\[\])?)|(?P<run>\*{{1,3}}|_{{1,3}}|~~)|(?P<other>[`\\])",
)
_TO_ESCAPE = re.compile(r"[\\`*_\[\]<]|~~")
# What would begin a list at the start of a line, and other blocks' first characters.
_NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_BLOCK_STARTS = frozenset("#>+=-~|")


def read_inline(text: str, defines: Callable[[str], bool]) -> Iterator[Item]:
    """Yield a text with its inline markup as marks; defines: says whether the document tells where a label goes."""
    opened: list[int] = []
    done = 0
    for match in _INLINE.finditer(text):
        if match.start() > done:
            yield text[done : match.start()]
        if match["link"]:
            opened.append(match.end())
        start = opened.pop() if opened and match[0].startswith("]") else match.start()
        if match["label_end"] and 0 < match.start() - start <= _LONGEST_LABEL and defines(text[start : match.start()]):
            # The label is the text of the link, which its translation is not.
            yield Mark(f"][{text[start : match.start()]}]", Kind.CLOSE, "link", divides=True)
        else:
            yield _mark(match)
        done = match.end()
    if done < len(text):
        yield text[done:]


def _mark(match: re.Match[str]) -> Mark:
    if match["link"]:
        return Mark(match[0], Kind.OPEN, "link", divides=True)
    if match["link_end"]:
        return Mark(match[0], Kind.CLOSE, "link", divides=True)
    if match["run"]:
        before, after = match.string[: match.start()][-1:], match.string[match.end() :][:1]
        if (
            after.strip()
            and (not before.strip() or not before.isalnum())
            and not (before.strip() and not after.isalnum())
        ):
            return Mark(match[0], Kind.OPEN, match[0])
        if before.strip():
            return Mark(match[0], Kind.CLOSE, match[0])
    return Mark(match[0])


def write_inline(passage: Sequence[Item], in_table: bool) -> str:
    """Return a passage as a text whose words are not read as markup."""
    parts = [_TO_ESCAPE.sub(r"\\\g<0>", item) if isinstance(item, str) else str(item.content) for item in passage]
    text = "".join(parts)
    if in_table:
        return "".join(
            part.replace("|", "\\|") if isinstance(item, str) else part
            for item, part in zip(passage, parts, strict=True)
        )
    if passage and isinstance(passage[0], str):
        text = _NUMBERED.sub(r"\1\\\2", text, count=1) if _NUMBERED.match(text) else text
        text = f"\\{text}" if text[:1] in _BLOCK_STARTS else text
    return text
