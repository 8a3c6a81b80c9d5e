"""Recording what the recurrent layers of a model do while it runs; nothing of it stays on the model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nmt.cells import CellState
from nmt.model import TranslationModel
from nmt.rnn import Recurrent, Trace


@dataclass(frozen=True)
class _Call:
    layer: Recurrent
    inputs: Tensor
    state: CellState | None


class Recording:
    """The calls of each recurrent layer, by the layer's name in the model, in the order they were made."""

    def __init__(self) -> None:
        self._calls: dict[str, list[_Call]] = {}

    def add(self, name: str, layer: Recurrent, inputs: Tensor, state: CellState | None) -> None:
        """Take note of a call."""
        self._calls.setdefault(name, []).append(_Call(layer, inputs, state))

    def traces(self) -> dict[str, Trace]:
        """Return what every layer did, each (batch, time, size): its calls one after the other in time.

        A decoder with input feeding calls its layers once for each step, others once for all of them. Steps of a
        backward layer lie in the order it read them: from the end of the sentence.
        """
        return {
            name: _join([call.layer.trace(call.inputs, call.state) for call in calls])
            for name, calls in self._calls.items()
        }


@contextmanager
def recorded(model: TranslationModel) -> Iterator[Recording]:
    """Record all calls of the model's recurrent layers within the context."""
    recording = Recording()

    def hook(name: str) -> Any:
        def note(layer: nn.Module, given: tuple[Any, ...]) -> None:
            assert isinstance(layer, Recurrent)
            inputs, state = (*given, None)[:2]
            recording.add(name, layer, inputs, state)

        return note

    layers = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, Recurrent)]
    handles = [layer.register_forward_pre_hook(hook(name)) for name, layer in layers]
    try:
        yield recording
    finally:
        for handle in handles:
            handle.remove()


def _join(parts: list[Trace]) -> Trace:
    gates = {name: torch.cat([part.gates[name] for part in parts], dim=1) for name in parts[0].gates}
    cells = torch.cat([part.cells for part in parts], dim=1)
    return Trace(gates, cells, torch.cat([part.outputs for part in parts], dim=1))
