"""Amounts as the other language writes them."""

from __future__ import annotations

import pytest

from nmt.carrying.amounts import find_amounts, localise


@pytest.mark.parametrize(
    "german, english",
    [
        ("1.249,90 €", "€1,249.90"),
        ("2.800 €", "€2,800"),
        ("5 £", "£5"),
        ("0,99 $", "$0.99"),
        ("3,5 m²", "3.5 m²"),
        ("20 °C", "20 °C"),
        ("2.4.1", "2.4.1"),
        ("192.168.100.100", "192.168.100.100"),
        ("10.100.200.123:8080", "10.100.200.123:8080"),
        ("10 × 4,5", "10 × 4.5"),
        ("1.234.567", "1,234,567"),
        ("EUR 1.500,00", "EUR 1,500.00"),
        ("9,99 USD", "9.99 USD"),
        ("20.000-30.000", "20,000-30,000"),
        ("10 000", "10 000"),
    ],
)
def test_amounts_go_both_ways(german: str, english: str) -> None:
    assert localise(german, "de", "en") == english
    assert localise(english, "en", "de") == german


@pytest.mark.parametrize(
    "amount, expected", [("€ 9,99", "€9.99"), ("5,- €", "€5"), ("5€", "€5"), ("€ 1.000,-", "€1,000")]
)
def test_german_ways_to_write_a_price(amount: str, expected: str) -> None:
    assert localise(amount, "de", "en") == expected


def test_between_other_languages_an_amount_stays() -> None:
    assert localise("1.249,90 €", "de", "fr") == "1.249,90 €"
    assert localise("1.249,90 €", "", "") == "1.249,90 €"


@pytest.mark.parametrize(
    "language, text, found",
    [
        ("de", "Es waren 350.000, dann 1.234.567,5 und -1.500.", ["350.000", "1.234.567,5", "-1.500"]),
        ("en", "There were 350,000, then 1,234,567.5 and -1,500.", ["350,000", "1,234,567.5", "-1,500"]),
        ("de", "10 000 oder 10\u00a0000, 20.000-30.000.", ["10 000", "10\u00a0000", "20.000-30.000"]),
        ("de", "EUR 1.500,00, CHF 5, 9,99 USD und 5,- EUR.", ["EUR 1.500,00", "CHF 5", "9,99 USD", "5,- EUR"]),
        ("en", "USD5 and GBP 1.2 million", ["USD5", "GBP 1.2"]),
        ("en", "May 5, 2,000 people", ["2,000"]),
        ("fr", "1.500 EUR", []),
    ],
)
def test_large_numbers_and_those_beside_a_code_are_amounts(language: str, text: str, found: list[str]) -> None:
    assert [text[span.start : span.end] for span in find_amounts(text, language)] == found


@pytest.mark.parametrize(
    "language, text",
    [
        ("de", "5, 47 und 350 oder 1,500 und 12,75, 1995 und 123456"),
        ("en", "5, 47 and 350 or 1.500 and 12.75, 1995 and 123456"),
        ("de", "Am 12.3.2024 um 14.30 Uhr, 1939-1945, 3/1.500"),
        ("de", "v1.500, Version 1.500, 2.400.1, 030 123 456, 2000 100"),
        ("en", "the 1,000th, in 1,000s, version 1,500, 1,2,3"),
        ("de", "5 EUR-Scheine, 5 EURO"),
    ],
)
def test_small_numbers_decimals_dates_and_versions_are_none(language: str, text: str) -> None:
    assert find_amounts(text, language) == []


@pytest.mark.parametrize("unit", ["1.500 ", "1.500", "1 500 ", "1", "EUR ", "EUR1", "1.", "1.500-"])
def test_amounts_of_a_long_line_are_found_in_no_time(unit: str) -> None:
    # If each character were compared with every other, the test would run for hours.
    assert find_amounts(unit * 60_000 + " x 1.500", "de")[-1].end == len(unit) * 60_000 + 8
