"""Recurrent layers of any kind of cell: over sequences, in one direction or in both, and step by step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nmt.cells import CellState, find_cell
from nmt.errors import InputError
from nmt.quantized import QuantizedLinear

# Width from which many small operations in a loop cost less than what `Cell.bf16_layer` saves.
_LARGE = 256

_GPU = "cuda"


@dataclass(frozen=True)
class Trace:
    """What a layer did at every step: gates by name and cells (an LSTM's cell, else the state itself), each
    (batch, time, size), as the outputs."""

    gates: dict[str, Tensor]
    cells: Tensor
    outputs: Tensor


class Recurrent(nn.Module):
    """One layer in one direction: a single fused call over all time steps."""

    def __init__(self, cell: str, input_size: int, size: int, recurrent_dropout: float = 0.0) -> None:
        """recurrent_dropout: of the recurrent weights, one mask per draw (DropConnect, Merity et al., 2018)"""
        super().__init__()
        self.kind = find_cell(cell)
        self.size = size
        self.recurrent_dropout = recurrent_dropout
        self.layer = self.kind.layer(input_size, size, batch_first=True)
        self.quantized: nn.ModuleList | None = None

    def start(self, summary: Tensor) -> CellState:
        """Return the zero state for rows like summary (batch, any)."""
        return tuple(summary.new_zeros(summary.shape[0], self.size) for _ in range(self.kind.state_count))

    def forward(
        self, inputs: Tensor, state: CellState | None = None, weights: list[Tensor] | None = None
    ) -> tuple[Tensor, CellState]:
        """Run over inputs (batch, time, input_size) from a state (zero if None).

        weights: from `draw`, for several calls that are to drop the same ones
        returns outputs (batch, time, size) and the state after the last step
        """
        initial = state or self.start(inputs[:, 0])
        if self.quantized is None:
            initial = tuple(part.to(inputs.dtype) for part in initial)
        weights = weights or self.draw()
        if inputs.shape[1] == 1:
            # The call for many steps prepares the weights each time, which a single step does not repay.
            after = self.kind.step(*self._shares(inputs[:, 0], initial[0], weights), initial)
            return after[0].unsqueeze(1), after
        if self.kind.bf16_layer is not None and self.size >= _LARGE and _in_bf16_training(inputs):
            return self.kind.bf16_layer(inputs, initial, weights)
        if not (inputs.device.type == _GPU and torch.is_autocast_enabled(_GPU)):
            return self._fused(inputs, initial, weights)
        # Whatever type autocast has, it gives cuDNN's layers float16, in which small gradients vanish.
        wide = weights[0].dtype
        with torch.autocast(_GPU, enabled=False):
            return self._fused(inputs.to(wide), tuple(part.to(wide) for part in initial), weights)

    def _fused(self, inputs: Tensor, state: CellState, weights: list[Tensor]) -> tuple[Tensor, CellState]:
        """Run over all time steps in one call."""
        # cuDNN takes no state that is a part of something.
        stacked = tuple(part.unsqueeze(0).contiguous() for part in state)
        named = dict(zip(dict(self.layer.named_parameters()), weights, strict=True))
        before = stacked if self.kind.state_count > 1 else stacked[0]
        outputs, final = torch.func.functional_call(self.layer, named, (inputs, before))
        parts = final if isinstance(final, tuple) else (final,)
        return outputs, tuple(part.squeeze(0) for part in parts)

    def trace(self, inputs: Tensor, state: CellState | None = None) -> Trace:
        """Run as `forward` does, step by step, and return what the gates did on the way."""
        state = state or self.start(inputs[:, 0])
        weights = self.draw()
        gates, cells, outputs = [], [], []
        for step in inputs.unbind(1):
            shares = self._shares(step, state[0], weights)
            gates.append(self.kind.gates.open(*shares))
            state = self.kind.step(*shares, state)
            outputs.append(state[0])
            cells.append(state[-1])
        # a tuple of gates for each step -> each gate (batch, time, size)
        over_time = [torch.stack(steps, dim=1) for steps in zip(*gates, strict=True)]
        named = dict(zip(self.kind.gates.meanings, over_time, strict=True))
        return Trace(named, torch.stack(cells, dim=1), torch.stack(outputs, dim=1))

    def _shares(self, inputs: Tensor, hidden: Tensor, weights: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Return what input (batch, input_size) and hidden state (batch, size) add to the gates of a step."""
        if self.quantized is not None:
            from_input, from_hidden = self.quantized
            return from_input(inputs), from_hidden(hidden)
        w_in, w_rec, b_in, b_rec = weights
        return F.linear(inputs, w_in, b_in), F.linear(hidden, w_rec, b_rec)

    def quantize(self) -> None:
        """Multiply single steps by 8-bit weights from now on."""
        w_in, w_rec, b_in, b_rec = self.draw()
        self.quantized = nn.ModuleList([QuantizedLinear.round(w_in, b_in), QuantizedLinear.round(w_rec, b_rec)])

    def draw(self) -> list[Tensor]:
        """Return input weights, recurrent weights, with some dropped if the config says so, and the two biases."""
        w_in, w_rec, *biases = self.layer.parameters()
        return [w_in, F.dropout(w_rec, self.recurrent_dropout, self.training), *biases]

    def initialize(self, kind: str) -> None:
        """Draw the weights: xavier inputs, xavier or orthogonal recurrence, biases 0 and forget gates 1
        (Glorot and Bengio, 2010; Saxe et al., 2014; Jozefowicz et al., 2015)."""
        for name, weight in self.layer.named_parameters():
            if "bias" in name:
                nn.init.zeros_(weight)
                continue
            for gate in weight.data.chunk(self.kind.gate_count):
                if "weight_hh" in name and kind == "orthogonal":
                    nn.init.orthogonal_(gate)
                else:
                    nn.init.xavier_uniform_(gate)
        if self.kind.forget_gate is not None:
            bias = self.layer.get_parameter("bias_ih_l0")
            bias.data.chunk(self.kind.gate_count)[self.kind.forget_gate].fill_(1.0)


def _in_bf16_training(inputs: Tensor) -> bool:
    """Say whether products run in bfloat16 on a CPU and gradients are wanted."""
    bf16 = torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16
    return inputs.device.type == "cpu" and bf16 and torch.is_grad_enabled()


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
    rows = torch.arange(lengths.shape[0], device=lengths.device).unsqueeze(1) * time
    return (rows + order).flatten()


def reverse(sequences: Tensor, reversal: Tensor) -> Tensor:
    """Apply `reversal_index` to sequences (batch, time, width)."""
    return sequences.flatten(0, 1).index_select(0, reversal).view_as(sequences)
