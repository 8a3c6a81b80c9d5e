"""Text to text: lines translated in batches, one translation per line in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from nmt.carrying.carrier import Carrier
from nmt.carrying.quotes import with_own_quotes
from nmt.config import SearchConfig
from nmt.config_reading import build_config
from nmt.cutting import Cut, cut
from nmt.device import choose_device, keep_kernels, set_threads
from nmt.ensemble import Ensemble
from nmt.errors import InputError, counted
from nmt.forced_decoding import score_pairs
from nmt.glossary import Glossary
from nmt.guidance import Guidance, Missed
from nmt.languages import fits, meant
from nmt.model import TranslationModel
from nmt.model_loading import ModelBundle, load_bundle
from nmt.parts import Job, Part, PartTranslator
from nmt.reranking import Reranker
from nmt.segments import split_line, split_long
from nmt.sentence_translator import SentenceTranslator
from nmt.surrogates import check_text
from nmt.translation import Translation

# Lines looked at together, so that batches hold sentences of similar lengths.
_WINDOW_BATCHES = 16
# Characters looked at together, but for a longer line: what bounds memory where lines are long.
_WINDOW_CHARACTERS = 1 << 20
# Hypotheses extended together, where the number of sentences is left open.
_ROWS = 640
# Settings by which samples are drawn.
_OF_SAMPLING = ("temperature", "top_k", "top_p", "seed")
# Kernels kept: batches shrink as sentences are done, and with 256 a process holds 100 MB more.
_KERNELS = 64


class Translator:
    """Translates by one model, or by several with one vocabulary that vote; for one thread of a program at a time."""

    def __init__(self, bundle: ModelBundle, processes: bool = False) -> None:
        """processes: whether this process may be copied, see load"""
        self.tokenizers = bundle.tokenizers
        self.description = bundle.description
        self.config = bundle.search
        self.sentences = SentenceTranslator(Ensemble(bundle.models), self.tokenizers, bundle.shortlist, processes)
        self.parts = PartTranslator(self.sentences, Carrier(self.tokenizers.src, self.src, self.tgt))

    @classmethod
    def load(
        cls,
        directory: str | Path | Sequence[str | Path],
        precision: str = "auto",
        device: str = "auto",
        threads: int | None = 0,
        processes: bool = False,
        reverse: str | Path | Sequence[str | Path] = (),
    ) -> Translator:
        """Load a model directory, or several to vote.

        precision: auto, fp32, bf16, or int8, which is 8-bit weights in the decoder and the rest as by auto
        device: auto, cpu, cuda, cuda:N
        threads: of torch, for all that this process does; 0 = one per core, None = as it is
        processes: whether this process may be copied, to translate large texts by a process on each core: faster
        than threads, and safe where this program has no threads of its own
        reverse: a model of the other direction, or several, by which what a beam search finds is put into order
        It also limits how many kernels oneDNN keeps, by ONEDNN_PRIMITIVE_CACHE_CAPACITY where that is not set.
        Raises InputError where a directory holds no model, or models do not go together.
        """
        directories = [directory] if isinstance(directory, str | Path) else list(directory)
        keep_kernels(_KERNELS)
        if threads is not None:
            set_threads(threads)
        place = choose_device(device)
        translator = cls(load_bundle(directories, precision, place), processes and place.type == "cpu")
        if reverse:
            translator.rerank_by(cls.load(reverse, precision, device, threads))
        return translator

    def rerank_by(self, reverse: Translator) -> None:
        """Let a translator of the other direction put what beam searches find into order, see Reranker.

        To be called before the first translation. Raises InputError where it goes another way.
        """
        if (reverse.src, reverse.tgt) != (self.tgt, self.src):
            given = f"the reverse model goes from {reverse.src!r} to {reverse.tgt!r}"
            raise InputError(f"{given}; one from {self.tgt!r} to {self.src!r} is needed")
        self.sentences.reranker = Reranker(reverse.sentences.ensemble, reverse.tokenizers)

    @property
    def models(self) -> tuple[TranslationModel, ...]:
        """The models that vote, in evaluation mode."""
        return self.sentences.ensemble.models

    @property
    def src(self) -> str:
        """The source language's code."""
        return self.description.config.data.src

    @property
    def tgt(self) -> str:
        """The target language's code."""
        return self.description.config.data.tgt

    def hardware(self) -> dict[str, str | int]:
        """Return what the rounding of scores depends on beside model and settings."""
        weight = next(self.models[0].parameters())
        precision = "int8" if self.models[0].quantized_output else str(weight.dtype).removeprefix("torch.")
        return {"precision": precision, "device": str(weight.device), "threads": torch.get_num_threads()}

    def check_languages(self, src: str | None, tgt: str | None) -> None:
        """Raise InputError where the model reads or writes another language than asked (None = any)."""
        for asked, own, verb, option in ((src, self.src, "reads", "--from"), (tgt, self.tgt, "writes", "--to")):
            if asked is not None and not fits(asked, own):
                advice = f"did you mean {own}?" if meant(asked, [own]) else f"choose another model, or drop {option}"
                raise InputError(f"this model {verb} {own!r}, not {asked!r}; {advice}")

    def check_reranking(self, config: SearchConfig) -> None:
        """Raise InputError where a reverse model was given but by these settings has no say."""
        if self.sentences.reranker is not None and not config.reranks:
            told = f"beam_size {config.beam_size}, sampling {config.sampling}, reverse_weight {config.reverse_weight}"
            raise InputError(
                f"by the model's own settings ({told}) a reverse model has no say; leave it out, or give others"
            )

    def settings(self, changes: Mapping[str, Any]) -> SearchConfig:
        """Return the model's decoding settings with changes by key; None keeps the model's own.

        Raises InputError for settings that are wrong, or of sampling without it.
        """
        given = {key: value for key, value in changes.items() if value is not None}
        tree = {**self.config.model_dump(mode="json"), **given}
        if not tree["sampling"] and (idle := [key for key in _OF_SAMPLING if key in given]):
            raise InputError(f"{idle[0]} applies only with sampling; drop it, or turn sampling on")
        # A wider choice needs a beam as wide, where none was asked for.
        if "beam_size" not in given:
            tree["beam_size"] = max(tree["beam_size"], tree["n_best"])
        return build_config({"search": tree}, "decoding settings").search

    def translate(
        self,
        lines: Iterable[str],
        config: SearchConfig | None = None,
        batch_size: int = 0,
        glossary: Glossary | None = None,
        prefixes: str | Iterable[str] = "",
        missed: Missed | None = None,
    ) -> list[Translation]:
        """Translate lines; a blank line gives an empty translation, a line too long for the model is cut.

        config: decoding settings, the model's own if None
        batch_size: sentences translated together, 0 = as many as the beam size makes quick
        glossary: terms that are translated in a given way, or stay as they are
        prefixes: what each translation begins with: one for all, or one for each line
        missed: told the number of each line, from 0, whose translation lacks some of that, and what; None = a warning,
        once
        Raises InputError for a text in place of lines, naming a line that is no text, and where prefixes are too few
        or too many.
        """
        _check_lines(lines, batch_size)
        lines = list(lines)
        if not isinstance(prefixes, str):
            prefixes = list(prefixes)
            if len(prefixes) != len(lines):
                counts = f"{counted(len(lines), 'line')}, but the prefixes are {len(prefixes):,}"
                raise InputError(f"{counts}; give one for each line, or for all")
        guidance = Guidance.of(glossary, prefixes, missed)
        return list(self.stream(lines, Job(config or self.config, batch_size, guidance=guidance)))

    def stream(self, lines: Iterable[str], job: Job | None = None, first: int = 0) -> Iterator[Translation]:
        """Translate any number of lines in constant memory, yielding each in order.

        Lines are taken in windows, and the next window when the last is yielded.
        job: how, by the model's own settings if None; its batch_size may be 0, as in translate, and its done is told
        some time before lines are yielded and from any thread
        first: number of the first line, by which samples are seeded
        Raises InputError for a text in place of lines, and naming a line that is no text.
        """
        job = job or Job(self.config, 0)
        _check_lines(lines, job.batch_size)
        if job.config.sampling and job.guidance and job.guidance.glossary:
            # Told before the first line, which may be far from the first that has a term.
            raise InputError("a sample cannot be made to hold a term; leave out the sampling or the glossary")
        job = job._replace(batch_size=job.batch_size or _quick_size(job.config))
        source = enumerate(lines, first)
        while window := _take(source, job.batch_size * _WINDOW_BATCHES):
            yield from self._window(window, job)

    def _window(self, window: list[tuple[int, str]], job: Job) -> list[Translation]:
        prefixes = job.guidance.take([number for number, _ in window]) if job.guidance else [""] * len(window)
        whole = self.cut([check_text(line, f"line {number + 1:,}") for number, line in window], job.config)
        parts = [
            Part(number, text, "" if place else prefix)
            for (number, _), texts, prefix in zip(window, whole.lines, prefixes, strict=True)
            for place, text in enumerate(texts)
        ]
        job.done(sum(not texts for texts in whole.lines))
        joined = whole.join(self.parts.translate(parts, job))
        if job.guidance or not job.config.carry:
            return joined
        return [with_own_quotes(line, text, self.tgt) for (_, line), text in zip(window, joined, strict=True)]

    def cut(self, lines: Sequence[str], config: SearchConfig) -> Cut:
        """Cut lines into what the model reads at once."""
        count, limit = self.tokenizers.src.count, self.description.config.data.max_length

        def split(line: str) -> list[str]:
            return split_line(line, self.src, count, limit) if config.split else split_long(line, count, limit)

        whole = cut(lines, split)
        return whole if config.carry else whole.without_indents()

    def score(self, pairs: Iterable[tuple[str, str]], batch_size: int = 64) -> Iterator[list[float]]:
        """Yield the log-probability of each target token, EOS last, given its source (forced decoding).

        Raises InputError naming a pair that is no text, or too long to be scored at once.
        """
        _check_batch_size(batch_size, 1)
        source = enumerate(pairs, 1)
        while window := list(islice(source, batch_size)):
            encoded = [
                (
                    self.tokenizers.src.encode(check_text(src, f"line {number:,}")),
                    self.tokenizers.tgt.encode(check_text(tgt, f"line {number:,}")),
                )
                for number, (src, tgt) in window
            ]
            yield from score_pairs(self.sentences.ensemble, encoded, window[0][0])


def _check_lines(lines: object, batch_size: int) -> None:
    """Raise InputError for one text, whose letters would pass for lines, and for less than no sentences at a time."""
    if isinstance(lines, str | bytes):
        raise InputError(f"lines are given as a list, not as {type(lines).__name__}; for one line: [line]")
    _check_batch_size(batch_size, 0)


def _check_batch_size(batch_size: int, least: int) -> None:
    if batch_size < least:
        raise InputError(f"a batch_size of {batch_size:,} is less than {least}")


def _quick_size(config: SearchConfig) -> int:
    """Return how many sentences are quick to translate together."""
    return max(1, _ROWS // (config.n_best if config.sampling else config.beam_size))


def _take(source: Iterator[tuple[int, str]], most: int) -> list[tuple[int, str]]:
    """Take the next lines, at most so many, and no more once their characters fill a window."""
    window = []
    characters = 0
    for number, line in islice(source, most):
        window.append((number, line))
        characters += len(line)
        if characters >= _WINDOW_CHARACTERS:
            break
    return window
