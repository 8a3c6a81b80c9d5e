"""Label-smoothed cross-entropy (Szegedy et al., 2016), in chunks: the full logit matrix never exists.

The gradient is formed together with the loss, while a chunk's logits are there, so neither logits nor probabilities are
kept for the backward pass. A pass over a chunk costs a fair part of a product, so there are few: the softmax is never
divided by its sum, since the narrow rows on the other side of each product can be; and what smoothing takes from every
logit alike is taken from the products' results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from nmt.tokenizer import PAD

# Rows of logits that exist at once; the last chunk is filled up, so that every product has one shape.
CHUNK_ROWS = 512


@dataclass(frozen=True)
class Loss:
    """total: what is minimised, with gradient; nll: negative log-likelihood in nats. Both are sums over target tokens,
    with consistency over those of both readings: each token then counts twice."""

    total: Tensor
    nll: float


def cross_entropy(
    features: Tensor, tgt_out: Tensor, output: torch.nn.Linear, smoothing: float, consistency: float = 0.0
) -> Loss:
    """Return the loss of features (batch, tgt_len, dim) under the output layer against tgt_out (batch, tgt_len).

    PAD targets count nothing. With consistency > 0 the batch holds each sentence twice, second half like first,
    read under two dropout masks; added is, weighted, half the sum of their divergences in both directions, once for
    the two of a token (R-Drop, Liang et al., 2021).
    """
    targets = tgt_out.flatten()
    rows = _chunked((targets != PAD).nonzero().view(2 if consistency > 0 else 1, -1))
    aims = torch.where(rows < 0, PAD, targets[rows])
    total, nll = _ChunkedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        features.flatten(0, 1).index_select(0, rows.clamp(min=0)),
        output.weight,
        output.bias,
        aims,
        smoothing,
        consistency,
        torch.is_grad_enabled(),
    )
    return Loss(total, float(nll))


def _chunked(rows: Tensor) -> Tensor:
    """Return the rows (readings, tokens) in chunks, filled up with -1: tokens' first reading, then their second."""
    readings, count = rows.shape
    size = CHUNK_ROWS // readings
    filled = torch.nn.functional.pad(rows, (0, -count % size), value=-1)
    return filled.view(readings, -1, size).transpose(0, 1).flatten()


class _ChunkedCrossEntropy(torch.autograd.Function):
    """(loss to minimise, nll), both summed; rows (a multiple of CHUNK_ROWS, dim), PAD targets ignored."""

    @staticmethod
    def forward(
        ctx: Any,
        rows: Tensor,
        weight: Tensor,
        bias: Tensor,
        targets: Tensor,
        smoothing: float,
        consistency: float,
        trained: bool,
    ) -> tuple[Tensor, Tensor]:
        dtype = torch.bfloat16 if torch.is_autocast_enabled(rows.device.type) else weight.dtype
        cast, offset = weight.to(dtype), bias.to(dtype)
        # Within a function gradients are off, and what it needs is told as if they were on.
        wanted = trained and any(ctx.needs_input_grad[:3])
        total, nll = weight.new_zeros(()), weight.new_zeros(())
        row_grad, weight_grad, bias_grad = torch.empty_like(rows), torch.zeros_like(weight), torch.zeros_like(bias)
        # Buffers for every chunk: fresh memory of this size costs as much as the work done in it.
        logits = weight.new_empty(CHUNK_ROWS, len(weight), dtype=torch.promote_types(dtype, torch.float32))
        grad = torch.empty_like(logits, dtype=dtype) if wanted and dtype != logits.dtype else logits
        with torch.autocast(rows.device.type, enabled=False):
            centre = weight.mean(dim=0)
            means = rows.to(weight.dtype) @ centre + bias.mean()
            parts = (each.view(-1, CHUNK_ROWS, *each.shape[1:]) for each in (rows.to(dtype), means, targets, row_grad))
            for chunk, mean, aims, chunk_grad in zip(*parts, strict=True):
                _write_logits(logits, chunk, cast, offset)
                part, likelihood, scale = _smoothed(logits, mean, aims, smoothing, consistency)
                total += part
                nll += likelihood
                if wanted:
                    bias_grad += scale.squeeze(1) @ logits
                    if grad is not logits:
                        grad.copy_(logits)
                    chunk_grad.copy_((grad @ cast) * scale)
                    weight_grad += grad.t() @ (chunk * scale).to(dtype)
        if wanted:
            # What smoothing takes from every logit alike.
            real = (targets != PAD).to(weight.dtype)
            share = smoothing / len(weight)
            bias_grad -= share * real.sum()
            weight_grad -= share * (real @ rows.to(weight.dtype))
            row_grad -= smoothing * real.unsqueeze(1) * centre
            ctx.save_for_backward(row_grad, weight_grad, bias_grad)
        ctx.mark_non_differentiable(nll)
        return total, nll

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_total: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        row_grad, weight_grad, bias_grad = ctx.saved_tensors
        return row_grad * grad_total, weight_grad * grad_total, bias_grad * grad_total, None, None, None, None


def _write_logits(logits: Tensor, rows: Tensor, weight: Tensor, bias: Tensor) -> None:
    """Write the logits of rows (rows, dim) into a buffer, whose type may be wider than that of the product."""
    if logits.dtype == weight.dtype:
        torch.addmm(bias, rows, weight.t(), out=logits)
    else:
        logits.copy_(torch.addmm(bias, rows, weight.t()))


def _smoothed(
    logits: Tensor, mean: Tensor, targets: Tensor, smoothing: float, consistency: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the loss, the nll, and by what to multiply (rows, 1) what the logits become: their gradient, unsmoothed.

    mean (rows): of each row of logits. What a logit's gradient still lacks is -smoothing / vocabulary size.
    """
    real = (targets != PAD).unsqueeze(1)
    peak = logits.amax(dim=1, keepdim=True)
    logits -= peak
    chosen = logits.gather(1, targets.unsqueeze(1))
    distance = torch.sub(*logits.chunk(2)) if consistency else None
    powers = logits.exp_()
    mass = powers.sum(dim=1, keepdim=True)
    norm = mass.log()
    nll = ((norm - chosen) * real).sum()
    total = (1 - smoothing) * nll + smoothing * ((norm - mean.unsqueeze(1) + peak) * real).sum()
    if distance is not None:
        total = total + _consistent(powers, mass, distance, real, consistency)
    powers.scatter_add_(1, targets.unsqueeze(1), (smoothing - 1) * mass)
    return total, nll, real / mass


def _consistent(powers: Tensor, mass: Tensor, distance: Tensor, real: Tensor, weight: float) -> Tensor:
    """Return weight * (KL(p || q) + KL(q || p)) / 2 of twin rows, summed, and turn powers into the gradient with it.

    p, q: powers / mass (rows, 1) of the upper and the lower half of the rows; distance: between their logits.
    """
    first, second = powers.chunk(2)
    first_mass, second_mass = mass.chunk(2)
    ratio = first_mass / second_mass
    shift = ratio.log()
    far, near = first * distance, second * distance
    ahead = far.sum(dim=1, keepdim=True) / first_mass - shift
    back = shift - near.sum(dim=1, keepdim=True) / second_mass
    half = weight / 2
    # p + half * (p * (log(p / q) - ahead) + p - q), times first_mass; the same for q.
    far.mul_(half).addcmul_(first, 1 + half * (1 - ahead - shift)).addcmul_(second, -half * ratio)
    near.mul_(-half).addcmul_(second, 1 + half * (1 - back + shift)).addcmul_(first, -half / ratio)
    first.copy_(far)
    second.copy_(near)
    return half * ((ahead + back) * real.chunk(2)[0]).sum()
