"""Dates that are written in figures or short, written out: "am 12.5." is "am 12. Mai", "Dec. 23" is "December 23".

A model reads them as something else.
"""

from __future__ import annotations

import re

from nmt.carrying.dates import DAY_NAMES, GERMAN_DAY, GOES_ON, MONTH_NAMES, MONTHS
from nmt.sentences import is_end

# "12.5.", "12.05.2024", "12.5.24"
_FIGURES = re.compile(
    r"(?<![\w.,])(?<!ersion )(\d{1,2})\. ?(\d{1,2})\."
    r"(?:( ?\d{4}|\d\d)(?!\w|[.,]\d)|(?! ?\d)|(?= \d{1,2}(?:[:.]\d\d)? Uhr))"
)
_PADDED = re.compile(r"\d\d\.\d\d\.\d\d")
# Before what is a date then, though it has no year.
_AT = re.compile(
    rf"(?:\b(?:[ai]m|vom|zum|bis|seit|ab|vor|nach|zwischen|de[mn])\s|\b{GERMAN_DAY},?\s"
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
_DAY_MONTH = re.compile(
    rf"(?<![\w.,])(?:the )?(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({MONTHS['en']})\b"
    rf"(?:,? (\d{{4}})(?!\w)|(?! ?\w)|(?= (?:{GOES_ON})\b))"
)
_ENGLISH_SHARED = re.compile(
    rf"\b({MONTHS['en']}) (\d{{1,2}})(,? (?:and|or|to|until|through) | ?[-–] ?)(\d{{1,2}})(?![\w:/–-]|[.,]\d)"
    rf"(?:(?! [A-Za-z])|(?= (?:{GOES_ON})\b))"
)
_ENGLISH_STRETCH = re.compile(rf"\b((?:{MONTHS['en']}) \d{{1,2}}(?:, \d{{4}})?) ?[-–] ?(?=(?:{MONTHS['en']}) \d)")
_MONTH_DAY = re.compile(rf"\b({MONTHS['en']}) (\d{{1,2}})(?:st|nd|rd|th)\b")
# "12/31/2024", and "on 6/14"
_SLASHED = re.compile(r"(?<![\w.,/])(?:(\d{1,2})/(\d{1,2})/(\d{4})|(?<=\b[Oo]n )(\d{1,2})/(\d{1,2}))(?!\w|[.,/]\d)")
_ENGLISH_SHORT_DAY = re.compile(
    rf"(?<![\w.])(Mon|Tues?|Wed|Thur?s?|Fri|Sat|Sun)\.?,? (?=(?:{MONTHS['en']}) \d)",
)


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
    written = f"{day}. {MONTH_NAMES['de'][month - 1]}"
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
    return f"{MONTH_NAMES['en'][month - 1]} {day}" + (f", {match[3]}" if match[3] else "")


def _full_month(match: re.Match[str]) -> str:
    """Return the name of a month; its full stop may be that of the sentence too."""
    name = next(name for name in MONTH_NAMES["en"] if name.startswith(match[0][:3]))
    return name + "." * (match[0].endswith(".") and is_end(match.string, match.end()))


def _full_day(short: str, language: str) -> str:
    return next(name for name in DAY_NAMES[language] if name.startswith(short[:3]))
