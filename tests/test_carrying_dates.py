"""Dates: written out, demanded, read as days of the week and written as the other language does."""

from __future__ import annotations

import pytest

from nmt.carrying.dates import (
    find_dates,
    find_hard_dates,
    find_weekdays,
    fit_date,
    ordinal,
    write_date,
    write_out_english,
    write_out_german,
)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("am 05.06.2023 um 9", "am 5. Juni 2023 um 9"),
        ("Wir treffen uns am 3.4.", "Wir treffen uns am 3. April."),
        ("„Bis 31. 12.“, sagte er", "„Bis 31. Dezember“, sagte er"),
        ("vom 1.3. bis 15.4. zu", "vom 1. März bis 15. April zu"),
        ("Urlaub: 1.3.–15.4. oder 2.3. - 5.3.", "Urlaub: 1. März bis 15. April oder 2. März bis 5. März."),
        ("am 3., 4. und 5. Mai", "am 3. Mai, 4. Mai und 5. Mai"),
        ("vom 12.–14. Mai oder 12. bis zum 14. Juni", "vom 12. Mai bis 14. Mai oder 12. Juni bis zum 14. Juni"),
        ("Bis: 12.03.26, am 3.6. 19 Uhr", "Bis: 12. März 2026, am 3. Juni 19 Uhr"),
        ("zwischen 1.3. und 15.4. zu", "zwischen 1. März und 15. April zu"),
        ("Am Montag, dem 12.5., nicht", "Am Montag, dem 12. Mai, nicht"),
        ("am Montag, 12.5., nicht", "am Montag, 12. Mai, nicht"),
        ("Mo., 12.5., Di, den 13.5.24", "Montag, 12. Mai, Dienstag, den 13. Mai 2024"),
        ("So, 3. April", "Sonntag, 3. April"),
        ("seit dem 3.5.68 und am 3.5.45", "seit dem 3. Mai 1968 und am 3. Mai 45"),
        ("am 12.5. 24 Leute", "am 12.5. 24 Leute"),
    ],
)
def test_german_dates_are_written_out(text: str, expected: str) -> None:
    assert write_out_german(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Version 3.5. ist neu",
        "die 12.5.1",
        "am 32.5.2023",
        "am 3.13.2023",
        "Kapitel 12.5.",
        "So, 3 Mal",
        "12.5.24",
        "Version 10.10.24",
    ],
)
def test_what_may_be_no_german_date_stays(text: str) -> None:
    assert write_out_german(text) == text


@pytest.mark.parametrize(
    "text, expected",
    [
        ("on 5 June 2023 and the 3rd of May", "on June 5, 2023 and May 3"),
        ("from Dec. 23 to Jan 6, 2024", "from December 23 to January 6, 2024"),
        ("on 23 Dec. and 3rd Sept.", "on December 23 and September 3."),
        ("in Dec. 2024", "in December 2024"),
        ("by 12/31/2024, 31/12/2024 or 5/5/2024", "by December 31, 2024, December 31, 2024 or May 5, 2024"),
        ("on 6/14 at noon", "on June 14 at noon"),
        ("May 12-14, June 3 and 4.", "May 12 to May 14, June 3 and June 4."),
        ("from May 12 to 14 in Rome", "from May 12 to May 14 in Rome"),
        ("Oct. 3 – Nov. 4", "October 3 to November 4"),
        ("Mon, 12 May, and Fri. Feb. 3rd", "Monday, May 12, and Friday, February 3"),
    ],
)
def test_english_dates_are_written_out(text: str, expected: str) -> None:
    assert write_out_english(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "5/6/2024",
        "on 5/6",
        "on 3/4 of it",
        "13/13/2024",
        "Jan said 5",
        "Mar. is here",
        "Mon ami",
        "Dec. 2:30",
        "May 3 to 10 people",
    ],
)
def test_what_may_be_no_english_date_stays(text: str) -> None:
    assert write_out_english(text) == text


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
