"""The list of all settings: every key with its value, what it takes and what it does, as a table or as YAML."""

from __future__ import annotations

import difflib
import json
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nmt.config import AUTO_KEYS, Config, section_type
from nmt.config_reading import near_keys, read_config
from nmt.errors import InputError
from nmt.kinds import choices, kind
from nmt.yaml_text import write_yaml

# The narrowest last column of a table that is worth wrapping.
_NARROWEST = 30


@dataclass(frozen=True)
class Setting:
    """A key of the configuration: its value, what it takes in words, the values it chooses from, what it does."""

    section: str
    key: str
    value: Any
    kind: str
    choices: list[str] = field(repr=False)
    text: str

    @property
    def name(self) -> str:
        """The name by which the command line sets it."""
        return f"{self.section}.{self.key}"


def show_settings(path: Path | None, words: Sequence[str], form: str) -> str:
    """Return settings as text or yaml: those of a config file (None = the defaults), changed and chosen by words.

    words: `section.key=value` changes a setting, a section or `section.key` chooses it. Raises InputError for a
    file or a word that cannot be used.
    """
    config = read_config(path, [word for word in words if "=" in word])
    settings = list_settings(config, [word for word in words if "=" not in word])
    _check_choices(list_settings(config))
    if form == "yaml":
        return as_yaml(settings)
    return as_table(settings, shutil.get_terminal_size().columns if sys.stdout.isatty() else None)


def list_settings(config: Config, wanted: Sequence[str] = ()) -> list[Setting]:
    """Return the settings of a config in their order; wanted: sections and keys, () for all.

    Raises InputError for a name that is neither.
    """
    found = [
        _setting(section, key, value, key in getattr(config, section).model_fields_set)
        for section, values in config.model_dump(mode="json").items()
        for key, value in values.items()
    ]
    known = [*Config.model_fields, *(setting.name for setting in found)]
    for name in wanted:
        if name not in known:
            near = _near(name, known)
            hint = (
                f"did you mean {near[0]!r}?" if near else f"choose a section ({', '.join(Config.model_fields)}) or key"
            )
            raise InputError(f"unknown setting {name!r}; {hint}")
    return [each for each in found if not wanted or each.name in wanted or each.section in wanted]


def _near(name: str, known: Sequence[str]) -> list[str]:
    """Return the section or key that is meant by another name; none where that is not clear."""
    section, dot, key = name.partition(".")
    if dot and section in Config.model_fields:
        near = near_keys(key, list(section_type(section).model_fields))
        if near:
            return [f"{section}.{near[0]}"]
    return difflib.get_close_matches(name, known, 1) or [each for each in known if each.endswith(f".{name}")][:1]


def _check_choices(settings: Iterable[Setting]) -> None:
    """Raise InputError for a name that no table has; the config itself takes any, for the tables lie above it."""
    for each in settings:
        # Of cuda:N, N stands for a number.
        known = "|".join(re.escape(choice).replace("N", r"\d+") for choice in each.choices)
        if isinstance(each.value, str) and each.choices and not re.fullmatch(known, each.value):
            raise InputError(f"{each.name}: expected one of: {each.kind}; given {each.value!r}")


def _setting(section: str, key: str, value: Any, given: bool) -> Setting:
    field = section_type(section).model_fields[key]
    words, chosen = kind(field), choices(field)
    if f"{section}.{key}" in AUTO_KEYS:
        words, chosen = f"{words}, or auto", [*chosen, "auto"]
        # What follows from the corpus, or from another setting that may yet be changed, is no number yet.
        value = value if given else "auto"
    return Setting(section, key, value, words, chosen, field.description or "")


def as_table(settings: Iterable[Setting], width: int | None = None) -> str:
    """Return lines of name, value, what it takes and what it does.

    width: columns of the screen, within which the last column is wrapped; None: a line for each setting
    """
    rows = [("KEY", "VALUE", "TAKES", "WHAT IT IS")]
    rows += [(each.name, _yaml(each.value), each.kind, each.text) for each in settings]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = []
    for row in rows:
        start = "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=False)) + "  "
        room = len(row[3]) + 1 if width is None else max(width - len(start), _NARROWEST)
        first, *more = textwrap.wrap(row[3], room) or [""]
        lines += [start + first, *(" " * len(start) + line for line in more)]
    return "\n".join(line.rstrip() for line in lines)


def as_yaml(settings: Iterable[Setting]) -> str:
    """Return a config file that sets every setting to its value, with a comment on each."""
    lines: list[str] = []
    for setting in settings:
        if f"{setting.section}:" not in lines:
            title = " ".join((section_type(setting.section).__doc__ or "").split())
            lines += [*([""] if lines else []), f"# {title}", f"{setting.section}:"]
        comment = f"{setting.text} ({setting.kind})"
        lines += [f"  # {line}" for line in textwrap.wrap(comment, 100)]
        lines.append(f"  {setting.key}: {_yaml(setting.value)}")
    return "\n".join(lines)


def _yaml(value: Any) -> str:
    """Return a value as YAML writes it in one line; numbers as people do, 1e-05 rather than 1.0e-05."""
    if not any(isinstance(each, str) for each in (value if isinstance(value, list) else [value])):
        return json.dumps(value)
    return write_yaml(value)
