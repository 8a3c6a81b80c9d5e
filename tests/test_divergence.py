"""Watching for a training that goes astray."""

from __future__ import annotations

import math

import pytest

from nmt.config import TrainConfig
from nmt.divergence import DivergenceWatch
from nmt.errors import FailureError
from nmt.progress import Progress


def watch(progress: Progress, divergence: str) -> DivergenceWatch:
    return DivergenceWatch(progress, TrainConfig.model_validate({"divergence": divergence}), lambda: "40")


@pytest.mark.parametrize(("nll", "norm"), [(math.nan, 1.0), (math.inf, 1.0), (1.0, math.nan), (1.0, math.inf)])
def test_what_is_no_number_stops_or_is_left_out(nll: float, norm: float) -> None:
    with pytest.raises(FailureError, match=r"update 7 has loss .*; lower train\.learning_rate .* update 40"):
        watch(Progress(), "stop").accepts(7, nll, norm)
    progress = Progress()
    assert not watch(progress, "skip").accepts(7, nll, norm)
    assert (progress.skipped, progress.skipped_in_row) == (1, 1)
    assert watch(progress, "skip").accepts(8, 1.0, 1.0)
    assert (progress.skipped, progress.skipped_in_row) == (1, 0)


def test_a_sudden_leap_of_the_loss_is_left_out_where_the_config_says_so(caplog: pytest.LogCaptureFixture) -> None:
    for divergence, accepted in (("skip", False), ("stop", True)):
        progress = Progress(loss=3.0, lowest=3.0)
        assert watch(progress, divergence).accepts(27, 5.5, 1.0) is accepted
        assert watch(progress, divergence).accepts(28, 4.5, 1.0)
    assert "update 27 has loss 5.50, far above the mean of 3.00 nats a token: skipped (1 so far)" in caplog.text


def test_nothing_but_updates_left_out_ends_the_training() -> None:
    progress = Progress()
    ours = watch(progress, "skip")
    with pytest.raises(FailureError, match="50 updates in a row had to be skipped, up to update 50"):
        for step in range(1, 100):
            ours.accepts(step, math.nan, 1.0)


@pytest.mark.parametrize("divergence", ["stop", "skip"])
def test_a_mean_that_climbs_far_ends_the_training(divergence: str) -> None:
    progress = Progress()
    ours = watch(progress, divergence)
    for step in range(1, 31):
        ours.follow(step, 2.0)
    assert (progress.loss, progress.lowest) == (2.0, 2.0)
    with pytest.raises(FailureError, match=r"climbed from 2\.00 to 4\.0\d nats a token by update \d+"):
        for step in range(31, 500):
            ours.follow(step, 5.0)


@pytest.mark.parametrize("divergence", ["stop", "skip"])
@pytest.mark.parametrize("first", [0.2, 9.0])
def test_a_first_batch_unlike_the_rest_decides_nothing(first: float, divergence: str) -> None:
    progress = Progress()
    ours = watch(progress, divergence)
    for step, nll in enumerate([first, *[3.2, 2.8] * 200], 1):
        assert ours.accepts(step, nll, 1.0)
        ours.follow(step, nll)
    assert progress.loss == pytest.approx(3.0, abs=0.1)


def test_the_mean_is_the_plain_one_at_first_and_that_of_the_last_updates_later() -> None:
    progress = Progress()
    ours = watch(progress, "stop")
    losses = [6.0 - step / 10 for step in range(40)]
    for step, nll in enumerate(losses, 1):
        ours.follow(step, nll)
        assert progress.loss == pytest.approx(sum(losses[:step]) / step)
    for step in range(41, 600):
        ours.follow(step, 1.0)
    assert progress.loss == pytest.approx(1.0, abs=0.01)


def test_updates_left_out_are_not_counted_as_followed() -> None:
    progress = Progress()
    ours = watch(progress, "skip")
    for step in range(1, 31):
        assert not ours.accepts(step, math.nan, 1.0)
    for step, nll in enumerate([0.2, *[3.0] * 50], 31):
        assert ours.accepts(step, nll, 1.0)
        ours.follow(step, nll)
    assert progress.lowest is not None and progress.lowest > 2
