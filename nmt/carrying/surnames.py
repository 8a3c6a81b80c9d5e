"""Surnames behind a title, which a model that seldom met them would misspell."""

from __future__ import annotations

import re

from nmt.carrying.stand_ins import Apart
from nmt.tokenizer import Tokenizer

# Surnames that a model is likely to copy.
_NAMES = ("Jackson", "Smith", "Johnson")
_NAME = r"[^\W\d_a-zäöüß]['’]?[^\W\d_]+(?:-[^\W\d_]+){0,2}"
# Titles that a name follows, of which some are held by nouns too.
_NO_NAME = (
    r"(?!(?:Doktor|Professor|Präsident|Minister|Kanzler|Bundes|Direktor|Bürgermeister|Lehrer|Nachbar|Kolleg|General"
    r"|President|Prime|Vice|Secretary|Speaker|Chairman|Chair|Ambassador|Mayor|Senator)\w*\b)"
)
_TITLED = {
    # Wives and women are no titles.
    "de": re.compile(
        r"(?<![\w-])(?:(?<!\bdie )(?<!\bder )(?<!eine )(?<!einer )(?<!ihre )(?<!ihrer )(?<!\beure )(?<!\beurer )"
        r"(?<!unsere )(?<!unserer )(?<!diese )(?<!dieser )(?<!jede )(?<!jeder )(?<!junge )(?<!alte )(?<!andere )"
        rf"(?:Frau|Herrn?)|Dr\.) (?P<name>{_NO_NAME}{_NAME})(?![\w.]| [^\W\d_a-zäöüß])"
    ),
    "en": re.compile(rf"(?<![\w-])(?:Mrs?|Ms|Mx|Dr)\.? (?P<name>{_NO_NAME}{_NAME}(?: {_NAME})?)(?!\w|['’])"),
}


def find_surnames(text: str, language: str, tokenizer: Tokenizer) -> list[Apart]:
    """Return names behind a title in German or English that are no piece of the vocabulary."""
    titled = _TITLED.get(language.lower()[:2])
    if titled is None:
        return []
    return [
        Apart(*match.span("name"), _NAMES, kept=True)
        for match in titled.finditer(text)
        if tokenizer.count(match["name"]) > 1
    ]
