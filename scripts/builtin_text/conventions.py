"""Write the target of a pair by one convention for dates, times, percentages and quotation marks.

Authors differ: October 3 and October 3rd, 5:35 p.m. and 17:35. A model of both writes "October 3th".
"""

from __future__ import annotations

import calendar
import re

_MONTHS = "|".join(calendar.month_name[1:])
_ORDINAL_DATE = re.compile(rf"\b({_MONTHS}) (\d\d?)(?:st|nd|rd|th)\b")
_DATE_OF = re.compile(rf"\b[Tt]he (\d\d?)(?:st|nd|rd|th) of ({_MONTHS})\b")
# The full stop of "p.m." is the sentence's too where it ends one.
_HALF_OF_DAY = re.compile(r"(?<=\d) ?([ap])\.m\.(?=(\W*$)?)")
_GERMAN_TIME = re.compile(r"\b([1-9]|1\d|2[0-3])[:.](\d\d) Uhr")
_POINT_TIME = re.compile(r"\b(\d\d?)\.(\d\d)(?= Uhr\b)")
_PERCENT = re.compile(r"(?<=\d)%(?!\w)")
_QUOTE = re.compile(r'"([^"]*)"')


def by_convention(texts: dict[str, str], tgt: str) -> dict[str, str]:
    """Return a pair whose target is written so."""
    written = _english(texts["en"], texts["de"]) if tgt == "en" else _german(texts["de"])
    return {**texts, tgt: written}


def _english(text: str, german: str) -> str:
    text = _ORDINAL_DATE.sub(r"\1 \2", text)
    text = _DATE_OF.sub(r"\2 \1", text)
    text = _HALF_OF_DAY.sub(lambda match: f" {match[1]}m{'.' if match[2] is not None else ''}", text)
    for hour, minute in _GERMAN_TIME.findall(german):
        half, of_half = divmod(int(hour), 12)
        written = f"{of_half or 12}:{minute} {'ap'[half]}m"
        text = re.sub(rf"\b(?:{hour}|{of_half or 12}):{minute}\b(?! ?[ap]m)", written, text)
    return text


def _german(text: str) -> str:
    text = _POINT_TIME.sub(r"\1:\2", text)
    text = _PERCENT.sub(" %", text)
    return _QUOTE.sub(r"„\1“", text) if text.count('"') % 2 == 0 else text
