"""A passage taken apart: the text to translate, and how its marks stand in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from nmt.documents.marks import Alone, Formula, Item, Mark, Node, Pair, Passage
from nmt.documents.tree import read_tree
from nmt.tokenizer import compose

# Punctuation before which no space is written.
CLOSING = frozenset(".,;:!?)]}…»”’%")
# A space between words that the source has not, because marks are between them.
JOINT = "\x1f"


@dataclass(eq=False)
class Placed:
    """A node that is or holds a mark, with the place it has in the source.

    first, last: characters before it and up to its end, white space aside; before, after: the white space next to it,
    other marks aside, a space where nothing is, and "" where it touches a text
    """

    node: Alone | Pair | Formula
    first: int
    last: int = 0
    before: str = " "
    after: str = " "
    inside: list[Placed] = field(default_factory=list)


class Frame:
    """A passage taken apart.

    text: what is translated; source: the same with white space as it was; marks: its marks, in order; lead, trail: the
    white space around it
    """

    def __init__(self, passage: Passage) -> None:
        items = list(passage)
        self.lead, self.trail = _edges(items)
        self._text: list[str] = []
        self._size = 0
        # Whether a mark was left out just before the text that comes next.
        self._left_out = False
        self.marks = self._read(read_tree(items), before=" ", after=" ")
        self.source = "".join(self._text)
        self.text = " ".join(self.source.split())

    def _read(self, nodes: Sequence[Node], before: str, after: str) -> list[Placed]:
        """Take nodes apart; before, after: as of a mark, of what holds them."""
        placed = []
        for place, node in enumerate(nodes):
            if isinstance(node, str):
                self._add(node)
                continue
            first = _edge((nodes[each] for each in range(place - 1, -1, -1)), -1)
            last = _edge((nodes[each] for each in range(place + 1, len(nodes))), 1)
            mark = Placed(node, self._size)
            mark.before = first if first.isspace() else "" if first else before
            mark.after = last if last.isspace() else "" if last else after
            if isinstance(node, Pair):
                if place and _divided(nodes[place - 1], node):
                    self._text.append(JOINT)
                mark.inside = self._read(node.children, mark.before, mark.after)
            elif isinstance(node, Formula):
                self._add(node.text)
            else:
                self._left_out = self._left_out or not _is_unseen(node)
            mark.last = self._size
            placed.append(mark)
        return placed

    def _add(self, text: str) -> None:
        """Add a text to that to be translated, without a gap where a mark was."""
        text = compose(text)
        if self._left_out and self._text and text:
            before = self._text[-1]
            if text[0] in CLOSING:
                self._text[-1] = before.rstrip()
            elif before[-1:].isalnum() and text[0].isalnum():
                self._text.append(JOINT)
        self._left_out = self._left_out and not text
        self._text.append(text)
        self._size += sum(not character.isspace() for character in text)


def _edges(items: list[Item]) -> tuple[str, str]:
    """Take the white space off a passage's ends and return it."""
    lead = trail = ""
    if items and isinstance(first := items[0], str):
        rest = first.lstrip()
        items[0], lead = rest, first[: len(first) - len(rest)]
    if items and isinstance(last := items[-1], str):
        rest = last.rstrip()
        items[-1], trail = rest, last[len(rest) :]
    return lead, trail


def _is_unseen(node: Alone) -> bool:
    return all(isinstance(item, Mark) and item.unseen for item in node.items)


def _divided(before: Node, node: Pair) -> bool:
    """Say whether a word ends with a node and another begins with the pair that touches it."""
    if not (isinstance(before, Pair) and before.opening.divides and node.opening.divides):
        return False
    last = _edge([before], -1)
    return (last.isalnum() or last in CLOSING) and _edge([node], 1).isalnum()


def _edge(nodes: Iterable[Node], step: int) -> str:
    """Return the first character of the texts of nodes, none where they have none.

    step: 1, or -1 for nodes that come from last to first, of which it is the last character
    """
    for node in nodes:
        if isinstance(node, Pair):
            found = _edge(node.children if step > 0 else reversed(node.children), step)
        else:
            text = node if isinstance(node, str) else node.text if isinstance(node, Formula) else ""
            found = text[:1] if step > 0 else text[-1:]
        if found:
            return found
    return ""
