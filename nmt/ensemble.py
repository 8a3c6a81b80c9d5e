"""What the search sees of a model, or of several that vote: a state to reorder and a step to take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from nmt.attention import Memory
from nmt.decoder import State
from nmt.errors import InputError
from nmt.model import TranslationModel
from nmt.search import Layout, Step


@dataclass(frozen=True)
class DecodingState:
    """Each model's memory of the sentences and state of the hypotheses."""

    memories: tuple[Memory, ...]
    states: tuple[State, ...]

    def select(self, rows: Tensor, sentences: Tensor | None, layout: Layout | None) -> DecodingState:
        """Keep and reorder hypotheses (rows,); keep sentences (sentences,), None = all; layout: of the rows."""
        memories = self.memories
        if sentences is not None:
            memories = tuple(memory.select(sentences) for memory in memories)
        places, width = layout or (None, 1)
        memories = tuple(replace(memory, places=places, width=width) for memory in memories)
        return DecodingState(memories, tuple(state.select(rows) for state in self.states))


class Ensemble:
    """Models with one vocabulary, whose probabilities are averaged at each step."""

    def __init__(self, models: Sequence[TranslationModel]) -> None:
        """Raises InputError where the models' vocabularies differ in size."""
        sizes = {(model.src_vocab, model.tgt_vocab) for model in models}
        if len(sizes) != 1:
            raise InputError(
                f"an ensemble needs models with one vocabulary; given (source, target) sizes {sorted(sizes)}"
            )
        self.models = tuple(models)

    def start(self, src_ids: Tensor, src_lengths: Tensor) -> DecodingState:
        """Read source sentences: src_ids (batch, src_len), src_lengths (batch,)."""
        memories = tuple(model.encode(src_ids, src_lengths) for model in self.models)
        states = tuple(model.start(memory) for model, memory in zip(self.models, memories, strict=True))
        return DecodingState(memories, states)

    def step(self, tokens: Tensor, state: DecodingState) -> Step[DecodingState]:
        """Take one step: tokens (rows,), the last of each hypothesis."""
        log_probs, weights, states = [], [], []
        for model, memory, before in zip(self.models, state.memories, state.states, strict=True):
            result = model.decode(tokens.unsqueeze(1), before, memory)
            logits = model.logits(result.features.squeeze(1))
            log_probs.append(torch.log_softmax(logits, dim=1, dtype=torch.float32))
            weights.append(result.weights.squeeze(1))
            states.append(result.state)
        after = DecodingState(state.memories, tuple(states))
        if len(self.models) == 1:
            return Step(log_probs[0], weights[0], after)
        mean = torch.logsumexp(torch.stack(log_probs), dim=0) - torch.tensor(len(self.models)).log()
        return Step(mean, torch.stack(weights).mean(dim=0), after)
