"""Lines as the parts that are translated: their sentences, each in parts where it is too long."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nmt.sentences import has_letter
from nmt.translation import Translation, indented, join_translations, one_line
from nmt.unspaced import UNSPACED

# The end of a part that was cut within a word.
_WITHIN = re.compile(rf"(?![{UNSPACED}])\w$")


@dataclass(frozen=True)
class Cut:
    """The parts of each line with the white space behind them, none where a line is blank.

    indents: the white space that the translation of each line begins with, which is in none of its parts
    """

    lines: tuple[tuple[str, ...], ...] = ()
    indents: tuple[str, ...] = ()

    @property
    def parts(self) -> list[str]:
        """All parts in order."""
        return [part for line in self.lines for part in line]

    def without_indents(self) -> Cut:
        """Return the same parts for translations that begin with no white space."""
        return replace(self, indents=("",) * len(self.indents))

    def join(self, translated: Sequence[Translation]) -> list[Translation]:
        """Return the translated lines of translated parts, indented as they were, a blank one's empty."""
        rest = iter(translated)
        joined = [join_translations([next(rest) for _ in line], [_space_behind(part) for part in line])
                  for line in self.lines]  # fmt: skip
        return [indented(line, indent) for line, indent in zip(joined, self.indents, strict=True)]


def cut(lines: Sequence[str], split: Callable[[str], list[str]]) -> Cut:
    """Cut lines; split: cuts one into what the model reads at once."""
    bare = [line.lstrip() for line in lines]
    return Cut(
        tuple(tuple(part for part in split(line) if part.strip()) if line else () for line in bare),
        tuple(line[: len(line) - len(text)] for line, text in zip(lines, bare, strict=True)),
    )


def _space_behind(part: str) -> str:
    """Return the white space behind a part; none was cut through within a word, or something without words."""
    if space := part[len(part.rstrip()) :]:
        return one_line(space)
    return "" if _WITHIN.search(part) or not has_letter(part) else " "
