"""Tests of lines as the parts that are translated, and of their translations put together again."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt.cutting import Cut, cut
from nmt.translation import Translation


def joined(pieces: Cut, texts: list[str]) -> list[str]:
    return [line.text for line in pieces.join([Translation(text) for text in texts])]


@given(st.lists(st.text()))
def test_cut_lines_are_put_together_again_each_by_itself(lines: list[str]) -> None:
    pieces = cut(lines, lambda line: [line[start : start + 3] for start in range(0, len(line), 3)])
    whole = joined(pieces, [part.strip() for part in pieces.parts])
    assert [bool(line.strip()) for line in lines] == [bool(line) for line in whole]
    for before, after in zip(lines, whole, strict=True):
        assert "".join(before.split()) == "".join(after.split())


def test_white_space_behind_a_part_stays_and_empty_translations_leave_none() -> None:
    assert cut(["a b", "", " "], str.split).lines == (("a", "b"), (), ())
    whole = cut(["a  b c"], lambda _: ["a  ", "b ", "c"])
    assert joined(whole, ["A", "B", "C"]) == ["A  B C"]
    assert joined(whole, ["A", "", "C"]) == ["A  C"]
    assert joined(whole, ["", "", ""]) == [""]


def test_indents_are_left_to_the_model_where_nothing_is_carried() -> None:
    whole = cut(["\ta b", "  c"], lambda line: [line]).without_indents()
    assert whole.parts == ["a b", "c"] and joined(whole, ["A B", "C"]) == ["A B", "C"]


def test_white_space_before_a_line_stays_where_the_splitter_parts_it_off_too() -> None:
    lines = ["\ta b", "  c", "\t", "\u3000 d"]
    for split in (lambda line: re.split(r"(?<=\t)", line), lambda line: [line]):
        whole = cut(lines, split)
        assert [part[:1].isspace() for part in whole.parts] == [False] * len(whole.parts)
        assert joined(whole, [part.upper() for part in whole.parts]) == ["\tA B", "  C", "", "\u3000 D"]
        assert joined(whole, [""] * len(whole.parts)) == [""] * 4


@pytest.mark.parametrize(
    ("parts", "whole"),
    [(["ab", "cd"], "ABCD"), (["ab.", "cd"], "AB. CD"), (["a ", "bcd"], "A BCD"), (["漢字", "漢字"], "漢字 漢字")],
)
def test_parts_are_joined_by_a_space_but_within_a_word(parts: list[str], whole: str) -> None:
    assert joined(cut(["".join(parts)], lambda _: parts), [part.strip().upper() for part in parts]) == [whole]


def test_what_holds_no_word_is_joined_as_it_was() -> None:
    assert joined(cut(["-" * 7], lambda _: ["---", "----"]), ["---", "----"]) == ["-" * 7]
