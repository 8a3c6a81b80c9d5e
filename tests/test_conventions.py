"""The targets of the built-in models' corpus follow one convention; sources stay as people write."""

from __future__ import annotations

import pytest
from builtin_text.conventions import by_convention


@pytest.mark.parametrize(
    ("de", "en", "written"),
    [
        ("Der 3. Oktober.", "October 3rd.", "October 3."),
        ("Am 21. Mai 1990.", "On the 21st of May, 1990.", "On May 21, 1990."),
        ("Um 17:35 Uhr.", "At 5:35 p.m.", "At 5:35 pm."),
        ("Um 17:35 Uhr fährt er.", "He leaves at 5:35 p.m. sharp.", "He leaves at 5:35 pm sharp."),
        ("Er fährt um 17.35 Uhr.", "He leaves at 17:35.", "He leaves at 5:35 pm."),
        ("Ruf um 14:30 Uhr an!", "Call at 2:30!", "Call at 2:30 pm!"),
        ("Ruf um 14:30 Uhr an!", "Call at 2:30pm!", "Call at 2:30pm!"),
        ("Von 9 bis 17:00 Uhr.", "From 9 a.m. to 5 p.m.", "From 9 am to 5 pm."),
        ("„Um 20:15 Uhr.“", '"At 8:15 p.m."', '"At 8:15 pm."'),
        ("Um 8:15 Uhr.", "At 8:15.", "At 8:15 am."),
        ("Um 12:15 Uhr.", "At 12:15.", "At 12:15 pm."),
        ("Um 8:15 Uhr.", "At 8:15 pm.", "At 8:15 pm."),
        ("Das 3. Haus.", "The 3rd house.", "The 3rd house."),
        ("Es steht 14:30.", "It's 14:30.", "It's 14:30."),
    ],
)
def test_english_dates_and_times(de: str, en: str, written: str) -> None:
    assert by_convention({"de": de, "en": en}, "en") == {"de": de, "en": written}


@pytest.mark.parametrize(
    ("de", "written"),
    [
        ("Um 17.35 Uhr.", "Um 17:35 Uhr."),
        ("Am 3.10. um 9 Uhr.", "Am 3.10. um 9 Uhr."),
        ("Es sind 3,5%.", "Es sind 3,5 %."),
        ("100%ig sicher.", "100%ig sicher."),
        ('Er sagte: "Nein."', "Er sagte: „Nein.“"),
        ('Ein 24" großer Schirm.', 'Ein 24" großer Schirm.'),
    ],
)
def test_german_times_percentages_and_quotes(de: str, written: str) -> None:
    pair = {"de": de, "en": 'At 5:35 p.m., 3.5%: "no" on October 3rd.'}
    assert by_convention(pair, "de") == {**pair, "de": written}
