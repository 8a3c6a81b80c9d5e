"""What follows from the size of the corpus where a config leaves it open: vocabulary, dropout, batches, epochs.

After Sennrich and Zhang (2019): the fewer pairs, the smaller the vocabulary and the batches, the heavier the dropout,
and the more passes, so that the updates suffice: of the smallest corpora too, some 1,600.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from nmt.config import SCALED_KEYS, Config


class Scale(NamedTuple):
    """The settings of corpora of fewer than so many pairs; the other names are those of keys.

    max_epochs: the fewest; very small corpora have more
    """

    pairs: float
    vocab_size: int
    dropout: float
    embedding_dropout: float
    word_dropout: float
    batch_tokens: int
    max_epochs: int


SCALES = (
    Scale(2_000, 1_000, 0.5, 0.4, 0.2, 512, 100),
    Scale(10_000, 2_000, 0.5, 0.3, 0.2, 1024, 60),
    Scale(20_000, 4_000, 0.4, 0.3, 0.1, 1536, 40),
    Scale(200_000, 6_000, 0.3, 0.3, 0.1, 2048, 20),
    Scale(1_000_000, 10_000, 0.2, 0.2, 0.1, 4096, 10),
    Scale(float("inf"), 16_000, 0.1, 0.1, 0.0, 4096, 5),
)
# A pair takes about so many tokens of a batch. What is warmed up for 400 updates needs several times that.
_PAIR_TOKENS = 20
_FEWEST_UPDATES = 1600
# Counting further changes nothing.
MOST_COUNTED = 1_000_000


def open_keys(config: Config) -> list[str]:
    """Return the keys that are to follow from the corpus: those that take `auto` and were given no value."""
    return [key for key in SCALED_KEYS if _name(key) not in getattr(config, _section(key)).model_fields_set]


def scale_of(pairs: int) -> Scale:
    """Return the settings for a corpus of so many pairs."""
    scale = next(scale for scale in SCALES if pairs < scale.pairs)
    updates = max(pairs * _PAIR_TOKENS / scale.batch_tokens, 1.0)  # of an epoch
    return scale._replace(max_epochs=max(scale.max_epochs, math.ceil(_FEWEST_UPDATES / updates)))


def scaled_values(pairs: int, max_steps: int = 0) -> dict[str, Any]:
    """Return the value of every key that takes `auto`, for a corpus of so many pairs.

    max_steps: updates that are asked for, if any: epochs that nobody asked for do not end the training before them
    """
    scale = scale_of(pairs)
    values = {key: getattr(scale, _name(key)) for key in SCALED_KEYS}
    return {**values, "train.max_epochs": 0} if max_steps else values


def fill(config: Config, values: Mapping[str, Any]) -> Config:
    """Return a config whose open keys are set, from values by `section.key`."""
    changes: dict[str, dict[str, Any]] = {}
    for key in open_keys(config):
        changes.setdefault(_section(key), {})[_name(key)] = values[key]
    sections = {name: getattr(config, name).model_copy(update=update) for name, update in changes.items()}
    return config.model_copy(update=sections)


def _section(key: str) -> str:
    return key.partition(".")[0]


def _name(key: str) -> str:
    return key.partition(".")[2]
