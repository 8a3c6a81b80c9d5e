"""Dates, written out, in German and English: "Montag, den 12. Mai" is "Monday, May 12".

A model that knows few dates takes the month of one for that of another, or leaves it out.
"""

from __future__ import annotations

import re

from nmt.glossary import Demand
from nmt.spans import Kind, Span

# Divided by bars, as in a pattern.
MONTHS = {
    "de": "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember",
    "en": "January|February|March|April|May|June|July|August|September|October|November|December",
}
MONTH_NAMES = {language: names.split("|") for language, names in MONTHS.items()}
DAY_NAMES = {
    "de": ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
_OTHER_SATURDAY = "Sonnabend"
_WEEKDAY = {
    "de": re.compile(rf"(?<![\w-])(?:{'|'.join(DAY_NAMES['de'])}|{_OTHER_SATURDAY})(?![\w-])"),
    "en": re.compile(rf"(?<![\w-])(?:{'|'.join(DAY_NAMES['en'])})(?![\w-])"),
}
GERMAN_DAY = rf"(?:{'|'.join(DAY_NAMES['de'])}|{_OTHER_SATURDAY})"

_START = r"(?<![\w.,:/’'–-])(?<!\d )"
_DATES = {
    "de": re.compile(rf"{_START}(?P<day>\d{{1,2}})\. (?P<month>{MONTHS['de']})(?![\w-])"),
    "en": re.compile(rf"\b(?P<month>{MONTHS['en']}) (?P<day>\d{{1,2}})(?![\w:/]|[.,]\d)"),
}
# Words before which a date is no part of a longer name, as in "the 4th of July parade".
GOES_ON = "at|in|from|to|by|until|till|between|on|for|has|have|had|is|are|was|were|will|would|can|must|and|or"
# A date with its day of the week, and a comma that closes it, unless a clause begins there.
_CLAUSE = "dass|weil|wenn|ob|da|als|aber|sondern|denn|obwohl|der|die|das|wo|wie|und|oder"
_FULL_DATES = {
    "de": re.compile(
        rf"{_START}(?:(?<=\bbis )zum )?"
        rf"(?:(?P<weekday>{GERMAN_DAY}),? (?:de[mn] )?)?(?P<day>\d{{1,2}})\. (?P<month>{MONTHS['de']})(?![\w-])"
        rf"(?: (?P<year>\d{{4}})(?!\w|[.,]\d))?(?(weekday)(?:,(?= (?!(?:{_CLAUSE})\b)[a-zäöü]))?)"
    ),
    "en": re.compile(
        rf"(?<![\w-])(?:(?P<weekday>{'|'.join(DAY_NAMES['en'])}),? )?(?P<month>{MONTHS['en']}) (?P<day>\d{{1,2}})"
        rf"(?![\w:/]|[.,]\d)(?:,? (?P<year>\d{{4}})(?!\w|[.,]\d))?(?:,(?= (?:{GOES_ON})\b))?"
    ),
}
# What a model reads in the place of a date, and what it writes then.
_ORDER = (0, 2, 4, 1, 3, 5, 6)
SUBSTITUTES = {
    (src, tgt): [(DAY_NAMES[src][day], DAY_NAMES[tgt][day]) for day in _ORDER]
    for src, tgt in (("de", "en"), ("en", "de"))
}
# "von Montag" is "vom 12. Mai".
_ARTICLES = {
    **{"von": "vom", "bis": "bis zum", "zwischen": "zwischen dem", "auf": "auf den", "für": "für den"},
    **{word: f"{word} dem" for word in ("ab", "seit", "vor", "nach")},
}
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def find_dates(text: str, src: str, tgt: str) -> list[Demand]:
    """Return the dates of a text that its translation must hold, days of months in words, with the forms they may have.

    src, tgt: codes of German and English, between others there are none
    """
    if {src, tgt} != set(_DATES):
        return []
    return [_date(match, src, tgt) for match in _DATES[src].finditer(text)]


def _date(match: re.Match[str], src: str, tgt: str) -> Demand:
    day = match["day"].lstrip("0") or "0"
    month = MONTH_NAMES[tgt][MONTH_NAMES[src].index(match["month"])]
    forms = (f"{month} {day}", f"{month} {ordinal(day)}", f"{day} {month}", f"{ordinal(day)} of {month}")
    span = min(match.start("day"), match.start("month")), max(match.end("day"), match.end("month"))
    return Demand(match.string[slice(*span)], forms if tgt == "en" else (f"{day}. {month}",), span=span)


def ordinal(number: str) -> str:
    """Return an English ordinal in figures."""
    return number + ("th" if number in ("11", "12", "13") else _ENDINGS.get(int(number[-1]), "th"))


def find_weekdays(text: str, src: str, tgt: str) -> list[Demand]:
    """Return the days of the week in a text, with the names they may have in its translation.

    src, tgt: codes of German and English, between others there are none
    """
    if {src, tgt} != set(_WEEKDAY):
        return []
    found = []
    for match in _WEEKDAY[src].finditer(text):
        name = _in_other_language(match[0], src, tgt)
        found.append(Demand(match[0], (name, _OTHER_SATURDAY) if name == "Samstag" else (name,), span=match.span()))
    return found


def find_hard_dates(text: str, src: str, tgt: str) -> list[Span]:
    """Return the dates of a text, each with its day of the week, but for one without such a day and other numbers in
    the text: that is usual.

    src, tgt: codes of German and English, between others there are none
    """
    if {src, tgt} != set(_FULL_DATES):
        return []
    found = list(_FULL_DATES[src].finditer(text))
    if len(found) == 1 and not found[0]["weekday"]:
        start, end = found[0].span()
        if not any(map(str.isdigit, text[:start] + text[end:])):
            return []
    return [Span(*match.span(), Kind.DATE) for match in found]


def write_date(date: str, src: str, tgt: str) -> str:
    """Return a date that find_hard_dates found as the target language writes it."""
    match = _FULL_DATES[src].search(date)
    if match is None:
        return date
    day, month = str(int(match["day"])), MONTH_NAMES[tgt][MONTH_NAMES[src].index(match["month"])]
    weekday = f"{_in_other_language(match['weekday'], src, tgt)}, " if match["weekday"] else ""
    if tgt == "de":
        return f"{weekday}{'den ' * bool(weekday)}{day}. {month}" + (f" {match['year']}" if match["year"] else "")
    return f"{weekday}{month} {day}" + (f", {match['year']}" if match["year"] else "")


def fit_date(text: str, date: str) -> str:
    """Return a text, into which a date was put for a day of the week, with the article that German has before it, and
    without the one that English has not."""

    def with_article(match: re.Match[str]) -> str:
        word = match[1]
        article = _ARTICLES[word.lower()]
        article = word[0] + article[1:]
        return f"{article.upper() if word.isupper() else article} {date}"

    if date[:1].isdigit():
        return re.sub(rf"\b({'|'.join(_ARTICLES)}) {re.escape(date)}", with_article, text, flags=re.IGNORECASE)
    return re.sub(rf"\b[Tt](?:he|HE) {re.escape(date)}", lambda _: date, text)


def _in_other_language(weekday: str, src: str, tgt: str) -> str:
    """Return the name of a day of the week in the target language."""
    number = DAY_NAMES["de"].index("Samstag") if weekday == _OTHER_SATURDAY else DAY_NAMES[src].index(weekday)
    return DAY_NAMES[tgt][number]
