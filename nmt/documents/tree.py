"""A passage as a tree: what its marks enclose, and which of them stand together."""

from __future__ import annotations

from nmt.documents.formulas import join_formulas
from nmt.documents.marks import Alone, Kind, Mark, Node, Pair, Passage, flatten

_DEPTH = 50
# Characters of a number, or the end of a word, that is raised.
_MOST_RAISED = 6


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
    return _bundled(join_formulas(top))


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
