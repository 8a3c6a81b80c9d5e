"""Translate sentences full of numbers and count how many keep them all.

usage: .venv/bin/python scripts/numbers_study.py [-m DIR] [--from de] [--to en] [--each 25] [--show]

The sentences are those of scripts/numbers.yaml, each with so many choices of dates, times, amounts, codes and phone
numbers, drawn by a fixed seed. A number is kept where the translation has it as the language writes it: a date's day
and month, a time in either clock but not in the wrong half of the day. What else is wrong is not looked at.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from lab.command_line import parser, positive, run_script

from nmt.carrying.dates import MONTHS
from nmt.errors import InputError
from nmt.pretrained.models import builtin, builtin_reverse
from nmt.translator import Translator

TEXTS = Path(__file__).with_name("numbers.yaml")
_MONTHS = {language: names.split("|") for language, names in MONTHS.items()}
_DAYS = [("Montag", "Monday"), ("Dienstag", "Tuesday"), ("Mittwoch", "Wednesday"), ("Donnerstag", "Thursday")]
_DAYS += [("Freitag", "Friday"), ("Samstag", "Saturday"), ("Sonntag", "Sunday")]
_SLOT = re.compile(r"\{(\w+)\}")
_CAPITALS = "ABCDEFGHKLMNPRSTUVWXYZ"


@dataclass(frozen=True)
class Value:
    """What is put into a sentence, and a pattern of each thing that its translation must hold."""

    text: str
    kept: tuple[str, ...]


def date(day: int, month: int, language: str, short: bool = False) -> Value:
    """Return a day of a month, from 1 to 12, in a language; short: "12.5.", "Dec. 23"."""
    german, english = (_MONTHS[each][month - 1] for each in ("de", "en"))
    if language == "en":
        name = f"{english[:3]}." if short and len(english) > 4 else english
        return Value(f"{name} {day}", (rf"(?<![\d:.,]){day}\. {german}\b",))
    day_in_words = rf"{day}(?:st|nd|rd|th)?"
    kept = rf"\b{english} {day_in_words}\b(?!:\d)|(?<![\d:.,]){day_in_words} (?:of )?{english}\b"
    return Value(f"{day}.{month}." if short else f"{day}. {german}", (kept,))


def full_date(day: int, month: int, year: int, language: str) -> Value:
    """Return a date with its year: "12.05.2024", "May 12, 2024"."""
    kept = *date(day, month, language).kept, *figures(year).kept
    return Value(
        f"{day:02}.{month:02}.{year}" if language == "de" else f"{_MONTHS['en'][month - 1]} {day}, {year}", kept
    )


def weekday(number: int, language: str) -> Value:
    """Return a day of the week, from 0."""
    german, english = _DAYS[number]
    return Value(german, (english,)) if language == "de" else Value(english, (german,))


def time(hour: int, minute: int, language: str) -> Value:
    """Return a time from 1:00 to 23:59 in a language."""
    short, half = (hour - 1) % 12 + 1, "am" if hour < 12 else "pm"
    if language == "en":
        full = "" if minute else rf"|\b{hour} Uhr"
        return Value(f"{short}:{minute:02} {half}", (rf"\b{hour}[:.]{minute:02}\b{full}",))
    right = rf"(?! ?{'p' if hour < 12 else 'a'}\.?m)"
    full = "" if minute else rf"|\b{short}(?: o'clock| {half[0]}\.?m)"
    return Value(f"{hour}:{minute:02} Uhr", (rf"\b(?:{hour}|{short})[:.]{minute:02}\b{right}{full}",))


def amount(cents: int, language: str) -> Value:
    """Return an amount of euros and cents in a language."""
    english = f"{cents // 100:,}.{cents % 100:02}"
    german = english.translate(str.maketrans(",.", ".,"))
    if language == "de":
        return Value(f"{german} €", (rf"€{re.escape(english)}(?!\d)",))
    return Value(f"€{english}", (rf"(?<![\d.,]){re.escape(german)} €",))


def figures(number: int) -> Value:
    """Return a number that is written alike in both languages."""
    return Value(str(number), (rf"(?<![\d.,]){number}(?!\d|[.,]\d)",))


def copied(text: str) -> Value:
    """Return what is to stay as it is."""
    return Value(text, (re.escape(text),))


def _code(draw: random.Random) -> str:
    letters, digits = "".join(draw.choices(_CAPITALS, k=2)), draw.randint(1000, 99999)
    return draw.choice([f"{letters}{digits}", f"{letters}-{digits}", f"{draw.randint(2015, 2026)}-{letters}-{digits}"])


_KINDS: dict[str, Callable[[random.Random, str], Value]] = {
    "date": lambda draw, language: date(draw.randint(1, 28), draw.randint(1, 12), language),
    "time": lambda draw, language: time(draw.randint(7, 22), 5 * draw.randrange(12), language),
    "amount": lambda draw, language: amount(draw.randint(1300, 250000), language),
    "short": lambda draw, language: date(draw.randint(1, 28), draw.randint(1, 12), language, short=True),
    "full": lambda draw, language: full_date(
        draw.randint(1, 28), draw.randint(1, 12), draw.randint(1990, 2026), language
    ),
    "weekday": lambda draw, language: weekday(draw.randrange(7), language),
    "year": lambda draw, _: figures(draw.randint(1950, 2026)),
    "number": lambda draw, _: figures(draw.randint(21, 999)),
    "code": lambda draw, _: copied(_code(draw)),
    "phone": lambda draw, _: copied(f"0{draw.randint(150, 179)} {draw.randint(1000000, 9999999)}"),
}


def sentences(language: str, each: int) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield pattern, text and what its translation must hold, of each pattern so many; raises InputError if there is
    none of a language."""
    patterns: dict[str, list[str]] = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
    if language not in patterns:
        raise InputError(f"there are no sentences in {language!r}; take a model from one of: {', '.join(patterns)}")
    draw = random.Random(1)
    for pattern in patterns[language]:
        for _ in range(each):
            values: list[Value] = []

            def put(match: re.Match[str], values: list[Value] = values) -> str:
                values.append(_KINDS[match[1]](draw, language))
                return values[-1].text

            text = _SLOT.sub(put, pattern)
            yield pattern, text, tuple(kept for value in values for kept in value.kept)


def keeps(translation: str, kept: Sequence[str]) -> bool:
    """Return whether a translation holds all that it must."""
    return all(re.search(each, translation) for each in kept)


def parse_words(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    arguments = parser(__doc__)
    arguments.add_argument("-m", "--model", help="model directory or zip [the built-in one of --from and --to]")
    arguments.add_argument("--from", dest="src", help="language of the sentences")
    arguments.add_argument("--to", dest="tgt", help="language to translate into")
    arguments.add_argument("--each", type=positive, default=25, help="sentences of each pattern [25]")
    arguments.add_argument("--show", action="store_true", help="print those that lost a number")
    return arguments.parse_args(words)


def main(arguments: argparse.Namespace) -> None:
    """Translate, count, print."""
    model = Path(arguments.model) if arguments.model else builtin(arguments.src, arguments.tgt)
    translator = Translator.load(model, reverse=builtin_reverse(model) or ())
    translator.check_languages(arguments.src, arguments.tgt)
    asked = list(sentences(translator.src, arguments.each))
    wrong = []
    for (pattern, text, kept), found in zip(asked, translator.translate([text for _, text, _ in asked]), strict=True):
        if not keeps(found.text, kept):
            wrong.append(pattern)
            if arguments.show:
                print(f"{text}\t{found.text}")
    for pattern in dict.fromkeys(pattern for pattern, _, _ in asked):
        if count := wrong.count(pattern):
            print(f"{count:4} of {arguments.each} lost a number: {pattern}")
    right = len(asked) - len(wrong)
    print(f"{right} of {len(asked)} keep all numbers ({right / len(asked):.1%})")


if __name__ == "__main__":
    run_script("numbers_study", lambda: main(parse_words()))
