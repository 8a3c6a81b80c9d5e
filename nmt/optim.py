"""Optimisers, learning-rate schedules and the running average of the weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from nmt.config import TrainConfig
from nmt.errors import InputError


def _adam(parameters: list[nn.Parameter], config: TrainConfig) -> torch.optim.Optimizer:
    """Adam (Kingma and Ba, 2015)."""
    return torch.optim.Adam(
        parameters, config.learning_rate, config.betas, weight_decay=config.weight_decay, fused=True
    )


def _adamw(parameters: list[nn.Parameter], config: TrainConfig) -> torch.optim.Optimizer:
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""
    return torch.optim.AdamW(
        parameters, config.learning_rate, config.betas, weight_decay=config.weight_decay, fused=True
    )


def _sgd(parameters: list[nn.Parameter], config: TrainConfig) -> torch.optim.Optimizer:
    """Stochastic gradient descent, with momentum if asked."""
    return torch.optim.SGD(
        parameters, config.learning_rate, config.momentum, weight_decay=config.weight_decay, fused=True
    )


OPTIMIZERS: dict[str, Callable[[list[nn.Parameter], TrainConfig], torch.optim.Optimizer]] = {
    "adam": _adam,
    "adamw": _adamw,
    "sgd": _sgd,
}


def build_optimizer(parameters: Iterable[nn.Parameter], config: TrainConfig) -> torch.optim.Optimizer:
    """Return the optimiser of the config; raises InputError naming the choices."""
    if config.optimizer not in OPTIMIZERS:
        raise InputError(f"unknown optimizer {config.optimizer!r}; choose one of: {', '.join(OPTIMIZERS)}")
    return OPTIMIZERS[config.optimizer](list(parameters), config)


# The share of a training that its warm-up takes at most: a few epochs of a small corpus have fewer updates than it.
_LONGEST_WARMUP = 0.3


# A schedule gives the share of the peak learning rate at an update after warm-up; progress is the share of the
# training done, from 0 to 1.
def _constant(_step: int, _progress: float, _config: TrainConfig) -> float:
    return 1.0


def _cosine(step: int, progress: float, config: TrainConfig) -> float:
    """Half a cosine from the end of the warm-up down to nothing at the end (Loshchilov and Hutter, 2017)."""
    # How far the training was then is told by its pace: it may be by pairs read, and differs from update to update.
    start = min(_LONGEST_WARMUP, progress * config.warmup_steps / step)
    return (1 + math.cos(math.pi * (min(progress, 1.0) - start) / (1 - start))) / 2


def _inverse_sqrt(step: int, progress: float, config: TrainConfig) -> float:
    """The inverse square root of the update, 1 at the end of the warm-up (Vaswani et al., 2017)."""
    share = max(config.warmup_steps, 1) / max(step, config.warmup_steps, 1)
    if config.warmup_steps and progress > 0:
        share = min(share, _LONGEST_WARMUP / progress)
    return math.sqrt(share)


SCHEDULES: dict[str, Callable[[int, float, TrainConfig], float]] = {
    "constant": _constant,
    "cosine": _cosine,
    "inverse_sqrt": _inverse_sqrt,
    "plateau": _constant,
}
_PLATEAU_FACTOR = 0.5


class Schedule:
    """The learning rate of every update: linear warm-up, then the config's schedule.

    The warm-up is shortened where it would take more than three tenths of the training.
    """

    def __init__(self, config: TrainConfig) -> None:
        if config.schedule not in SCHEDULES:
            raise InputError(f"unknown schedule {config.schedule!r}; choose one of: {', '.join(SCHEDULES)}")
        self._config = config
        self.reductions = 0

    def rate(self, step: int, progress: float) -> float:
        """Return the learning rate of update number step, counted from 1, at a share of the training done."""
        config = self._config
        if config.warmup_steps:
            risen = max(step / config.warmup_steps, progress / _LONGEST_WARMUP)
            if risen <= 1:
                return config.learning_rate * risen
        share = SCHEDULES[config.schedule](step, progress, config) * _PLATEAU_FACTOR**self.reductions
        return max(config.learning_rate * share, min(config.min_learning_rate, config.learning_rate))

    def validated(self, improved: bool) -> None:
        """Take note of a validation; a plateau schedule halves the rate when it brought nothing better."""
        if self._config.schedule == "plateau" and not improved:
            self.reductions += 1


class MovingAverage:
    """An exponential moving average of the weights (Polyak and Juditsky, 1992), short-sighted at the start."""

    def __init__(self, model: nn.Module, averaged: nn.Module, decay: float) -> None:
        """averaged: a copy of the model that is not trained, whose weights become the average"""
        self._live: list[Tensor] = list(model.parameters())
        self._average: list[Tensor] = list(averaged.parameters())
        self._decay = decay

    def update(self, step: int) -> None:
        """Move towards the model's weights after update number step."""
        decay = min(self._decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(self._average, self._live, 1 - decay)


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the optimiser's state as named tensors, which go on changing with it: `{parameter number}.{name}`."""
    return {
        f"{number}.{name}": value.detach() if isinstance(value, Tensor) else torch.tensor(float(value))
        for number, state in optimizer.state_dict()["state"].items()
        for name, value in state.items()
        if value is not None
    }


def load_optimizer_tensors(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put back the state that `optimizer_tensors` returned."""
    state: dict[int, dict[str, Any]] = {}
    for key, value in tensors.items():
        number, _, name = key.partition(".")
        state.setdefault(int(number), {})[name] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
