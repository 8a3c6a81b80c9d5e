"""Tests of the loss, against torch's own and against its definition."""

from __future__ import annotations

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import nmt.loss
from nmt.loss import cross_entropy
from nmt.tokenizer import PAD

TGT_OUT = torch.tensor([[5, 6, 7, 3], [9, 3, PAD, PAD], [4, 10, 3, PAD]])
SIZES = [2, 4, 6, 8, 512]
chunks = pytest.mark.parametrize("chunk", SIZES)


def make(seed: int = 1, rows: int = 3) -> tuple[Tensor, nn.Linear]:
    """Return features (rows, 4, 6) and an output layer over 11 tokens."""
    torch.manual_seed(seed)
    output = nn.Linear(6, 11)
    return torch.randn(rows, 4, 6, requires_grad=True), output


def gradients(total: Tensor, features: Tensor, output: nn.Linear) -> tuple[Tensor, ...]:
    return torch.autograd.grad(total, [features, output.weight, output.bias])


def close(ours: tuple[Tensor, ...], theirs: tuple[Tensor, ...]) -> None:
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, atol=2e-6, rtol=1e-5)


def plain(features: Tensor, output: nn.Linear, tgt_out: Tensor, smoothing: float) -> Tensor:
    return F.cross_entropy(
        output(features).flatten(0, 1),
        tgt_out.flatten(),
        ignore_index=PAD,
        label_smoothing=smoothing,
        reduction="sum",
    )


def kl(p: Tensor, q: Tensor) -> Tensor:
    """Return KL(p || q) of log-probabilities, summed over the vocabulary."""
    return (p.exp() * (p - q)).sum(dim=-1)


@pytest.mark.parametrize("chunk, smoothing", list(product(SIZES, [0.0, 0.1, 0.7])))
def test_loss_and_gradients_equal_those_of_torch(monkeypatch: pytest.MonkeyPatch, chunk: int, smoothing: float) -> None:
    monkeypatch.setattr(nmt.loss, "CHUNK_ROWS", chunk)
    features, output = make()
    loss = cross_entropy(features, TGT_OUT, output, smoothing)
    expected = plain(features, output, TGT_OUT, smoothing)
    close((loss.total,), (expected,))
    close(gradients(loss.total, features, output), gradients(expected, features, output))
    assert loss.nll == pytest.approx(plain(features, output, TGT_OUT, 0.0).item(), rel=1e-5)


@chunks
def test_with_consistency_it_is_the_formula_of_r_drop(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(nmt.loss, "CHUNK_ROWS", chunk)
    features, output = make(rows=6)
    twice = torch.cat([TGT_OUT, TGT_OUT])
    loss = cross_entropy(features, twice, output, 0.1, consistency=3.0)
    first, second = torch.log_softmax(output(features), dim=2).chunk(2)
    divergence = (kl(first, second) + kl(second, first)) / 2
    expected = plain(features, output, twice, 0.1) + 3.0 * divergence[TGT_OUT != PAD].sum()
    close((loss.total,), (expected,))
    close(gradients(loss.total, features, output), gradients(expected, features, output))
    assert loss.nll == pytest.approx(plain(features, output, twice, 0.0).item(), rel=1e-5)


def test_equal_readings_diverge_by_nothing() -> None:
    half, output = make()
    features = torch.cat([half, half])
    twice = torch.cat([TGT_OUT, TGT_OUT])
    losses = [cross_entropy(features, twice, output, 0.1, consistency).total for consistency in (0.0, 5.0)]
    torch.testing.assert_close(losses[0], losses[1])
    close(gradients(losses[1], half, output), gradients(losses[0], half, output))


@pytest.mark.parametrize("consistency", [0.0, 2.0])
def test_gradients_equal_finite_differences(monkeypatch: pytest.MonkeyPatch, consistency: float) -> None:
    monkeypatch.setattr(nmt.loss, "CHUNK_ROWS", 2)
    torch.manual_seed(1)
    output = nn.Linear(3, 5)
    features = torch.randn(2, 2, 3, requires_grad=True)
    tgt_out = torch.tensor([[4, 2], [4, 2]])
    tensors = (features, output.weight, output.bias)
    given = gradients(cross_entropy(features, tgt_out, output, 0.1, consistency).total, features, output)
    step = 1e-2
    for tensor, gradient in zip(tensors, given, strict=True):
        flat = tensor.data.view(-1)
        for number in range(len(flat)):
            values = []
            for shift in (step, -2 * step):
                flat[number] += shift
                values.append(cross_entropy(features, tgt_out, output, 0.1, consistency).total.item())
            flat[number] += step
            slope = (values[0] - values[1]) / (2 * step)
            assert slope == pytest.approx(gradient.view(-1)[number].item(), abs=5e-3)


@pytest.mark.parametrize("consistency", [0.0, 2.0])
def test_padding_counts_nothing(consistency: float) -> None:
    features, output = make(rows=6)
    tgt_out = torch.cat([TGT_OUT, TGT_OUT])
    loss = cross_entropy(features, tgt_out, output, 0.1, consistency)
    (grad,) = torch.autograd.grad(loss.total, features)
    assert torch.equal(grad.any(dim=2), tgt_out != PAD)
    wider = F.pad(features, (0, 0, 0, 3), value=9.0), F.pad(tgt_out, (0, 3), value=PAD)
    assert torch.equal(cross_entropy(*wider, output, 0.1, consistency).total, loss.total)


def test_padding_alone_is_no_loss_and_no_gradient() -> None:
    features, output = make()
    loss = cross_entropy(features, torch.full((3, 4), PAD), output, 0.1)
    assert (loss.total.item(), loss.nll) == (0.0, 0.0)
    assert not any(grad.any() for grad in gradients(loss.total, features, output))


def test_the_gradient_scales_with_what_the_loss_is_multiplied_by() -> None:
    features, output = make()
    once = gradients(cross_entropy(features, TGT_OUT, output, 0.1).total, features, output)
    thrice = gradients(cross_entropy(features, TGT_OUT, output, 0.1).total * 3, features, output)
    close(thrice, tuple(grad * 3 for grad in once))


def test_the_loss_is_the_same_where_no_gradient_is_wanted() -> None:
    features, output = make()
    with torch.no_grad():
        loss = cross_entropy(features, TGT_OUT, output, 0.1)
    assert not loss.total.requires_grad
    assert torch.equal(loss.total, cross_entropy(features, TGT_OUT, output, 0.1).total.detach())


def test_mixed_precision_stays_near_and_keeps_the_types() -> None:
    features, output = make()
    expected = cross_entropy(features, TGT_OUT, output, 0.1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = cross_entropy(features.bfloat16(), TGT_OUT, output, 0.1)
    assert mixed.nll == pytest.approx(expected.nll, rel=0.02)
    ours = gradients(mixed.total, features, output)
    for one, other in zip(ours, gradients(expected.total, features, output), strict=True):
        assert one.dtype == torch.float32
        torch.testing.assert_close(one, other, atol=0.05, rtol=0.05)
