"""Clock times as the other language writes them."""

from __future__ import annotations

import pytest

from nmt.carrying.times import find_times, find_wrong_hours, write_time


@pytest.mark.parametrize(
    "german, english",
    [
        ("14:30 Uhr", "2:30 pm"),
        ("6.30 Uhr", "6:30"),
        ("15:00 Uhr", "3 pm"),
        ("12:10 Uhr", "12:10"),
        ("0:15 Uhr", "12:15 am"),
        ("24:00 Uhr", "12 am"),
        ("7 Uhr", "7:00"),
        ("9–18 Uhr", "9 am–6 pm"),
        ("9.00 - 18.30 Uhr", "9 am-6:30 pm"),
        ("10:00–11:30", "10:00–11:30"),
        ("18 bis 22 Uhr", "6 pm to 10 pm"),
        ("10 €", "10 €"),
    ],
)
def test_german_times_in_english(german: str, english: str) -> None:
    assert write_time(german, "en") == english


@pytest.mark.parametrize(
    "english, german",
    [
        ("9:00-18:00", "9-18 Uhr"),
        ("9:00–18:30", "9:00–18:30 Uhr"),
        ("14:30", "14:30 Uhr"),
        ("14:00", "14:00 Uhr"),
        ("2:30 pm", "2:30 pm"),
    ],
)
def test_english_times_in_german(english: str, german: str) -> None:
    assert write_time(english, "de") == german


@pytest.mark.parametrize(
    "src, text, found",
    [
        ("de", "Um 14:30 Uhr, von 9–18 Uhr.", ["14:30 Uhr", "9–18 Uhr"]),
        ("de", "Von 18 bis 22 Uhr", ["18 bis 22 Uhr"]),
        ("de", "Von 7 Uhr bis 14.55 Uhr", ["7 Uhr", "14.55 Uhr"]),
        ("de", "Mo 10:00-11:30", ["10:00-11:30"]),
        ("de", "Am 12. um 14:30, ab 9:15", ["14:30", "9:15"]),
        ("de", "Um 7 Uhr gehen wir.", []),
        ("de", "Um 7 Uhr 30, die 14:30, um 3:1, das Spiel endete 3:1, 7 Uhren", []),
        ("de", "Am 12.3. und 25 Uhr, 14:75 Uhr", []),
        ("en", "Mon-Fri 9:00-18:00, at 14:30", ["9:00-18:00"]),
        ("en", "3:1-2:0, 10:15:30-11:00", []),
        ("fr", "à 14:30-15:30", []),
    ],
)
def test_times_are_found(src: str, text: str, found: list[str]) -> None:
    spans = find_times(text, src, "en" if src == "de" else "de")
    assert [text[span.start : span.end] for span in spans] == found
    assert find_times(text, src, "fr") == []


def test_a_full_hour_beside_a_date_is_a_time() -> None:
    assert [span.start for span in find_times("Am 3. Mai um 7 Uhr.", "de", "en", dated=True)] == [13]


@pytest.mark.parametrize("unit", ["14:30 ", "9-", "12:", "7 Uhr ", "1"])
def test_times_of_a_long_line_are_found_in_no_time(unit: str) -> None:
    # If each character were compared with every other, the test would run for hours.
    assert find_times(unit * 60_000 + " x 14:30 Uhr", "de", "en")[-1].end == len(unit) * 60_000 + 12


@pytest.mark.parametrize(
    "text, translation, wrong",
    [
        ("Montag, 10 Uhr", "Monday, 10 pm", ["10 Uhr"]),
        ("Um 7 Uhr oder 9 Uhr", "At 7:00 p.m. or 9 am", ["7 Uhr"]),
        ("Um 7 Uhr", "At 7 o'clock", []),
        ("Um 7 Uhr abends, 12 Uhr, 7 Uhr 30", "At 7 pm, 12 pm, 7:30 pm", []),
        ("Um 20 Uhr und 7 Uhr 30", "At 8 pm and 7:30 pm", []),
    ],
)
def test_hours_in_the_wrong_half_of_the_day(text: str, translation: str, wrong: list[str]) -> None:
    found = find_wrong_hours(text, translation, "de", "en")
    assert [each.found for each in found] == wrong
    assert all(each.forms[0].endswith(" am") for each in found)
    assert find_wrong_hours(text, translation, "de", "fr") == []
