"""Tests of recurrent layers."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from nmt.cells import CELLS
from nmt.errors import InputError
from nmt.rnn import Bidirectional, Recurrent, reversal_index, reverse

LENGTHS = torch.tensor([5, 2, 3])
cells = pytest.mark.parametrize("cell", CELLS)


def layer(cell: str, recurrent_dropout: float = 0.0, kind: str = "orthogonal") -> Recurrent:
    torch.manual_seed(1)
    made = Recurrent(cell, 6, 8, recurrent_dropout)
    made.initialize(kind)
    return made


def weights(made: Recurrent, part: str) -> list[Tensor]:
    """Return the blocks of a weight, one for each gate."""
    return list(made.layer.get_parameter(f"{part}_l0").detach().chunk(CELLS[cell_name(made)].gate_count))


def cell_name(made: Recurrent) -> str:
    return next(name for name, cell in CELLS.items() if cell is made.kind)


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=5), extra=st.integers(0, 3))
def test_reversing_twice_changes_nothing(lengths: list[int], extra: int) -> None:
    time = max(lengths) + extra
    index = reversal_index(torch.tensor(lengths), time)
    assert torch.equal(index[index], torch.arange(len(lengths) * time))
    sequences = torch.randn(len(lengths), time, 2)
    turned = reverse(sequences, index)
    assert torch.equal(reverse(turned, index), sequences)
    for row, length in enumerate(lengths):
        assert torch.equal(turned[row, :length], sequences[row, :length].flip(0))
        assert torch.equal(turned[row, length:], sequences[row, length:])


@cells
def test_the_bidirectional_layer_equals_a_run_of_each_sentence_without_padding(cell: str) -> None:
    torch.manual_seed(1)
    both = Bidirectional(cell, 6, 8)
    inputs = torch.randn(3, 5, 6)
    states = both(inputs, reversal_index(LENGTHS, 5))
    assert states.shape == (3, 5, 8)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = inputs[row : row + 1, :length]
        ahead, _ = both.ahead.layer(alone)
        back, _ = both.back.layer(alone.flip(1))
        expected = torch.cat([ahead, back.flip(1)], dim=2)
        torch.testing.assert_close(states[row : row + 1, :length], expected, atol=1e-6, rtol=0)


@cells
def test_a_run_in_two_parts_equals_one_run(cell: str) -> None:
    made = layer(cell)
    inputs = torch.randn(3, 5, 6)
    outputs, final = made(inputs)
    first, between = made(inputs[:, :2])
    second, end = made(inputs[:, 2:], between)
    torch.testing.assert_close(torch.cat([first, second], dim=1), outputs, atol=1e-6, rtol=0)
    assert len(end) == len(final) == CELLS[cell].state_count
    for ours, theirs in zip(end, final, strict=True):
        assert ours.shape == (3, 8)
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


@cells
def test_the_first_part_of_the_state_is_the_last_output(cell: str) -> None:
    outputs, final = layer(cell)(torch.randn(3, 5, 6))
    assert torch.equal(outputs[:, -1], final[0])


@cells
def test_no_state_is_the_zero_state(cell: str) -> None:
    made = layer(cell)
    inputs = torch.randn(3, 5, 6)
    zero = made.start(inputs[:, 0])
    assert [part.abs().sum().item() for part in zero] == [0.0] * CELLS[cell].state_count
    assert torch.equal(made(inputs)[0], made(inputs, zero)[0])


@cells
def test_biases_start_at_zero_and_forget_gates_at_one(cell: str) -> None:
    made = layer(cell)
    gates = [a + b for a, b in zip(weights(made, "bias_ih"), weights(made, "bias_hh"), strict=True)]
    for number, bias in enumerate(gates):
        assert bias.tolist() == [1.0 if number == CELLS[cell].forget_gate else 0.0] * 8


@cells
def test_recurrent_matrices_start_orthogonal_gate_by_gate(cell: str) -> None:
    for gate in weights(layer(cell), "weight_hh"):
        torch.testing.assert_close(gate @ gate.t(), torch.eye(8), atol=1e-5, rtol=0)


@cells
def test_other_matrices_start_within_the_bound_of_glorot(cell: str) -> None:
    made = layer(cell, kind="xavier")
    for part, fan_in in (("weight_ih", 6), ("weight_hh", 8)):
        for gate in weights(made, part):
            bound = math.sqrt(6 / (fan_in + 8))
            assert bound / 2 < gate.abs().max().item() <= bound


@cells
def test_dropped_recurrent_weights_change_outputs_in_training_only(cell: str) -> None:
    made, plain = layer(cell, recurrent_dropout=0.5), layer(cell)
    before = [weight.clone() for weight in made.parameters()]
    inputs = torch.randn(3, 5, 6)
    assert torch.equal(made.eval()(inputs)[0], plain(inputs)[0])
    first, second = made.train()(inputs)[0], made(inputs)[0]
    assert not torch.equal(first, second)
    # From the zero state the recurrent weights have nothing to act on, at the first step.
    torch.testing.assert_close(first[:, 0], plain(inputs)[0][:, 0], atol=1e-6, rtol=0)
    assert all(torch.equal(one, other) for one, other in zip(before, made.parameters(), strict=True))


@cells
def test_dropped_weights_get_no_gradient_and_the_others_do(cell: str) -> None:
    made = layer(cell, recurrent_dropout=0.5)
    made(torch.randn(3, 5, 6))[0].sum().backward()
    grads = made.layer.get_parameter("weight_hh_l0").grad
    assert grads is not None
    assert 0.3 < (grads == 0).float().mean().item() < 0.7
    assert all(weight.grad is not None for weight in made.parameters())


def test_an_odd_width_of_both_directions_is_refused() -> None:
    with pytest.raises(InputError, match=r"model\.encoder_size=7 must be even"):
        Bidirectional("lstm", 6, 7)


@cells
def test_a_trace_goes_the_way_of_the_layer_itself(cell: str) -> None:
    made = layer(cell)
    inputs = torch.randn(3, 5, 6)
    before = tuple(torch.randn(3, 8) for _ in range(CELLS[cell].state_count))
    for state in (None, before):
        outputs, final = made(inputs, state)
        trace = made.trace(inputs, state)
        torch.testing.assert_close(trace.outputs, outputs, atol=1e-6, rtol=0)
        torch.testing.assert_close(trace.cells[:, -1], final[-1], atol=1e-6, rtol=0)
        assert list(trace.gates) == list(CELLS[cell].gates.meanings)
        assert all(gate.shape == (3, 5, 8) and 0 < gate.min() < gate.max() < 1 for gate in trace.gates.values())


def test_the_gates_of_an_lstm_explain_its_cells_and_outputs() -> None:
    trace = layer("lstm").trace(torch.randn(3, 5, 6))
    forget, take, out = (trace.gates[name] for name in ("forget gate", "input gate", "output gate"))
    torch.testing.assert_close(trace.outputs, out * torch.tanh(trace.cells), atol=1e-6, rtol=0)
    before = torch.cat([torch.zeros(3, 1, 8), trace.cells[:, :-1]], dim=1)
    # What was taken in is the input gate's share of a hyperbolic tangent.
    new = (trace.cells - forget * before) / take
    assert new.abs().max() < 1
    assert ((trace.cells - take * before) / forget).abs().max() > new.abs().max()


def test_the_gates_of_a_gru_explain_its_states() -> None:
    made = layer("gru")
    inputs = torch.randn(3, 5, 6)
    trace = made.trace(inputs, (torch.randn(3, 8) * 5,))
    update, reset = trace.gates["update gate"], trace.gates["reset gate"]
    before, after = trace.outputs[:, :-1], trace.outputs[:, 1:]
    w_in, w_rec = weights(made, "weight_ih")[2], weights(made, "weight_hh")[2]
    fresh = torch.tanh(inputs[:, 1:] @ w_in.t() + reset[:, 1:] * (before @ w_rec.t()))
    expected = update[:, 1:] * before + (1 - update[:, 1:]) * fresh
    torch.testing.assert_close(after, expected, atol=1e-5, rtol=0)
