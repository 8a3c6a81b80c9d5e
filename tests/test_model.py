"""Tests of the whole model."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor

from nmt.attention import ATTENTIONS
from nmt.cells import CELLS
from nmt.config import ModelConfig
from nmt.device import choose_precision
from nmt.errors import InputError
from nmt.model import TranslationModel
from nmt.tokenizer import PAD

SRC_IDS = torch.tensor([[5, 6, 7, 8, 3], [9, 3, 0, 0, 0], [4, 10, 3, 0, 0]])
SRC_LENGTHS = torch.tensor([5, 2, 3])
TGT_IN = torch.tensor([[2, 7, 4, 9], [2, 5, 0, 0], [2, 10, 6, 0]])
TGT_LENGTHS = [4, 2, 3]

MakeModel = Callable[..., TranslationModel]


def close(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


@pytest.mark.parametrize("cell, attention, input_feeding", list(product(CELLS, ATTENTIONS, [False, True])))
def test_padding_and_batch_mates_change_nothing(
    make_model: MakeModel, cell: str, attention: str, input_feeding: bool
) -> None:
    model = make_model(cell=cell, attention=attention, input_feeding=input_feeding, encoder_layers=2)
    wider = torch.nn.functional.pad(SRC_IDS, (0, 3), value=PAD)
    memory = model.encode(wider, SRC_LENGTHS)
    result = model.decode(TGT_IN, model.start(memory), memory)
    for row, (src_len, tgt_len) in enumerate(zip(SRC_LENGTHS.tolist(), TGT_LENGTHS, strict=True)):
        one = slice(row, row + 1)
        alone = model.encode(SRC_IDS[one, :src_len], SRC_LENGTHS[one])
        close(memory.keys[one, :src_len], alone.keys)
        close(memory.values[one, :src_len], alone.values)
        close(memory.summary[one], alone.summary)
        assert memory.mask[row].tolist() == [True] * src_len + [False] * (8 - src_len)
        expected = model.decode(TGT_IN[one, :tgt_len], model.start(alone), alone)
        close(result.features[one, :tgt_len], expected.features)
        close(result.weights[one, :tgt_len, :src_len], expected.weights)
        assert not result.weights[row, :, src_len:].any()


@pytest.mark.parametrize("shortcut", [True, False])
def test_the_words_themselves_are_read_by_the_shortcut_alone(make_model: MakeModel, shortcut: bool) -> None:
    model = make_model(lexical_shortcut=shortcut)
    with torch.no_grad():
        for weight in model.encoder.parameters():
            weight.zero_()
    memory = model.encode(SRC_IDS, SRC_LENGTHS)
    assert memory.values.any() == memory.keys.any() == shortcut
    for row, length in enumerate(SRC_LENGTHS.tolist()):
        assert not memory.values[row, length:].any()


def test_the_summary_is_the_mean_over_real_tokens(make_model: MakeModel) -> None:
    model = make_model(attention="dot", lexical_shortcut=False)  # whose values are the encoder's states
    memory = model.encode(SRC_IDS, SRC_LENGTHS)
    for row, length in enumerate(SRC_LENGTHS.tolist()):
        close(memory.summary[row], memory.values[row, :length].mean(dim=0))
        assert not memory.values[row, length:].any()


@pytest.mark.parametrize("cell, attention, input_feeding", list(product(CELLS, ATTENTIONS, [False, True])))
def test_gradients_are_those_of_the_sentences_alone(
    make_model: MakeModel, cell: str, attention: str, input_feeding: bool
) -> None:
    model = make_model(cell=cell, attention=attention, input_feeding=input_feeding)
    weights = list(model.parameters())
    real = (TGT_IN != PAD).unsqueeze(2)
    logits = model.logits(model(SRC_IDS, SRC_LENGTHS, TGT_IN).features)
    together = torch.autograd.grad((logits.square() * real).sum(), weights)
    sums = [torch.zeros_like(weight) for weight in weights]
    for row, (src_len, tgt_len) in enumerate(zip(SRC_LENGTHS.tolist(), TGT_LENGTHS, strict=True)):
        one = slice(row, row + 1)
        alone = model.logits(model(SRC_IDS[one, :src_len], SRC_LENGTHS[one], TGT_IN[one, :tgt_len]).features)
        for total, grad in zip(sums, torch.autograd.grad(alone.square().sum(), weights), strict=True):
            total.add_(grad)
    for ours, theirs in zip(together, sums, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def test_tied_weights_are_one_tensor(make_model: MakeModel) -> None:
    every, output, none = (make_model(tie=tie) for tie in ("all", "output", "none"))
    assert every.src_embedding.weight is every.tgt_embedding.weight is every.output.weight
    assert output.output.weight is output.tgt_embedding.weight
    assert output.src_embedding.weight is not output.tgt_embedding.weight
    assert none.output.weight is not none.tgt_embedding.weight
    assert none.src_embedding.weight is not none.tgt_embedding.weight


def test_vocabularies_may_differ_where_the_source_is_not_tied(make_model: MakeModel) -> None:
    for tie in ("output", "none"):
        model = make_model((13, 11), tie=tie)
        features = model(torch.full((3, 5), 12), SRC_LENGTHS, TGT_IN).features
        assert model.logits(features).shape == (3, 4, 11)
    with pytest.raises(
        InputError, match=r"model\.tie=all needs one vocabulary .* set tokenizer\.shared=true, or model\.tie=output"
    ):
        make_model((13, 11), tie="all")


def test_weights_follow_from_the_seed_and_leave_the_random_state_alone(make_model: MakeModel) -> None:
    torch.manual_seed(5)
    first = make_model(seed=3)
    before = torch.get_rng_state()
    first.initialize(3)
    assert torch.equal(torch.get_rng_state(), before)
    again, other = make_model(seed=3).state_dict(), make_model(seed=4).state_dict()
    assert all(torch.equal(weight, again[name]) for name, weight in first.state_dict().items())
    assert not torch.equal(first.output.weight, other["output.weight"])


@pytest.mark.parametrize("tie", ["all", "output", "none"])
def test_padding_embeds_to_zero_and_the_other_tokens_to_variance_one(make_model: MakeModel, tie: str) -> None:
    model = make_model((300, 300), tie=tie, embedding_size=50)
    for embedding in (model.src_embedding, model.tgt_embedding):
        assert not embedding.weight[PAD].any()
        assert abs(embedding.weight[1:].std().item() * 50**0.5 - 1) < 0.05


RATES = [name for name in ModelConfig.model_fields if name.endswith("dropout")]


@pytest.mark.parametrize("rate", RATES)
def test_every_dropout_acts_in_training_alone(make_model: MakeModel, rate: str) -> None:
    assert len(RATES) == 5
    rates = dict.fromkeys(RATES, 0.0)
    still = make_model(**rates).train()(SRC_IDS, SRC_LENGTHS, TGT_IN).features
    model = make_model(**{**rates, rate: 0.5})
    assert torch.equal(model(SRC_IDS, SRC_LENGTHS, TGT_IN).features, still)
    torch.manual_seed(1)
    first, second = (model.train()(SRC_IDS, SRC_LENGTHS, TGT_IN).features for _ in range(2))
    assert not torch.allclose(first, second)


def test_running_a_model_leaves_nothing_on_it(make_model: MakeModel) -> None:
    model = make_model(input_feeding=True)
    before = {name: set(vars(module)) for name, module in model.named_modules()}
    model(SRC_IDS, SRC_LENGTHS, TGT_IN)
    assert {name: set(vars(module)) for name, module in model.named_modules()} == before
    assert list(model.buffers()) == []


@pytest.mark.skipif(
    choose_precision("auto", torch.device("cpu")) != torch.bfloat16, reason="this CPU has no bfloat16 for an LSTM"
)
@pytest.mark.parametrize("input_feeding", [False, True])
def test_mixed_precision_stays_near_full_precision(make_model: MakeModel, input_feeding: bool) -> None:
    model = make_model(input_feeding=input_feeding)
    full = model(SRC_IDS, SRC_LENGTHS, TGT_IN)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = model(SRC_IDS, SRC_LENGTHS, TGT_IN)
    torch.testing.assert_close(mixed.features.float(), full.features, atol=0.05, rtol=0)
    assert mixed.weights.dtype == torch.float32
