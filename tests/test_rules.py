"""Each rule alone: what it forbids, and that it leaves everything else as it was."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from nmt.config import SearchConfig
from nmt.rules import (
    RULES,
    Moment,
    Special,
    active_rules,
    forbid_early_end,
    forbid_repeated_ngrams,
    forbid_special,
    force_end,
)

PAD, UNK, BOS, EOS = range(4)
SPECIAL = Special(bos=BOS, eos=EOS, pad=PAD, unk=UNK)
VOCAB = 11


def moment(tokens: list[list[int]], max_lengths: list[int] | None = None, **keys: Any) -> Moment:
    limits = max_lengths or [100] * len(tokens)
    return Moment(
        step=len(tokens[0]),
        tokens=torch.tensor(tokens, dtype=torch.long),
        max_lengths=torch.tensor(limits),
        shortest=min(limits),
        config=SearchConfig(**keys),
        special=SPECIAL,
    )


def random_log_probs(rows: int, seed: int = 5) -> Tensor:
    return torch.randn(rows, VOCAB, generator=torch.Generator().manual_seed(seed)).log_softmax(1)


def forbidden(log_probs: Tensor) -> list[list[int]]:
    return [(row == float("-inf")).nonzero().flatten().tolist() for row in log_probs]


def assert_only_forbidden_changed(before: Tensor, after: Tensor) -> None:
    kept = after > float("-inf")
    assert torch.equal(after[kept], before[kept])


def test_bos_pad_and_unk_are_forbidden_and_nothing_else_changes() -> None:
    before = random_log_probs(3)
    after = before.clone()
    forbid_special(after, moment([[4], [5], [6]]))
    assert forbidden(after) == [[PAD, UNK, BOS]] * 3
    assert_only_forbidden_changed(before, after)


def test_an_end_is_forbidden_until_the_least_length() -> None:
    for held, expected in [(0, [[EOS]] * 2), (1, [[EOS]] * 2), (2, [[], []])]:
        after = random_log_probs(2)
        forbid_early_end(after, moment([[4] * held] * 2, min_length=2))
        assert forbidden(after) == expected


def test_a_row_left_nothing_by_forbidden_ngrams_may_end_early_at_its_own_log_prob() -> None:
    before = random_log_probs(2)
    before[0, :EOS] = before[0, EOS + 1 :] = float("-inf")
    after = before.clone()
    forbid_early_end(after, moment([[4], [5]], min_length=9, no_repeat_ngram=1))
    assert torch.equal(after[0], before[0])
    assert forbidden(after)[1] == [EOS]


def test_the_end_is_forced_only_on_rows_of_their_greatest_length() -> None:
    before = random_log_probs(3)
    after = before.clone()
    force_end(after, moment([[4, 5]] * 3, max_lengths=[2, 3, 2]))
    everything_else = [token for token in range(VOCAB) if token != EOS]
    assert forbidden(after) == [everything_else, [], everything_else]
    assert_only_forbidden_changed(before, after)


def test_a_forced_end_is_finite_even_where_the_model_rules_it_out() -> None:
    after = random_log_probs(1)
    after[0, EOS] = float("-inf")
    force_end(after, moment([[4]], max_lengths=[1]))
    assert after[0, EOS].isfinite()


@given(
    rows=st.integers(1, 3).flatmap(
        lambda count: st.integers(0, 9).flatmap(
            lambda size: st.lists(
                st.lists(st.integers(4, 7), min_size=size, max_size=size), min_size=count, max_size=count
            )
        )
    ),
    size=st.integers(1, 4),
)
def test_exactly_the_tokens_that_repeat_an_ngram_are_forbidden(rows: list[list[int]], size: int) -> None:
    before = random_log_probs(len(rows))
    after = before.clone()
    forbid_repeated_ngrams(after, moment(rows, no_repeat_ngram=size))
    for row, found in zip(rows, forbidden(after), strict=True):
        held = {tuple(row[i : i + size]) for i in range(len(row) - size + 1)}
        newest = tuple(row[len(row) - size + 1 :]) if size > 1 else ()
        expected = [token for token in range(VOCAB) if len(row) >= size and (*newest, token) in held]
        assert found == expected
    assert_only_forbidden_changed(before, after)


def test_a_rule_is_active_only_if_the_config_asks_for_it() -> None:
    plain = active_rules(SearchConfig(min_length=0))
    assert plain == [RULES["special"], RULES["max_length"]]
    assert active_rules(SearchConfig(min_length=1, no_repeat_ngram=2)) == list(RULES.values())
