"""Names stand for words of a sentence while it is translated, and the words stand where the names were written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nmt.carrying.stand_ins import Apart, Opened, close, open_up
from nmt.glossary import Demand, Entry, Glossary
from nmt.tokenizer import TokenizerPair
from nmt.translation import Translation
from nmt.translator import Translator
from tests import tiny
from tests.fakes import pieces

NAMES = ("Tom", "Anna")


@pytest.fixture(scope="module")
def tokenizers() -> TokenizerPair:
    return TokenizerPair.load(tiny.model_directory())


def told(text: str, source: str = "") -> Translation:
    """Return a translation whose words are its pieces, each aligned with the one in the same place."""
    src, tgt = pieces(source or text), pieces(text)
    pairs = tuple((place, place) for place in range(min(len(src), len(tgt))))
    return Translation(text, tokens=tgt, token_scores=(-0.5,) * len(tgt), src_tokens=src, alignment=pairs)


def opened(text: str, *contents: str, kept: bool = False, within: bool = True) -> Opened:
    found = open_up(
        text, [Apart(text.index(each), text.index(each) + len(each), NAMES, kept, within) for each in contents]
    )
    assert found is not None
    return found


CAKE = opened("Der Kuchen (mit Sahne) war gut.", "mit Sahne")


def test_a_name_stands_for_words_that_it_is_not_among() -> None:
    assert Opened("Der Kuchen (Tom) war gut.", ("Tom",), CAKE.apart, ("mit Sahne",)) == CAKE
    two = opened("ein (rotes) und (großes) Haus", "großes", "rotes")
    assert two.text == "ein (Tom) und (Anna) Haus" and two.asked == ["rotes", "großes"]
    assert opened("Tom hat (viel) Zeit", "viel").names == ("Anna",)


def test_without_words_or_names_enough_nothing_is_opened() -> None:
    assert open_up("ein Haus", []) is None
    assert open_up("TOM und Anna (viel)", [Apart(14, 18, NAMES)]) is None
    assert open_up("a b c", [Apart(place, place + 1, NAMES) for place in (0, 2, 4)]) is None


def test_the_translated_words_stand_where_their_name_was_written(tokenizers: TokenizerPair) -> None:
    outer, inner = told("The cake (Tom) was good.", CAKE.text), told("with cream.", "mit Sahne")
    found = close(CAKE, outer, [inner], tokenizers)
    assert found is not None
    assert found.text == "The cake (with cream) was good."
    assert found.src_tokens == pieces("Der Kuchen (")[:3] + pieces("mit Sahne") + pieces("x) war gut.")[1:]
    words = {found.tokens[tgt].strip("\u2581"): found.src_tokens[src].strip("\u2581") for src, tgt in found.alignment}
    assert words.items() >= {("cake", "Kuchen"), ("with", "mit"), ("cream", "Sahne"), ("was", "war"), (".", ".")}
    assert len(found.token_scores) == len(found.tokens) and found.alternatives == (found.alternatives[0],)


@pytest.mark.parametrize("text", ["The cake was good.", "The cake (Tom) of Tom was good.", "Tom's cake", "Tommy's"])
def test_a_lost_or_repeated_name_leaves_no_translation(text: str, tokenizers: TokenizerPair) -> None:
    assert close(CAKE, told(text), [told("with cream")], tokenizers) is None


def test_other_wordings_that_lose_the_name_are_left_out(tokenizers: TokenizerPair) -> None:
    every = [told(text) for text in ("It (Tom) is.", "It is.", "It was (Tom).")]
    outer = replace(every[0], alternatives=tuple(every))
    found = close(CAKE, outer, [told("with cream")], tokenizers)
    assert found is not None
    assert [each.text for each in found.alternatives] == ["It (with cream) is.", "It was (with cream)."]


def test_pieces_that_do_not_spell_the_name_stay(tokenizers: TokenizerPair) -> None:
    outer = Translation("That (Tom)", tokens=("x", "y"), token_scores=(0.0, 0.0), src_tokens=("z",))
    found = close(opened("Das (ja)", "ja"), outer, [told("yes", "ja")], tokenizers)
    assert found is not None
    assert found.text == "That (yes)" and found.tokens == ("x", "y")


def test_words_that_are_kept_are_the_same_in_both(tokenizers: TokenizerPair) -> None:
    text = opened("ba de.", "de", kept=True)
    assert text.asked == []
    found = close(text, told("bu Tom!", text.text), [], tokenizers)
    assert found is not None
    assert found.text == "bu de!" and "".join(found.tokens) == "\u2581bu\u2581de!"
    assert len(found.tokens) == len(found.token_scores)


def written(text: str, source: str, tokenizers: TokenizerPair, within: bool = True) -> str:
    found = close(opened(f"gi ({source})", source, within=within), told("Tom"), [told(text)], tokenizers)
    assert found is not None
    return found.text


def test_words_begin_as_their_source_does(tokenizers: TokenizerPair) -> None:
    # The vocabulary of the tiny model is one of small letters.
    assert [written(each, "ba de", tokenizers) for each in ("Ba de", "Ba De.", "ba de")] == ["ba de", "ba De", "ba de"]
    assert [written(each, "ba de", tokenizers) for each in ("BA de", "12 Ba")] == ["BA de", "12 Ba"]
    assert [written(each, "Ba de", tokenizers, within=False) for each in ("ba de", "Ba de")] == ["Ba de"] * 2
    assert [written(each, "Ba", tokenizers, within=False) for each in ("ba", "Ba")] == ["ba", "Ba"]
    assert written("Ba.", "ba.", tokenizers) == "ba."


@pytest.mark.parametrize(("term", "text"), [("Ba", "Ba De"), ("De", "ba De"), ("Gi", "ba De")])
def test_a_term_keeps_its_capital(term: str, text: str, tokenizers: TokenizerPair) -> None:
    terms = [Demand(term, (term,), as_it_is=True)]
    found = close(opened("gi (ba de)", "ba de"), told("Tom"), [told("Ba De")], tokenizers, terms=terms)
    assert found is not None and found.text == text


def test_german_nouns_keep_their_capitals(tokenizers: TokenizerPair) -> None:
    text = opened("gi (ba)", "ba")
    for tgt, word in [("en", "bade"), ("de", "Bade")]:
        found = close(text, told("Tom"), [told("Bade")], tokenizers, tgt)
        assert found is not None and found.text == word


def scripted(asked: list[str], lost: str = " ", unsure: str = "(lu ma)") -> object:
    """Return what translates into capitals, loses a word, and is unsure of texts with another."""

    def say(text: str) -> Translation:
        said = told(text.upper().replace("TOM", "Tom").replace(lost, " "), text)
        return replace(said, token_scores=(-2.0 if unsure in text else -0.5,) * len(said.tokens))

    def translate(parts: list[tuple[int, str]], *_: object) -> list[Translation]:
        asked.extend(text for _, text in parts)
        return [say(text) for _, text in parts]

    return translate


@pytest.fixture
def translator(monkeypatch: pytest.MonkeyPatch) -> Translator:
    """A translator that reads any letter."""
    translator = Translator.load(tiny.model_directory(), threads=None)
    monkeypatch.setattr("nmt.carrying.letters.Letters.knows", lambda *_: True)
    return translator


def test_a_line_is_translated_with_its_brackets_apart(translator: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(translator.sentences, "translate", scripted(asked))
    config = translator.settings({"stand_ins": True})
    lines = ["ba de (lu ma) gi.", "ba", "lu ma"]
    found = translator.translate(lines, config)
    assert [each.text for each in found] == ["BA DE (LU MA) GI.", "BA", "LU MA"]
    assert set(found[0].token_scores) == {-0.5}
    assert asked == ["ba de (lu ma) gi.", "ba de (Tom) gi.", "lu ma", "ba", "lu ma"]


@pytest.mark.parametrize(("lost", "unsure"), [("Tom", "(lu ma)"), (" ", "(Tom)"), (" ", "nothing")])
def test_a_line_is_translated_whole_where_a_name_is_lost_or_it_is_as_likely(
    lost: str, unsure: str, translator: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translator.sentences, "translate", scripted([], lost, unsure))
    (found,) = translator.translate(["ba de (lu ma) gi."], translator.settings({"stand_ins": True}))
    assert found.text == "BA DE (LU MA) GI."
    assert found.src_tokens == pieces("ba de (lu ma) gi.")
    assert set(found.token_scores) == {-2.0 if unsure == "(lu ma)" else -0.5}


def test_a_term_within_brackets_is_held_and_its_lack_told_once(
    translator: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_of: list[tuple[int, list[str]]] = []
    glossary = Glossary([Entry("lu", ("xy",))])
    config = translator.settings({"stand_ins": True})
    monkeypatch.setattr(translator.sentences, "translate", scripted([]))
    translator.translate(
        ["ba", "ba de (lu ma) gi."], config, glossary=glossary, missed=lambda *each: told_of.append(each)
    )
    assert told_of == [(1, ["'xy' for 'lu'"])]


def test_a_line_is_translated_whole_where_it_lacks_a_term_otherwise(
    translator: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def translate(parts: list[tuple[int, str]], *_: object) -> list[Translation]:
        said = {"ba de (lu ma) gi.": "BA (LU) GI.", "ba de (Tom) gi.": "BA (Tom) GI.", "lu ma": "lu"}
        return [
            replace(told(said[text]), token_scores=(-2.0 if "lu ma)" in text else -0.5,) * len(pieces(said[text])))
            for _, text in parts
        ]

    told_of: list[tuple[int, list[str]]] = []
    glossary = Glossary([Entry("lu", ("LU",))])
    config = translator.settings({"stand_ins": True})
    monkeypatch.setattr(translator.sentences, "translate", translate)
    (found,) = translator.translate(
        ["ba de (lu ma) gi."], config, glossary=glossary, missed=lambda *each: told_of.append(each)
    )
    assert (found.text, told_of) == ("BA (LU) GI.", [])


@pytest.mark.parametrize("changes", [{}, {"stand_ins": True, "carry": False}])
def test_it_is_asked_for(changes: dict[str, bool], translator: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(translator.sentences, "translate", scripted(asked))
    translator.translate(["ba de (lu ma) gi."], translator.settings(changes))
    assert asked == ["ba de (lu ma) gi."]


def test_a_line_that_must_begin_with_a_prefix_is_translated_whole(translator: Translator) -> None:
    config = translator.settings({"stand_ins": True})
    (found,) = translator.translate(["ba de (lu ma) gi."], config, prefixes="ko")
    assert found.text.startswith("ko")
