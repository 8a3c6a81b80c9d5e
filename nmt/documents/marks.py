"""Marks: what stands in a passage and is not translated, alone or as a pair around other items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby


class Kind(Enum):
    """How a mark takes part in a passage."""

    ALONE = "alone"
    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True, eq=False)
class Mark:
    """Something kept as it is.

    content: what the format puts back, such as the text of a tag; name: an opening mark goes with a closing one of
    the same name; unseen: a word goes on across it; divides: no word goes on from a pair of such marks to the next
    """

    content: object
    kind: Kind = Kind.ALONE
    name: str = ""
    unseen: bool = False
    divides: bool = False


Item = str | Mark
Passage = Sequence[Item]


@dataclass(eq=False)
class Alone:
    """Marks that stand together, with what little text is between them.

    fixed: one of them opens or closes what does not end or begin in the passage, so that their order counts
    """

    items: list[Item]
    fixed: bool = False


@dataclass(eq=False)
class Pair:
    """An opening and a closing mark with what is between."""

    opening: Mark
    closing: Mark
    children: list[Node] = field(default_factory=list)


@dataclass(eq=False)
class Formula:
    """A word that a translation keeps, with the marks in it."""

    items: list[Item]

    @property
    def text(self) -> str:
        """Return the word alone."""
        return "".join(item for item in self.items if isinstance(item, str))


Node = str | Alone | Pair | Formula


def has_letters(passage: Passage) -> bool:
    """Say whether there is something to translate."""
    return any(isinstance(item, str) and any(map(str.isalpha, item)) for item in passage)


def flatten(nodes: Sequence[Node]) -> Iterator[Item]:
    """Yield the items of a tree in their order."""
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, (Alone, Formula)):
            yield from node.items
        else:
            yield node.opening
            yield from flatten(node.children)
            yield node.closing


def merged(passage: Passage) -> list[Item]:
    """Return a passage with neighbouring texts as one, and without empty ones."""
    out: list[Item] = []
    for is_text, group in groupby(passage, key=lambda item: isinstance(item, str)):
        items = list(group)
        out += [text for text in ["".join(map(str, items))] if text] if is_text else items
    return out
