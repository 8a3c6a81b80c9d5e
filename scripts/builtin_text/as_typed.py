"""Write the source of a pair as somebody else might have typed it; the target stays as it should be.

People leave out capitals and marks, have other quotation marks, keys or habits of spelling, and write all in capitals.
"""

from __future__ import annotations

import calendar
import re
from random import Random

# How often each change is made.
CAPITALS, LOWER, UNMARKED, QUOTES, SPELT, FIRST = 0.015, 0.04, 0.03, 0.2, 0.1, 0.25
# Of German sources that are spelt otherwise, those that have ae for ä, the others ss for ß.
_TRANSCRIBED = 0.3
_TRANSCRIPTION = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
# American to British.
_VARIANTS = """color/colour colors/colours favorite/favourite neighbor/neighbour neighbors/neighbours center/centre
theater/theatre gray/grey traveling/travelling traveled/travelled canceled/cancelled apologize/apologise
realize/realise organize/organise recognize/recognise Mom/Mum mom/mum honor/honour harbor/harbour labor/labour
behavior/behaviour catalog/catalogue apartment/flat apartments/flats vacation/holiday movie/film movies/films
pants/trousers soccer/football elevator/lift gasoline/petrol truck/lorry garbage/rubbish trash/rubbish
program/programme jewelry/jewellery meters/metres kilometers/kilometres liters/litres learned/learnt"""
_BRITISH = dict(entry.split("/") for entry in _VARIANTS.split())
# A word or two, as in a dictionary.
_WORDS = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)?")
_DATE = re.compile(rf"\b({'|'.join(calendar.month_name[1:])}) (\d\d?)\b(?!st|nd|rd|th|\d|:)")


def requote(text: str, draws: Random) -> str:
    """Exchange the quotation marks of a text for another kind."""
    opening, closing = draws.choice(("„“", "“”", "»«", "«»", '""', "‚‘", "''"))
    marks = iter(range(len(text)))
    text = re.sub(r"[„“”»«\"]", lambda _: closing if next(marks) % 2 else opening, text)
    return re.sub(r"(?<=\w)'(?=\w)", "’", text) if draws.random() < 0.5 else text


def respell(text: str, src: str, draws: Random) -> str:
    """Return a text with the words of another country, keyboard or habit."""
    if src == "de":
        if draws.random() < _TRANSCRIBED:
            return "".join(_TRANSCRIPTION.get(letter, letter) for letter in text)
        return text.replace("ß", "ss")
    text = text.replace("cell phone", "mobile phone")
    text = re.sub(r"\b[A-Za-z]+\b", lambda match: _BRITISH.get(match[0], match[0]), text)
    text = re.sub(r"\b([Aa])n (?=flats?\b|lifts?\b)", r"\1 ", text)
    text = re.sub(r"\b(Mr|Dr)\.(?= [A-Z])", r"\1", text)
    text = re.sub(r"\bMs\.(?= [A-Z])", lambda _: draws.choice(("Mrs.", "Mrs", "Ms", "Miss")), text)
    return _DATE.sub(lambda match: _redate(match[1], int(match[2]), draws), text)


def _redate(month: str, day: int, draws: Random) -> str:
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return draws.choice((f"{month} {day}{ending}", f"{day} {month}", f"the {day}{ending} of {month}"))


def as_typed(texts: dict[str, str], src: str, draws: Random) -> dict[str, str]:
    """Return a pair as somebody might have typed its source; what is in capitals is so on both sides.

    A word or two alone have a small or a large first letter, whichever it should be.
    """
    if draws.random() < SPELT:
        texts = {**texts, src: respell(texts[src], src, draws)}
    if draws.random() < QUOTES:
        texts = {**texts, src: requote(texts[src], draws)}
    if draws.random() < FIRST and _WORDS.fullmatch(texts[src]):
        texts = {**texts, src: texts[src][0].swapcase() + texts[src][1:]}
    how = draws.random()
    if how < CAPITALS:
        return {code: text.upper() for code, text in texts.items()}
    if how < CAPITALS + LOWER:
        return {**texts, src: texts[src].lower().rstrip(".!?")}
    if how < CAPITALS + LOWER + UNMARKED:
        return {**texts, src: texts[src].rstrip(".!?")}
    return texts
