"""Decoder: target embeddings and the source memory -> features of the next token.

The bottom layer runs over the target embeddings, attention reads the source from its output, the upper layers
run over [output; context]. A second attention may read the source once more from the output of the top layer, which
knows what was read before (Gehring et al., 2017, have one in every layer); with one layer it does not, and the second
is like more heads of the first. Nothing recurrent passes through the attention, so all target steps of a layer are one
call. With input feeding (Luong et al., 2015) the features of a step enter the next, one step at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nmt.attention import Memory, Sizes, build_attention
from nmt.cells import CellState
from nmt.config import ModelConfig
from nmt.dropout import VariationalDropout, apply_mask
from nmt.normalization import LayerNorm
from nmt.quantized import QuantizedLinear
from nmt.rnn import Recurrent


@dataclass(frozen=True)
class State:
    """Where the decoder stands: the state of each layer, and the features fed to the next step, if any.

    layers: tuples of (rows, decoder_size); feed: (rows, embedding_size) or None
    """

    layers: tuple[CellState, ...]
    feed: Tensor | None

    def select(self, rows: Tensor) -> State:
        """Keep and reorder the rows of an index (rows,)."""
        layers = tuple(tuple(part.index_select(0, rows) for part in layer) for layer in self.layers)
        return State(layers, None if self.feed is None else self.feed.index_select(0, rows))


@dataclass(frozen=True)
class DecoderStep:
    """What target steps give: features (rows, tgt_len, embedding_size), attention weights
    (rows, tgt_len, src_len) and the state after them; second: the weights of a second attention, if there is one."""

    features: Tensor
    weights: Tensor
    state: State
    second: Tensor | None = None


@dataclass(frozen=True)
class _Drawn:
    """What dropout leaves throughout a call, however many steps it has.

    masks: of the output of each layer and of the features; weights: of each layer, None where it draws its own
    """

    masks: list[Tensor | None]
    weights: list[list[Tensor] | None]


class Decoder(nn.Module):
    """Recurrent layers around an attention, with a deep output (Pascanu et al., 2014)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        size, embedding_size = config.decoder_size, config.embedding_size
        sizes = Sizes(size, config.encoder_size, embedding_size if config.lexical_shortcut else 0)
        attention = build_attention(config.attention, sizes, config.heads, config.attention_dropout)
        self.input_feeding = config.input_feeding
        self.embedding_size = embedding_size
        self.residual = config.residual
        bottom = embedding_size * 2 if config.input_feeding else embedding_size
        widths = [bottom] + [size + attention.context_size] + [size] * config.decoder_layers
        self.layers = nn.ModuleList(
            Recurrent(config.cell, width, size, config.recurrent_dropout) for width in widths[: config.decoder_layers]
        )
        self.norms = nn.ModuleList(LayerNorm(size) if config.layer_norm else nn.Identity() for _ in self.layers)
        self.attention = attention
        self.bridge = nn.Linear(sizes.states, size * config.decoder_layers)
        # What a second attention adds stands last, where preparing/widening.py finds it.
        again = attention.context_size if config.second_attention else 0
        self.readout: nn.Module = nn.Linear(size + attention.context_size + embedding_size + again, embedding_size)
        self.second_query: nn.Module | None = nn.Linear(size, size, bias=False) if config.second_attention else None
        self.dropout = VariationalDropout(config.dropout)

    def start(self, memory: Memory) -> State:
        """Return the state before the first target step: hidden from the mean of the source, cells zero."""
        hidden = torch.tanh(self.bridge(memory.summary)).chunk(len(self.layers), dim=1)
        layers = []
        for layer, first in zip(self.layers, hidden, strict=True):
            assert isinstance(layer, Recurrent)
            layers.append((first, *layer.start(first)[1:]))
        feed = memory.summary.new_zeros(memory.summary.shape[0], self.embedding_size)
        return State(tuple(layers), feed if self.input_feeding else None)

    def quantize(self) -> None:
        """Multiply by 8-bit weights from now on, as far as steps are taken one at a time."""
        for layer in self.layers:
            assert isinstance(layer, Recurrent)
            layer.quantize()
        self.attention.quantize()
        if self.second_query is not None:
            self.second_query = QuantizedLinear.of(self.second_query)
        self.readout = QuantizedLinear.of(self.readout)

    def forward(self, embedded: Tensor, state: State, memory: Memory) -> DecoderStep:
        """Run over target embeddings (rows, tgt_len, embedding_size).

        The memory says which sentence a row belongs to.
        """
        drawn = self._draw(embedded)
        if not self.input_feeding:
            return self._advance(embedded, embedded, state, memory, drawn)
        results = []
        for step in torch.split(embedded, 1, dim=1):
            assert state.feed is not None
            inputs = torch.cat([step, state.feed.unsqueeze(1).to(step.dtype)], dim=2)
            result = self._advance(inputs, step, state, memory, drawn)
            state = State(result.state.layers, result.features.squeeze(1))
            results.append(result)
        features = torch.cat([each.features for each in results], dim=1)
        weights = torch.cat([each.weights for each in results], dim=1)
        seconds = [each.second for each in results if each.second is not None]
        return DecoderStep(features, weights, state, torch.cat(seconds, dim=1) if seconds else None)

    def _advance(self, inputs: Tensor, embedded: Tensor, state: State, memory: Memory, drawn: _Drawn) -> DecoderStep:
        outputs, bottom = self._layer(0, inputs, state, drawn)
        context, weights = self._attend(outputs, memory)
        layers = [bottom]
        if len(self.layers) > 1:
            inputs = torch.cat([outputs, context.to(outputs.dtype)], dim=2)
        for number in range(1, len(self.layers)):
            below = outputs
            outputs, after = self._layer(number, inputs, state, drawn)
            if self.residual:
                outputs = outputs + below
            inputs = outputs
            layers.append(after)
        read, second = [outputs, context, embedded], None
        if self.second_query is not None:
            again, second = self._attend(self.second_query(outputs), memory)
            read.append(again)
        parts: Sequence[Tensor] = [part.to(outputs.dtype) for part in read]
        features = apply_mask(torch.tanh(self.readout(torch.cat(tuple(parts), dim=2))), drawn.masks[-1])
        return DecoderStep(features, weights, State(tuple(layers), state.feed), second)

    def _layer(self, number: int, inputs: Tensor, state: State, drawn: _Drawn) -> tuple[Tensor, CellState]:
        outputs, after = self.layers[number](inputs, state.layers[number], drawn.weights[number])
        return apply_mask(self.norms[number](outputs), drawn.masks[number]), after

    def _attend(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        _, tgt_len, size = query.shape
        query = query.to(memory.keys.dtype)
        if memory.places is not None:
            empty = query.new_zeros(memory.mask.shape[0] * memory.width, tgt_len, size)
            query = empty.index_copy_(0, memory.places, query)
        # (sentences * width, tgt_len, dim) -> (sentences, width * tgt_len, dim): no copy of the memory
        context, weights = self.attention(query.reshape(memory.mask.shape[0], -1, size), memory)
        context = context.reshape(query.shape[0], tgt_len, -1)
        weights = weights.reshape(query.shape[0], tgt_len, -1)
        if memory.places is None:
            return context, weights
        return context.index_select(0, memory.places), weights.index_select(0, memory.places)

    def _draw(self, embedded: Tensor) -> _Drawn:
        rows = embedded.shape[0]
        layers = [layer for layer in self.layers if isinstance(layer, Recurrent)]
        widths = [*(layer.size for layer in layers), self.embedding_size]
        masks = [self.dropout.mask(rows, width, embedded) for width in widths]
        # With input feeding a layer is called once a step; otherwise once, and draws by itself.
        return _Drawn(masks, [layer.draw() if self.input_feeding else None for layer in layers])
