"""How many wholes are done, when their pieces are worked on in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

Done = Callable[[int], object]


class Tally:
    """Tells how many more wholes are done whenever pieces of them are."""

    def __init__(self, wholes: Iterable[int], done: Done) -> None:
        """wholes: of every piece, the number of the whole it belongs to"""
        self._left = Counter(wholes)
        self._done = done

    def add(self, wholes: Sequence[int]) -> None:
        """Take note that a piece of each of these wholes is done."""
        self._left.subtract(wholes)
        self._done(sum(self._left[whole] == 0 for whole in set(wholes)))


def nobody(_count: int) -> None:
    """Tell nobody."""
