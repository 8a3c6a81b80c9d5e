"""Products with 8-bit weights."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from torch import nn

from nmt.cells import CELLS
from nmt.config import ModelConfig
from nmt.model import TranslationModel
from nmt.quantized import LEVELS, QuantizedLinear, restore_rows, round_rows, weight_levels
from nmt.rnn import Recurrent

pytestmark = pytest.mark.skipif(weight_levels() == 0, reason="this CPU has no 8-bit products in torch")


def make(inputs: int = 96, outputs: int = 40) -> nn.Linear:
    torch.manual_seed(1)
    return nn.Linear(inputs, outputs)


def test_a_product_is_within_a_hundredth_of_the_exact_one() -> None:
    exact, rows = make(), torch.randn(5, 3, 96)
    expected = exact(rows)
    assert (QuantizedLinear.of(exact)(rows) - expected).norm() < 0.015 * expected.norm()


def test_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    layer = QuantizedLinear.of(make())
    rows = torch.randn(70, 96) * torch.logspace(-3, 3, 70).unsqueeze(1)
    together = layer(rows)
    assert all(torch.equal(layer(rows[row : row + 1])[0], together[row]) for row in range(70))


def test_small_and_large_rows_and_outputs_keep_their_own_precision() -> None:
    exact = make()
    with torch.no_grad():
        exact.weight *= torch.logspace(-3, 3, 40).unsqueeze(1)
        exact.bias.zero_()
    rows = torch.randn(6, 96) * torch.logspace(-4, 4, 6).unsqueeze(1)
    expected = exact(rows)
    error = (QuantizedLinear.of(exact)(rows) - expected).abs()
    assert (error < 0.01 * rows.norm(dim=1, keepdim=True) * exact.weight.norm(dim=1)).all()


def test_zero_rows_give_the_bias() -> None:
    exact = make()
    assert torch.equal(QuantizedLinear.of(exact)(torch.zeros(2, 96)), exact.bias.detach().expand(2, -1))


@pytest.mark.parametrize("highest", [LEVELS, LEVELS // 2])
def test_rounding_what_was_rounded_changes_no_bit(highest: int) -> None:
    torch.manual_seed(1)
    weight = torch.randn(300, 70) * torch.logspace(-20, 4, 300).unsqueeze(1)
    weight[7] = 0
    levels, scales = round_rows(weight, highest)
    restored = restore_rows(levels, scales)
    # Each row uses all levels, but for those that are as good as zero.
    assert levels[weight.abs().amax(1) > 1e-12].abs().amax(1).eq(highest).all()
    assert (restored - weight).abs().le(scales.unsqueeze(1) * 0.501).all()
    again = round_rows(restored, highest)
    assert torch.equal(again[0], levels) and torch.equal(again[1], scales)


def test_the_largest_levels_do_not_saturate() -> None:
    exact = nn.Linear(512, 16, bias=False)
    with torch.no_grad():
        exact.weight.fill_(0.5)
    torch.testing.assert_close(QuantizedLinear.of(exact)(torch.full((4, 512), 3.0)), torch.full((4, 16), 768.0))


@pytest.mark.parametrize("instructions", ["AVX2", "AVX512_CORE", "AVX512_CORE_VNNI"])
def test_lesser_instruction_sets_multiply_as_well(instructions: str) -> None:
    code = (
        "import torch; from nmt.quantized import *; torch.manual_seed(1); exact = torch.nn.Linear(512, 64);"
        "rows = torch.randn(9, 512); wanted = exact(rows);"
        "error = (QuantizedLinear.of(exact)(rows) - wanted).norm() / wanted.norm();"
        "assert weight_levels() == 0 or error < 0.02, error"
    )
    environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": instructions}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


@pytest.mark.parametrize("cell", CELLS)
def test_a_step_of_a_quantized_cell_stays_near_the_exact_one(cell: str) -> None:
    torch.manual_seed(1)
    layer = Recurrent(cell, 32, 48).eval()
    inputs, state = torch.randn(7, 1, 32), tuple(torch.rand(7, 48) for _ in range(CELLS[cell].state_count))
    with torch.inference_mode():
        outputs, after = layer(inputs, state)
        layer.quantize()
        rounded, rounded_after = layer(inputs, state)
    assert (rounded - outputs).norm() < 0.03 * outputs.norm()
    for mine, exact in zip(rounded_after, after, strict=True):
        assert (mine - exact).norm() < 0.03 * exact.norm()


@pytest.mark.parametrize("second_attention", [True, False])
@pytest.mark.parametrize("attention", ["multihead", "additive", "general"])
def test_a_quantized_model_gives_nearly_the_same_distributions(attention: str, second_attention: bool) -> None:
    config = ModelConfig(
        attention=attention, embedding_size=32, encoder_size=48, decoder_size=48, heads=4, tie="output",
        second_attention=second_attention,
    )  # fmt: skip
    model = TranslationModel(config, 50, 60)
    model.initialize(1)
    model.eval()
    src_ids, lengths, tokens = torch.randint(4, 50, (3, 5)), torch.tensor([5, 3, 4]), torch.randint(4, 60, (3, 4))

    def run() -> torch.Tensor:
        memory = model.encode(src_ids, lengths)
        state, found = model.start(memory), []
        for step in range(4):
            result = model.decode(tokens[:, step : step + 1], state, memory)
            state = result.state
            found.append(model.logits(result.features).log_softmax(2))
        return torch.cat(found, dim=1)

    with torch.inference_mode():
        exact = run()
        model.quantize()
        rounded = run()
    assert (rounded.exp() - exact.exp()).abs().sum(2).max() < 0.03
    assert not torch.equal(rounded, exact)
