"""Recurrent layers: the one place that knows LSTM from GRU from plain RNN.

LSTM: Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000); GRU: Cho et al. (2014);
RNN: Elman (1990), tanh.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nmt.errors import InputError

# (hidden,) or, for an LSTM, (hidden, cell): each (batch, size).
CellState = tuple[Tensor, ...]


@dataclass(frozen=True)
class Cell:
    """What tells one kind of recurrent cell from another.

    layer: many time steps in one call; step: a single one, (input, state, weights) -> state
    """

    layer: Callable[..., nn.RNNBase]
    step: Callable[[Tensor, CellState, list[Tensor]], CellState]
    states: int
    gates: int
    forget_gate: int | None = None


def _lstm_step(inputs: Tensor, state: CellState, weights: list[Tensor]) -> CellState:
    return torch.lstm_cell(inputs, state, *weights)


def _gru_step(inputs: Tensor, state: CellState, weights: list[Tensor]) -> CellState:
    return (torch.gru_cell(inputs, state[0], *weights),)


def _rnn_step(inputs: Tensor, state: CellState, weights: list[Tensor]) -> CellState:
    return (torch.rnn_tanh_cell(inputs, state[0], *weights),)


CELLS: dict[str, Cell] = {
    "lstm": Cell(nn.LSTM, _lstm_step, states=2, gates=4, forget_gate=1),
    "gru": Cell(nn.GRU, _gru_step, states=1, gates=3),
    "rnn": Cell(nn.RNN, _rnn_step, states=1, gates=1),
}


def find_cell(name: str) -> Cell:
    """Return the cell of a name; raises InputError naming the choices."""
    if name not in CELLS:
        raise InputError(f"unknown cell {name!r}; choose one of: {', '.join(CELLS)}")
    return CELLS[name]


class Recurrent(nn.Module):
    """One layer in one direction: a single fused call over all time steps."""

    def __init__(self, cell: str, input_size: int, size: int, recurrent_dropout: float = 0.0) -> None:
        """recurrent_dropout: of the recurrent weights, one mask per call (DropConnect, Merity et al., 2018)"""
        super().__init__()
        self.kind = find_cell(cell)
        self.size = size
        self.recurrent_dropout = recurrent_dropout
        self.layer = self.kind.layer(input_size, size, batch_first=True)

    def start(self, summary: Tensor) -> CellState:
        """Return the zero state for rows like summary (batch, any)."""
        return tuple(summary.new_zeros(summary.shape[0], self.size) for _ in range(self.kind.states))

    def forward(self, inputs: Tensor, state: CellState | None = None) -> tuple[Tensor, CellState]:
        """Run over inputs (batch, time, input_size) from a state (zero if None).

        returns outputs (batch, time, size) and the state after the last step
        """
        initial = tuple(part.to(inputs.dtype) for part in state or self.start(inputs[:, 0]))
        dropped = self.training and self.recurrent_dropout > 0
        if inputs.shape[1] == 1 and not dropped:
            # The call for many steps prepares the weights each time, which a single step does not repay.
            after = self.kind.step(inputs[:, 0], initial, list(self.layer.parameters()))
            return after[0].unsqueeze(1), after
        stacked = tuple(part.unsqueeze(0) for part in initial)
        hidden = stacked if self.kind.states > 1 else stacked[0]
        outputs, final = self._with_dropped_weights(inputs, hidden) if dropped else self.layer(inputs, hidden)
        parts = final if isinstance(final, tuple) else (final,)
        return outputs, tuple(part.squeeze(0) for part in parts)

    def _with_dropped_weights(self, inputs: Tensor, hidden: Tensor | CellState) -> tuple[Tensor, CellState]:
        weights = {
            name: nn.functional.dropout(weight, self.recurrent_dropout) if "weight_hh" in name else weight
            for name, weight in self.layer.named_parameters()
        }
        result: tuple[Tensor, CellState] = torch.func.functional_call(self.layer, weights, (inputs, hidden))
        return result

    def initialize(self, kind: str) -> None:
        """Draw the weights: xavier inputs, xavier or orthogonal recurrence, biases 0 and forget gates 1
        (Glorot and Bengio, 2010; Saxe et al., 2014; Jozefowicz et al., 2015)."""
        for name, weight in self.layer.named_parameters():
            if "bias" in name:
                nn.init.zeros_(weight)
                continue
            for gate in weight.data.chunk(self.kind.gates):
                if "weight_hh" in name and kind == "orthogonal":
                    nn.init.orthogonal_(gate)
                else:
                    nn.init.xavier_uniform_(gate)
        if self.kind.forget_gate is not None:
            bias = self.layer.get_parameter("bias_ih_l0")
            bias.data.chunk(self.kind.gates)[self.kind.forget_gate].fill_(1.0)


class Bidirectional(nn.Module):
    """A forward and a backward layer over padded sentences, exact for every length.

    Padding sits at the end, so the forward layer meets it after all real tokens; the backward layer runs over
    each sentence reversed by its own length.
    """

    def __init__(self, cell: str, input_size: int, size: int, recurrent_dropout: float = 0.0) -> None:
        """size: width of the output, both directions together"""
        super().__init__()
        if size % 2:
            raise InputError(f"model.encoder_size={size} must be even: half for each direction")
        self.ahead = Recurrent(cell, input_size, size // 2, recurrent_dropout)
        self.back = Recurrent(cell, input_size, size // 2, recurrent_dropout)

    def forward(self, inputs: Tensor, reversal: Tensor) -> Tensor:
        """inputs: (batch, time, input_size); reversal: from `reversal_index`; returns (batch, time, size)"""
        ahead, _ = self.ahead(inputs)
        back, _ = self.back(reverse(inputs, reversal))
        return torch.cat([ahead, reverse(back, reversal)], dim=2)


def reversal_index(lengths: Tensor, time: int) -> Tensor:
    """Return (batch * time,) flat positions that reverse each sentence by its length and leave its padding."""
    steps = torch.arange(time, device=lengths.device)
    ends = lengths.unsqueeze(1)
    order = torch.where(steps < ends, ends - 1 - steps, steps)
    rows = torch.arange(len(lengths), device=lengths.device).unsqueeze(1) * time
    return (rows + order).flatten()


def reverse(sequences: Tensor, reversal: Tensor) -> Tensor:
    """Apply `reversal_index` to sequences (batch, time, width)."""
    return sequences.flatten(0, 1).index_select(0, reversal).view_as(sequences)
