"""Letters, signs and capitals as a vocabulary knows them, and texts written in those that it knows."""

from __future__ import annotations

import re
import unicodedata

from nmt.spans import find_spans, outside_of
from nmt.tokenizer import Tokenizer, normalize

STRAIGHT_QUOTES = str.maketrans({**dict.fromkeys("„“”‟«»″", '"'), **dict.fromkeys("‚‘’‛‹›′´", "'")})
_MINUS = "\u2212"
_LONG_DASH = re.compile(r"(?<=\w)[—―](?=\w)")
# Words that are no names, though they may begin with a capital.
_LOANWORDS = frozenset(["Café", "Cafés", "Varieté", "Rosé", "Exposé", "Coupé", "Attaché", "Dekolleté", "Résumé"])
_WORD = re.compile(r"[^\W\d_]{2,}")
# A word in capitals, too long for most names of letters alone.
_STRESSED = re.compile(r"(?<![\w.@#&/-])(?:(?![ªºß])[^\W\d_a-zäöü]){4,40}(?![\w@&/(-])")


class Letters:
    """Writes texts in the characters and words of a vocabulary."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def knows(self, text: str) -> bool:
        """Say whether the vocabulary has every character of a text."""
        return all(character in self._tokenizer.characters for character in normalize(text))

    def is_strange(self, character: str) -> bool:
        """Say whether a character is one that the vocabulary lacks, and has no plain form of."""
        kind = unicodedata.category(character)
        if self.knows(character) or character.isspace() or kind in ("Cf", "Cc"):
            return False
        # A small 2 or a half is no 2, nor is a trade mark two letters.
        raised = unicodedata.decomposition(character).startswith("<super>")
        return kind == "No" or raised or not self.knows(self.simplify(character))

    def in_known_letters(self, text: str) -> str:
        """Return a text with words in letters that the vocabulary has, but for addresses and code."""
        spans = find_spans(text, "")
        outside = [
            _WORD.sub(lambda match: self._without_accents(match[0]), each)
            for each in outside_of(text, 0, len(text), spans)
        ]
        kept = [text[span.start : span.end] for span in spans]
        return "".join(part for pair in zip(outside, [*kept, ""], strict=True) for part in pair)

    def _without_accents(self, word: str) -> str:
        """Return a word in small letters that the vocabulary has only without accents, such as "fiancé", without."""
        word = word if self.knows("ẞ") else word.replace("ẞ", "ß")
        if self.knows(word) or not (word.islower() or word in _LOANWORDS):
            return word
        plain = "".join(each for each in unicodedata.normalize("NFD", word) if not unicodedata.combining(each))
        return plain if self.knows(plain) else word

    def simplify(self, text: str) -> str:
        """Return a text whose characters, where the vocabulary lacks them, are the plain ones that it has."""
        if self.knows(text):
            return text
        text = normalize(text)
        # Quotation marks go in pairs.
        if any(ord(each) in STRAIGHT_QUOTES and not self.knows(each) for each in text):
            text = text.translate(STRAIGHT_QUOTES)
        if not self.knows("—"):
            text = _LONG_DASH.sub(" – " if self.knows("–") else " - ", text)
        return "".join(each if self.knows(each) else self._plain(each) for each in text)

    def _plain(self, character: str) -> str:
        kind = unicodedata.category(character)
        if character.isspace():
            return " "
        if kind in ("Cf", "Cc"):
            return ""
        plain = "-" if kind == "Pd" or character == _MINUS else unicodedata.normalize("NFKC", character)
        return plain if self.knows(plain) else character

    def in_small_letters(self, text: str) -> str | None:
        """Return a text in CAPITALS as the words it is made of, None where it is none, or usual in the vocabulary."""
        # Among capitals many write an ß.
        cased = [character for character in text if character.lower() != character.upper() and character != "ß"]
        if len(cased) < 2 or any(character.islower() for character in cased):
            return None
        words = re.sub(r"[^\W\d_]+(?:['’][^\W\d_]+)*", lambda match: self._usual(match[0]), text)
        first = next(place for place, character in enumerate(words) if character.isalpha())
        words = words[:first] + words[first].upper() + words[first + 1 :]
        return words if self._tokenizer.count(words) < self._tokenizer.count(text) else None

    def unstressed(self, text: str) -> str:
        """Return a text whose words in CAPITALS for stress are those that the vocabulary knows."""

        def read(match: re.Match[str]) -> str:
            usual = self._usual(match[0])
            return usual if self._tokenizer.count(usual) == 1 < self._tokenizer.count(match[0]) else match[0]

        return _STRESSED.sub(read, text) if any(map(str.islower, text)) else text

    def _usual(self, word: str) -> str:
        """Return a word as the vocabulary writes it in the fewest pieces, and of those the likeliest."""
        return min((word.lower(), word.capitalize(), word), key=self._tokenizer.cost)
