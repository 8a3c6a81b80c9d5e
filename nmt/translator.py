"""Text to text: load a model directory, translate lines in batches, one translation per line in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nmt.batches import make_batch, pad
from nmt.checkpoint import ModelDescription, read_model, read_search_config
from nmt.config import SearchConfig, build_config
from nmt.device import choose_device, choose_precision, set_threads
from nmt.ensemble import Ensemble
from nmt.errors import FailureError, InputError
from nmt.model import TranslationModel
from nmt.search import Hypothesis, Special, search
from nmt.segments import split_long
from nmt.tokenizer import BOS, EOS, PAD, UNK, TokenizerPair

_SPECIAL = Special(bos=BOS, eos=EOS, pad=PAD, unk=UNK)
# Lines looked at together, so that batches hold sentences of similar lengths.
_WINDOW_BATCHES = 16


@dataclass(frozen=True)
class Translation:
    """A translated line.

    score: length-normalised log-probability, in nats; tokens and token_scores: target pieces and their
    log-probabilities; src_tokens: source pieces; alignment: (source, target) positions in them;
    alternatives: the n best, this one first
    """

    text: str
    score: float = 0.0
    tokens: tuple[str, ...] = ()
    token_scores: tuple[float, ...] = ()
    src_tokens: tuple[str, ...] = ()
    alignment: tuple[tuple[int, int], ...] = ()
    alternatives: tuple[Translation, ...] = ()


class Translator:
    """Translates by one model, or by several with one vocabulary that vote."""

    def __init__(
        self,
        models: Sequence[TranslationModel],
        tokenizers: TokenizerPair,
        description: ModelDescription,
        config: SearchConfig,
    ) -> None:
        self.tokenizers = tokenizers
        self.description = description
        self.config = config
        self._ensemble = Ensemble(models)

    @classmethod
    def load(
        cls,
        directory: str | Path | Sequence[str | Path],
        precision: str = "auto",
        device: str = "auto",
        threads: int = 0,
    ) -> Translator:
        """Load a model directory, or several to vote.

        precision: auto, fp32 or bf16; device: auto, cpu, cuda, cuda:N; threads: 0 = one per core
        Raises InputError where a directory holds no model, or models do not go together.
        """
        directories = [directory] if isinstance(directory, str | Path) else list(directory)
        if not directories:
            raise InputError("no model directory given; name at least one")
        set_threads(threads)
        place = choose_device(device)
        dtype = choose_precision(precision, place)
        loaded = [read_model(Path(each)) for each in directories]
        _, tokenizers, description = loaded[0]
        for path, (_, others, _) in zip(directories[1:], loaded[1:], strict=True):
            if others.files() != tokenizers.files():
                raise InputError(f"{path} has another vocabulary than {directories[0]}; an ensemble shares one")
        models = [model.to(place, dtype) for model, _, _ in loaded]
        return cls(models, tokenizers, description, read_search_config(Path(directories[0]), description))

    @property
    def src(self) -> str:
        """The source language's code."""
        return self.description.config.data.src

    @property
    def tgt(self) -> str:
        """The target language's code."""
        return self.description.config.data.tgt

    def check_languages(self, src: str | None, tgt: str | None) -> None:
        """Raise InputError where the model reads or writes another language than asked (None = any)."""
        for asked, own, verb in ((src, self.src, "reads"), (tgt, self.tgt, "writes")):
            if asked is not None and asked != own:
                raise InputError(f"this model {verb} {own!r}, not {asked!r}; choose another model or leave it out")

    def settings(self, changes: Mapping[str, Any]) -> SearchConfig:
        """Return the model's decoding settings with changes by key; None keeps the model's own."""
        given = {key: value for key, value in changes.items() if value is not None}
        tree = {**self.config.model_dump(mode="json"), **given}
        # A wider choice needs a beam as wide, where none was asked for.
        if "beam_size" not in given:
            tree["beam_size"] = max(tree["beam_size"], tree["n_best"])
        return build_config({"search": tree}, "decoding settings").search

    def translate(
        self, lines: Sequence[str], config: SearchConfig | None = None, batch_size: int = 64
    ) -> list[Translation]:
        """Translate lines; a blank line gives an empty translation, a line too long for the model is cut.

        config: decoding settings, the model's own if None; batch_size: sentences translated together
        """
        return list(self.stream(lines, config, batch_size))

    def stream(
        self, lines: Iterable[str], config: SearchConfig | None = None, batch_size: int = 64
    ) -> Iterator[Translation]:
        """Translate any number of lines in constant memory, yielding each in order."""
        config = config or self.config
        source = enumerate(lines)
        while window := list(islice(source, batch_size * _WINDOW_BATCHES)):
            yield from self._window(window, config, batch_size)

    def _window(self, window: list[tuple[int, str]], config: SearchConfig, batch_size: int) -> Iterator[Translation]:
        limit = self.description.config.data.max_length
        count = self.tokenizers.src.count
        parts = [
            (place, number, part)
            for place, (number, line) in enumerate(window)
            if line.strip()
            for part in split_long(line, count, limit)
        ]
        translated: list[list[Translation]] = [[] for _ in window]
        results = self._parts([(number, part) for _, number, part in parts], config, batch_size)
        for (place, _, _), result in zip(parts, results, strict=True):
            translated[place].append(result)
        for pieces in translated:
            yield _join(pieces)

    def _parts(self, parts: list[tuple[int, str]], config: SearchConfig, batch_size: int) -> list[Translation]:
        """Translate (line number, text) in batches of similar lengths, back in the given order."""
        encoded = [self.tokenizers.src.encode(text) for _, text in parts]
        order = sorted(range(len(parts)), key=lambda i: len(encoded[i]), reverse=True)
        results: list[Translation] = [Translation("")] * len(parts)
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            found = self.search([encoded[i] for i in chosen], config, [parts[i][0] for i in chosen])
            for i, hypotheses in zip(chosen, found, strict=True):
                results[i] = self._translation(encoded[i], hypotheses)
        return results

    def search(
        self, sentences: Sequence[Sequence[int]], config: SearchConfig, numbers: Sequence[int] | None = None
    ) -> list[list[Hypothesis]]:
        """Search translations of source ids (without EOS); numbers seed the samples of each sentence."""
        src_ids, src_lengths = pad([[*ids, EOS] for ids in sentences])
        device = next(self._ensemble.models[0].parameters()).device
        src_ids, src_lengths = src_ids.to(device), src_lengths.to(device)
        with torch.inference_mode(), _memory_errors(f"{_shape(src_ids)}, beam {config.beam_size}"):
            state = self._ensemble.start(src_ids, src_lengths)
            return search(self._ensemble.step, state, src_lengths, config, _SPECIAL, numbers)

    def _translation(self, src_ids: Sequence[int], hypotheses: Sequence[Hypothesis]) -> Translation:
        every = tuple(self._one(src_ids, hypothesis) for hypothesis in hypotheses)
        return replace(every[0], alternatives=every)

    def _one(self, src_ids: Sequence[int], hypothesis: Hypothesis) -> Translation:
        return Translation(
            text=_one_line(self.tokenizers.tgt.decode(hypothesis.tokens)),
            score=hypothesis.score,
            tokens=tuple(self.tokenizers.tgt.pieces(hypothesis.tokens)),
            token_scores=tuple(hypothesis.token_log_probs[: len(hypothesis.tokens)]),
            src_tokens=tuple(self.tokenizers.src.pieces(src_ids)),
            alignment=_align(hypothesis.attention, len(src_ids)),
        )

    def score(self, pairs: Iterable[tuple[str, str]], batch_size: int = 64) -> Iterator[list[float]]:
        """Yield the log-probability of each target token, EOS last, given its source (forced decoding)."""
        source = iter(pairs)
        while window := list(islice(source, batch_size)):
            yield from self._score(
                [(self.tokenizers.src.encode(src), self.tokenizers.tgt.encode(tgt)) for src, tgt in window]
            )

    def _score(self, pairs: list[tuple[list[int], list[int]]]) -> list[list[float]]:
        batch = make_batch(pairs).to(next(self._ensemble.models[0].parameters()).device)
        with torch.inference_mode(), _memory_errors(batch.shape()):
            votes = []
            for model in self._ensemble.models:
                result = model(batch.src_ids, batch.src_lengths, batch.tgt_in)
                votes.append(torch.log_softmax(model.logits(result.features), dim=2, dtype=torch.float32))
            mean = torch.logsumexp(torch.stack(votes), dim=0) - torch.tensor(len(votes)).log()
            chosen = mean.gather(2, batch.tgt_out.unsqueeze(2)).squeeze(2)
        lengths = batch.tgt_lengths.tolist()
        return [row[:length] for row, length in zip(chosen.tolist(), lengths, strict=True)]


class _memory_errors:  # noqa: N801  (a context manager reads as a verb)
    """Say what to lower when memory runs out."""

    def __init__(self, work: str) -> None:
        self._work = work

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        out = isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(error)
        if error is not None and out:
            raise FailureError(f"out of memory with {self._work}; lower --batch-size or --beam-size") from None


def _shape(src_ids: Tensor) -> str:
    return f"{src_ids.shape[0]} sentences x {src_ids.shape[1]} tokens"


def _one_line(text: str) -> str:
    """A translation is one line, whatever bytes the model chose."""
    return text.replace("\n", " ")


def _align(attention: Tensor, src_len: int) -> tuple[tuple[int, int], ...]:
    """Return for each target token the source token it attends to most; EOS takes no part."""
    best = attention[:-1, :src_len].argmax(dim=1).tolist() if src_len else []
    return tuple((source, target) for target, source in enumerate(best))


def _join(parts: list[Translation]) -> Translation:
    """Return one translation of the parts a line was cut into."""
    if not parts:
        return Translation("")
    if len(parts) == 1:
        return parts[0]
    alignment = []
    src_before = tgt_before = 0
    for part in parts:
        alignment += [(src + src_before, tgt + tgt_before) for src, tgt in part.alignment]
        src_before += len(part.src_tokens)
        tgt_before += len(part.tokens)
    whole = Translation(
        text=" ".join(part.text for part in parts if part.text),
        score=sum(part.score for part in parts) / len(parts),
        tokens=tuple(token for part in parts for token in part.tokens),
        token_scores=tuple(score for part in parts for score in part.token_scores),
        src_tokens=tuple(token for part in parts for token in part.src_tokens),
        alignment=tuple(alignment),
    )
    # The k-th alternative of a line joins the k-th alternatives of its parts, which have none themselves.
    ranks = min(len(part.alternatives) for part in parts)
    others = [_join([part.alternatives[rank] for part in parts]) for rank in range(1, ranks)]
    return replace(whole, alternatives=(whole, *others))
