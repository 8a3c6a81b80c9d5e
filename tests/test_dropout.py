"""Tests of dropout."""

from __future__ import annotations

import pytest
import torch

from nmt.dropout import VariationalDropout, WordDropout, apply_mask, seed_dropout

RATE = 0.25


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(1)


def test_variational_dropout_uses_one_mask_for_all_time_steps() -> None:
    dropped = VariationalDropout(RATE)(torch.ones(3, 5, 6))
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))


def test_variational_dropout_uses_another_mask_for_each_sentence_and_call() -> None:
    dropout = VariationalDropout(0.5)
    first, second = dropout(torch.ones(2, 5, 64))
    assert not torch.equal(first, second)
    assert not torch.equal(dropout(torch.ones(1, 5, 64))[0], first)


def test_variational_dropout_keeps_the_expectation() -> None:
    mask = VariationalDropout(0.5).mask(200, 200, torch.ones(1))
    assert mask is not None
    assert set(mask.flatten().tolist()) == {0.0, 2.0}
    assert abs(mask.mean().item() - 1) < 0.03


@pytest.mark.parametrize("rate, training", [(0.0, True), (RATE, False), (0.0, False)])
def test_nothing_is_dropped_at_rate_0_or_in_evaluation(rate: float, training: bool) -> None:
    inputs = torch.randn(3, 5, 6)
    for dropout in (VariationalDropout(rate).train(training), WordDropout(rate).train(training)):
        assert torch.equal(dropout(inputs), inputs)
    assert VariationalDropout(rate).train(training).mask(3, 6, inputs) is None


def test_word_dropout_drops_whole_vectors_and_leaves_the_others_as_they_are() -> None:
    inputs = torch.randn(30, 50, 6)
    dropped = WordDropout(RATE)(inputs)
    gone = (dropped == 0).all(dim=2)
    assert torch.equal(dropped[~gone], inputs[~gone])
    assert abs(gone.float().mean().item() - RATE) < 0.04


def test_a_mask_takes_the_type_of_what_it_masks() -> None:
    inputs = torch.ones(3, 5, 6, dtype=torch.bfloat16)
    assert apply_mask(inputs, torch.ones(3, 1, 6)).dtype == torch.bfloat16
    assert apply_mask(inputs, None) is inputs


def test_each_process_and_update_draws_masks_of_its_own_and_the_same_again() -> None:
    def masks(seed: int, step: int, rank: int) -> tuple[float, ...]:
        seed_dropout(seed, step, rank)
        return tuple(torch.rand(8).tolist())

    asked = [(seed, step, rank) for seed in (1, 2, (1 << 40) - 1) for step in (1, 2, 5000) for rank in range(4)]
    drawn = [masks(*each) for each in asked]
    assert len(set(drawn)) == len(asked)
    assert drawn == [masks(*each) for each in asked]
