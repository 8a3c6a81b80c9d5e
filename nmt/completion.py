"""Completion in the shell: the scripts that ask for it, and what may stand where; nothing heavy is imported."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

SHELLS = ("bash", "zsh", "fish")
# A model's files that are always there, see model_files.py; importing that costs little, but not nothing.
_CONFIG, _WEIGHTS = "config.json", "model.safetensors"
_PATH_SETTINGS = ("data.train", "data.dev")


# --- shells ---

# What click's scripts lack, by what it takes the place of: what ends in = or . or / goes on, without a space. Where
# another click has none of it, as a test would tell, there is a space too many.
BASH_CHANGES = {
    "COMPREPLY+=($value)": 'COMPREPLY+=("$value"); [[ $value == *[=./] ]] && compopt -o nospace',
}
_IF_PLAIN = """        if [[ "$type" == "plain" ]]; then\n"""
ZSH_CHANGES = {
    "    local -a response\n": "    local -a response suffix\n",
    _IF_PLAIN: f"""{_IF_PLAIN}            [[ "$key" == *[=./] ]] && suffix=(-S '')\n""",
    "completions_with_descriptions -U\n": 'completions_with_descriptions -U "${suffix[@]}"\n',
    "compadd -U -V unsorted -a": 'compadd -U "${suffix[@]}" -V unsorted -a',
}


def _changed(template: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        template = template.replace(old, new)
    return template


class _Bash(BashComplete):
    """Bash, which divides words at = and : and wants what follows the last of them."""

    source_template = _changed(BashComplete.source_template, BASH_CHANGES)
    _before = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor and the one at it, put together again."""
        place = int(os.environ["COMP_CWORD"])
        given = split_arg_string(os.environ["COMP_WORDS"])[: place + 1]
        given += [""] * (place + 1 - len(given))
        words: list[str] = []
        for number, word in enumerate(given):
            glued = number > 1 and (word in ("=", ":") or given[number - 1] in ("=", ":"))
            words[len(words) - glued :] = [words[-1] + word if glued else word]
        last = "" if given[-1] in ("=", ":") else given[-1]
        self._before = words[-1].removesuffix(last) if last else words[-1]
        return words[1:-1], words[-1]

    def format_completion(self, item: CompletionItem) -> str:
        """Leave out what the word began with in front of the last = or :."""
        return super().format_completion(CompletionItem(item.value.removeprefix(self._before), item.type, item.help))


class _Zsh(ZshComplete):
    """Z shell, told to add no space where a word goes on."""

    source_template = _changed(ZshComplete.source_template, ZSH_CHANGES)


def register() -> None:
    """Let click answer shells by these classes."""
    for shell in (_Bash, _Zsh):
        add_completion_class(shell)


def completion_script(shell: str, command: click.Command) -> str:
    """Return what a shell is to evaluate to complete the words of a command."""
    classes: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": _Zsh, "fish": FishComplete}
    return classes[shell](command, {}, "nmt", "_NMT_COMPLETE").source()


# --- what may stand there ---


def complete_model(_context: click.Context, _parameter: click.Parameter, given: str) -> list[CompletionItem]:
    """Return the models that a path begins to name, and the folders on the way to them."""
    items = []
    for typed, path in _paths(given):
        if _is_model(path):
            items.append(CompletionItem(typed))
        elif path.is_dir():
            items.append(CompletionItem(f"{typed}/"))
    return items


def _is_model(path: Path) -> bool:
    if path.is_dir():
        return (path / _CONFIG).is_file() and (path / _WEIGHTS).is_file()
    return path.suffix == ".zip"


def _paths(given: str) -> list[tuple[str, Path]]:
    """Return what a path may go on to, as it is typed and as it is found."""
    typed = given[: given.rfind("/") + 1]
    folder, start = Path(typed or ".").expanduser(), given[len(typed) :]
    try:
        found = sorted(path for path in folder.iterdir() if path.name.startswith(start))
    except OSError:
        return []
    return [(typed + path.name, path) for path in found if start or not path.name.startswith(".")]


def complete_setting(_context: click.Context, _parameter: click.Parameter, given: str) -> list[CompletionItem]:
    """Return the sections, then the keys, then the values that a `section.key=value` may go on with."""
    from nmt.config import Config
    from nmt.settings import list_settings

    name, equals, value = given.partition("=")
    settings = list_settings(Config())
    if not equals and "." not in given:
        sections = dict.fromkeys(setting.section for setting in settings)
        return [CompletionItem(f"{section}.") for section in sections if section.startswith(given)]
    if not equals:
        return [CompletionItem(f"{each.name}=", help=each.text) for each in settings if each.name.startswith(given)]
    if name in _PATH_SETTINGS:
        before = given[: len(given) - len(value) + value.rfind(",") + 1]
        found = _paths(given[len(before) :])
        return [CompletionItem(f"{before}{typed}{'/' * path.is_dir()}") for typed, path in found]
    chosen = [choice for each in settings if each.name == name for choice in each.choices]
    return [CompletionItem(f"{name}={choice}") for choice in chosen if re.match(re.escape(value), choice)]


def complete_words(_context: click.Context, _parameter: click.Parameter, given: str) -> list[CompletionItem]:
    """Return what `nmt config` takes: sections and keys, without values."""
    from nmt.config import Config
    from nmt.settings import list_settings

    names = [*Config.model_fields, *(setting.name for setting in list_settings(Config()))]
    return [CompletionItem(name) for name in names if name.startswith(given) and (given or "." not in name)]
