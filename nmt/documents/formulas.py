"""Chemical formulas with lowered numbers in them, "H<sub>2</sub>O": words that a translation keeps, marks and all."""

from __future__ import annotations

import re

from nmt.documents.marks import Alone, Formula, Mark, Node, Pair

_SYMBOL = r"(?:[A-Z][a-z]?|[()\[\]])"
_BEGIN = re.compile(rf"(?<![\w'’.,:/-]){_SYMBOL}{{1,20}}\Z")
_SYMBOLS = re.compile(rf"{_SYMBOL}{{1,20}}")
# More texts and numbers no formula has.
_MOST_NODES = 40
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
        before = found[-1] if found and begin and not begin.start() else None
        goes_on = isinstance(before, Alone) and _is_lowered(before)
        if begin and not goes_on and (formula := _take(begin[0], rest)):
            found += [text, formula] if (text := begin.string[: begin.start()]) else [formula]
        else:
            found.append(node)
    return found


def _take(begin: str, rest: list[Node]) -> Formula | None:
    """Take a formula's numbers and symbols off the nodes behind its first symbols, the next node last, if it is one."""
    formula, within = Formula([begin]), False
    ahead = rest[-_MOST_NODES:]
    seen = len(ahead)
    while ahead and isinstance(number := ahead[-1], Alone) and _is_lowered(number):
        ahead.pop()
        formula.items += number.items
        symbols = _SYMBOLS.match(ahead[-1]) if ahead and isinstance(ahead[-1], str) else None
        if not symbols:
            break
        within = True
        formula.items.append(symbols[0])
        if left := symbols.string[symbols.end() :]:
            ahead[-1] = left
            break
        ahead.pop()
    too_long = not ahead and seen < len(rest)
    if not within or too_long or (ahead and isinstance(ahead[-1], str) and _JOINED.match(ahead[-1])):
        return None
    rest[-seen:] = ahead
    return formula


def _is_lowered(node: Alone) -> bool:
    """Say whether a node is a lowered number."""
    opening, *within = node.items
    texts = [item for item in within if isinstance(item, str)]
    return isinstance(opening, Mark) and opening.name.strip("<>") == "sub" and "".join(texts).isdigit()
