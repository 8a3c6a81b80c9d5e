"""YAML as configs are written in: numbers as people write them, true and false alone as truth values, dates as text,
no key twice."""

from __future__ import annotations

import re
from typing import Any

import yaml

from nmt.errors import InputError

# What YAML 1.1 takes for other than text: `no`, the code of Norwegian, for a truth value, 010 for 8 and 1:30 for 90,
# but 1e-3 for text. A config means these instead: tag, pattern, first characters.
_RESOLVERS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9_]*|0b[01_]+|0x[0-9a-fA-F_]+)", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
)


class _Loader(yaml.SafeLoader):
    """Keeps to _RESOLVERS, and refuses two equal keys, of which YAML 1.1 keeps the last in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping; raises ValueError for a key that stands there twice."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise ValueError(f"line {key.start_mark.line + 1}: {key.value[:100]!r} stands there twice")
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else None)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """Quotes text that _Loader, or any other reader of YAML 1.1, would take for something else."""


# A date stays the text it is: no setting is one.
_replaced = {f"tag:yaml.org,2002:{tag}" for tag in ("timestamp", *(tag for tag, _, _ in _RESOLVERS))}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _replaced]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
for _tag, _pattern, _first in _RESOLVERS:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))


def parse_yaml(text: str, origin: str) -> Any:
    """Parse YAML by the safe loader; origin names the text in errors."""
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{origin}: not valid YAML ({_reason(error)})") from None


def _reason(error: Exception) -> str:
    """Return in one line what is wrong with a text, and where."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if not isinstance(error, yaml.MarkedYAMLError):
        return " ".join(re.sub(r'\s+in "<[^>]*>",', " at", str(error)).split())
    found = " ".join(", ".join(filter(None, [error.context, error.problem])).split())
    place = (
        f"line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}: " if error.problem_mark else ""
    )
    return place + found + "; indent with spaces" * (r"'\t'" in found)


def write_yaml(value: Any) -> str:
    """Return a value as YAML in one line, which parse_yaml reads back."""
    written: str = yaml.dump([value], Dumper=_Dumper, default_flow_style=True, allow_unicode=True, width=1 << 30)
    return written.strip()[1:-1]
