"""Wholes are counted once, when their last piece is done."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.tally import Tally


@settings(max_examples=50)
@given(sizes=st.lists(st.integers(1, 5), max_size=30), order=st.randoms(), batch=st.integers(1, 7))
def test_every_whole_is_told_once_however_its_pieces_come(sizes: list[int], order: Random, batch: int) -> None:
    pieces = [whole for whole, size in enumerate(sizes) for _ in range(size)]
    told: list[int] = []
    tally = Tally(pieces, told.append)
    order.shuffle(pieces)
    done: list[int] = []
    for start in range(0, len(pieces), batch):
        tally.add(pieces[start : start + batch])
        done += pieces[start : start + batch]
        assert sum(told) == sum(done.count(whole) == size for whole, size in enumerate(sizes))
