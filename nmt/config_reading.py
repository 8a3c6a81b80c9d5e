"""Configs read: a YAML file and what the command line changes of it, with an error that helps for all that is wrong."""

from __future__ import annotations

import difflib
import math
import re
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nmt.config import AUTO_KEYS, Config, section_type
from nmt.errors import InputError
from nmt.kinds import advice, kind
from nmt.paths import usable
from nmt.surrogates import check_text
from nmt.yaml_text import parse_yaml

# What was given, in an error: one line, however much it is.
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 200
_TEXTS = (str, list[str])
_WRITTEN = re.compile(r"""\[.*\]|'.*'|".*\"""", re.DOTALL)


def read_config(path: Path | None, overrides: Iterable[str] = ()) -> Config:
    """Read a YAML file (or take the defaults) and apply `section.key=value` overrides.

    Raises InputError for a missing file, an unknown key (naming the nearest) or a wrong type.
    """
    tree: dict[str, Any] = {}
    if path is not None:
        # What is no regular file will do: a shell hands over <(…) as a pipe.
        if usable(path).is_dir() or not path.exists():
            found = " (it is a directory)" if path.is_dir() else ""
            raise InputError(f"no config file {str(path)!r}{found}; give a YAML file: nmt config -f yaml writes one")
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise InputError(f"config {str(path)!r} is not UTF-8 text; give a YAML file") from None
        except OSError as error:
            raise InputError(f"config {str(path)!r} cannot be read: {error.strerror}") from None
        loaded = parse_yaml(text, f"config {str(path)!r}")
        if loaded is not None and not isinstance(loaded, dict):
            expected = f"sections ({', '.join(Config.model_fields)})"
            raise InputError(f"config {str(path)!r} must hold {expected}, not {_SHORT.repr(loaded)}; see nmt config")
        tree = loaded or {}
    for override in overrides:
        name, equals, value = override.partition("=")
        section, dot, key = name.partition(".")
        if not equals or not dot:
            raise InputError(_no_override(override, name))
        if tree.get(section) is None:  # as a section is whose keys are all commented out
            tree[section] = {}
        group = tree[section]
        if not isinstance(group, dict):
            raise InputError(f"config section {section!r} must hold keys, not {_SHORT.repr(group)}")
        group[key] = _override_value(section, key, value, f"override {override!r}")
    return build_config(tree, str(path) if path else "config")


def _override_value(section: str, key: str, value: str, origin: str) -> object:
    """Return what an override sets: of a text, a path say, every character counts; all else is YAML.

    A text may yet stand between quotes, and a list of texts between brackets.
    """
    fields = section_type(section).model_fields if section in Config.model_fields else {}
    kind = fields[key].annotation if key in fields else None
    none = kind == list[str] and value.strip() == "null"
    if kind in _TEXTS and not none and not _WRITTEN.fullmatch(value.strip()):
        return check_text(value, origin)
    return parse_yaml(value, origin)


def build_config(tree: Mapping[Any, Any], origin: str) -> Config:
    """Validate a tree of sections; origin names it in errors."""
    for section, keys in tree.items():
        if section not in Config.model_fields:
            known = list(Config.model_fields)
            if home := _home(str(section)):
                raise InputError(f"{origin}: {section!r} stands outside its section; put it under {home!r}")
            near = difflib.get_close_matches(str(section)[:100], known, 1)
            raise InputError(f"{origin}: unknown section {_SHORT.repr(section)}; {_hint(near, known)}")
        if not isinstance(keys, Mapping | None):
            expected = f"must hold keys and values ({_example(section)})"
            raise InputError(f"{origin}: section {section!r} {expected}, not {_SHORT.repr(keys)}")
        fields = section_type(section).model_fields
        for key in keys or ():
            if key not in fields:
                raise InputError(_unknown_key(str(section), str(key)[:100], origin))
    try:
        return Config.model_validate({section: _given(section, keys or {}) for section, keys in tree.items()})
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            f"{origin}: {_wrong_value(first['loc'], first['type'], first['msg'], first['input'])}"
        ) from None


def _given(section: str, keys: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the keys of a section that have a value: `auto` is as good as none where it follows from something."""
    return {key: value for key, value in keys.items() if value != "auto" or f"{section}.{key}" not in AUTO_KEYS}


def _wrong_value(place: tuple[int | str, ...], error: str, message: str, given: object) -> str:
    """Return what is wrong with the value at a place: section, key and perhaps the place in a list."""
    where, shown = ".".join(str(part) for part in place), "nothing" if given is None else _SHORT.repr(given)
    fields = section_type(str(place[0])).model_fields
    if len(place) < 2 or place[1] not in fields:
        return f"{where}: {message}; given {shown}"
    field = fields[str(place[1])]
    # Of a number that is too high the limit is told even where it is beyond all use.
    taken = kind(field, math.inf) if error.startswith("less") else kind(field)
    expected = f"expected {'one of: ' * bool(field.examples)}{taken}{', or auto' * (where in AUTO_KEYS)}"
    return f"{where}: {expected}; given {shown}{advice(field, given)}"


def _no_override(override: str, name: str) -> str:
    """Return the message about an argument that sets no key."""
    home = "" if name in Config.model_fields else _home(name)
    hint = f"did you mean {f'{home}.{name}=…'!r}?" if home else "an example: train.max_steps=1000; nmt config lists all"
    return f"override {override!r} must look like section.key=value; {hint}"


def _home(key: str) -> str:
    """Return the first section that has a key, "" where none has."""
    return next((name for name in Config.model_fields if key in section_type(name).model_fields), "")


def _example(section: str) -> str:
    key, field = next((key, field) for key, field in section_type(section).model_fields.items() if field.default)
    return f"as {key}: {str(field.default).lower()}"


def _unknown_key(section: str, key: str, origin: str) -> str:
    """Return the message about an unknown key, with the nearest of its section, else of another's."""
    keys = {name: list(section_type(name).model_fields) for name in Config.model_fields}
    near = near_keys(key, keys[section])
    if key in (elsewhere := {k: name for name, ks in keys.items() for k in ks}):
        near = [f"{elsewhere[key]}.{key}"]
    elif near:
        near = [f"{section}.{near[0]}"]
    return f"{origin}: unknown key {f'{section}.{key}'!r}; {_hint(near, keys[section])}"


def near_keys(key: str, keys: Sequence[str]) -> list[str]:
    """Return the key that is meant by another, as lr means learning_rate; none where that is not clear."""
    initials = ["".join(word[:1] for word in each.split("_")) for each in keys]
    return [keys[initials.index(key)]] if len(key) > 1 and key in initials else difflib.get_close_matches(key, keys, 1)


def _hint(near: list[str], known: list[str]) -> str:
    return f"did you mean {near[0]!r}?" if near else f"choose one of: {', '.join(known)}"
