"""A text as the parts that are translated: its lines' sentences, each in parts where it is too long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cut:
    """The lines of a text: the parts of each with the white space behind them, none where a line is blank.

    ends: what ends each line before the line feed
    """

    lines: tuple[tuple[str, ...], ...]
    ends: tuple[str, ...]

    @property
    def parts(self) -> list[str]:
        """All parts in order."""
        return [part for line in self.lines for part in line]

    def join(self, translated: Sequence[str]) -> str:
        """Return the text whose parts are translated: as many lines as there were."""
        rest = iter(translated)
        lines = [_join([(next(rest), part) for part in line]) for line in self.lines]
        return "\n".join(line + end for line, end in zip(lines, self.ends, strict=True))


def _join(pieces: Sequence[tuple[str, str]]) -> str:
    """Join the translations that are not empty by the white space behind their parts, but for the last."""
    filled = [(text, part[len(part.rstrip()) :] or " ") for text, part in pieces if text]
    return "".join(text + space for text, space in filled)[: -len(filled[-1][1])] if filled else ""


def cut(text: str, split: Callable[[str], list[str]]) -> Cut:
    """Cut a text; split: cuts a line into what the model reads at once."""
    lines = text.split("\n")
    ends = tuple("\r" if line.endswith("\r") else "" for line in lines)
    kept = [line.removesuffix("\r") for line in lines]
    parts = tuple(tuple(part for part in split(line) if part.strip()) if line.strip() else () for line in kept)
    return Cut(parts, ends)
