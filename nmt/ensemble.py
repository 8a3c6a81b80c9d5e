"""What the search sees of a model, or of several that vote: a state to reorder and a step to take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from nmt.attention import Memory
from nmt.decoder import State
from nmt.errors import InputError
from nmt.model import TranslationModel
from nmt.search import Layout, Step
from nmt.shortlist import Candidates


@dataclass(frozen=True)
class Restriction:
    """The candidates of a batch, by whose places tokens are counted then, and each model's output layer for them."""

    candidates: Candidates
    outputs: tuple[nn.Module, ...]

    def select(self, sentences: Tensor) -> Restriction:
        """Keep the sentences of an index (sentences,)."""
        denied = self.candidates.denied.index_select(0, sentences)
        return replace(self, candidates=replace(self.candidates, denied=denied))

    def deny(self, logits: Tensor, memory: Memory) -> None:
        """Rule out, in place, what is no candidate of a row's sentence; logits (rows, candidates)."""
        denied = self.candidates.denied
        if memory.places is not None:
            denied = denied.index_select(0, memory.places // memory.width)
        elif len(denied) < len(logits):
            denied = denied.repeat_interleave(len(logits) // len(denied), 0)
        logits.masked_fill_(denied, -torch.inf)


@dataclass(frozen=True)
class DecodingState:
    """Each model's memory of the sentences and state of the hypotheses; restriction: None = any token may come."""

    memories: tuple[Memory, ...]
    states: tuple[State, ...]
    restriction: Restriction | None = None

    def select(self, rows: Tensor, sentences: Tensor | None, layout: Layout | None) -> DecodingState:
        """Keep and reorder hypotheses (rows,); keep sentences (sentences,), None = all; layout: of the rows."""
        memories, restriction = self.memories, self.restriction
        if sentences is not None:
            memories = tuple(memory.select(sentences) for memory in memories)
            restriction = None if restriction is None else restriction.select(sentences)
        places, width = layout or (None, 1)
        memories = tuple(replace(memory, places=places, width=width) for memory in memories)
        return DecodingState(memories, tuple(state.select(rows) for state in self.states), restriction)


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

    def start(self, src_ids: Tensor, src_lengths: Tensor, candidates: Candidates | None = None) -> DecodingState:
        """Read source sentences: src_ids (batch, src_len), src_lengths (batch,).

        candidates: what may come; a token is then the place of a piece among them.
        """
        memories = tuple(model.encode(src_ids, src_lengths) for model in self.models)
        states = tuple(model.start(memory) for model, memory in zip(self.models, memories, strict=True))
        if candidates is None:
            return DecodingState(memories, states)
        outputs = tuple(model.output_among(candidates.pieces) for model in self.models)
        return DecodingState(memories, states, Restriction(candidates, outputs))

    def step(self, tokens: Tensor, state: DecodingState) -> Step[DecodingState]:
        """Take one step: tokens (rows,), the last of each hypothesis."""
        log_probs, weights, states = [], [], []
        restriction = state.restriction
        if restriction is not None:
            tokens = restriction.candidates.pieces[tokens]
        for number, (model, memory, before) in enumerate(zip(self.models, state.memories, state.states, strict=True)):
            result = model.decode(tokens.unsqueeze(1), before, memory)
            features = result.features.squeeze(1)
            if restriction is None:
                logits = model.logits(features)
            else:
                logits = restriction.outputs[number](features)
                restriction.deny(logits, memory)
            log_probs.append(torch.log_softmax(logits, dim=1, dtype=torch.float32))
            weights.append(result.weights.squeeze(1))
            states.append(result.state)
        after = DecodingState(state.memories, tuple(states), restriction)
        if len(self.models) == 1:
            return Step(log_probs[0], weights[0], after)
        mean = torch.logsumexp(torch.stack(log_probs), dim=0) - torch.tensor(len(self.models)).log()
        return Step(mean, torch.stack(weights).mean(dim=0), after)
