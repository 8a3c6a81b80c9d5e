"""Numbers, dates and days that a translation must hold: a model may lose one of a date and a time, or of two months.

German and English are known; between other languages nothing is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nmt.carrying.amounts import localise
from nmt.carrying.dates import find_dates, find_weekdays, ordinal
from nmt.carrying.times import find_wrong_hours, write_time
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
_START, _END = r"(?<![\w.,:/’'–-])(?<!\d )", r"(?![\w:/%°’'–-]|[.,]\d| \d)"
# Numbers of at least two figures, and times, but not "15 Uhr", which may be 3 o'clock.
_FIGURES = {
    "de": re.compile(
        rf"{_START}(?P<time>\d{{1,2}}[:.]\d\d) Uhr\b|{_START}(?P<bare>\d{{1,2}}:\d\d){_END}(?! Uhr)"
        rf"|{_START}(?P<number>\d{{2,9}}(?:,\d{{1,9}})?){_END}(?! Uhr)"
    ),
    "en": re.compile(
        rf"{_START}(?P<time>\d{{1,2}}:\d\d){_END}(?! ?[ap]\.?m)"
        rf"|{_START}(?P<number>\d{{2,9}}(?:\.\d{{1,9}})?){_END}(?! ?[ap]\.?m)"
    ),
}
# Groups of times: of those with "Uhr" in German, and without.
_TIMES = ("time", "bare")
_CLOCK = re.compile(r"\d{1,2}:\d\d")


@dataclass(frozen=True)
class _Figure:
    """What a translation must hold; words: or one of these, in small letters; is_time: a time of day."""

    demand: Demand
    words: Sequence[str] = ()
    is_time: bool = False


def find_figures(text: str, src: str, tgt: str) -> list[Demand]:
    """Return the numbers, dates and days of a text that its translation must hold, with the forms that they may have,
    as they stand.

    src, tgt: codes of German and English, between others there are none
    """
    return sorted((each.demand for each in _found(text, src, tgt)), key=lambda demand: demand.span)


def lost_figures(text: str, translation: str, src: str, tgt: str) -> list[Demand]:
    """Return those numbers, dates and days of a text that its translation does not hold, in figures or in words, and
    hours of which it says the wrong half of the day."""
    found = _found(text, src, tgt)
    words = translation.casefold()
    said = [each.demand for each in found if any(word in words for word in each.words)]
    times = missing(translation, [each.demand for each in found if each.is_time])
    # The 12 of "12:30" is no other.
    others = missing(_CLOCK.sub(" ", translation), [each.demand for each in found if not each.is_time])
    return [*(each for each in others if each not in said), *times, *find_wrong_hours(text, translation, src, tgt)]


def _found(text: str, src: str, tgt: str) -> list[_Figure]:
    """Return numbers that are no part of dates, dates, and days of the week."""
    if {src, tgt} != set(_FIGURES):
        return []
    dates = find_dates(text, src, tgt)
    days = [_Figure(day, [form.casefold() for form in day.forms]) for day in find_weekdays(text, src, tgt)]
    covered = {place for date in dates for place in range(*date.span)}
    numbers = [match for match in _FIGURES[src].finditer(text) if match.start() not in covered]
    return [*(_figure(match, src, tgt) for match in numbers), *map(_Figure, dates), *days]


def _figure(match: re.Match[str], src: str, tgt: str) -> _Figure:
    kind = match.lastgroup or "number"
    found = match[kind]
    if kind in _TIMES:
        # In German "Uhr" may stand anywhere behind it; without it, it may be no time.
        written = [write_time(found, tgt).removesuffix(" Uhr"), *([found] if kind == "bare" else [])]
        return _Figure(Demand(found, tuple(dict.fromkeys(written)), span=match.span(kind)), is_time=True)
    forms = [localise(found, src, tgt)]
    if tgt == "en" and len(found) <= 2:
        forms.append(ordinal(found))
    return _Figure(Demand(found, tuple(forms), span=match.span(kind)), _in_words(found, tgt))


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
