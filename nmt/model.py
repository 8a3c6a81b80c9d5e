"""The translation model: embeddings, encoder, attention decoder, output weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nmt.attention import Memory
from nmt.config import ModelConfig
from nmt.decoder import Decoder, DecoderStep, State
from nmt.dropout import VariationalDropout, WordDropout
from nmt.encoder import Encoder
from nmt.errors import InputError
from nmt.quantized import QuantizedOutput
from nmt.rnn import Recurrent
from nmt.tokenizer import PAD


class TranslationModel(nn.Module):
    """Encoder-decoder with attention (Bahdanau et al., 2015) and tied embeddings (Press and Wolf, 2017)."""

    def __init__(self, config: ModelConfig, src_vocab: int, tgt_vocab: int) -> None:
        """Raises InputError where the config asks for what the vocabularies or widths do not allow."""
        super().__init__()
        if config.tie == "all" and src_vocab != tgt_vocab:
            raise InputError(
                "model.tie=all needs one vocabulary for both languages; set tokenizer.shared=true, or model.tie=output"
            )
        self.config = config
        self.src_vocab = src_vocab
        self.tgt_vocab = tgt_vocab
        width = config.embedding_size
        self.tgt_embedding = nn.Embedding(tgt_vocab, width, padding_idx=PAD)
        self.src_embedding = (
            self.tgt_embedding if config.tie == "all" else nn.Embedding(src_vocab, width, padding_idx=PAD)
        )
        self.word_dropout = WordDropout(config.word_dropout)
        self.embedding_dropout = VariationalDropout(config.embedding_dropout)
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.output = nn.Linear(width, tgt_vocab)
        if config.tie != "none":
            self.output.weight = self.tgt_embedding.weight
        self.quantized_output: QuantizedOutput | None = None

    def quantize(self) -> None:
        """Decode with 8-bit weights from now on; there is no training after this."""
        self.decoder.quantize()
        self.quantized_output = QuantizedOutput.round(self.output.weight, self.output.bias)

    def initialize(self, seed: int) -> None:
        """Draw all weights from a seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for module in self.modules():
                if isinstance(module, nn.Linear):
                    nn.init.xavier_uniform_(module.weight)
                    if module.bias is not None:
                        nn.init.zeros_(module.bias)
            for module in self.modules():
                if isinstance(module, nn.Embedding):
                    nn.init.normal_(module.weight, std=module.embedding_dim**-0.5)
                    module.weight.data[PAD].zero_()
                elif isinstance(module, Recurrent):
                    module.initialize(self.config.init)

    def encode(self, src_ids: Tensor, src_lengths: Tensor) -> Memory:
        """Read source sentences: src_ids (batch, src_len), src_lengths (batch,).

        By the lexical shortcut the attention reads the words themselves beside what the encoder makes of them, which
        helps with seldom ones (Nguyen and Chiang, 2018; Emelin et al., 2019).
        """
        mask = torch.arange(src_ids.shape[1], device=src_ids.device) < src_lengths.unsqueeze(1)
        embedded = self._embed(self.src_embedding, src_ids)
        states = self.encoder(embedded, src_lengths)
        # Padding must be zero, not only unread: the mean and the products below count it.
        states = states * mask.unsqueeze(2).to(states.dtype)
        summary = states.sum(dim=1) / src_lengths.unsqueeze(1).to(states.dtype)
        source = torch.cat([states, embedded.to(states.dtype)], dim=2) if self.config.lexical_shortcut else states
        keys, values = self.decoder.attention.project(source)
        return Memory(keys, values, mask, summary)

    def start(self, memory: Memory) -> State:
        """Return the decoder's state before the first target token."""
        return self.decoder.start(memory)

    def decode(self, tgt_in: Tensor, state: State, memory: Memory) -> DecoderStep:
        """Run target steps: tgt_in (rows, tgt_len); all of a sentence in training, one token in search."""
        result: DecoderStep = self.decoder(self._embed(self.tgt_embedding, tgt_in), state, memory)
        return result

    def logits(self, features: Tensor) -> Tensor:
        """Return (..., tgt_vocab) for features (..., embedding_size)."""
        logits: Tensor = (self.quantized_output or self.output)(features)
        return logits

    def output_among(self, pieces: Tensor) -> nn.Module:
        """Return the output layer of these target pieces (any,) alone, for inference."""
        if self.quantized_output is not None:
            return self.quantized_output.part(pieces)
        weight, bias = self.output.weight, self.output.bias
        part = nn.Linear(weight.shape[1], len(pieces), device="meta")
        part.weight, part.bias = nn.Parameter(weight[pieces], False), nn.Parameter(bias[pieces], False)
        return part

    def forward(self, src_ids: Tensor, src_lengths: Tensor, tgt_in: Tensor) -> DecoderStep:
        """Decode whole targets by teacher forcing (Williams and Zipser, 1989)."""
        memory = self.encode(src_ids, src_lengths)
        return self.decode(tgt_in, self.start(memory), memory)

    def _embed(self, embedding: nn.Module, ids: Tensor) -> Tensor:
        # Unit variance at the start, whatever the width: the table itself is scaled for the output layer.
        embedded = embedding(ids) * self.config.embedding_size**0.5
        dropped: Tensor = self.embedding_dropout(self.word_dropout(embedded))
        return dropped
