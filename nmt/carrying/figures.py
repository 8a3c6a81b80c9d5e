"""Numbers that a translation must hold, in figures or in words: a model may lose one of a date and a time.

German and English are known; between other languages nothing is asked.
"""

from __future__ import annotations

import re

from nmt.carrying.amounts import localise
from nmt.carrying.times import write_time
from nmt.glossary import Demand, missing

# With what the words for 10 to 19 begin, and those for 20 to 90.
_TEENS = {
    "de": ["zehn", "elf", "zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"],
    "en": ["ten", "eleven", "twel", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"],
}
_TENS = {
    "de": ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"],
    "en": ["twent", "thirt", "fort", "fift", "sixt", "sevent", "eight", "ninet"],
}
# What else may be said for a number.
_OTHERWISE = {
    "de": {12: "dutzend|mittag", 14: "zwei wochen", 15: "viertel", 30: "halb", 100: "hundert", 1000: "tausend"},
    "en": {12: "dozen|noon", 14: "two weeks|fortnight", 15: "quarter", 30: "half", 100: "hundred", 1000: "thousand"},
}
# Divided by bars, as in a pattern.
MONTHS = {
    "de": "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember",
    "en": "January|February|March|April|May|June|July|August|September|October|November|December",
}
_START, _END = r"(?<![\w.,:/’'–-])(?<!\d )", r"(?![\w:/%°’'–-]|[.,]\d| \d)"
# Days of a month, numbers of at least two figures, and times, but not "15 Uhr", which may be 3 o'clock.
_FIGURES = {
    "de": re.compile(
        rf"{_START}(?P<day>\d{{1,2}})(?=\. (?:{MONTHS['de']})\b)"
        rf"|{_START}(?P<time>\d{{1,2}}[:.]\d\d) Uhr\b|{_START}(?P<bare>\d{{1,2}}:\d\d){_END}(?! Uhr)"
        rf"|{_START}(?P<number>\d{{2,9}}(?:,\d{{1,9}})?){_END}(?! Uhr)"
    ),
    "en": re.compile(
        rf"\b(?:{MONTHS['en']}) (?P<day>\d{{1,2}})(?![\w:/–-]|[.,]\d)"
        rf"|{_START}(?P<time>\d{{1,2}}:\d\d){_END}(?! ?[ap]\.?m)"
        rf"|{_START}(?P<number>\d{{2,9}}(?:\.\d{{1,9}})?){_END}(?! ?[ap]\.?m)"
    ),
}
# Groups of times: of those with "Uhr" in German, and without.
_TIMES = ("time", "bare")
_CLOCK = re.compile(r"\d{1,2}:\d\d")
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def find_figures(text: str, src: str, tgt: str) -> list[Demand]:
    """Return the numbers of a text that its translation must hold, with the forms that it may, as they stand.

    src, tgt: codes of German and English, between others there are none
    """
    return [demand for demand, _ in _found(text, src, tgt)]


def lost_figures(text: str, translation: str, src: str, tgt: str) -> list[Demand]:
    """Return those numbers of a text that its translation does not hold, in figures or in words."""
    found = _found(text, src, tgt)
    if not found:
        return []
    # The 12 of "12:30" is no other.
    numbers = missing(_CLOCK.sub(" ", translation), [demand for demand, is_time in found if not is_time])
    words = translation.casefold()
    lost = [each for each in numbers if not any(said in words for said in _in_words(each.found, tgt))]
    return [*lost, *missing(translation, [demand for demand, is_time in found if is_time])]


def _found(text: str, src: str, tgt: str) -> list[tuple[Demand, bool]]:
    """Return numbers, and whether each is a time."""
    if {src, tgt} != set(_FIGURES):
        return []
    return [(_demand(match, src, tgt), match.lastgroup in _TIMES) for match in _FIGURES[src].finditer(text)]


def _demand(match: re.Match[str], src: str, tgt: str) -> Demand:
    kind = match.lastgroup or "number"
    found = match[kind]
    if kind in _TIMES:
        # In German "Uhr" may stand anywhere behind it; without it, it may be no time.
        written = [write_time(found, tgt).removesuffix(" Uhr"), *([found] if kind == "bare" else [])]
        return Demand(found, tuple(dict.fromkeys(written)), span=match.span(kind))
    forms = [localise(found, src, tgt)]
    if tgt == "en" and len(found) <= 2:
        forms.append(found + ("th" if found in ("11", "12", "13") else _ENDINGS.get(int(found[-1]), "th")))
    return Demand(found, tuple(forms), span=match.span(kind))


def _in_words(number: str, language: str) -> list[str]:
    """Return what a text may hold that says a number in words."""
    if not number.isdigit():
        return []
    value = int(number)
    words = _OTHERWISE[language].get(value, "").split("|")
    if 10 <= value < 20:
        words.append(_TEENS[language][value - 10])
    elif 20 <= value < 100:
        words.append(_TENS[language][value // 10 - 2])
    return [word for word in words if word]
