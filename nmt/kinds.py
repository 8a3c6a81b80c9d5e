"""What a value of the configuration may be, in words: for its errors and for the list of its keys."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

_NUMBERS: dict[Any, str] = {int: "a whole number", float: "a number"}
_NAMES: dict[Any, str] = {
    **_NUMBERS,
    bool: "true or false",
    str: "a text",
    list: "a list of texts",
    NoneType: "nothing",
}
# A limit this high is there against strangers' files and tells a reader nothing.
_HIGH = 1_000_000


def choices(field: FieldInfo) -> list[str]:
    """Return the values that a key chooses from; none where it takes any of a kind."""
    if get_origin(field.annotation) is Literal:
        return [str(choice) for choice in get_args(field.annotation)]
    if field.annotation is bool:
        return ["true", "false"]
    return [str(example) for example in field.examples or ()]


def kind(field: FieldInfo, highest: float = _HIGH) -> str:
    """Return what a key takes, such as `a whole number from 1` or `lstm, gru or rnn`.

    highest: from which on limits are left out
    """
    if named := choices(field):
        return f"{', '.join(named[:-1])} or {named[-1]}"
    if get_origin(field.annotation) is tuple:
        each = get_args(field.annotation)
        limits = [limit for inner in get_args(each[0])[1:] for limit in getattr(inner, "metadata", ())]
        return " ".join([f"a list of {len(each)} numbers", *_limits(limits, highest)])
    name = _NAMES[get_origin(field.annotation) or field.annotation]
    return " ".join([name, *_limits(field.metadata, highest)])


def _limits(metadata: Iterable[object], highest: float) -> list[str]:
    """Return the limits of a number in words."""
    words = []
    for name, word in (("ge", "from"), ("gt", "above"), ("le", "to"), ("lt", "to below")):
        for limit in (getattr(each, name, None) for each in metadata):
            if limit is not None and abs(limit) < highest:
                words.append(f"{word} {limit if isinstance(limit, int) else f'{limit:g}'}")
    return words


def advice(field: FieldInfo, given: object) -> str:
    """Return how a number with a comma is written, "" where none was given."""
    if field.annotation not in _NUMBERS or not isinstance(given, str):
        return ""
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", given) and field.annotation is int:
        return f"; write {given.replace(',', '')}"
    if re.fullmatch(r"-?\d+,\d+", given) and field.annotation is float:
        return f"; write {given.replace(',', '.')}"
    return ""
