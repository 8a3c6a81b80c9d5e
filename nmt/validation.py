"""Scoring a model on the development set: loss, perplexity and BLEU."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from nmt.batches import cut, make_batch
from nmt.checkpoint import ModelDescription
from nmt.config import Config
from nmt.corpus import Pair
from nmt.device import mixed_precision
from nmt.loss import cross_entropy
from nmt.metrics import evaluate
from nmt.model import TranslationModel
from nmt.tokenizer import TokenizerPair
from nmt.translator import Translator


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


class Validator:
    """Scores models on development pairs, always in the same way."""

    def __init__(self, pairs: Sequence[Pair], tokenizers: TokenizerPair, config: Config, device: torch.device) -> None:
        self._pairs = pairs
        self._tokenizers = tokenizers
        self._config = config
        self._device = device
        encoded = [(tokenizers.src.encode(pair.src), tokenizers.tgt.encode(pair.tgt)) for pair in pairs]
        groups = cut(encoded, config.train.batch_tokens)
        self._batches = [make_batch([encoded[i] for i in group]) for group in groups]

    def validate(self, model: TranslationModel, dtype: torch.dtype, beam_size: int = 1) -> Validation:
        """Score a model; dtype: of the products; beam_size: of the translations, 1 = greedy"""
        model.eval()
        loss = self._loss(model, dtype)
        count = min(self._config.train.eval_sentences, len(self._pairs))
        if count == 0:
            return Validation(loss, None)
        score = self._bleu(model, dtype, beam_size, count)
        return Validation(loss, *score)

    def _loss(self, model: TranslationModel, dtype: torch.dtype) -> float:
        total, tokens = 0.0, 0
        with torch.inference_mode(), mixed_precision(self._device, dtype):
            for batch in self._batches:
                moved = batch.to(self._device)
                features = model(moved.src_ids, moved.src_lengths, moved.tgt_in).features
                total += cross_entropy(features, moved.tgt_out, model.output, 0.0).nll
                tokens += batch.tgt_tokens
        return total / tokens

    def _bleu(self, model: TranslationModel, dtype: torch.dtype, beam_size: int, count: int) -> tuple[float, str]:
        copied = copy.deepcopy(model).to(dtype) if dtype != torch.float32 else model
        search = self._config.search.model_copy(update={"beam_size": beam_size, "n_best": 1, "sampling": False})
        description = ModelDescription(self._config, model.src_vocab, model.tgt_vocab)
        translator = Translator([copied], self._tokenizers, description, search)
        found = translator.translate([pair.src for pair in self._pairs[:count]])
        references = [pair.tgt for pair in self._pairs[:count]]
        score = evaluate([translation.text for translation in found], [references], ["bleu"])[0]
        return score.value, score.signature
