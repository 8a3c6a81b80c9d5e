"""The gradient of an update, by one process and by several."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from nmt.batches import Batch, make_batch
from nmt.config import TrainConfig
from nmt.gradients import Gradient, Gradients
from nmt.group import Group, Place
from nmt.interrupt import Interrupt
from nmt.model import TranslationModel

# Four batches of different sizes: ids from 4 to 10.
BATCHES: list[Batch] = [
    make_batch([([4 + (i * j) % 7 for j in range(1, 3 + i)], [4 + (i + j) % 7 for j in range(2 + i)])] * (i + 1))
    for i in range(4)
]


class Recorded(Group):
    """A process whose exchange adds what was recorded of another, and records its own."""

    def __init__(self, rank: int, other: Tensor | None = None) -> None:
        super().__init__(Place(rank, 2, rank, 2))
        self.other = other
        self.sent: Tensor | None = None

    def add(self, buffer: Tensor) -> None:
        self.sent = buffer.clone()
        if self.other is not None:
            buffer += self.other


def just_asked(number: int | None = None) -> Interrupt:
    """Return an interrupt to which a signal has come this moment."""
    interrupt = Interrupt()
    if number is not None:
        interrupt._note(number, None)
    return interrupt


def form(
    model: TranslationModel, group: Group, number: int | None = None, batches: list[Batch] = BATCHES
) -> tuple[Gradient, list[Tensor]]:
    # Without dropout and clipping, so that shares add up to the whole.
    gradients = Gradients(model, TrainConfig(clip_norm=0), torch.float32, group)
    gradients.clear()
    gradient = gradients.form(batches, just_asked(number))
    return gradient, [weight.grad.clone() for weight in model.parameters() if weight.grad is not None]


@pytest.fixture
def model(make_model: Callable[..., TranslationModel]) -> TranslationModel:
    return make_model(dropout=0, embedding_dropout=0, word_dropout=0)


def test_two_processes_form_the_gradient_of_one(model: TranslationModel) -> None:
    whole, expected = form(model, Group())
    model.zero_grad(set_to_none=True)
    second = Recorded(1)
    form(model, second)
    first = Recorded(0, second.sent)
    both, found = form(model, first)
    assert both.nll == pytest.approx(whole.nll, rel=1e-6)
    assert both.norm == pytest.approx(whole.norm, rel=1e-5)
    assert len(found) == len(expected) == len(list(model.parameters()))
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_processes_work_on_equal_shares_of_every_batch(
    model: TranslationModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, shapes = Gradients._backward, []

    def seen(self: Gradients, batch: Batch, tokens: int) -> float:
        shapes.append(batch.shape())
        return real(self, batch, tokens)

    monkeypatch.setattr(Gradients, "_backward", seen)
    worked_on = []
    for rank in range(2):
        shapes.clear()
        form(model, Recorded(rank), batches=[BATCHES[3], BATCHES[1], BATCHES[0]])
        worked_on.append([*shapes])
    # Of the pair that is a batch by itself the second process has nothing.
    assert worked_on[0][:2] == worked_on[1] == [BATCHES[3].share(0, 2).shape(), BATCHES[1].share(0, 2).shape()]
    assert len(worked_on[0]) == 3


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (None, None, None),
        (signal.SIGINT, None, signal.SIGINT),
        (None, signal.SIGTERM, signal.SIGTERM),
        (signal.SIGINT, signal.SIGTERM, signal.SIGTERM),
        (signal.SIGINT, signal.SIGINT, signal.SIGINT),
    ],
)
def test_a_signal_to_one_process_is_known_to_all(
    first: int | None, second: int | None, expected: int | None, model: TranslationModel
) -> None:
    other = Recorded(1)
    form(model, other, second)
    assert form(model, Recorded(0, other.sent), first)[0].signal == expected


def test_a_process_alone_exchanges_nothing(model: TranslationModel) -> None:
    gradients = Gradients(model, TrainConfig(), torch.float32, Group())
    assert gradients._buffer is None
    gradient = gradients.form(BATCHES, just_asked(15))
    assert (gradient.signal, gradient.complete) == (15, True)
    gradients.clear()
    assert all(weight.grad is None for weight in model.parameters())


def test_batches_after_a_signal_has_waited_long_are_not_worked_on(model: TranslationModel) -> None:
    # Noted when the clock of the machine began, that is long ago.
    long_ago = Interrupt()
    long_ago.signal = signal.SIGTERM
    gradient = Gradients(model, TrainConfig(), torch.float32, Group()).form(BATCHES, long_ago)
    assert (gradient.signal, gradient.complete) == (signal.SIGTERM, False)
    assert all(weight.grad is None for weight in model.parameters())


@pytest.mark.parametrize("gives_up", [0, 1])
def test_a_share_that_is_given_up_is_given_up_by_all(gives_up: int, model: TranslationModel) -> None:
    shares: list[list[Batch]] = [BATCHES, BATCHES]
    shares[gives_up] = []
    other = Recorded(1)
    assert form(model, other, signal.SIGTERM, shares[1])[0].complete is (gives_up != 1)
    gradient, _ = form(model, Recorded(0, other.sent), signal.SIGTERM, shares[0])
    assert (gradient.signal, gradient.complete) == (signal.SIGTERM, False)
