"""Which brackets and quoted words within a sentence are translated by themselves."""

from __future__ import annotations

import pytest

from nmt.carrying.enclosed import find_enclosed
from nmt.carrying.stand_ins import open_up


@pytest.mark.parametrize(
    ("text", "opened", "enclosed"),
    [
        ("Der Kuchen (mit Sahne) war gut.", "Der Kuchen (Tom) war gut.", ["mit Sahne"]),
        ("Tom isst [viel zu oft] Kuchen", "Tom isst [Anna] Kuchen", ["viel zu oft"]),
        ("Ist „Der Kuchen“ (von 1990) neu?", "Ist „Tom“ (Anna) neu?", ["Der Kuchen", "von 1990"]),
        ('He said "yes".', 'He said "Tom".', ["yes"]),
        ("Das »alte Haus« und „das neue“, beide", "Das »Tom« und „Anna“, beide", ["alte Haus", "das neue"]),
        ("“Yesterday” is a song.", "“Tom” is a song.", ["Yesterday"]),
        ("Alter (freiwillig)", "Alter (Tom)", ["freiwillig"]),
    ],
)
def test_names_stand_for_what_is_enclosed(text: str, opened: str, enclosed: list[str]) -> None:
    found = open_up(text, find_enclosed(text, "de"))
    assert found is not None
    assert (found.text, found.asked) == (opened, enclosed)
    filled = found.text
    for name, content in zip(found.names, found.contents, strict=True):
        filled = filled.replace(name, content)
    assert filled == text


@pytest.mark.parametrize(
    "text",
    [
        "Das ist gut.",
        "Er sagte: „Ich komme.“",
        "Er sagte: „ja“",
        "Sie rief, „komm“",
        "„Ich gehe jetzt“, sagte er, „und komme nicht zurück.“",
        "“Where were you?” she asked.",
        '"I see," he said.',
        "(Das ist alles.)",
        "„Nur dies“",
        "Die UNO (UN) tagt.",
        "Am Montag (3. 5.) um 8",
        "Die Datei(en) hier",
        "Rufe print(wert) auf",
        "Setze (a = b) hier",
        "Der Wert „config.json“ und “max_size” und (Zelle A1)",
        "Hier (Das ist gut. Es ist neu.) steht es",
        "DAS TREFFEN (nur für uns) BEGINNT",
        "Ein ( loses ) Wort",
        "Fünf (5) Tage",
        "Tom Anna Peter Robert Martin Laura (alle) kamen",
        "",
    ],
)
def test_speech_code_and_what_is_no_words_stay_in_their_sentence(text: str) -> None:
    assert open_up(text, find_enclosed(text, "de")) is None


def test_a_capital_in_brackets_says_nothing_of_a_german_word() -> None:
    for text, language, within in [
        ("Ein (Haus) hier", "de", True),
        ("Ein „Haus“ hier", "de", False),
        ("A (House) here", "en", False),
        ("A (house) here", "en", True),
        ('A "house" here', "en", True),
    ]:
        assert [each.within for each in find_enclosed(text, language)] == [within], text


def test_a_long_line_of_marks_takes_no_time() -> None:
    for text in ("( " * 50_000, "(a" * 50_000, '"' * 100_000, "„a “" * 25_000, "((" * 50_000 + "))" * 50_000):
        find_enclosed(text, "de")
