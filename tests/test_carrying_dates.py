"""Dates: demanded, read as days of the week and written as the other language does."""

from __future__ import annotations

import pytest

from nmt.carrying.dates import (
    find_dates,
    find_hard_dates,
    find_weekdays,
    fit_date,
    ordinal,
    write_date,
)


def test_a_translation_must_hold_dates_in_one_of_their_forms() -> None:
    (date,) = find_dates("seit dem 03. Mai 2020", "de", "en")
    assert (date.found, date.forms, date.span) == ("03. Mai", ("May 3", "May 3rd", "3 May", "3rd of May"), (9, 16))
    assert [each.forms for each in find_dates("May 12 or June 3", "en", "de")] == [("12. Mai",), ("3. Juni",)]
    assert find_dates("May 12,000, May 2020, May 12:30", "en", "de") == []
    assert find_dates("12. Mai", "de", "fr") == []


def test_a_translation_must_hold_days_of_the_week() -> None:
    days = find_weekdays("Am Sonntag, nicht am Sonnabend oder montags", "de", "en")
    assert [(each.found, each.forms, each.span) for each in days] == [
        ("Sonntag", ("Sunday",), (3, 10)),
        ("Sonnabend", ("Saturday",), (21, 30)),
    ]
    assert [each.forms for each in find_weekdays("Saturday", "en", "de")] == [("Samstag", "Sonnabend")]
    assert find_weekdays("Sunday", "en", "fr") == []


@pytest.mark.parametrize(
    "src, tgt, text, dates, written",
    [
        ("de", "en", "vom 1. März bis zum 15. April zu", ["1. März", "zum 15. April"], ["March 1", "April 15"]),
        ("de", "en", "am Montag, dem 12. Mai, kann", ["Montag, dem 12. Mai,"], ["Monday, May 12"]),
        ("de", "en", "Am Sonnabend, 12. Mai 2024, weil", ["Sonnabend, 12. Mai 2024"], ["Saturday, May 12, 2024"]),
        ("de", "en", "am 03. Mai um 14:30 Uhr", ["03. Mai"], ["May 3"]),
        ("de", "en", "am 3. Mai", [], []),
        ("de", "en", "am 3. Mai, 85 Euro", ["3. Mai"], ["May 3"]),
        ("en", "de", "from March 1 to April 15, 2020", ["March 1", "April 15, 2020"], ["1. März", "15. April 2020"]),
        ("en", "de", "on Monday, May 12, at", ["Monday, May 12,"], ["Montag, den 12. Mai"]),
        ("en", "de", "on Monday, May 12, I", ["Monday, May 12"], ["Montag, den 12. Mai"]),
        ("en", "de", "from May 3 to 10:30", ["May 3"], ["3. Mai"]),
        ("de", "fr", "vom 1. März bis zum 15. April zu", [], []),
    ],
)
def test_dates_that_a_model_would_mix_up_are_found_and_written(
    src: str, tgt: str, text: str, dates: list[str], written: list[str]
) -> None:
    found = [text[span.start : span.end] for span in find_hard_dates(text, src, tgt)]
    assert found == dates
    assert [write_date(date, src, tgt) for date in found] == written


def test_german_has_an_article_before_a_date_and_english_none() -> None:
    text = "Von 3. Mai bis 4. Juni, SEIT 3. Mai, am 3. Mai, davon 3. Mai"
    text = fit_date(fit_date(text, "3. Mai"), "4. Juni")
    assert text == "Vom 3. Mai bis zum 4. Juni, SEIT DEM 3. Mai, am 3. Mai, davon 3. Mai"
    assert fit_date("von Montag, den 3. Mai", "Montag, den 3. Mai") == "von Montag, den 3. Mai"
    assert fit_date("to the May 3", "May 3") == "to May 3"


def test_ordinals() -> None:
    numbers = ["1", "2", "3", "4", "11", "12", "13", "21", "30"]
    assert [ordinal(each) for each in numbers] == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "30th"]


@pytest.mark.parametrize("unit", ["1. ", "12. und ", "May 12 and ", "Montag, ", "bis zum ", "1. Mai 2020, "])
def test_dates_of_a_long_line_are_found_in_no_time(unit: str) -> None:
    # If each character were compared with every other, the test would run for hours.
    line = unit * 30_000
    assert find_hard_dates(f"{line} und am 3. Mai 2020, 85", "de", "en")[-1].end == len(line) + 19
    assert len(find_dates(f"{line} May 12", "en", "de")) == 1 + line.count("May")
