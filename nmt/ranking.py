"""The highest values of rows in a fixed order: equal ones by their places, so that nothing depends on the hardware."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

BLOCK = 64  # neighbouring tokens whose best is looked at first when ranking a vocabulary


def rank(values: Tensor, count: int) -> Tensor:
    """Return (rows, count) places of the highest values, highest first, of equal values the first.

    values: (rows, any) float32, none above 0
    """
    if count == 1:
        return values.argmax(1, keepdim=True)
    # A float64 has room beyond a float32 for the place: each is a little lower than an equal one before it.
    size = values.size(1)
    later = torch.linspace(1.0, 1.0 + size * 2.0**-45, size + 1, dtype=torch.float64, device=values.device)[:size]
    return (values * later).topk(count).indices


def top(values: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the highest values of each row and their places, (rows, count), ranked as by `rank`.

    The best of each block of a vocabulary are ranked first and only the leading blocks searched:
    a plain top-k over all of it costs several times as much on a CPU.
    """
    rows, vocab = values.shape
    blocks = vocab // BLOCK
    if blocks < 2 * count:
        places = rank(values, count)
        return values.gather(1, places), places
    blocked = values[:, : blocks * BLOCK].view(rows, blocks, BLOCK)
    leading = rank(blocked.amax(2), count).sort(1).values
    each = torch.arange(rows, device=values.device).unsqueeze(1)
    found = blocked[each, leading].flatten(1)  # (rows, count, BLOCK) -> (rows, count * BLOCK)
    if blocks * BLOCK < vocab:
        found = torch.cat((found, values[:, blocks * BLOCK :]), 1)
        leading = F.pad(leading, (0, 1), value=blocks)
    places = rank(found, count)
    return found.gather(1, places), leading.gather(1, places // BLOCK) * BLOCK + places % BLOCK
