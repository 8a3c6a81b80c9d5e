"""What fills the slots of the phrase book's patterns, as each language writes it."""

from __future__ import annotations

import re
from random import Random

import pytest
from builtin_text.slots import SLOTS


def drawn(slot: str) -> dict[str, str]:
    """Return what a slot may be filled with, English by German."""
    draws = Random(1)
    found = [SLOTS[slot](draws) for _ in range(2000)]
    return {pair["de"]: pair["en"] for pair in found}


def test_every_day_of_a_month_has_its_ordinal() -> None:
    ordinals = drawn("nth")
    assert len(ordinals) == 31
    said = [ordinals[day] for day in ("1.", "2.", "3.", "4.", "11.", "12.", "13.", "21.", "22.", "23.", "30.", "31.")]
    assert said == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "30th", "31st"]


def test_prices_have_points_and_commas_the_other_way_round() -> None:
    for de, en in drawn("euros").items():
        assert re.fullmatch(r"(\d\.)?\d{1,3},\d\d €", de) and re.fullmatch(r"€(\d,)?\d{1,3}\.\d\d", en)
        assert re.sub(r"\D", "", de) == re.sub(r"\D", "", en)


def test_opening_hours_are_counted_to_twelve_in_english() -> None:
    for de, en in drawn("span").items():
        begin, end = (int(hour) for hour in re.findall(r"(?<![:\d])\d+", de))
        assert [int(hour) for hour in re.findall(r"(?<![:\d])\d+", en)] == [begin, end - 12]
        assert de.endswith(" Uhr") and en.count("m.") == 2


@pytest.mark.parametrize("slot", ["email", "url"])
def test_addresses_of_the_net_are_ascii_and_the_same_on_both_sides(slot: str) -> None:
    for de, en in drawn(slot).items():
        assert de == en and de.isascii() and " " not in de and "." in de


def test_known_names_are_whole() -> None:
    known = drawn("known")
    assert "Angela Merkel" in known and "Leonardo DiCaprio" in known and len(known) > 90
    assert all(re.fullmatch(r"[^\s|]+( [^\s|]+)*", name) and known[name] == name for name in known)
