"""Heat maps as tables: a cell's shade and its number, so that it reads without colours too."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Shades from here on are dark enough that writing on them changes to the colour of the page.
_DEEP = 0.62


@dataclass(frozen=True)
class Cell:
    """A cell: its number, its shade between 0 and 1, and the shade's tone: above or below zero, or just a share."""

    text: str
    shade: float
    tone: str = ""

    @property
    def deep(self) -> bool:
        return self.shade >= _DEEP


@dataclass(frozen=True)
class Row:
    """A row: what it is called, a note on it, and its cells."""

    label: str
    note: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class HeatTable:
    """A table with a caption; corner: what rows and columns are."""

    caption: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def heat_table(
    caption: str,
    corner: str,
    columns: Sequence[str],
    rows: Sequence[tuple[str, str, Sequence[float]]],
    cell: Callable[[float], Cell],
) -> HeatTable:
    """Return a table of rows (label, note, a value for each column)."""
    return HeatTable(
        caption,
        corner,
        tuple(columns),
        tuple(Row(label, note, tuple(cell(value) for value in values)) for label, note, values in rows),
    )


def share(value: float) -> Cell:
    """Return the cell of a number between 0 and 1; one that rounds to nothing is left empty."""
    text = f"{value:.2f}"
    return Cell("" if text == "0.00" else text.removeprefix("0"), round(min(max(value, 0.0), 1.0), 3))


def number(value: float) -> Cell:
    """Return the cell of any number, whose shade grows with its distance from zero, at last hardly any more."""
    text = f"{value:+.1f}".replace("-", "\u2212")
    return Cell("0" if text[1:] == "0.0" else text, round(math.tanh(abs(value)), 3), "below" if value < 0 else "above")


def plain(value: float) -> Cell:
    """Return the cell of a number without a shade."""
    return Cell(f"{value:.2f}", 0.0)
