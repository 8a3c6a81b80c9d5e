"""YAML as people write configs: what is a number, what is text, and that all comes back as it was."""

from __future__ import annotations

import math
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nmt.errors import InputError
from nmt.yaml_text import parse_yaml, write_yaml
from tests.strangers import texts

scalars = st.one_of(st.booleans(), st.integers(-(2**40), 2**40), st.floats(allow_nan=False), texts, st.none())
keys = st.text("abcde_", min_size=1, max_size=5)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=7
)


@given(values)
def test_what_is_written_reads_back_and_is_one_line(value: object) -> None:
    written = write_yaml(value)
    assert parse_yaml(written, "text") == value
    assert "\n" not in written


@given(st.one_of(texts, st.from_regex(r"[-+]?[0-9:._eExob]{1,8}", fullmatch=True)))
def test_text_that_is_written_is_text_to_every_reader(text: str) -> None:
    assert parse_yaml(write_yaml(text), "text") == text
    assert yaml.safe_load(write_yaml(text)) == text


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e-3", 0.001), ("1E3", 1000.0), ("-2.5e+2", -250.0), (".5", 0.5), ("1_000", 1000), ("0x1F", 31), ("0b101", 5),
        (".inf", math.inf), ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
    ],
)  # fmt: skip
def test_numbers_and_truth_values_are_as_people_write_them(written: str, value: object) -> None:
    found = parse_yaml(written, "text")
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    "written", ["no", "Yes", "on", "off", "y", "N", "1:30", "1:30:05.5", "e3", "1e", "tRue", "2024-01-01"]
)
def test_what_others_take_for_truth_values_dates_and_times_is_text(written: str) -> None:
    assert parse_yaml(written, "text") == written


@pytest.mark.parametrize("written", ["{a: 1, a: 2}", "a: 1\nb: 2\na: 3\n", "{x: {a: 1, a: 1}}"])
def test_a_key_that_stands_there_twice_is_told(written: str) -> None:
    with pytest.raises(InputError, match=r"^mine\.yaml: .*line \d: 'a' stands there twice"):
        parse_yaml(written, "mine.yaml")


@pytest.mark.parametrize("written", ["[1, 2", "a: b: c", "!!python/object/apply:os.getcwd []", "\x00", "[" * 1500])
def test_what_is_no_yaml_is_told_in_one_line(written: str) -> None:
    with pytest.raises(InputError, match=re.escape("mine.yaml: not valid YAML (")) as caught:
        parse_yaml(written, "mine.yaml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("a:\n\tb: 1\n", "line 2, column 1: while scanning for the next token, found character '\\t' that cannot "
         "start any token; indent with spaces"),
        ("a: b: c", "line 1, column 5: mapping values are not allowed here"),
        ("a:\n  - b\n c: 1\n", "line 3, column 2: while parsing a block mapping, expected <block end>, but found "
         "'<block mapping start>'"),
        ("a\x00", "unacceptable character #x0000: special characters are not allowed at position 1"),
        ("[" * 1500, "nested too deeply"),
    ],
)  # fmt: skip
def test_the_place_of_a_mistake_is_told_without_the_parsers_own_marks(written: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_yaml(written, "mine.yaml")
    assert str(caught.value) == f"mine.yaml: not valid YAML ({told})"
