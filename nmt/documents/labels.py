"""Labels of menus and buttons: the sign of the access key and the dots at the end come through a translation.

Qt, KDE and Windows write "&Open...", GTK "_Open…".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nmt.documents.marks import Item, Mark
from nmt.documents.placeholders import protect

_LETTER = r"[^\W\d_]"
# The sign of an access key, at the start of a word, and where one may be set.
_ACCELERATOR = re.compile(rf"(?<!\w)[&_](?={_LETTER})")
# One within a word, as in "E&xit" and "Cu_t": behind its first letters, so that "drag&drop" is no such word.
_WITHIN = re.compile(rf"(?<!\w)({_LETTER}{{1,3}})([&_])({_LETTER}+)(?!\w)")
# Not behind an "&", nor where "&" would begin an entity.
_FREE = re.compile(rf"(?<![\w&]){_LETTER}(?!\w{{1,31}};)")
_SHORTEST = 3  # letters of a word with a sign within
# "&&" and "__" show the sign itself.
_DOUBLED = re.compile("&&|__")
_DOTS = re.compile(r"\.\.\.$|…$")


@dataclass(frozen=True)
class Label:
    """A message taken apart.

    text: what is to be translated; sign: that of its access key, or ""
    """

    message: str
    text: str
    sign: str = ""

    def finish(self, translation: str) -> str:
        """Return the message of a translation of the text: with the sign and the dots that the source has."""
        if translation == self.text:
            return self.message
        return _signed(_dotted(translation, self.text), self.sign)


def read_label(message: str) -> Label:
    """Take a message apart; one with several signs that could be of an access key is left as it is."""
    plain = _DOUBLED.sub("xx", _plain(protect(message)))
    places = [each.start() for each in _ACCELERATOR.finditer(plain)]
    places += [each.start(2) for each in _WITHIN.finditer(plain) if _is_one_word(*each.groups())]
    # A text with more than one underscore is about names, as a_b.
    places = [place for place in places if plain[place] == "&" or plain.count("_") == 1]
    if len(places) != 1:
        return Label(message, message)
    (place,) = places
    text = message[:place] + message[place + 1 :]
    return Label(message, text, message[place]) if _marks(text) == _marks(message) else Label(message, message)


def _is_one_word(before: str, sign: str, behind: str) -> bool:
    """Say whether letters around a sign are one word: "R&D" and "my_name" are not, nor may "cut&paste" be."""
    short = len(before) + len(behind) < _SHORTEST
    capitalised = before[0].isupper() and (before[1:] + behind).islower()
    return not short and behind[0].islower() and (capitalised or (sign == "&" and len(before) < _SHORTEST))


def _dotted(translation: str, source: str) -> str:
    """Return a translation with the dots that the source ends in."""
    dots = _DOTS.search(source.rstrip())
    said = translation.rstrip()
    if not dots or said.endswith(dots[0]):
        return translation
    return _DOTS.sub("", said).removesuffix(".").rstrip() + dots[0] + translation[len(said) :]


def _signed(text: str, sign: str) -> str:
    """Return a text with a sign before its first word; without, where it has no word or would be read otherwise."""
    items = protect(text)
    free = _FREE.search(_plain(items)) if sign else None
    if not free:
        return text
    signed = text[: free.start()] + sign + text[free.start() :]
    return signed if _marks(signed) == _marks(text) else text


def _plain(items: list[Item]) -> str:
    """Return a text as long as the items are, tags as spaces and placeholders as digits."""
    return "".join(item if isinstance(item, str) else _filled(str(item.content)) for item in items)


def _filled(content: str) -> str:
    return (" " if content.startswith("<") else "1") * len(content)


def _marks(text: str) -> list[object]:
    return [item.content for item in protect(text) if isinstance(item, Mark)]
