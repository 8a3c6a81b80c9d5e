"""Tests of random orders."""

from __future__ import annotations

import numpy as np
import pytest

from nmt.permutation import Permutation


@pytest.mark.parametrize("size", range(1, 71))
def test_a_permutation_meets_every_number_once(size: int) -> None:
    images = Permutation(size, seed=3)(np.arange(size))
    assert sorted(images.tolist()) == list(range(size))


@pytest.mark.parametrize("size", [10**6 + 3, 2**40, 10**13])
def test_a_large_permutation_stays_in_range_and_meets_nothing_twice(size: int) -> None:
    numbers = np.arange(size - 500, size)
    images = Permutation(size, seed=3)(numbers)
    assert images.min() >= 0
    assert images.max() < size
    assert len(set(images.tolist())) == 500


def test_permutations_of_different_seeds_differ() -> None:
    orders = {tuple(Permutation(50, seed)(np.arange(50)).tolist()) for seed in range(20)}
    assert len(orders) == 20
    assert tuple(range(50)) not in orders


def test_a_permutation_does_not_depend_on_how_much_is_asked_at_once() -> None:
    permutation = Permutation(37, seed=4)
    whole = permutation(np.arange(37))
    assert np.concatenate(
        [permutation(np.arange(start, min(start + 5, 37))) for start in range(0, 37, 5)]
    ).tolist() == (whole.tolist())
