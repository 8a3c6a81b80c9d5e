"""What is carried around the model: what is no language, whole and in its place, and nothing else."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.carrying.carrier import Carrier
from nmt.config import TokenizerConfig
from nmt.tokenizer import Tokenizer
from nmt.tokenizer_training import train_tokenizer
from nmt.translation import Translation
from nmt.translator import Translator
from tests import tiny

TEXT = "was machst du da ich bin sehr glücklich und das ist mein Haus in Köln Tom hat Zeit"
WORDS = TEXT.split()
MARKS = ".,;:!?'\"-()„“%/&"
KEPT = [
    "12",
    "3,14 €",
    "...",
    "?!",
    "🙂 🙂",
    "- - -",
    "https://a.de/b?c",
    "a@b.de",
    "東京",
    "Łódź",
    "1. 2) •",
    ":-)",
    "#a #b",
    "a_b.pdf",
]


def train(
    words: list[str], letters: str = string.ascii_letters + string.digits + "äöüÄÖÜß" + MARKS, size: int = 375
) -> Tokenizer:
    lines = [*(" ".join(words[i:] + words[:i]) for i in range(len(words))), *words * 20, *letters * 3]
    return train_tokenizer(lines, TokenizerConfig(vocab_size=size))


@pytest.fixture(scope="module")
def carrier() -> Carrier:
    """A carrier for a vocabulary of German letters."""
    return Carrier(train(WORDS))


@pytest.mark.parametrize("text", KEPT)
def test_what_has_no_letters_to_translate_is_carried_whole(text: str, carrier: Carrier) -> None:
    prepared = carrier.prepare(f" {text} ")
    assert prepared.text == "" and prepared.pieces == ()
    assert prepared.finish("") == text


@pytest.mark.parametrize(
    "before, text, after",
    [
        ("1. ", "Das ist Köln.", ""),
        ("(2) ", "Das ist Köln.", ""),
        ("a) ", "Das ist Köln.", ""),
        ("- ", "Das ist Köln.", ""),
        ("", "1. Mai ist das.", ""),
        ("", "1. und 2. Haus", ""),
        ("2. ", "und das", ""),
        ("- ", "24. Dezember: das", ""),
        ("", "Das ist Köln", "😊"),
        ("❤️", "Das ist Köln", "^^"),
        ("[x] ", "Das ist Köln.", ""),
        ("- 1. ", "Das ist Köln.", ""),
        ("", "Das ist Köln.", " 🙂🙂 👍🏽"),
        ("👉  ", "Das ist Köln.", " :-)"),
        ("https://a.de ", "Das ist Köln.", ""),
        ("", "Das ist Köln:", " https://a.de"),
        ("", "Das ist Köln!", " Www.a.de"),
        ("", "Das ist Köln", " ❤️"),
        ("", "Das ist Köln!", " #sehr #glücklich"),
        ("@tom ", "Das ist Köln!", ""),
        ("", "12 Tage, - das ist 3.", ""),
        ("", "z. B. das", ""),
        ("", "2024 war das.", ""),
        ("", "-das", ""),
    ],
)
def test_marks_and_emoji_at_the_ends_stay_there(before: str, text: str, after: str, carrier: Carrier) -> None:
    prepared = carrier.prepare(before + text + after)
    assert (prepared.before, prepared.text, prepared.after, prepared.held) == (before, text, after, ())
    assert prepared.finish("Cologne") == f"{before}Cologne{after}"


@pytest.mark.parametrize(
    "text, held",
    [
        ("Ich bin 🍕 und das.", ["🍕"]),
        ("Das ist https://a.de/b?c=1, und www.b.de.", ["https://a.de/b?c=1", "www.b.de"]),
        ("Tom ist a.b@c.de und du?", ["a.b@c.de"]),
        ("Das ist 0170 1234567, und +49 221-12 34 567.", ["0170 1234567", "+49 221-12 34 567"]),
        ("Ich bin in Łódź und in 東京.", ["Łódź", "東京"]),
        ("Frau Yılmaz-Koç ist da.", ["Yılmaz-Koç"]),
        ("Das ist 👨‍👩‍👧 und das.", ["👨‍👩‍👧"]),
        ("Das ist {name} und `ls -l` und das.", ["{name}", "`ls -l`"]),
        ("Ich bin in Łódź", ["Łódź"]),
        ("Łódź ist das", ["Łódź"]),
        ("Das ist auf www.b.de", ["www.b.de"]),
        ("a.b@c.de ist mein", ["a.b@c.de"]),
        ("Du bist 0170 1234567", ["0170 1234567"]),
        ("Das ist config.json und mein_haus.", ["config.json", "mein_haus"]),
        ("#Köln ist mein, und @tom_2 ist da.", ["#Köln", "@tom_2"]),
        ("Das ist https://a.de/menú und {prénom}.", ["https://a.de/menú", "{prénom}"]),
    ],
)
def test_what_the_model_cannot_read_is_a_name_to_it_and_put_back(text: str, held: list[str], carrier: Carrier) -> None:
    prepared = carrier.prepare(text)
    assert [each.content for each in prepared.held] == held
    assert not any(content in prepared.text for content in held)
    # A name that stands in the text is not taken.
    assert all(each.read not in text and prepared.text.count(each.read) == 1 for each in prepared.held)
    assert prepared.finish(prepared.text) == text
    first = prepared.held[0].read
    assert prepared.finish(prepared.text.replace(first, "")) is None
    assert prepared.finish(f"{prepared.text} {first}") is None
    assert prepared.finish(prepared.text.replace(first, f"{first}'s")) is None
    assert "".join(prepared.pieces) == text


@pytest.mark.parametrize(
    "text, read",
    [
        ("Das ist 5 €.", "Das ist 47."),
        ("Das ist 5 €", "Das ist 47"),
        ("5 € und das", "47 und das"),
        ("Das ist -1.234,50 € und 20 °C, 47 mal.", "Das ist 470 und 83, 47 mal."),
        ("Das ist 3 €, {name}.", "Das ist 47, Tom."),
        ("{count} und %d, %s.", "47 und 83, Tom."),
    ],
)
def test_amounts_with_signs_that_the_model_cannot_read_are_numbers_to_it(
    text: str, read: str, carrier: Carrier
) -> None:
    prepared = carrier.prepare(text)
    assert prepared.text == read
    assert prepared.finish(read) == text
    # A part of another number is none.
    assert prepared.finish(read.replace(prepared.held[0].read, f"1.{prepared.held[0].read}")) is None


def test_marks_between_words_cut_a_sentence(carrier: Carrier) -> None:
    prepared = carrier.prepare("- das 5 €, | ich ~ (das Haus) 🙂")
    assert prepared.text == "" and (prepared.before, prepared.after) == ("- ", " 🙂")
    assert prepared.pieces == ("das 5 €, ", "| ", "ich ", "~ ", "(", "das Haus)")


def test_what_no_stand_in_is_known_for_is_cut_around() -> None:
    prepared = Carrier(train([word.lower() for word in WORDS if word != "Tom"], "", 298)).prepare("das ist 5 € und das")
    assert prepared.text == "" and prepared.pieces == ("das ist ", "5 € ", "und das")


@pytest.mark.parametrize(
    "number", ["123456", "12.03.2024", "2024-03-12", "15 000 000", "1.000.000", "14:30", "3,1415926535", "12 345 678"]
)
def test_numbers_are_the_models_own(number: str, carrier: Carrier) -> None:
    assert carrier.prepare(f"Das ist {number} und das.").held == ()
    assert carrier.prepare(f"Das ist {number}.").text == f"Das ist {number}."


def test_more_than_there_are_names_is_cut_at_once(carrier: Carrier) -> None:
    text = " und ".join(f"das 🍕{'!' * count}" for count in range(1, 9))
    prepared = carrier.prepare(f"1. {text}")
    assert prepared.text == "" and prepared.before == "1. "
    assert "".join(prepared.pieces) == text
    assert sum("🍕" in piece for piece in prepared.pieces) == 8


def test_capitals_are_read_as_words_and_written_as_capitals(carrier: Carrier) -> None:
    prepared = carrier.prepare("WAS MACHST DU DA? ICH BIN IN KÖLN!")
    assert prepared.text == "Was machst du da? ich bin in Köln!"
    assert prepared.finish("What are you doing there?") == "WHAT ARE YOU DOING THERE?"
    for text in ("Das ist DAS Haus.", "I", "Was?", "W. 12"):
        assert not carrier.prepare(text).capitals
    held = carrier.prepare("DAS IST 🍕 UND DAS!")
    assert held.capitals and held.finish(held.text) == "DAS IST 🍕 UND DAS!"


@pytest.mark.parametrize(
    "capitals, words", [("WAS IST'S, TOM'S?", "Was ist's, Tom's?"), ("DAS HAUS IST’S", "Das Haus ist’s")]
)
def test_capitals_around_an_apostrophe_are_one_word(capitals: str, words: str, carrier: Carrier) -> None:
    prepared = carrier.prepare(capitals)
    assert prepared.capitals and prepared.text == words.replace("’", "'")
    assert prepared.finish(words) == capitals


def test_an_eszett_among_capitals_is_one_of_them(carrier: Carrier) -> None:
    for text in ("DAS IST SEHR GROß", "DAS IST SEHR GROẞ", "DAS IST SEHR GROß 🍕 UND DAS"):
        prepared = carrier.prepare(text)
        assert prepared.capitals and prepared.text.startswith("Das ist sehr")


def test_an_arrow_between_words_cuts_a_sentence(carrier: Carrier) -> None:
    assert carrier.prepare("mein Haus → Köln").pieces == ("mein Haus ", "→ ", "Köln")


def test_a_smiley_between_two_clauses_cuts_them(carrier: Carrier) -> None:
    assert carrier.prepare("das ist 😂 ich bin da").pieces == ("das ist ", "😂 ", "ich bin da")
    assert carrier.prepare("das ist :) ich bin da 😂").pieces == ("das ist ", ":) ", "ich bin da")
    assert carrier.prepare("das ist 😂 aber ich bin da").held


def test_a_picture_within_a_sentence_that_touches_a_word_cuts_it(carrier: Carrier) -> None:
    prepared = carrier.prepare("das ist das👍, ich bin da")
    assert prepared.text == "" and prepared.pieces == ("das ist das", "👍", ", ", "ich bin da")


@pytest.mark.parametrize(
    "text, plain",
    [
        ("Das\u00a0ist\u202fKöln", "Das ist Köln"),
        ("Das\u200b ist\u00ad Köln\ufeff", "Das ist Köln"),
        ("«Das», ist Köln", '"Das", ist Köln'),
        ("«Das», ist „Köln“", '"Das", ist "Köln"'),
        ("„Das“ ist Köln", "„Das“ ist Köln"),
        ("Das – ist Köln…", "Das - ist Köln..."),
        ("Das ist Ｋöln", "Das ist Köln"),
        ("Ko\u0308ln ﬁnde das", "Köln finde das"),
        ("Das ist \u22125, geht´s?", "Das ist -5, geht's?"),
        ("Wie geht`s, Tom`s Haus?", "Wie geht's, Tom's Haus?"),
        ("das ist ein Café, das nàch mir", "das ist ein Cafe, das nach mir"),
        ("Das—das ist Köln―das", "Das - das ist Köln - das"),
    ],
)
def test_characters_that_the_vocabulary_lacks_become_plain(text: str, plain: str, carrier: Carrier) -> None:
    prepared = carrier.prepare(text)
    assert prepared.held == ()
    assert "".join(prepared.text.split()) == "".join(plain.split())


@given(st.text(st.sampled_from("abDÖ 1.,!?-)🙂👍🏽Ł東\u00a0\u200d:/@'’\n\t€°|`{}½&(\u2212"), max_size=30))
@settings(max_examples=300)
def test_a_model_that_copies_gives_back_the_text(carrier: Carrier, text: str) -> None:
    prepared = carrier.prepare(text)
    assert "".join(prepared.pieces) in text
    # Pieces are read in turn, and that has an end.
    assert all(len(piece) < len(text) for piece in prepared.pieces)
    # What was made plain is not put back; here it is invisible, a space or a quote.
    assert "".join(prepared.before.split()) in "".join(text.split())
    if not prepared.text and not prepared.pieces:
        assert prepared.finish("") == text.strip()
    elif prepared.text and not prepared.capitals:
        finished = prepared.finish(prepared.text)
        assert finished is None or plain(finished) == plain(text)


def plain(text: str) -> str:
    return "".join(text.replace("\u200d", "").replace("’", "'").replace("\u2212", "-").split())


# --- in the translator ---


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load(tiny.model_directory(), "fp32", "cpu", threads=1)


def test_carried_lines_come_out_as_they_are_whatever_the_model(translator: Translator) -> None:
    lines = ["12.5 %", "  ...", "🙂", "https://a.de/b", "東京", "1.\t2.", "\t- 3"]
    for found, line in zip(translator.translate(lines, translator.settings({"n_best": 2})), lines, strict=True):
        assert found.text == line
        assert len(found.tokens) == len(found.token_scores) == len(found.alignment) > 0
        assert found.alternatives[0].text == line


def test_white_space_list_marks_and_cells_stay(translator: Translator) -> None:
    (word, listed, cells) = translator.translate(["ba", "  - ba 🙂 ", "ba\tba\t\tba"])
    assert listed.text == f"  - {word.text} 🙂"
    assert cells.text == f"{word.text}\t{word.text}\t\t{word.text}"
    assert [target for _, target in listed.alignment] == list(range(len(listed.tokens)))
    assert all(0 <= source < len(listed.src_tokens) for source, _ in listed.alignment)


def test_where_names_are_lost_the_text_is_cut_around_what_they_stand_for(
    translator: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The model writes capitals, so that no name survives, unless a second search demands it.
    monkeypatch.setattr("nmt.parts.find_lost", lambda *_: [])
    left, right, found = translator.translate(["ba de", "gi.", "ba de https://a.de/b gi."])
    # What does not end the sentence has no full stop.
    assert found.text == f"{left.text.rstrip('.')} https://a.de/b {right.text}"
    ranked = translator.translate(["ba de https://a.de/b gi"], translator.settings({"n_best": 2}))[0].alternatives
    assert all("https://a.de/b" in each.text for each in ranked)


def test_a_piece_of_a_sentence_gets_no_full_stop(translator: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(parts: list[tuple[int, str]], *_: object) -> list[Translation]:
        """Lose every name, and end whatever it is with a full stop."""
        texts = [text.strip().rstrip(".").lower() + "." for _, text in parts]
        return [Translation(text, alternatives=(Translation(text), Translation(text))) for text in texts]

    monkeypatch.setattr(translator.sentences, "translate", read)
    for line in ("ba de https://a.de/b gi 🍕 ba.", "ba 🍕 de"):
        (found,) = translator.translate([line])
        assert {each.text for each in (found, *found.alternatives)} == {line}


def test_without_carrying_all_is_left_to_the_model(translator: Translator) -> None:
    config = translator.settings({"carry": False})
    found = translator.translate(["12.5 %", "  ba"], config)
    assert found[0].text != "12.5 %"
    assert found[1].text == translator.translate(["ba"], config)[0].text


def test_carrying_is_the_same_in_any_batch(translator: Translator) -> None:
    lines = ["ba 🍕 de", "12", "- ko", "BA DE GI", "ba a@b.de gi", "", "lu\tma"] * 3
    alone = [translator.translate([line])[0].text for line in lines]
    for size in (1, 2, 64):
        assert [each.text for each in translator.translate(lines, batch_size=size)] == alone


def test_prices_are_carried_and_written_as_the_target_language_does() -> None:
    carrier = Carrier(train(WORDS, string.ascii_letters + string.digits + "äöüÄÖÜß$" + MARKS), "de", "en")
    assert carrier.prepare("das ist 3,20 $ und das").held == ()
    prepared = carrier.prepare("das ist 3,20 $ und das", spell_out=True)
    assert [each.content for each in prepared.held] == ["$3.20"]
    assert carrier.prepare("das ist 5 € und das").held[0].content == "€5"
    assert carrier.prepare("das usw. ist", spell_out=True).text == "das und so weiter ist"


@pytest.mark.parametrize(
    "text, translated, expected",
    [
        ("Das ist Köln", "That is Cologne.", "That is Cologne"),
        ("Das ist Köln", "That is Cologne!", "That is Cologne"),
        ("Das ist Köln", "Is that Cologne?", "Is that Cologne?"),
        ("Das ist Köln um 9", "That is Cologne at 9 a.m.", "That is Cologne at 9 a.m."),
        ("Das ist (Köln)", "That is Cologne.", "That is Cologne"),
        ("Das ist Köln 😊", "That is Cologne.", "That is Cologne 😊"),
        ("Das ist Köln.", "That is Cologne.", "That is Cologne."),
        ("das ist Köln", "That is Cologne.", "That is Cologne."),
        ("Das ist Köln:", "That is Cologne.", "That is Cologne."),
    ],
)
def test_a_title_gets_no_full_stop_where_that_is_asked_for(
    text: str, translated: str, expected: str, carrier: Carrier
) -> None:
    assert carrier.prepare(text, keep_end=True).finish(translated) == expected
    mark = translated[-1]
    assert mark in str(carrier.prepare(text).finish(translated))


def test_large_numbers_are_short_ones_to_the_model_and_written_as_the_target_language_does() -> None:
    carrier = Carrier(train(WORDS), "de", "en")
    text = "das ist 1.234.567 und EUR 5,50, 83 mal"
    assert carrier.prepare(text).held == ()
    prepared = carrier.prepare(text, spell_out=True)
    assert prepared.text == "das ist 470 und 47, 83 mal" and prepared.numbers
    assert prepared.finish(prepared.text) == "das ist 1,234,567 und EUR 5.50, 83 mal"
    left = carrier.prepare(text, spell_out=True, own_numbers=True)
    assert left.text == text and not left.numbers


def test_amounts_alone_are_written_as_the_target_language_does_where_they_have_letters() -> None:
    carrier = Carrier(train(WORDS), "de", "en")
    assert carrier.prepare("EUR 1.500,00 / 9,99 USD", spell_out=True).finish("") == "EUR 1,500.00 / 9.99 USD"
    assert carrier.prepare("1.500,00", spell_out=True).finish("") == "1.500,00"
    assert carrier.prepare("1.500,00", spell_out=True, within=True).finish("") == "1,500.00"


def test_where_a_large_number_is_lost_the_model_reads_it_itself(
    translator: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def read(parts: list[tuple[int, str]], *_: object) -> list[Translation]:
        """Lose every number that stands for another."""
        asked.extend(text for _, text in parts)
        texts = [text.replace("470", "").replace("830", "") for _, text in parts]
        return [Translation(text, alternatives=(Translation(text),)) for text in texts]

    monkeypatch.setattr(translator.sentences, "translate", read)
    monkeypatch.setattr("nmt.carrying.letters.Letters.knows", lambda *_: True)
    monkeypatch.setattr(translator.parts, "_carrier", Carrier(translator.tokenizers.src, "de", "en"))
    (found,) = translator.translate(["- ba 5.000 de 7.500 gi"], translator.settings({"spell_out": True}))
    assert found.text == "- ba 5.000 de 7.500 gi"
    # Between them a search in which they were demanded, to no avail.
    assert asked == ["ba 470 de 830 gi", "ba 470 de 830 gi", "ba 5.000 de 7.500 gi"]


def test_times_are_times_to_the_model_and_written_as_the_target_language_does() -> None:
    carrier = Carrier(train(WORDS), "de", "en")
    prepared = carrier.prepare("das ist um 14:15 Uhr bis 18.30 Uhr, in 12 Tagen", spell_out=True)
    assert prepared.text == "das ist um 2:30 bis 6:30, in 12 Tagen" and prepared.numbers
    assert prepared.finish(prepared.text) == "das ist um 2:15 pm bis 6:30 pm, in 12 Tagen"
    assert Carrier(train(WORDS), "de", "fr").prepare("um 14:15 Uhr das", spell_out=True).held == ()


def test_several_dates_are_days_of_the_week_to_the_model_and_written_as_the_target_language_does() -> None:
    carrier = Carrier(train(WORDS), "de", "en")
    prepared = carrier.prepare("das ist vom 1.3. bis zum 15.4.2024 zu", spell_out=True)
    assert prepared.text == "das ist vom Montag bis Mittwoch zu" and prepared.numbers
    assert prepared.finish("that is from Monday to the Wednesday") == "that is from March 1 to April 15, 2024"
    assert prepared.finish("that is from Monday to Monday") is None
    own = carrier.prepare("das ist vom 1.3. bis zum 15.4.2024 zu", spell_out=True, own_numbers=True)
    assert own.text == "das ist vom 1. März bis zum 15. April 2024 zu"
    assert carrier.prepare("Montag, 3.4.2024", spell_out=True).finish("") == "Monday, April 3, 2024"
    shouted = carrier.prepare("DAS IST AM MONTAG, DEM 3. MAI, UND DAS", spell_out=True)
    assert shouted.finish(shouted.text) == shouted.text.upper()
