"""New layers on top of an encoder, which begin by adding nothing to what comes from below (Net2Net, Chen et al., 2016).

A recurrent layer cannot be made to pass on what it reads. But beside a residual connection it may begin as nothing:
drawn like any other, but for what its cells take in, which is zero, so that their states stay zero. That is what its
first update changes, since all gates are half open.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor

from nmt.cells import find_cell
from nmt.config import ModelConfig
from nmt.model import TranslationModel

_LAYER = re.compile(r"encoder\.layers\.(\d+)\.")


def may_deepen(asked: ModelConfig, before: ModelConfig) -> set[str]:
    """Return the settings that are asked for and that give a model's encoder layers which change nothing at first."""
    # A norm of nothing has no slope that one could learn by.
    if before.layer_norm or not (asked.encoder_residual or before.residual):
        return set()
    same = before.residual or before.encoder_residual or before.encoder_layers == 1
    deeper = asked.encoder_layers > before.encoder_layers
    gained = {"encoder_residual"} | ({"encoder_layers"} if deeper else set())
    return gained & asked.model_fields_set if same else set()


def new_layers(model: TranslationModel, layers: int) -> dict[str, Tensor]:
    """Return the named weights with which the layers of a model's encoder begin that are above the first so many."""
    cell = find_cell(model.config.cell)
    result = {}
    for name, drawn in model.named_parameters():
        if (layer := _LAYER.match(name)) and int(layer[1]) >= layers:
            weight = drawn.detach().clone()
            with torch.no_grad():
                weight.chunk(cell.gate_count)[cell.candidate].zero_()
            result[name] = weight
    return result
