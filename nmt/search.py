"""Batched beam search and sampling over token ids.

The search sees a step function and a state whose rows it can reorder; it knows neither text nor the model.
A row is one hypothesis being extended; rows lie sentence by sentence, best hypothesis first, and a sentence has
as many as are worth extending.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor

from nmt.banks import BestInBanks
from nmt.beam import NEVER, Beam, Layout, Past
from nmt.choosers import BestFirst, Chooser, Sampler
from nmt.config import SearchConfig
from nmt.constraints import Constraint, Edges, Tracker
from nmt.errors import FailureError, InputError
from nmt.guided import Guide, GuidedBeam
from nmt.ranking import rank
from nmt.rules import Special

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Demands", "Hypothesis", "Layout", "SearchState", "Sentences", "Special", "Step", "StepFunction", "search"]


class SearchState(Protocol):
    """What a model carries from step to step."""

    def select(self, rows: Tensor, sentences: Tensor | None, layout: Layout | None) -> Self:
        """Return the state of these rows, in this order; a row may be left out or come several times.

        rows: numbers of current rows; sentences: numbers of the current sentences that stay, None = all
        layout: where the new rows lie among the sentences that stay, None = each has equally many
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


@dataclass(frozen=True)
class Demands:
    """What the translation of each sentence must hold, and which tokens grow together into words."""

    constraints: Sequence[Constraint]
    edges: Edges


@dataclass(frozen=True)
class Sentences:
    """What is to be translated together, and what is asked of each.

    lengths: of the sources, (sentences,), on the device the model runs on
    numbers: from which samples are seeded, so that batch-mates change no sample; None = 0, 1, ...
    demands: what every translation must hold; where none can, the best of those that lack least
    margins: for each sentence, how far the score of a hypothesis may be behind the best one's and it is still wanted,
    so that all such are returned that the beam holds, beside the n best; None = the n best alone; not with demands
    """

    lengths: Tensor
    numbers: Sequence[int] | None = None
    demands: Demands | None = None
    margins: Sequence[float] | None = None


def search(
    step: StepFunction[S], state: S, sentences: Sentences, config: SearchConfig, special: Special
) -> list[list[Hypothesis]]:
    """Find the n best translations of each sentence, best first; or draw n samples, if the config says so.

    state: one row per sentence

    Score: log_prob / length ** length_penalty, EOS counted, plus the coverage penalty (Wu et al., 2016),
    which ranks what has ended and does not steer the beam. A hypothesis ends if its EOS is among the best
    `beam_size` continuations of its sentence, and at its greatest length in any case. A sentence is done,
    and leaves the batch, when `beam_size` hypotheses have ended, or earlier when nothing that goes on can
    beat the n-th best score any more, whatever follows. The second rule loses nothing: a beam at least as
    wide as the number of all hypotheses finds the best ones exactly, if `prune` is 0. A narrower beam prunes,
    and by the first rule may stop before a better hypothesis has ended. `prune` > 0 gives up what is that many
    nats behind the best of its sentence (absolute threshold pruning, Freitag and Al-Onaizan, 2017).
    Beam size 1 takes the likeliest token at each step. Equal scores: EOS, the better parent, the lower id.
    With terms, a length above that of the source and the terms together counts as that, since what is said beyond
    it would make up for what the terms cost; and a term is charged for beginning where its source is not attended
    to (guided.PLACEMENT). Hypotheses that lack as much compete with each other only, and none is returned that lacks
    more than another.
    Every sentence gets n_best hypotheses where its vocabulary (and what they must hold) allows that many, none of
    them empty if min_length >= 1, and none endless.

    Raises InputError for settings that contradict each other, FailureError if the model gives no numbers.
    """
    lengths, margins = sentences.lengths.tolist(), sentences.margins
    limits = _length_limits(lengths, config)
    if not limits:
        return []
    with torch.inference_mode():
        beam = _beam(limits, sentences, config, special)
        _run(step, state, beam, _chooser(beam, sentences.numbers))
        winners = _winners(beam.history, len(limits), config.n_best if margins is None else config.beam_size)
        if len({winner.sentence for winner in winners}) < len(limits):
            raise FailureError(
                "the model gives no translation a finite score; train it again or take an older checkpoint"
            )
        tokens, log_probs, attention = (each.cpu() for each in _walk(beam.history, winners))
    results: list[list[Hypothesis]] = [[] for _ in limits]
    paths = zip(winners, tokens.tolist(), log_probs.tolist(), attention, strict=True)
    for winner, ids, values, weights in sorted(paths, key=lambda path: path[0].rank):
        own = values[: winner.end + 1]
        kept = weights[: winner.end + 1, : lengths[winner.sentence]].clone()
        results[winner.sentence].append(Hypothesis(ids[: winner.end], winner.score, sum(own), own, kept))
    return results


def _beam(limits: list[int], sentences: Sentences, config: SearchConfig, special: Special) -> Beam:
    """Return the beam that begins with sentences, guided where their translations must hold something."""
    lengths, demands, margins = sentences.lengths, sentences.demands, sentences.margins
    if demands is None:
        wanted = None if margins is None else torch.tensor(margins, device=lengths.device)
        return Beam(limits, lengths, config, special, wanted)
    limits, guide = _guide(limits, config, demands)
    return GuidedBeam(limits, lengths, config, special, guide)


def check_lengths(config: SearchConfig) -> None:
    """Raise InputError where a translation would have to be longer than it may be."""
    if 0 < config.max_length < config.min_length:
        lengths = f"a minimum length of {config.min_length} tokens is above the maximum length of {config.max_length}"
        raise InputError(f"{lengths}; lower the one or raise the other")


def _length_limits(src_lengths: list[int], config: SearchConfig) -> list[int]:
    """Return the most tokens of each sentence's translation."""
    if not config.sampling and config.n_best > config.beam_size:
        told = f"{config.n_best} translations of a line are more than a beam of {config.beam_size} holds"
        raise InputError(f"{told}; ask for fewer, or for a larger beam size")
    check_lengths(config)
    return [
        config.max_length or max(int(config.max_length_ratio * length) + 20, config.min_length)
        for length in src_lengths
    ]


def _guide(limits: list[int], config: SearchConfig, demands: Demands) -> tuple[list[int], Guide]:
    """Return the most tokens of each translation, with room for what it must hold, and what leads there."""
    if not config.max_length:
        limits = [limit + each.size for limit, each in zip(limits, demands.constraints, strict=True)]
    pairs = zip(demands.constraints, limits, strict=True)
    return limits, Guide([Tracker(each, demands.edges, limit) for each, limit in pairs], demands.edges)


def _chooser(beam: Beam, numbers: Sequence[int] | None) -> Chooser:
    """Return what chooses the continuations of a beam; raises InputError for samples that must hold a term."""
    banks = BestInBanks(beam) if isinstance(beam, GuidedBeam) and beam.banked else None
    if not beam.config.sampling:
        return banks or BestFirst(beam)
    if banks:
        raise InputError("a sample cannot be made to hold a term; leave out the sampling or the glossary")
    return Sampler(beam, numbers)


def _run(step: StepFunction[S], state: S, beam: Beam, chooser: Chooser) -> None:
    """Extend the beam step by step until every sentence is done."""
    if beam.width > 1:
        state = state.select(beam.sentences.repeat_interleave(beam.width), None, None)
    tokens = torch.full((beam.scores.numel(),), beam.special.bos, device=beam.scores.device)
    for _ in range(max(beam.limits) + 1):
        taken = step(tokens, state)
        beam.apply_rules(taken.log_probs, taken.weights)
        move = beam.advance(chooser.choose(taken.log_probs))
        if move is None:
            return
        tokens = move.tokens
        state = taken.state if move.rows is None else taken.state.select(move.rows, move.sentences, move.layout)


class _Winner(NamedTuple):
    """A hypothesis to be returned."""

    end: int  # the step of its EOS
    sentence: int
    rank: int  # in its sentence, 0 = the best
    place: int  # among those of its sentence at the step it ended
    score: float


def _winners(history: list[Past], sentences: int, n_best: int) -> list[_Winner]:
    """Find the n best of what has ended and lacks least of what it must hold, the longest first."""
    width = max(past.finals.size(1) for past in history)
    finals = history[0].finals.new_full((sentences, len(history), width), NEVER)
    for number, past in enumerate(history):
        finals[past.sentences, number, : past.finals.size(1)] = past.finals
    finals = finals.flatten(1)
    if history[0].missing is not None:
        finals = finals.masked_fill(~_complete(history, finals.view(sentences, -1, width)), NEVER)
    best = rank(finals, min(n_best, finals.size(1)))
    scores = finals.gather(1, best).tolist()
    winners = [
        _Winner(where // width, sentence, number, where % width, score)
        for sentence, found in enumerate(best.tolist())
        for number, (where, score) in enumerate(zip(found, scores[sentence], strict=True))
        if score > NEVER
    ]
    return sorted(winners, key=lambda winner: -winner.end)


def _complete(history: list[Past], finals: Tensor) -> Tensor:
    """Say which of what has ended lacks as little as any of its sentence: finals (sentences, steps, width) as
    (sentences, steps * width) bool."""
    missing = torch.zeros_like(finals, dtype=torch.long)
    for number, past in enumerate(history):
        if past.missing is not None:
            missing[past.sentences, number, : past.missing.size(1)] = past.missing
    missing, ended = missing.flatten(1), (finals > NEVER).flatten(1)
    least = missing.masked_fill(~ended, torch.iinfo(missing.dtype).max).amin(1, keepdim=True)
    return missing <= least


def _walk(history: list[Past], winners: list[_Winner]) -> tuple[Tensor, Tensor, Tensor]:
    """Follow the winners, longest first, from their ends back to the beginning.

    returns tokens (winners, steps), token log-probabilities (winners, steps), EOS last, and attention
    (winners, steps, src_len)
    """
    device = history[0].weights.device
    steps, src_len = winners[0].end + 1, history[0].weights.size(1)
    sentences = torch.tensor([winner.sentence for winner in winners], device=device)
    places = torch.tensor([winner.place for winner in winners], device=device)
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
        log_probs[going:reached, number] = choice.eos_log_probs[at[going:], places[going:reached]]
        here, place = at[:going], places[:going]
        tokens[:going, number] = choice.tokens[here, place]
        log_probs[:going, number] = choice.token_log_probs[here, place]
        if choice.parents is not None:
            places[:going] = choice.parents[here, place]
        weights = past.weights[past.rows[at, places[:reached]]]
        attention[:reached, number, : weights.size(1)] = weights
    return tokens, log_probs, attention
