"""The corpus of the built-in models: repeatable, the same changes on both sides, nothing lost, dev untouched."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from random import Random

import builtin_corpus
import pytest
from builtin_corpus import corpus, pairs, write_corpus
from builtin_text import nouns, phrasebook
from builtin_text.slots import SLOTS

CODES = ("de", "en")
# Everyday pairs, with names, numbers and quotes now and then.
EVERYDAY = [
    {"de": f"Tom hat {number} Äpfel und sagte: „Maria kommt am {number}.“", "en": f'Tom has {number} apples: "Mary!"'}
    if number % 3
    else {"de": f"Das ist Satz {number}.", "en": f"This is sentence {number}."}
    for number in range(10, 610)
]
HELP = [{"de": f"Wählen Sie Tom {number}.", "en": f"Choose Tom {number}."} for number in range(20)]
# Pairs with the same numbers on both sides, which come six times more.
NUMBERED = builtin_corpus.NUMBERED * sum(number % 3 == 0 for number in range(10, 610))
DEV = [{"de": "Tom schläft.", "en": "Tom is asleep."}, {"de": "", "en": ""}]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two made-up corpora where the script looks for them."""
    parts = [("tatoeba-de-en", "train", EVERYDAY), ("tatoeba-de-en", "dev", DEV), ("libreoffice-en-de", "train", HELP)]
    for name, part, texts in parts:
        (tmp_path / name).mkdir(exist_ok=True)
        for code in CODES:
            text = "".join(pair[code] + "\n" for pair in texts)
            (tmp_path / name / f"{part}.{code}").write_text(text, encoding="utf-8", newline="\n")
    monkeypatch.setenv("NMT_DATA", str(tmp_path))
    # What is added is tested below.
    for name in ("SHORT", "PHRASES", "SENTENCES", "PATTERNS", "COMPOUNDS", "WORDS"):
        monkeypatch.setattr(builtin_corpus, name, 0)
    return tmp_path


def made(data: Path, src: str) -> list[dict[str, str]]:
    return list(corpus([data / "tatoeba-de-en", data / "libreoffice-en-de"], src))


def digits(text: str) -> list[str]:
    return sorted(re.findall(r"\d+", text))


def test_what_models_are_tested_on_is_not_learned_from(data: Path) -> None:
    both = {"de": "Tom schläft.", "en": "Tom sleeps."}
    for code in CODES:
        with (data / "libreoffice-en-de" / f"train.{code}").open("a", encoding="utf-8", newline="\n") as file:
            file.write(both[code] + "\n")
    assert DEV[0]["de"] == both["de"] and HELP[0]["de"] in {pair["de"] for pair in made(data, "de")}
    assert both["de"] not in {pair["de"] for pair in made(data, "de")}


@pytest.mark.parametrize("src", CODES)
def test_the_same_files_give_the_same_corpus(src: str, data: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_corpus(tmp_path / name, src)
    written = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two")]
    assert written[0] == written[1]
    assert sorted(written[0]) == ["dev.de", "dev.en", "train.de", "train.en"]


@pytest.mark.parametrize("src", CODES)
def test_both_sides_have_as_many_lines_and_none_is_empty(src: str, data: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "made", src)
    lines = {code: (tmp_path / "made" / f"train.{code}").read_text(encoding="utf-8").split("\n") for code in CODES}
    assert len(lines["de"]) == len(lines["en"])
    assert all(each.pop() == "" and all(line.strip() for line in each) for each in lines.values())


@pytest.mark.parametrize("src", CODES)
def test_no_pair_is_lost(src: str, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The ends of the English sentences tell how many a line holds, whatever was changed in it.
    for joined in (0.02, 1.0):
        monkeypatch.setattr(builtin_corpus, "JOINED", joined)
        numbers = Counter(len(re.findall(r"tom|apples:|this is", pair["en"].lower())) > 0 for pair in made(data, src))
        assert numbers[False] == 0
        sentences = sum(len(re.findall(r"apples:|this is", pair["en"].lower())) for pair in made(data, src))
        # Drawn numbers are now and then the old ones.
        assert NUMBERED - 30 < sentences - len(EVERYDAY) <= NUMBERED
    assert len(made(data, src)) == sentences // 2 + sentences % 2 + builtin_corpus.FURTHER * len(HELP)


def test_what_holds_the_same_numbers_comes_several_times_with_others(data: Path) -> None:
    found = [pair for pair in made(data, "de") if "satz" in pair["de"].lower() and "äpfel" not in pair["de"].lower()]
    assert all(digits(pair["de"]) == digits(pair["en"]) for pair in found)
    assert len({tuple(digits(pair["de"])) for pair in found}) > 500


def test_dev_and_the_other_corpora_stay_as_they_are_and_the_others_come_twice(data: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "made", "de")
    for code in CODES:
        sets = [data / "tatoeba-de-en" / f"dev.{code}", builtin_corpus.HELD_OUT / f"development.{code}"]
        assert (tmp_path / "made" / f"dev.{code}").read_bytes() == b"".join(path.read_bytes() for path in sets)
    assert made(data, "de")[-2 * len(HELP) :] == 2 * HELP
    assert list(pairs(data / "tatoeba-de-en", "dev")) == DEV


def test_short_sentences_come_again_and_the_phrase_book_is_added(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = len(made(data, "de"))
    for name, count in (("SHORT", 4), ("PHRASES", 2), ("SENTENCES", 3), ("PATTERNS", 50), ("COMPOUNDS", 40)):
        monkeypatch.setattr(builtin_corpus, name, count)
    added = 2 * len(list(phrasebook.phrases())) + 3 * len(list(phrasebook.sentences())) + 50 + 40
    assert len(made(data, "de")) > (without + added) * 0.95  # some are joined
    assert any("Gute Besserung" in pair["de"] for pair in made(data, "de"))
    assert any(re.search(r"Satz \d+,? (und|aber|oder|denn) das ist Satz", pair["de"]) for pair in made(data, "de"))


def test_the_phrase_book_has_two_sides_with_the_same_numbers_names_and_no_slot_left() -> None:
    for pair in (*phrasebook.phrases(), *phrasebook.sentences()):
        assert pair["de"].strip() and pair["en"].strip()
    draws = Random(2)
    sentences = [phrasebook.sentence(draws) for _ in range(5000)]
    assert len({pair["de"] for pair in sentences}) > 3000
    for pair in sentences:
        assert not re.search(r"[{}|=\n]", pair["de"] + pair["en"])
        whole_day = re.sub(r"(?<![:\d])(\d+)(?=(:\d\d)? ?p\.?m\b)", lambda match: str(int(match[1]) + 12), pair["en"])
        assert digits(pair["de"]) == digits(whole_day)


def test_half_an_hour_is_counted_from_the_hour_before_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    halves = [pattern for pattern in phrasebook.PATTERNS if "Es ist halb" in pattern["de"]]
    monkeypatch.setattr(phrasebook, "PATTERNS", halves)
    draws = Random(2)
    clocks = {pair["de"]: pair["en"] for pair in (phrasebook.sentence(draws) for _ in range(200))}
    assert clocks["Es ist halb acht."] == "It's half past seven."
    assert clocks["Es ist halb zwei."] == "It's half past one."


@pytest.mark.parametrize("name", [*builtin_corpus.WRITTEN_TO_TEST, *builtin_corpus.WRITTEN_TO_CHOOSE])
def test_the_held_out_sentences_are_in_no_book(name: str) -> None:
    sides = {
        code: (builtin_corpus.HELD_OUT / f"{name}.{code}").read_text(encoding="utf-8").rstrip("\n").split("\n")
        for code in CODES
    }
    assert len(sides["de"]) == len(sides["en"]) > 100
    for pair in (*phrasebook.phrases(), *phrasebook.sentences()):
        assert all(pair[code] not in sides[code] for code in CODES), pair


def test_a_thing_alone_is_written_as_in_a_dictionary() -> None:
    alone = {pair["de"]: pair["en"] for pair in phrasebook.phrases() if re.fullmatch(r"\w+", pair["de"])}
    said = [alone[each] for each in ("Fluss", "Nichte", "Küche", "Hallo", "Montag", "Türkei", "Abbrechen")]
    assert said == ["river", "niece", "kitchen", "Hello", "Monday", "Turkey", "Cancel"]


def test_a_thing_has_the_articles_of_its_gender_and_case() -> None:
    found = [nouns.forms(Random(number)) for number in range(20_000)]
    of = {slots["noun"]["de"]: slots for slots in found}
    assert len(of) > 1200
    balcony, flat, bread_roll = of["Balkon"], of["Wohnung"], of["Brötchen"]
    assert balcony["a_noun_acc"] == {"de": "einen Balkon", "en": "a balcony"}
    assert (balcony["the_noun_acc"]["de"], balcony["my_noun"]["de"]) == ("den Balkon", "mein Balkon")
    assert flat["no_noun_acc"] == {"de": "keine Wohnung", "en": "an apartment"}
    assert re.fullmatch(r"ein (neu|alt|klein|groß|schön)es Brötchen", bread_roll["a_new_noun_acc"]["de"])
    assert of["Erdbeere"]["nouns"]["en"].endswith("berries")
    for slots in found:
        assert slots["rel_noun"]["de"] == slots["the_noun_acc"]["de"].split()[0]
        assert slots["a_noun"]["en"] == slots["a_noun_acc"]["en"]


def test_every_pattern_has_the_same_slots_on_both_sides() -> None:
    for pattern in phrasebook.PATTERNS:
        de, en = pattern["de"], pattern["en"]
        slots = [{*re.findall(r"\{(\w+)\}", text)} - {"hour", "before"} for text in (de, en)]
        assert all(each <= SLOTS.keys() | phrasebook.NOUN_SLOTS for each in slots), de
        same = [each - phrasebook.NOUN_SLOTS for each in slots]
        assert same[0] == same[1] and bool(slots[0] & phrasebook.NOUN_SLOTS) == bool(slots[1] & phrasebook.NOUN_SLOTS)


def test_words_that_models_are_asked_for_are_not_among_the_words_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {code: builtin_corpus.held_out_words(code) for code in CODES}
    assert min(map(len, asked.values())) > 70 and asked["de"] != asked["en"]
    held = {code: min(asked[code]).capitalize() for code in CODES}
    alone = [{"de": held["de"], "en": "x"}, {"de": "x", "en": held["en"]}, {"de": "Quastenflosser", "en": "coelacanth"}]
    monkeypatch.setattr(builtin_corpus, "dictionary", lambda _: alone)
    monkeypatch.setattr(builtin_corpus, "pairs", lambda *_: [])
    assert builtin_corpus.words(tmp_path) == alone[2:]
