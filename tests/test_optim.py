"""Tests of optimisers, schedules and the running average."""

from __future__ import annotations

import copy
import math
import re
from itertools import pairwise
from random import Random

import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from nmt.config import TrainConfig
from nmt.errors import InputError
from nmt.optim import (
    OPTIMIZERS,
    SCHEDULES,
    MovingAverage,
    Schedule,
    build_optimizer,
    load_optimizer_tensors,
    optimizer_tensors,
)

KINDS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}


def settings(**changes: object) -> TrainConfig:
    start = {"learning_rate": 0.01, "min_learning_rate": 1e-4, "warmup_steps": 10}
    return TrainConfig.model_validate({**start, **changes})


def make() -> nn.Linear:
    torch.manual_seed(1)
    return nn.Linear(6, 8)


def advance(model: nn.Module, optimizer: torch.optim.Optimizer, steps: range) -> None:
    """Take steps whose gradients follow from the step number alone."""
    for step in steps:
        generator = torch.Generator().manual_seed(step)
        for weight in model.parameters():
            weight.grad = torch.randn(weight.shape, generator=generator)
        optimizer.step()


def test_every_optimiser_is_built_with_the_settings() -> None:
    assert set(OPTIMIZERS) == set(KINDS)
    for name, kind in KINDS.items():
        changes = {"optimizer": name, "betas": [0.8, 0.95], "momentum": 0.7, "weight_decay": 0.02}
        optimizer = build_optimizer(make().parameters(), settings(**changes))
        (group,) = optimizer.param_groups
        assert type(optimizer) is kind
        assert (group["lr"], group["weight_decay"]) == (0.01, 0.02)
        assert group["momentum"] == 0.7 if name == "sgd" else group["betas"] == (0.8, 0.95)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser_goes_downhill(name: str) -> None:
    model = make()
    optimizer = build_optimizer(model.parameters(), settings(optimizer=name))
    inputs = torch.randn(3, 6)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = model(inputs).square().sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] * 0.9


def test_unknown_names_are_refused_with_the_choices() -> None:
    with pytest.raises(InputError, match=re.escape("unknown optimizer 'adamm'; choose one of: adam, adamw, sgd")):
        build_optimizer(make().parameters(), settings(optimizer="adamm"))
    choices = "unknown schedule 'cosin'; choose one of: constant, cosine, inverse_sqrt, plateau"
    with pytest.raises(InputError, match=re.escape(choices)):
        Schedule(settings(schedule="cosin"))


def test_a_warmup_longer_than_a_training_reaches_the_rate_before_it_ends() -> None:
    schedule = Schedule(settings(schedule="constant", warmup_steps=400))
    rates = [schedule.rate(step, (step - 1) / 100) for step in range(1, 101)]
    assert rates[0] == 0.01 / 400 and rates == sorted(rates)
    assert rates[15] == pytest.approx(0.005) and rates[29] < rates[30] == rates[-1] == 0.01
    longer = [schedule.rate(step, (step - 1) / 2_000) for step in range(1, 401)]
    assert longer == [pytest.approx(0.01 * step / 400) for step in range(1, 401)]


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_rate_warms_up_in_a_line_to_its_peak(name: str) -> None:
    schedule = Schedule(settings(schedule=name))
    rates = [schedule.rate(step, 0.0) for step in range(1, 11)]
    assert rates == pytest.approx([0.001 * step for step in range(1, 11)])
    assert schedule.rate(11, 0.0) == pytest.approx(0.01, rel=0.05)


@pytest.mark.parametrize("name", SCHEDULES)
def test_after_warm_up_no_rate_rises_or_falls_below_the_least(name: str) -> None:
    schedule = Schedule(settings(schedule=name))
    rates = [schedule.rate(step, step / 1000) for step in range(10, 1200)]
    assert all(after <= before for before, after in pairwise(rates))
    assert min(rates) >= 1e-4


@pytest.mark.parametrize("name", SCHEDULES)
def test_without_warm_up_the_first_rate_is_the_peak(name: str) -> None:
    assert Schedule(settings(schedule=name, warmup_steps=0)).rate(1, 0.0) == pytest.approx(0.01)


def test_the_constant_schedule_is_constant() -> None:
    schedule = Schedule(settings(schedule="constant"))
    assert {schedule.rate(step, step / 1000) for step in range(10, 1200)} == {0.01}


def test_the_cosine_is_half_way_down_in_the_middle_and_ends_at_the_least_rate() -> None:
    schedule = Schedule(settings(schedule="cosine"))
    # Of what is left after the warm-up, a hundredth of the whole.
    assert schedule.rate(505, 0.505) == pytest.approx(0.005)
    assert schedule.rate(1000, 1.0) == schedule.rate(1100, 1.1) == 1e-4


def test_the_inverse_square_root_halves_with_four_times_the_updates() -> None:
    schedule = Schedule(settings(schedule="inverse_sqrt"))
    assert schedule.rate(40, 0.0) == pytest.approx(0.005)
    assert schedule.rate(160, 0.0) == pytest.approx(0.0025)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("total", [7, 30, 100, 1000, 1334, 1400, 2943, 6574])
def test_no_rate_leaps_where_the_warm_up_ends(name: str, total: int) -> None:
    schedule = Schedule(settings(schedule=name, warmup_steps=400, min_learning_rate=0))
    rates = [schedule.rate(step, (step - 1) / total) for step in range(1, total + 1)]
    top = rates.index(max(rates))
    warmup = min(0.3 * total, 400)
    assert top == pytest.approx(warmup, abs=1)
    assert rates[top] > 0.01 * (1 - 4 / total)
    assert all(before < after for before, after in pairwise(rates[: top + 1]))
    assert all(after <= before for before, after in pairwise(rates[top:]))
    steepest = max(before - after for before, after in pairwise(rates[top:]))
    # Of the cosine in its middle, of the inverse square root at its beginning.
    assert steepest <= 0.01 * max(math.pi / 2 / (total - warmup), 1 / (2 * warmup)) * 1.05


def test_the_inverse_square_root_halves_with_four_times_the_updates_of_a_shortened_warm_up() -> None:
    schedule = Schedule(settings(schedule="inverse_sqrt", warmup_steps=400, min_learning_rate=0))
    assert schedule.rate(24, 0.24) == pytest.approx(0.008)
    assert schedule.rate(48, 0.48) == pytest.approx(0.01 * math.sqrt(30 / 48))
    assert schedule.rate(120, 1.2) == pytest.approx(0.005)


def test_a_warm_up_that_is_not_shortened_leaves_the_inverse_square_root_as_it_is() -> None:
    for total in (1334, 2943, 6574):
        for step in (401, 500, total // 2, total):
            root = Schedule(settings(schedule="inverse_sqrt", warmup_steps=400))
            assert root.rate(step, (step - 1) / total) == 0.01 * math.sqrt(400 / step)


@pytest.mark.parametrize("warmup", [3, 200, 400])
def test_the_cosine_falls_at_any_pace_of_the_updates(warmup: int) -> None:
    # Of updates by pairs read some take a training much further than others.
    draws = Random(1)
    done, rates = 0.0, []
    schedule = Schedule(settings(schedule="cosine", warmup_steps=warmup, min_learning_rate=0))
    for step in range(1, 1000):
        rates.append(schedule.rate(step, done))
        done += draws.choice([0.0001, 0.0005, 0.002])
    falls = [before - after for before, after in pairwise(rates[rates.index(max(rates)) :])]
    assert min(falls) >= 0 and max(falls) < 0.01 * 0.01


def test_a_pace_that_is_nearly_the_limit_changes_the_rate_little() -> None:
    schedule = Schedule(settings(schedule="cosine", warmup_steps=300, min_learning_rate=0))
    rates = [schedule.rate(500, 0.5 * (1 + part / 1000)) for part in range(-50, 150)]
    assert max(abs(after - before) for before, after in pairwise(rates)) < 0.01 * 0.005


@pytest.mark.parametrize("name", SCHEDULES)
def test_only_a_plateau_halves_the_rate_when_nothing_improves(name: str) -> None:
    schedule = Schedule(settings(schedule=name))
    before = schedule.rate(20, 0.1)
    schedule.validated(improved=True)
    assert schedule.rate(20, 0.1) == before
    schedule.validated(improved=False)
    schedule.validated(improved=False)
    assert schedule.rate(20, 0.1) == pytest.approx(before / 4 if name == "plateau" else before)
    for _ in range(30):
        schedule.validated(improved=False)
    assert schedule.rate(20, 0.1) == (1e-4 if name == "plateau" else before)


def test_a_peak_below_the_least_rate_is_kept() -> None:
    assert Schedule(settings(learning_rate=1e-6, schedule="constant")).rate(20, 0.1) == 1e-6


@pytest.mark.parametrize("decay", [0.1, 0.998])
def test_the_average_follows_its_closed_form(decay: float) -> None:
    model = make()
    averaged = copy.deepcopy(model)
    average = MovingAverage(model, averaged, decay)
    met = [model.weight.detach().clone()]
    for step in range(1, 8):
        nn.init.normal_(model.weight)
        met.append(model.weight.detach().clone())
        average.update(step)
    # Short-sighted at the start: the decay of update n is at most (1 + n) / (10 + n).
    decays = [0.0] + [min(decay, (1 + step) / (10 + step)) for step in range(1, 8)]
    shares = [(1 - decays[step]) * math.prod(decays[step + 1 :]) for step in range(8)]
    assert sum(shares) == pytest.approx(1)
    expected = sum((share * weight for share, weight in zip(shares, met, strict=True)), torch.zeros(8, 6))
    torch.testing.assert_close(averaged.weight.detach(), expected)


def test_the_average_of_weights_that_stand_still_is_those_weights() -> None:
    model, averaged = make(), nn.Linear(6, 8)
    average = MovingAverage(model, averaged, 0.9)
    for step in range(1, 300):
        average.update(step)
    torch.testing.assert_close(averaged.weight, model.weight)


def test_averaging_leaves_the_model_alone() -> None:
    model, averaged = make(), nn.Linear(6, 8)
    before = model.weight.clone()
    MovingAverage(model, averaged, 0.9).update(1)
    assert torch.equal(model.weight, before)
    assert model.weight.requires_grad


@pytest.mark.parametrize("name, momentum", [("adam", 0.0), ("adamw", 0.0), ("sgd", 0.0), ("sgd", 0.9)])
def test_an_optimiser_put_back_goes_on_identically(name: str, momentum: float) -> None:
    config = settings(optimizer=name, momentum=momentum, weight_decay=0.01)
    model = make()
    optimizer = build_optimizer(model.parameters(), config)
    advance(model, optimizer, range(3))
    written = save(optimizer_tensors(optimizer))
    other = copy.deepcopy(model)
    again = build_optimizer(other.parameters(), config)
    load_optimizer_tensors(again, load(written))
    for one, trained in ((optimizer, model), (again, other)):
        advance(trained, one, range(3, 6))
    for ours, theirs in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_optimiser_tensors_are_no_copies() -> None:
    # They are written at once, and a copy would be as large as two more models.
    model = make()
    optimizer = build_optimizer(model.parameters(), settings(optimizer="adam"))
    advance(model, optimizer, range(2))
    held = {state[name].data_ptr() for state in optimizer.state.values() for name in ("exp_avg", "exp_avg_sq")}
    assert held <= {tensor.data_ptr() for tensor in optimizer_tensors(optimizer).values()}
