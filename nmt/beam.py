"""The beam: hypotheses being extended, the scores of those that ended, and the history of both.

A sentence has `width` places for hypotheses, best first; a place whose hypothesis was pruned is empty. The model
sees rows, one for each place that is not, sentence by sentence.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from nmt.config import SearchConfig
from nmt.rules import FORBIDDEN, Moment, Special, active_rules

NEVER = FORBIDDEN  # the score of what cannot go on, or has not ended
# Sentences leave a batch this many at a time, and rows come in such numbers: each size of a product costs a kernel.
LEAVE_TOGETHER = 8
ROWS_TOGETHER = 32
# Halfway through a sentence, a hypothesis so many margins behind can still end within one. On 500 sentences of
# Tatoeba's development set a factor of 2 costs 0.05 chrF into English and none into German of what reranking brings,
# a factor of 1 costs 0.15 and 0.11.
MARGINS_BEHIND = 2.0
LEAST_COVERAGE = 1e-6  # so that one source position without attention does not outweigh everything


class Choice(NamedTuple):
    """What goes on and what ends after a step; a sentence has `width` places before it and `next` after it."""

    tokens: Tensor  # (sentences, next)
    token_log_probs: Tensor  # (sentences, next)
    scores: Tensor  # (sentences, next) summed log-probabilities, NEVER where nothing goes on
    parents: Tensor | None  # (sentences, next) place before the step; None = each its own
    ended: Tensor  # (sentences, width) summed log-probabilities with EOS, NEVER where nothing ends
    eos_log_probs: Tensor  # (sentences, width)
    needs: Tensor | None = None  # (sentences, next) tokens that a guided hypothesis still lacks


class Past(NamedTuple):
    """One step of the history, enough to trace any hypothesis back."""

    sentences: Tensor  # (alive,) which sentences the places below belong to
    choice: Choice
    finals: Tensor  # (alive, width) the scores of those that ended
    rows: Tensor  # (alive, width) the row of each place, any where it is empty
    weights: Tensor  # (rows, src_len)
    missing: Tensor | None = None  # (alive, width) tokens that those that ended lack of what they must hold


class Layout(NamedTuple):
    """Where rows lie among the places of the sentences in a batch."""

    places: Tensor  # (rows,) sentence * width + place; the last rows may repeat the first one, to fill up
    width: int


class Move(NamedTuple):
    """How the state follows the beam to the next step."""

    tokens: Tensor  # (rows,)
    rows: Tensor | None  # the row each comes from; None = all stay where they are
    sentences: Tensor | None  # None = all stay
    layout: Layout | None  # None = no place is empty


class Beam:
    """The hypotheses being extended, the scores of those that ended, and the history of both."""

    def __init__(
        self,
        limits: list[int],
        src_lengths: Tensor,
        config: SearchConfig,
        special: Special,
        margins: Tensor | None = None,
    ) -> None:
        """limits: most tokens of each sentence; margins: (sentences,) see search.search, None = 0"""
        device = src_lengths.device
        self.config, self.special = config, special
        self.limits, self.alive = limits, list(range(len(limits)))
        self.history: list[Past] = []
        self.rules = active_rules(config)
        # One entry per sentence that is not done:
        self.sentences = torch.arange(len(limits), device=device)
        self.src_lengths = src_lengths
        self.margins = margins
        self.max_lengths = torch.tensor(limits, device=device)
        width = config.n_best if config.sampling else 1
        self.scores = torch.zeros(len(limits), width, device=device)  # (sentences, width)
        self.best = torch.full((len(limits), config.n_best), NEVER, device=device)
        self.ended = torch.zeros(len(limits), dtype=torch.long, device=device)
        self.over = torch.zeros(len(limits), dtype=torch.bool, device=device)  # done, but still in the batch
        # One entry per row; the prefix and the coverage are kept only if something reads them:
        self.layout: Layout | None = None
        reads_tokens = any(rule.reads_tokens for rule in self.rules)
        self.prefix = torch.empty(len(limits) * width, 0, dtype=torch.long, device=device) if reads_tokens else None
        self.coverage: Tensor | None = None
        self.weights = torch.empty(0)
        self._settle()

    def _settle(self) -> None:
        """Derive what changes only with the shape of the beam."""
        self.width = self.scores.size(1)
        places = torch.arange(self.scores.numel(), device=self.scores.device)
        if self.layout is None:
            self.rows = places.view_as(self.scores)
        else:
            places = self.layout.places
            # Backwards, so that of rows for one place the first counts.
            order = torch.arange(len(places) - 1, -1, -1, device=places.device)
            self.rows = torch.zeros_like(self.scores, dtype=torch.long).view(-1).index_copy_(0, places.flip(0), order)
            self.rows = self.rows.view_as(self.scores)
        self.row_sentences = places // self.width
        self.row_max_lengths = self.max_lengths[self.row_sentences]
        self.shortest = min(self.limits[sentence] for sentence in self.alive)
        self.divisors = (self.max_lengths + 1) ** self.config.length_penalty

    def by_place(self, values: Tensor) -> Tensor:
        """Return values (rows, any) as (sentences, width, any); whatever in empty places."""
        if self.layout is not None:
            values = values.index_select(0, self.rows.flatten())
        return values.view(*self.scores.shape, *values.shape[1:])

    def apply_rules(self, log_probs: Tensor, weights: Tensor) -> None:
        """Forbid and force tokens in place; weights: the attention of this step, (rows, src_len)."""
        self.weights = weights
        tokens = self.row_max_lengths.new_empty(len(log_probs), 0) if self.prefix is None else self.prefix
        now = Moment(len(self.history), tokens, self.row_max_lengths, self.shortest, self.config, self.special)
        for rule in self.rules:
            rule.apply(log_probs, now)

    def advance(self, choice: Choice) -> Move | None:
        """Take a choice over and drop the sentences that are done; None when that is all of them."""
        finals = self._final_scores(choice, self.weights).masked_fill_(self.over.unsqueeze(1), NEVER)
        past = Past(self.sentences, choice, finals, self.rows, self.weights, self._missing())
        self.history.append(past)
        self._count(past)
        self.over = self._done(choice)
        self.scores = self._prune(choice)
        staying = stay(self.over.tolist())
        if not staying:
            return None
        tokens = choice.tokens
        rows = self.rows if choice.parents is None else self.rows.gather(1, choice.parents)
        keep = None
        if len(staying) < len(self.alive):
            keep = torch.tensor(staying, device=tokens.device)
            tokens, rows = tokens[keep], rows[keep]
            self._drop(keep, staying)
        places = (self.scores > NEVER).flatten().nonzero().squeeze(1)
        if not len(places):
            return None
        before, self.layout = self.layout, None
        moved = choice.parents is not None or keep is not None or before is not None
        if len(places) < self.scores.numel():
            places = fill_up(places)
            self.layout = Layout(places, self.scores.size(1))
            tokens, rows, moved = tokens.flatten()[places], rows.flatten()[places], True
        if moved or self.scores.size(1) != self.width:
            self._settle()
        move = Move(tokens.flatten(), rows.flatten() if moved else None, keep, self.layout)
        self._follow(move)
        return move

    def _missing(self) -> Tensor | None:
        """Return what hypotheses that end now lack of what they must hold, (sentences, width); None = nothing."""
        return None

    def _count(self, past: Past) -> None:
        """Take note of what ended."""
        self.best = torch.cat((self.best, past.finals), 1).topk(self.config.n_best).values
        self.ended = self.ended + (past.finals > NEVER).sum(1)

    def _prune(self, choice: Choice) -> Tensor:
        """Return scores without what goes on in sentences that are done, and what has fallen too far behind."""
        scores, lost = choice.scores, self.over.unsqueeze(1)
        if not self.config.sampling:
            # Each hypothesis that ended leaves one place less to those that go on.
            places = torch.arange(scores.size(1), device=scores.device)
            lost = lost | (places >= (self.config.beam_size - self.ended).unsqueeze(1))
            if self.config.prune:
                behind = scores < scores[:, :1] - self._pruned()
                lost = lost | (behind & (places >= self.config.n_best))
        return scores.masked_fill(lost, NEVER)

    def _pruned(self) -> float | Tensor:
        """Return how many nats behind the best a hypothesis is given up: one number for all or (sentences, 1)."""
        if self.margins is None:
            return self.config.prune
        # A score is of the whole length, which is about that of the source.
        length = self.src_lengths.clamp(min=len(self.history))
        reach = MARGINS_BEHIND * self.margins * length**self.config.length_penalty
        return reach.clamp(min=self.config.prune).unsqueeze(1)

    def _final_scores(self, choice: Choice, weights: Tensor) -> Tensor:
        """Return (sentences, width) scores of what ends now."""
        finals = choice.ended
        if self.config.length_penalty:
            finals = finals / self._divisor(len(self.history) + 1)
        if not self.config.coverage_penalty:
            return finals
        src_len = weights.size(1)
        self.coverage = weights if self.coverage is None else self.coverage[:, :src_len] + weights
        lengths = self.src_lengths[self.row_sentences].unsqueeze(1)
        padding = torch.arange(src_len, device=weights.device) >= lengths
        covered = self.coverage.clamp(LEAST_COVERAGE, 1.0).log().masked_fill(padding, 0.0)
        return finals + self.config.coverage_penalty * self.by_place(covered.sum(1))

    def _divisor(self, length: int) -> float | Tensor:
        """Return what the score of so many tokens, EOS counted, is divided by: one for all or (sentences, 1)."""
        divisor: float = length**self.config.length_penalty
        return divisor

    def _done(self, choice: Choice) -> Tensor:
        """Return (sentences,) bool: enough has ended, or nothing that goes on can still count."""
        enough = self.config.n_best if self.config.sampling else self.config.beam_size
        needed = self.best[:, self.config.n_best - 1]
        if self.margins is not None:
            needed = torch.minimum(needed, self.best[:, 0] - self.margins)
        return self.over | (self.ended >= enough) | (needed >= self._attainable(choice.scores))

    def _attainable(self, scores: Tensor) -> Tensor:
        """Return (sentences,) a score that nothing which goes on can exceed."""
        # Log-probabilities only fall, so the best that can follow costs nothing and has the kindest length.
        attainable = scores.amax(1)
        if self.config.length_penalty > 0:
            attainable = attainable / self.divisors
        elif self.config.length_penalty < 0:
            attainable = attainable / (len(self.history) + 1) ** self.config.length_penalty
        return attainable

    def _drop(self, keep: Tensor, staying: list[int]) -> None:
        """Keep only these sentences."""
        self.alive = [self.alive[place] for place in staying]
        self.sentences, self.src_lengths = self.sentences[keep], self.src_lengths[keep]
        self.max_lengths, self.ended = self.max_lengths[keep], self.ended[keep]
        self.margins = None if self.margins is None else self.margins[keep]
        self.scores, self.best, self.over = self.scores[keep], self.best[keep], self.over[keep]

    def _follow(self, move: Move) -> None:
        """Bring what is kept per row to the rows of the next step."""
        if self.prefix is not None:
            before = self.prefix if move.rows is None else self.prefix[move.rows]
            self.prefix = torch.cat((before, move.tokens.unsqueeze(1)), 1)
        if self.coverage is not None and move.rows is not None:
            self.coverage = self.coverage[move.rows]


def stay(over: list[bool]) -> list[int]:
    """Return the sentences that go on, and as many of the finished ones as fill a known batch size."""
    going = [number for number, done in enumerate(over) if not done]
    filler = [number for number, done in enumerate(over) if done][
        : _known_size(len(going), LEAVE_TOGETHER) - len(going)
    ]
    return sorted(going + filler) if going else []


def fill_up(places: Tensor) -> Tensor:
    """Repeat the first place until the number of rows is a known one."""
    missing = _known_size(len(places), ROWS_TOGETHER) - len(places)
    return torch.cat((places, places[:1].expand(missing))) if missing else places


def _known_size(count: int, together: int) -> int:
    """Round up to a multiple of a number, or below that number to a power of two."""
    unit = min(together, 1 << max(count - 1, 0).bit_length())
    return count + -count % unit
