"""The mean of two models: where one went on from the other, often better than both (Wortsman et al., 2022).

Not the best of the later ones by its own validation, but where its training ended: of that the mean may be better than
both also where it is worse than the earlier one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from lab.measuring import say
from nmt.checkpoint import load_checkpoint
from nmt.durable import write_folder
from nmt.errors import FailureError, InputError
from nmt.model_directory import read_model, without_ties
from nmt.model_files import MOST_BYTES, WEIGHTS, open_model
from nmt.preparing.growing import grown
from nmt.weights import weights_file


def write_mean(before: Path, after: Path, output: Path, share: float = 0.5) -> None:
    """Write a model directory with the mean of two models' weights, and what else the later one has.

    share: of the earlier one's weights in the mean

    What only the later one has counts in the earlier as it is when a training begins with it. Raises InputError where
    they do not have the same weights by name and shape, or the same vocabulary.
    """
    earlier, its_tokenizers, _ = read_model(before)
    later, tokenizers, _ = read_model(after)
    if its_tokenizers.files() != tokenizers.files():
        raise InputError(f"{before} has another vocabulary than {after}; a mean is of models that share one")
    weights = dict(later.named_parameters())
    others = grown(dict(earlier.named_parameters()), earlier.config, later)
    if {name: each.shape for name, each in weights.items()} != {name: each.shape for name, each in others.items()}:
        raise InputError(f"{before} has weights of other shapes than {after}; a mean is of models of one config")
    with torch.no_grad():
        for name, weight in weights.items():
            weight.lerp_(others[name], share)
    _write_with(without_ties(weights), after, output)


def write_end(run: Path, output: Path) -> None:
    """Write a model directory with the weights that a run's training has come to, and what else its model has.

    Those are the averaged ones where it averages. Raises FailureError where it has no intact checkpoint.
    """
    checkpoint = load_checkpoint(run, say)
    if checkpoint is None:
        raise FailureError(f"no checkpoint in {run}: where its training ended is not known")
    tensors = checkpoint.tensors
    _write_with(tensors.get("average", tensors["weights"]), run, output)


def _write_with(weights: Mapping[str, Tensor], model: Path, output: Path) -> None:
    with open_model(model) as files:
        contents = {name: files.read(name) for name in MOST_BYTES if files.exists(name)}
    contents[WEIGHTS] = weights_file(weights, "fp32")
    write_folder(output, contents)
