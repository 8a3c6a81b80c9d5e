"""A text's lines as the parts that are translated: their sentences, each in parts where it is too long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nmt.translation import Translation, join_translations


@dataclass(frozen=True)
class Cut:
    """The lines of a text: the parts of each with the white space behind them, none where a line is blank."""

    lines: tuple[tuple[str, ...], ...]

    @property
    def parts(self) -> list[str]:
        """All parts in order."""
        return [part for line in self.lines for part in line]

    def join(self, translated: Sequence[Translation]) -> list[Translation]:
        """Return the translated lines of translated parts, a blank one's empty."""
        rest = iter(translated)
        return [
            join_translations([next(rest) for _ in line], [part[len(part.rstrip()) :] or " " for part in line])
            for line in self.lines
        ]


def cut(lines: Sequence[str], split: Callable[[str], list[str]]) -> Cut:
    """Cut lines; split: cuts one into what the model reads at once."""
    return Cut(
        tuple(tuple(part for part in split(line) if part.strip()) if line.strip() else () for line in lines),
    )
