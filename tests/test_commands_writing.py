"""Formats of translations."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from nmt.commands.writing import formatter
from nmt.translation import Translation

OTHER = Translation("Ein Hund", -1.5, ("▁Ein", "▁Hund"), (-0.25, -2.0), ("▁A", "▁dog", "."), ((0, 0), (2, 1)))
BEST = Translation("Der Hund", -0.5, ("▁Der",), (-0.5,), ("▁A", "▁dog", "."), ((1, 0),), (OTHER, OTHER))
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"))


def test_text_is_the_translation_alone() -> None:
    show = formatter("text", scores=False, alignments=False, n_best=1)
    assert show(3, BEST) == "Der Hund"
    assert show(0, Translation("")) == ""


def test_fields_follow_the_text_score_first() -> None:
    assert formatter("text", scores=True, alignments=False, n_best=1)(0, OTHER) == "Ein Hund ||| -1.5000"
    assert formatter("text", scores=False, alignments=True, n_best=1)(0, OTHER) == "Ein Hund ||| 0-0 2-1"
    assert formatter("text", scores=True, alignments=True, n_best=1)(0, OTHER) == "Ein Hund ||| -1.5000 ||| 0-0 2-1"


def test_the_n_best_are_numbered_by_their_line() -> None:
    show = formatter("text", scores=True, alignments=False, n_best=2)
    assert show(7, BEST) == "7 ||| Ein Hund ||| -1.5000\n7 ||| Ein Hund ||| -1.5000"
    assert show(8, Translation("")) == "8 |||  ||| 0.0000"


def test_json_has_the_documented_keys() -> None:
    tree = json.loads(formatter("jsonl", scores=False, alignments=False, n_best=2)(4, BEST))
    alternatives = tree.pop("alternatives")
    assert tree == {
        "line": 4, "text": "Der Hund", "score": -0.5, "tokens": ["▁Der"], "token_scores": [-0.5],
        "source_tokens": ["▁A", "▁dog", "."], "alignment": [[1, 0]],
    }  # fmt: skip
    assert len(alternatives) == 2 and alternatives[0].keys() == tree.keys() - {"line"}
    assert "alternatives" not in json.loads(formatter("jsonl", scores=False, alignments=False, n_best=1)(4, BEST))


@given(text=texts)
def test_a_translation_is_one_line_of_json_that_reads_back(text: str) -> None:
    line = formatter("jsonl", scores=False, alignments=False, n_best=1)(0, Translation(text, tokens=(text,)))
    assert "\n" not in line
    assert json.loads(line)["text"] == text == json.loads(line)["tokens"][0]
