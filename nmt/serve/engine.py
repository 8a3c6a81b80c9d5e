"""From texts to translations: the models, which one reads which language, and the batches they run in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nmt.cutting import Cut
from nmt.device import keep_kernels, release_memory, set_threads
from nmt.errors import InputError
from nmt.glossary import Glossary
from nmt.model_description import ModelDescription
from nmt.serve.batching import Batcher
from nmt.serve.explaining import Explanation, explain
from nmt.serve.languages import Guess, Identifier
from nmt.serve.monitor import Monitor
from nmt.serve.options import Options
from nmt.serve.refusal import Refusal, refuse_half_pairs
from nmt.translation import Translation, distinct, rankings
from nmt.translator import Translator

Pair = tuple[str, str]
# Hypotheses extended together: half as many as by nmt translate, so that nobody waits long for what others sent.
_ROWS = 320
# Batches of clients have ever new shapes: fewer kernels kept than for a training, and freed memory given back after
# so many batches, keep the memory of a server flat.
_KERNELS = 32
_BATCHES_BETWEEN_RELEASES = 20
# Percent from which a text is taken to be in the language it is to be translated into; a word or two have less.
_SURE = 50.0


class Kind(NamedTuple):
    """What requests have in common that share a batch."""

    pair: Pair
    alternatives: int
    detail: bool


class Part(NamedTuple):
    """A translated part of a text with its alternatives, and what the model saw if that was asked for."""

    translation: Translation
    detail: Explanation | None = None


@dataclass(frozen=True)
class Order:
    """What a request asks for: texts from a language (or "auto") into another, alternatives, details.

    texts: the lines of each; a text is in one language
    """

    texts: Sequence[Sequence[str]]
    source: str
    target: str
    alternatives: int = 0
    detail: bool = False


@dataclass(frozen=True)
class Answer:
    """A translated text, line by line: the details are (line number, source, explanation) of each part."""

    lines: list[Translation]
    detected: Guess | None
    details: list[tuple[int, str, Explanation]]

    def ranked(self) -> list[list[Translation]]:
        """Return the lines of the best translation, then those of each alternative that reads otherwise."""
        return distinct(rankings(self.lines), lambda lines: tuple(line.text for line in lines))


class Engine:
    """The models of a server, behind one queue."""

    def __init__(self, translators: Mapping[Pair, Translator], options: Options, monitor: Monitor) -> None:
        self.translators = dict(translators)
        self.identifier = Identifier()
        self._monitor = monitor
        self._options = options
        self._batches = 0
        self._threads = set_threads(options.threads)
        self._configs = {
            pair: translator.settings({"beam_size": options.beam_size, "reverse_weight": options.reverse_weight})
            for pair, translator in translators.items()
        }
        self._glossary = Glossary.read(options.glossary) if options.glossary is not None else None
        if self._glossary and len(self.translators) > 1:
            pairs = ", ".join(f"{src} to {tgt}" for src, tgt in self.translators)
            raise InputError(f"--glossary is for one pair of languages; the models have {pairs}; serve one of them")
        self._batcher: Batcher[Kind, Part] = Batcher(self._run, self._size, options.wait, options.limits.queue)
        monitor.watch(self.waiting)

    @classmethod
    def load(cls, options: Options, monitor: Monitor) -> Engine:
        """Load the models; those of one language pair vote, and those of the other direction rerank.

        Raises InputError for what is no model.
        """
        keep_kernels(_KERNELS)
        directories: dict[Pair, list[str]] = {}
        for each in options.models:
            data = ModelDescription.read(Path(each)).config.data
            directories.setdefault((data.src, data.tgt), []).append(each)
        translators = {
            pair: Translator.load(paths, options.precision, options.device, options.threads)
            for pair, paths in directories.items()
        }
        for (src, tgt), translator in translators.items():
            if (tgt, src) in translators:
                translator.rerank_by(translators[tgt, src])
        return cls(translators, options, monitor)

    @property
    def sources(self) -> list[str]:
        """The languages that can be translated from."""
        return list(dict.fromkeys(src for src, _ in self.translators))

    @property
    def languages(self) -> list[str]:
        """All languages of the models, sources first."""
        return list(dict.fromkeys([*self.sources, *(tgt for _, tgt in self.translators)]))

    def waiting(self) -> int:
        """Return how many requests wait for their translation."""
        return self._batcher.waiting()

    def works(self) -> bool:
        """Say whether texts are translated."""
        return self._batcher.works()

    def close(self) -> None:
        """Translate what is queued, then end."""
        self._batcher.close()

    async def translate(self, order: Order) -> list[Answer]:
        """Translate the texts of a request, in batches shared with others; cancelling it drops what is left.

        Raises Refusal for languages or texts that cannot be translated, and where too many requests wait.
        """
        plans = await asyncio.to_thread(self._plan, order)
        parts: dict[Pair, list[str]] = {}
        for plan in plans:
            parts.setdefault(plan.pair, []).extend(plan.cut.parts)
        futures: dict[Pair, Future[list[Part]]] = {}
        try:
            for pair, texts in parts.items():
                futures[pair] = self._batcher.submit(Kind(pair, order.alternatives, order.detail), texts)
            done = await asyncio.gather(*map(asyncio.wrap_future, futures.values()))
        finally:
            # Where one was refused or failed, or the client has gone, the others are of no use.
            for future in futures.values():
                future.cancel()
        self._monitor.characters.inc(sum(len(line) for lines in order.texts for line in lines))
        results = {pair: iter(each) for pair, each in zip(futures, done, strict=True)}
        parted = [(plan, [next(results[plan.pair]) for _ in plan.cut.parts]) for plan in plans]
        return await asyncio.to_thread(lambda: [plan.answer(own) for plan, own in parted])

    def _plan(self, order: Order) -> list[_Plan]:
        """Find the language and the parts of each text."""
        plans = []
        if not self._goes(order.source, order.target):
            raise self._unsupported(order)
        for lines in order.texts:
            text = "\n".join(lines)
            refuse_half_pairs(text)
            detected = self._detect(text, order.target) if order.source == "auto" else None
            pair = detected.language if detected else order.source, order.target
            if pair[0] == pair[1] and order.target in self.languages:
                plans.append(_Plan(pair, Cut(), detected, lines))
                continue
            if pair not in self.translators:
                raise self._unsupported(order)
            plans.append(_Plan(pair, self.translators[pair].cut(lines, self._configs[pair]), detected))
        return plans

    def _goes(self, source: str, target: str) -> bool:
        """Say whether there is a way from a language, or from some where it is to be detected, to another."""
        if source == target:
            return target in self.languages
        return any(source in (src, "auto") and tgt == target for src, tgt in self.translators)

    def _unsupported(self, order: Order) -> Refusal:
        pairs = ", ".join(f"{src} to {tgt}" for src, tgt in self.translators)
        return Refusal(400, f"{order.source} to {order.target} is not supported; there is: {pairs}")

    def _detect(self, text: str, target: str) -> Guess | None:
        """Return the language a text is translated from, the target's own where it surely is in that already."""
        sources = [src for src, tgt in self.translators if tgt == target]
        guesses = self.identifier.rank(text, dict.fromkeys([*sources, target])) if sources else []
        return next((each for each in guesses if each.language != target or each.confidence >= _SURE), None)

    def _size(self, kind: Kind) -> int:
        beam = max(self._configs[kind.pair].beam_size, kind.alternatives + 1)
        return self._threads * (self._options.batch_size or max(1, _ROWS // beam))

    def _run(self, kind: Kind, texts: list[str]) -> list[Part]:
        """Translate a batch; on the worker's thread."""
        # Each thread has a number of cores of its own.
        set_threads(self._options.threads)
        self._monitor.batches.observe(len(texts))
        self._batches += 1
        if self._batches % _BATCHES_BETWEEN_RELEASES == 0:
            release_memory()
        translator, config = self.translators[kind.pair], self._configs[kind.pair]
        n_best = kind.alternatives + 1
        changes = {"n_best": n_best, "beam_size": max(config.beam_size, n_best), "split": False}
        config = config.model_copy(update=changes)
        try:
            if kind.detail:
                return [Part(*each) for each in explain(translator, texts, config, self._glossary, self._missed)]
            # The translator gives each core a share.
            share = -(-len(texts) // self._threads)
            translated = translator.translate(texts, config, share, self._glossary, missed=self._missed)
        except Exception:
            self._monitor.failures.inc()
            raise
        return [Part(each) for each in translated]

    def _missed(self, _number: int, _lacking: Sequence[str]) -> None:
        """Count a part whose translation lacks a term; what it says is its client's alone."""
        self._monitor.lacking.inc()


@dataclass(frozen=True)
class _Plan:
    """How one text is translated; unchanged: lines in the target's language already."""

    pair: Pair
    cut: Cut
    detected: Guess | None
    unchanged: Sequence[str] = ()

    def answer(self, parts: Sequence[Part]) -> Answer:
        """Put the translated parts together: the k-th alternatives of all are the k-th of the whole."""
        places = [number for number, line in enumerate(self.cut.lines) for _ in line]
        details = [
            (line, source, part.detail)
            for line, source, part in zip(places, self.cut.parts, parts, strict=True)
            if part.detail is not None
        ]
        lines = self.cut.join([part.translation for part in parts])
        return Answer([*lines, *map(Translation, self.unchanged)], self.detected, details)
