"""Tests of the decoder."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor, nn

from nmt.attention import ATTENTIONS, Memory
from nmt.cells import CELLS
from nmt.decoder import State
from nmt.model import TranslationModel
from nmt.rnn import Recurrent

SRC_IDS = torch.tensor([[5, 6, 7, 8, 3], [9, 3, 0, 0, 0], [4, 10, 3, 0, 0]])
SRC_LENGTHS = torch.tensor([5, 2, 3])
TGT_IN = torch.tensor([[2, 7, 4, 9], [2, 5, 5, 0], [2, 10, 6, 8]])

MakeModel = Callable[..., TranslationModel]
designs = pytest.mark.parametrize("cell, attention, input_feeding", list(product(CELLS, ATTENTIONS, [False, True])))


def recurrent_weights(model: TranslationModel) -> list[Tensor]:
    layers = [layer for layer in model.decoder.layers if isinstance(layer, Recurrent)]
    return [layer.layer.get_parameter("weight_hh_l0") for layer in layers]


def close(ours: Tensor, theirs: Tensor) -> None:
    # Layer normalisation multiplies what rounding leaves.
    torch.testing.assert_close(ours, theirs, atol=4e-6, rtol=0)


def close_states(ours: State, theirs: State) -> None:
    for one, other in zip(ours.layers, theirs.layers, strict=True):
        for part, other_part in zip(one, other, strict=True):
            close(part, other_part)
    assert (ours.feed is None) == (theirs.feed is None)
    if ours.feed is not None and theirs.feed is not None:
        close(ours.feed, theirs.feed)


@designs
@pytest.mark.parametrize("layers, residual, layer_norm", list(product([1, 2, 3], [False, True], [False, True])))
def test_token_by_token_equals_teacher_forcing(
    make_model: MakeModel,
    cell: str,
    attention: str,
    input_feeding: bool,
    layers: int,
    residual: bool,
    layer_norm: bool,
) -> None:
    model = make_model(
        cell=cell,
        attention=attention,
        input_feeding=input_feeding,
        decoder_layers=layers,
        residual=residual,
        layer_norm=layer_norm,
    )
    memory = model.encode(SRC_IDS, SRC_LENGTHS)
    whole = model.decode(TGT_IN, model.start(memory), memory)
    assert whole.features.shape == (3, 4, 6)
    assert whole.weights.shape == (3, 4, 5)
    state = model.start(memory)
    for step in range(4):
        result = model.decode(TGT_IN[:, step : step + 1], state, memory)
        close(result.features, whole.features[:, step : step + 1])
        close(result.weights, whole.weights[:, step : step + 1])
        assert result.second is not None and whole.second is not None
        close(result.second, whole.second[:, step : step + 1])
        state = result.state
    close_states(state, whole.state)


@designs
def test_several_hypotheses_a_sentence_need_no_copy_of_the_memory(
    make_model: MakeModel, cell: str, attention: str, input_feeding: bool
) -> None:
    model = make_model(cell=cell, attention=attention, input_feeding=input_feeding)
    memory = model.encode(SRC_IDS, SRC_LENGTHS)
    rows = torch.arange(3).repeat_interleave(2)
    state = model.start(memory).select(rows)
    tgt_in = torch.tensor([[2, 7, 4, 9], [2, 5, 5, 6], [2, 8, 8, 8], [2, 4, 9, 10], [2, 10, 6, 8], [2, 9, 7, 5]])
    shared = model.decode(tgt_in, state, memory)
    copied = model.decode(tgt_in, state, memory.select(rows))
    assert shared.features.shape == (6, 4, 6)
    close(shared.features, copied.features)
    close(shared.weights, copied.weights)
    close_states(shared.state, copied.state)


@designs
def test_no_step_sees_a_later_token(make_model: MakeModel, cell: str, attention: str, input_feeding: bool) -> None:
    model = make_model(cell=cell, attention=attention, input_feeding=input_feeding)
    changed = TGT_IN.clone()
    changed[:, 2] = torch.tensor([8, 9, 4])
    before, after = (model(SRC_IDS, SRC_LENGTHS, tgt_in).features for tgt_in in (TGT_IN, changed))
    assert torch.equal(before[:, :2], after[:, :2])
    assert not torch.isclose(before[:, 2], after[:, 2]).all(dim=1).any()


@pytest.mark.parametrize("cell, layers", list(product(CELLS, [1, 2, 3])))
def test_the_first_state_is_the_bridged_summary_and_zero_cells(make_model: MakeModel, cell: str, layers: int) -> None:
    model = make_model(cell=cell, decoder_layers=layers)
    memory = model.encode(SRC_IDS, SRC_LENGTHS)
    state = model.start(memory)
    hidden = torch.cat([layer[0] for layer in state.layers], dim=1)
    close(hidden, torch.tanh(model.decoder.bridge(memory.summary)))
    assert len(state.layers) == layers
    assert not any(part.any() for layer in state.layers for part in layer[1:])
    assert state.feed is None


def test_with_input_feeding_the_features_of_a_step_are_fed_to_the_next(make_model: MakeModel) -> None:
    model = make_model(input_feeding=True)
    memory = model.encode(SRC_IDS, SRC_LENGTHS)
    start = model.start(memory)
    assert start.feed is not None
    assert start.feed.shape == (3, 6)
    assert not start.feed.any()
    result = model.decode(TGT_IN[:, :2], start, memory)
    assert result.state.feed is not None
    assert torch.equal(result.state.feed, result.features[:, -1])
    fed = State(start.layers, torch.ones(3, 6))
    assert not torch.allclose(model.decode(TGT_IN[:, :1], fed, memory).features, result.features[:, :1])


@pytest.mark.parametrize("input_feeding", [False, True])
def test_selecting_rows_of_a_state_reorders_what_follows(make_model: MakeModel, input_feeding: bool) -> None:
    model = make_model(input_feeding=input_feeding)
    memory = model.encode(SRC_IDS, SRC_LENGTHS)
    state = model.decode(TGT_IN[:, :2], model.start(memory), memory).state
    rows = torch.tensor([2, 0])
    part = model.decode(TGT_IN[rows, 2:], state.select(rows), memory.select(rows))
    close(part.features, model.decode(TGT_IN[:, 2:], state, memory).features[rows])


@pytest.mark.parametrize("input_feeding", [False, True])
def test_dropout_drops_the_same_features_at_all_steps(make_model: MakeModel, input_feeding: bool) -> None:
    model = make_model(input_feeding=input_feeding, dropout=0.5).train()
    torch.manual_seed(1)
    dropped = model(SRC_IDS, SRC_LENGTHS, TGT_IN).features == 0
    assert 0 < dropped.float().mean().item() < 1
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("input_feeding", [False, True])
def test_dropped_recurrent_weights_are_drawn_once_for_all_steps(
    make_model: MakeModel, cell: str, input_feeding: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model(cell=cell, input_feeding=input_feeding, recurrent_dropout=0.5, dropout=0).train()
    memory = model.encode(SRC_IDS, SRC_LENGTHS)
    drawn = []
    draw = Recurrent.draw

    def counting(layer: Recurrent) -> list[Tensor]:
        drawn.append(layer)
        return draw(layer)

    monkeypatch.setattr(Recurrent, "draw", counting)
    model.decode(TGT_IN, model.start(memory), memory)
    assert drawn == list(model.decoder.layers)


def test_a_batch_with_dropped_recurrent_weights_equals_one_with_these_weights_at_zero(make_model: MakeModel) -> None:
    model = make_model(input_feeding=True, recurrent_dropout=0.5, dropout=0, embedding_dropout=0, word_dropout=0)
    memory = model.encode(SRC_IDS, SRC_LENGTHS)
    torch.manual_seed(1)
    dropped = model.train().decode(TGT_IN, model.start(memory), memory).features
    torch.manual_seed(1)
    for weight in recurrent_weights(model):
        weight.data = torch.nn.functional.dropout(weight.data, 0.5)
    close(dropped, model.eval().decode(TGT_IN, model.start(memory), memory).features)


def test_without_a_second_attention_there_are_no_weights_of_one(make_model: MakeModel) -> None:
    for input_feeding in (True, False):
        model = make_model(second_attention=False, input_feeding=input_feeding)
        assert model(SRC_IDS, SRC_LENGTHS, TGT_IN).second is None


def test_a_second_attention_reads_what_the_top_layer_asks_for(make_model: MakeModel) -> None:
    model = make_model(second_attention=True)
    memory = model.encode(SRC_IDS, SRC_LENGTHS)
    before = model.decode(TGT_IN, model.start(memory), memory)
    asked = []
    model.decoder.attention.register_forward_pre_hook(lambda _, given: asked.append(given[0]))
    assert isinstance(model.decoder.second_query, nn.Linear)
    with torch.no_grad():
        model.decoder.second_query.weight.zero_()
    after = model.decode(TGT_IN, model.start(memory), memory)
    # The weights that are told, for alignments, are those of the first.
    close(after.weights, before.weights)
    close_states(after.state, before.state)
    assert asked[0].any() and not asked[1].any()
    assert not torch.allclose(after.features, before.features)


@designs
def test_every_weight_learns(make_model: MakeModel, cell: str, attention: str, input_feeding: bool) -> None:
    model = make_model(cell=cell, attention=attention, input_feeding=input_feeding, layer_norm=True)
    logits = model.logits(model(SRC_IDS, SRC_LENGTHS, TGT_IN).features)
    torch.autograd.backward(logits.logsumexp(dim=2).sum())
    without = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert without == []


def test_the_memory_is_left_as_it_is(make_model: MakeModel) -> None:
    model = make_model()
    memory = model.encode(SRC_IDS, SRC_LENGTHS)
    copies = Memory(memory.keys.clone(), memory.values.clone(), memory.mask.clone(), memory.summary.clone())
    model.decode(TGT_IN, model.start(memory), memory)
    for name in ("keys", "values", "mask", "summary"):
        assert torch.equal(getattr(memory, name), getattr(copies, name))


def test_residual_connections_begin_above_the_attention(make_model: MakeModel) -> None:
    # Where embeddings are as wide as the layers too: models were trained so.
    embedded = torch.randn(3, 4, 10, generator=torch.Generator().manual_seed(1))
    for layers, same in ((1, True), (2, False)):
        plain, adding = (
            make_model(embedding_size=10, decoder_layers=layers, residual=residual) for residual in (False, True)
        )
        memory = plain.encode(SRC_IDS, SRC_LENGTHS)
        steps = [model.decoder(embedded, model.start(memory), memory).features for model in (plain, adding)]
        assert torch.equal(*steps) is same
