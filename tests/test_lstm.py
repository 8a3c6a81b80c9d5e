"""The LSTM with its own backward pass, against `nn.LSTM` and finite differences."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from nmt.lstm import lstm, lstm_step

BATCH, TIME, INPUT, SIZE = 3, 4, 5, 7


def make(dtype: torch.dtype = torch.float64) -> tuple[nn.LSTM, Tensor, Tensor, Tensor]:
    """Return a layer, its inputs, and a first hidden state and cell."""
    torch.manual_seed(1)
    layer = nn.LSTM(INPUT, SIZE, batch_first=True, dtype=dtype)
    inputs = torch.randn(BATCH, TIME, INPUT, dtype=dtype)
    return layer, inputs, torch.randn(BATCH, SIZE, dtype=dtype), torch.randn(BATCH, SIZE, dtype=dtype)


def test_outputs_and_final_state_are_those_of_torch() -> None:
    layer, inputs, hidden, cell = make()
    outputs, last, after = lstm(inputs, hidden, cell, list(layer.parameters()), torch.float64)
    expected, (expected_last, expected_after) = layer(inputs, (hidden.unsqueeze(0), cell.unsqueeze(0)))
    torch.testing.assert_close(outputs, expected)
    torch.testing.assert_close(last, expected_last.squeeze(0))
    torch.testing.assert_close(after, expected_after.squeeze(0))


def test_the_first_state_is_left_as_it_is() -> None:
    layer, inputs, hidden, cell = make()
    before = hidden.clone(), cell.clone()
    lstm(inputs, hidden, cell, list(layer.parameters()), torch.float64)
    lstm_step(torch.randn(BATCH, 4 * SIZE, dtype=torch.float64), cell)
    assert torch.equal(hidden, before[0]) and torch.equal(cell, before[1])


def test_gradients_by_everything_agree_with_finite_differences() -> None:
    layer, inputs, hidden, cell = make()
    given = [each.detach().requires_grad_() for each in (inputs, hidden, cell, *layer.parameters())]

    def run(inputs: Tensor, hidden: Tensor, cell: Tensor, *weights: Tensor) -> tuple[Tensor, ...]:
        return tuple(lstm(inputs, hidden, cell, list(weights), torch.float64))

    assert torch.autograd.gradcheck(run, given)


@pytest.mark.parametrize("used", ["outputs", "state"])
def test_gradients_flow_from_outputs_alone_and_from_the_state_alone(used: str) -> None:
    layer, inputs, hidden, cell = make()
    outputs, last, after = lstm(inputs, hidden, cell, list(layer.parameters()), torch.float64)
    (outputs.sum() if used == "outputs" else (last + after).sum()).backward()  # type: ignore[no-untyped-call]
    own = [weight.grad for weight in layer.parameters()]
    layer.zero_grad()
    outputs, (last, after) = layer(inputs, (hidden.unsqueeze(0), cell.unsqueeze(0)))
    (outputs.sum() if used == "outputs" else (last + after).sum()).backward()
    for mine, weight in zip(own, layer.parameters(), strict=True):
        torch.testing.assert_close(mine, weight.grad)


def test_bfloat16_stays_near_float32_over_many_steps() -> None:
    torch.manual_seed(1)
    layer = nn.LSTM(64, 64, batch_first=True)
    inputs, state = torch.randn(8, 200, 64), torch.zeros(8, 64)
    outputs, _, _ = lstm(inputs, state, state, list(layer.parameters()), torch.bfloat16)
    outputs.float().square().sum().backward()  # type: ignore[no-untyped-call]
    own = [weight.grad for weight in layer.parameters()]
    layer.zero_grad()
    expected, _ = layer(inputs)
    expected.square().sum().backward()
    assert (outputs.float() - expected).norm() < 0.01 * expected.norm()
    for mine, weight in zip(own, layer.parameters(), strict=True):
        assert mine is not None and weight.grad is not None and mine.dtype == torch.float32
        assert (mine - weight.grad).norm() < 0.006 * weight.grad.norm()


def test_a_step_is_the_same_with_and_without_gradients() -> None:
    gates, cell = torch.randn(BATCH, 4 * SIZE), torch.randn(BATCH, SIZE)
    with_gradients = lstm_step(gates, cell)
    with torch.no_grad():
        without = lstm_step(gates.clone(), cell)
    for one, other in zip(with_gradients, without, strict=True):
        torch.testing.assert_close(one, other)


def test_bfloat16_stays_near_float32_where_much_is_remembered() -> None:
    # What flows back through the cell then has hundreds of summands; added up in bfloat16, most would be lost.
    torch.manual_seed(1)
    layer = nn.LSTM(INPUT, SIZE, batch_first=True)
    with torch.no_grad():
        layer.get_parameter("bias_ih_l0")[SIZE : 2 * SIZE] += 6
    inputs, hidden = torch.randn(8, 300, INPUT), torch.zeros(8, SIZE)
    mine, theirs = (torch.zeros(8, SIZE, requires_grad=True) for _ in range(2))
    outputs, _, _ = lstm(inputs, hidden, mine, list(layer.parameters()), torch.bfloat16)
    outputs.float().sum().backward()  # type: ignore[no-untyped-call]
    layer(inputs, (hidden.unsqueeze(0), theirs.unsqueeze(0)))[0].sum().backward()
    assert mine.grad is not None and theirs.grad is not None
    assert (mine.grad - theirs.grad).norm() < 0.05 * theirs.grad.norm()
