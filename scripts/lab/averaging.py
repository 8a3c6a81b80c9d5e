"""The mean of two models: where one went on from the other, often better than both (Wortsman et al., 2022)."""

from __future__ import annotations

from pathlib import Path

import torch

from nmt.durable import write_folder
from nmt.errors import InputError
from nmt.model_directory import read_model, without_ties
from nmt.model_files import MOST_BYTES, WEIGHTS, open_model
from nmt.preparing.starting import widened
from nmt.weights import weights_file


def write_mean(before: Path, after: Path, output: Path, share: float = 0.5) -> None:
    """Write a model directory with the mean of two models' weights, and what else the later one has.

    share: of the earlier one's weights in the mean

    A lexical shortcut that only the later one has counts as zeros in the earlier. Raises InputError where they
    do not have the same weights by name and shape, or the same vocabulary.
    """
    earlier, its_tokenizers, _ = read_model(before)
    later, tokenizers, _ = read_model(after)
    if its_tokenizers.files() != tokenizers.files():
        raise InputError(f"{before} has another vocabulary than {after}; a mean is of models that share one")
    weights, others = dict(later.named_parameters()), widened(dict(earlier.named_parameters()), later)
    if {name: each.shape for name, each in weights.items()} != {name: each.shape for name, each in others.items()}:
        raise InputError(f"{before} has weights of other shapes than {after}; a mean is of models of one config")
    with torch.no_grad():
        for name, weight in weights.items():
            weight.lerp_(others[name], share)
    with open_model(after) as files:
        contents = {name: files.read(name) for name in MOST_BYTES if files.exists(name)}
    contents[WEIGHTS] = weights_file(without_ties(weights), "fp32")
    write_folder(output, contents)
