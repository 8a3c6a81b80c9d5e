"""JSON and JSON lines: the strings under chosen keys; every other byte stays."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from nmt.documents.marks import Item
from nmt.documents.passages import TranslatePassages
from nmt.documents.stretches import Stretch, by_lines, join, translate_stretches
from nmt.errors import InputError

# Written so that nothing is remembered of each character: a string may be a picture.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]')
_COLON = re.compile(r"\s*:")
_ALL = "*"
# What is no text, by its first character; all else is a number.
_KINDS = {"{": "keys", "[": "a list of other things", "t": "true or false", "f": "true or false", "n": "nothing"}
# Keys told in a message.
_TOLD = 20
# Characters of a path: every string has one, and a small file can be of long keys and many strings.
_LONGEST_PATH = 1000


def translate_json(text: str, translate: TranslatePassages, columns: Sequence[str]) -> str:
    """Translate the strings, alone or in lists, under keys named by themselves or by their path (a.b); * = all.

    Raises InputError for what is not JSON, and where no key is named or one is missing.
    """
    _check(text, 1)
    return _translate(text, translate, columns)


def translate_json_lines(text: str, translate: TranslatePassages, columns: Sequence[str]) -> str:
    """Translate as translate_json does, where every line is JSON."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            _check(line, number)
    return _translate(text, translate, columns)


def _check(text: str, line: int) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        place = getattr(error, "lineno", 1) + line - 1
        raise InputError(f"line {place}: not JSON ({getattr(error, 'msg', error)})") from None
    except RecursionError:
        raise InputError(f"line {line}: nested too deeply") from None


def _translate(text: str, translate: TranslatePassages, columns: Sequence[str]) -> str:
    # As the file writes letters, so are the translated ones written.
    write = partial(_write, escaped=text.isascii() and "\\u" in text)
    some: dict[str, None] = {}
    missing = [name for name in columns if name != _ALL]
    stretches = []
    for path, start, end in _strings(text):
        if path and len(some) < _TOLD:
            some[path] = None
        if any(_named(path, name) for name in columns):
            missing = [name for name in missing if not _named(path, name)]
            stretches.append(Stretch(start, end, [json.loads(text[start:end])], write))
    found = f"found: {', '.join(some)}" if some else "no text stands under a key"
    if not columns:
        raise InputError(f"which values shall be translated? name each key as column ({found})")
    if missing:
        other = _other_kind(text, missing[0])
        told = f"{missing[0]!r} holds {other}, not text" if other else f"no text under the key {missing[0]!r}"
        raise InputError(f"{told} ({found})")
    return translate_stretches(text, stretches, partial(by_lines, translate=translate))


def _other_kind(text: str, key: str) -> str:
    """Return what stands under a key where that is no text, "" where there is no such key."""
    written = {json.dumps(key, ensure_ascii=escaped) for escaped in (False, True)}
    match = re.search(rf"(?:{'|'.join(map(re.escape, written))})\s*:\s*([^\s\"])", text)
    return _KINDS.get(match[1], "a number") if match else ""


def _named(path: str, name: str) -> bool:
    return name in (_ALL, path) or path.endswith(f".{name}")


class _String(NamedTuple):
    """A string value: the path of its keys, and its place, quotes included."""

    path: str
    start: int
    end: int


def _strings(text: str) -> Iterator[_String]:
    """Yield every string value."""
    keys: list[str] = []
    key = ""
    for match in _TOKEN.finditer(text):
        found = match[0]
        if found in "{[":
            keys.append(key)
        elif found in "}]":
            key = keys.pop()
        elif found == ",":
            key = keys[-1] if keys else ""
        elif found[0] == '"' and _COLON.match(text, match.end()):
            key = f"{keys[-1]}.{json.loads(found)}" if keys and keys[-1] else json.loads(found)
            if len(key) > _LONGEST_PATH:
                begin = f"{key[:50]}…"
                raise InputError(f"the key {begin!r}, with those above it, has more than {_LONGEST_PATH:,} characters")
        elif found[0] == '"':
            yield _String(key, match.start(), match.end())


def _write(passage: Sequence[Item], escaped: bool) -> str:
    return json.dumps(join(passage), ensure_ascii=escaped)
