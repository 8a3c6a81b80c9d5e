"""What `nmt models` tells: the built-in models with size, licence and scores, as their cards have them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nmt.errors import InputError
from nmt.model_files import CARD, open_model
from nmt.pretrained.models import LanguagePair, builtin_models
from nmt.yaml_text import parse_yaml

_HEAD = ("model", "MB", "test set")
# How a card marks the scores of a model without the one back, which only the card and JSON tell.
_ALONE = ", alone"


@dataclass(frozen=True)
class CardScore:
    """A score of a model card: the test set, the metric and its signature."""

    data: str
    metric: str
    score: float
    signature: str


@dataclass(frozen=True)
class Listed:
    """A built-in model as it is listed."""

    src: str
    tgt: str
    path: str
    bytes: int
    license: str
    scores: list[CardScore]


def read_card(path: Path) -> str:
    """Return the card of a model, empty where it has none; raises InputError where it cannot be read."""
    with open_model(path) as files:
        if not files.exists(CARD):
            return ""
        try:
            return files.read(CARD).decode()
        except UnicodeDecodeError:
            raise InputError(f"{files.where(CARD)} is no UTF-8") from None


def front_matter(card: str, origin: str) -> dict[str, Any]:
    """Return the fields in front of a card, as model hubs read them; none where there are none."""
    if not card.startswith("---\n") or (end := card.find("\n---\n", 3)) < 0:
        return {}
    found = parse_yaml(card[4 : end + 1], origin)
    return found if isinstance(found, dict) else {}


def listed(pair: LanguagePair, path: Path) -> Listed:
    """Return what is told of a model; raises InputError where its card cannot be read."""
    front = front_matter(read_card(path), str(path))
    try:
        scores = [
            CardScore(result["dataset"]["name"], each["name"], float(each["value"]), each.get("signature", ""))
            for model in front.get("model-index", [])
            for result in model["results"]
            for each in result["metrics"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(f"{path}: the scores of its card are not written as model hubs do") from None
    licence = str(front.get("license_name", front.get("license", "unknown")))
    return Listed(pair.src, pair.tgt, str(path), path.stat().st_size, licence, scores)


def list_models(form: str) -> str:
    """Return the built-in models as a table, or as JSON."""
    models = [listed(pair, path) for pair, path in builtin_models().items()]
    if form == "json":
        return json.dumps([asdict(each) for each in models], indent=1, ensure_ascii=False)
    if not models:
        return "this installation has no built-in models"
    metrics = list(dict.fromkeys(score.metric for each in models for score in each.scores))
    rows = [(*_HEAD, *metrics), *(row for each in models for row in _rows(each, metrics))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    table = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    licences: dict[str, list[str]] = {}
    for each in models:
        licences.setdefault(each.license, []).append(f"{each.src}-{each.tgt}")
    table += [f"licence of {', '.join(names)}: {licence}" for licence, names in licences.items()]
    return "\n".join(table)


def _rows(model: Listed, metrics: Sequence[str]) -> list[tuple[str, ...]]:
    """Return a row for each test set, the model's name and size in the first."""
    scores: dict[str, dict[str, str]] = {}
    for each in model.scores:
        if not each.data.endswith(_ALONE):
            scores.setdefault(each.data, {})[each.metric] = f"{each.score:.1f}"
    rows = [(data, *(found.get(metric, "") for metric in metrics)) for data, found in scores.items()]
    first, *others = rows or [("none", *("" for _ in metrics))]
    name, size = f"{model.src}-{model.tgt}", f"{model.bytes / 1e6:.1f}"
    return [(name, size, *first), *(("", "", *other) for other in others)]


def show_card(name: str) -> str:
    """Return the card of the built-in model SRC-TGT, without its fields; raises InputError where there is none."""
    models = {str(pair): path for pair, path in builtin_models().items()}
    if name not in models:
        there = f"there are: {', '.join(models)}" if models else "this installation has none"
        raise InputError(f"no built-in model {name!r}; {there}")
    return _body(read_card(models[name])).strip("\n") or f"the built-in model {name} has no card"


def _body(card: str) -> str:
    """Return a card without the fields in front of it."""
    return card[card.index("\n---\n", 3) + 5 :] if front_matter(card, "card") else card
