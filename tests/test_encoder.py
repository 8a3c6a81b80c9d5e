"""Tests of the encoder."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from nmt.cells import CELLS
from nmt.config import ModelConfig
from nmt.encoder import Encoder
from nmt.rnn import reversal_index

LENGTHS = torch.tensor([5, 2, 3])


def make(**changes: object) -> Encoder:
    torch.manual_seed(1)
    return Encoder(ModelConfig.model_validate({"embedding_size": 6, "encoder_size": 8, **changes})).eval()


@pytest.mark.parametrize(
    "cell, layers, residual, layer_norm", list(product(CELLS, [1, 2, 3], [False, True], [False, True]))
)
def test_padding_and_batch_mates_change_no_state(cell: str, layers: int, residual: bool, layer_norm: bool) -> None:
    encoder = make(cell=cell, encoder_layers=layers, residual=residual, layer_norm=layer_norm).double()
    embedded = torch.randn(3, 5, 6, dtype=torch.float64)
    states = encoder(embedded, LENGTHS)
    assert states.shape == (3, 5, 8)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = encoder(embedded[row : row + 1, :length], LENGTHS[row : row + 1])
        torch.testing.assert_close(states[row : row + 1, :length], alone, atol=1e-12, rtol=0)


def test_each_state_sees_the_whole_sentence_and_nothing_else() -> None:
    encoder = make()
    embedded = torch.randn(3, 5, 6, requires_grad=True)
    for row, length in enumerate(LENGTHS.tolist()):
        for step in range(length):
            (grad,) = torch.autograd.grad(encoder(embedded, LENGTHS)[row, step].sum(), embedded)
            seen = torch.zeros(3, 5, dtype=torch.bool)
            seen[row, :length] = True
            assert torch.equal(grad.any(dim=2), seen)


@pytest.mark.parametrize("embedding_size", [6, 8])
def test_residual_layers_add_their_input_where_the_widths_agree(embedding_size: int) -> None:
    plain, residual = (
        make(embedding_size=embedding_size, encoder_layers=2, residual=residual) for residual in (False, True)
    )
    embedded = torch.randn(3, 5, embedding_size)
    reversal = reversal_index(LENGTHS, 5)
    first, second = plain.layers
    below = first(embedded, reversal) + (embedded if embedding_size == 8 else 0)
    torch.testing.assert_close(residual(embedded, LENGTHS), second(below, reversal) + below)
    torch.testing.assert_close(plain(embedded, LENGTHS), second(first(embedded, reversal), reversal))


def test_residual_connections_may_be_the_encoders_alone_and_begin_at_its_second_layer() -> None:
    encoder = make(embedding_size=8, encoder_layers=3, encoder_residual=True)
    embedded, reversal = torch.randn(3, 5, 8), reversal_index(LENGTHS, 5)
    first, second, third = encoder.layers
    below = first(embedded, reversal)
    above = second(below, reversal) + below
    torch.testing.assert_close(encoder(embedded, LENGTHS), third(above, reversal) + above)


def test_layer_norm_gives_each_state_mean_zero_and_variance_one() -> None:
    states = make(layer_norm=True)(torch.randn(3, 5, 6), LENGTHS)
    torch.testing.assert_close(states.mean(dim=2), torch.zeros(3, 5), atol=1e-5, rtol=0)
    torch.testing.assert_close(states.var(dim=2, correction=0), torch.ones(3, 5), atol=0.05, rtol=0)


def test_dropout_drops_the_same_features_of_all_states_of_a_sentence() -> None:
    encoder = make(dropout=0.5).train()
    dropped = encoder(torch.randn(3, 5, 6), LENGTHS) == 0
    assert 0 < dropped.float().mean().item() < 1
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))


def test_residual_layers_keep_what_came_in_where_dropout_drops() -> None:
    encoder = make(embedding_size=8, encoder_layers=1, residual=True, dropout=0.5).train()
    embedded = torch.randn(3, 5, 8)
    kept = encoder(embedded, LENGTHS) == embedded
    assert 0 < kept.float().mean().item() < 1
    assert torch.equal(kept, kept[:, :1].expand_as(kept))
