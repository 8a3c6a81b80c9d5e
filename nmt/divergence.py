"""Watching for a training that goes astray: gradients that are no numbers, a loss that explodes."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

from nmt.config import TrainConfig
from nmt.errors import FailureError
from nmt.progress import Progress

logger = logging.getLogger(__name__)

# A training diverges when its loss, averaged over some updates, is this far above its lowest, in nats a token; a
# single update is left out, where the config asks for that, when it is so far above the average.
_DIVERGED = 2.0
_SMOOTHING = 0.98
# So many updates have a mean that is worth something: a first batch of short sentences alone may have a low loss.
_ENOUGH = 20
# So many updates left out one after the other are no accident any more.
_MOST_IN_ROW = 50


class DivergenceWatch:
    """Decides by the config whether an update is applied, left out, or the end of the training.

    It knows only what all processes of a group know, so all decide alike.
    """

    def __init__(self, progress: Progress, config: TrainConfig, last_saved: Callable[[], str]) -> None:
        """progress: its counters are kept up to date; last_saved: names the update of the newest checkpoint"""
        self._progress = progress
        self._skips = config.divergence == "skip"
        self._last_saved = last_saved

    def accepts(self, step: int, nll: float, norm: float) -> bool:
        """Say whether update number step is to be applied, by its nll in nats a token and its gradient's norm.

        What is left out is logged. Raises FailureError where the training is to stop, or nothing but such updates
        comes.
        """
        fault = self._fault(step, nll, norm)
        if fault is None:
            self._progress.skipped_in_row = 0
            return True
        if not self._skips:
            advice = "lower train.learning_rate or train.clip_norm, or set train.divergence=skip"
            raise FailureError(f"training diverged: update {step} {fault}; {advice}; {self._saved()}")
        self._progress.skipped += 1
        self._progress.skipped_in_row += 1
        logger.warning("update %d %s: skipped (%d so far)", step, fault, self._progress.skipped)
        if self._progress.skipped_in_row >= _MOST_IN_ROW:
            raise FailureError(
                f"training diverged: {_MOST_IN_ROW} updates in a row had to be skipped, up to update {step}; lower "
                f"train.learning_rate or train.clip_norm; {self._saved()}"
            )
        return False

    def follow(self, step: int, nll: float) -> None:
        """Take note of the loss of an applied update; raises FailureError when the mean climbed far."""
        progress = self._progress
        count = self._followed(step)
        before = nll if progress.loss is None else progress.loss
        # At the start the plain mean: else the first loss would count for as much as the next fifty.
        progress.loss = before + max(1 - _SMOOTHING, 1 / count) * (nll - before)
        if count < _ENOUGH:
            return
        progress.lowest = progress.loss if progress.lowest is None else min(progress.loss, progress.lowest)
        if progress.loss > progress.lowest + _DIVERGED:
            raise FailureError(
                f"training diverged: the loss climbed from {progress.lowest:.2f} to {progress.loss:.2f} nats a "
                f"token by update {step}; lower train.learning_rate; {self._saved()}"
            )

    def _followed(self, step: int) -> int:
        """Return how many updates were applied, if update number step is."""
        return max(step - self._progress.skipped, 1)

    def _fault(self, step: int, nll: float, norm: float) -> str | None:
        if not (math.isfinite(nll) and math.isfinite(norm)):
            return f"has loss {nll:.4g} and gradient norm {norm:.4g}"
        mean = self._progress.loss
        judged = self._skips and self._followed(step) > _ENOUGH
        if judged and mean is not None and nll > mean + _DIVERGED:
            return f"has loss {nll:.2f}, far above the mean of {mean:.2f} nats a token"
        return None

    def _saved(self) -> str:
        return f"the last good checkpoint is of update {self._last_saved()}"
