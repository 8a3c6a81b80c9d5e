"""The course of trainings, read from their metrics.jsonl, as curves side by side."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nmt.errors import InputError
from nmt.pictures.output import shown

METRICS = "metrics.jsonl"
# More points than this are drawn as means of neighbours.
_MOST_POINTS = 1000


@dataclass(frozen=True)
class Quantity:
    """Something metrics.jsonl tells: its key there, what it is called, how it is written, and whether its axis
    starts at zero; best: what chooses the best of its values, where one is better than another."""

    key: str
    title: str
    form: str
    from_zero: bool
    best: str = ""


QUANTITIES = (
    Quantity("loss", "Training loss (nats per token)", "{:.3f}", False, "min"),
    Quantity("valid_loss", "Validation loss (nats per token)", "{:.3f}", False, "min"),
    Quantity("valid_bleu", "BLEU on the development set", "{:.2f}", True, "max"),
    Quantity("learning_rate", "Learning rate", "{:.3g}", True),
    Quantity("tokens_per_second", "Source and target tokens per second", "{:,.0f}", True),
    Quantity("resident_mb", "Memory (MB)", "{:,.0f}", True),
)


@dataclass(frozen=True)
class Course:
    """A training: its name, and what each line of its metrics.jsonl tells beside the update's number."""

    name: str
    lines: list[dict[str, float]]

    def points(self, key: str) -> list[tuple[float, float]]:
        """Return (update, value) of each line that tells a quantity."""
        return [(line["step"], line[key]) for line in self.lines if key in line]

    @property
    def empty(self) -> bool:
        return not any(self.points(quantity.key) for quantity in QUANTITIES)


def read_courses(runs: Sequence[Path]) -> list[Course]:
    """Read runs, each a run directory or its metrics.jsonl; raises InputError naming what cannot be read."""
    paths = [run / METRICS if run.is_dir() else run for run in runs]
    courses = [Course(name, _read(path)) for name, path in zip(_names(paths), paths, strict=True)]
    for course, path in zip(courses, paths, strict=True):
        if course.empty:
            raise InputError(f"{shown(path)} tells nothing yet; wait for the first line of the training")
    return courses


def last_update(courses: Sequence[Course]) -> float:
    """Return the last update that any of the courses tells of."""
    return max(line["step"] for course in courses for line in course.lines)


def thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return at most so many points as a chart can show: neighbours become their mean."""
    size = math.ceil(len(points) / _MOST_POINTS)
    if size < 2:
        return list(points)
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    return [(sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group)) for group in groups]


def _names(paths: Sequence[Path]) -> list[str]:
    """Return the names of the runs, with as many folders before them as tell them apart."""
    homes = [path.resolve().parent if path.name == METRICS else path.resolve() for path in paths]
    if len(set(homes)) < len(homes):
        again = next(home for number, home in enumerate(homes) if home in homes[:number])
        raise InputError(f"{shown(again)} is given twice; name each run once")
    names = [home.name for home in homes]
    for depth in range(2, max(len(home.parts) for home in homes) + 1):
        double = {name for name in names if names.count(name) > 1}
        if not double:
            break
        names = [
            "/".join(home.parts[-depth:]) if name in double else name for home, name in zip(homes, names, strict=True)
        ]
    return [shown(name) for name in names]


def _read(path: Path) -> list[dict[str, float]]:
    if not path.is_file():
        raise InputError(f"there is no {shown(path)}; give the directory of a training")
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{shown(path)} is not UTF-8; give the directory of a training") from None
    *whole, rest = text.split("\n")
    lines = [_parse(line, f"{shown(path)}, line {number}") for number, line in enumerate(whole, 1) if line.strip()]
    # A training that runs may be amid its next line.
    return [*lines, _parse(rest, f"{shown(path)}, last line")] if rest.strip().endswith("}") else lines


def _parse(line: str, where: str) -> dict[str, float]:
    try:
        tree = json.loads(line)
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict) or not _is_number(tree.get("step")):
        raise InputError(f"{where} is not of a training: expected JSON with a step, found {line[:60]!r}")
    return {key: float(value) for key, value in tree.items() if _is_number(value)}


def _is_number(value: object) -> bool:
    """Say whether a value is a finite number; what a training could not tell is null."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e300
