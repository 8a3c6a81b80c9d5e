"""Tables as text (.csv, .tsv): the cells of chosen columns; every other cell keeps its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from nmt.documents.marks import Item
from nmt.documents.passages import TranslatePassages
from nmt.documents.stretches import LINE_END, Stretch, by_lines, join, translate_stretches
from nmt.errors import InputError

# A comma also stands in prose and in numbers, so it comes last.
_DELIMITERS = ("\t", ";", "|", ",")
# Rows by which the delimiter is told.
_TRIED = 20


@dataclass(frozen=True)
class _Cell:
    row: int
    column: int
    start: int
    end: int
    text: str
    quoted: bool


def translate_csv(text: str, translate: TranslatePassages, columns: Sequence[str]) -> str:
    """Translate columns of a table whose delimiter is told by its first rows, as translate_columns does."""
    return translate_columns(text, translate, columns, _delimiter(text))


def translate_tsv(text: str, translate: TranslatePassages, columns: Sequence[str]) -> str:
    """Translate columns of a table divided by tabs, as translate_columns does."""
    return translate_columns(text, translate, columns, "\t")


def translate_columns(text: str, translate: TranslatePassages, columns: Sequence[str], delimiter: str) -> str:
    """Translate columns, named as in the first row or by numbers from 1; by numbers alone, the first row is translated
    too.

    Raises InputError where none is named or one is missing.
    """
    names = [cell.text.strip() for cell in _cells(text, delimiter, rows=1)]
    chosen, first = _choose(names, columns)
    stretches = (
        Stretch(cell.start, cell.end, [cell.text], partial(_write, quoted=cell.quoted, delimiter=delimiter))
        for cell in _cells(text, delimiter)
        if cell.column in chosen and cell.row >= first
    )
    return translate_stretches(text, stretches, partial(by_lines, translate=translate))


def _choose(names: Sequence[str], columns: Sequence[str]) -> tuple[set[int], int]:
    """Return the places of columns, and the first row to translate; a name may be of several columns."""
    found = f"found: {', '.join(names)}"
    if not columns:
        raise InputError(f"which columns shall be translated? name each as column ({found})")
    chosen: set[int] = set()
    first = 0
    for name in columns:
        if name in names:
            chosen |= {place for place, each in enumerate(names) if each == name}
            first = 1
        elif name.isascii() and name.isdigit() and 1 <= int(name) <= len(names):
            chosen.add(int(name) - 1)
        else:
            raise InputError(f"no column {name!r} ({found})")
    return chosen, first


def _delimiter(text: str) -> str:
    """Return the first delimiter by which the first rows have equally many cells, else that which cuts the first row
    into most."""
    widths = {delimiter: _widths(text, delimiter) for delimiter in _DELIMITERS}
    for delimiter, found in widths.items():
        if found and len(set(found)) == 1 and found[0] > 1:
            return delimiter
    return max(_DELIMITERS, key=lambda delimiter: widths[delimiter][:1])


def _widths(text: str, delimiter: str) -> list[int]:
    """Return the numbers of cells of the first rows that are not blank; -1 for one that is none by this delimiter."""
    cells: dict[int, list[str]] = {}
    wrong = []
    try:
        for cell in _cells(text, delimiter, rows=_TRIED):
            cells.setdefault(cell.row, []).append(cell.text)
    except InputError:
        wrong = [-1]
    return [*(len(texts) for texts in cells.values() if texts != [""]), *wrong]


def _cells(text: str, delimiter: str, rows: int | None = None) -> Iterator[_Cell]:
    """Yield the cells with their places, quotes included, and their texts."""
    quoted = re.compile(r'"([^"]*(?:""[^"]*)*)"')
    plain = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    row = column = place = 0
    while place < len(text) and (rows is None or row < rows):
        match = (quoted if text[place] == '"' else plain).match(text, place)
        if match is None:
            raise InputError(f"row {row + 1}: a quote is not closed")
        is_quoted = match.re is quoted
        content = match[1].replace('""', '"') if is_quoted else match[0]
        yield _Cell(row, column, place, match.end(), content, is_quoted)
        place = match.end()
        if text.startswith(delimiter, place):
            place, column = place + 1, column + 1
            if place == len(text):
                yield _Cell(row, column, place, place, "", False)
        elif end := LINE_END.match(text, place):
            place, column, row = end.end(), 0, row + 1
        elif place < len(text):
            raise InputError(f"row {row + 1}: text follows a closing quote")


def _write(passage: Sequence[Item], quoted: bool, delimiter: str) -> str:
    text = join(passage)
    if quoted or any(special in text for special in (delimiter, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text
