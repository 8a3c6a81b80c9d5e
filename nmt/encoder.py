"""Encoder: embedded source -> one state per source token, by bidirectional recurrent layers."""

from __future__ import annotations

from torch import Tensor, nn

from nmt.config import ModelConfig
from nmt.dropout import VariationalDropout
from nmt.normalization import LayerNorm
from nmt.rnn import Bidirectional, reversal_index


class Encoder(nn.Module):
    """A stack of bidirectional layers (Schuster and Paliwal, 1997), with dropout after each."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        widths = [config.embedding_size] + [config.encoder_size] * config.encoder_layers
        self.layers = nn.ModuleList(
            Bidirectional(config.cell, width, config.encoder_size, config.recurrent_dropout) for width in widths[:-1]
        )
        self.norms = nn.ModuleList(
            LayerNorm(config.encoder_size) if config.layer_norm else nn.Identity() for _ in self.layers
        )
        self.from_embeddings = config.residual
        self.residual = config.residual or config.encoder_residual
        self.dropout = VariationalDropout(config.dropout)

    def forward(self, embedded: Tensor, src_lengths: Tensor) -> Tensor:
        """embedded: (batch, src_len, embedding_size); returns states (batch, src_len, encoder_size)"""
        reversal = reversal_index(src_lengths, embedded.shape[1])
        states = embedded
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            outputs = self.dropout(norm(layer(states, reversal)))
            adds = self.residual if number else self.from_embeddings and outputs.shape == states.shape
            states = outputs + states if adds else outputs
        return states
