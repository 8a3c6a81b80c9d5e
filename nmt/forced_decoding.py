"""Forced decoding: the log-probability that models give to translations which are there already."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch

from nmt.batches import IdPair, make_batch
from nmt.config import ModelConfig
from nmt.device import memory_errors
from nmt.ensemble import Ensemble
from nmt.errors import InputError

# Largest result of a batch, in logits and attention weights: half a GB of float32.
_MOST_SCORED = 1 << 27
_ADVICE = "lower --batch-size"


def score_pairs(
    ensemble: Ensemble, pairs: Sequence[IdPair], first: int, most: int | None = None
) -> Iterator[list[float]]:
    """Yield the log-probability of each target token, EOS last, of pairs of ids without EOS.

    They are one batch, or halves of it where there would be more than `most` logits and attention weights, or more
    than memory should hold; first: number of the first pair. Raises InputError naming a pair that is too long to be
    scored at once.
    """
    if _size(ensemble, pairs) <= (_MOST_SCORED if most is None or len(pairs) == 1 else most):
        yield from _score(ensemble, pairs)
    elif len(pairs) > 1:
        half = len(pairs) // 2
        yield from score_pairs(ensemble, pairs[:half], first, most)
        yield from score_pairs(ensemble, pairs[half:], first + half, most)
    else:
        src, tgt = pairs[0]
        sizes = f"{len(src) + 1:,} source and {len(tgt) + 1:,} target tokens"
        raise InputError(f"pair {first}: {sizes} are too many to be scored at once; score it by its sentences")


def can_score(ensemble: Ensemble, pair: IdPair) -> bool:
    """Say whether a pair is short enough to be scored."""
    return _size(ensemble, [pair]) <= _MOST_SCORED


def _size(ensemble: Ensemble, pairs: Sequence[IdPair]) -> int:
    """Return how many logits and attention weights there are of pairs that are scored together."""
    src_len, tgt_len = (max(len(pair[side]) for pair in pairs) + 1 for side in (0, 1))
    width = max(model.tgt_vocab + src_len * _matches(model.config) for model in ensemble.models)
    return len(pairs) * tgt_len * width


def _matches(config: ModelConfig) -> int:
    """Return how many numbers there are at a time for each pair of a source and a target token."""
    return 2 * config.decoder_size if config.attention == "additive" else config.heads


def _score(ensemble: Ensemble, pairs: Sequence[IdPair]) -> list[list[float]]:
    batch = make_batch(pairs).to(next(ensemble.models[0].parameters()).device)
    with torch.inference_mode(), memory_errors(batch.shape(), _ADVICE):
        votes = []
        for model in ensemble.models:
            result = model(batch.src_ids, batch.src_lengths, batch.tgt_in)
            logits = model.logits(result.features).float()
            votes.append(logits.gather(2, batch.tgt_out.unsqueeze(2)).squeeze(2) - logits.logsumexp(dim=2))
        # Of the mean of the models' probabilities.
        chosen = torch.logsumexp(torch.stack(votes), dim=0) - math.log(len(votes))
    lengths = batch.tgt_lengths.tolist()
    return [row[:length] for row, length in zip(chosen.tolist(), lengths, strict=True)]
