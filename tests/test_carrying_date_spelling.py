"""Dates in figures or short are written out, and nothing else is."""

from __future__ import annotations

import pytest

from nmt.carrying.date_spelling import write_out_english, write_out_german


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


@pytest.mark.parametrize("unit", ["1. ", "1.1.", "12. und ", "May 12 and ", "Montag, ", "Mon, ", "1/", "bis zum "])
def test_a_long_line_is_read_in_no_time(unit: str) -> None:
    # If each character were compared with every other, the test would run for hours.
    assert write_out_german(f"{unit * 30_000} am 3.5. zu").endswith(" am 3. Mai zu")
    assert write_out_english(f"{unit * 30_000} on 3rd May.").endswith(" on May 3.")
