"""Dropout kinds that leave the recurrent layers on their fast path."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Of the seed, torch's generator on CPUs keeps the low 32 bits alone: an odd number of 32 bits keeps the processes of a
# group apart there, and each further from the next than a training has updates (2**32 over the golden ratio).
_RANK_STRIDE = 0x9E3779B1


def seed_dropout(seed: int, step: int, rank: int) -> None:
    """Begin anew what dropout draws from: by seed, update and process alone, so that a resumed run draws the same.

    seed: of the training; step: of the update; rank: of the process, each of which has masks of its own
    """
    torch.manual_seed(seed * 1_000_003 + step + rank * _RANK_STRIDE)


class VariationalDropout(nn.Module):
    """Drop features of a sequence by one mask for all its time steps (Gal and Ghahramani, 2016)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def mask(self, batch: int, width: int, like: Tensor) -> Tensor | None:
        """Draw a scaled mask (batch, 1, width), or None when nothing is dropped."""
        if not self.training or self.rate == 0:
            return None
        kept = torch.empty(batch, 1, width, dtype=like.dtype, device=like.device)
        return kept.bernoulli_(1 - self.rate).div_(1 - self.rate)

    def forward(self, inputs: Tensor) -> Tensor:
        """inputs: (batch, time, width)"""
        return apply_mask(inputs, self.mask(inputs.shape[0], inputs.shape[2], inputs))


class WordDropout(nn.Module):
    """Drop whole embeddings, each occurrence of a word by itself and the rest as they are (Sennrich et al., 2016), so
    that no single word is relied on."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, embedded: Tensor) -> Tensor:
        """embedded: (batch, time, width)"""
        if not self.training or self.rate == 0:
            return embedded
        kept = torch.empty(*embedded.shape[:2], 1, dtype=embedded.dtype, device=embedded.device)
        return embedded * kept.bernoulli_(1 - self.rate)


def apply_mask(inputs: Tensor, mask: Tensor | None) -> Tensor:
    """Return inputs times a mask, in the inputs' type; None changes nothing."""
    return inputs if mask is None else inputs * mask.to(inputs.dtype)
