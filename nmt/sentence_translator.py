"""Sentences to translations: what the model reads at once, in batches of similar lengths, on every core."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from weakref import WeakMethod

import torch
from torch import Tensor

from nmt.batches import pad
from nmt.config import SearchConfig
from nmt.constraints import Constraint
from nmt.device import memory_errors
from nmt.ensemble import Ensemble
from nmt.phrases import Phrases
from nmt.reranking import Reranker
from nmt.search import Demands, Hypothesis, Sentences, Special, search
from nmt.shortlist import Candidates, Shortlist
from nmt.tally import Done, Tally
from nmt.tokenizer import BOS, EOS, PAD, UNK, TokenizerPair
from nmt.translation import Translation, align, distinct, one_line
from nmt.workers import Workers

# What bytes become that are no letter's.
_NO_LETTER = "\ufffd"
# No text has as many lines.
_PART_BITS = 48
_ADVICE = "lower --batch-size or --beam-size"
_SPECIAL = Special(bos=BOS, eos=EOS, pad=PAD, unk=UNK)


@dataclass(frozen=True)
class _Task:
    """A batch: source ids of each sentence, the number its samples are seeded by, and how to search."""

    sentences: list[list[int]]
    numbers: list[int]
    config: SearchConfig
    constraints: list[Constraint] | None  # what each translation must hold; None = nothing


class _Work:
    """What the workers of a translator do for it, without keeping it: when it goes, model and workers go at once."""

    def __init__(self, work: Callable[[_Task], list[Translation]]) -> None:
        self._work = WeakMethod(work)

    def __call__(self, task: _Task) -> list[Translation]:
        work = self._work()
        assert work is not None, "the translator waits for its workers"
        return work(task)


class SentenceTranslator:
    """Translates sentences, none of them too long for the models that vote."""

    def __init__(
        self, ensemble: Ensemble, tokenizers: TokenizerPair, shortlist: Shortlist | None = None, processes: bool = False
    ) -> None:
        """processes: whether this process may be copied, see Workers"""
        self.ensemble = ensemble
        self.tokenizers = tokenizers
        self.phrases = Phrases(tokenizers)
        self._shortlist = shortlist
        self.reranker: Reranker | None = None  # puts what a beam search finds into order
        self._workers: Workers[_Task, list[Translation]] = Workers(_Work(self._work), processes)

    def translate(
        self,
        parts: list[tuple[int, str]],
        config: SearchConfig,
        batch_size: int,
        done: Done,
        constraints: Sequence[Constraint] | None = None,
    ) -> list[Translation]:
        """Translate (line number, text) in batches of similar lengths, back in the given order.

        constraints: what the translation of each must hold
        """
        encoded = [self.tokenizers.src.encode(text) for _, text in parts]
        order = sorted(range(len(parts)), key=lambda i: len(encoded[i]), reverse=True)
        seeds = _numbered([number for number, _ in parts])
        tally = Tally((number for number, _ in parts), done)
        batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
        tasks = [
            _Task(
                [encoded[i] for i in chosen],
                [seeds[i] for i in chosen],
                config,
                None if constraints is None else [constraints[i] for i in chosen],
            )
            for chosen in batches
        ]
        results: list[Translation] = [Translation("")] * len(parts)
        # On a GPU batches side by side would wait for each other, and take its memory together.
        found = self._workers.map(tasks) if self._device.type == "cpu" else map(self._work, tasks)
        for chosen, translations in zip(batches, found, strict=True):
            for i, translation in zip(chosen, translations, strict=True):
                results[i] = translation
            tally.add([parts[i][0] for i in chosen])
        return results

    @property
    def _device(self) -> torch.device:
        return next(self.ensemble.models[0].parameters()).device

    def _work(self, task: _Task) -> list[Translation]:
        found = self.search(task.sentences, task.config, task.numbers, task.constraints)
        return [self.translation(ids, each) for ids, each in zip(task.sentences, found, strict=True)]

    def search(
        self,
        sentences: Sequence[Sequence[int]],
        config: SearchConfig,
        numbers: Sequence[int] | None = None,
        constraints: Sequence[Constraint] | None = None,
    ) -> list[list[Hypothesis]]:
        """Search translations of source ids (without EOS), none of which reads as another does, but for samples.

        numbers: seed the samples of each; constraints: what the translation of each must hold, as self.phrases gives it
        """
        if self.reranker is None or not config.reranks:
            if config.sampling or config.n_best == 1:
                return self._search(sentences, config, numbers, constraints)
            # Whatever else ended, in the place of what reads as another does.
            spare = [0.0] * len(sentences) if constraints is None else None
            found = self._search(sentences, config, numbers, constraints, spare)
            return [distinct(hypotheses, self._text)[: config.n_best] for hypotheses in found]
        texts = [self.tokenizers.src.decode(ids) for ids in sentences]
        margins = self.reranker.margins(texts, config)
        if constraints is None:
            found = self._search(sentences, config, numbers, None, margins)
        else:
            every = config.model_copy(update={"n_best": config.beam_size})
            found = self._search(sentences, every, numbers, constraints)
        ordered = self.reranker.rerank(texts, found, self._text, margins, config)
        return [distinct(hypotheses, self._text)[: config.n_best] for hypotheses in ordered]

    def _search(
        self,
        sentences: Sequence[Sequence[int]],
        config: SearchConfig,
        numbers: Sequence[int] | None,
        constraints: Sequence[Constraint] | None,
        margins: Sequence[float] | None = None,
    ) -> list[list[Hypothesis]]:
        src_ids, src_lengths = pad([[*ids, EOS] for ids in sentences])
        src_ids, src_lengths = src_ids.to(self._device), src_lengths.to(self._device)
        demands = Demands(constraints, self.phrases.edges) if constraints is not None else None
        with torch.inference_mode(), memory_errors(f"{_shape(src_ids)}, beam {config.beam_size}", _ADVICE):
            candidates = None
            # What must be held may be outside a shortlist.
            if self._shortlist is not None and config.shortlist and not config.sampling and demands is None:
                candidates = self._shortlist.candidates(src_ids, len(self.tokenizers.tgt))
            state = self.ensemble.start(src_ids, src_lengths, candidates)
            asked = Sentences(src_lengths, numbers, demands, margins)
            found = search(self.ensemble.step, state, asked, config, _SPECIAL)
        return found if candidates is None else [_among(candidates, hypotheses) for hypotheses in found]

    def translation(self, src_ids: Sequence[int], hypotheses: Sequence[Hypothesis]) -> Translation:
        """Return what a search found for source ids as a translation with its alternatives."""
        every = tuple(self._one(src_ids, hypothesis) for hypothesis in hypotheses)
        return replace(every[0], alternatives=every)

    def _text(self, hypothesis: Hypothesis) -> str:
        return one_line(self.tokenizers.tgt.decode(hypothesis.tokens)).replace(_NO_LETTER, "")

    def _one(self, src_ids: Sequence[int], hypothesis: Hypothesis) -> Translation:
        return Translation(
            text=self._text(hypothesis),
            score=hypothesis.score,
            tokens=tuple(self.tokenizers.tgt.pieces(hypothesis.tokens)),
            token_scores=tuple(hypothesis.token_log_probs[: len(hypothesis.tokens)]),
            src_tokens=tuple(self.tokenizers.src.pieces(src_ids)),
            alignment=align(hypothesis.attention, len(src_ids)),
        )


def _numbered(lines: Sequence[int]) -> list[int]:
    """Return a number for each part of lines: the line's for its first, others for those that follow, so that no two
    parts of a line draw the same."""
    before: dict[int, int] = {}
    numbers = []
    for line in lines:
        count = before.get(line, 0)
        before[line] = count + 1
        numbers.append(line + (count << _PART_BITS))
    return numbers


def _among(candidates: Candidates, hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """Return hypotheses whose tokens are places among candidates with the pieces instead."""
    pieces = candidates.pieces.tolist()
    return [replace(each, tokens=[pieces[token] for token in each.tokens]) for each in hypotheses]


def _shape(src_ids: Tensor) -> str:
    return f"{src_ids.shape[0]} sentences x {src_ids.shape[1]} tokens"
