"""Everyday phrases for the built-in models' corpus: phrasebook.tsv, sentences/*.tsv and sentences by patterns.tsv.

Tatoeba has few greetings, prices, addresses, times and names of people and places that are not its own. Written for
this project and in the public domain (CC0). A pattern is German and English with the same slots; a slot is filled by
the same entry on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

from builtin_text import nouns
from builtin_text.slots import HOURS, SLOTS, Pair

PHRASES = Path(__file__).with_name("phrasebook.tsv")
SENTENCES = Path(__file__).with_name("sentences")


def _read(path: Path) -> Iterator[Pair]:
    for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        yield dict(zip(("de", "en"), line.split("\t"), strict=True))


NOUN_SLOTS = nouns.forms(Random(1)).keys()
PATTERNS = list(_read(Path(__file__).with_name("patterns.tsv")))


def phrases() -> Iterator[Pair]:
    """Yield the pairs of phrasebook.tsv."""
    return _read(PHRASES)


def sentences() -> Iterator[Pair]:
    """Yield the pairs of sentences/*.tsv: longer ones, of everyday words that Tatoeba lacks."""
    for path in sorted(SENTENCES.glob("*.tsv")):
        yield from _read(path)


def sentence(draws: Random) -> Pair:
    """Return a pair made of a pattern."""
    pattern = draws.choice(PATTERNS)
    # Twice: what fills a slot may have one itself.
    for _ in range(2):
        slots = sorted(set(_slots(pattern["de"]) + _slots(pattern["en"])))
        filled = {name: SLOTS[name](draws) for name in slots if name in SLOTS}
        if any(name in NOUN_SLOTS for name in slots):
            filled |= nouns.forms(draws)  # all of one thing
        if "hour" in filled:
            # Half eight is half past seven.
            filled["before"] = HOURS[HOURS.index(filled["hour"]) - 1]
        pattern = {code: _fill(text, filled, code) for code, text in pattern.items()}
    return pattern


def _fill(pattern: str, values: dict[str, Pair], code: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]][code], pattern)


def _slots(text: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", text)
