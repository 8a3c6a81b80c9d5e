"""Things with what stands before them: German by gender and case, English with a or an; written for this project (CC0).

nouns.tsv has a line for each: German with its article, German plural, English, and its plural where that is not
regular.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

NOUNS = Path(__file__).with_name("nouns.tsv")
# By the article of the dictionary: a, the accusatives of the and a, my and its accusative, no, a new one (accusative).
_WORDS = {
    "der": ("ein", "den", "einen", "mein", "meinen", "keinen", "er"),
    "die": ("eine", "die", "eine", "meine", "meine", "keine", "e"),
    "das": ("ein", "das", "ein", "mein", "mein", "kein", "es"),
}
_ADJECTIVES = (("neu", "new"), ("alt", "old"), ("klein", "small"), ("groß", "big"), ("schön", "beautiful"))


class Noun(NamedTuple):
    """A thing."""

    article: str  # der, die or das
    de: str
    de_plural: str
    en: str
    en_plural: str

    @property
    def indefinite(self) -> str:
        return f"{'an' if self.en[0] in 'aeio' or self.en in ('umbrella', 'ID card') else 'a'} {self.en}"


@cache
def nouns() -> tuple[Noun, ...]:
    """Return every noun of nouns.tsv."""
    found = []
    for line in NOUNS.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        german, de_plural, en, *irregular = line.split("\t")
        article, de = german.split(" ", 1)
        found.append(Noun(article, de, de_plural, en, irregular[0] if irregular else plural(en)))
    return tuple(found)


def plural(english: str) -> str:
    """Return the regular plural."""
    if re.search(r"[^aeiou]y$", english):
        return f"{english[:-1]}ies"
    return f"{english}es" if re.search(r"(s|x|z|ch|sh)$", english) else f"{english}s"


def forms(draws: Random) -> dict[str, dict[str, str]]:
    """Return the slots of a thing: each German and English."""
    noun = draws.choice(nouns())
    a, the_acc, a_acc, my, my_acc, no_acc, ending = _WORDS[noun.article]
    de_adjective, en_adjective = draws.choice(_ADJECTIVES)
    # An adjective after ein has the ending of the gender, einen aside: einen neuen, eine neue, ein neues.
    after_a = "en" if noun.article == "der" else ending
    new = "an" if en_adjective == "old" else "a"
    both = {
        "noun": (noun.de, noun.en),
        "nouns": (noun.de_plural, noun.en_plural),
        "a_noun": (f"{a} {noun.de}", noun.indefinite),
        "a_noun_acc": (f"{a_acc} {noun.de}", noun.indefinite),
        "the_noun": (f"{noun.article} {noun.de}", f"the {noun.en}"),
        "The_noun": (f"{noun.article.capitalize()} {noun.de}", f"The {noun.en}"),
        "the_noun_acc": (f"{the_acc} {noun.de}", f"the {noun.en}"),
        "my_noun": (f"{my} {noun.de}", f"my {noun.en}"),
        "My_noun": (f"{my.capitalize()} {noun.de}", f"My {noun.en}"),
        "my_noun_acc": (f"{my_acc} {noun.de}", f"my {noun.en}"),
        "rel_noun": (the_acc, ""),
        "no_noun_acc": (f"{no_acc} {noun.de}", noun.indefinite),
        "a_new_noun_acc": (f"{a_acc} {de_adjective}{after_a} {noun.de}", f"{new} {en_adjective} {noun.en}"),
    }
    return {name: {"de": de, "en": en} for name, (de, en) in both.items()}
