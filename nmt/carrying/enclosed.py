"""Brackets and quoted words within a sentence, which are translated by themselves.

Models are unsure of a word behind a bracket or a quotation mark: it is another piece to them than behind a space, and
rare in their corpora. Quoted speech, with a mark at its end or behind a colon or comma, stays in its sentence.
"""

from __future__ import annotations

import re

from nmt.carrying.stand_ins import Apart, has_capital_nouns

# Names that a model is likely to copy.
_NAMES = ("Tom", "Anna", "Peter", "Robert", "Martin", "Laura")
_QUOTED = '[^„“”"»«]{2,200}'
_ENCLOSED = re.compile(
    r"(?<!\S)(?:\([^()\[\]]{3,200}\)|\[[^()\[\]]{3,200}\]"
    rf"|„{_QUOTED}[“”\"]|“{_QUOTED}”|\"{_QUOTED}\""
    rf"|»{_QUOTED}«|«{_QUOTED}»)(?![\w(\[])"
)
_BRACKETS = "(["
# Speech begins behind one of these, and ends in one of those.
_BEFORE_SPEECH = (",", ":", ";", "–", "—", "-")
_SPEECH_ENDS = (".", "!", "?", "…", ",", ":", ";")
_SENTENCE_END = re.compile(r"[.!?…]\s+[^\W\d_]*[A-ZÄÖÜ]")
_WORD = re.compile(r"[^\W\d_]{2,}")
# What names of things in programs are made of.
_CODE = re.compile(r"[_=<>{}\\/@#&*;|`^~]|\w\(|[^\W\d]\d|\d[^\W\d]|\w\.\w{2,}")


def find_enclosed(text: str, language: str) -> list[Apart]:
    """Return what stands in brackets or quotation marks within a sentence and could be translated by itself.

    language: of the sentence, a code such as de
    """
    found = [match for match in _ENCLOSED.finditer(text) if _stands_alone(text, match, _content(match))]
    rest = _ENCLOSED.sub("", text)
    if not _WORD.search(rest) or not any(map(str.islower, rest)):
        return []
    nouns = has_capital_nouns(language)
    return [Apart(match.start() + 1, match.end() - 1, _NAMES, within=_goes_on(match, nouns)) for match in found]


def _content(match: re.Match[str]) -> str:
    return match[0][1:-1]


def _goes_on(match: re.Match[str], nouns: bool) -> bool:
    """Say whether what is enclosed begins as what goes on in a sentence does; nouns: with a capital where it is one."""
    return match[0][1].islower() or (nouns and match[0][0] in _BRACKETS)


def _stands_alone(text: str, match: re.Match[str], content: str) -> bool:
    """Say whether what is enclosed are words of a language, and no speech."""
    if not any(map(str.islower, content)) or not _WORD.search(content):
        return False
    if content != content.strip() or _CODE.search(content) or _SENTENCE_END.search(content):
        return False
    if match[0][0] in _BRACKETS:
        return True
    before, after = text[: match.start()].rstrip(), text[match.end() :]
    if content.endswith(_SPEECH_ENDS) or before.endswith(_BEFORE_SPEECH):
        return False
    return bool(before) or after.startswith(" ")
