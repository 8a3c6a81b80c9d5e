"""Marks: what stands in a passage and is not translated, alone or as a pair around other items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby

_DEPTH = 50
# Characters of a number, or the end of a word, that is raised.
_MOST_RAISED = 6


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


Node = str | Alone | Pair


def read_tree(passage: Passage) -> list[Node]:
    """Return a passage as a tree; marks that open or close without their counterpart stand alone.

    Marks without words between them become one: "<b>%s</b>", "{first} {last}".
    """
    partners = _partners(passage)
    top: list[Node] = []
    levels = [top]
    for place, item in enumerate(passage):
        if isinstance(item, str):
            levels[-1].append(item)
        elif place not in partners:
            levels[-1].append(Alone([item], item.kind is not Kind.ALONE))
        elif (other := passage[partners[place]]) and item.kind is Kind.OPEN:
            assert isinstance(other, Mark)
            pair = Pair(item, other)
            levels[-1].append(pair)
            levels.append(pair.children)
        else:
            levels.pop()
            before = levels[-1][-2] if len(levels[-1]) > 1 else ""
            if _raised(levels[-1][-1], before) or not any(_wordy(node) for node in levels[-1][-1].children):  # type: ignore[union-attr]
                levels[-1][-1] = _as_one(levels[-1][-1])  # type: ignore[arg-type]
    return _bundled(top)


def _raised(node: Node, before: Node) -> bool:
    """Say whether a pair raises or lowers a number, or the end of a word: "m²", "5th", a footnote's number."""
    if not isinstance(node, Pair) or node.opening.name.strip("<>") not in ("sup", "sub"):
        return False
    text = "".join(item for item in flatten([node]) if isinstance(item, str))
    within = isinstance(before, str) and before[-1:].isalnum()
    return len(text) <= _MOST_RAISED and (within or not any(map(str.isalpha, text)))


def _as_one(pair: Pair) -> Alone:
    """Return a pair without words as marks that stand together."""
    fixed = any(isinstance(node, Alone) and node.fixed for node in pair.children)
    return Alone(list(flatten([pair])), fixed)


def _partners(passage: Passage) -> dict[int, int]:
    """Return the places of properly nested pairs, both ways."""
    partners: dict[int, int] = {}
    open_places: list[int] = []
    waiting: dict[str, int] = {}
    for place, item in enumerate(passage):
        if isinstance(item, str) or item.kind is Kind.ALONE:
            continue
        if item.kind is Kind.OPEN:
            open_places.append(place)
            waiting[item.name] = waiting.get(item.name, 0) + 1
        elif waiting.get(item.name):
            # What opened since then and did not close stands alone.
            while True:
                start = open_places.pop()
                opened = passage[start]
                assert isinstance(opened, Mark)
                waiting[opened.name] -= 1
                if opened.name == item.name:
                    break
            partners[start], partners[place] = place, start
    return _shallow(partners)


def _shallow(partners: dict[int, int]) -> dict[int, int]:
    """Return pairs without those nested deeper than any text needs."""
    found: dict[int, int] = {}
    ends: list[int] = []
    for start in sorted(place for place, other in partners.items() if place < other):
        while ends and ends[-1] < start:
            ends.pop()
        ends.append(partners[start])
        if len(ends) <= _DEPTH:
            found[start], found[partners[start]] = partners[start], start
    return found


def _bundled(nodes: list[Node]) -> list[Node]:
    """Join marks with nothing or little between them, here and within pairs."""
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, Pair):
            node.children = _bundled(node.children)
        elif isinstance(node, Alone):
            between = found[-1] if found and isinstance(found[-1], str) else ""
            if (
                len(found) > bool(between)
                and isinstance(before := found[-1 - bool(between)], Alone)
                and _close(between)
            ):
                del found[len(found) - 1 - bool(between) :]
                before.fixed |= node.fixed
                before.items.extend([*([between] if between else []), *node.items])
                node = before  # noqa: PLW2901
        if node != "":
            found.append(node)
    return found


def _close(between: str) -> bool:
    """Say whether a text between marks is too little to be told from them."""
    ends_sentence = between[:1] in (".", "!", "?") and between[1:2].isspace()
    return len(between) <= 3 and not ends_sentence and not any(map(str.isalnum, between))


def _wordy(node: Node) -> bool:
    """Say whether text that may be translated stands within a node."""
    if isinstance(node, str):
        return any(map(str.isalnum, node))
    return isinstance(node, Pair)


def has_letters(passage: Passage) -> bool:
    """Say whether there is something to translate."""
    return any(isinstance(item, str) and any(map(str.isalpha, item)) for item in passage)


def flatten(nodes: Sequence[Node]) -> Iterator[Item]:
    """Yield the items of a tree in their order."""
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, Alone):
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
