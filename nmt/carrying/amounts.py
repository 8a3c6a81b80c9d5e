"""Amounts as languages write them: "1.249,90 €" is "€1,249.90" in English."""

from __future__ import annotations

import re

from nmt.identifiers import VERSION

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
