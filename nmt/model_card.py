"""The README.md of a model directory, with front matter as model hubs read it."""

from __future__ import annotations

import yaml

from nmt import __version__
from nmt.model_directory import ModelDescription
from nmt.validation import Validation

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
