"""A beam whose hypotheses must hold certain terms, or open in a certain way.

The hypotheses of a sentence lie in banks by the number of tokens they still lack (dynamic beam allocation, Post and
Vilar, 2018; Hu et al., 2019), and compete within their bank: what has met a term at a price is not driven out by
what has yet to pay it. As in grid beam search (Hokamp and Liu, 2017) a bank has a width of its own, so that there
is room for the hypotheses of every bank; pruning keeps what is not needed of it empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from nmt.beam import NEVER, Beam, Choice, Move, Past
from nmt.config import SearchConfig
from nmt.constraints import NO_LEAD, Edges, Outlook, Standing, Tracker
from nmt.rules import FORBIDDEN, Special

# Hypotheses that lack something, in all banks together, for each one of a beam.
BANKS_WIDTH = 0.5
# The penalty for beginning a term whose source gets little attention: this times the logarithm of that attention.
PLACEMENT = 3.0
LEAST_ATTENDED = 0.02


class Guide(NamedTuple):
    """What leads the hypotheses of each sentence."""

    trackers: Sequence[Tracker]
    edges: Edges


class _Outlooks(NamedTuple):
    """What the next token of each row means; see constraints.Outlook."""

    plain: Tensor  # (rows,)
    joined: Tensor  # (rows,)
    tokens: Tensor  # (rows, moves), -1 where there are fewer
    needs: Tensor  # (rows, moves)
    wanted: Tensor  # (rows, moves) bool
    terms: Tensor  # (rows, moves) which the token begins
    fresh: Tensor | None  # (rows,) bool; None = none is

    @classmethod
    def of(cls, rows: Sequence[Outlook], device: torch.device) -> _Outlooks:
        most = max(len(row.moves) for row in rows)
        moves = [[*row.moves, *[NO_LEAD] * (most - len(row.moves))] for row in rows]
        parts = torch.tensor(moves, dtype=torch.long, device=device).view(len(rows), most, 4).unbind(2)
        states = torch.tensor([[row.plain, row.joined, row.fresh] for row in rows], device=device)
        fresh = states[:, 2] > 0 if any(row.fresh for row in rows) else None
        return cls(states[:, 0], states[:, 1], parts[0], parts[1], parts[2] > 0, parts[3], fresh)

    def after(self, ids: Tensor, begins: Tensor) -> Tensor:
        """Return how much is missing after each token of ids (rows, any)."""
        usual = torch.where(begins[ids], self.joined.unsqueeze(1), self.plain.unsqueeze(1))
        same = self._same(ids)
        return torch.where(same.any(2), (same * self.needs.unsqueeze(1)).sum(2), usual)

    def of_tokens(self, values: Tensor, ids: Tensor) -> Tensor:
        """Return values of moves, (rows, moves), by token of ids (rows, any); 0 where one is no move."""
        return (self._same(ids) * values.unsqueeze(1)).sum(2)

    def _same(self, ids: Tensor) -> Tensor:
        return ids.unsqueeze(2) == self.tokens.unsqueeze(1)


class GuidedBeam(Beam):
    """A beam that follows its hypotheses through the constraints of their sentences."""

    def __init__(
        self, limits: list[int], src_lengths: Tensor, config: SearchConfig, special: Special, guide: Guide
    ) -> None:
        super().__init__(limits, src_lengths, config, special)
        device = src_lengths.device
        self.trackers = guide.trackers
        self.begins = torch.tensor(guide.edges.begins, device=device)
        self.states: list[list[Standing]] = [[tracker.start] * self.width for tracker in guide.trackers]
        wanted = [tracker.outlook(tracker.start).need for tracker in guide.trackers]
        # Without terms it is a beam as any other, whose hypotheses may have to open in a certain way.
        self.banked = any(wanted)
        if self.banked:
            share = BANKS_WIDTH * config.beam_size
            widths = [min(config.beam_size, max(1, round(share / need))) if need else 1 for need in wanted]
            self.widths = torch.tensor(widths, device=device)  # (sentences,) of each bank that lacks something
            # (sentences,) beyond this length what is said no longer makes up for what a term costs.
            sizes = torch.tensor(wanted, device=device)
            self.lengths = torch.where(sizes > 0, src_lengths + sizes, torch.tensor(limits, device=device) + 1)
            self.best = torch.full((len(limits), config.beam_size), NEVER, device=device)
            self.sources = _sources(guide.trackers, int(src_lengths.max())).to(device)  # (sentences, terms, src_len)
        self._look()

    def _look(self) -> None:
        """Find out what the next tokens mean."""
        flat = [
            self.trackers[sentence].outlook(state)
            for sentence, states in zip(self.alive, self.states, strict=True)
            for state in states
        ]
        places = range(len(flat)) if self.layout is None else self.layout.places.tolist()
        device = self.scores.device
        self.needs = torch.tensor([each.need for each in flat], device=device).view_as(self.scores)
        self.outlooks = _Outlooks.of([flat[place] for place in places], device)
        self._open = self._openings(places)

    def _openings(self, places: Sequence[int]) -> tuple[Tensor, Tensor] | None:
        """Return rows and tokens that continue openings; None where all are over."""
        rows: list[int] = []
        tokens: list[int] = []
        for row, place in enumerate(places):
            sentence = self.alive[place // self.width]
            opening = self.trackers[sentence].opening
            at = self.states[place // self.width][place % self.width].place
            if at < len(opening) and self.limits[sentence] > len(self.history):
                rows += [row] * len(opening[at])
                tokens += opening[at]
        device = self.scores.device
        return (torch.tensor(rows, device=device), torch.tensor(tokens, device=device)) if rows else None

    def apply_rules(self, log_probs: Tensor, weights: Tensor) -> None:
        """Forbid and force tokens in place; an opening and terms come before other rules."""
        tokens = self.outlooks.tokens
        full = (self.row_max_lengths <= len(self.history)).unsqueeze(1)
        unable = ~self.outlooks.wanted | full
        self.wanted = log_probs.gather(1, tokens.clamp(min=0)).masked_fill_(unable, FORBIDDEN)
        allowed = log_probs[self._open] if self._open else None
        super().apply_rules(log_probs, weights)
        if self._open and allowed is not None:
            log_probs[self._open[0]] = FORBIDDEN
            log_probs[self._open] = allowed

    def advance(self, choice: Choice) -> Move | None:
        """Take a choice over, see Beam.advance, and follow the hypotheses that go on."""
        before = dict(zip(self.alive, self.states, strict=True))
        places = dict(zip(self.alive, range(len(self.alive)), strict=True))
        move = super().advance(choice)
        if move is None:
            return None
        tokens = choice.tokens.tolist()
        parents = choice.parents.tolist() if choice.parents is not None else None
        self.states = []
        for sentence, going in zip(self.alive, (self.scores > NEVER).tolist(), strict=True):
            tracker, states, place = self.trackers[sentence], before[sentence], places[sentence]
            origins = parents[place] if parents is not None else range(len(states))
            self.states.append([
                tracker.after(states[origin], token) if goes else tracker.start
                for origin, token, goes in zip(origins, tokens[place], going, strict=True)
            ])  # fmt: skip
        self._look()
        return move

    def placement(self) -> Tensor:
        """Return what each move is taken back for its place: a term begins best when its source is attended to.

        returns (rows, moves), 0 for a token that begins no term
        """
        terms = self.outlooks.terms
        src_len = min(self.sources.size(2), self.weights.size(1))
        sources = self.sources[self.row_sentences, :, :src_len]
        attended = (sources * self.weights[:, :src_len].unsqueeze(1)).sum(2)  # (rows, terms)
        away = attended.clamp(LEAST_ATTENDED, 1.0).log().gather(1, terms.clamp(min=0))
        return PLACEMENT * away.masked_fill(terms < 0, 0.0)

    def bank_widths(self, needs: Tensor) -> Tensor:
        """Return how many hypotheses there may be in the bank of each; needs: (sentences, any)."""
        return torch.where(needs > 0, self.widths.unsqueeze(1), self.config.beam_size)

    def _missing(self) -> Tensor | None:
        return self.needs if self.banked else super()._missing()

    def _count(self, past: Past) -> None:
        if self.banked:
            complete = past.finals.masked_fill(self.needs > 0, NEVER)
            self.best = torch.cat((self.best, complete), 1).topk(self.config.beam_size).values
        else:
            super()._count(past)

    def _divisor(self, length: int) -> float | Tensor:
        if not self.banked:
            return super()._divisor(length)
        return (self.lengths.clamp(max=length) ** self.config.length_penalty).unsqueeze(1)

    def _done(self, choice: Choice) -> Tensor:
        """Return (sentences,) bool, see Beam; of what ended counts what is better than all that lacks something.

        What meets its terms too early, at a high price, ends first.
        """
        if choice.needs is not None:
            lacking = choice.scores.masked_fill(choice.needs == 0, NEVER).amax(1, keepdim=True)
            rival = lacking / self._divisor(len(self.history))
            self.ended = ((self.best > NEVER) & (self.best >= rival)).sum(1)
        return super()._done(choice)

    def _prune(self, choice: Choice) -> Tensor:
        """Give up what goes on in sentences that are done, and what is far behind hypotheses that lack no more."""
        if choice.needs is None:
            return super()._prune(choice)
        scores, needs = choice.scores, choice.needs
        widths = self.bank_widths(needs) - torch.where(needs > 0, 0, self.ended.unsqueeze(1))
        lost = self.over.unsqueeze(1) | (places_in_banks(needs) >= widths)
        if self.config.prune:
            # (sentences, next, next): which of those before each lack no more
            rivals = (needs.unsqueeze(1) <= needs.unsqueeze(2)).tril(-1)
            leaders = scores.unsqueeze(1).masked_fill(~rivals, NEVER).amax(2)
            behind = scores < leaders - self.config.prune
            lost = lost | (behind & (rivals.sum(2) >= self.config.n_best))
        return scores.masked_fill(lost, NEVER)

    def _drop(self, keep: Tensor, staying: list[int]) -> None:
        super()._drop(keep, staying)
        if self.banked:
            self.widths, self.lengths, self.sources = self.widths[keep], self.lengths[keep], self.sources[keep]


def places_in_banks(needs: Tensor) -> Tensor:
    """Return the place of each hypothesis among those of its sentence that lack as much; needs: (sentences, any)."""
    ordered, places = needs.sort(dim=1, stable=True)
    numbers = torch.arange(needs.size(1), device=needs.device).expand_as(needs)
    first = torch.ones_like(ordered, dtype=torch.bool)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    starts = numbers.masked_fill(~first, 0).cummax(1).values
    return torch.empty_like(needs).scatter_(1, places, numbers - starts)


def _sources(trackers: Sequence[Tracker], src_len: int) -> Tensor:
    """Return which source tokens each sentence's terms stand for, (sentences, terms, src_len); all where unknown."""
    most = max([1, *(len(tracker.sources) for tracker in trackers)])
    # Twice as much as there is: exactly nothing is taken back.
    sources = torch.full((len(trackers), most, src_len), 2.0)
    for number, tracker in enumerate(trackers):
        for term, places in enumerate(tracker.sources):
            if places:
                sources[number, term] = 0.0
                sources[number, term, list(places)] = 1.0
    return sources
