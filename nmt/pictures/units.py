"""Telling units of a layer: those that remember longest, and those that follow the place in the sentence, quotes
or brackets (after Karpathy et al., 2015, who looked for such cells in models of characters)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nmt.rnn import Trace
from nmt.spm import SPACE

_LONGEST = 3
_SHUFFLES = 200
# What closes each opening mark. An apostrophe opens nothing: it stands in words too often.
_MARKS = {
    "quotes": {"„": "“”", "“": "”", "»": "«", "«": "»", "‚": "‘’", "‘": "’", "›": "‹", "‹": "›", '"': '"', "「": "」"},
    "brackets": {"(": ")", "[": "]", "{": "}", "（": "）", "［": "］", "【": "】"},
}


@dataclass(frozen=True)
class Unit:
    """A single unit: its number, why it is shown, and its cell after each piece."""

    number: int
    reason: str
    values: list[float]


def telling_units(trace: Trace, keeps: str | None, pieces: Sequence[str]) -> list[Unit]:
    """Choose units of a layer by what they did over the pieces of one sentence, each once.

    trace: each (1, time, size), steps in the order of the pieces; keeps: the gate by which the old state stays
    """
    cells = trace.cells[0].float()
    units = [] if keeps is None else _longest(trace.gates[keeps][0].float(), cells)
    for name, measure in FEATURES.items():
        values = torch.tensor(measure(pieces))
        # Two pieces follow any line, and what does not change is followed by nothing.
        if len(pieces) > 2 and values.min() < values.max():
            units.append(_follower(name, values, cells))
    return _joined(units)


def _joined(units: list[Unit]) -> list[Unit]:
    """Return each unit once, with all its reasons."""
    joined: dict[int, Unit] = {}
    for unit in units:
        if before := joined.get(unit.number):
            unit = replace(unit, reason=f"{before.reason}; {unit.reason}")  # noqa: PLW2901
        joined[unit.number] = unit
    return list(joined.values())


def _longest(kept: Tensor, cells: Tensor) -> list[Unit]:
    """kept: (time, size), the share of the old state that stays at each step"""
    shares = kept.clamp_min(1e-6).log().mean(dim=0).exp()
    numbers = shares.argsort(descending=True, stable=True)[:_LONGEST].tolist()
    return [Unit(i, f"long memory: {_half_life(float(shares[i]))}", cells[:, i].tolist()) for i in numbers]


def _half_life(share: float) -> str:
    if share > 0.999:
        return "keeps nearly all at every piece"
    return f"keeps {share:.0%} at a piece (half over {math.log(0.5) / math.log(share):.1f} pieces)"


def _follower(name: str, feature: Tensor, cells: Tensor) -> Unit:
    """Return the unit whose cell goes most with a feature (time,), and how well one would by chance."""
    series = _standardized(cells.t())  # (size, time)
    fits = series @ _standardized(feature)
    number = int(fits.abs().argmax())
    draws = torch.Generator().manual_seed(1)
    orders = torch.stack([torch.randperm(len(feature), generator=draws) for _ in range(_SHUFFLES)])
    best = (_standardized(feature)[orders] @ series.t()).abs().amax(dim=1)
    chance = float(best.quantile(0.95))
    reason = f"follows {name}: r = {float(fits[number]):+.2f} (by chance up to {chance:.2f})"
    return Unit(number, reason, cells[:, number].tolist())


def _standardized(series: Tensor) -> Tensor:
    """Return series (..., time) of mean 0 and length 1; what does not change is 0."""
    centred = series - series.mean(dim=-1, keepdim=True)
    lengths: Tensor = centred.norm(dim=-1, keepdim=True)
    return centred / lengths.clamp_min(1e-9)


def _position(pieces: Sequence[str]) -> list[float]:
    return [float(place) for place in range(len(pieces))]


def _inside(kind: str) -> Callable[[Sequence[str]], list[float]]:
    """Return what says 1 for pieces between an opening and its closing mark, both included, else 0."""

    closing = _MARKS[kind]

    def measure(pieces: Sequence[str]) -> list[float]:
        found = [0.0] * len(pieces)
        start: int | None = None
        ends = ""
        for place, piece in enumerate(pieces):
            text = piece.strip(SPACE)
            if start is None and text and text[0] in closing:
                start, ends, text = place, closing[text[0]], text[1:]
            if start is not None and set(text) & set(ends):
                found[start : place + 1] = [1.0] * (place + 1 - start)
                start = None
        return found

    return measure


FEATURES: dict[str, Callable[[Sequence[str]], list[float]]] = {
    "the position": _position,
    "quotes": _inside("quotes"),
    "brackets": _inside("brackets"),
}
