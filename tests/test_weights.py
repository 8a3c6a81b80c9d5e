"""Tests of weights: what the header says is checked in full before memory is taken for it."""

from __future__ import annotations

import io
import json
import math
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
import torch
from safetensors.torch import save
from torch import Tensor, nn

from nmt.errors import FailureError, InputError
from nmt.quantized import restore_rows, round_rows
from nmt.weights import PRECISIONS, load_weights, read_weights, weights_file

WEIGHTS = {"a": torch.randn(3, 5), "b": torch.randn(7), "c": torch.randn(2, 1, 4)}
SHAPES = {name: tuple(weight.shape) for name, weight in WEIGHTS.items()}


def read(content: bytes, shapes: dict[str, tuple[int, ...]] = SHAPES) -> dict[str, Tensor]:
    return read_weights(io.BytesIO(content), len(content), "m/model.safetensors", shapes)


def with_header(change: Callable[[dict[str, Any]], object], more: bytes = b"", content: bytes = save(WEIGHTS)) -> bytes:
    """Return the weights as a file whose header is changed."""
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    change(header)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + size :] + more


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_weights_come_back_in_float32(dtype: torch.dtype) -> None:
    stored = {name: weight.to(dtype) for name, weight in WEIGHTS.items()}
    found = read(save(stored, {"format": "pt"}))
    assert found.keys() == WEIGHTS.keys()
    assert all(torch.equal(found[name], stored[name].float()) for name in stored)
    assert all(weight.dtype == torch.float32 for weight in found.values())


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda h: h.pop("a"), "weight 'a' is missing"),
        (lambda h: h.update(d=h["a"]), "weight 'd' is unexpected"),
        (lambda h: h["a"].update(shape=[5, 3]), r"weight 'a' has shape \(5, 3\), expected \(3, 5\)"),
        (lambda h: h["a"].update(shape=[2**62, 2**62]), "has shape"),
        (lambda h: h["a"].update(shape=[-3, -5]), "no list of whole numbers"),
        (lambda h: h["a"].update(shape=[3.0, 5]), "no list of whole numbers"),
        (lambda h: h["b"].update(shape=[True]), "no list of whole numbers"),
        (lambda h: h["a"].update(dtype="F64"), "dtype 'F64'; expected one of F32, F16, BF16"),
        (lambda h: h["a"].update(dtype=["F32"]), "dtype"),
        (lambda h: h["a"].update(dtype="F16"), "not where its size puts it"),
        (lambda h: h["b"].update(data_offsets=h["a"]["data_offsets"]), "not where its size puts it"),
        (lambda h: h["c"].update(data_offsets=[0, 2**70]), "not where its size puts it"),
        (lambda h: h["a"].update(data_offsets=[0]), "header"),
        (lambda h: h["a"].update(more=1), "other keys than"),
        (lambda h: h.update(a=3), "other keys than"),
        (lambda h: h.update(__metadata__=3), "expected names"),
    ],
)
def test_a_header_that_lies_is_refused(change: Callable[[dict[str, Any]], object], message: str) -> None:
    with pytest.raises(InputError, match=rf"m/model\.safetensors.*{message}"):
        read(with_header(change))


def test_bytes_beyond_the_weights_are_refused() -> None:
    with pytest.raises(InputError, match="its header tells of 120"):
        read(with_header(lambda _: None, more=b"1234"))


def test_a_name_twice_is_refused() -> None:
    content = with_header(lambda header: header.update(d=header["a"])).replace(b'"d"', b'"a"')
    with pytest.raises(InputError, match="a name comes twice"):
        read(content)


@pytest.mark.parametrize("size", [0, 7, 8, 100])
def test_a_file_cut_short_is_refused(size: int) -> None:
    with pytest.raises(InputError, match=r"m/model\.safetensors is damaged"):
        read(save(WEIGHTS)[:size])


def test_a_file_that_shrinks_while_it_is_read_is_refused() -> None:
    content = save(WEIGHTS)
    with pytest.raises(InputError, match="cut short"):
        read_weights(io.BytesIO(content[:-1]), len(content), "m", SHAPES)


@pytest.mark.parametrize("header", [b"[" * 100_000, b"[]", b"3", b"{", b"\xff", b'{"a": {}}'])
def test_a_header_that_is_none_is_refused(header: bytes) -> None:
    with pytest.raises(InputError, match="damaged or not a safetensors file"):
        read(len(header).to_bytes(8, "little") + header)


def test_a_huge_header_or_file_takes_no_memory() -> None:
    tracemalloc.start()
    for size in (2**30, 2**63, 2**64 - 1):
        with pytest.raises(InputError, match="header is missing or too long"):
            read_weights(io.BytesIO(size.to_bytes(8, "little")), 2**64, "m", SHAPES)
    huge = with_header(lambda header: header["a"].update(shape=[2**20, 2**20]))
    with pytest.raises(InputError, match="not where its size"):
        read(huge, {**SHAPES, "a": (2**20, 2**20)})
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_weights_beyond_the_machines_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sysconf", lambda name: 1)
    with pytest.raises(FailureError, match="120 bytes of weights do not fit this machine's 1"):
        read(save(WEIGHTS))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e30, -65600.0])
def test_weights_that_are_not_finite_are_refused(number: float) -> None:
    weights = {name: weight.clone() for name, weight in WEIGHTS.items()}
    weights["c"][1, 0, 2] = number
    with pytest.raises(InputError, match=r"weight 'c' holds numbers from .*; expected finite ones"):
        read(save(weights))


# --- fewer bits ---


def test_a_matrix_in_8_bits_has_a_scale_for_each_row_and_all_else_stays() -> None:
    found = read(weights_file(WEIGHTS, "int8"))
    assert torch.equal(found["a"], restore_rows(*round_rows(WEIGHTS["a"], 127)))
    assert (found["a"] - WEIGHTS["a"]).abs().max() < 0.02
    assert all(torch.equal(found[name], WEIGHTS[name]) for name in ("b", "c"))
    assert all(weight.dtype == torch.float32 for weight in found.values())


def test_one_row_keeps_its_precision() -> None:
    row = {"a": torch.randn(1, 40)}
    for precision in PRECISIONS:
        assert torch.equal(read(weights_file(row, precision), {"a": (1, 40)})["a"], row["a"])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_what_was_read_is_written_to_the_same_bytes(precision: str) -> None:
    content = weights_file(WEIGHTS, precision)
    found = read(content)
    assert found.keys() == WEIGHTS.keys()
    assert weights_file(found, precision) == content


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda h: h.pop("a.scales"), r"weight 'a\.scales' is missing"),
        (lambda h: h.update({"b.scales": h.pop("a.scales")}), r"weight 'a\.scales' is missing"),
        (lambda h: h["a.scales"].update(shape=[3, 1]), r"weight 'a\.scales' has shape \(3, 1\), expected \(3,\)"),
        (lambda h: h["a.scales"].update(dtype="F16"), r"weight 'a\.scales' has another dtype than F32"),
        (lambda h: h["a.scales"].update(dtype="I8"), r"weight 'a\.scales' holds 8-bit levels; only a matrix"),
        (lambda h: h["b"].update(dtype="I8"), "weight 'b' holds 8-bit levels; only a matrix"),
        (lambda h: h["c"].update(dtype="I8"), "weight 'c' holds 8-bit levels; only a matrix"),
        (lambda h: h["a"].update(dtype="F32"), r"weight 'a\.scales' is unexpected"),
        (lambda h: h["a"].update(shape=[5, 3]), r"weight 'a' has shape \(5, 3\), expected \(3, 5\)"),
        (lambda h: h.update(d=h["a"]), "weight 'd' holds 8-bit levels; only a matrix of the model may"),
    ],
)
def test_a_header_that_lies_of_8_bits_is_refused(change: Callable[[dict[str, Any]], object], message: str) -> None:
    with pytest.raises(InputError, match=rf"m/model\.safetensors.*{message}"):
        read(with_header(change, content=weights_file(WEIGHTS, "int8")))


@pytest.mark.parametrize("scale", [math.nan, math.inf, -1e-3, 600.0])
def test_scales_that_no_rounding_gives_are_refused(scale: float) -> None:
    levels, scales = round_rows(WEIGHTS["a"], 127)
    scales[1] = scale
    with pytest.raises(
        InputError, match=r"weight 'a\.scales' holds numbers from .*; expected finite ones from 0 to 516"
    ):
        read(save({**WEIGHTS, "a": levels, "a.scales": scales}))


def test_a_level_that_no_rounding_gives_is_refused() -> None:
    levels, scales = round_rows(WEIGHTS["a"], 127)
    levels[2, 1] = -128
    with pytest.raises(InputError, match="weight 'a' holds the level -128; expected -127 to 127"):
        read(save({**WEIGHTS, "a": levels, "a.scales": scales}))


class Tied(nn.Module):
    """A matrix under two names, laid out in memory by columns, and a vector."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.zeros(5, 3).t())
        self.b = self.a
        self.c = nn.Parameter(torch.zeros(7))


def test_weights_reach_the_model_whatever_its_own_look_like_in_memory() -> None:
    model, weights = Tied(), {"a": torch.randn(3, 5), "c": torch.randn(7)}
    assert not model.a.is_contiguous()
    load_weights(model, weights, "m")
    assert torch.equal(model.b, weights["a"])
    assert torch.equal(model.c, weights["c"])
    assert model.a is model.b
    assert model.a.requires_grad


def test_weights_that_do_not_fit_leave_a_model_as_it_was() -> None:
    model = Tied()
    for weights in ({"a": torch.ones(3, 5)}, {"a": torch.ones(3, 5), "c": torch.ones(8)}):
        with pytest.raises(InputError, match=r"^m: weight 'c' (is missing|has shape)"):
            load_weights(model, weights, "m")
    assert not model.a.any()
