"""The README.md of a model directory, with front matter as model hubs read it."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import yaml

from nmt import __version__
from nmt.durable import write_atomically
from nmt.model_description import ModelDescription
from nmt.model_files import CARD
from nmt.validation import Validation

logger = logging.getLogger(__name__)

_CARD = """---
{front}---
# {src} to {tgt}

A recurrent translation model ({cell} encoder and decoder with {attention} attention) made by nmt {version}.
The scores are of the development set, of the best checkpoint (update {step}).

| validation loss (nats a token) | perplexity | BLEU | signature |
|---|---|---|---|
| {score.loss:.3f} | {score.perplexity:.2f} | {bleu} | `{score.signature}` |

    echo "…" | nmt translate -m THIS_DIRECTORY

`config.json` holds the full configuration, `metrics.jsonl` the course of the training.
"""
# What differs between two cards of one training: the version, the update and the scores.
_VARIES = re.compile(r"(?<=made by nmt )\S+|(?<=\(update )\d+|^\| \S+ \| \S+ \| .*$", re.MULTILINE)


def write_card(directory: Path, description: ModelDescription, step: int, score: Validation) -> None:
    """Write the card of a model, unless somebody changed the one that is there, which is told; raises FailureError."""
    if _is_changed(directory, description):
        logger.warning("%s is not as nmt wrote it and stays; its scores may be of before", directory / CARD)
    else:
        write_atomically(directory / CARD, model_card(description, step, score).encode())


def remove_card(directory: Path, description: ModelDescription) -> None:
    """Remove a card whose scores are no longer the model's, unless somebody changed it."""
    if not _is_changed(directory, description):
        (directory / CARD).unlink(missing_ok=True)


def _is_changed(directory: Path, description: ModelDescription) -> bool:
    if not (directory / CARD).is_file():
        return False
    found = (directory / CARD).read_bytes().decode("utf-8", "replace")
    own = model_card(description, 0, Validation(0.0, None))
    return _VARIES.sub("", found) != _VARIES.sub("", own)


def model_card(description: ModelDescription, step: int, score: Validation) -> str:
    """Return the card of a model whose best checkpoint, of update step, has this score."""

    config = description.config
    front = yaml.safe_dump(
        {
            "language": [config.data.src, config.data.tgt],
            "pipeline_tag": "translation",
            "library_name": "nmt",
            "license": "other",
        },
        sort_keys=False,
    )
    return _CARD.format(
        front=front,
        src=config.data.src,
        tgt=config.data.tgt,
        cell=config.model.cell,
        attention=config.model.attention,
        version=__version__,
        step=step,
        score=score,
        bleu="–" if score.bleu is None else f"{score.bleu:.2f}",
    )
