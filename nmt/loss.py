"""Label-smoothed cross-entropy (Szegedy et al., 2016), in chunks: the full logit matrix never exists.

The gradient is formed together with the loss, chunk by chunk, while a chunk's logits are in the cache, so
neither logits nor probabilities are kept for the backward pass.
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
    """total: what is minimised, summed over tokens, with gradient; nll: negative log-likelihood, summed, in nats."""

    total: Tensor
    nll: float


def cross_entropy(
    features: Tensor, tgt_out: Tensor, output: torch.nn.Linear, smoothing: float, consistency: float = 0.0
) -> Loss:
    """Return the loss of features (batch, tgt_len, dim) under the output layer against tgt_out (batch, tgt_len).

    PAD targets count nothing. With consistency > 0 the batch holds each sentence twice, second half like first,
    read under two dropout masks; their symmetric divergence is added, weighted (R-Drop, Liang et al., 2021).
    """
    targets = tgt_out.flatten()
    rows = (targets != PAD).nonzero().squeeze(1)
    if consistency > 0:
        # Twins side by side: chunk rows 2i and 2i + 1 are two readings of one token.
        rows = rows.view(2, -1).t().flatten()
    count = len(rows)
    filled = torch.nn.functional.pad(rows, (0, -count % CHUNK_ROWS))
    real = features.flatten(0, 1).index_select(0, filled)
    aims = targets.index_select(0, filled)
    aims[count:] = PAD
    total, nll = _ChunkedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        real, output.weight, output.bias, aims, smoothing, consistency
    )
    return Loss(total, float(nll))


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
    ) -> tuple[Tensor, Tensor]:
        dtype = torch.bfloat16 if torch.is_autocast_enabled(rows.device.type) else weight.dtype
        cast, offset = weight.to(dtype), bias.to(dtype)
        wanted = any(ctx.needs_input_grad[:3])
        total, nll = weight.new_zeros(()), weight.new_zeros(())
        row_grads = []
        weight_grad, bias_grad = torch.zeros_like(weight), torch.zeros_like(bias)
        # One buffer for every chunk: fresh memory of this size costs as much as the work done in it.
        wide = weight.new_empty(CHUNK_ROWS, len(weight), dtype=torch.promote_types(dtype, torch.float32))
        with torch.autocast(rows.device.type, enabled=False):
            for chunk, aims in zip(
                torch.split(rows.to(dtype), CHUNK_ROWS), torch.split(targets, CHUNK_ROWS), strict=True
            ):
                wide[: len(chunk)] = torch.addmm(offset, chunk, cast.t())
                part, likelihood, grad = _smoothed(wide[: len(chunk)], aims, smoothing, consistency, wanted)
                total += part
                nll += likelihood
                if grad is not None:
                    grad = grad.to(dtype)
                    row_grads.append(grad @ cast)
                    weight_grad += grad.t() @ chunk
                    bias_grad += grad.sum(dim=0, dtype=torch.float32)
        if wanted:
            ctx.save_for_backward(torch.cat(row_grads).to(rows.dtype), weight_grad, bias_grad)
        ctx.mark_non_differentiable(nll)
        return total, nll

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_total: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        row_grad, weight_grad, bias_grad = ctx.saved_tensors
        return row_grad * grad_total, weight_grad * grad_total, bias_grad * grad_total, None, None, None


def _smoothed(
    logits: Tensor, targets: Tensor, smoothing: float, consistency: float, wanted: bool
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return the loss, the nll and, if wanted, the gradient by the logits, in the memory of the logits."""
    real = (targets != PAD).unsqueeze(1)
    logits -= logits.amax(dim=1, keepdim=True)
    chosen, mean = logits.gather(1, targets.unsqueeze(1)), logits.mean(dim=1, keepdim=True)
    kept = logits.clone() if consistency else None
    probs = logits.exp_()
    mass = probs.sum(dim=1, keepdim=True)
    norm = mass.log()
    nll = ((norm - chosen) * real).sum()
    total = (1 - smoothing) * nll + smoothing * ((norm - mean) * real).sum()
    apart, apart_grad = (None, None) if kept is None else _divergence(kept - norm, real, consistency, wanted)
    if apart is not None:
        total = total + apart
    if not wanted:
        return total, nll, None
    # The softmax less the smoothed target; rows of padding become zero.
    share = real * (smoothing / logits.shape[1])
    grad = torch.addcmul(-share, probs, real / mass, out=probs)
    grad.scatter_add_(1, targets.unsqueeze(1), real * (smoothing - 1))
    if apart_grad is not None:
        grad += apart_grad.mul_(real)
    return total, nll, grad


def _divergence(log_probs: Tensor, real: Tensor, weight: float, wanted: bool) -> tuple[Tensor, Tensor | None]:
    """Return weight * (KL(p || q) + KL(q || p)) / 2 over twin rows, summed, and its gradient by the logits."""
    first, second = log_probs[0::2], log_probs[1::2]
    p, q = first.exp(), second.exp()
    ratio = first - second
    ahead = (p * ratio).sum(dim=1, keepdim=True)
    back = -(q * ratio).sum(dim=1, keepdim=True)
    total = weight / 2 * ((ahead + back) * real[0::2]).sum()
    if not wanted:
        return total, None
    grad = torch.empty_like(log_probs)
    grad[0::2] = weight / 2 * (p * (ratio - ahead) + p - q)
    grad[1::2] = weight / 2 * (q * (-ratio - back) + q - p)
    return total, grad
