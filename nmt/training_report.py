"""What a training tells: a progress bar, lines in the log and in metrics.jsonl."""

from __future__ import annotations

import json
import logging
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tqdm import tqdm

from nmt.bars import shown
from nmt.batches import Batch
from nmt.config import TrainConfig
from nmt.durable import write_atomically
from nmt.errors import FailureError
from nmt.group import Group
from nmt.progress import Progress, Window
from nmt.validation import Validation

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Update:
    """One update: nll in nats per target token, norm of the gradient before clipping, learning rate, and the
    share of the training that was done before it."""

    step: int
    epoch: int
    nll: float
    norm: float
    rate: float
    share: float


class TrainingReport(Protocol):
    """What is told of a training."""

    def update(self, update: Update, batches: Sequence[Batch], every: int) -> None:
        """Take note of an update; tell the mean since the last line after every `every` updates."""

    def validation(self, step: int, score: Validation, improved: bool) -> None:
        """Tell a validation; improved: it is the best so far"""


class FullReport:
    """The report of a training: a progress bar, lines in the log and in metrics.jsonl."""

    def __init__(self, directory: Path, bar: tqdm[Any], step: int, window: Window) -> None:
        """step: updates already done; lines about later ones, of a run cut off, are dropped; window: of the loss,
        as a checkpoint left it, and kept up to date for the next"""
        self._path = directory / "metrics.jsonl"
        self._bar = bar
        self._window = window
        # Speed, other than the loss, is of this process alone.
        self._since = time.perf_counter()
        self._tokens = self._tgt_tokens = 0
        self._forget(step)

    def _forget(self, step: int) -> None:
        """Drop lines of updates after the checkpoint that a resumed run goes on from; without one, all of them."""
        if not self._path.is_file():
            return
        kept = []
        for line in self._path.read_bytes().split(b"\n"):
            try:
                if step and line and json.loads(line)["step"] <= step:
                    kept.append(line + b"\n")
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
        write_atomically(self._path, b"".join(kept))

    def update(self, update: Update, batches: Sequence[Batch], every: int) -> None:
        """Take note of an update; tell the mean since the last line after every `every` updates."""
        tgt_tokens = sum(batch.tgt_tokens for batch in batches)
        self._tgt_tokens += tgt_tokens
        self._tokens += tgt_tokens + sum(batch.src_tokens for batch in batches)
        if math.isfinite(update.nll):
            self._window.add(update.nll, tgt_tokens)
        self._bar.update()
        if update.step % every:
            return
        seconds, loss = time.perf_counter() - self._since, self._window.mean()
        values: dict[str, object] = {
            "step": update.step,
            "epoch": update.epoch,
            # JSON has no word for what is not finite.
            "loss": None if loss is None else round(loss, 4),
            "gradient_norm": round(update.norm, 4) if math.isfinite(update.norm) else None,
            "learning_rate": update.rate,
            "tokens_per_second": round(self._tokens / seconds),
            "tgt_tokens_per_second": round(self._tgt_tokens / seconds),
            "seconds": round(seconds, 2),
            "resident_mb": resident_megabytes(),
        }
        self._write(values)
        if update.share > 0:
            # Without max_steps the number of updates is only estimated; the time left follows from it.
            self._bar.total = round((update.step - 1) / update.share)
        self._bar.set_postfix_str(f"loss {values['loss']}, {values['tokens_per_second']} tokens/s")
        self._begin()
        if self._bar.disable and update.step % (every * 5) == 0:
            logger.info("update %d: %s", update.step, ", ".join(f"{k} {v}" for k, v in values.items() if k != "step"))

    def validation(self, step: int, score: Validation, improved: bool) -> None:
        """Tell a validation; improved: it is the best so far"""
        values = {
            "step": step,
            "valid_loss": round(score.loss, 4),
            "valid_perplexity": round(score.perplexity, 3),
        }
        if score.bleu is not None:
            values["valid_bleu"] = round(score.bleu, 2)
        self._write({**values, "best": improved})
        logger.info("update %d: %s%s", step, score, " (best so far)" if improved else "")
        # Validation is not training: its seconds do not count into tokens per second.
        self._begin()

    def _begin(self) -> None:
        self._window.clear()
        self._tokens = self._tgt_tokens = 0
        self._since = time.perf_counter()

    def _write(self, values: dict[str, object]) -> None:
        try:
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps(values) + "\n")
        except OSError as error:
            raise FailureError(f"cannot write {self._path}: {error.strerror}") from None


@contextmanager
def open_report(directory: Path, progress: Progress, config: TrainConfig, group: Group) -> Iterator[TrainingReport]:
    """Give the report of a training that goes on from its progress; of a group, the leader alone tells anything."""
    total, hidden = config.max_steps or None, not (group.leads and shown())
    with tqdm(
        desc="training", total=total, initial=progress.step, unit=" updates", disable=hidden, dynamic_ncols=True,
        leave=False, file=sys.stderr,
    ) as bar:  # fmt: skip
        yield FullReport(directory, bar, progress.step, progress.window) if group.leads else NoReport()


class NoReport:
    """The report of a process that does not lead its group: none."""

    def update(self, update: Update, batches: Sequence[Batch], every: int) -> None:
        """Say nothing."""

    def validation(self, step: int, score: Validation, improved: bool) -> None:
        """Say nothing."""


def resident_megabytes() -> int | None:
    """Return the memory this process holds, in MB, or None where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000
