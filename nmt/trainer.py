"""The training loop: teacher forcing and backpropagation through time (Werbos, 1990), validation, saving."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice

import torch

from nmt.agreement import check_agreement
from nmt.batches import Batch, BatchStream, Position
from nmt.checkpoint import list_checkpoints, set_aside
from nmt.device import choose_device, choose_precision, keep_kernels, release_memory, set_threads
from nmt.divergence import DivergenceWatch
from nmt.dropout import seed_dropout
from nmt.durable import write_atomically
from nmt.errors import counted
from nmt.gradients import Gradients
from nmt.group import Group
from nmt.interrupt import Interrupt, Interrupted
from nmt.model import TranslationModel
from nmt.model_card import remove_card, write_card
from nmt.model_description import ModelDescription, read_search_config
from nmt.model_directory import read_model, write_model
from nmt.model_files import CARD, GENERATION, SHORTLIST
from nmt.preparing.run import Run
from nmt.preparing.starting import model_path
from nmt.shortlist import learn_shortlist
from nmt.training_report import TrainingReport, Update, open_report
from nmt.training_state import TrainingState
from nmt.validation import Validator

logger = logging.getLogger(__name__)

# Kernels kept, one for each shape of a product. 24 would save 150 MB of 1.4 GB, and cost a small model a third of its
# speed: batches have many shapes.
_KERNELS = 256
# Updates between calls that give freed memory back.
_RELEASE_EVERY = 10


class Trainer:
    """Trains the model of a run directory, from its newest checkpoint on."""

    def __init__(self, run: Run, group: Group | None = None) -> None:
        """group: the processes that train together, whose other members run this same code"""
        config = run.config.train
        self._run = run
        self._config = config
        self._group = group or Group()
        keep_kernels(_KERNELS)
        self._threads = set_threads(self._group.threads(config.threads))
        self._device = self._group.device(choose_device(config.device))
        self._dtype = choose_precision(config.precision, self._device)
        self._group.connect(self._device)
        model = TranslationModel(run.config.model, len(run.tokenizers.src), len(run.tokenizers.tgt))
        model.initialize(config.seed)
        self._state = TrainingState(model.to(self._device), config)
        self._gradients = Gradients(self._state.model, config, self._dtype, self._group)
        self._validator = Validator(run.dev, run.tokenizers, run.config, self._device, self._group)
        self._take_up()
        self._progress = self._state.progress
        self._note_changes()
        self._watch = DivergenceWatch(self._progress, config, self._last_saved)
        self._interrupt = Interrupt(self._group.signal_grace)
        # The signal that all processes are to stop for.
        self._stop: int | None = None

    @property
    def finished(self) -> bool:
        """Whether a limit of the config is reached and the model there is validated."""
        return self._limit_reached and self._progress.validated == self._progress.step

    @property
    def _limit_reached(self) -> bool:
        return bool(self._limits_reached())

    def _limits_reached(self) -> list[str]:
        """Return the settings by which the training ends, as they are written; none before its end."""
        progress = self._progress
        done = {"max_steps": progress.step, "max_epochs": progress.position.epoch, "patience": progress.worse}
        limits = {key: getattr(self._config, key) for key in done}
        return [f"train.{key}={limit}" for key, limit in limits.items() if 0 < limit <= done[key]]

    @property
    def _validation_is_due(self) -> bool:
        progress = self._progress
        return progress.validated < progress.step and (
            self._limit_reached or progress.step % self._config.eval_every == 0
        )

    def train(self) -> int | None:
        """Train to the end; returns None, or the number of the signal that stopped it after saving.

        Raises FailureError for a diverging loss or a full disk; the last good checkpoint is then intact.
        """
        if self.finished:
            logger.info("this training is finished %s; nothing to do", self._ending())
            if self._lacks_card():
                self._conclude()
            return None
        self._describe()
        with self._interrupt, open_report(self._run.directory, self._progress, self._config, self._group) as report:
            self._loop(report)
            if not self._stop:
                self._stop = self._late_signal()
        if self._stop:
            logger.info("stopped after %d updates, saved; the same command goes on", self._progress.step)
            return self._stop
        logger.info("finished %s", self._ending())
        self._conclude()
        return None

    def _late_signal(self) -> int | None:
        """Return a signal that came to any process of the group since the last update, which noted those before."""
        found = [each for each in self._group.gather(str(self._interrupt.signal or "").encode()) if each]
        return int(found[0]) if found else None

    def _ending(self) -> str:
        return f"after {self._progress.step} updates, by {' and '.join(self._limits_reached())}"

    def _loop(self, report: TrainingReport) -> None:
        config, progress = self._config, self._progress
        if config.start_from and not progress.step:
            # What is made of a model may be worse than it was from the first validation on.
            self._validate(report)
        updates = self._updates()
        saved = progress.step
        while not self.finished and not self._stop:
            if self._validation_is_due:
                release_memory()
                self._validate(report)
                self._save()
                saved = progress.step
                continue
            self._update(*self._next(updates), report)
            if self._stop:
                break
            if progress.step % _RELEASE_EVERY == 0:
                release_memory()
            # Where many updates are left out the weights may be spoilt: the older checkpoints are better then.
            if progress.step % config.save_every == 0 and not self._validation_is_due and not progress.skipped_in_row:
                self._save()
                saved = progress.step
        if saved < progress.step:
            self._save()

    def _next(self, updates: Iterator[tuple[list[Batch], Position]]) -> tuple[list[Batch], Position]:
        """Return the batches of the next update; none where a signal came before they were made."""
        try:
            with self._interrupt.dropping():
                return next(updates)
        except Interrupted:
            return [], self._progress.position

    def _updates(self) -> Iterator[tuple[list[Batch], Position]]:
        """Yield the batches of each update, which all processes of the group share, and the position after them."""
        config = self._config
        stream = BatchStream(
            self._run.train,
            self._run.tokenizers,
            config.batch_tokens,
            self._run.config.tokenizer.sampling,
            config.seed,
        ).iterate(self._progress.position)
        while taken := list(islice(stream, config.accumulate * self._progress.batches)):
            yield [batch for batch, _ in taken], taken[-1][1]

    def _update(self, batches: list[Batch], position: Position, report: TrainingReport) -> None:
        progress = self._progress
        step = progress.step + 1
        seed_dropout(self._config.seed, step, self._group.rank)
        share = self._share_done()
        rate = self._state.schedule.rate(step, share)
        for group in self._state.optimizer.param_groups:
            group["lr"] = rate
        gradient = self._gradients.form(batches, self._interrupt)
        if not gradient.complete:
            # The weights and the place in the corpus are still those after the update before.
            self._gradients.clear()
            self._stop = gradient.signal
            return
        accepted = self._watch.accepts(step, gradient.nll, gradient.norm)
        if accepted:
            self._state.optimizer.step()
        self._gradients.clear()
        self._state.average(step)
        progress.step, progress.position, self._stop = step, position, gradient.signal
        if accepted:
            self._watch.follow(step, gradient.nll)
        update = Update(step, position.epoch, gradient.nll, gradient.norm, rate, share)
        report.update(update, batches, self._config.log_every)

    def _validate(self, report: TrainingReport) -> None:
        """Score the model and keep it if it is the best; a signal ends that at once, and it is done when resumed."""
        progress = self._progress
        try:
            score = self._validator.validate(self._state.averaged, self._dtype, 1, self._interrupt.dropping())
        except Interrupted as interrupted:
            self._stop = interrupted.number
            return
        value = -score.loss if self._config.select == "loss" or score.bleu is None else score.bleu
        improved = progress.judge(value, score.loss)
        if improved:
            self._write_model()
        self._state.schedule.validated(improved)
        report.validation(progress.step, score, improved)

    def _write_model(self) -> None:
        run = self._run
        if self._group.leads:
            # Its scores are of other weights; the training's end writes another.
            remove_card(run.directory, run.description)
            weights = dict(self._state.averaged.named_parameters())
            write_model(run.directory, run.description, run.tokenizers, weights)

    def _lacks_card(self) -> bool:
        """Say whether the leader finds no model card, which is written last of all."""
        present = (self._run.directory / CARD).is_file()
        return self._group.gather(b"" if present else b"-")[0] == b"-"

    def _conclude(self) -> None:
        """Learn the shortlist, score the best model with the config's beam and write the model card."""
        # The others may read what the leader wrote only when it has.
        self._group.gather(b"")
        self._state.forget_optimizer()
        release_memory()
        best, _, _ = read_model(self._run.directory)
        beam = self._run.config.search.beam_size
        score = self._validator.validate(best.to(self._device), self._dtype, beam)
        if self._group.leads:
            logger.info("best model, of update %d: %s", self._progress.best_step, score)
            shortlist = learn_shortlist(self._run.train, self._run.tokenizers, self._config.seed)
            if shortlist is not None:
                write_atomically(self._run.directory / SHORTLIST, shortlist.to_bytes())
            write_card(self._run.directory, self._run.description, self._progress.best_step, score)

    def _save(self) -> None:
        """Write a checkpoint; every process of the group waits until it is on disk."""
        check_agreement(self._group, self._state.model, self._progress.step)
        if self._group.leads:
            self._state.save(self._run.directory, self._run.origin, self._config.keep)
        self._group.gather(b"")

    def _take_up(self) -> None:
        """Go on from the newest checkpoint; without one, from the model to start from, if there is any."""
        state, start = self._state, self._config.start_from
        if not state.resume(self._run.directory, self._run.origin) and start:
            state.start_from(model_path(start))
        check_agreement(self._group, state.model, state.progress.step)
        # By now the other processes have read theirs.
        if self._group.leads:
            set_aside(self._run.directory, state.progress.step)

    def _note_changes(self) -> None:
        """Tell what makes the training go on otherwise than it would have."""
        progress, config = self._progress, self._config
        if progress.step and progress.processes != self._group.size:
            logger.warning(
                "trained by %d process(es) so far, now by %d: dropout is drawn otherwise, so the weights will not be "
                "those of an uninterrupted training",
                progress.processes,
                self._group.size,
            )
        progress.processes = self._group.size
        if progress.change_batches(config.batch_tokens):
            logger.warning("train.batch_tokens changed: a part of this epoch's pairs is read again")
        search = self._validator.search_fingerprint if config.select == "bleu" and config.eval_sentences else ""
        if changed := progress.change_dev(self._validator.fingerprint, search):
            logger.warning("%s changed: the best model is chosen anew, from the next validation on", changed)

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

    def _describe(self) -> None:
        count = sum(weight.numel() for weight in self._state.model.parameters())
        kind = "bf16" if self._dtype == torch.bfloat16 else "fp32"
        group = f"{self._group.size} processes, each with " if self._group.size > 1 else ""
        path = self._run.directory / GENERATION
        if path.is_file():
            there = read_search_config(path.parent, ModelDescription.read(path.parent))
            if there != self._run.config.search:
                logger.warning("%s is not as nmt wrote it and stays", path)
        threads = counted(self._threads, "thread")
        logger.info("%s parameters on %s, %s, %s%s", f"{count:,}", self._device, kind, group, threads)
        if self._progress.step:
            logger.info("going on from update %d", self._progress.step)
