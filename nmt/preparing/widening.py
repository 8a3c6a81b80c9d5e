"""Weights of a model for a wider one, which translates as it does and learns from there (Net2Net, Chen et al., 2016).

Wider are layers with more units, or inputs with something more beside them: a lexical shortcut, a second attention. A
new unit begins as it is drawn and reads all there is; what was there before reads nothing of it, by weights of zero,
which learn from the first update on. So no unit has a twin, and none needs noise to part from it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import accumulate

import torch
from torch import Tensor

from nmt.config import ModelConfig
from nmt.model import TranslationModel

# An axis of a matrix: the widths of the blocks it is made of: gates, heads, or what an input holds side by side.
Axis = list[int]

# What a model may have more of than the one before.
SIZES = ("encoder_size", "decoder_size")
ADDED = ("lexical_shortcut", "second_attention")
_OWN_MATRICES = ("decoder.second_query.weight",)
# A new row here would match the new ones of the keys, and so change which words are read.
_QUERY = "decoder.attention.query.weight"
_LAYER = re.compile(r"(encoder|decoder)\.layers\.(\d+)\..*(weight_ih|weight_hh|bias)")


def may_widen(asked: ModelConfig, before: ModelConfig) -> set[str]:
    """Return the settings that are asked for and that a model can be widened by."""
    # The other attentions read states and embeddings through one context, which the layers above read too.
    multihead = before.attention == "multihead"
    added = {key for key in ADDED if getattr(asked, key) and (multihead or key != "lexical_shortcut")}
    # A norm's mean is of old and new units together, and a residual connection of an encoder asks for one width.
    grows = multihead and not (before.layer_norm or before.residual)
    sizes = {key for key in SIZES if grows and getattr(asked, key) > getattr(before, key)}
    return (added | sizes) & asked.model_fields_set


def widened(weights: Mapping[str, Tensor], before: ModelConfig, model: TranslationModel) -> dict[str, Tensor]:
    """Return the named weights of a model of a config, before, for another model, which may be wider by `may_widen`."""
    result, wanted = dict(weights), dict(model.named_parameters())
    with torch.no_grad():
        for name, drawn in wanted.items():
            if name in _OWN_MATRICES and name not in weights:
                result[name] = drawn.clone()
            elif name in weights and weights[name].shape != drawn.shape:
                result[name] = _within(drawn, name, weights[name], before, model.config)
    return result


def _within(drawn: Tensor, name: str, weight: Tensor, before: ModelConfig, after: ModelConfig) -> Tensor:
    """Return a weight as part of a larger one; as it is where it is none."""
    axes = [_axes(name, each, shape) for each, shape in ((before, weight.shape), (after, drawn.shape))]
    pairs = list(zip(*axes, strict=True))
    if not pairs or any(old > new for pair in pairs for old, new in zip(*pair, strict=False)):
        return weight
    places = [_places(*pair) for pair in pairs]
    result = torch.zeros_like(drawn) if name == _QUERY else drawn.clone()
    # Scores are divided by the root of a head's width.
    factor = math.sqrt(after.encoder_size / before.encoder_size) if name == _QUERY else 1.0
    result[places[0]] = 0
    result[torch.meshgrid(places, indexing="ij")] = weight.to(result) * factor
    return result


def _places(before: Axis, after: Axis) -> Tensor:
    """Return where on an axis the numbers of another are whose blocks are shorter, or fewer."""
    begins = accumulate(after, initial=0)
    return torch.cat([begin + torch.arange(width) for begin, width in zip(begins, before, strict=False)])


def _axes(name: str, config: ModelConfig, shape: torch.Size) -> list[Axis]:
    """Return the axes of a weight of a model, its rows first."""
    directions = 2 * [config.encoder_size // 2]
    embedding, decoder = [config.embedding_size], [config.decoder_size]
    source = directions + embedding * config.lexical_shortcut
    multihead = config.attention == "multihead"
    context = config.heads * [config.encoder_size // config.heads] if multihead else source
    if layer := _LAYER.match(name):
        part, number, kind = layer[1], int(layer[2]), layer[3]
        if part == "encoder":
            unit, inputs = directions[:1], directions if number else embedding
        else:
            bottom = embedding * (1 + config.input_feeding)
            unit, inputs = decoder, [bottom, decoder + context, decoder][min(number, 2)]
        rows = unit * (shape[0] // unit[0])
        return {"weight_ih": [rows, inputs], "weight_hh": [rows, unit], "bias": [rows]}[kind]
    bridge = decoder * config.decoder_layers
    return {
        _QUERY: [context, decoder],
        "decoder.attention.key_value.weight": [2 * context, source],
        "decoder.second_query.weight": [decoder, decoder],
        "decoder.bridge.weight": [bridge, directions],
        "decoder.bridge.bias": [bridge],
        # What a second attention adds stands last.
        "decoder.readout.weight": [embedding, decoder + context + embedding + context * config.second_attention],
    }.get(name, [])
