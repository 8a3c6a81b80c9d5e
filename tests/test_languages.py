"""Languages: what somebody types is taken for the code that it means."""

from __future__ import annotations

import pytest

from nmt.languages import fits, meant


@pytest.mark.parametrize(
    ("typed", "code", "fit"),
    [
        ("de", "de", True), ("DE", "de", True), ("de-AT", "de", True), ("de_at", "de", True), ("pt-br", "pt-BR", True),
        ("de", "de-AT", False), ("pt-PT", "pt-BR", False), ("den", "de", False), ("", "de", False),
    ],
)  # fmt: skip
def test_letters_and_a_region_do_not_matter(typed: str, code: str, fit: bool) -> None:
    assert fits(typed, code) is fit


@pytest.mark.parametrize(
    ("typed", "code"),
    [("german", "de"), ("German", "de"), ("ger", "de"), ("englisch", "en"), ("fr", ""), ("estonian", ""), ("", "")],
)
def test_a_name_is_taken_for_its_code_where_that_is_one_of_those_there(typed: str, code: str) -> None:
    assert meant(typed, ["de", "en"]) == code
