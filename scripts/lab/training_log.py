"""What a run directory tells of its training: how long it took, how far it came, how large its model is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from math import prod
from pathlib import Path
from typing import Any

from nmt.commands.training import BEGUN

_STAMP = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) \w+ (.*)$")
# What logs of older versions have at the beginning of a part, in either order, instead of a line of its own.
_SAID_FIRST = ("going on from update ", " parameters on ", "this training is finished ")


def parts(log: str) -> Iterator[list[datetime]]:
    """Yield the times of the lines of each part of a training: one from its start, one from each resumption."""
    times: list[datetime] = []
    marked = said = False
    for line in log.split("\n"):
        found = _STAMP.match(line)
        if not found:
            continue  # a message of several lines
        message = found[2]
        marked |= message == BEGUN
        before, said = said, any(each in message for each in _SAID_FIRST)
        if times and (message == BEGUN or (said and not before and not marked)):
            yield times
            times = []
        times.append(datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S,%f"))
    if times:
        yield times


def wall_seconds(log: str) -> float:
    """Return the seconds of all parts of a training, validation included, from the first line of each to its last.

    What a part did after its last line before it was killed is not known, and not counted.
    """
    return sum((times[-1] - times[0]).total_seconds() for times in parts(log))


def read_metrics(directory: Path) -> list[dict[str, Any]]:
    """Return the lines of metrics.jsonl."""
    path = directory / "metrics.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n") if path.is_file() else []
    return [json.loads(line) for line in lines if line]


def training_facts(directory: Path) -> dict[str, Any]:
    """Return seed, updates, parameters and wall time of the training of a run directory."""
    from safetensors import safe_open

    log = (directory / "train.log").read_text(encoding="utf-8")
    # Tied weights are stored once.
    with safe_open(directory / "model.safetensors", "numpy") as weights:
        parameters = sum(prod(weights.get_slice(name).get_shape()) for name in weights.keys())  # noqa: SIM118
    return {
        "seed": json.loads((directory / "config.json").read_text(encoding="utf-8"))["train"]["seed"],
        "updates": max((line["step"] for line in read_metrics(directory)), default=0),
        "parameters": parameters,
        "wall_seconds": round(wall_seconds(log), 1),
    }
