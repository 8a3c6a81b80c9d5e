"""Chemical formulas with lowered numbers in them, "H<sub>2</sub>O": words that a translation keeps, marks and all."""

from __future__ import annotations

import re

from nmt.documents.marks import Alone, Formula, Mark, Node, Pair

_SYMBOL = r"(?:[A-Z][a-z]?|[()\[\]])"
_BEGIN = re.compile(rf"(?<![\w'’.,:/-]){_SYMBOL}{{1,20}}\Z")
_SYMBOLS = re.compile(rf"{_SYMBOL}{{0,20}}")
# What makes one word of a formula and what follows.
_JOINED = re.compile(r"[\w'’/-]|[.,:]\w")


def join_formulas(nodes: list[Node]) -> list[Node]:
    """Return nodes, with formulas as nodes of their own, here and within pairs.

    One that ends with its only number, as "CO<sub>2</sub>", is a word and a mark behind it like any other.
    """
    found: list[Node] = []
    rest = list(reversed(nodes))
    while rest:
        node = rest.pop()
        if isinstance(node, Pair):
            node.children = join_formulas(node.children)
        begin = _BEGIN.search(node) if isinstance(node, str) else None
        if isinstance(node, str) and begin and (formula := _take(begin[0], rest)):
            node = node[: begin.start()]
            found += [node, formula] if node else [formula]
        else:
            found.append(node)
    return found


def _take(begin: str, rest: list[Node]) -> Formula | None:
    """Take a formula's numbers and symbols off the nodes behind its first symbols, the next node last, if it is one."""
    formula, ahead, within = Formula([begin]), list(rest), False
    while ahead and isinstance(number := ahead[-1], Alone) and _is_lowered(number):
        ahead.pop()
        formula.items += number.items
        text = ahead[-1] if ahead and isinstance(ahead[-1], str) else ""
        symbols = _SYMBOLS.match(text)
        assert symbols is not None
        if not symbols[0]:
            break
        within = True
        formula.items.append(symbols[0])
        ahead.pop()
        if left := text[symbols.end() :]:
            ahead.append(left)
            break
    if not within or (ahead and isinstance(ahead[-1], str) and _JOINED.match(ahead[-1])):
        return None
    rest[:] = ahead
    return formula


def _is_lowered(node: Alone) -> bool:
    """Say whether a node is a lowered number."""
    opening, *within = node.items
    texts = [item for item in within if isinstance(item, str)]
    return isinstance(opening, Mark) and opening.name.strip("<>") == "sub" and "".join(texts).isdigit()
