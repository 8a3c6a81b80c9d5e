"""Translations in the built-in models' corpus: chosen by the reference or as they are, none that loses a name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import builtin_corpus
import pytest
from builtin_text.translations import (
    Translations,
    keeps,
    lines_of,
    lists_of,
    read_translations,
    translated,
    write_lines_once,
)

from nmt.errors import InputError
from nmt.lines import read_lines

PAIRS = [
    {"de": "Er schläft.", "en": "He is asleep."},
    {"de": "Er schläft.", "en": "He sleeps."},
    {"de": "Tom kam um 7.", "en": "Tom came at 7."},
]
SAID: Translations = {
    "de": {
        "Er schläft.": ["It is sleeping.", "He is sleeping.", "He sleeps."],
        "Tom kam um 7.": ["Tim came at 7.", "Tom came by 7."],
    },
    "en": {"He is asleep.": ["Er schläft.", "Er ist am Schlafen."], "He sleeps.": ["Er pennt.", "Er schläft."]},
}


def without(line: str, text: str) -> Translations:
    """Return what was said, without one of the translations of a line."""
    return {
        code: {each: [said for said in lists if (each, said) != (line, text)] for each, lists in found.items()}
        for code, found in SAID.items()
    }


def test_a_line_comes_with_the_translation_nearest_to_what_the_corpus_has_and_a_target_with_the_likeliest() -> None:
    # The nearest of the first line's is what the corpus has, and so is the likeliest of the second target.
    made = list(translated(PAIRS, SAID, "de"))
    assert made == [{"de": "Tom kam um 7.", "en": "Tom came by 7."}, {"de": "Er pennt.", "en": "He sleeps."}]
    made = list(translated(PAIRS, without("Er schläft.", "He sleeps."), "de"))
    assert made[0] == {"de": "Er schläft.", "en": "He is sleeping."}


def test_the_other_direction_learns_from_the_same_translations() -> None:
    # Into German the likeliest in English become sources, of "Er schläft." the first whatever is nearer.
    asleep, came = {"en": "It is sleeping.", "de": "Er schläft."}, {"en": "Tom came by 7.", "de": "Tom kam um 7."}
    assert list(translated(PAIRS, SAID, "en")) == [asleep, came]


def test_a_translation_keeps_names_and_numbers() -> None:
    line, references = "Tom kam um 7 nach Köln.", ["Tom came to Cologne at 7."]
    assert keeps("At 7 Tom came to Cologne.", line, references)
    assert not keeps("Tim came to Cologne at 7.", line, references)
    assert not keeps("Tom came to Cologne at 8.", line, references)
    assert not keeps(" ", "Ja.", ["Yes."])


def test_lines_are_translated_once(tmp_path: Path) -> None:
    write_lines_once([*PAIRS, {"de": " ", "en": "Oh."}], tmp_path / "made")
    assert list(read_lines(lines_of(tmp_path / "made", "de"))) == ["Er schläft.", "Tom kam um 7."]
    assert list(read_lines(lines_of(tmp_path / "made", "en"))) == [
        "He is asleep.",
        "He sleeps.",
        "Tom came at 7.",
        "Oh.",
    ]


def test_translations_of_other_lines_are_refused(tmp_path: Path) -> None:
    write_lines_once(PAIRS, tmp_path)
    for code in ("de", "en"):
        lists_of(tmp_path, code).write_text("0 ||| Oh.\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"n-best\.de-en has translations of 1 lines, .*lines\.de has 2; remove"):
        read_translations(tmp_path)


def test_the_corpus_has_what_models_made_of_both_corpora(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpora: dict[str, list[dict[str, str]]] = {"one": PAIRS, "two": [{"de": "Datei öffnen", "en": "Open a file"}]}
    monkeypatch.setattr(builtin_corpus, "pairs", lambda folder, part: corpora[folder.name] if part == "train" else [])
    for name in ("SHORT", "PHRASES", "SENTENCES", "PATTERNS", "COMPOUNDS", "WORDS", "JOINED"):
        monkeypatch.setattr(builtin_corpus, name, 0)
    monkeypatch.setattr(builtin_corpus, "as_typed", lambda pair, *_: pair)
    monkeypatch.setattr(builtin_corpus, "exchange", lambda pair, _: pair)
    monkeypatch.setattr(builtin_corpus, "replace_proper", lambda pair, _: pair)
    write_lines_once([pair for pairs in corpora.values() for pair in pairs], tmp_path)
    said: dict[str, dict[str, Any]] = {code: {**lists} for code, lists in SAID.items()}
    said["de"]["Datei öffnen"] = ["Open file"]
    for code, lists in said.items():
        numbered = enumerate(read_lines(lines_of(tmp_path, code)))
        text = "".join(f"{number} ||| {each}\n" for number, line in numbered for each in lists.get(line, ["?"]))
        lists_of(tmp_path, code).write_text(text, encoding="utf-8")
    folders = [Path("one"), Path("two")]
    plain = list(builtin_corpus.corpus(folders, "de"))
    more = list(builtin_corpus.corpus(folders, "de", read_translations(tmp_path)))
    added = [pair for pair in more if pair not in plain]
    assert added[:2] == [{"de": "Tom kam um 7.", "en": "Tom came by 7."}, {"de": "Er pennt.", "en": "He sleeps."}]
    assert {"de": "Datei öffnen", "en": "Open file"} in added
    assert [pair for pair in more if pair in plain] == plain
