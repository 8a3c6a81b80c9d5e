"""The beam: hypotheses being extended, the scores of those that ended, and the history of both."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from nmt.config import SearchConfig
from nmt.rules import FORBIDDEN, Position, Special, active_rules

NEVER = FORBIDDEN  # the score of what cannot go on, or has not ended
LEAST_COVERAGE = 1e-6  # so that one source position without attention does not outweigh everything


class Choice(NamedTuple):
    """What goes on and what ends after a step; a sentence has `width` rows before it and `next` after it."""

    tokens: Tensor  # (sentences, next)
    token_log_probs: Tensor  # (sentences, next)
    scores: Tensor  # (sentences, next) summed log-probabilities, NEVER where nothing goes on
    parents: Tensor | None  # (sentences, next) place among the sentence's rows; None = each row its own
    ended: Tensor  # (sentences, width) summed log-probabilities with EOS, NEVER where a row does not end
    eos_log_probs: Tensor  # (sentences, width)


class Past(NamedTuple):
    """One step of the history, enough to trace any hypothesis back."""

    sentences: Tensor  # (alive,) which sentences the rows below belong to
    choice: Choice
    finals: Tensor  # (alive, width) the scores of those that ended
    weights: Tensor  # (alive * width, src_len)


class Move(NamedTuple):
    """How the state follows the beam to the next step."""

    tokens: Tensor  # (rows,)
    rows: Tensor | None  # None = all stay where they are
    sentences: Tensor | None  # None = all stay


class Beam:
    """The hypotheses being extended, the scores of those that ended, and the history of both."""

    def __init__(self, limits: list[int], src_lengths: Tensor, config: SearchConfig, special: Special) -> None:
        device = src_lengths.device
        self.config, self.special = config, special
        self.limits, self.alive = limits, list(range(len(limits)))
        self.history: list[Past] = []
        self.rules = active_rules(config)
        # One entry per sentence that is not done:
        self.sentences = torch.arange(len(limits), device=device)
        self.src_lengths = src_lengths
        self.max_lengths = torch.tensor(limits, device=device)
        width = config.n_best if config.sampling else 1
        self.scores = torch.zeros(len(limits), width, device=device)  # (sentences, width)
        self.best = torch.full((len(limits), config.n_best), NEVER, device=device)
        self.ended = torch.zeros(len(limits), dtype=torch.long, device=device)
        # One entry per row, kept only if something reads it:
        reads_tokens = any(rule.reads_tokens for rule in self.rules)
        self.prefix = torch.empty(len(limits) * width, 0, dtype=torch.long, device=device) if reads_tokens else None
        self.coverage: Tensor | None = None
        self._settle()

    def _settle(self) -> None:
        """Derive what changes only with the shape of the beam."""
        self.width = self.scores.size(1)
        self.own_rows = torch.arange(self.scores.numel(), device=self.scores.device).view_as(self.scores)
        self.first_rows = self.own_rows[:, :1]
        self.row_max_lengths = self.max_lengths.repeat_interleave(self.width)
        self.shortest = min(self.limits[sentence] for sentence in self.alive)
        self.divisors = (self.max_lengths + 1) ** self.config.length_penalty

    def apply_rules(self, log_probs: Tensor) -> None:
        """Forbid and force tokens in place."""
        tokens = self.row_max_lengths.new_empty(len(log_probs), 0) if self.prefix is None else self.prefix
        now = Position(len(self.history), tokens, self.row_max_lengths, self.shortest, self.config, self.special)
        for rule in self.rules:
            rule.apply(log_probs, now)

    def advance(self, choice: Choice, weights: Tensor) -> Move | None:
        """Take a choice over and drop the sentences that are done; None when that is all of them.

        weights: (rows, src_len)
        """
        finals = self._final_scores(choice, weights)
        self.best = torch.cat((self.best, finals), 1).topk(self.config.n_best).values
        self.ended = self.ended + (finals > NEVER).sum(1)
        self.history.append(Past(self.sentences, choice, finals, weights))
        self.scores = choice.scores
        staying = [place for place, done in enumerate(self._done().tolist()) if not done]
        if not staying:
            return None
        tokens = choice.tokens
        rows = None if choice.parents is None else choice.parents + self.first_rows
        keep = None
        if len(staying) < len(self.alive):
            keep = torch.tensor(staying, device=tokens.device)
            tokens, rows = tokens[keep], (self.own_rows if rows is None else rows)[keep]
            self._drop(keep, staying)
        if keep is not None or self.scores.size(1) != self.width:
            self._settle()
        move = Move(tokens.flatten(), None if rows is None else rows.flatten(), keep)
        self._follow(move)
        return move

    def _final_scores(self, choice: Choice, weights: Tensor) -> Tensor:
        """Return (sentences, width) scores of what ends now."""
        finals = choice.ended
        if self.config.length_penalty:
            finals = finals / (len(self.history) + 1) ** self.config.length_penalty
        if not self.config.coverage_penalty:
            return finals
        src_len = weights.size(1)
        self.coverage = weights if self.coverage is None else self.coverage[:, :src_len] + weights
        padding = torch.arange(src_len, device=weights.device) >= self.src_lengths.unsqueeze(1)
        covered = self.coverage.view(*finals.shape, src_len).clamp(LEAST_COVERAGE, 1.0).log()
        uncovered = covered.masked_fill(padding.unsqueeze(1), 0.0).sum(2)
        return finals + self.config.coverage_penalty * uncovered

    def _done(self) -> Tensor:
        """Return (sentences,) bool: enough has ended, or nothing that goes on can still count."""
        # Log-probabilities only fall, so the best that can follow costs nothing and has the kindest length.
        attainable = self.scores.amax(1)
        if self.config.length_penalty > 0:
            attainable = attainable / self.divisors
        elif self.config.length_penalty < 0:
            attainable = attainable / (len(self.history) + 1) ** self.config.length_penalty
        enough = self.config.n_best if self.config.sampling else self.config.beam_size
        return (self.ended >= enough) | (self.best[:, -1] >= attainable)

    def _drop(self, keep: Tensor, staying: list[int]) -> None:
        """Keep only these sentences."""
        self.alive = [self.alive[place] for place in staying]
        self.sentences, self.src_lengths = self.sentences[keep], self.src_lengths[keep]
        self.max_lengths, self.ended = self.max_lengths[keep], self.ended[keep]
        self.scores, self.best = self.scores[keep], self.best[keep]

    def _follow(self, move: Move) -> None:
        """Bring what is kept per row to the rows of the next step."""
        if self.prefix is not None:
            before = self.prefix if move.rows is None else self.prefix[move.rows]
            self.prefix = torch.cat((before, move.tokens.unsqueeze(1)), 1)
        if self.coverage is not None and move.rows is not None:
            self.coverage = self.coverage[move.rows]
