"""Dates as German and English write them: "12.5." is "12. Mai", and "May 12" in English.

A model that knows few dates takes the month of one for that of another, or leaves it out, and reads what is written
in figures alone, or short, as something else.
"""

from __future__ import annotations

import re

from nmt.glossary import Demand
from nmt.sentences import is_end
from nmt.spans import Kind, Span

# Divided by bars, as in a pattern.
MONTHS = {
    "de": "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember",
    "en": "January|February|March|April|May|June|July|August|September|October|November|December",
}
_NAMES = {language: names.split("|") for language, names in MONTHS.items()}
_DAYS = {
    "de": ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
_OTHER_SATURDAY = "Sonnabend"
_WEEKDAY = {
    "de": re.compile(rf"(?<![\w-])(?:{'|'.join(_DAYS['de'])}|{_OTHER_SATURDAY})(?![\w-])"),
    "en": re.compile(rf"(?<![\w-])(?:{'|'.join(_DAYS['en'])})(?![\w-])"),
}
_GERMAN_DAY = rf"(?:{'|'.join(_DAYS['de'])}|{_OTHER_SATURDAY})"

# "12.5.", "12.05.2024", "12.5.24"
_FIGURES = re.compile(
    r"(?<![\w.,])(?<!ersion )(\d{1,2})\. ?(\d{1,2})\."
    r"(?:( ?\d{4}|\d\d)(?!\w|[.,]\d)|(?! ?\d)|(?= \d{1,2}(?:[:.]\d\d)? Uhr))"
)
_PADDED = re.compile(r"\d\d\.\d\d\.\d\d")
# Before what is a date then, though it has no year.
_AT = re.compile(
    rf"(?:\b(?:[ai]m|vom|zum|bis|seit|ab|vor|nach|zwischen|de[mn])\s|\b{_GERMAN_DAY},?\s"
    r"|\d\. ?\d{1,2}\.(?: ?[-–] ?|\s(?:und|oder)\s))$",
    re.IGNORECASE,
)
# The most characters that are looked at before a date.
_BEFORE = 14
# "1.3.–15.4."
_UNTIL = re.compile(r" ?[-–] ?\d{1,2}\. ?\d{1,2}\.")
# "12. und 13. Mai", "12.-14. Mai": the month is that of the first as well.
_GERMAN_SHARED = re.compile(
    rf"\b(\d{{1,2}})\.( (?:und|oder|bis|bis zum|auf den) |, | ?[-–] ?)(?=\d{{1,2}}\. ({MONTHS['de']})\b)"
)
_GERMAN_STRETCH = re.compile(rf"(?<=\. )((?:{MONTHS['de']})(?: \d{{4}})?) ?[-–] ?(?=\d{{1,2}}\. (?:{MONTHS['de']})\b)")
_MOST_SHARING = 9
_SHORT_DAY = re.compile(
    rf"(?<![\w.])(Mo|Di|Mi|Do|Fr|Sa|So)(?:\.,?|,) (?=(?:de[nm] )?\d{{1,2}}\. ?(?:\d{{1,2}}\.|{MONTHS['de']}))"
)

# Short names of months, before a day or a year, or behind a day.
_SHORT = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
_SHORT_MONTH = re.compile(
    rf"\b(?:{_SHORT})\.?(?= (?:\d{{1,2}}(?:st|nd|rd|th)?|\d{{4}})(?![\w:/]|[.,]\d))"
    rf"|(?:(?<=\d )|(?<=\d(?:st|nd|rd|th) ))(?:{_SHORT})(?:\.|\b)"
)
_MONTH = MONTHS["en"]
# What goes on behind a date, where "the 4th of July parade" is none.
_GOES_ON = "at|in|from|to|by|until|till|between|on|for|has|have|had|is|are|was|were|will|would|can|must|and|or"
_DAY_MONTH = re.compile(
    rf"(?<![\w.,])(?:the )?(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_MONTH})\b"
    rf"(?:,? (\d{{4}})(?!\w)|(?! ?\w)|(?= (?:{_GOES_ON})\b))"
)
_ENGLISH_SHARED = re.compile(
    rf"\b({_MONTH}) (\d{{1,2}})(,? (?:and|or|to|until|through) | ?[-–] ?)(\d{{1,2}})(?![\w:/–-]|[.,]\d)"
    rf"(?:(?! [A-Za-z])|(?= (?:{_GOES_ON})\b))"
)
_ENGLISH_STRETCH = re.compile(rf"\b((?:{_MONTH}) \d{{1,2}}(?:, \d{{4}})?) ?[-–] ?(?=(?:{_MONTH}) \d)")
_MONTH_DAY = re.compile(rf"\b({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)\b")
# "12/31/2024", and "on 6/14"
_SLASHED = re.compile(r"(?<![\w.,/])(?:(\d{1,2})/(\d{1,2})/(\d{4})|(?<=\b[Oo]n )(\d{1,2})/(\d{1,2}))(?!\w|[.,/]\d)")
_ENGLISH_SHORT_DAY = re.compile(
    rf"(?<![\w.])(Mon|Tues?|Wed|Thur?s?|Fri|Sat|Sun)\.?,? (?=(?:{_MONTH}) \d)",
)

_START = r"(?<![\w.,:/’'–-])(?<!\d )"
_DATES = {
    "de": re.compile(rf"{_START}(?P<day>\d{{1,2}})\. (?P<month>{MONTHS['de']})\b"),
    "en": re.compile(rf"\b(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?![\w:/]|[.,]\d)"),
}
# A date with its day of the week, and a comma that closes it, unless a clause begins there.
_CLAUSE = "dass|weil|wenn|ob|da|als|aber|sondern|denn|obwohl|der|die|das|wo|wie|und|oder"
_FULL_DATES = {
    "de": re.compile(
        rf"{_START}(?:(?<=\bbis )zum )?"
        rf"(?:(?P<weekday>{_GERMAN_DAY}),? (?:de[mn] )?)?(?P<day>\d{{1,2}})\. (?P<month>{MONTHS['de']})\b"
        rf"(?: (?P<year>\d{{4}})(?!\w|[.,]\d))?(?(weekday)(?:,(?= (?!(?:{_CLAUSE})\b)[a-zäöü]))?)"
    ),
    "en": re.compile(
        rf"(?<![\w-])(?:(?P<weekday>{'|'.join(_DAYS['en'])}),? )?(?P<month>{_MONTH}) (?P<day>\d{{1,2}})"
        rf"(?![\w:/]|[.,]\d)(?:,? (?P<year>\d{{4}})(?!\w|[.,]\d))?(?:,(?= (?:{_GOES_ON})\b))?"
    ),
}
# What a model reads in the place of a date, and what it writes then.
_ORDER = (0, 2, 4, 1, 3, 5, 6)
SUBSTITUTES = {
    (src, tgt): [(_DAYS[src][day], _DAYS[tgt][day]) for day in _ORDER] for src, tgt in (("de", "en"), ("en", "de"))
}
# "von Montag" is "vom 12. Mai".
_ARTICLES = {
    **{"von": "vom", "bis": "bis zum", "zwischen": "zwischen dem", "auf": "auf den", "für": "für den"},
    **{word: f"{word} dem" for word in ("ab", "seit", "vor", "nach")},
}
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def write_out_german(text: str) -> str:
    """Return a German text with the months of its dates in words."""
    text = _SHORT_DAY.sub(lambda each: f"{_full_day(each[1], 'de')}, ", text)
    text = _GERMAN_STRETCH.sub(r"\1 bis ", _FIGURES.sub(_german, text))
    for _ in range(_MOST_SHARING):
        shared = _GERMAN_SHARED.sub(lambda each: f"{each[1]}. {each[3]}{_in_words(each[2], 'bis')}", text)
        if shared == text:
            break
        text = shared
    return text


def _in_words(between: str, until: str) -> str:
    """Return what stands between two dates, with a word for a dash."""
    return f" {until} " if between.strip() in ("-", "–") else between


def _german(match: re.Match[str]) -> str:
    text, start, end = match.string, match.start(), match.end()
    day, month, year = int(match[1]), int(match[2]), (match[3] or "").strip()
    known = (
        len(year) == 4
        or _PADDED.fullmatch(match[0])
        or _AT.search(text, max(start - _BEFORE, 0), start)
        or _UNTIL.match(text, end)
    )
    if not (known and 1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    written = f"{day}. {_NAMES['de'][month - 1]}"
    if year:
        return f"{written} {_full_year(year)}"
    # The last full stop of a date without a year may be that of the sentence too.
    return written + "." * is_end(text, end)


def _full_year(year: str) -> str:
    """Return a year in four figures, where two leave no doubt of the century."""
    if len(year) == 4 or 40 <= int(year) < 60:
        return year
    return ("20" if int(year) < 40 else "19") + year


def write_out_english(text: str) -> str:
    """Return an English text with its dates as "May 12, 2024"."""
    text = _SLASHED.sub(_slashed, _SHORT_MONTH.sub(_full_month, text))
    text = _DAY_MONTH.sub(lambda each: f"{each[2]} {each[1]}" + (f", {each[3]}" if each[3] else ""), text)
    text = _ENGLISH_STRETCH.sub(r"\1 to ", _MONTH_DAY.sub(r"\1 \2", text))
    text = _ENGLISH_SHARED.sub(lambda each: f"{each[1]} {each[2]}{_in_words(each[3], 'to')}{each[1]} {each[4]}", text)
    return _ENGLISH_SHORT_DAY.sub(lambda each: f"{_full_day(each[1], 'en')}, ", text)


def _slashed(match: re.Match[str]) -> str:
    """Return a date with its month in words where there is no doubt which number is the month."""
    first, second = (int(match[1]), int(match[2])) if match[3] else (int(match[4]), int(match[5]))
    month, day = min(first, second), max(first, second)
    if not (1 <= month <= 12 and (12 < day <= 31 or day == month)):
        return match[0]
    return f"{_NAMES['en'][month - 1]} {day}" + (f", {match[3]}" if match[3] else "")


def _full_month(match: re.Match[str]) -> str:
    """Return the name of a month; its full stop may be that of the sentence too."""
    name = next(name for name in _NAMES["en"] if name.startswith(match[0][:3]))
    return name + "." * (match[0].endswith(".") and is_end(match.string, match.end()))


def _full_day(short: str, language: str) -> str:
    return next(name for name in _DAYS[language] if name.startswith(short[:3]))


def find_dates(text: str, src: str, tgt: str) -> list[Demand]:
    """Return the dates of a text that its translation must hold, days of months in words, with the forms they may have.

    src, tgt: codes of German and English, between others there are none
    """
    if {src, tgt} != set(_DATES):
        return []
    return [_date(match, src, tgt) for match in _DATES[src].finditer(text)]


def _date(match: re.Match[str], src: str, tgt: str) -> Demand:
    day = match["day"].lstrip("0") or "0"
    month = _NAMES[tgt][_NAMES[src].index(match["month"])]
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
    day, month = str(int(match["day"])), _NAMES[tgt][_NAMES[src].index(match["month"])]
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
    number = _DAYS["de"].index("Samstag") if weekday == _OTHER_SATURDAY else _DAYS[src].index(weekday)
    return _DAYS[tgt][number]
