"""Layer normalisation that stands between products of different precision."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LayerNorm(nn.LayerNorm):
    """Layer normalisation (Ba et al., 2016) of inputs that may be wider than its weights, as 8-bit products give."""

    def forward(self, inputs: Tensor) -> Tensor:
        """inputs: (…, size); returns the same shape and type."""
        if inputs.dtype != torch.float32:
            return super().forward(inputs)
        return F.layer_norm(inputs, self.normalized_shape, self.weight.float(), self.bias.float(), self.eps)
