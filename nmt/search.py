"""Batched beam search and sampling over token ids.

The search sees a step function and a state whose rows it can reorder; it knows neither text nor the model.
A row is one hypothesis being extended; rows lie sentence by sentence, best hypothesis first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from nmt.config import SearchConfig
from nmt.errors import FailureError, InputError
from nmt.rules import FORBIDDEN, Position, Special, active_rules

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Hypothesis", "SearchState", "Special", "Step", "StepFunction", "search"]

NEVER = FORBIDDEN  # the score of what cannot go on, or has not ended
BLOCK = 64  # neighbouring tokens whose best is looked at first when ranking a vocabulary
LEAST_COVERAGE = 1e-6  # so that one source position without attention does not outweigh everything


class SearchState(Protocol):
    """What a model carries from step to step."""

    def select(self, rows: Tensor, sentences: Tensor | None) -> Self:
        """Return the state of these rows, in this order; a row may be left out or come several times.

        rows: numbers of current rows; sentences: numbers of the current sentences that stay, None = all
        """


S = TypeVar("S", bound=SearchState)


@dataclass(frozen=True)
class Step(Generic[S]):
    """What one step of the model gives."""

    log_probs: Tensor  # (rows, vocab) float32, at most 0; the search overwrites it
    weights: Tensor  # (rows, src_len) attention, zero on padding; src_len may shrink as sentences leave
    state: S  # after the step


class StepFunction(Protocol[S]):
    """One step of the model: from the last token of each row to the log-probabilities of the next."""

    def __call__(self, tokens: Tensor, state: S, /) -> Step[S]:
        """tokens: (rows,)"""


@dataclass(frozen=True)
class Hypothesis:
    """One finished translation."""

    tokens: list[int]  # without BOS and EOS
    score: float  # what hypotheses are ranked by: log_prob by length, less what is not covered
    log_prob: float  # the sum of token_log_probs
    token_log_probs: list[float]  # one per token, EOS last; the model's own, whatever rule or temperature held
    attention: Tensor = field(compare=False, repr=False)  # (len(tokens) + 1, src_len) float32 on the CPU, EOS last


def search(
    step: StepFunction[S],
    state: S,
    src_lengths: Tensor,
    config: SearchConfig,
    special: Special,
    numbers: Sequence[int] | None = None,
) -> list[list[Hypothesis]]:
    """Find the n best translations of each sentence, best first; or draw n samples, if the config says so.

    state: one row per sentence; src_lengths: (sentences,), on the device the model runs on
    numbers: of the sentences, from which samples are seeded, so that batch-mates change no sample;
    None = 0, 1, ...

    Score: log_prob / length ** length_penalty, EOS counted, plus the coverage penalty (Wu et al., 2016),
    which ranks what has ended and does not steer the beam. A hypothesis ends if its EOS is among the best
    `beam_size` continuations of its sentence, and at its greatest length in any case. A sentence is done,
    and leaves the batch, when `beam_size` hypotheses have ended, or earlier when nothing that goes on can
    beat the n-th best score any more, whatever follows. The second rule loses nothing: a beam at least as
    wide as the number of all hypotheses finds the best ones exactly. A narrower beam prunes, and by the
    first rule may stop before a better hypothesis has ended.
    Beam size 1 takes the likeliest token at each step. Equal scores: EOS, the better parent, the lower id.
    Every sentence gets n_best hypotheses where its vocabulary allows that many, none of them empty if
    min_length >= 1, and none endless.

    Raises InputError for settings that contradict each other, FailureError if the model gives no numbers.
    """
    lengths = src_lengths.tolist()
    limits = _length_limits(lengths, config)
    if not limits:
        return []
    with torch.inference_mode():
        beam = _Beam(limits, src_lengths, config, special)
        _run(step, state, beam, _Sampler(beam, numbers) if config.sampling else _BestFirst(beam))
        winners = _winners(beam.history, len(limits), config.n_best)
        if len({winner.sentence for winner in winners}) < len(limits):
            raise FailureError(
                "the model gives no translation a finite score; train it again or take an older checkpoint"
            )
        tokens, log_probs, attention = (each.cpu() for each in _walk(beam.history, winners))
    results: list[list[Hypothesis]] = [[] for _ in limits]
    paths = zip(winners, tokens.tolist(), log_probs.tolist(), attention, strict=True)
    for winner, ids, values, weights in sorted(paths, key=lambda path: path[0].place):
        own = values[: winner.end + 1]
        kept = weights[: winner.end + 1, : lengths[winner.sentence]].clone()
        results[winner.sentence].append(Hypothesis(ids[: winner.end], winner.score, sum(own), own, kept))
    return results


def _length_limits(src_lengths: list[int], config: SearchConfig) -> list[int]:
    """Return the most tokens of each sentence's translation."""
    if not config.sampling and config.n_best > config.beam_size:
        raise InputError(
            f"n_best {config.n_best} is above beam_size {config.beam_size}; lower n_best or raise beam_size"
        )
    if 0 < config.max_length < config.min_length:
        raise InputError(f"min_length {config.min_length} is above max_length {config.max_length}; lower one of them")
    return [
        config.max_length or max(int(config.max_length_ratio * length) + 20, config.min_length)
        for length in src_lengths
    ]


class _Choice(NamedTuple):
    """What goes on and what ends after a step; a sentence has `width` rows before it and `next` after it."""

    tokens: Tensor  # (sentences, next)
    token_log_probs: Tensor  # (sentences, next)
    scores: Tensor  # (sentences, next) summed log-probabilities, NEVER where nothing goes on
    parents: Tensor | None  # (sentences, next) place among the sentence's rows; None = each row its own
    ended: Tensor  # (sentences, width) summed log-probabilities with EOS, NEVER where a row does not end
    eos_log_probs: Tensor  # (sentences, width)


class _Past(NamedTuple):
    """One step of the history, enough to trace any hypothesis back."""

    sentences: Tensor  # (alive,) which sentences the rows below belong to
    choice: _Choice
    finals: Tensor  # (alive, width) the scores of those that ended
    weights: Tensor  # (alive * width, src_len)


class _Move(NamedTuple):
    """How the state follows the beam to the next step."""

    tokens: Tensor  # (rows,)
    rows: Tensor | None  # None = all stay where they are
    sentences: Tensor | None  # None = all stay


class _Beam:
    """The hypotheses being extended, the scores of those that ended, and the history of both."""

    def __init__(self, limits: list[int], src_lengths: Tensor, config: SearchConfig, special: Special) -> None:
        device = src_lengths.device
        self.config, self.special = config, special
        self.limits, self.alive = limits, list(range(len(limits)))
        self.history: list[_Past] = []
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

    def advance(self, choice: _Choice, weights: Tensor) -> _Move | None:
        """Take a choice over and drop the sentences that are done; None when that is all of them.

        weights: (rows, src_len)
        """
        finals = self._final_scores(choice, weights)
        self.best = torch.cat((self.best, finals), 1).topk(self.config.n_best).values
        self.ended = self.ended + (finals > NEVER).sum(1)
        self.history.append(_Past(self.sentences, choice, finals, weights))
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
        move = _Move(tokens.flatten(), None if rows is None else rows.flatten(), keep)
        self._follow(move)
        return move

    def _final_scores(self, choice: _Choice, weights: Tensor) -> Tensor:
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

    def _follow(self, move: _Move) -> None:
        """Bring what is kept per row to the rows of the next step."""
        if self.prefix is not None:
            before = self.prefix if move.rows is None else self.prefix[move.rows]
            self.prefix = torch.cat((before, move.tokens.unsqueeze(1)), 1)
        if self.coverage is not None and move.rows is not None:
            self.coverage = self.coverage[move.rows]


class _BestFirst:
    """Extends a beam by its likeliest continuations."""

    def __init__(self, beam: _Beam) -> None:
        self.beam = beam

    def choose(self, log_probs: Tensor) -> _Choice:
        """Rank every continuation of each sentence.

        log_probs: (rows, vocab)
        """
        scores, size = self.beam.scores, self.beam.config.beam_size
        end = log_probs[:, self.beam.special.eos]
        eos_log_probs = end.view_as(scores).clone()
        end.fill_(FORBIDDEN)
        values, ids = _top(log_probs, min(size, log_probs.size(1)))
        per_row = values.size(1)
        values = values.view(len(scores), -1)  # (rows, per_row) -> (sentences, width * per_row)
        totals = (values.view(*scores.shape, per_row) + scores.unsqueeze(2)).view_as(values)
        places = _rank(totals, min(size, totals.size(1)))
        going = totals.gather(1, places)
        ending = eos_log_probs + scores
        both = torch.cat((going, ending), 1)
        worst = both.topk(min(size, both.size(1))).values[:, -1:]
        return _Choice(
            tokens=ids.view_as(values).gather(1, places),
            token_log_probs=values.gather(1, places),
            scores=going,
            parents=None if per_row == totals.size(1) == 1 else places // per_row,
            ended=ending.masked_fill(ending < worst, NEVER),
            eos_log_probs=eos_log_probs,
        )


class _Sampler:
    """Extends each row by a token drawn from the model's distribution."""

    def __init__(self, beam: _Beam, numbers: Sequence[int] | None) -> None:
        self.beam = beam
        numbers = range(len(beam.limits)) if numbers is None else numbers
        noise = torch.zeros(len(beam.limits), max(beam.limits) + 1, beam.width)
        for row, number, limit in zip(noise, numbers, beam.limits, strict=True):
            digest = hashlib.blake2b(f"{beam.config.seed} {number}".encode(), digest_size=7).digest()
            generator = torch.Generator().manual_seed(int.from_bytes(digest, "big"))
            row[: limit + 1] = torch.rand(limit + 1, beam.width, generator=generator)
        self.noise = noise.to(beam.scores.device)  # (sentences, steps, width), uniform in [0, 1)

    def choose(self, log_probs: Tensor) -> _Choice:
        """Draw one token for each row.

        log_probs: (rows, vocab)
        """
        beam = self.beam
        noise = self.noise[beam.sentences, len(beam.history)].view(-1, 1)
        tokens = self._draw(log_probs, noise)
        token_log_probs = log_probs.gather(1, tokens).view_as(beam.scores)
        tokens = tokens.view_as(beam.scores)
        totals = beam.scores + token_log_probs
        ends = tokens == beam.special.eos
        return _Choice(
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
            scaled, ids = _top(scaled, min(config.top_k, scaled.size(1)))
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


def _run(step: StepFunction[S], state: S, beam: _Beam, chooser: _BestFirst | _Sampler) -> None:
    """Extend the beam step by step until every sentence is done."""
    if beam.width > 1:
        state = state.select(beam.sentences.repeat_interleave(beam.width), None)
    tokens = torch.full((beam.scores.numel(),), beam.special.bos, device=beam.scores.device)
    for _ in range(max(beam.limits) + 1):
        taken = step(tokens, state)
        beam.apply_rules(taken.log_probs)
        move = beam.advance(chooser.choose(taken.log_probs), taken.weights)
        if move is None:
            return
        tokens, rows, sentences = move
        state = taken.state if rows is None else taken.state.select(rows, sentences)


def _rank(values: Tensor, count: int) -> Tensor:
    """Return (rows, count) places of the highest values, highest first, of equal values the first.

    values: (rows, any) float32, none above 0
    """
    if count == 1:
        return values.argmax(1, keepdim=True)
    # A float64 has room beyond a float32 for the place: each is a little lower than an equal one before it.
    size = values.size(1)
    later = torch.linspace(1.0, 1.0 + size * 2.0**-45, size + 1, dtype=torch.float64, device=values.device)[:size]
    return (values * later).topk(count).indices


def _top(values: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the highest values of each row and their places, (rows, count), ranked as by `_rank`.

    The best of each block of a vocabulary are ranked first and only the leading blocks searched:
    a plain top-k over all of it costs several times as much on a CPU.
    """
    rows, vocab = values.shape
    blocks = vocab // BLOCK
    if blocks < 2 * count:
        places = _rank(values, count)
        return values.gather(1, places), places
    blocked = values[:, : blocks * BLOCK].view(rows, blocks, BLOCK)
    leading = _rank(blocked.amax(2), count).sort(1).values
    each = torch.arange(rows, device=values.device).unsqueeze(1)
    found = blocked[each, leading].flatten(1)  # (rows, count, BLOCK) -> (rows, count * BLOCK)
    if blocks * BLOCK < vocab:
        found = torch.cat((found, values[:, blocks * BLOCK :]), 1)
        leading = F.pad(leading, (0, 1), value=blocks)
    places = _rank(found, count)
    return found.gather(1, places), leading.gather(1, places // BLOCK) * BLOCK + places % BLOCK


class _Winner(NamedTuple):
    """A hypothesis to be returned."""

    end: int  # the step of its EOS
    sentence: int
    place: int  # in the ranking of its sentence
    row: int  # among the rows of its sentence at the step it ended
    score: float


def _winners(history: list[_Past], sentences: int, n_best: int) -> list[_Winner]:
    """Find the n best of what has ended, the longest first."""
    width = max(past.finals.size(1) for past in history)
    finals = history[0].finals.new_full((sentences, len(history), width), NEVER)
    for number, past in enumerate(history):
        finals[past.sentences, number, : past.finals.size(1)] = past.finals
    finals = finals.flatten(1)
    places = _rank(finals, min(n_best, finals.size(1)))
    scores = finals.gather(1, places).tolist()
    winners = [
        _Winner(where // width, sentence, place, where % width, score)
        for sentence, found in enumerate(places.tolist())
        for place, (where, score) in enumerate(zip(found, scores[sentence], strict=True))
        if score > NEVER
    ]
    return sorted(winners, key=lambda winner: -winner.end)


def _walk(history: list[_Past], winners: list[_Winner]) -> tuple[Tensor, Tensor, Tensor]:
    """Follow the winners, longest first, from their ends back to the beginning.

    returns tokens (winners, steps), token log-probabilities (winners, steps), EOS last, and attention
    (winners, steps, src_len)
    """
    device = history[0].weights.device
    steps, src_len = winners[0].end + 1, history[0].weights.size(1)
    sentences = torch.tensor([winner.sentence for winner in winners], device=device)
    ranks = torch.tensor([winner.row for winner in winners], device=device)
    tokens = torch.zeros(len(winners), steps, dtype=torch.long, device=device)
    log_probs = torch.zeros(len(winners), steps, device=device)
    attention = torch.zeros(len(winners), steps, src_len, device=device)
    position = torch.zeros(len(history[0].sentences), dtype=torch.long, device=device)
    for number in reversed(range(steps)):
        past, choice = history[number], history[number].choice
        going = sum(winner.end > number for winner in winners)
        reached = sum(winner.end >= number for winner in winners)
        position[past.sentences] = torch.arange(len(past.sentences), device=device)
        at = position[sentences[:reached]]
        log_probs[going:reached, number] = choice.eos_log_probs[at[going:], ranks[going:reached]]
        here, rank = at[:going], ranks[:going]
        tokens[:going, number] = choice.tokens[here, rank]
        log_probs[:going, number] = choice.token_log_probs[here, rank]
        if choice.parents is not None:
            ranks[:going] = choice.parents[here, rank]
        weights = past.weights[at * past.finals.size(1) + ranks[:reached]]
        attention[:reached, number, : weights.size(1)] = weights
    return tokens, log_probs, attention
