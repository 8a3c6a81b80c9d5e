"""Decoding rules: small functions that forbid or force tokens, all listed in `RULES`.

A new rule is one function and one line of the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from nmt.config import SearchConfig

FORBIDDEN = float("-inf")
LEAST_FORCED = -1e9  # a forced EOS keeps a finite score even where the model rules it out


@dataclass(frozen=True)
class Special:
    """The ids of the tokens that are not text."""

    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True)
class Moment:
    """Where the search stands when it asks for the next token; a row is a hypothesis being extended."""

    step: int  # tokens each row holds so far
    tokens: Tensor  # (rows, step), without BOS; (rows, 0) unless an active rule reads the tokens
    max_lengths: Tensor  # (rows,) most tokens of each row
    shortest: int  # the least of max_lengths, known without asking the device
    config: SearchConfig
    special: Special


@dataclass(frozen=True)
class Rule:
    """One line of the table."""

    apply: Callable[[Tensor, Moment], None]
    active: Callable[[SearchConfig], bool]
    reads_tokens: bool = False


def always(_: SearchConfig) -> bool:
    """Say that a rule holds whatever the config."""
    return True


def forbid_special(log_probs: Tensor, moment: Moment) -> None:
    """Forbid BOS, PAD and UNK.

    log_probs: (rows, vocab), changed in place
    """
    for token in {moment.special.bos, moment.special.pad, moment.special.unk} - {moment.special.eos}:
        log_probs[:, token] = FORBIDDEN


def forbid_repeated_ngrams(log_probs: Tensor, moment: Moment) -> None:
    """Forbid each token that would complete an n-gram the row already holds (Paulus et al., 2018).

    log_probs: (rows, vocab), changed in place
    """
    size = moment.config.no_repeat_ngram
    if moment.step < size:
        return
    ngrams = moment.tokens.unfold(1, size, 1)  # (rows, step) -> (rows, step - size + 1, size)
    newest = moment.tokens[:, moment.step - size + 1 :].unsqueeze(1)
    again = (ngrams[:, :, :-1] == newest).all(2)
    # Added rather than set: one token may end several n-grams, some of them matching and some not.
    change = torch.zeros_like(again, dtype=log_probs.dtype).masked_fill_(again, FORBIDDEN)
    log_probs.scatter_add_(1, ngrams[:, :, -1], change)


def forbid_early_end(log_probs: Tensor, moment: Moment) -> None:
    """Forbid EOS before the least length, except where forbidden n-grams leave a row nothing else.

    log_probs: (rows, vocab), changed in place
    """
    if moment.step >= moment.config.min_length:
        return
    end = log_probs[:, moment.special.eos]
    before = end.clone() if moment.config.no_repeat_ngram and moment.step else None
    end.fill_(FORBIDDEN)
    if before is not None:
        stuck = log_probs.amax(1) == FORBIDDEN
        end.copy_(before.masked_fill_(~stuck, FORBIDDEN))


def force_end(log_probs: Tensor, moment: Moment) -> None:
    """Leave only EOS, at its own log-probability, to rows of the greatest length.

    log_probs: (rows, vocab), changed in place
    """
    if moment.step < moment.shortest:
        return
    full = moment.max_lengths <= moment.step
    end = log_probs[:, moment.special.eos].clone()
    log_probs.masked_fill_(full.unsqueeze(1), FORBIDDEN)
    log_probs[:, moment.special.eos] = torch.where(full, end.clamp(min=LEAST_FORCED), end)


# Applied from top to bottom: what ends a hypothesis has the last word.
RULES: dict[str, Rule] = {
    "special": Rule(forbid_special, always),
    "no_repeat_ngram": Rule(forbid_repeated_ngrams, lambda config: config.no_repeat_ngram > 0, reads_tokens=True),
    "min_length": Rule(forbid_early_end, lambda config: config.min_length > 0),
    "max_length": Rule(force_end, always),
}


def active_rules(config: SearchConfig) -> list[Rule]:
    """Return the rules a config asks for, in the order of the table."""
    return [rule for rule in RULES.values() if rule.active(config)]
