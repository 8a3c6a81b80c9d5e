"""A model for one that has more than it: wider layers, parts beside them, or layers on top of its encoder.

It translates as the one before, and learns from there.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from nmt.config import ModelConfig
from nmt.model import TranslationModel
from nmt.preparing.deepening import may_deepen, new_layers
from nmt.preparing.widening import may_widen, widened


def may_gain(asked: ModelConfig, before: ModelConfig) -> set[str]:
    """Return the settings that are asked for and that a model can grow by."""
    return may_widen(asked, before) | may_deepen(asked, before)


def grown(weights: Mapping[str, Tensor], before: ModelConfig, model: TranslationModel) -> dict[str, Tensor]:
    """Return the named weights of a model of a config, before, for another model, which may have more by `may_gain`."""
    return widened(weights, before, model) | new_layers(model, before.encoder_layers)
