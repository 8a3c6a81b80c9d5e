"""An exported model run by ONNX Runtime: what the search sees of it, as `Ensemble` is of models in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nmt.onnx.graphs import DECODER, ENCODER, MEMORY, check_installed
from nmt.search import Layout, Step


@dataclass(frozen=True)
class OnnxState:
    """The memory of the sentences, the state of the hypotheses, and which sentence each of them translates.

    memory: keys, values and mask, (batch, src_len, …); parts: of the state, (rows, …); sentences: (rows,)
    """

    memory: tuple[Tensor, ...]
    parts: tuple[Tensor, ...]
    sentences: Tensor

    def select(self, rows: Tensor, sentences: Tensor | None, layout: Layout | None) -> OnnxState:
        """Keep and reorder hypotheses (rows,); keep sentences (sentences,), None = all; layout: of the rows."""
        memory = self.memory
        if sentences is not None:
            memory = tuple(part.index_select(0, sentences) for part in memory)
        places, width = layout or (torch.arange(len(rows)), len(rows) // len(memory[0]))
        return OnnxState(memory, tuple(part.index_select(0, rows) for part in self.parts), places // width)


class OnnxModel:
    """Both graphs of a model, on the CPU."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """files: what `write_graphs` gives; raises InputError where ONNX Runtime is not installed"""
        check_installed("onnxruntime")
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        self._encoder, self._decoder = (
            onnxruntime.InferenceSession(files[name], options, providers=["CPUExecutionProvider"])
            for name in (ENCODER, DECODER)
        )
        names = [each.name for each in self._decoder.get_inputs()]
        self._states = [name for name in names if name.startswith("state_")]

    def start(self, src_ids: Tensor, src_lengths: Tensor) -> OnnxState:
        """Read source sentences: src_ids (batch, src_len), src_lengths (batch,)."""
        found = _run(self._encoder, {"src_ids": src_ids, "src_lengths": src_lengths})
        return OnnxState(tuple(found[: len(MEMORY)]), tuple(found[len(MEMORY) :]), torch.arange(len(src_ids)))

    def step(self, tokens: Tensor, state: OnnxState) -> Step[OnnxState]:
        """Take one step: tokens (rows,), the last of each hypothesis."""
        given = {"tokens": tokens, "sentences": state.sentences}
        given |= dict(zip(MEMORY, state.memory, strict=True)) | dict(zip(self._states, state.parts, strict=True))
        log_probs, weights, *parts = _run(self._decoder, given)
        return Step(log_probs, weights, OnnxState(state.memory, tuple(parts), state.sentences))


def _run(session: Any, given: Mapping[str, Tensor]) -> list[Tensor]:
    return [
        torch.from_numpy(found) for found in session.run(None, {name: each.numpy() for name, each in given.items()})
    ]
