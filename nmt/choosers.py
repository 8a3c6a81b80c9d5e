"""Which continuations of a beam go on: the likeliest, or drawn ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from nmt.beam import NEVER, Beam, Choice
from nmt.ranking import rank, top
from nmt.rules import FORBIDDEN


class Chooser(Protocol):
    """Chooses which continuations of a beam go on."""

    def choose(self, log_probs: Tensor) -> Choice:
        """log_probs: (rows, vocab), overwritten"""


class BestFirst:
    """Extends a beam by its likeliest continuations."""

    def __init__(self, beam: Beam) -> None:
        self.beam = beam

    def choose(self, log_probs: Tensor) -> Choice:
        """Rank every continuation of each sentence.

        log_probs: (rows, vocab)
        """
        scores, size = self.beam.scores, self.beam.config.beam_size
        end = log_probs[:, self.beam.special.eos]
        eos_log_probs = self.beam.by_place(end).clone()
        end.fill_(FORBIDDEN)
        values, ids = top(log_probs, min(size, log_probs.size(1)))
        per_row = values.size(1)
        # (rows, per_row) -> (sentences, width * per_row)
        values, ids = self.beam.by_place(values), self.beam.by_place(ids).flatten(1)
        totals = (values + scores.unsqueeze(2)).flatten(1)
        values = values.flatten(1)
        places = rank(totals, min(size, totals.size(1)))
        going = totals.gather(1, places)
        ending = eos_log_probs + scores
        both = torch.cat((going, ending), 1)
        worst = both.topk(min(size, both.size(1))).values[:, -1:]
        return Choice(
            tokens=ids.gather(1, places),
            token_log_probs=values.gather(1, places),
            scores=going,
            parents=None if per_row == totals.size(1) == 1 else places // per_row,
            ended=ending.masked_fill(ending < worst, NEVER),
            eos_log_probs=eos_log_probs,
        )


class Sampler:
    """Extends each row by a token drawn from the model's distribution."""

    def __init__(self, beam: Beam, numbers: Sequence[int] | None) -> None:
        self.beam = beam
        numbers = range(len(beam.limits)) if numbers is None else numbers
        noise = torch.zeros(len(beam.limits), max(beam.limits) + 1, beam.width)
        for row, number, limit in zip(noise, numbers, beam.limits, strict=True):
            digest = hashlib.blake2b(f"{beam.config.seed} {number}".encode(), digest_size=7).digest()
            generator = torch.Generator().manual_seed(int.from_bytes(digest, "big"))
            row[: limit + 1] = torch.rand(limit + 1, beam.width, generator=generator)
        self.noise = noise.to(beam.scores.device)  # (sentences, steps, width), uniform in [0, 1)

    def choose(self, log_probs: Tensor) -> Choice:
        """Draw one token for each row.

        log_probs: (rows, vocab)
        """
        beam = self.beam
        noise = self.noise[beam.sentences, len(beam.history)].view(-1, 1)
        tokens = self._draw(log_probs, noise if beam.layout is None else noise[beam.layout.places])
        token_log_probs = beam.by_place(log_probs.gather(1, tokens).squeeze(1))
        tokens = beam.by_place(tokens.squeeze(1))
        totals = beam.scores + token_log_probs
        ends = tokens == beam.special.eos
        return Choice(
            tokens=tokens,
            token_log_probs=token_log_probs,
            scores=totals.masked_fill(ends, NEVER),
            parents=None,
            ended=totals.masked_fill(~ends, NEVER),
            eos_log_probs=token_log_probs,
        )

    def _draw(self, log_probs: Tensor, noise: Tensor) -> Tensor:
        """Return the tokens where the summed probability passes the noise, (rows, 1), both."""
        config = self.beam.config
        scaled = log_probs if config.temperature == 1.0 else log_probs / config.temperature
        ids = None
        if config.top_k:
            scaled, ids = top(scaled, min(config.top_k, scaled.size(1)))
        elif config.top_p < 1.0:
            scaled, ids = scaled.sort(dim=1, descending=True, stable=True)
        mass = scaled.softmax(1).cumsum(1)
        total = mass[:, -1:]
        if config.top_p < 1.0:
            # The token that reaches top_p is the last one in.
            last = (mass < config.top_p * total).sum(1, keepdim=True).clamp_(max=mass.size(1) - 1)
            total = mass.gather(1, last)
        # Below the total even when rounded, so that a forbidden token, of no mass, is never met.
        point = torch.minimum(noise * total, torch.nextafter(total, torch.zeros_like(total)))
        places = torch.searchsorted(mass, point, right=True).clamp_(max=mass.size(1) - 1)
        return places if ids is None else ids.gather(1, places)
