"""What a GPU asks of the model, as far as that shows without one: what cuDNN refuses and autocast does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from nmt.cells import CELLS
from nmt.config import ModelConfig
from nmt.model import TranslationModel

SIZES = {"embedding_size": 6, "encoder_size": 8, "decoder_size": 12, "heads": 2}
SRC_IDS = torch.tensor([[5, 6, 7, 8, 3], [9, 3, 0, 0, 0], [4, 10, 3, 0, 0]])
SRC_LENGTHS = torch.tensor([5, 2, 3])
TGT_IN = torch.tensor([[2, 7, 4, 9], [2, 5, 0, 0], [2, 10, 6, 0]])

Layer = Callable[..., Any]


def make_model(**changes: object) -> TranslationModel:
    config = ModelConfig.model_validate({**SIZES, **changes})
    return TranslationModel(config, 11, 11).train()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Check every call of a fused layer as cuDNN does; returns whether autocast was on, for each."""
    calls: list[bool] = []

    def watch(real: Layer) -> Layer:
        def call(inputs: Tensor, hidden: Tensor | Sequence[Tensor], weights: Sequence[Tensor], *rest: object) -> Any:
            parts = [hidden] if isinstance(hidden, Tensor) else hidden
            assert all(part.is_contiguous() for part in parts), "cuDNN: hx is not contiguous"
            assert len({(each.dtype, each.device) for each in (inputs, *parts, *weights)}) == 1
            calls.append(torch.is_autocast_enabled(inputs.device.type))
            return real(inputs, hidden, weights, *rest)

        return call

    for name in ("lstm", "gru", "rnn_tanh"):
        monkeypatch.setattr(torch._VF, name, watch(getattr(torch._VF, name)), raising=False)
    return calls


@pytest.mark.parametrize("cell", CELLS)
def test_fused_layers_get_what_cudnn_takes(cell: str, watched: list[bool]) -> None:
    make_model(cell=cell)(SRC_IDS, SRC_LENGTHS, TGT_IN)
    assert len(watched) == 4


def test_autocast_leaves_fused_layers_their_own_type(watched: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    # Played on the CPU, whose layers autocast does not change.
    monkeypatch.setattr("nmt.rnn._GPU", "cpu")
    with torch.autocast("cpu", torch.bfloat16):
        result = make_model(dropout=0.2, recurrent_dropout=0.1)(SRC_IDS, SRC_LENGTHS, TGT_IN)
    assert watched == [False] * len(watched) != []
    assert result.features.dtype == torch.bfloat16
