"""The training loop: teacher forcing and backpropagation through time (Werbos, 1990), validation, saving."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from nmt.batches import Batch, BatchStream, Position
from nmt.checkpoint import (
    Checkpoint,
    list_checkpoints,
    load_checkpoint,
    load_weights,
    read_model,
    save_checkpoint,
    write_model,
)
from nmt.device import choose_device, choose_precision, mixed_precision, release_memory, set_threads
from nmt.durable import write_atomically
from nmt.errors import FailureError, InputError
from nmt.interrupt import Interrupt
from nmt.loss import cross_entropy
from nmt.model import TranslationModel
from nmt.model_card import model_card
from nmt.optim import (
    MovingAverage,
    Schedule,
    build_optimizer,
    load_optimizer_tensors,
    optimizer_tensors,
)
from nmt.prepare import Run
from nmt.report import TrainingReport, Update
from nmt.validation import Validator

logger = logging.getLogger(__name__)

# A training diverges when its loss, averaged over some updates, is this far above its lowest, in nats a token.
_DIVERGED = 2.0
_SMOOTHING = 0.98
# Updates between calls that give freed memory back.
_RELEASE_EVERY = 25


@dataclass
class Progress:
    """The counters of a training; with the tensors they are all a resumed run needs."""

    step: int = 0
    position: Position = field(default_factory=Position)
    best: float | None = None
    best_step: int = 0
    worse: int = 0
    reductions: int = 0
    loss: float | None = None
    lowest: float | None = None
    skipped: int = 0
    validated: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, step: int, tree: dict[str, Any]) -> Progress:
        return cls(step=step, position=Position(**tree.pop("position")), **tree)


class Trainer:
    """Trains the model of a run directory, from its newest checkpoint on."""

    def __init__(self, run: Run) -> None:
        config = run.config.train
        self._run = run
        self._config = config
        self._threads = set_threads(config.threads)
        self._device = choose_device(config.device)
        self._dtype = choose_precision(config.precision, self._device)
        model = TranslationModel(run.config.model, len(run.tokenizers.src), len(run.tokenizers.tgt))
        model.initialize(config.seed)
        self._model = model.to(self._device)
        # The averaged model is the one that is validated and saved for translating.
        self._averaged = copy.deepcopy(self._model).requires_grad_(False) if config.ema else self._model
        self._average = MovingAverage(self._model, self._averaged, config.ema) if config.ema else None
        self._optimizer = build_optimizer(self._model.parameters(), config)
        self._schedule = Schedule(config)
        self._progress = Progress()
        self._validator = Validator(run.dev, run.tokenizers, run.config, self._device)
        self._restore()

    @property
    def finished(self) -> bool:
        """Whether a limit of the config is reached and the model there is validated."""
        return self._limit_reached and self._progress.validated == self._progress.step

    @property
    def _limit_reached(self) -> bool:
        config, progress = self._config, self._progress
        return (
            (0 < config.max_steps <= progress.step)
            or (0 < config.max_epochs <= progress.position.epoch)
            or (0 < config.patience <= progress.worse)
        )

    def train(self) -> int | None:
        """Train to the end; returns None, or the number of the signal that stopped it after saving.

        Raises FailureError for a diverging loss or a full disk; the last good checkpoint is then intact.
        """
        if self.finished:
            logger.info("this training is finished after %d updates; nothing to do", self._progress.step)
            if not (self._run.directory / "README.md").is_file():
                self._conclude()
            return None
        self._describe()
        with Interrupt() as interrupt, self._bar() as bar:
            self._loop(interrupt, TrainingReport(self._run.directory, bar, self._progress.step))
        if interrupt.signal:
            logger.info("stopped after %d updates, saved; the same command goes on", self._progress.step)
            return interrupt.signal
        self._conclude()
        return None

    def _loop(self, interrupt: Interrupt, report: TrainingReport) -> None:
        config, progress = self._config, self._progress
        updates = self._updates()
        while not self.finished and not interrupt.signal:
            if not self._limit_reached:
                batches, position = next(updates)
                self._update(batches, position, report)
            if self._limit_reached or progress.step % config.eval_every == 0:
                self._validate(report)
                self._save()
            elif interrupt.signal or progress.step % config.save_every == 0:
                self._save()
            if progress.step % _RELEASE_EVERY == 0:
                release_memory()

    def _updates(self) -> Iterator[tuple[list[Batch], Position]]:
        """Yield the batches of each update and the position after them."""
        config = self._config
        stream = BatchStream(
            self._run.train,
            self._run.tokenizers,
            config.batch_tokens,
            self._run.config.tokenizer.sampling,
            config.seed,
        ).iterate(self._progress.position)
        while group := list(islice(stream, config.accumulate)):
            yield [batch for batch, _ in group], group[-1][1]

    def _update(self, batches: list[Batch], position: Position, report: TrainingReport) -> None:
        progress = self._progress
        step = progress.step + 1
        # Dropout follows from the seed and the update alone, so a resumed run draws the same masks.
        torch.manual_seed(self._config.seed * 1_000_003 + step)
        share = self._share_done()
        rate = self._schedule.rate(step, share)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        tokens = sum(batch.tgt_tokens for batch in batches)
        self._model.train()
        nll = sum(self._backward(batch, tokens) for batch in batches) / tokens
        norm = self._clip()
        if math.isfinite(nll) and math.isfinite(norm):
            self._optimizer.step()
        else:
            self._not_finite(step, nll, norm)
        self._optimizer.zero_grad(set_to_none=True)
        if self._average is not None:
            self._average.update(step)
        progress.step, progress.position = step, position
        if math.isfinite(nll):
            self._watch(nll)
        report.update(Update(step, position.epoch, nll, norm, rate, share), batches, self._config.log_every)

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
            if isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(error):
                raise FailureError(
                    f"out of memory in a batch of {batch.shape()}; lower train.batch_tokens (now "
                    f"{config.batch_tokens}) or data.max_length; the last checkpoint is intact"
                ) from None
            raise
        return loss.nll / passes

    def _clip(self) -> float:
        limit = self._config.clip_norm or math.inf
        return float(torch.nn.utils.clip_grad_norm_(self._model.parameters(), limit, foreach=True))

    def _not_finite(self, step: int, nll: float, norm: float) -> None:
        what = f"update {step} has loss {nll:.4g} and gradient norm {norm:.4g}"
        if self._config.divergence == "stop":
            raise FailureError(
                f"training diverged: {what}; lower train.learning_rate or train.clip_norm, or set "
                f"train.divergence=skip; the last good checkpoint is of update {self._last_saved()}"
            )
        self._progress.skipped += 1
        logger.warning("%s: skipped (%d so far)", what, self._progress.skipped)

    def _watch(self, nll: float) -> None:
        """Stop when the averaged loss has climbed far above its lowest."""
        progress = self._progress
        before = nll if progress.loss is None else progress.loss
        progress.loss = _SMOOTHING * before + (1 - _SMOOTHING) * nll
        progress.lowest = min(progress.loss, progress.lowest or progress.loss)
        if progress.loss > progress.lowest + _DIVERGED:
            raise FailureError(
                f"training diverged: the loss climbed from {progress.lowest:.2f} to {progress.loss:.2f} nats a "
                f"token by update {progress.step}; lower train.learning_rate; the last good checkpoint is of "
                f"update {self._last_saved()}"
            )

    def _validate(self, report: TrainingReport) -> None:
        progress = self._progress
        score = self._validator.validate(self._averaged, self._dtype)
        value = -score.loss if self._config.select == "loss" or score.bleu is None else score.bleu
        improved = progress.best is None or value > progress.best
        if improved:
            progress.best, progress.best_step, progress.worse = value, progress.step, 0
            self._write_model()
        else:
            progress.worse += 1
        self._schedule.validated(improved)
        progress.validated = progress.step
        report.validation(progress.step, score, improved)

    def _write_model(self) -> None:
        run = self._run
        weights = dict(self._averaged.named_parameters())
        write_model(run.directory, run.description, run.tokenizers, weights)

    def _conclude(self) -> None:
        """Score the best model with the config's beam and write the model card."""
        best, _, _ = read_model(self._run.directory)
        beam = self._run.config.search.beam_size
        score = self._validator.validate(best.to(self._device), self._dtype, beam)
        logger.info("best model, of update %d: %s", self._progress.best_step, score)
        card = model_card(self._run.description, self._progress.best_step, score)
        write_atomically(self._run.directory / "README.md", card.encode())

    def _save(self) -> None:
        tensors = {
            "weights": _named(self._model),
            "optimizer": optimizer_tensors(self._optimizer),
        }
        if self._average is not None:
            tensors["average"] = _named(self._averaged)
        self._progress.reductions = self._schedule.reductions
        counters = self._progress.to_json()
        checkpoint = Checkpoint(counters.pop("step"), tensors, {**counters, "corpus": self._run.train.fingerprint})
        save_checkpoint(self._run.directory, checkpoint, self._config.keep)

    def _restore(self) -> None:
        directory = self._run.directory
        checkpoint = load_checkpoint(directory, logger.warning)
        if checkpoint is None:
            return
        counters = dict(checkpoint.counters)
        if counters.pop("corpus") != self._run.train.fingerprint:
            raise InputError(
                f"the training corpus changed since {directory} was trained on it; put it back, "
                "give another directory, or --overwrite to start again"
            )
        load_weights(self._model, checkpoint.tensors["weights"], directory)
        if self._average is not None:
            load_weights(self._averaged, checkpoint.tensors["average"], directory)
        load_optimizer_tensors(self._optimizer, checkpoint.tensors["optimizer"])
        self._progress = Progress.from_json(checkpoint.step, counters)
        self._schedule.reductions = self._progress.reductions
        logger.info("going on from update %d", checkpoint.step)

    def _last_saved(self) -> str:
        found = list_checkpoints(self._run.directory)
        return found[0].name.removeprefix("step_") if found else "none (nothing was saved yet)"

    def _share_done(self) -> float:
        """Return the share of the training done, by whichever limit comes first."""
        config, position = self._config, self._progress.position
        epochs = position.epoch + position.pairs / len(self._run.train)
        by_steps = self._progress.step / config.max_steps if config.max_steps else 0.0
        by_epochs = epochs / config.max_epochs if config.max_epochs else 0.0
        return max(by_steps, by_epochs)

    def _bar(self) -> tqdm[Any]:
        total = self._config.max_steps or None
        return tqdm(
            total=total,
            initial=self._progress.step,
            unit="update",
            disable=None,
            dynamic_ncols=True,
            leave=False,
        )

    def _describe(self) -> None:
        count = sum(weight.numel() for weight in self._model.parameters())
        kind = "bf16" if self._dtype == torch.bfloat16 else "fp32"
        logger.info("%s parameters on %s, %s, %d threads", f"{count:,}", self._device, kind, self._threads)


def _named(model: torch.nn.Module) -> dict[str, Tensor]:
    return {name: weight.detach().contiguous().cpu() for name, weight in model.named_parameters()}
