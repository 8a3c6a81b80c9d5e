"""Weights in a safetensors file: every name, shape, place and size is checked before memory is taken for them.

A file starts with 8 bytes, the length of a JSON header, the header and the numbers:
{"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}

A matrix may be 8-bit levels, dtype I8, with a float32 scale for each row beside it under NAME.scales: weight =
level * scale. A row is an output, or a word of an embedding, as decoding rounds them (`nmt/quantized.py`). In
int7 only half of the levels are used, which a zip then packs into a quarter less.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import torch
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from nmt.errors import FailureError, InputError
from nmt.quantized import LEVELS, restore_rows, round_rows

Shape = tuple[int, ...]

_MOST_HEADER_BYTES = 1 << 20
_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I8": torch.int8}
# Products of numbers up to the largest of float16 stay finite in float32 and bfloat16, whatever the widths.
_LARGEST = 65504.0
_SCALES = ".scales"


@dataclass(frozen=True)
class _Entry:
    name: str
    dtype: torch.dtype
    shape: Shape
    begin: int
    end: int


def read_weights(file: BinaryIO, size: int, origin: str, shapes: Mapping[str, Shape]) -> dict[str, Tensor]:
    """Return float32 weights of these names and shapes from a safetensors file of size bytes.

    Raises InputError naming origin where the file is damaged, holds others, or weights that are not finite.
    """
    header_bytes = int.from_bytes(_exactly(file, min(size, 8), origin), "little")
    if size < 8 or not 0 < header_bytes <= min(_MOST_HEADER_BYTES, size - 8):
        raise InputError(f"{origin} is damaged or not a safetensors file (its header is missing or too long)")
    entries = _parse(_exactly(file, header_bytes, origin), origin)
    scales = _scale_shapes(entries, shapes, origin)
    _check_shapes({entry.name: entry.shape for entry in entries}, {**shapes, **scales}, origin)
    _check_places(entries, size - 8 - header_bytes, origin)
    _check_memory(sum(math.prod(shape) * 4 for shape in shapes.values()), origin)
    stored = {entry.name: _read_tensor(file, entry, origin) for entry in entries}
    for name in scales:
        matrix = name.removesuffix(_SCALES)
        stored[matrix] = restore_rows(stored[matrix], stored.pop(name))
    return stored


def load_weights(model: nn.Module, weights: Mapping[str, Tensor], origin: str) -> None:
    """Put weights into a model, wherever its own lie; raises InputError naming the first that does not fit."""
    parameters = dict(model.named_parameters())
    given, expected = ({name: tuple(each.shape) for name, each in every.items()} for every in (weights, parameters))
    _check_shapes(given, expected, origin)
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(weights[name])


def weights_file(weights: Mapping[str, Tensor], precision: str) -> bytes:
    """Return a safetensors file of weights, each under one name, in a precision: one of PRECISIONS."""
    stored = dict(weights)
    for name, weight in weights.items():
        # What is no matrix, or one row as a vector is, takes little room and much of the precision.
        if weight.dim() == 2 and len(weight) > 1:
            stored |= PRECISIONS[precision](name, weight)
    return save_tensors(stored, {"format": "pt"})


def _fp32(name: str, weight: Tensor) -> dict[str, Tensor]:
    return {name: weight.float()}


def _bf16(name: str, weight: Tensor) -> dict[str, Tensor]:
    return {name: weight.bfloat16()}


def _int8(name: str, weight: Tensor, highest: int = LEVELS) -> dict[str, Tensor]:
    levels, scales = round_rows(weight, highest)
    return {name: levels, name + _SCALES: scales}


def _int7(name: str, weight: Tensor) -> dict[str, Tensor]:
    return _int8(name, weight, LEVELS // 2)


# How a matrix of a name is stored.
PRECISIONS: dict[str, Callable[[str, Tensor], dict[str, Tensor]]] = {
    "fp32": _fp32,
    "bf16": _bf16,
    "int8": _int8,
    "int7": _int7,
}


def _exactly(file: BinaryIO, count: int, origin: str) -> bytes:
    content = file.read(count)
    if len(content) != count:
        raise InputError(f"{origin} is damaged: cut short")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object's keys and values; raises ValueError where a key comes twice."""
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError("a name comes twice")
    return tree


def _parse(header: bytes, origin: str) -> list[_Entry]:
    """Return what a header lists, in the order of the numbers."""
    try:
        tree = json.loads(header.decode(), object_pairs_hook=_once)
        if not isinstance(tree, dict) or not isinstance(tree.pop("__metadata__", {}), dict):
            raise TypeError("expected names")
        entries = [_entry(name, value) for name, value in tree.items()]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"{origin} is damaged or not a safetensors file (header: {error!s:.200})") from None
    return sorted(entries, key=lambda entry: (entry.begin, entry.end))


def _entry(name: str, value: Any) -> _Entry:
    """Return what a header says of a tensor; raises ValueError, TypeError or KeyError where it is malformed."""
    if not isinstance(value, dict) or value.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{name!r:.100} has other keys than dtype, shape, data_offsets")
    shape, offsets = value["shape"], value["data_offsets"]
    if not isinstance(value["dtype"], str) or value["dtype"] not in _DTYPES:
        raise ValueError(f"{name!r:.100} has dtype {value['dtype']!r:.40}; expected one of {', '.join(_DTYPES)}")
    for numbers in (shape, offsets):
        # A truth value is an int to Python.
        if not isinstance(numbers, list) or not all(type(number) is int and number >= 0 for number in numbers):
            raise ValueError(f"{name!r:.100} has a shape or place that is no list of whole numbers")
    begin, end = offsets
    return _Entry(name, _DTYPES[value["dtype"]], tuple(shape), begin, end)


def _scale_shapes(entries: list[_Entry], shapes: Mapping[str, Shape], origin: str) -> dict[str, Shape]:
    """Return names and shapes of the scales that go with 8-bit levels; raises InputError where there can be none."""
    found = {}
    for entry in entries:
        if entry.dtype != torch.int8:
            continue
        if len(shapes.get(entry.name, ())) != 2:
            raise InputError(f"{origin}: weight {entry.name!r:.100} holds 8-bit levels; only a matrix of the model may")
        found[entry.name + _SCALES] = shapes[entry.name][:1]
    for entry in entries:
        if entry.name in found and entry.dtype != torch.float32:
            raise InputError(f"{origin}: weight {entry.name!r:.100} has another dtype than F32")
    return found


def _check_shapes(given: Mapping[str, Shape], expected: Mapping[str, Shape], origin: str) -> None:
    for name in [*expected, *given]:
        if name not in given or name not in expected:
            raise InputError(f"{origin}: weight {name!r:.100} is {'missing' if name in expected else 'unexpected'}")
        if given[name] != expected[name]:
            raise InputError(f"{origin}: weight {name!r} has shape {given[name]!s:.100}, expected {expected[name]}")


def _check_places(entries: list[_Entry], data_bytes: int, origin: str) -> None:
    """Raise InputError unless the tensors lie one after the other and fill the file."""
    at = 0
    for entry in entries:
        if entry.begin != at or entry.end - at != math.prod(entry.shape) * entry.dtype.itemsize:
            raise InputError(f"{origin} is damaged: weight {entry.name!r} is not where its size puts it")
        at = entry.end
    if at != data_bytes:
        raise InputError(f"{origin} is damaged: it holds {data_bytes} bytes of weights, its header tells of {at}")


def _check_memory(needed: int, origin: str) -> None:
    """Raise FailureError where this machine cannot hold so many bytes, as far as it tells."""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        installed = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        if needed > installed > 0:
            raise FailureError(f"{origin}: {needed} bytes of weights do not fit this machine's {installed}")


def _read_tensor(file: BinaryIO, entry: _Entry, origin: str) -> Tensor:
    """Read the next tensor straight into its place in memory."""
    try:
        tensor = torch.empty(entry.shape, dtype=entry.dtype)
    except RuntimeError:
        raise FailureError(f"{origin}: no memory for weight {entry.name!r} of shape {entry.shape}") from None
    # NumPy knows no bfloat16, but bytes.
    unread = tensor.view(torch.uint8).numpy().data.cast("B")
    while unread:
        count = file.readinto(unread[: 1 << 20])  # type: ignore[attr-defined]
        if not count:
            raise InputError(f"{origin} is damaged: cut short")
        unread = unread[count:]
    _check_numbers(tensor, entry.name, origin)
    return tensor if tensor.dtype == torch.int8 else tensor.float()


def _check_numbers(tensor: Tensor, name: str, origin: str) -> None:
    """Raise InputError for numbers that no training gives, or no rounding."""
    low, high = (float(each) for each in torch.aminmax(tensor))
    if tensor.dtype == torch.int8:
        if low < -LEVELS:
            raise InputError(f"{origin}: weight {name!r} holds the level {low:.0f}; expected {-LEVELS} to {LEVELS}")
        return
    scales = name.endswith(_SCALES)
    least, most = (0.0, _LARGEST / LEVELS) if scales else (-_LARGEST, _LARGEST)
    # Comparisons with NaN are false.
    if not (low >= least and high <= most):
        raise InputError(
            f"{origin}: weight {name!r} holds numbers from {low} to {high}; expected finite ones from {least:.0f} to "
            f"{most:.0f}: the training diverged, or the file is damaged"
        )
