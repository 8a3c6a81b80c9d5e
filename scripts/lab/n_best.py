"""Lists of translations of each line: how they are read, and which of them is nearest to references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from nmt.lines import read_lines


def read_n_best(path: Path) -> Iterator[list[str]]:
    """Yield the translations of each line, the likeliest first, from lines of `number ||| text`."""
    fields = (line.partition(" ||| ") for line in read_lines(path))
    for _, group in groupby(fields, key=lambda field: field[0]):
        yield [text for _, _, text in group]


def nearest(translations: Sequence[str], references: Sequence[str]) -> str:
    """Return the translation of the best sentence BLEU, of equals the likeliest."""
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU(effective_order=True)
    return max(translations, key=lambda text: metric.sentence_score(text, references).score)
