"""The study of glossaries: the terms it makes, and its table."""

from __future__ import annotations

from pathlib import Path

import glossary_study
import pytest

from nmt.corpus import Pair
from tests import tiny
from tests.strangers import encoded

WORDS = {"Hund": "hound", "Katze": "kitty", "Baum": "birch", "sieht": "notices", "unter": "below"}


def sentences() -> list[Pair]:
    words = list(WORDS)
    sources = [f"{first} {second} {words[-1]}" for first in words for second in words if first != second]
    return [Pair(source, " ".join(WORDS[word] for word in source.split())) for source in sources]


def test_words_that_occur_together_belong_together() -> None:
    dice = glossary_study.count(sentences())
    cases = glossary_study.choose(sentences(), dice, most=5, terms=1)
    assert len(cases) == 5
    for case in cases:
        assert case.terms
        assert all(WORDS[src] == tgt for src, tgt in case.terms.items())


def test_references_hold_what_is_asked_for() -> None:
    case = glossary_study.Case("Hund und Katze", "hound and kitty", {"Katze": "kitty"})
    assert glossary_study.reworded(case, {"Katze": "lion"}) == "hound and lion"


def test_the_table_has_a_line_for_each_glossary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for side, code in enumerate(("de", "en")):
        (tmp_path / f"dev.{code}").write_bytes(encoded([pair[side] for pair in sentences()]))
    options = ["-m", str(tiny.model_directory()), "--src", str(tmp_path / "dev.de"), "--ref", str(tmp_path / "dev.en")]
    capsys.readouterr()
    words = [*options, "--sentences", "3", "--max-length", "40"]
    glossary_study.main(glossary_study.parse_words(words))
    first, _, *rows = capsys.readouterr().out.strip().split("\n")
    assert first.startswith("3 sentences, ")
    assert [row.split()[0] for row in rows] == ["reference", "unusual", "copied"]
    assert [row.split()[2] for row in rows] == ["100.0%"] * 3
