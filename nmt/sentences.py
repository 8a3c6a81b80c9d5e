"""Where sentences end: by sentencex, and by what it does not know of ordinals and abbreviations."""

from __future__ import annotations

import re
from itertools import accumulate

from nmt.spans import ADDRESS, URL

# "Im 19. Jahrhundert", "der 1. FC": after such a word a number with a full stop is an ordinal and ends no sentence.
_ORDINAL = re.compile(
    r"\b(?:[ad]er|die|das|de[mns]|ein(?:e[mnrs]?)?|[ai]m|zu[mr]|vo[mr]|beim|bis|seit|ab|nach|jede[mnrs]?|"
    r"(?:dies|[mdsk]?ein|unser|eue?r|ihr)(?:e[mnrs]?)?) (?:\d{1,3}\. (?:und|oder|bis) )?\d{1,3}(?:\.\d{3})*\.\s+$",
    re.IGNORECASE,
)
# A number with a full stop before one of these is an ordinal too.
_COUNTED = (
    r"(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
    r"|(?:Jan|Feb|Apr|Aug|Sept?|Okt|Nov|Dez)\.|Jahrhunderts?|Jahrestag|Geburtstag|Todestag|Hochzeitstag|Schultag|Weltkrieg"
    r"|Advent|Klasse|Stock|Etage|Platz|Liga|Bundesliga|Auflage|Semester|Quartal|Lebensjahr)\b"
)
# Behind a number with a full stop: that it is no mark of a list.
NO_ORDINAL = rf"(?!\s+(?:{_COUNTED}|(?:und|bis|oder) \d))"
_NUMBER = re.compile(r"\b\d{1,3}(?:\.\d{3})*\.\s+$")
_NEXT_COUNTED = re.compile(_COUNTED)
# What begins a sentence behind a number, where an ordinal would have a noun.
_NEXT_SENTENCE = re.compile(
    r"(?:Ich|Du|Er|Sie|Es|Wir|Ihr|Das|Dann|Danach|Und|Aber|Dort|Da|Hier|Wo|Was|Wie|Wann|Wer|Warum|Bitte)\b"
)
# Abbreviations that end no sentence, and those that end none where it goes on in small letters, a number or a dash.
_ABBREVIATIONS = {
    "de": re.compile(
        r"(?<!\w)(?:inkl|exkl|einschl|ausschl|zzgl|abzgl|max|mind|bspw|insb|ehem|allg|geb|zw|engl|frz|ital|österr|techn"
        r"|Fa|Fam|Frl|Fr|Hrn|Gebr|Kap|Abb|Abt|Anm|Bd|Hrsg|Tab|Tel|Ziff|Dipl|Ing|[Aa]m (?:Mo|Di|Mi|Do|Sa|So))\.\s+$"
    ),
    "en": re.compile(r"(?<!\w)(?:Ms|Mx|approx|[Ee]st|incl|excl|max|avg|Apt|Attn|Ste)\.\s+$"),
}
_UNITS = {
    "en": re.compile(
        r"(?<!\w)(?:lbs?|oz|hrs?|mins?|secs?|yrs?|wks?|tbsp|tsp|vols?|ch|eqs?|tel|mon|tues?|wed|thurs?|fri|sat|sun"
        r"|temp|govt|misc|orig|chap|para|usu|resp|std|addr|attn|equiv|illus|intl|mgmt|mgr|natl|pkgs?|prev|qty|sect|wt|yds?"
        r"|[kcm]m|k?g|gal)\.\s+$",
        re.IGNORECASE,
    ),
}
_NEXT_WITHIN = re.compile(r"[a-zäöüß\d–—-]")
_INNER_END = re.compile(r"(?<=[!?])\s+(?=\w)")
_ADDRESS = re.compile(f"{URL}|{ADDRESS}")
# What may stand behind the full stop of a sentence.
_CLOSING = re.compile(r"[ \"'”“«»’)\]]*")
# A longer end is not looked through.
_END_LENGTH = 60
_END_PARTS = 9
# Characters that sentencex reads at once: the time it takes may grow with their square.
_CHUNK = 4096
# White space beyond ASCII, before which sentencex 1.0 may panic.
_SPACES = dict.fromkeys([0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000], " ")


def split_sentences(text: str, language: str) -> list[str]:
    """Cut a text after its sentences, each part with the white space behind it; joined they are the text.

    language: a code such as de; an unknown one is split by rules that suit most. Takes time in proportion to the
    text's length. What holds no letter, such as the "1." of a list, is no sentence: it stays with the next.
    """
    parts: list[str] = []
    waiting: list[str] = []
    segments = _segments(text, language.lower())
    for found, following in zip(segments, [*segments[1:], ""], strict=True):
        waiting.append(found)
        within = _is_within_address("".join(waiting[-_END_PARTS:])[-_END_LENGTH:], following)
        if not within and not _goes_on(found, following, language.lower()[:2]):
            parts.append("".join(waiting))
            waiting = []
    last = "".join(waiting)
    if parts and not has_letter(last):
        parts[-1] += last
    elif last or not parts:
        parts.append(last)
    return parts


def _segments(text: str, language: str) -> list[str]:
    """Return the sentences that sentencex finds."""
    spaced = text.translate(_SPACES)
    ends: list[int] = []
    start = 0
    while len(text) - start > _CHUNK:
        chunk = [start + end for end in _ends_in(spaced[start : start + _CHUNK], language)]
        # The last sentence goes on: it is begun again, unless it is so long that nothing would be won.
        ends += chunk[:-1]
        start = chunk[-2] if len(chunk) > 1 and chunk[-1] - chunk[-2] < _CHUNK // 2 else chunk[-1]
    ends += [start + end for end in _ends_in(spaced[start:], language)]
    if text.islower():
        # Where no sentence begins with a capital, it takes marks for those of a sentence that goes on.
        ends = sorted({*ends, *(match.end() for match in _INNER_END.finditer(text))})
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def _ends_in(text: str, language: str) -> list[int]:
    """Return where sentencex finds the ends of sentences, the last that of the text; where it fails, that alone."""
    import sentencex

    try:
        found = sentencex.segment(language, text)
    except BaseException as error:
        # A panic within the library, which is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        return [len(text)]
    ends = list(accumulate(map(len, found)))
    return ends if ends and ends[-1] == len(text) else [len(text)]


def _goes_on(found: str, following: str, language: str) -> bool:
    """Say whether a sentence goes on behind what was found."""
    end = found[-_END_LENGTH:]
    divided = not end[-1:].isspace() and (following.startswith("-") or end.endswith(" ."))
    if not has_letter(found) or divided:
        return True  # "1."; "Dipl.-Ing.", ".NET"
    if language == "de" and _NUMBER.search(end) and _NEXT_COUNTED.match(following):
        return True
    if language == "de" and _ORDINAL.search(end) and not _NEXT_SENTENCE.match(following):
        return True
    abbreviation, unit = _ABBREVIATIONS.get(language), _UNITS.get(language)
    if abbreviation and abbreviation.search(end):
        return True
    return bool(unit and unit.search(end) and _NEXT_WITHIN.match(following))


def _is_within_address(end: str, following: str) -> bool:
    """Say whether an address, such as "WWW.BEISPIEL.DE", goes on behind an end."""
    if end[-1:].isspace() or following[:1].isspace():
        return False
    around = end + following[:_END_LENGTH]
    return any(match.start() < len(end) < match.end() for match in _ADDRESS.finditer(around))


def is_end(text: str, place: int) -> bool:
    """Say whether nothing but closing marks stands behind a place of a text."""
    return _CLOSING.fullmatch(text, place) is not None


def has_letter(text: str) -> bool:
    """Say whether a text holds a letter."""
    return any(map(str.isalpha, text))
