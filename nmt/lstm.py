"""One LSTM layer over whole sequences for CPUs, with its backward pass written out.

oneDNN's LSTM runs forward near the speed of a matrix product and backward well below it. Here everything that
is not recurrent is one product over all time steps: the input's share of the gates, and the gradients of input
and weights. What is left in the loop is one product a step and element-wise work that stays in the cache.
Cell: Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000); backward: backpropagation
through time (Werbos, 1990).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
_tanh_backward = torch.ops.aten.tanh_backward.grad_input


def lstm(inputs: Tensor, hidden: Tensor, cell: Tensor, weights: list[Tensor], dtype: torch.dtype) -> list[Tensor]:
    """Run one layer over inputs (batch, time, input_size) from the state hidden, cell (batch, size).

    weights: as `nn.LSTM` names and shapes them, input, recurrent, and the two biases; gates in its order
    dtype: of the products; the cell is carried from step to step in float32 at least
    returns outputs (batch, time, size) and the state after the last step
    """
    # (batch, time, input_size) -> (time, batch, input_size): a step's rows lie together
    ahead = inputs.to(dtype).transpose(0, 1).contiguous()
    outputs, hidden, cell = _Layer.apply(  # type: ignore[no-untyped-call]
        ahead, hidden.to(dtype), cell.to(dtype), *weights
    )
    return [outputs.transpose(0, 1), hidden, cell]


class _Layer(torch.autograd.Function):
    """The layer over inputs (time, batch, input_size), all of one type; weights of any type."""

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, hidden: Tensor, cell: Tensor, w_in: Tensor, w_rec: Tensor, b_in: Tensor, b_rec: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        time, batch, _ = inputs.shape
        size = hidden.shape[1]
        dtype = inputs.dtype
        w_in, w_rec, bias = w_in.to(dtype), w_rec.to(dtype), (b_in + b_rec).to(dtype)
        gates = torch.addmm(bias, inputs.flatten(0, 1), w_in.t()).view(time, batch, 4 * size)
        hiddens, cells = inputs.new_empty(2, time + 1, batch, size)
        squashed = inputs.new_empty(time, batch, size)  # tanh of the cell
        hiddens[0], cells[0] = hidden, cell
        wide = torch.promote_types(dtype, torch.float32)
        carried, current = cell.to(wide, copy=True), torch.empty(batch, 4 * size, dtype=wide)
        for gate, before, after, kept, tanh in zip(
            gates.unbind(), hiddens.unbind(), hiddens[1:].unbind(), cells[1:].unbind(), squashed.unbind(), strict=False
        ):
            current.copy_(torch.addmm(gate, before, w_rec.t(), out=gate))
            hidden, squash = _step(current, carried)
            after.copy_(hidden)
            tanh.copy_(squash)
            gate.copy_(current)
            kept.copy_(carried)
        ctx.save_for_backward(inputs, w_in, w_rec, gates, hiddens, cells, squashed)
        return hiddens[1:], hiddens[-1], carried.to(dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, grad_hidden: Tensor, grad_cell: Tensor) -> tuple[Tensor, ...]:
        inputs, w_in, _, _, hiddens, _, _ = ctx.saved_tensors
        grads, grad_hidden, grad_cell = _through_time(grad, grad_hidden, grad_cell, ctx.saved_tensors)
        flat = grads.flatten(0, 1)
        bias = flat.sum(0, dtype=torch.promote_types(flat.dtype, torch.float32))
        return (
            (flat @ w_in).view_as(inputs),
            grad_hidden,
            grad_cell,
            flat.t() @ inputs.flatten(0, 1),
            flat.t() @ hiddens[:-1].flatten(0, 1),
            bias,
            bias,
        )


def lstm_step(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """Return hidden state and cell after a step, from the gates (batch, 4 * size) before their nonlinearities."""
    if torch.is_grad_enabled():
        take, forget, new, out = gates.chunk(4, 1)
        cell = torch.sigmoid(forget) * cell + torch.sigmoid(take) * torch.tanh(new)
        return torch.sigmoid(out) * torch.tanh(cell), cell
    wide = torch.promote_types(gates.dtype, torch.float32)
    carried, current = cell.to(wide, copy=True), gates.to(wide)
    hidden, _ = _step(current, carried)
    return hidden.to(gates.dtype), carried.to(gates.dtype)


def _step(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """Turn gates (batch, 4 * size) before their nonlinearities into those after, and the cell into the next, in place.

    returns the hidden state and the hyperbolic tangent of the cell
    """
    take, forget, new, out = gates.view(gates.shape[0], 4, -1).unbind(1)
    # tanh(x) = 2 * sigmoid(2x) - 1: the sigmoid is several times as fast.
    new.mul_(2)
    gates.sigmoid_()
    new.mul_(2).sub_(1)
    cell.mul_(forget).addcmul_(take, new)
    tanh = (cell * 2).sigmoid_().mul_(2).sub_(1)
    return tanh * out, tanh


def _through_time(
    grad: Tensor, grad_hidden: Tensor, grad_cell: Tensor, saved: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients by the gates before their nonlinearities (time, batch, 4 * size) and the first state."""
    _, _, w_rec, gates, _, cells, squashed = saved
    time, batch, size = squashed.shape
    grads = torch.empty_like(gates)
    take, forget, new, out = gates.view(time, batch, 4, size).unbind(2)
    by_take, by_forget, by_new, by_out = grads.view(time, batch, 4, size).unbind(2)
    by_hidden = grad_hidden + grad[-1]
    work = torch.empty_like(by_hidden)
    # Wide as the cell: what flows back through it gets a summand a step. The products take it in their type.
    grad_cell = grad_cell.to(torch.promote_types(grad_cell.dtype, torch.float32), copy=True)
    by_cell = grad_cell if grad_cell.dtype == work.dtype else torch.empty_like(work)
    for step in reversed(range(time)):
        if step < time - 1:
            torch.addmm(grad[step], grads[step + 1], w_rec, out=by_hidden)
        tanh = squashed[step]
        torch.mul(by_hidden, tanh, out=work)
        _sigmoid_backward(work, out[step], grad_input=by_out[step])
        torch.mul(by_hidden, out[step], out=work)
        grad_cell += _tanh_backward(work, tanh, grad_input=work)
        by_cell.copy_(grad_cell)
        torch.mul(by_cell, new[step], out=work)
        _sigmoid_backward(work, take[step], grad_input=by_take[step])
        torch.mul(by_cell, cells[step], out=work)
        _sigmoid_backward(work, forget[step], grad_input=by_forget[step])
        torch.mul(by_cell, take[step], out=work)
        _tanh_backward(work, new[step], grad_input=by_new[step])
        grad_cell.mul_(forget[step])
    return grads, grads[0] @ w_rec, grad_cell.to(by_cell.dtype)
