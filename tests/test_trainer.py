"""The training loop: stopping and going on, diverging, learning."""

from __future__ import annotations

import json
import math
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from nmt import gradients as module
from nmt import lstm
from nmt.attention import ATTENTIONS
from nmt.batches import Batch, Position
from nmt.cells import CELLS
from nmt.checkpoint import list_checkpoints
from nmt.device import choose_precision
from nmt.errors import FailureError, InputError
from nmt.loss import Loss, cross_entropy
from nmt.optim import OPTIMIZERS, SCHEDULES
from nmt.preparing.run import prepare_run
from nmt.trainer import Trainer
from nmt.training_report import TrainingReport
from nmt.training_state import TrainingState
from nmt.translator import Translator
from nmt.validation import Validation, Validator
from tests import tiny

# Facts of the machine, not of the training.
TIMES = {"seconds", "tokens_per_second", "tgt_tokens_per_second", "resident_mb"}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tiny corpus."""
    folder = tmp_path_factory.mktemp("corpus")
    tiny.overrides(folder)
    return folder


@pytest.fixture(scope="module", autouse=True)
def kernels_at_every_width() -> Iterator[None]:
    """In bf16 let small layers take the backward pass that is written out for wide ones; fp32 never does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nmt.rnn._LARGE", 1)
        yield


def skip_without_bf16() -> None:
    try:
        choose_precision("bf16", torch.device("cpu"))
    except InputError as error:
        pytest.skip(str(error))


def metrics(directory: Path) -> list[dict[str, Any]]:
    """Return the lines of metrics.jsonl without what differs from run to run."""
    lines = (directory / "metrics.jsonl").read_text(encoding="utf-8").split("\n")
    return [{key: value for key, value in json.loads(line).items() if key not in TIMES} for line in lines if line]


def state(directory: Path) -> dict[str, bytes]:
    """Return every byte of the newest checkpoint and of the model, but not what keeps only the config."""
    newest = list_checkpoints(directory)[0]
    contents = {f"{newest.name}/{name}": content for name, content in tiny.files(newest).items()}
    return {**contents, "model.safetensors": (directory / "model.safetensors").read_bytes()}


def stop_after(monkeypatch: pytest.MonkeyPatch, step: int, number: int = signal.SIGTERM) -> None:
    """Let a signal arrive in the middle of an update."""
    update = Trainer._update

    def interrupted(self: Trainer, batches: list[Batch], position: Position, report: TrainingReport) -> None:
        if self._progress.step + 1 == step:
            os.kill(os.getpid(), number)
        update(self, batches, position, report)

    monkeypatch.setattr(Trainer, "_update", interrupted)


RUNS: dict[str, dict[str, object]] = {
    "plain": {},
    "accumulating": {"train.accumulate": 2},
    "sgd": {"train.optimizer": "sgd", "train.momentum": 0.9, "train.ema": 0},
    "cosine": {"train.schedule": "cosine", "train.warmup_steps": 3, "train.optimizer": "adamw"},
    "plateau": {"train.schedule": "plateau", "train.eval_every": 2, "train.eval_sentences": 0, "train.patience": 9},
    "dropout": {"model.recurrent_dropout": 0.2, "train.consistency": 0.5, "tokenizer.kind": "bpe"},
    "bf16": {"train.precision": "bf16", "train.accumulate": 2},
}


@pytest.fixture(scope="module")
def uninterrupted(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Returns the directory of each of RUNS, trained in one go, when it is asked for."""
    home = tmp_path_factory.mktemp("uninterrupted")

    def directory(name: str) -> Path:
        if not (home / name).exists():
            assert tiny.train(home / name, tiny.config(corpus, {"train.max_steps": 11, **RUNS[name]})) is None
        return home / name

    return directory


# An epoch of the tiny corpus has some five batches, so these stops are at its start, amid it and in the second.
@pytest.mark.parametrize(
    ("name", "stops"),
    [
        ("plain", [1]),
        ("plain", [4]),
        ("plain", [2, 7, 10]),
        ("accumulating", [1, 4]),
        ("sgd", [6]),
        ("cosine", [2, 8]),
        ("plateau", [5, 8]),
        ("dropout", [3, 9]),
        ("bf16", [2, 7]),
    ],
)
def test_a_training_stopped_and_resumed_equals_an_uninterrupted_one(
    name: str,
    stops: list[int],
    corpus: Path,
    uninterrupted: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if name == "bf16":
        skip_without_bf16()
    settings = tiny.config(corpus, {"train.max_steps": 11, **RUNS[name]})
    for step in stops:
        with monkeypatch.context() as patch:
            stop_after(patch, step)
            assert tiny.train(tmp_path / "run", settings) == signal.SIGTERM
        assert list_checkpoints(tmp_path / "run")[0].name == f"step_{step}"
    assert tiny.train(tmp_path / "run", settings) is None
    assert state(tmp_path / "run") == state(uninterrupted(name))
    assert metrics(tmp_path / "run") == metrics(uninterrupted(name))


def test_a_training_in_bf16_takes_the_backward_pass_that_is_written_out(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_without_bf16()
    real, dtypes = lstm._through_time, []

    def seen(grad: Tensor, *rest: Any) -> tuple[Tensor, Tensor, Tensor]:
        dtypes.append(grad.dtype)
        return real(grad, *rest)

    monkeypatch.setattr(lstm, "_through_time", seen)
    assert tiny.train(tmp_path, tiny.config(corpus, {"train.max_steps": 1, "train.precision": "bf16"})) is None
    assert set(dtypes) == {torch.bfloat16}


def test_the_corpus_has_epochs_of_several_updates(uninterrupted: Callable[[str], Path]) -> None:
    epochs = {line["epoch"] for line in metrics(uninterrupted("plain")) if "epoch" in line}
    assert {0, 1, 2} <= epochs
    assert list_checkpoints(uninterrupted("plain"))[0].name == "step_11"


def test_a_longer_training_goes_on_where_the_shorter_one_ended(
    corpus: Path, uninterrupted: Callable[[str], Path], tmp_path: Path
) -> None:
    for steps in (3, 4, 11):
        assert tiny.train(tmp_path, tiny.config(corpus, {"train.max_steps": steps})) is None
    ours, theirs = state(tmp_path), state(uninterrupted("plain"))
    weights = [name for name in ours if name.endswith(("weights.safetensors", "optimizer.safetensors"))]
    assert len(weights) == 2
    # The validations at 3 and 4 are more, so only the counters may differ.
    assert all(ours[name] == theirs[name] for name in weights)


def test_a_kill_loses_only_the_updates_since_the_last_checkpoint(
    corpus: Path, uninterrupted: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tiny.config(corpus, {"train.max_steps": 11, "train.save_every": 3})
    update = Trainer._update

    def killed(self: Trainer, batches: list[Batch], position: Position, report: TrainingReport) -> None:
        if self._progress.step == 8:
            raise KeyboardInterrupt
        update(self, batches, position, report)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Trainer, "_update", killed)
        tiny.train(tmp_path, settings)
    assert metrics(tmp_path)[-1]["step"] == 8
    assert list_checkpoints(tmp_path)[0].name == "step_6"
    assert tiny.train(tmp_path, settings) is None
    steps = [line["step"] for line in metrics(tmp_path) if "loss" in line]
    assert steps == list(range(1, 12))
    assert metrics(tmp_path) == metrics(uninterrupted("plain"))
    assert state(tmp_path) == state(uninterrupted("plain"))


@pytest.mark.parametrize("damage", ["truncated", "flipped", "missing"])
def test_a_damaged_checkpoint_is_told_and_the_one_before_taken(
    damage: str,
    corpus: Path,
    uninterrupted: Callable[[str], Path],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tiny.train(tmp_path, tiny.config(corpus, {"train.max_steps": 6, "train.save_every": 3, "train.eval_every": 11}))
    file = list_checkpoints(tmp_path)[0] / "optimizer.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content[:-100] if damage == "truncated" else content)
    if damage == "missing":
        file.unlink()
    tiny.train(tmp_path, tiny.config(corpus, {"train.max_steps": 11, "train.save_every": 3, "train.eval_every": 11}))
    assert "checkpoint step_6 is damaged" in caplog.text
    assert (tmp_path / "checkpoints" / "step_6.damaged" / "counters.json").is_file()
    name = f"{list_checkpoints(tmp_path)[0].name}/weights.safetensors"
    assert state(tmp_path)[name] == state(uninterrupted("plain"))[name]


def test_two_trainings_with_one_seed_are_equal_and_another_seed_differs(
    corpus: Path, uninterrupted: Callable[[str], Path], tmp_path: Path
) -> None:
    tiny.train(tmp_path / "same", tiny.config(corpus, {"train.max_steps": 11}))
    tiny.train(tmp_path / "other", tiny.config(corpus, {"train.max_steps": 11, "train.seed": 2}))
    assert state(tmp_path / "same") == state(uninterrupted("plain"))
    assert state(tmp_path / "other").keys() == state(tmp_path / "same").keys()
    assert state(tmp_path / "other") != state(tmp_path / "same")


def test_running_a_finished_training_again_changes_nothing(
    corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "nmt")
    settings = tiny.config(corpus, {"train.max_steps": 3})
    assert tiny.train(tmp_path, settings) is None
    assert "finished after 3 updates, by train.max_steps=3" in caplog.text
    before = tiny.files(tmp_path)
    assert tiny.train(tmp_path, settings) is None
    assert tiny.files(tmp_path) == before
    assert "README.md" in before
    assert "this training is finished after 3 updates, by train.max_steps=3; nothing to do" in caplog.text


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"train.max_steps": 9, "train.max_epochs": 1}, r"finished after [2-8] updates, by train\.max_epochs=1$"),
        ({"train.max_steps": 9, "train.patience": 1}, r"finished after [2-8] updates, by train\.patience=1$"),
        ({"train.max_steps": 2, "train.patience": 1}, r"finished after 2 updates, by train\.max_steps=2 and train\.p"),
    ],
)
def test_the_limit_that_ends_a_training_is_told(
    limits: dict[str, object],
    told: str,
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(Validator, "validate", lambda *_: Validation(2.0, 1.0))
    caplog.set_level("INFO", "nmt")
    tiny.train(tmp_path, tiny.config(corpus, {"train.eval_every": 1, **limits}))
    assert sum(bool(re.match(told, each.getMessage())) for each in caplog.records) == 1


def test_a_training_ends_after_its_epochs(corpus: Path, tmp_path: Path) -> None:
    settings = tiny.config(corpus, {"train.max_steps": 0, "train.max_epochs": 2})
    trainer = Trainer(prepare_run(settings, tmp_path, False))
    assert trainer.train() is None
    assert trainer.finished
    assert trainer._progress.position == Position(epoch=2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_after_the_update_and_is_told(
    number: int, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    stop_after(monkeypatch, 2, number)
    assert tiny.train(tmp_path, tiny.config(corpus)) == number
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step_2"]
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_training_stopped_in_its_last_validation_still_gets_its_model_card(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    validate = Validator.validate

    def interrupted(self: Validator, *arguments: Any) -> Validation:
        os.kill(os.getpid(), signal.SIGTERM)
        return validate(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Validator, "validate", interrupted)
        assert tiny.train(tmp_path, tiny.config(corpus)) == signal.SIGTERM
    assert tiny.train(tmp_path, tiny.config(corpus)) is None
    assert (tmp_path / "README.md").is_file()


def test_a_signal_amid_the_last_save_leaves_the_rest_to_the_next_run(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = TrainingState.save

    def interrupted(self: TrainingState, *arguments: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        save(self, *arguments)

    settings = tiny.config(corpus, {"train.max_steps": 2, "train.save_every": 9})
    with monkeypatch.context() as patch:
        patch.setattr(TrainingState, "save", interrupted)
        assert tiny.train(tmp_path, settings) == signal.SIGTERM
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step_2"]
    assert not (tmp_path / "README.md").exists()
    assert tiny.train(tmp_path, settings) is None
    assert (tmp_path / "README.md").is_file()


def test_a_training_that_went_on_does_not_keep_the_card_of_the_model_before(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.train(tmp_path, tiny.config(corpus))
    before = (tmp_path / "README.md").read_text(encoding="utf-8")
    longer = tiny.config(corpus, {"train.max_steps": 60})
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_conclude", lambda _: None)
        tiny.train(tmp_path, longer)
    assert not (tmp_path / "README.md").exists()
    tiny.train(tmp_path, longer)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") != before


# --- diverging ---


def spoil(monkeypatch: pytest.MonkeyPatch, steps: set[int]) -> None:
    """Let the loss be no number at some updates (validation has a loss of its own)."""
    real = cross_entropy
    calls = [0]

    def spoilt(*arguments: Any) -> Loss:
        calls[0] += 1
        loss = real(*arguments)
        return Loss(loss.total * math.nan, math.nan) if calls[0] in steps else loss

    monkeypatch.setattr(module, "cross_entropy", spoilt)


def test_a_loss_that_is_no_number_stops_and_leaves_the_checkpoints(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tiny.config(corpus, {"train.max_steps": 9, "train.save_every": 2})
    with monkeypatch.context() as patch, pytest.raises(FailureError) as caught:
        spoil(patch, {6})
        tiny.train(tmp_path, settings)
    message = str(caught.value)
    assert "update 6 has loss nan" in message and "train.learning_rate" in message and "update 4" in message
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step_4", "step_2"]
    assert tiny.train(tmp_path, settings) is None
    assert list_checkpoints(tmp_path)[0].name == "step_9"


def test_divergence_skip_leaves_the_update_out_and_goes_on(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, {2, 3})
    trainer = Trainer(prepare_run(tiny.config(corpus, {"train.divergence": "skip"}), tmp_path, False))
    assert trainer.train() is None
    assert trainer._progress.skipped == 2
    assert all(torch.isfinite(weight).all() for weight in trainer._state.model.parameters())
    lines = (tmp_path / "metrics.jsonl").read_text(encoding="utf-8")
    losses = [line["loss"] for line in metrics(tmp_path) if "loss" in line]
    assert "NaN" not in lines
    assert [loss is None for loss in losses] == [False, True, True, False]


def test_a_loss_that_climbs_far_stops_the_training(corpus: Path, tmp_path: Path) -> None:
    changes = {"train.max_steps": 400, "train.learning_rate": 1e3, "train.optimizer": "sgd", "train.clip_norm": 0}
    with pytest.raises(FailureError, match=r"training diverged: .*learning_rate"):
        tiny.train(tmp_path, tiny.config(corpus, {**changes, "train.save_every": 1}))
    assert list_checkpoints(tmp_path)


def test_too_little_memory_is_told_with_the_batch_and_the_remedy(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: Any) -> Loss:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(module, "cross_entropy", greedy)
    with pytest.raises(FailureError, match=r"out of memory in a batch of \d+ sentences .* train.batch_tokens") as told:
        tiny.train(tmp_path, tiny.config(corpus))
    assert "data.max_length takes a new run" in str(told.value)


def test_a_corpus_that_changed_under_a_training_is_refused(tmp_path: Path) -> None:
    settings = tiny.config(tmp_path, {"train.max_steps": 2})
    tiny.train(tmp_path / "run", settings)
    tiny.write_corpus(tmp_path / "train", 40, 7)
    with pytest.raises((FailureError, ValueError), match="corpus changed"):
        tiny.train(tmp_path / "run", tiny.config(tmp_path, {"train.max_steps": 3}))


def test_development_pairs_that_changed_are_told_and_scores_start_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scores = iter([50.0])
    monkeypatch.setattr(Validator, "validate", lambda *_: Validation(2.0, next(scores, 10.0)))
    changes = {"train.eval_every": 1, "train.patience": 2}
    tiny.train(tmp_path / "run", tiny.config(tmp_path, {**changes, "train.max_steps": 1}))
    before = (tmp_path / "run/model.safetensors").read_bytes()
    tiny.write_corpus(tmp_path / "dev", 4, 800)
    caplog.clear()
    trainer = Trainer(prepare_run(tiny.config(tmp_path, {**changes, "train.max_steps": 2}), tmp_path / "run", False))
    assert [each.message for each in caplog.records if each.levelname == "WARNING"] == [
        "train.max_steps was 1, now 2",
        "the development set changed: the best model is chosen anew, from the next validation on",
    ]
    trainer.train()
    assert [line["best"] for line in metrics(tmp_path / "run") if "best" in line] == [True, True]
    assert (tmp_path / "run/model.safetensors").read_bytes() != before
    caplog.clear()
    tiny.train(tmp_path / "run", tiny.config(tmp_path, {**changes, "train.max_steps": 2}))
    assert "development set changed" not in caplog.text


@pytest.mark.parametrize(
    ("change", "told"),
    [({"search.max_length": 3}, True), ({"search.beam_size": 3}, False), ({"search.length_penalty": 0.5}, False)],
)
def test_scores_of_other_translations_start_anew(
    change: dict[str, object], told: bool, corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tiny.train(tmp_path, tiny.config(corpus, {"train.max_steps": 1, "train.select": "bleu"}))
    caplog.clear()
    longer = tiny.config(corpus, {"train.max_steps": 2, "train.select": "bleu", **change})
    trainer = Trainer(prepare_run(longer, tmp_path, False))
    assert ("the search changed: the best model is chosen anew" in caplog.text) == told
    assert (trainer._progress.best is None) == told


def test_what_a_message_says_to_lower_may_be_lowered(
    corpus: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tiny.train(tmp_path, tiny.config(corpus, {"train.max_steps": 3}))
    lower = {"train.batch_tokens": 64, "train.learning_rate": 0.005, "train.divergence": "skip", "train.max_steps": 9}
    assert tiny.train(tmp_path, tiny.config(corpus, lower)) is None
    assert list_checkpoints(tmp_path)[0].name == "step_9"
    assert "train.learning_rate was 0.01, now 0.005" in caplog.text
    assert "train.batch_tokens changed: a part of this epoch's pairs is read again" in caplog.text
    assert {line["learning_rate"] for line in metrics(tmp_path) if line["step"] > 3 and "loss" in line} == {0.005}


# --- learning ---


def test_patience_ends_a_training_that_no_longer_improves(corpus: Path, tmp_path: Path) -> None:
    changes = {"train.max_steps": 50, "train.eval_every": 1, "train.patience": 3, "train.learning_rate": 1e-12}
    settings = tiny.config(corpus, {**changes, "train.min_learning_rate": 0, "train.ema": 0})
    assert tiny.train(tmp_path, settings) is None
    best = [line["best"] for line in metrics(tmp_path) if "best" in line]
    assert len(best) < 50
    assert best[-4:] == [True, False, False, False]


@pytest.mark.parametrize("name", [*CELLS, *ATTENTIONS])
def test_every_cell_and_attention_trains(name: str, corpus: Path, tmp_path: Path) -> None:
    key = "model.cell" if name in CELLS else "model.attention"
    changes = {"train.max_steps": 2, key: name, "model.encoder_size": 16, "model.input_feeding": name == "general"}
    trainer = Trainer(prepare_run(tiny.config(corpus, changes), tmp_path, False))
    model = trainer._state.model
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    assert trainer.train() is None
    changed = {name for name, weight in model.named_parameters() if not torch.equal(weight, before[name])}
    assert changed == set(before)


@pytest.mark.parametrize("name", [*OPTIMIZERS, *SCHEDULES])
def test_every_optimizer_and_schedule_lowers_the_loss(name: str, corpus: Path, tmp_path: Path) -> None:
    key = "train.optimizer" if name in OPTIMIZERS else "train.schedule"
    changes = {"train.max_steps": 20, key: name, "train.learning_rate": 1.0 if name == "sgd" else 0.01}
    tiny.train(tmp_path, tiny.config(corpus, {**changes, "train.eval_every": 4, "train.eval_sentences": 0}))
    losses = [line["valid_loss"] for line in metrics(tmp_path) if "valid_loss" in line]
    assert len(losses) == 5
    assert losses[-1] < losses[0]


def test_the_plateau_schedule_halves_the_rate_after_a_validation_that_is_no_better(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([1.0, 2.0, 1.0, 3.0, 0.5, 0.5])
    monkeypatch.setattr(Validator, "validate", lambda *_: Validation(next(scores), None))
    changes = {"train.schedule": "plateau", "train.eval_every": 1, "train.select": "loss", "train.max_steps": 5}
    tiny.train(tmp_path, tiny.config(corpus, changes))
    rates = [line["learning_rate"] for line in metrics(tmp_path) if "learning_rate" in line]
    # A loss of 2.0, then 1.0 again, then 3.0 are no better than 1.0.
    assert rates == [0.01, 0.01, 0.005, 0.0025, 0.00125]


def test_of_models_with_equal_bleu_the_one_of_lower_loss_is_kept(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([5.0, 4.0, 3.0, 3.5])
    monkeypatch.setattr(Validator, "validate", lambda *_: Validation(next(losses, 9.0), 0.0))
    changes = {"train.eval_every": 1, "train.max_steps": 4, "train.schedule": "plateau", "train.patience": 2}
    trainer = Trainer(prepare_run(tiny.config(corpus, changes), tmp_path, False))
    trainer.train()
    assert [line["best"] for line in metrics(tmp_path) if "best" in line] == [True, True, True, False]
    assert trainer._progress.best_step == 3
    rates = [line["learning_rate"] for line in metrics(tmp_path) if "learning_rate" in line]
    assert rates == [0.01] * 4


def test_a_small_model_learns_a_task_by_heart(tmp_path: Path) -> None:
    off = {f"model.{kind}": 0 for kind in ("dropout", "embedding_dropout", "word_dropout")}
    sizes = {"model.embedding_size": 32, "model.encoder_size": 64, "model.decoder_size": 64}
    schedule = {"train.max_steps": 180, "train.schedule": "cosine", "train.warmup_steps": 20}
    rest = {"tokenizer.sampling": 0, "train.label_smoothing": 0, "train.batch_tokens": 400}
    tiny.train(tmp_path / "run", tiny.config(tmp_path, {**off, **sizes, **schedule, **rest}))
    losses = [line["loss"] for line in metrics(tmp_path / "run") if "loss" in line]
    assert losses[-1] < 0.1 and losses[0] > 3
    translator = Translator.load(tmp_path / "run", "fp32", threads=1)
    pairs = tiny.pairs(40)
    found = translator.translate([pair.src for pair in pairs], translator.settings({"beam_size": 1}))
    assert [each.text for each in found] == [pair.tgt for pair in pairs]


def test_a_training_begun_before_there_was_a_setting_goes_on_without_it(corpus: Path, tmp_path: Path) -> None:
    begun = tiny.config(corpus, {"train.max_steps": 2, "model.lexical_shortcut": False})
    assert tiny.train(tmp_path, begun) is None
    assert "lexical_shortcut" not in (tmp_path / "config.json").read_text(encoding="utf-8")
    assert tiny.train(tmp_path, tiny.config(corpus, {"train.max_steps": 4})) is None
    assert (tmp_path / "checkpoints/step_4").is_dir()
    with pytest.raises(InputError, match=r"model\.lexical_shortcut"):
        tiny.train(tmp_path, tiny.config(corpus, {"train.max_steps": 6, "model.lexical_shortcut": True}))
