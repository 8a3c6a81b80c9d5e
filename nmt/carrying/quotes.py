"""Quotation marks of a translation in pairs of one kind, in German in its own („…“)."""

from __future__ import annotations

import re

from nmt.translation import Translation, rewritten

# What opens and closes words in a language, where marks are mixed.
_PAIRS = {"de": "„“", "en": '""'}
_MARK = re.compile('[„“”"«»]')
_OPENING = re.compile(r"(?:^|[\s\u00a0]|(?<!\w)[(\[]|[–—/])$")
_CLOSING = re.compile(r"[\w({\[„“]")
# Marks that are of one kind: straight, English, German, and French, also as German has it.
_KINDS = ('""', "“”", "„“", "«»", "»«")


def with_own_quotes(source: str, translation: Translation, tgt: str) -> Translation:
    """Return the translation of a line into a language, and its alternatives, with its quotation marks in pairs."""
    return rewritten(translation, lambda text: pair_quotes(source, text, tgt)) if translation.text else translation


def pair_quotes(source: str, text: str, tgt: str) -> str:
    """Return a translation of a text with its quotation marks in pairs of one kind.

    Marks of different kinds, of which a model may make pairs, become those of the language; into German also where they
    are straight and those of the source are not. Where they do not pair, or belong to code, the text stays as it is.
    """
    own = _PAIRS.get(tgt.lower()[:2])
    if own is None or not _MARK.search(text):
        return text
    return _paired(text, own, any(mark != '"' for mark in _MARK.findall(source)))


def _paired(text: str, own: str, typographic: bool) -> str:
    """Return a text whose marks are pairs of the language, if they pair; typographic: straight ones are not wanted."""
    places = [match.start() for match in _MARK.finditer(text)]
    marks = "".join(text[place] for place in places)
    used = {marks[i : i + 2] for i in range(0, len(marks), 2)}
    straight = used == {'""'} and typographic and own != '""'
    if len(places) % 2 or (len(used) == 1 and used <= set(_KINDS) and not straight):
        return text
    # What stands two characters before says enough: a line may hold a million marks.
    opening = all(_OPENING.search(text[max(place - 2, 0) : place]) for place in places[::2])
    if not opening or any(_CLOSING.match(text, place + 1) for place in places[1::2]):
        return text
    characters = list(text)
    for number, place in enumerate(places):
        characters[place] = own[number % 2]
    return "".join(characters)
