"""Amounts as the other language writes them."""

from __future__ import annotations

import pytest

from nmt.carrying.amounts import localise


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
