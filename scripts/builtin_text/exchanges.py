"""Exchange names and numbers in pairs for others, the same on both sides, so that copying is learned and not `Tom`."""

from __future__ import annotations

import re
from random import Random

from builtin_text import names

# How often a name is exchanged, and numbers are, of the pairs it can be done in.
NAMES, NUMBERS = 0.2, 0.5
# Of those names, how many get a family name.
FULL = 0.15
# Not names, though both languages write them alike.
_NO_NAMES = {"Tom", "Maria", "Mary", "April", "August", "September", "November", "Internet", "Hotel"}
# Of names that are the same on both sides, those exchanged for others.
PROPER = 0.6


def exchange(texts: dict[str, str], draws: Random) -> dict[str, str]:
    """Return a pair, now and then with other people or other numbers in it."""
    if draws.random() < NAMES:
        texts = rename(texts, draws)
    return renumber(texts, draws) if draws.random() < NUMBERS else texts


def rename(texts: dict[str, str], draws: Random) -> dict[str, str]:
    """Exchange Tom, and Maria who is Mary, for another where both sides name them."""
    for before, known in (({"de": "Tom", "en": "Tom"}, names.MEN), ({"de": "Maria", "en": "Mary"}, names.WOMEN)):
        patterns = {code: re.compile(rf"\b{word}(?=s?\b)") for code, word in before.items()}
        if not all(patterns[code].search(text) for code, text in texts.items()):
            continue
        after = draws.choice(known) if draws.random() < 0.5 else names.made_up(draws)
        if draws.random() < FULL:
            after = f"{after} {names.last_name(draws)}"
        if after[-1] in "sxzß" and re.search(rf"\b{before['de']}s\b", texts["de"]):
            continue  # its genitive is another
        texts = {code: patterns[code].sub(after, text) for code, text in texts.items()}
    return texts


def replace_proper(texts: dict[str, str], draws: Random) -> dict[str, str]:
    """Exchange a name that both sides hold, of a place or a person, for another; a word that begins a sentence is no
    sure name."""
    begins = set(re.findall(r"(?:^|[.!?:]\s+|[\"“„»«])([A-ZÄÖÜ]\w+)", texts["en"]))
    found = {code: re.findall(r"\b[A-ZÄÖÜ][a-zäöüß]{2,}\b", text) for code, text in texts.items()}
    both = [word for word in dict.fromkeys(found["de"]) if word in found["en"] and word not in begins | _NO_NAMES]
    if len(both) != 1 or draws.random() >= PROPER:
        return texts
    after = names.place(draws) if draws.random() < 0.5 else dict.fromkeys(texts, names.last_name(draws))
    return {code: re.sub(rf"\b{both[0]}\b", after[code], text) for code, text in texts.items()}


def renumber(texts: dict[str, str], draws: Random) -> dict[str, str]:
    """Exchange the numbers for others of as many digits, where both sides have the same ones."""
    found = {code: re.findall(r"\d+", text) for code, text in texts.items()}
    if sorted(found["de"]) != sorted(found["en"]):
        return texts
    # A number of one digit may be a part of the grammar: 1 Stunde, 2 Stunden.
    others = {old: _like(old, draws) for old in sorted(set(found["de"])) if len(old) > 1}
    return {code: re.sub(r"\d+", lambda match: others.get(match[0], match[0]), text) for code, text in texts.items()}


def _like(number: str, draws: Random) -> str:
    first = draws.choice("12" if len(number) == 4 else "123456789") if number[0] != "0" else "0"
    return first + "".join(draws.choice("0123456789") for _ in number[1:])
