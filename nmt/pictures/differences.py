"""Words in which two sentences differ."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from nmt.unspaced import UNSPACED

# A letter of a script without spaces, a word, a mark, or white space.
_WORDS = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])\w)+|[^\w\s]|\s+")
# Words compared and shown of a sentence.
MOST_WORDS = 300


@dataclass(frozen=True)
class Stretch:
    """Part of a sentence, which the other sentence has too or not."""

    text: str
    differs: bool


def differences(text: str, other: str) -> tuple[list[Stretch], list[Stretch]]:
    """Return both sentences as stretches that are alike and that differ in turns; the end of a long one is cut."""
    ours, theirs = _words(text), _words(other)
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    blocks = matcher.get_matching_blocks()
    return _stretches(ours, [(block.a, block.size) for block in blocks]), _stretches(
        theirs, [(block.b, block.size) for block in blocks]
    )


def cut_short(text: str) -> str:
    """Return a text as far as it is shown."""
    return "".join(_words(text))


def _words(text: str) -> list[str]:
    # A word may be as long as a file.
    words = [word if len(word) <= 200 else f"{word[:200]}…" for word in _WORDS.findall(text.strip())]
    return words if len(words) <= MOST_WORDS else [*words[:MOST_WORDS], " …"]


def _stretches(words: list[str], same: list[tuple[int, int]]) -> list[Stretch]:
    found = []
    done = 0
    for start, size in same:
        found += [Stretch("".join(words[done:start]), True), Stretch("".join(words[start : start + size]), False)]
        done = start + size
    return [stretch for stretch in found if stretch.text]
