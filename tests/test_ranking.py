"""The highest values in a fixed order, against a plain stable sort."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nmt.ranking import BLOCK, rank, top

ROWS = 3


def values(size: int, kinds: int, seed: int = 1) -> Tensor:
    """Return (ROWS, size) values below 0, of so many kinds; few kinds mean many equal ones."""
    generator = torch.Generator().manual_seed(seed)
    return -1 - torch.randint(kinds, (ROWS, size), generator=generator) / 7


def by_sorting(rows: Tensor, count: int) -> Tensor:
    places: Tensor = rows.sort(dim=1, descending=True, stable=True).indices[:, :count]
    return places


@pytest.mark.parametrize("kinds", [1, 2, 5, 10_000])
@pytest.mark.parametrize(("size", "count"), [(5, 1), (5, 4), (7, 7), (301, 1), (301, 12)])
def test_values_are_ranked_as_by_a_stable_sort(size: int, count: int, kinds: int) -> None:
    rows = values(size, kinds)
    assert torch.equal(rank(rows, count), by_sorting(rows, count))


# Fewer blocks than are worth it, whole blocks alone, and a part of one at the end, down to a single value.
SIZES = [BLOCK - 3, 4 * BLOCK, 8 * BLOCK + 1, 11 * BLOCK + 13, 40 * BLOCK - 1]


@pytest.mark.parametrize("kinds", [1, 2, 5, 10_000])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [1, 2, 4, 5])
def test_the_top_of_a_vocabulary_is_that_of_a_stable_sort(size: int, count: int, kinds: int) -> None:
    rows = values(size, kinds)
    found, places = top(rows, count)
    assert torch.equal(places, by_sorting(rows, count))
    assert torch.equal(found, rows.gather(1, places))


def test_the_best_may_all_stand_in_one_block_or_after_the_last() -> None:
    size, count = 10 * BLOCK + 5, 5
    for first in (0, 3 * BLOCK, 4 * BLOCK - 2, 10 * BLOCK):
        rows = values(size, 3)
        rows[1, first : first + count] = torch.tensor([-0.5, -0.25, -0.5, -0.125, -0.25])
        assert top(rows, count)[1][1].tolist() == [first + place for place in (3, 1, 4, 0, 2)]


def test_values_a_rounding_apart_are_no_equals() -> None:
    rows = torch.full((1, 300), -20.0)
    rows[0, 299] = torch.nextafter(torch.tensor(-20.0), torch.tensor(0.0))
    assert rank(rows, 2).tolist() == [[299, 0]] == top(rows, 2)[1].tolist()


def test_what_is_ruled_out_comes_last() -> None:
    rows = values(9 * BLOCK, 5)
    rows[:, 2:] = -torch.inf
    assert {tuple(each) for each in top(rows, 2)[1].sort(1).values.tolist()} == {(0, 1)}
    assert torch.isneginf(top(rows, 4)[0][:, 2:]).all()
