"""Where sentences end: by sentencex, and by what it does not know of German ordinals."""

from __future__ import annotations

import re
from itertools import accumulate

# "Im 19. Jahrhundert", "der 1. FC": after such a word a number with a full stop is an ordinal and ends no sentence.
_ORDINAL = re.compile(
    r"\b(?:[ad]er|die|das|de[mns]|ein(?:e[mnrs]?)?|[ai]m|zu[mr]|vo[mr]|beim|bis|seit|ab|nach|jede[mnrs]?|"
    r"(?:dies|[mds]?ein|unser|euer|ihr)(?:e[mnrs]?)?) (?:\d{1,2}\. (?:und|oder|bis) )?\d{1,2}\.\s+$",
    re.IGNORECASE,
)
_ORDINAL_LANGUAGES = frozenset({"de"})
# A longer end is not looked through for an ordinal.
_ORDINAL_LENGTH = 60
# White space beyond ASCII, before which sentencex 1.0 may panic.
_SPACES = dict.fromkeys([0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000], " ")


def split_sentences(text: str, language: str) -> list[str]:
    """Cut a text after its sentences, each part with the white space behind it; joined they are the text.

    language: a code such as de; an unknown one is split by rules that suit most. Takes time in proportion to the
    text's length. What holds no letter, such as the "1." of a list, is no sentence: it stays with the next.
    """
    parts: list[str] = []
    waiting: list[str] = []
    for found in _segments(text, language.lower()):
        waiting.append(found)
        if not _goes_on(found, language):
            parts.append("".join(waiting))
            waiting = []
    last = "".join(waiting)
    if parts and not _has_letter(last):
        parts[-1] += last
    elif last or not parts:
        parts.append(last)
    return parts


def _segments(text: str, language: str) -> list[str]:
    """Return the sentences that sentencex finds, or the text as one where it fails."""
    import sentencex

    try:
        found = sentencex.segment(language, text.translate(_SPACES))
    except BaseException as error:
        # A panic within the library, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        return [text]
    ends = list(accumulate(map(len, found)))
    if not ends or ends[-1] != len(text):
        return [text]
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _goes_on(found: str, language: str) -> bool:
    ordinal = language.lower()[:2] in _ORDINAL_LANGUAGES
    return not _has_letter(found) or (ordinal and _ORDINAL.search(found[-_ORDINAL_LENGTH:]) is not None)


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))
