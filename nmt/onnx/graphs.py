"""A model as two ONNX graphs: the encoder, and one step of the decoder.

The graphs are exported from the model's own modules. Only a recurrent layer over many steps is put as the ONNX
operator it is (LSTM, GRU, RNN), because the exporter would unroll it for one length.
"""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from nmt.attention import Memory
from nmt.cells import CELLS, CellState
from nmt.decoder import State
from nmt.errors import FailureError, InputError
from nmt.model import TranslationModel
from nmt.rnn import Bidirectional, Recurrent

ENCODER, DECODER = "encoder.onnx", "decoder.onnx"
MEMORY = ("keys", "values", "mask")
# Of the operators below; the exporter raises it to the one it writes.
_OPSET = 18
# Protocol Buffers end at 2 GiB, names and structure included.
_MOST_BYTES = (1 << 31) - (1 << 24)


@dataclass(frozen=True)
class Operator:
    """A recurrent layer in ONNX: its operator, where each of its gates stands in PyTorch's order, its settings."""

    name: str
    gates: tuple[int, ...]
    settings: dict[str, int]


OPERATORS = {
    "lstm": Operator("LSTM", (0, 3, 1, 2), {}),  # input, forget, cell, output -> input, output, forget, cell
    "gru": Operator("GRU", (1, 0, 2), {"linear_before_reset": 1}),  # reset, update, new -> update, reset, new
    "rnn": Operator("RNN", (0,), {}),
}


class EncoderGraph(nn.Module):
    """Reads the source: ids (batch, src_len) and lengths (batch,) -> memory and first state of the decoder."""

    def __init__(self, model: TranslationModel) -> None:
        super().__init__()
        self.model = copy.deepcopy(model)
        cell = model.config.cell
        if cell not in OPERATORS:
            raise InputError(f"model.cell={cell} has no operator in ONNX; it has: {', '.join(OPERATORS)}")
        for layer in self.model.modules():
            if isinstance(layer, Bidirectional):
                for name in ("ahead", "back"):
                    setattr(layer, name, _Layer(OPERATORS[cell], getattr(layer, name)))

    def forward(self, src_ids: Tensor, src_lengths: Tensor) -> tuple[Tensor, ...]:
        """Return keys, values and mask of the memory, then the parts of the state."""
        memory = self.model.encode(src_ids, src_lengths)
        return memory.keys, memory.values, memory.mask, *flatten(self.model.start(memory))


class DecoderGraph(nn.Module):
    """Takes one step: from the last token of each hypothesis (rows,) to the log-probabilities of the next."""

    def __init__(self, model: TranslationModel) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, tokens: Tensor, sentences: Tensor, keys: Tensor, values: Tensor, mask: Tensor, parts: Sequence[Tensor]
    ) -> tuple[Tensor, ...]:
        """sentences (rows,): which sentence of the memory a row translates

        returns log-probabilities (rows, vocab), attention weights (rows, src_len), the parts of the state
        """
        # A step reads no summary of the source: only the first state does.
        memory = Memory(keys, values, mask, summary=keys[:, 0]).select(sentences)
        result = self.model.decode(tokens.unsqueeze(1), _state(self.model, parts), memory)
        logits = self.model.logits(result.features.squeeze(1))
        log_probs = torch.log_softmax(logits, dim=1, dtype=torch.float32)
        return log_probs, result.weights.squeeze(1), *flatten(result.state)


class _Layer(nn.Module):
    """A recurrent layer in one direction, as the operator ONNX has for it."""

    def __init__(self, operator: Operator, layer: Recurrent) -> None:
        super().__init__()
        self.operator = operator
        self.size = layer.size
        w_in, w_rec, b_in, b_rec = (self._order(weight.detach()) for weight in layer.layer.parameters())
        # One direction: (gates * size, any) -> (1, gates * size, any)
        self.w_in, self.w_rec = nn.Parameter(w_in.unsqueeze(0)), nn.Parameter(w_rec.unsqueeze(0))
        self.bias = nn.Parameter(torch.cat((b_in, b_rec)).unsqueeze(0))

    def _order(self, weight: Tensor) -> Tensor:
        gates = weight.chunk(len(self.operator.gates))
        return torch.cat([gates[gate] for gate in self.operator.gates])

    def forward(self, inputs: Tensor) -> tuple[Tensor, CellState]:
        """Return outputs (batch, time, size) for inputs (batch, time, input_size), and no state: none is read."""
        ahead = inputs.transpose(0, 1)
        outputs = torch.onnx.ops.symbolic(
            self.operator.name,
            (ahead, self.w_in, self.w_rec, self.bias),
            {"hidden_size": self.size, **self.operator.settings},
            dtype=ahead.dtype,
            shape=(ahead.shape[0], 1, ahead.shape[1], self.size),
            version=_OPSET,
        )
        # (time, directions, batch, size) -> (batch, time, size)
        return outputs.squeeze(1).transpose(0, 1), ()


def flatten(state: State) -> list[Tensor]:
    """Return the parts of a state in a row, the bottom layer's first, what is fed last."""
    return [part for layer in state.layers for part in layer] + ([] if state.feed is None else [state.feed])


def _state(model: TranslationModel, parts: Sequence[Tensor]) -> State:
    """Return the state that `flatten` gave the parts of."""
    each, count = CELLS[model.config.cell].state_count, model.config.decoder_layers
    layers = tuple(tuple(parts[number * each : (number + 1) * each]) for number in range(count))
    return State(layers, parts[-1] if model.config.input_feeding else None)


def state_names(model: TranslationModel) -> list[str]:
    """Return what the graphs call the parts of a state."""
    count = CELLS[model.config.cell].state_count * model.config.decoder_layers + model.config.input_feeding
    return [f"state_{number}" for number in range(count)]


def write_graphs(model: TranslationModel) -> dict[str, bytes]:
    """Return both graphs of a model in evaluation mode, by file name.

    Raises InputError where the exporter is not installed, FailureError where it cannot put the model in ONNX.
    """
    check_installed("onnx", "onnxscript", "onnxruntime")
    size = sum(4 * weight.numel() for weight in model.parameters())
    if size > _MOST_BYTES:
        raise InputError(f"an ONNX file holds at most {_MOST_BYTES:,} bytes of weights; this model has {size:,}")
    states = state_names(model)
    # Sizes that differ: the exporter might take equal ones, or a size of 1, for more than chance.
    src_ids, src_lengths = torch.tensor([[4, 5, 6, 7, 3], [5, 6, 3, 0, 0], [6, 3, 0, 0, 0]]), torch.tensor([5, 3, 2])
    tokens, sentences = torch.tensor([2, 4, 5, 6]), torch.tensor([0, 0, 1, 2])
    with torch.no_grad():
        memory = model.encode(src_ids, src_lengths)
        parts = [part[sentences] for part in flatten(model.start(memory))]
    read = dict(zip(MEMORY, (memory.keys, memory.values, memory.mask), strict=True))
    sides, rows = {0: "batch", 1: "src_len"}, {0: "rows"}
    return {
        ENCODER: _write(
            EncoderGraph(model).eval(),
            {"src_ids": src_ids, "src_lengths": src_lengths},
            {"src_ids": sides, "src_lengths": {0: "batch"}},
            (["src_ids", "src_lengths"], [*MEMORY, *states]),
        ),
        DECODER: _write(
            DecoderGraph(model).eval(),
            {"tokens": tokens, "sentences": sentences, **read, "parts": parts},
            {
                **{"tokens": rows, "sentences": rows, "keys": sides, "values": sides, "mask": sides},
                "parts": [rows for _ in parts],
            },
            (["tokens", "sentences", *MEMORY, *states], ["log_probs", "weights", *(f"next_{name}" for name in states)]),
        ),
    }


def check_installed(*packages: str) -> None:
    """Raise InputError naming the extra where a package is not installed."""
    if missing := [name for name in packages if find_spec(name) is None]:
        raise InputError(f"ONNX needs {', '.join(missing)}; install by: pip install -e '.[onnx]'")


def _write(
    graph: nn.Module, example: dict[str, Any], axes: dict[str, Any], names: tuple[list[str], list[str]]
) -> bytes:
    """Return a graph as ONNX, from an example of its arguments; axes: those whose size is open, by argument.

    names: of the inputs and of the outputs
    """
    inputs, outputs = names
    with _quiet():
        try:
            program = torch.onnx.export(
                graph, kwargs=example, dynamo=True, dynamic_shapes=axes, input_names=inputs, output_names=outputs,
                verbose=False,
            )  # fmt: skip
            assert program is not None
            content: bytes = program.model_proto.SerializeToString()
        except (torch.onnx.OnnxExporterError, RuntimeError, ValueError) as error:
            first = str(error).strip().partition("\n")[0]
            reason = f"{type(error).__name__}: {first:.300}"
            raise FailureError(f"torch {torch.__version__} cannot put this model in ONNX ({reason})") from None
    return content


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep to itself what the exporter says of its own workings."""
    loggers = [logging.getLogger(name) for name in ("torch", "torch.onnx", "torch.export", "onnxscript", "onnx_ir")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
