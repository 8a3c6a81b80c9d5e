"""Clock times as German and English write them: "14:30 Uhr" is "2:30 pm", "9–18 Uhr" is "9 am–6 pm".

A model that knows few times says the wrong half of the day, or loses one of two times.
"""

from __future__ import annotations

import re

from nmt.glossary import Demand
from nmt.spans import Kind, Span

_HOUR = r"(?:2[0-4]|1\d|0?\d)"
_MINUTES = r"[0-5]\d"
_GAP = "[ \u00a0\u202f]?"
_DASH = rf"(?:{_GAP}[-–]{_GAP}| bis )"
_START = r"(?<![\w.,:/–-])"
# "14:30 Uhr", "9–18 Uhr", "9 bis 18 Uhr", "9:00-18:30", "um 14:30"
_GERMAN = re.compile(
    rf"{_START}(?:(?:{_HOUR}(?:[:.]{_MINUTES})?{_DASH})?{_HOUR}(?:[:.]{_MINUTES})?{_GAP}Uhr(?!\w|{_GAP}\d)"
    rf"|{_HOUR}:{_MINUTES}{_DASH}{_HOUR}:{_MINUTES}(?!\w|[:.,–-]\d)"
    rf"|(?:(?<=um )|(?<=ab )|(?<=bis )|(?<=gegen )){_HOUR}:{_MINUTES}(?!\w|[:.,–-]\d))"
)
# English times are written out before they are looked for: "9am-6:30pm" as "9:00-18:30".
_ENGLISH = re.compile(rf"{_START}{_HOUR}:{_MINUTES}{_DASH}{_HOUR}:{_MINUTES}(?!\w|[:.,–-]\d)")
_TIMES = {"de": _GERMAN, "en": _ENGLISH}
_STRETCH = re.compile(rf"({_HOUR})(?:[:.]({_MINUTES}))?(?:({_DASH})({_HOUR})(?:[:.]({_MINUTES}))?)?(?:{_GAP}Uhr)?")
_FULL_HOUR = re.compile(rf"{_HOUR}{_GAP}Uhr")

# A full hour before noon, of the 24-hour clock, and what says that it is not.
_MORNING = re.compile(rf"{_START}(1[01]|[1-9]) Uhr(?! ?\d)\b")
_LATER = re.compile(r"\b(?:Abends?|Nachmittags?|Nachts?|Mittags?)\b", re.IGNORECASE)


def find_times(text: str, src: str, tgt: str, dated: bool = False) -> list[Span]:
    """Return clock times, and stretches of two, that are written otherwise in the target language.

    src, tgt: codes of German and English; between others there are none; dated: whether a date is in the text. A full
    hour ("7 Uhr") is a time only beside another or a date: alone it is usual.
    """
    if {src, tgt} != set(_TIMES):
        return []
    found = list(_TIMES[src].finditer(text))
    if len(found) == 1 and not dated and _FULL_HOUR.fullmatch(found[0][0]):
        return []
    return [Span(*match.span(), Kind.TIME) for match in found]


def find_wrong_hours(text: str, translation: str, src: str, tgt: str) -> list[Demand]:
    """Return the full hours of a German text ("10 Uhr") of which an English translation says the other half of the day
    ("10 pm"), with the forms that they may have."""
    if (src, tgt) != ("de", "en") or _LATER.search(text):
        return []
    return [
        Demand(match[0], (f"{match[1]} am", f"{match[1]} o'clock", f"{match[1]}:00"), span=match.span())
        for match in _MORNING.finditer(text)
        if re.search(rf"(?<![\w:.]){match[1]}(?::00)? ?p\.?m", translation)
    ]


def write_time(time: str, tgt: str) -> str:
    """Return a time, or a stretch of two, as the target language, en or de, writes it; what is none stays."""
    match = _STRETCH.fullmatch(time)
    if match is None:
        return time
    begin, minutes, dash, end, end_minutes = match.groups()
    dash = " to " if dash == " bis " else (dash or "").strip()
    if tgt == "de":
        full = end is not None and {minutes, end_minutes} == {"00"}
        written = _german(begin, minutes, full)
        return f"{written}{dash}{_german(end, end_minutes, full)} Uhr" if end else f"{written} Uhr"
    halves = int(begin) > 12 or bool(end and int(end) > 12)
    written = _english(begin, minutes, halves)
    return f"{written}{dash}{_english(end, end_minutes, halves)}" if end else written


def _german(hour: str, minutes: str | None, full: bool) -> str:
    """Return a time of the 24-hour clock; full: without minutes."""
    return str(int(hour)) if full else f"{int(hour)}:{minutes or '00'}"


def _english(hour: str, minutes: str | None, halves: bool) -> str:
    """Return a time of the 12-hour clock; halves: with the half of the day, without minutes where it is a full hour."""
    number = int(hour) % 24
    if not halves and 0 < number <= 12:
        return f"{number}:{minutes or '00'}"
    shown = "" if minutes in (None, "00") else f":{minutes}"
    return f"{(number - 1) % 12 + 1}{shown} {'am' if number < 12 else 'pm'}"
