"""What a training is at one moment: weights, averaged weights, optimiser, schedule, counters; saved and taken up."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from nmt.checkpoint import Checkpoint, check_origin, load_checkpoint, save_checkpoint
from nmt.config import TrainConfig
from nmt.model import TranslationModel
from nmt.model_directory import read_model
from nmt.optim import MovingAverage, Schedule, build_optimizer, load_optimizer_tensors, optimizer_tensors
from nmt.preparing.growing import grown
from nmt.progress import Progress
from nmt.weights import load_weights

logger = logging.getLogger(__name__)


class TrainingState:
    """All of a training that a checkpoint holds.

    model: what is trained; averaged: what is validated and translates, the model itself where nothing is averaged
    """

    def __init__(self, model: TranslationModel, config: TrainConfig) -> None:
        """model: on its device, with its first values"""
        self.model = model
        self.averaged = _copy(model) if config.ema else model
        self._average = MovingAverage(model, self.averaged, config.ema) if config.ema else None
        self.optimizer = build_optimizer(model.parameters(), config)
        self.schedule = Schedule(config)
        self.progress = Progress()

    def average(self, step: int) -> None:
        """Move the averaged weights after update number step."""
        if self._average is not None:
            self._average.update(step)

    def start_from(self, path: Path) -> None:
        """Take over the weights of a model that was trained before.

        Raises InputError where it cannot be read or is of another size.
        """
        before = read_model(path).model
        weights = grown(dict(before.named_parameters()), before.config, self.model)
        self._load(weights, weights, path)
        logger.info("starting from the weights of %s", path)

    def save(self, directory: Path, origin: Mapping[str, str], keep: int) -> None:
        """Write a checkpoint and drop all but the newest `keep`; origin: see `Run.origin`.

        Raises FailureError where it cannot be written; older checkpoints are then untouched.
        """
        tensors = {"weights": _named(self.model), "optimizer": optimizer_tensors(self.optimizer)}
        if self._average is not None:
            tensors["average"] = _named(self.averaged)
        self.progress.reductions = self.schedule.reductions
        counters = self.progress.to_json()
        step = counters.pop("step")
        save_checkpoint(directory, Checkpoint(step, tensors, {**counters, **origin}), keep)

    def resume(self, directory: Path, origin: Mapping[str, str]) -> bool:
        """Take up the newest intact checkpoint of a directory; returns whether there is one.

        Raises InputError where it learned from something else than origin, FailureError where none is intact.
        """
        checkpoint = load_checkpoint(directory, logger.warning)
        if checkpoint is None:
            return False
        check_origin(directory, checkpoint.counters, origin)
        counters = {name: value for name, value in checkpoint.counters.items() if name not in origin}
        weights = checkpoint.tensors["weights"]
        self._load(weights, checkpoint.tensors["average"] if self._average is not None else weights, directory)
        load_optimizer_tensors(self.optimizer, checkpoint.tensors["optimizer"])
        self.progress = Progress.from_json(checkpoint.step, counters)
        self.schedule.reductions = self.progress.reductions
        return True

    def forget_optimizer(self) -> None:
        """Give back the memory of the optimiser's moments, once the last checkpoint is written."""
        self.optimizer.state.clear()

    def _load(self, weights: Mapping[str, Tensor], average: Mapping[str, Tensor], path: Path) -> None:
        load_weights(self.model, weights, str(path))
        if self._average is not None:
            load_weights(self.averaged, average, str(path))


def _copy(model: TranslationModel) -> TranslationModel:
    """Return a copy that is not trained, the weights of each recurrent layer in one piece, as cuDNN wants them."""
    copied = copy.deepcopy(model).requires_grad_(False)
    for module in copied.modules():
        if isinstance(module, nn.RNNBase):
            module.flatten_parameters()
    return copied


def _named(model: nn.Module) -> dict[str, Tensor]:
    return {name: weight.detach().contiguous().cpu() for name, weight in model.named_parameters()}
