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
        assert watch(progress, divergence).accepts(7, 5.5, 1.0) is accepted
        assert watch(progress, divergence).accepts(8, 4.5, 1.0)
    assert "update 7 has loss 5.50, far above the mean of 3.00 nats a token: skipped (1 so far)" in caplog.text


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
    ours.follow(1, 2.0)
    assert (progress.loss, progress.lowest) == (2.0, 2.0)
    with pytest.raises(FailureError, match=r"climbed from 2\.00 to 4\.0\d nats a token by update \d+"):
        for step in range(2, 500):
            ours.follow(step, 5.0)
