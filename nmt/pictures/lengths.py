"""BLEU by the length of sentences: does a system get worse where sentences are long?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nmt.metrics import Options, Score, evaluate

_MOST_BUCKETS = 6
# Fewer sentences than this have no BLEU worth a bar.
_FEWEST = 10
# Languages that write no spaces: fewer words than this share of characters are no words.
_FEWEST_SPACES = 0.04


@dataclass(frozen=True)
class Bucket:
    """Sentences of similar length: from shortest to longest, how many, and BLEU of each system."""

    shortest: int
    longest: int
    count: int
    scores: list[Score]

    @property
    def label(self) -> str:
        span = f"{self.shortest}–{self.longest}" if self.longest > self.shortest else str(self.shortest)
        return f"{span} ({self.count:,})"


def unit_of_length(texts: Sequence[str]) -> str:
    """Return what lengths are counted in: words, or characters where no spaces divide words."""
    characters = sum(len(text) for text in texts)
    spaces = sum(text.count(" ") for text in texts)
    return "characters" if characters > 20 * len(texts) and spaces < _FEWEST_SPACES * characters else "words"


def bleu_by_length(
    texts: Sequence[str],
    systems: Sequence[Sequence[str]],
    references: Sequence[Sequence[str]],
    *,
    lowercase: bool = False,
) -> list[Bucket]:
    """Divide sentences by the length of texts into about equally many each, and score each part.

    texts: a line for each sentence; systems and references: as many lines each
    """
    count_words = unit_of_length(texts) == "words"
    lengths = [len(text.split()) if count_words else len(text) for text in texts]
    buckets = []
    below = -1
    for edge in _edges(lengths):
        rows = [row for row, length in enumerate(lengths) if below < length <= edge]
        chosen = [[lines[row] for row in rows] for lines in references]
        scores = [
            evaluate([lines[row] for row in rows], chosen, ["bleu"], confidence=True, options=Options(lowercase))[0]
            for lines in systems
        ]
        buckets.append(Bucket(min(lengths[row] for row in rows), edge, len(rows), scores))
        below = edge
    return buckets


def _edges(lengths: Sequence[int]) -> list[int]:
    """Return the longest length of each bucket."""
    ordered = sorted(lengths)
    count = max(1, min(_MOST_BUCKETS, len(ordered) // _FEWEST))
    return sorted({ordered[math.ceil(len(ordered) * part / count) - 1] for part in range(1, count + 1)})
