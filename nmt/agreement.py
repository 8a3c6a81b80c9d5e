"""Whether the processes of a group still train one model: they never exchange weights, only gradients."""

from __future__ import annotations

import hashlib

from torch import nn

from nmt.errors import FailureError
from nmt.group import Group


def check_agreement(group: Group, model: nn.Module, step: int) -> None:
    """Raise FailureError unless every process of the group is at the same update with the same weights."""
    if group.size == 1:
        return
    digest = hashlib.blake2b(str(step).encode(), digest_size=16)
    for weight in model.parameters():
        digest.update(weight.detach().cpu().contiguous().numpy().data)
    found = group.gather(digest.digest())
    others = [rank for rank, other in enumerate(found) if other != found[0]]
    if others:
        raise FailureError(
            f"the weights of process {others[0]} differ from those of process 0 at update {step}; nothing was saved. "
            "Do all see the same run directory, and compute with the same versions and threads? The same command "
            "goes on from the last checkpoint"
        )
