"""The language that a document says it is in: that of its translation, where it says one."""

from __future__ import annotations

import re

_HTML = re.compile(r"<html(?=\s)[^<>]{0,2000}>", re.IGNORECASE)
_LANG = re.compile(r"""(?P<name>\s(?:xml:)?lang\s*=\s*)(?P<quote>["']?)[\w-]+(?P=quote)(?=[\s/>])""", re.IGNORECASE)
# Scripts and comments of a page are no more than what stands before its head.
_HTML_HEAD = 10_000
_VTT = re.compile(r"(?P<name>^Language:[ \t]*)[\w-]+", re.MULTILINE)
_PO = re.compile(r'(?P<name>^"Language:[ \t]*)[\w@.-]*(?=\\n"\r?$)', re.MULTILINE)


def tag_html(text: str, language: str) -> str:
    """Return a page whose `<html lang>` names a language, a code such as en."""
    head, rest = text[:_HTML_HEAD], text[_HTML_HEAD:]
    return _HTML.sub(lambda tag: _LANG.sub(rf"\g<name>\g<quote>{language}\g<quote>", tag[0]), head) + rest


def tag_subtitles(text: str, language: str) -> str:
    """Return WebVTT whose header names a language; SubRip has none."""
    if not text.removeprefix("\ufeff").startswith("WEBVTT"):
        return text
    end = next((match.start() for match in re.finditer(r"\r?\n\r?\n", text)), len(text))
    return _VTT.sub(rf"\g<name>{language}", text[:end], count=1) + text[end:]


def tag_po(text: str, language: str) -> str:
    """Return a message catalogue whose header names a language."""
    return _PO.sub(rf"\g<name>{language}", text, count=1)
