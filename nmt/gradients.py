"""The gradient of an update: of its batches one after the other, and of the processes that share them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from nmt.batches import Batch
from nmt.config import TrainConfig
from nmt.device import is_out_of_memory, mixed_precision
from nmt.errors import FailureError
from nmt.group import Group
from nmt.interrupt import Interrupt
from nmt.loss import cross_entropy
from nmt.model import TranslationModel
from nmt.signals import SIGNALS


@dataclass(frozen=True)
class Gradient:
    """What is known of the gradient that the weights now hold: nll in nats per target token, norm before clipping;
    signal: the number of one that some process was sent, and all are to stop for; complete: whether no process gave
    its share up for that signal."""

    nll: float
    norm: float
    signal: int | None
    complete: bool = True


class Gradients:
    """Forms the gradient of each update in the weights' `grad`, the same in every process of a group."""

    def __init__(self, model: TranslationModel, config: TrainConfig, dtype: torch.dtype, group: Group) -> None:
        """dtype: of the products"""
        self._model = model
        self._config = config
        self._dtype = dtype
        self._group = group
        self._weights = list(model.parameters())
        self._device = self._weights[0].device
        self._buffer: torch.Tensor | None = None
        if group.size > 1:
            # All gradients, then the nll, how many gave up, a count for each signal: one exchange tells everything.
            self._extra = 2 + len(SIGNALS)
            total = sum(weight.numel() for weight in self._weights)
            self._buffer = torch.zeros(total + self._extra, device=self._device)
            self._join_buffer(self._buffer)

    def form(self, batches: Sequence[Batch], interrupt: Interrupt) -> Gradient:
        """Form the gradient of an update's batches, of each of which every process of the group takes its share.

        interrupt: of this process; without batches, it is for its sake that there are none. What is not complete
        is to be thrown away. Raises FailureError where memory runs out.
        """
        tokens = sum(batch.tgt_tokens for batch in batches)
        self._model.train()
        nll, complete = 0.0, bool(batches)
        for batch in batches:
            if interrupt.presses:
                complete = False
                break
            # Of batches of its own one process would take longer than another, and all wait for the slowest.
            share = batch.share(self._group.rank, self._group.size)
            if len(share.src_ids):
                nll += self._backward(share, tokens)
        nll, complete, signal = self._add_up(nll / max(tokens, 1), complete, interrupt.signal)
        return Gradient(nll, self._clip() if complete else math.nan, signal, complete)

    def clear(self) -> None:
        """Make ready for the next update."""
        if self._buffer is not None:
            self._buffer.zero_()
            return
        for weight in self._weights:
            weight.grad = None

    def _join_buffer(self, buffer: torch.Tensor) -> None:
        """Let every gradient be a part of one buffer, so that nothing is copied for an exchange."""
        start = 0
        for weight in self._weights:
            weight.grad = buffer[start : start + weight.numel()].view_as(weight)
            start += weight.numel()

    def _backward(self, batch: Batch, tokens: int) -> float:
        """Add the gradient of a batch's share of the loss; returns its negative log-likelihood, summed."""
        config = self._config
        passes = 2 if config.consistency > 0 else 1
        try:
            moved = batch.to(self._device)
            with mixed_precision(self._device, self._dtype):
                features = self._model(
                    moved.src_ids.repeat(passes, 1),
                    moved.src_lengths.repeat(passes),
                    moved.tgt_in.repeat(passes, 1),
                ).features
                targets = moved.tgt_out.repeat(passes, 1)
                output = self._model.output
                loss = cross_entropy(features, targets, output, config.label_smoothing, config.consistency)
            (loss.total / (tokens * passes)).backward()  # type: ignore[no-untyped-call]
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                raise FailureError(
                    f"out of memory in a batch of {batch.shape()}; lower train.batch_tokens (now "
                    f"{config.batch_tokens}); the last checkpoint is intact (data.max_length takes a new run)"
                ) from None
            raise
        return loss.nll / passes

    def _add_up(self, nll: float, complete: bool, signal: int | None) -> tuple[float, bool, int | None]:
        """Add gradients and nll over the group; returns the nll, whether no process gave up, and the signal that any
        was sent."""
        if self._buffer is None:
            return nll, complete, signal
        marks = [float(number == signal) for number in SIGNALS]
        self._buffer[-self._extra :] = torch.tensor([nll, float(not complete), *marks])
        self._group.add(self._buffer)
        nll, lacking, *counts = self._buffer[-self._extra :].tolist()
        told = [int(number) for number, count in zip(SIGNALS, counts, strict=True) if count > 0]
        return nll, lacking == 0, max(told, default=None)

    def _clip(self) -> float:
        limit = self._config.clip_norm or math.inf
        return float(torch.nn.utils.clip_grad_norm_(self._weights, limit, foreach=True))
