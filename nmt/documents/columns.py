"""Tables as text (.csv, .tsv): the cells of chosen columns; every other cell keeps its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

from nmt.documents.marks import Item
from nmt.documents.passages import TranslatePassages
from nmt.documents.stretches import LINE_END, Stretch, by_lines, join, translate_stretches
from nmt.errors import InputError

# A comma also stands in prose and in numbers, so it comes last.
_DELIMITERS = ("\t", ";", "|", ",")
# Rows by which the delimiter is told.
_TRIED = 20
# The line by which Excel is told it, before the first row.
_DECLARED = re.compile(r"""("?)sep=(?P<delimiter>[^\w\s"]|\t)\1(?:\r\n|\n|\r|\Z)""", re.IGNORECASE)


@dataclass(frozen=True)
class _Cell:
    """A cell; start, end: of its text, quotes included, but not the spaces around them."""

    row: int
    column: int
    start: int
    end: int
    text: str
    quoted: bool


@dataclass(frozen=True)
class _Dialect:
    """How a table is written.

    cell: matches one, its group quoted without the quotes around it; to_quote: is found in what needs quotes
    """

    delimiter: str
    cell: re.Pattern[str]
    to_quote: re.Pattern[str]


def translate_csv(text: str, translate: TranslatePassages, columns: Sequence[str]) -> str:
    """Translate columns of a table whose delimiter is told by a line "sep=;" or the first rows, as _translate does."""
    declared = _DECLARED.match(text)
    rows = text[declared.end() :] if declared else text
    dialect = _csv(declared["delimiter"] if declared else _delimiter(rows))
    return text[: len(text) - len(rows)] + _translate(rows, translate, columns, dialect)


def translate_tsv(text: str, translate: TranslatePassages, columns: Sequence[str]) -> str:
    """Translate columns of a table divided by tabs, as _translate does."""
    return _translate(text, translate, columns, _tsv(text))


def _translate(text: str, translate: TranslatePassages, columns: Sequence[str], dialect: _Dialect) -> str:
    """Translate columns, named as in the first row or by numbers from 1; by numbers alone, the first row is translated
    too.

    Raises InputError where none is named or one is missing, and for a row with more cells than the first.
    """
    names, head = _names(text, dialect)
    chosen, first = _choose(names, columns, head)
    stretches = (
        Stretch(cell.start, cell.end, [cell.text], partial(_write, quoted=cell.quoted, dialect=dialect))
        for cells in _rows(text, dialect)
        for cell in _checked(cells, len(names))
        if cell.column in chosen and cell.row >= first
    )
    return translate_stretches(text, stretches, partial(by_lines, translate=translate))


def _csv(delimiter: str) -> _Dialect:
    """Return how a table is written in which a quote at the start of a cell quotes it all.

    A quote behind spaces does so only if the one that matches it ends the cell.
    """
    divider = re.escape(delimiter)
    quoted = rf' *"(?P<quoted>[^"]*(?:""[^"]*)*)" *(?=[{divider}\r\n]|\Z)'
    cell = re.compile(rf'{quoted}|(?!")[^{divider}\r\n]*')
    return _Dialect(delimiter, cell, re.compile(rf'[{divider}"\r\n]'))


def _tsv(text: str) -> _Dialect:
    """Return how a table divided by tabs is written, in which quotes may be part of the text.

    A cell is quoted if the quote that matches its first one ends it; it goes on over tabs and line ends only where
    rows would have different widths without.
    """
    widths = {line.count("\t") for line in LINE_END.split(text) if line}
    inside = r'[^"\t\r\n]*' if len(widths) == 1 else '[^"]*'
    cell = re.compile(rf'"(?P<quoted>{inside}(?:""{inside})*)"(?=[\t\r\n]|\Z)|[^\t\r\n]*')
    plain = _Dialect("\t", cell, re.compile(r"[\t\r\n]"))
    # Whether a quote at the start of a cell quotes it, each time.
    quoted = {cell.quoted for cell in _cells(text, plain) if text.startswith('"', cell.start)}
    return replace(plain, to_quote=re.compile(r'^"|[\t\r\n]')) if quoted == {True} else plain


def _names(text: str, dialect: _Dialect) -> tuple[list[str], int]:
    """Return the cells of the first row that is not blank, and its number."""
    for cells in _rows(text, dialect):
        names = [cell.text.strip() for cell in cells]
        if any(names):
            return names, cells[0].row
    return [], 0


def _choose(names: Sequence[str], columns: Sequence[str], head: int) -> tuple[set[int], int]:
    """Return the places of columns, and the first row to translate; a name may be of several columns.

    head: number of the row of the names
    """
    found = f"found: {', '.join(names)}" if any(names) else "the file is empty"
    if not columns:
        raise InputError(f"which columns shall be translated? name each as column ({found})")
    chosen: set[int] = set()
    first = 0
    for name in columns:
        if name in names:
            chosen |= {place for place, each in enumerate(names) if each == name}
            first = head + 1
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
        for cell in _cells(text, _csv(delimiter), rows=_TRIED):
            cells.setdefault(cell.row, []).append(cell.text)
    except InputError:
        wrong = [-1]
    return [*(len(texts) for texts in cells.values() if texts != [""]), *wrong]


def _rows(text: str, dialect: _Dialect) -> Iterator[list[_Cell]]:
    """Yield the cells of each row."""
    for _, cells in groupby(_cells(text, dialect), lambda cell: cell.row):
        yield list(cells)


def _checked(cells: list[_Cell], most: int) -> list[_Cell]:
    """Return the cells of a row; raises InputError where more than the most are not empty: one may be torn apart."""
    found = max((cell.column + 1 for cell in cells if cell.text.strip()), default=0)
    if found > most:
        raise InputError(
            f"row {cells[0].row + 1} has {found} cells, but the first row has {most}; put a cell that holds the "
            "delimiter in quotes"
        )
    return cells


def _cells(text: str, dialect: _Dialect, rows: int | None = None) -> Iterator[_Cell]:
    """Yield the cells with their places and texts."""
    row = column = place = 0
    while place < len(text) and (rows is None or row < rows):
        match = dialect.cell.match(text, place)
        if match is None:
            raise InputError(f"row {row + 1}: a quote is not closed, or text follows the closing one")
        if match["quoted"] is None:
            yield _Cell(row, column, *match.span(), match[0], False)
        else:
            begin, stop = match.span("quoted")
            yield _Cell(row, column, begin - 1, stop + 1, match["quoted"].replace('""', '"'), True)
        place = match.end()
        if text.startswith(dialect.delimiter, place):
            place, column = place + 1, column + 1
            if place == len(text):
                yield _Cell(row, column, place, place, "", False)
        elif end := LINE_END.match(text, place):
            place, column, row = end.end(), 0, row + 1


def _write(passage: Sequence[Item], quoted: bool, dialect: _Dialect) -> str:
    text = join(passage)
    return '"' + text.replace('"', '""') + '"' if quoted or dialect.to_quote.search(text) else text
