"""Attention: which source positions a target step reads.

Keys are projected once per sentence by `project` and travel in the `Memory`; modules keep no state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from nmt.errors import InputError
from nmt.quantized import QuantizedLinear


@dataclass(frozen=True)
class Memory:
    """What the decoder sees of the source.

    keys (batch, src_len, attn_dim) and values (batch, src_len, context_size), as the attention projects them;
    mask (batch, src_len) bool, True = real token; summary (batch, enc_dim), the mean of the encoder's states
    places (rows,): sentence * width + place of each row of the decoder, with at most width rows a sentence;
    None = the rows lie sentence by sentence, equally many of each
    """

    keys: Tensor
    values: Tensor
    mask: Tensor
    summary: Tensor
    places: Tensor | None = None
    width: int = 1

    def select(self, sentences: Tensor) -> Memory:
        """Keep the sentences of an index (sentences,)."""
        return replace(
            self,
            keys=self.keys.index_select(0, sentences),
            values=self.values.index_select(0, sentences),
            mask=self.mask.index_select(0, sentences),
            summary=self.summary.index_select(0, sentences),
        )


@dataclass(frozen=True)
class Sizes:
    """Widths of what an attention reads.

    query: of the decoder's state; states: of the encoder's; embeddings: of the source embeddings that stand behind
    each state, 0 without
    """

    query: int
    states: int
    embeddings: int = 0

    @property
    def source(self) -> int:
        """Width of states and embeddings together."""
        return self.states + self.embeddings


class Attention(nn.Module):
    """A weighted mean of the source values; a subclass says how a query and a key match.

    context_size: width of that mean
    """

    def __init__(self, sizes: Sizes, heads: int, dropout: float) -> None:
        super().__init__()
        self.sizes = sizes
        self.context_size = sizes.source
        self.heads = heads
        self.dropout = nn.Dropout(dropout)

    def project(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Return keys and values of a source (batch, src_len, source), once for all target steps."""
        raise NotImplementedError

    def quantize(self) -> None:
        """Multiply queries by 8-bit weights from now on, where there are such weights."""

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        """Return how well each query matches each key, (batch, tgt_len, src_len)."""
        raise NotImplementedError

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Weigh the source positions by their match with the query.

        query: (batch, tgt_len, query)
        returns context (batch, tgt_len, context_size) and weights (batch, tgt_len, src_len) float32, summing to
        1, zero on padding
        """
        weights = masked_softmax(self.score(query, memory.keys), memory.mask.unsqueeze(1))
        context = self.dropout(weights).to(memory.values.dtype) @ memory.values
        return context, weights


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Return softmax in float32 over the last dimension, zero where the mask is False."""
    return torch.softmax(scores.float().masked_fill(~mask, -torch.inf), dim=-1)


class DotAttention(Attention):
    """Match = query . state (Luong et al., 2015)."""

    def __init__(self, sizes: Sizes, heads: int, dropout: float) -> None:
        super().__init__(sizes, heads, dropout)
        if sizes.query != sizes.states:
            raise InputError(
                f"dot attention needs equal widths, given model.decoder_size={sizes.query} and "
                f"model.encoder_size={sizes.states}; make them equal or choose attention general"
            )

    def project(self, source: Tensor) -> tuple[Tensor, Tensor]:
        return source[..., : self.sizes.states].contiguous(), source

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        return query @ keys.transpose(1, 2)


class GeneralAttention(Attention):
    """Match = query . W source (Luong et al., 2015)."""

    def __init__(self, sizes: Sizes, heads: int, dropout: float) -> None:
        super().__init__(sizes, heads, dropout)
        self.key = nn.Linear(sizes.source, sizes.query, bias=False)

    def project(self, source: Tensor) -> tuple[Tensor, Tensor]:
        return self.key(source), source

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        return query @ keys.transpose(1, 2)


class AdditiveAttention(Attention):
    """Match = v . tanh(W query + U source) (Bahdanau et al., 2015)."""

    def __init__(self, sizes: Sizes, heads: int, dropout: float) -> None:
        super().__init__(sizes, heads, dropout)
        self.query: nn.Module = nn.Linear(sizes.query, sizes.query)
        self.key = nn.Linear(sizes.source, sizes.query, bias=False)
        self.energy = nn.Linear(sizes.query, 1, bias=False)

    def quantize(self) -> None:
        self.query = QuantizedLinear.of(self.query)

    def project(self, source: Tensor) -> tuple[Tensor, Tensor]:
        return self.key(source), source

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        # (batch, tgt_len, 1, dim) + (batch, 1, src_len, dim) -> (batch, tgt_len, src_len, dim)
        queries = self.query(query).to(keys.dtype).unsqueeze(2)
        energy: Tensor = self.energy(torch.tanh(queries + keys.unsqueeze(1)))
        return energy.squeeze(3)


class MultiheadAttention(Attention):
    """Scaled dot products in several learned subspaces (Vaswani et al., 2017); weights are the heads' mean."""

    def __init__(self, sizes: Sizes, heads: int, dropout: float) -> None:
        super().__init__(sizes, heads, dropout)
        size = self.context_size = sizes.states
        if size % heads:
            raise InputError(f"model.heads={heads} must divide model.encoder_size={size}; choose another number")
        self.query: nn.Module = nn.Linear(sizes.query, size, bias=False)
        self.key_value = nn.Linear(sizes.source, 2 * size, bias=False)

    def quantize(self) -> None:
        self.query = QuantizedLinear.of(self.query)

    def project(self, source: Tensor) -> tuple[Tensor, Tensor]:
        keys, values = self.key_value(source).chunk(2, dim=2)
        return keys.contiguous(), values.contiguous()

    def _split(self, states: Tensor) -> Tensor:
        # (batch, time, heads * dim) -> (batch, heads, time, dim)
        return states.view(*states.shape[:2], self.heads, -1).transpose(1, 2)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        queries = self._split(self.query(query).to(memory.keys.dtype)) * (self.context_size // self.heads) ** -0.5
        scores = queries @ self._split(memory.keys).transpose(2, 3)
        weights = masked_softmax(scores, memory.mask[:, None, None, :])
        context = self.dropout(weights).to(memory.values.dtype) @ self._split(memory.values)
        # (batch, heads, tgt_len, dim) -> (batch, tgt_len, heads * dim)
        return context.transpose(1, 2).flatten(2), weights.mean(dim=1)


ATTENTIONS: dict[str, type[Attention]] = {
    "dot": DotAttention,
    "general": GeneralAttention,
    "additive": AdditiveAttention,
    "multihead": MultiheadAttention,
}


def build_attention(name: str, sizes: Sizes, heads: int, dropout: float) -> Attention:
    """Return a new attention of a name; raises InputError naming the choices."""
    if name not in ATTENTIONS:
        raise InputError(f"unknown attention {name!r}; choose one of: {', '.join(ATTENTIONS)}")
    return ATTENTIONS[name](sizes, heads, dropout)
