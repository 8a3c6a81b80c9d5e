"""Scoring a model on the development set: loss, perplexity and BLEU."""

from __future__ import annotations

import copy
import hashlib
import json
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from typing import TypeVar

import torch

from nmt.bars import bar
from nmt.batches import cut, make_batch
from nmt.config import Config
from nmt.corpus import Pair
from nmt.device import mixed_precision
from nmt.group import Group
from nmt.interrupt import Interrupted
from nmt.loss import cross_entropy
from nmt.metrics import evaluate
from nmt.model import TranslationModel
from nmt.model_description import ModelDescription
from nmt.model_loading import ModelBundle
from nmt.parts import Job
from nmt.tokenizer import TokenizerPair
from nmt.translator import Translator

T = TypeVar("T")


@dataclass(frozen=True)
class Validation:
    """loss: nats per target token; bleu: 0 to 100, None where no sentence was translated."""

    loss: float
    bleu: float | None
    signature: str = ""

    @property
    def perplexity(self) -> float:
        return math.exp(min(self.loss, 100.0))

    def __str__(self) -> str:
        words = f"validation loss {self.loss:.3f}, perplexity {self.perplexity:.2f}"
        return words if self.bleu is None else f"{words}, BLEU {self.bleu:.2f}"


@dataclass(frozen=True)
class _Share:
    """What one process of a group adds to a validation: nll, summed, of so many target tokens; translations;
    signal: of the interruption that left it unfinished."""

    nll: float = 0.0
    tokens: int = 0
    texts: tuple[str, ...] = ()
    signal: int | None = None


# Settings that change nothing about a greedy search, or are not those of validations.
_OF_NO_GREEDY_SEARCH = {
    *("beam_size", "n_best", "prune", "shortlist", "length_penalty", "reverse_weight", "coverage_penalty"),
    *("sampling", "temperature", "top_k", "top_p", "seed"),
}


class Validator:
    """Scores models on development pairs, always in the same way; the processes of a group share the work."""

    def __init__(
        self,
        pairs: Sequence[Pair],
        tokenizers: TokenizerPair,
        config: Config,
        device: torch.device,
        group: Group | None = None,
    ) -> None:
        self._pairs = pairs
        self._tokenizers = tokenizers
        self._config = config
        self._device = device
        self._group = group or Group()
        encoded = [(tokenizers.src.encode(pair.src), tokenizers.tgt.encode(pair.tgt)) for pair in pairs]
        groups = cut(encoded, config.train.batch_tokens)
        self._batches = [make_batch([encoded[i] for i in each]) for each in self._own(groups)]

    def validate(
        self,
        model: TranslationModel,
        dtype: torch.dtype,
        beam_size: int = 1,
        guard: AbstractContextManager[None] | None = None,
    ) -> Validation:
        """Score a model; dtype: of the products; beam_size: of the translations, 1 = greedy

        guard: a context that may end the work by raising Interrupted, see Interrupt.dropping. Where it did so in
        one process, every process of the group raises Interrupted.
        """
        model.eval()
        try:
            with guard or nullcontext():
                share = self._share(model, dtype, beam_size)
        except Interrupted as interrupted:
            share = _Share(signal=interrupted.number)
        shares = [_Share(**json.loads(each)) for each in self._group.gather(json.dumps(asdict(share)).encode())]
        for each in shares:
            if each.signal is not None:
                raise Interrupted(each.signal)
        return self._score(shares)

    @property
    def fingerprint(self) -> str:
        """What the pairs are known by again."""
        digest = hashlib.blake2b(digest_size=16)
        for pair in self._pairs:
            digest.update(b"".join(text.encode("utf-8") + b"\xff" for text in pair))
        return digest.hexdigest()

    @property
    def search_fingerprint(self) -> str:
        """What the search of validations while training, which is greedy, is known by again."""
        told = self._config.search.model_dump_json(exclude=_OF_NO_GREEDY_SEARCH)
        return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()

    @property
    def _count(self) -> int:
        return min(self._config.train.eval_sentences, len(self._pairs))

    def _own(self, every: Sequence[T]) -> Sequence[T]:
        return every[self._group.rank :: self._group.size]

    def _share(self, model: TranslationModel, dtype: torch.dtype, beam_size: int) -> _Share:
        nll, tokens = 0.0, 0
        drawn = bar("validating", "batches", len(self._batches))
        with drawn as advance, torch.inference_mode(), mixed_precision(self._device, dtype):
            for batch in self._batches:
                moved = batch.to(self._device)
                features = model(moved.src_ids, moved.src_lengths, moved.tgt_in).features
                nll += cross_entropy(features, moved.tgt_out, model.output, 0.0).nll
                tokens += batch.tgt_tokens
                advance(1)
        return _Share(nll, tokens, tuple(self._translate(model, dtype, beam_size)))

    def _translate(self, model: TranslationModel, dtype: torch.dtype, beam_size: int) -> list[str]:
        own = self._own(self._pairs[: self._count])
        if not own:
            return []
        copied = copy.deepcopy(model).to(dtype) if dtype != torch.float32 else model
        search = self._config.search.model_copy(update={"beam_size": beam_size, "n_best": 1, "sampling": False})
        description = ModelDescription(self._config, model.src_vocab, model.tgt_vocab)
        translator = Translator(ModelBundle([copied], self._tokenizers, description, search))
        with bar("translating the development set", "lines", len(own)) as advance:
            return [each.text for each in translator.stream((pair.src for pair in own), Job(search, 0, advance))]

    def _score(self, shares: Sequence[_Share]) -> Validation:
        loss = sum(each.nll for each in shares) / sum(each.tokens for each in shares)
        count = self._count
        if count == 0:
            return Validation(loss, None)
        found = [shares[i % len(shares)].texts[i // len(shares)] for i in range(count)]
        references = [pair.tgt for pair in self._pairs[:count]]
        score = evaluate(found, [references], ["bleu"])[0]
        return Validation(loss, score.value, score.signature)
