"""Typing errors: some words of a text with two letters swapped, one left out, or one from the next key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

# The rows of a keyboard, by language; others have the first.
KEYBOARDS = {
    "en": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "de": ("qwertzuiopü", "asdfghjklöä", "yxcvbnm"),
    "cs": ("qwertzuiop", "asdfghjklů", "yxcvbnm"),
    "fr": ("azertyuiop", "qsdfghjklm", "wxcvbn"),
}


def neighbours(language: str) -> dict[str, str]:
    """Return the keys around each key: those beside it, and the two it touches in the row above and below."""
    rows = KEYBOARDS.get(language, KEYBOARDS["en"])
    found = {}
    for number, row in enumerate(rows):
        for place, key in enumerate(row):
            # A row stands half a key further right than the one above it.
            spots = [(number, place - 1), (number, place + 1), (number - 1, place), (number - 1, place + 1)]
            spots += [(number + 1, place - 1), (number + 1, place)]
            found[key] = "".join(rows[y][x] for y, x in spots if 0 <= y < len(rows) and 0 <= x < len(rows[y]))
    return found


def swap(word: str, place: int, _near: str) -> str:
    """Exchange a letter and the next, or the one before where it is the last."""
    first = min(place, len(word) - 2)
    return word[:first] + word[first + 1] + word[first] + word[first + 2 :]


def leave_out(word: str, place: int, _near: str) -> str:
    """Leave a letter out."""
    return word[:place] + word[place + 1 :]


def mistype(word: str, place: int, near: str) -> str:
    """Hit a key beside the right one."""
    return word[:place] + (near.upper() if word[place].isupper() else near) + word[place + 1 :]


ERRORS: Sequence[Callable[[str, int, str], str]] = (swap, leave_out, mistype)


def with_errors(lines: Sequence[str], share: float, language: str, seed: int) -> list[str]:
    """Return lines in which a share of the words of two letters and more has one typing error.

    The same seed gives the same errors; what is wrong at a small share is wrong in the same way at a larger one.
    """
    keys = neighbours(language)
    return [
        " ".join(_word(word, share, keys, Random(f"{seed} {number} {place}")) for place, word in enumerate(words))
        for number, words in enumerate(line.split(" ") for line in lines)
    ]


def _word(word: str, share: float, keys: dict[str, str], draws: Random) -> str:
    letters = [place for place, letter in enumerate(word) if letter.isalpha()]
    if draws.random() >= share or len(letters) < 2:
        return word
    # Two equal letters swapped, or a letter on no key, would be no error: draw until there is one.
    for _ in range(20):
        error, place = draws.choice(ERRORS), draws.choice(letters)
        letter = word[place].lower()
        changed = error(word, place, draws.choice(keys.get(letter, letter)))
        if changed != word:
            return changed
    return word
