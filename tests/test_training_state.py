"""All of a training at one moment: saved, taken up again, begun from another model."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from nmt.checkpoint import list_checkpoints
from nmt.config import TrainConfig
from nmt.errors import FailureError, InputError
from nmt.model import TranslationModel
from nmt.model_directory import read_model
from nmt.training_state import TrainingState
from tests import tiny

MakeModel = Callable[..., TranslationModel]
SETTINGS = {"learning_rate": 0.01, "schedule": "plateau", "ema": 0.5, "warmup_steps": 0}
ORIGIN = {"corpus": "the corpus", "vocabulary": "the vocabulary"}
every_average = pytest.mark.parametrize("ema", [0.0, 0.5])


def make(make_model: MakeModel, seed: int = 1, **changes: object) -> TrainingState:
    return TrainingState(make_model(seed=seed), TrainConfig.model_validate({**SETTINGS, **changes}))


def advance(state: TrainingState, steps: int) -> None:
    """Make updates whose gradients follow from their number alone."""
    for _ in range(steps):
        state.progress.step += 1
        generator = torch.Generator().manual_seed(state.progress.step)
        for weight in state.model.parameters():
            weight.grad = torch.randn(weight.shape, generator=generator)
        state.optimizer.step()
        state.average(state.progress.step)


def equal(ours: nn.Module, theirs: nn.Module) -> bool:
    pairs = zip(ours.named_parameters(), theirs.named_parameters(), strict=True)
    return all(one == other and torch.equal(mine, its) for (one, mine), (other, its) in pairs)


@every_average
def test_a_training_taken_up_goes_on_as_if_it_had_never_stopped(
    ema: float, make_model: MakeModel, tmp_path: Path
) -> None:
    first = make(make_model, ema=ema)
    advance(first, 3)
    first.schedule.validated(improved=False)
    first.progress.judge(12.5, 2.0)
    first.progress.loss, first.progress.skipped = 4.25, 2
    first.save(tmp_path, ORIGIN, 2)
    again = make(make_model, 2, ema=ema)
    assert not equal(again.model, first.model)
    assert again.resume(tmp_path, ORIGIN)
    assert again.progress == first.progress and again.schedule.reductions == 1
    for state in (first, again):
        advance(state, 4)
    assert equal(again.model, first.model) and equal(again.averaged, first.averaged)
    assert equal(again.model, again.averaged) is (ema == 0)


def test_averaged_weights_lag_behind_and_are_never_trained(make_model: MakeModel) -> None:
    state = make(make_model)
    before = copy.deepcopy(state.model)
    assert equal(state.averaged, state.model)
    advance(state, 1)
    assert not any(weight.requires_grad for weight in state.averaged.parameters())
    trios = zip(before.parameters(), state.averaged.parameters(), state.model.parameters(), strict=True)
    for start, average, now in trios:
        torch.testing.assert_close(average, start + (now - start) * (1 - 2 / 11))


def test_without_an_average_the_model_itself_is_what_translates(make_model: MakeModel) -> None:
    state = make(make_model, ema=0)
    assert state.averaged is state.model


def test_saving_changes_nothing_and_keeps_the_newest(make_model: MakeModel, tmp_path: Path) -> None:
    state, alone = make(make_model), make(make_model)
    for _ in range(4):
        advance(state, 1)
        state.save(tmp_path, ORIGIN, 2)
    advance(alone, 4)
    assert equal(state.model, alone.model) and equal(state.averaged, alone.averaged)
    assert [path.name for path in list_checkpoints(tmp_path)] == ["step_4", "step_3"]


def test_where_nothing_was_saved_nothing_is_taken_up(make_model: MakeModel, tmp_path: Path) -> None:
    state, alone = make(make_model), make(make_model)
    assert not state.resume(tmp_path, ORIGIN)
    assert equal(state.model, alone.model) and state.progress == alone.progress


@pytest.mark.parametrize("name", ["corpus", "vocabulary"])
def test_another_corpus_or_vocabulary_is_refused(name: str, make_model: MakeModel, tmp_path: Path) -> None:
    state = make(make_model)
    advance(state, 1)
    state.save(tmp_path, ORIGIN, 2)
    with pytest.raises(InputError, match=f"the training {name} changed"):
        make(make_model).resume(tmp_path, {**ORIGIN, name: "other"})


def test_a_checkpoint_of_an_older_version_is_taken_up_with_any_vocabulary(
    make_model: MakeModel, tmp_path: Path
) -> None:
    state = make(make_model)
    advance(state, 1)
    state.save(tmp_path, {"corpus": "the corpus"}, 2)
    again = make(make_model)
    assert again.resume(tmp_path, ORIGIN) and again.progress == state.progress


def test_damage_to_every_checkpoint_is_told_and_to_the_newest_survived(make_model: MakeModel, tmp_path: Path) -> None:
    state = make(make_model)
    for _ in range(2):
        advance(state, 1)
        state.save(tmp_path, ORIGIN, 2)
    for path, left in zip(list_checkpoints(tmp_path), (1, None), strict=True):
        (path / "weights.safetensors").write_bytes(b"spoilt")
        again = make(make_model)
        if left is None:
            with pytest.raises(FailureError):
                again.resume(tmp_path, ORIGIN)
        else:
            assert again.resume(tmp_path, ORIGIN) and again.progress.step == left


@every_average
def test_a_training_begins_with_the_weights_of_another_model(ema: float) -> None:
    there, _, description = read_model(tiny.model_directory())
    model = TranslationModel(description.config.model, description.src_vocab, description.tgt_vocab)
    model.initialize(3)
    state = TrainingState(model, TrainConfig.model_validate({**SETTINGS, "ema": ema}))
    state.start_from(tiny.model_directory())
    assert equal(state.model, there) and equal(state.averaged, there)
    assert state.progress.step == 0 and not state.optimizer.state


def test_a_model_of_another_size_is_no_start(make_model: MakeModel) -> None:
    with pytest.raises(InputError, match=r"shape|size|expected"):
        make(make_model).start_from(tiny.model_directory())


def test_the_optimizer_is_forgotten_for_good(make_model: MakeModel) -> None:
    state = make(make_model)
    advance(state, 1)
    assert state.optimizer.state
    state.forget_optimizer()
    assert not state.optimizer.state
