"""Which models a command translates with: those that were given, else the built-in ones of the languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from nmt.errors import InputError
from nmt.pretrained.models import builtin, builtin_reverse


class ChosenModels(NamedTuple):
    """The models that vote, and those of the other direction that put what they find into order."""

    own: tuple[str, ...]
    reverse: tuple[str, ...] = ()


def choose_models(
    given: tuple[str, ...],
    src: str | None,
    tgt: str | None,
    reverse: tuple[str, ...] = (),
    search: Mapping[str, Any] | None = None,
) -> ChosenModels:
    """Return the models given, else the built-in one from src into tgt with the built-in one back beside it.

    reverse: models of the other direction that were given; search: decoding settings asked for, None where a setting
    is left to the model; by some of them no reverse model has a say, and none is returned
    Raises InputError where the languages do not tell a built-in model, and for a reverse model given with a search
    that finds nothing to choose from.
    """
    own = given or (str(builtin(src, tgt)),)
    search = search or {}
    if choice := _without_choice(search):
        if reverse:
            what = "a reverse model chooses among what a beam search finds"
            raise InputError(f"{what}; leave out --reverse-model, or {choice}")
        return ChosenModels(own)
    if search.get("reverse_weight") == 0:
        return ChosenModels(own)
    if given and not reverse and search.get("reverse_weight"):
        raise InputError("--reverse-weight is the weight of a model of the other direction; add --reverse-model")
    if given or reverse:
        return ChosenModels(own, reverse)
    other = builtin_reverse(builtin(src, tgt))
    return ChosenModels(own, () if other is None else (str(other),))


def _without_choice(search: Mapping[str, Any]) -> str:
    """Return the option by which a search finds one translation alone, or none that it would rank."""
    if search.get("sampling"):
        return "--sampling"
    return "--beam-size 1" if search.get("beam_size") == 1 else ""
