"""Products with 8-bit weights for decoding: each output has its own scale, each row of the input its own.

Integers are summed exactly, so a row's result does not depend on the rows beside it. Weights are rounded to the
nearest of 255 levels (Jacob et al., 2018) and packed once, when a model is loaded.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from typing_extensions import Self

_ZERO = 128  # the unsigned input that stands for 0.0
LEVELS = 127  # the highest that both signs of 8 bits hold


@cache
def weight_levels() -> int:
    """Return the highest weight this CPU multiplies exactly: 127; 63 where pairs saturate at 16 bits; 0 = none.

    Found by trying: it depends on the instruction set that the library was told to use.
    """
    for highest in (LEVELS, LEVELS // 2):
        weight = torch.full((16, 64), highest, dtype=torch.int8)
        inputs = torch.full((4, 64), 2 * _ZERO - 1, dtype=torch.uint8)
        try:
            packed = torch.ops.onednn.qlinear_prepack(weight, None)
            sums = _product(inputs, packed, torch.ones(16), torch.zeros(16, dtype=torch.long))
        except (RuntimeError, AttributeError):
            return 0
        if bool((sums == 64 * highest * (_ZERO - 1)).all()):
            return highest
    return 0


def _product(levels: Tensor, packed: Tensor, scales: Tensor, zeros: Tensor) -> Tensor:
    """Return (rows, outputs) float32 of levels (rows, inputs) uint8, whose zero is _ZERO."""
    product: Tensor = torch.ops.onednn.qlinear_pointwise(
        levels, 1.0, _ZERO, packed, scales, zeros, None, 1.0, 0, torch.float32, "none", [], ""
    )
    return product


def round_rows(weight: Tensor, highest: int) -> tuple[Tensor, Tensor]:
    """Return a matrix as int8 levels from -highest to highest, and its scales, one a row (rows,) in float32.

    Rounding `restore_rows(levels, scales)` again gives the same levels and, to the last bit, the same scales.
    """
    wide = weight.detach().float()
    scales = wide.abs().amax(dim=1).clamp_min(1e-12) / highest
    return (wide / scales.unsqueeze(1)).round_().to(torch.int8), scales


def restore_rows(levels: Tensor, scales: Tensor) -> Tensor:
    """Return the float32 matrix (rows, columns) of int8 levels and the scales of the rows."""
    return levels.float().mul_(scales.unsqueeze(1))


class QuantizedLinear(nn.Module):
    """A linear layer with 8-bit weights, for inference on a CPU."""

    def __init__(self, levels: Tensor, scales: Tensor, bias: Tensor) -> None:
        """levels: (outputs, inputs) int8, each row times its scale, (outputs,), being the weights; bias (outputs,)"""
        super().__init__()
        # Plain attributes: a change of the model's type or a save of its weights is not meant for them.
        self.packed: Tensor = torch.ops.onednn.qlinear_prepack(levels, None)
        self.scales = scales
        self.zeros = torch.zeros(len(scales), dtype=torch.long)
        self.bias = bias

    @classmethod
    def round(cls, weight: Tensor, bias: Tensor | None) -> Self:
        """Return the layer nearest to weight (outputs, inputs) and bias (outputs,) of any floating-point type."""
        levels, scales = round_rows(weight, weight_levels())
        return cls(levels, scales, torch.zeros(len(scales)) if bias is None else bias.detach().float())

    @classmethod
    def of(cls, layer: nn.Module) -> QuantizedLinear:
        """Return the 8-bit likeness of an `nn.Linear`."""
        assert isinstance(layer, nn.Linear)
        return cls.round(layer.weight, layer.bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return (..., outputs) float32 for inputs (..., inputs) of any floating-point type."""
        rows = inputs.reshape(-1, inputs.shape[-1]).float()
        largest = rows.abs().amax(dim=1, keepdim=True).clamp_min_(1e-12)
        # Cutting off the fraction after adding a half rounds to the nearest; the way over int32 is the fast one.
        levels = (rows * (LEVELS / largest)).add_(_ZERO + 0.5).to(torch.int32).to(torch.uint8)
        sums = _product(levels, self.packed, self.scales, self.zeros)
        outputs = torch.addcmul(self.bias, sums, largest / LEVELS)
        return outputs.view(*inputs.shape[:-1], -1)


class QuantizedOutput(QuantizedLinear):
    """An output layer, of which a part of the outputs can be had alone."""

    def __init__(self, levels: Tensor, scales: Tensor, bias: Tensor) -> None:
        super().__init__(levels, scales, bias)
        self.levels = levels

    def part(self, outputs: Tensor) -> QuantizedLinear:
        """Return the layer of these outputs, by number (any,)."""
        return QuantizedLinear(self.levels[outputs], self.scales[outputs], self.bias[outputs])
