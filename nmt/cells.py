"""Recurrent cells: the one place that knows LSTM from GRU from plain RNN.

LSTM: Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000); GRU: Cho et al. (2014);
RNN: Elman (1990), tanh.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nmt.errors import InputError
from nmt.lstm import lstm, lstm_step

# (hidden,) or, for an LSTM, (hidden, cell): each (batch, size).
CellState = tuple[Tensor, ...]


@dataclass(frozen=True)
class Gates:
    """The gates of a kind of cell, for looking at it: each is a number between 0 and 1 for every unit and step.

    meanings: what a gate does when it is near 1, by name
    open: all gates of a step, in this order, from what input and hidden state add to them
    keeps: the gate that is the share of the old state that stays, if there is one
    """

    meanings: dict[str, str]
    open: Callable[[Tensor, Tensor], tuple[Tensor, ...]]
    keeps: str | None = None


@dataclass(frozen=True)
class Cell:
    """What tells one kind of recurrent cell from another.

    layer: many time steps in one call
    step: a single one, (input's share of the gates, hidden state's share, state) -> state
    state_count, gate_count: how many tensors a state has, and how many gates the weights are stacked of
    candidate: which of those is not a gate, but what the cell may take in: of zeros, a state of zeros stays so
    gates: those worth looking at, by name
    bf16_layer: many time steps in bfloat16 on a CPU, (inputs, state, weights) -> outputs, state, where that is faster
    """

    layer: Callable[..., nn.RNNBase]
    step: Callable[[Tensor, Tensor, CellState], CellState]
    state_count: int
    gate_count: int
    candidate: int
    gates: Gates
    forget_gate: int | None = None
    bf16_layer: Callable[[Tensor, CellState, list[Tensor]], tuple[Tensor, CellState]] | None = None


def _lstm_step(from_input: Tensor, from_hidden: Tensor, state: CellState) -> CellState:
    return lstm_step(from_input + from_hidden, state[1])


def _bf16_lstm(inputs: Tensor, state: CellState, weights: list[Tensor]) -> tuple[Tensor, CellState]:
    hidden, cell = state
    outputs, hidden, cell = lstm(inputs, hidden, cell, weights, torch.bfloat16)
    return outputs, (hidden, cell)


def _gru_step(from_input: Tensor, from_hidden: Tensor, state: CellState) -> CellState:
    (reset, update, new), (reset_too, update_too, kept) = from_input.chunk(3, 1), from_hidden.chunk(3, 1)
    fresh = torch.tanh(new + torch.sigmoid(reset + reset_too) * kept)
    return (torch.lerp(fresh, state[0].to(fresh.dtype), torch.sigmoid(update + update_too)),)


def _rnn_step(from_input: Tensor, from_hidden: Tensor, _: CellState) -> CellState:
    return (torch.tanh(from_input + from_hidden),)


def _open_lstm(from_input: Tensor, from_hidden: Tensor) -> tuple[Tensor, ...]:
    take, forget, _, out = torch.sigmoid(from_input + from_hidden).chunk(4, 1)
    return forget, take, out


def _open_gru(from_input: Tensor, from_hidden: Tensor) -> tuple[Tensor, ...]:
    reset, update, _ = torch.sigmoid(from_input + from_hidden).chunk(3, 1)
    return update, reset


_LSTM_GATES = Gates(
    {
        "forget gate": "keeps what the cell holds (near 0 it forgets)",
        "input gate": "takes in what is new",
        "output gate": "lets out what the cell holds",
    },
    _open_lstm,
    keeps="forget gate",
)
_GRU_GATES = Gates(
    {
        "update gate": "keeps the old state (near 0 it is replaced)",
        "reset gate": "lets the old state take part in the new one",
    },
    _open_gru,
    keeps="update gate",
)
_NO_GATES = Gates({}, lambda *_: ())

CELLS: dict[str, Cell] = {
    "lstm": Cell(
        nn.LSTM,
        _lstm_step,
        state_count=2,
        gate_count=4,
        candidate=2,
        gates=_LSTM_GATES,
        forget_gate=1,
        bf16_layer=_bf16_lstm,
    ),
    "gru": Cell(nn.GRU, _gru_step, state_count=1, gate_count=3, candidate=2, gates=_GRU_GATES),
    "rnn": Cell(nn.RNN, _rnn_step, state_count=1, gate_count=1, candidate=0, gates=_NO_GATES),
}


def find_cell(name: str) -> Cell:
    """Return the cell of a name; raises InputError naming the choices."""
    if name not in CELLS:
        raise InputError(f"unknown cell {name!r}; choose one of: {', '.join(CELLS)}")
    return CELLS[name]
