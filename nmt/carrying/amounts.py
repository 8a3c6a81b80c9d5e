"""Amounts as languages write them: "1.249,90 €" is "€1,249.90" in English.

A model that knows short numbers well may lose digits of a long one, "1,000,000", or the code of a currency beside it.
"""

from __future__ import annotations

import re

from nmt.identifiers import VERSION
from nmt.spans import Kind, Span

# Signs of money, which stand before a number in English and behind it in German.
CURRENCIES = "€$£"
_NUMBERS = {
    "de": re.compile(r"(?<![\d.,])(?:\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+,\d+)(?![\d.,]*\d)"),
    "en": re.compile(r"(?<![\d.,])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+)(?![\d.,]*\d)"),
}
_SWAPPED = str.maketrans(".,", ",.")
_PRICE = re.compile(rf"(?:([{CURRENCIES}])[ \u00a0\u202f]?(\d[\d.,]*)|(\d[\d.,]*)[ \u00a0\u202f]?([{CURRENCIES}]))")
# "5,-"
_WHOLE = re.compile(r"(?<=\d),[-–—](?!\d)")
_MONEY = re.compile(rf"[{CURRENCIES}][ \u00a0\u202f]?\d|\d[ \u00a0\u202f]?[{CURRENCIES}]")

_CODE = "(?:EUR|USD|CHF|GBP)"
_GAP = "[ \u00a0\u202f]"
_GROUP = re.compile(rf"\d(?:[.,]|{_GAP})\d{{3}}(?!\d)")
# What divides groups of three digits, and what comes before the decimals.
_GROUPING = {"de": (r"\.", ","), "en": (",", r"\.")}


def _amounts(group: str, point: str) -> re.Pattern[str]:
    """Return a pattern of grouped numbers and stretches of them, and of any beside a code: "10 000", "EUR 9,99"."""
    # Two numbers that only a space divides from a third are none in groups.
    spaced = rf"(?<!\d{_GAP})[1-9]\d{{0,2}}(?:{_GAP}\d{{3}}){{1,6}}(?!{_GAP}?\d)"
    grouped = rf"(?:[1-9]\d{{0,2}}(?:{group}\d{{3}}){{1,6}}|{spaced})(?:{point}\d{{1,9}})?(?!\w|[.,:/'’]\d)"
    number = rf"(?:{grouped}|\d{{1,15}}(?:[.,]\d{{1,9}}){{0,6}}(?:,[-–])?(?!\w|[.,:/'’]\d))"
    grouped, number = (rf"{each}(?:[-–]{each})?(?![-–]\d)" for each in (grouped, number))
    start = r"(?<![\w.,:/'’+-])(?<!\d–)(?<!ersion )"
    return re.compile(rf"{start}(?:{_CODE}{_GAP}?[-−]?{number}|[-−]?{number}{_GAP}?{_CODE}(?![\w-])|[-−]?{grouped})")


_AMOUNTS = {language: _amounts(*signs) for language, signs in _GROUPING.items()}


def find_amounts(text: str, language: str) -> list[Span]:
    """Return numbers in groups of three digits, and numbers beside the code of a currency, in German or English."""
    pattern = _AMOUNTS.get(language)
    return [Span(*match.span(), Kind.AMOUNT) for match in pattern.finditer(text)] if pattern else []


def is_large(amount: str) -> bool:
    """Say whether an amount is of digits in groups of three."""
    return _GROUP.search(amount) is not None


def has_price(text: str) -> bool:
    """Say whether a sign of money stands at a number."""
    return _MONEY.search(text) is not None


def localise(amount: str, src: str, tgt: str) -> str:
    """Return an amount as the other of German and English writes it; as it is between other languages."""
    if {src, tgt} != set(_NUMBERS) or re.match(VERSION, amount):
        return amount
    written = _NUMBERS[src].sub(lambda number: number[0].translate(_SWAPPED), _WHOLE.sub("", amount))
    price = _PRICE.fullmatch(written)
    if price is None:
        return written
    sign, number = price[1] or price[4], price[2] or price[3]
    return f"{sign}{number}" if tgt == "en" else f"{number} {sign}"
