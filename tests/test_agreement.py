"""Whether the processes of a group train one model: what is noticed, and what is not exchanged."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from nmt.agreement import check_agreement
from nmt.errors import FailureError
from nmt.group import Group, Place

Change = Callable[[nn.Module], object]


class Gathering(Group):
    """The process of a rank in a group whose others gave this."""

    def __init__(self, rank: int, given: list[bytes]) -> None:
        super().__init__(Place(rank, len(given) + 1))
        self.others = given

    def gather(self, content: bytes) -> list[bytes]:
        return [*self.others[: self.rank], content, *self.others[self.rank :]]


class Noting(Gathering):
    """A process that notes what it gives."""

    def __init__(self) -> None:
        super().__init__(0, [b""])
        self.given = b""

    def gather(self, content: bytes) -> list[bytes]:
        self.given = content
        return [content, content]


def make() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(5, 3), nn.Linear(3, 4, bias=False))


def given_by(model: nn.Module, step: int) -> bytes:
    group = Noting()
    check_agreement(group, model, step)
    return group.given


def smallest_change(model: nn.Module) -> None:
    weight = model.get_parameter("1.weight").data.view(-1)
    weight[-1] = torch.nextafter(weight[-1], torch.tensor(9.0))


def test_equal_weights_at_one_update_agree() -> None:
    same = given_by(make(), 7)
    for rank in (0, 1, 2):
        check_agreement(Gathering(rank, [same, same]), make(), 7)
    assert len(same) < 100  # no weights are exchanged


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_a_weight_that_differs_by_one_rounding_is_noticed_by_every_process(rank: int) -> None:
    mine, other = make(), make()
    smallest_change(other)
    given = [given_by(each, 7) for each in (make(), make(), other)]
    del given[rank]
    with pytest.raises(FailureError, match="weights of process 2 differ from those of process 0 at update 7"):
        check_agreement(Gathering(rank, given), other if rank == 2 else mine, 7)


def test_another_update_is_noticed() -> None:
    with pytest.raises(FailureError, match=r"process 1 differ .* at update 7; nothing was saved"):
        check_agreement(Gathering(0, [given_by(make(), 8)]), make(), 7)


def test_a_process_alone_exchanges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Group, "gather", None)
    check_agreement(Group(), make(), 7)
