"""Pairs that earlier models have translated, beside the original ones (Nguyen et al., 2020, data diversification).

A model learns from two kinds: lines of its source language with translations (of several, the one nearest to what the
corpus has), and lines of its target language, as people wrote them, with what the model of the other direction makes of
them. Translations that lose a name or a number are passed over, and what the corpus has is not added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lab.n_best import nearest, read_n_best

from nmt.durable import write_atomically
from nmt.errors import InputError
from nmt.lines import read_lines

Pair = dict[str, str]
# By the language of a line: the translations of each line into the other, the likeliest first.
Translations = Mapping[str, Mapping[str, Sequence[str]]]
CODES = ("de", "en")
OTHER = {"de": "en", "en": "de"}


def lines_of(folder: Path, code: str) -> Path:
    """Return the file of the lines that are translated."""
    return folder / f"lines.{code}"


def lists_of(folder: Path, code: str) -> Path:
    """Return the file of their translations into the other language."""
    return folder / f"n-best.{code}-{OTHER[code]}"


def write_lines_once(texts: Iterable[Pair], folder: Path) -> None:
    """Write the lines of each language, none twice, into a folder."""
    lines: dict[str, dict[str, None]] = {code: {} for code in CODES}
    for pair in texts:
        for code in CODES:
            lines[code].setdefault(pair[code])
    folder.mkdir(parents=True, exist_ok=True)
    for code, found in lines.items():
        text = "".join(f"{line}\n" for line in found if line.strip())
        write_atomically(lines_of(folder, code), text.encode())


def read_translations(folder: Path) -> Translations:
    """Read what models have made of the lines in a folder; raises InputError where they are not of the same number."""
    found: dict[str, dict[str, list[str]]] = {}
    for code in CODES:
        lines, lists = list(read_lines(lines_of(folder, code))), list(read_n_best(lists_of(folder, code)))
        if len(lines) != len(lists):
            raise InputError(
                f"{lists_of(folder, code)} has translations of {len(lists):,} lines, {lines_of(folder, code)} has "
                f"{len(lines):,}; remove {folder}, and scripts/builtin translates again"
            )
        found[code] = dict(zip(lines, lists, strict=True))
    return found


def translated(originals: Iterable[Pair], translations: Translations, src: str) -> Iterator[Pair]:
    """Yield the pairs by which a model that reads src learns from translations of the original pairs."""
    tgt = OTHER[src]
    targets: dict[str, list[str]] = {}
    sources: dict[str, list[str]] = {}
    for pair in originals:
        targets.setdefault(pair[src], []).append(pair[tgt])
        sources.setdefault(pair[tgt], []).append(pair[src])
    for line, references in targets.items():
        kept = [text for text in translations[src].get(line, ()) if keeps(text, line, references)]
        if kept and (text := nearest(kept, references)) not in references:
            yield {src: line, tgt: text}
    for line, references in sources.items():
        kept = [text for text in translations[tgt].get(line, ()) if keeps(text, line, references)]
        if kept and kept[0] not in references:
            yield {src: kept[0], tgt: line}


def keeps(text: str, line: str, references: Sequence[str]) -> bool:
    """Return whether a translation of a line has the names and numbers that the line and a reference share."""
    asked, there = _names_and_numbers(line), _names_and_numbers(text)
    return bool(text.strip()) and any(asked & _names_and_numbers(reference) <= there for reference in references)


def _names_and_numbers(text: str) -> set[str]:
    return set(re.findall(r"\b[A-ZÄÖÜ]\w+|\d+", text))
