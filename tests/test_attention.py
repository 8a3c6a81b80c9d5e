"""Tests of attention."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from nmt.attention import (
    ATTENTIONS,
    AdditiveAttention,
    Attention,
    GeneralAttention,
    Memory,
    MultiheadAttention,
    Sizes,
    build_attention,
    masked_softmax,
)
from nmt.errors import InputError

MASK = torch.arange(5) < torch.tensor([[5], [2], [1]])
attentions = pytest.mark.parametrize("name", ATTENTIONS)


def make(name: str, dropout: float = 0.0) -> Attention:
    """Return an attention of queries of width 10 (8 for dot) over values of width 8."""
    torch.manual_seed(1)
    return build_attention(name, Sizes(8 if name == "dot" else 10, 8), 2, dropout)


def remember(attention: Attention, values: Tensor) -> Memory:
    keys, projected = attention.project(values)
    return Memory(keys, projected, MASK[: len(values)], values.mean(dim=1))


@attentions
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_weights_sum_to_one_and_are_zero_on_padding(name: str, dtype: torch.dtype) -> None:
    attention = make(name, dropout=0.5).to(dtype)
    memory = remember(attention, torch.randn(3, 5, 8, dtype=dtype))
    context, weights = attention(torch.randn(3, 4, attention.sizes.query, dtype=dtype) * 9, memory)
    assert context.shape == (3, 4, 8)
    assert context.dtype == dtype
    assert weights.shape == (3, 4, 5)
    assert weights.dtype == torch.float32
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(3, 4))
    assert not weights.masked_select(~MASK.unsqueeze(1)).any()


@attentions
def test_padding_changes_no_context(name: str) -> None:
    attention = make(name)
    values = torch.randn(3, 5, 8)
    query = torch.randn(3, 4, attention.sizes.query)
    context, _ = attention(query, remember(attention, values))
    others = torch.where(MASK.unsqueeze(2), values, torch.randn(3, 5, 8) * 100)
    assert torch.equal(attention(query, remember(attention, others))[0], context)


@attentions
def test_one_source_token_gets_all_the_weight(name: str) -> None:
    attention = make(name)
    memory = remember(attention, torch.randn(3, 5, 8))
    context, weights = attention(torch.randn(3, 4, attention.sizes.query), memory)
    assert torch.equal(weights[2, :, 0], torch.ones(4))
    torch.testing.assert_close(context[2], memory.values[2, :1].expand(4, 8))


def dot(_: Attention, query: Tensor, value: Tensor) -> Tensor:
    return query @ value


def general(attention: Attention, query: Tensor, value: Tensor) -> Tensor:
    assert isinstance(attention, GeneralAttention)
    return query @ (attention.key.weight @ value)


def additive(attention: Attention, query: Tensor, value: Tensor) -> Tensor:
    assert isinstance(attention, AdditiveAttention) and isinstance(attention.query, nn.Linear)
    inner = attention.query.weight @ query + attention.query.bias + attention.key.weight @ value
    return (attention.energy.weight @ torch.tanh(inner)).squeeze()


@pytest.mark.parametrize("name, match", [("dot", dot), ("general", general), ("additive", additive)])
def test_weights_are_the_softmax_of_the_match_in_the_paper(
    name: str, match: Callable[[Attention, Tensor, Tensor], Tensor]
) -> None:
    attention = make(name)
    values, query = torch.randn(1, 5, 8), torch.randn(1, 4, attention.sizes.query)
    context, weights = attention(query, remember(attention, values))
    for step in range(4):
        scores = torch.stack([match(attention, query[0, step], value) for value in values[0]])
        expected = torch.softmax(scores, dim=0)
        torch.testing.assert_close(weights[0, step], expected)
        torch.testing.assert_close(context[0, step], expected @ values[0])


@attentions
def test_embeddings_behind_the_states_are_read_too(name: str) -> None:
    attention = build_attention(name, Sizes(8, 8, 6), 2, 0.0)
    query, source = torch.randn(3, 4, 8), torch.randn(3, 5, 14)
    context, weights = attention(query, remember(attention, source))
    assert context.shape == (3, 4, attention.context_size)
    assert attention.context_size == (8 if name == "multihead" else 14)
    other = torch.cat([source[..., :8], torch.randn(3, 5, 6)], dim=2)
    changed, moved = attention(query, remember(attention, other))
    assert not torch.allclose(changed, context)
    # The match of dot attention has no weights that could be of another width.
    assert torch.equal(moved, weights) == (name == "dot")


def test_each_head_is_a_scaled_dot_product_in_its_own_subspace() -> None:
    attention = make("multihead")
    assert isinstance(attention, MultiheadAttention) and isinstance(attention.query, nn.Linear)
    values, query = torch.randn(1, 5, 8), torch.randn(1, 4, 10)
    context, weights = attention(query, remember(attention, values))
    queries = query[0] @ attention.query.weight.t()
    keys, projected = (values[0] @ attention.key_value.weight.t()).chunk(2, dim=1)
    heads = []
    for head in (slice(0, 4), slice(4, 8)):
        heads.append(torch.softmax(queries[:, head] @ keys[:, head].t() / 4**0.5, dim=1))
        torch.testing.assert_close(context[0, :, head], heads[-1] @ projected[:, head])
    torch.testing.assert_close(weights[0], torch.stack(heads).mean(dim=0))


@attentions
def test_dropout_of_the_weights_acts_on_the_context_in_training_only(name: str) -> None:
    attention = make(name, dropout=0.5)
    memory = remember(attention, torch.randn(3, 5, 8))
    query = torch.randn(3, 4, attention.sizes.query)
    still, weights = attention.eval()(query, memory)
    assert torch.equal(attention(query, memory)[0], still)
    shaken, shaken_weights = attention.train()(query, memory)
    assert not torch.equal(shaken, still)
    assert torch.equal(shaken_weights, weights)


@attentions
def test_queries_values_and_every_weight_learn(name: str) -> None:
    attention = make(name)
    query = torch.randn(3, 4, attention.sizes.query, requires_grad=True)
    values = torch.randn(3, 5, 8, requires_grad=True)
    context, _ = attention(query, remember(attention, values))
    context.square().sum().backward()
    assert all(each.grad is not None and each.grad.any() for each in (query, values, *attention.parameters()))
    assert values.grad is not None
    assert torch.equal(values.grad.any(dim=2), MASK)


def test_huge_scores_stay_finite() -> None:
    scores = torch.tensor([[[1e30, -1e30, 1e30, 0.0, 3e38]]])
    weights = masked_softmax(scores, MASK[:1].unsqueeze(1))
    assert weights.tolist() == [[[0.0, 0.0, 0.0, 0.0, 1.0]]]


def test_a_memory_keeps_the_sentences_selected() -> None:
    memory = Memory(torch.randn(3, 5, 10), torch.randn(3, 5, 8), MASK, torch.randn(3, 8))
    kept = memory.select(torch.tensor([2, 0]))
    for name in ("keys", "values", "mask", "summary"):
        assert torch.equal(getattr(kept, name), getattr(memory, name)[[2, 0]])


def test_an_unknown_attention_is_refused_with_the_choices() -> None:
    choices = "unknown attention 'luong'; choose one of: dot, general, additive, multihead"
    with pytest.raises(InputError, match=re.escape(choices)):
        build_attention("luong", Sizes(10, 8), 2, 0)


def test_dot_attention_of_unequal_widths_is_refused() -> None:
    with pytest.raises(InputError, match=r"model\.decoder_size=10 and model\.encoder_size=8; make them equal"):
        build_attention("dot", Sizes(10, 8), 2, 0)


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(InputError, match=r"model\.heads=3 must divide model\.encoder_size=8"):
        build_attention("multihead", Sizes(10, 8), 3, 0)
