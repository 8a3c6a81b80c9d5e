"""Models loaded to translate with: one, or several that vote, on a device and in a precision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from nmt.config import SearchConfig
from nmt.device import choose_precision
from nmt.errors import InputError
from nmt.model import TranslationModel
from nmt.model_description import ModelDescription, read_search_config
from nmt.model_directory import LoadedModel, read_model, read_shortlist
from nmt.quantized import weight_levels
from nmt.shortlist import Shortlist
from nmt.tokenizer import TokenizerPair


class ModelBundle(NamedTuple):
    """Models that vote, and what is needed beside them to translate."""

    models: Sequence[TranslationModel]
    tokenizers: TokenizerPair
    description: ModelDescription
    search: SearchConfig
    shortlist: Shortlist | None = None


def load_bundle(directories: Sequence[str | Path], precision: str, device: torch.device) -> ModelBundle:
    """Load models that vote, in evaluation mode; precision: see Translator.load.

    Raises InputError where a directory holds no model, or models do not go together.
    """
    if not directories:
        raise InputError("no model directory given; name at least one")
    eight_bits = _takes_eight_bits(precision, device)
    dtype = choose_precision("auto" if eight_bits else precision, device)
    read = _read_ensemble(directories)
    for each in read:
        if eight_bits:
            each.model.quantize()
        each.model.to(device, dtype)
    models, first = [each.model for each in read], Path(directories[0])
    tokenizers, description = read[0].tokenizers, read[0].description
    # A GPU multiplies the whole vocabulary in no time.
    shortlist = read_shortlist(first, description) if device.type == "cpu" else None
    return ModelBundle(models, tokenizers, description, read_search_config(first, description), shortlist)


def _read_ensemble(directories: Sequence[str | Path]) -> list[LoadedModel]:
    """Return models that vote; raises InputError where they go different ways or have different vocabularies."""
    read = [read_model(Path(each)) for each in directories]
    first = read[0].description.config.data
    for path, each in zip(directories[1:], read[1:], strict=True):
        data = each.description.config.data
        if (data.src, data.tgt) != (first.src, first.tgt):
            found = f"{path} translates from {data.src!r} to {data.tgt!r}, {directories[0]} from {first.src!r} to"
            raise InputError(f"{found} {first.tgt!r}; the models of an ensemble go the same way")
        if each.tokenizers.files() != read[0].tokenizers.files():
            raise InputError(f"{path} has another vocabulary than {directories[0]}; an ensemble shares one")
    return read


def _takes_eight_bits(precision: str, device: torch.device) -> bool:
    """Say whether to decode with 8-bit weights; auto takes them where the CPU multiplies them."""
    able = device.type == "cpu" and weight_levels() > 0
    if precision == "int8" and not able:
        raise InputError(f"precision int8 does not run on this {device.type}; choose fp32, bf16 or auto")
    return able and precision in ("auto", "int8")
