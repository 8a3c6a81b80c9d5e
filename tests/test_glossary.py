"""Glossaries: what a file may hold, which terms a text has, and whether a translation holds what it must."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt.errors import InputError
from nmt.glossary import Demand, Glossary, missing

WORDS = ["haus", "Haus", "NASA", "straße", "New", "York", "Times", "größe", "x", "हिन्दी"]


def found(terms: dict[str, str | None], text: str) -> list[str]:
    return [demand.found for demand in Glossary.of(terms).find(text)]


def forms(terms: dict[str, str | None], text: str) -> list[tuple[str, ...]]:
    return [demand.forms for demand in Glossary.of(terms).find(text)]


def test_terms_are_whole_words_and_the_longest_wins() -> None:
    terms: dict[str, str | None] = {"New York": "NY", "New York Times": "NYT", "york": "Y", "c++": "C++"}
    assert found(terms, "New York, the New  York Times; Yorkshire, York.") == ["New York", "New York Times", "York"]
    assert found(terms, "C++ and c+ and C ++") == ["C++"]
    assert found({"haus": "house"}, "Haustür, E-Haus, haus_tür, Haus1, haus") == ["Haus", "haus"]


def test_lower_case_finds_any_case_and_capitals_count() -> None:
    assert found({"essen": "eat"}, "Essen essen ESSEN") == ["Essen", "essen", "ESSEN"]
    assert found({"Essen": "meal"}, "Essen essen ESSEN") == ["Essen", "ESSEN"]
    assert found({"iPhone": None}, "iPhone Iphone IPHONE") == ["iPhone", "IPHONE"]
    assert found({"us": "we"}, "US") == ["US"]
    assert forms({"essen": "eat", "Essen": "meal"}, "Essen essen") == [("meal",), ("eat",)]


def test_a_term_in_capitals_may_be_translated_in_capitals() -> None:
    assert forms({"Haus": "house|home"}, "HAUS") == [("house", "home", "HOUSE", "HOME")]
    assert forms({"straße": "street"}, "STRASSE") == [("street", "STREET")]
    assert forms({"NASA": "Nasa", "x": "y"}, "NASA X") == [("Nasa",), ("y",)]


@pytest.mark.parametrize("target", [None, "", "Haus"])
def test_a_term_without_another_target_stays_as_it_is(target: str | None) -> None:
    assert forms({"Haus": target}, "Haus HAUS") == [("Haus",), ("HAUS", "Haus")]


def test_composed_and_decomposed_characters_are_one() -> None:
    decomposed = unicodedata.normalize("NFD", "Größe")
    assert found({"größe": "size"}, decomposed) == ["Größe"]
    assert found({decomposed: "size"}, "Größe") == ["Größe"]
    (demand,) = Glossary.of({"size": "größe"}).find("the size")
    assert missing(unicodedata.normalize("NFD", "die größe"), [demand]) == []


def test_words_with_combining_characters_and_scripts_without_spaces_are_found() -> None:
    assert found({"हिन्दी": "Hindi"}, "हिन्दी में") == ["हिन्दी"]
    assert found({"हिन": "x"}, "हिन्दी में") == []
    assert found({"東京": "Tokyo"}, "私は東京に行く") == ["東京"]


@given(st.lists(st.sampled_from([*WORDS, ",", "-", " ", "\u0301"]), max_size=12))
def test_terms_lie_within_the_text_in_order_and_never_overlap(words: list[str]) -> None:
    text = unicodedata.normalize("NFC", " ".join(words))
    demands = Glossary.of({"haus": "h", "New York": "n", "York Times": "t", "größe": None, "x": "y|z"}).find(text)
    ends = [0]
    for demand in demands:
        start, end = demand.span
        assert ends[-1] <= start < end <= len(text)
        assert " ".join(text[start:end].split()) == demand.found
        ends.append(end)
    # What holds a form of each, and is in the order of the text, lacks none.
    assert missing(" ".join(demand.forms[-1] for demand in demands), demands) == []


def demand(*each: str) -> Demand:
    return Demand("x", each)


def test_a_translation_holds_whole_words_as_they_are_written() -> None:
    assert missing("a house.", [demand("house")]) == []
    assert missing("two houses, a household, in-HOUSE", [demand("house")]) == [demand("house")]
    assert missing("a home", [demand("house", "home")]) == []
    assert missing("", [demand("house")]) == [demand("house")]
    assert missing("House prices", [demand("house")]) == missing("“House prices", [demand("house")]) == []
    assert missing("A House", [demand("house")]) == [demand("house")]
    # No sentence begins so where the capital is another's, or the word is not ours.
    assert missing("IPhone", [demand("iPhone")]) == [demand("iPhone")]
    (kept,) = Glossary.of({"haus": None}).find("haus")
    assert missing("haus", [kept]) == [] and missing("Haus", [kept]) == [kept]


def test_each_demand_needs_words_of_its_own() -> None:
    assert missing("a house", [demand("house"), demand("house")]) == [demand("house")]
    assert missing("a house, the house", [demand("house"), demand("house")]) == []
    assert missing("the New York Times", [demand("New York"), demand("New York Times")]) == [demand("New York")]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a\tb\nc\td\te\n", 2, "3 columns; expected source<TAB>target"),
        ("\tb\n", 1, "no source term"),
        ("\n\na\tb||c\n", 3, "an empty variant in 'b||c'"),
        ("a\t|\n", 1, "an empty variant"),
        ("a\tb\n a \tc\n", 2, "'a' has an entry in line 1; join their targets by |"),
        ("a\tb\n\udcff\n", 2, "not UTF-8"),
    ],
)
def test_a_line_that_is_no_entry_is_named(text: str, line: int, message: str, tmp_path: Path) -> None:
    path = tmp_path / "terms.tsv"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InputError) as caught:
        Glossary.read(path)
    assert str(caught.value).startswith(f"{path}, line {line}: ")
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_is_read_as_it_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "terms.tsv"
    path.write_bytes("\ufeffHaus\thouse | home\r\n\nNASA\nBerlin\tBerlin\nnew  york\t New York \n".encode())
    glossary = Glossary.read(path)
    assert [(entry.source, entry.targets) for entry in glossary.entries] == [
        ("Haus", ("house", "home")), ("NASA", ()), ("Berlin", ()), ("new york", ("New York",)),
    ]  # fmt: skip
    with pytest.raises(InputError, match=r"none\.tsv"):
        Glossary.read(tmp_path / "none.tsv")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Haus,house\nBuch,book\n", True),
        ("Haus; house\n\nBuch ;book\nNASA\n", True),
        ("Haus = house|home\n", True),
        ("Haus,house\nBuch,book\nNASA\t\n", False),
        ("Haus,house\nNASA\n", False),
        ("Haus,\n=\n;x\nc++\n", False),
        ("Haus\nNew York\n", False),
        ("", False),
    ],
)
def test_columns_that_no_tab_divides_are_told(
    text: str, told: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "terms.csv"
    path.write_text(text, encoding="utf-8")
    glossary = Glossary.read(path)
    assert len(glossary.entries) == sum(map(bool, text.split("\n")))
    taken = "each line is taken as a term that stays as it is"
    assert caplog.messages == [f"{path}: no line has a tab; {taken}; expected source<TAB>target"] * told


def test_a_mapping_is_checked_too() -> None:
    with pytest.raises(InputError, match="empty"):
        Glossary.of({"": "a"})
    with pytest.raises(InputError, match="empty"):
        Glossary.of({"a": "b|"})
