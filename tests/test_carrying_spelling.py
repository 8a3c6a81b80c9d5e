"""What is short, written out: whole words for what stands there, and nothing else touched."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt.carrying.spelling import write_out


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Obst, z. B. Äpfel, ist gesund.", "Obst, zum Beispiel Äpfel, ist gesund."),
        ("Z.B. das", "Zum Beispiel das"),
        ("Äpfel, Birnen usw.", "Äpfel, Birnen und so weiter."),
        ("„Äpfel usw.“", "„Äpfel und so weiter.“"),
        ("Ausweis usw. mit.", "Ausweis und so weiter mit."),
        ("Zu, d. h. wir gehen.", "Zu, das heißt, wir gehen."),
        ("max. 3 Std. und mind. 20 Min.", "höchstens 3 Stunden und mindestens 20 Minuten."),
        ("500g Mehl, 200 ml Sahne, 2 EL Öl", "500 Gramm Mehl, 200 Milliliter Sahne, 2 Esslöffel Öl"),
        ("Nr.7 auf S. 12", "Nummer 7 auf Seite 12"),
        ("Die Rechnung Nr. 2023-0457 ist da.", "Die Rechnung Nummer 2023-0457 ist da."),
        ("5 L Milch, 3,5 Mio. € und 4 Mrd. $", "5 Liter Milch, 3,5 Millionen Euro und 4 Milliarden Dollar"),
        ("NEU: Schuhe, ganz NEU", "Neu: Schuhe, ganz neu"),
        ("Hauptstr. 5", "Hauptstraße 5"),
        ("Am Mo. kommt er.", "Am Montag kommt er."),
        ("am 05.06.2023 um 9", "am 5. Juni 2023 um 9"),
        ("vom 3.4. bis 15.4. zu", "vom 3. April bis 15. April zu"),
        ("Wir treffen uns am 3.4.", "Wir treffen uns am 3. April."),
        ("„Bis 31. 12.“, sagte er", "„Bis 31. Dezember“, sagte er"),
        ("Das darfst du NIE tun.", "Das darfst du nie tun."),
        ("Um 20 Uhr, von 9 bis 18 Uhr", "Um 20:00 Uhr, von 9 bis 18 Uhr"),
        ("19,99 €/Monat, 100 € / Nacht, 5/Tag", "19,99 € pro Monat, 100 € pro Nacht, 5 pro Tag"),
        ("8–10 Stunden, 5-6 Min.", "8 bis 10 Stunden, 5 bis 6 Minuten."),
    ],
)
def test_german_is_written_out(text: str, expected: str) -> None:
    assert write_out(text, "de") == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Fruit, e.g. apples", "Fruit, for example apples"),
        ("Fruit, e. g., apples", "Fruit, for example apples"),
        ("Apples, pears, etc.", "Apples, pears, and so on."),
        ("at approx. 8 p.m., maybe", "at about 20:00, maybe"),
        ("8 p.m.", "20:00"),
        (
            "From 9 to 5 pm, 10 to 2 p.m., 11-1 pm, 1-3 pm",
            "From 9:00 to 17:00, 10:00 to 14:00, 11:00-13:00, 13:00-15:00",
        ),
        ("$1.5 million and €3 billion", "1.5 million dollars and 3 billion euros"),
        ("2 tbsp of oil, 2 tsp. salt", "2 tablespoons of oil, 2 teaspoons of salt"),
        ("from 6:30 to 8:00 p.m.", "from 18:30 to 20:00."),
        ("at 5.30 pm, 12 a.m. and 12 P.M.", "at 17:30, 0:00 and 12:00."),
        ("on 5 June 2023 and the 3rd of May", "on June 5, 2023 and May 3"),
        ("by June 7th?", "by June 7?"),
        ("He weighs 180 lbs.", "He weighs 180 pounds."),
        ("2 tbsp sugar, 250 g of flour and 5 g.", "2 tablespoons of sugar, 250 grams of flour and 5 grams."),
        ("Add 2 tsp and stir, 3 tbsp each", "Add 2 teaspoons and stir, 3 tablespoons each"),
        ("5 g in water (10 ml)", "5 grams in water (10 milliliters)"),
        ("See Fig. 3 on p. 12, no. 4.", "See picture 3 on page 12, number 4."),
        ("on Mon. or on Sat", "on Monday or on Saturday"),
        ("Please reply ASAP.", "Please reply as soon as possible."),
        ("Do it NOW.", "Do it now."),
        ("He's ill, i.e. he stays, i.e. at home.", "He's ill, so he stays, that means at home."),
        ("8-10 hours", "8 to 10 hours"),
        ("$19.99/month, $5 / person and 3/4 daytime/night", "$19.99 per month, $5 per person and 3/4 daytime/night"),
    ],
)
def test_english_is_written_out(text: str, expected: str) -> None:
    assert write_out(text, "en") == expected


@pytest.mark.parametrize(
    "language, text",
    [
        ("fr", "p. ex. 8 p.m. z. B. 200 ml"),
        ("de", "Um 12.30 Uhr in 5 km/h, 20 m² und 3,5 g/l."),
        ("de", "Version 1.2.2023.4 und 45.13.2023"),
        ("de", "Am Do ging es. So. Er war da. 3.4. ist kein Tag."),
        ("de", "https://a.de/z.B.?min.=5 und {ca.} und `max. 3`"),
        ("de", "DAS IST NIE NEU"),
        ("de", "Der Film heißt Max. Mein Handy hat 5G. Wir segelten um das Kap."),
        ("en", "The answer is no. 5 people said no. 12 left."),
        ("en", "The 4th of July parade on a 5G network"),
        ("en", "No. I said no. The US and IT."),
        ("en", "I am 5 minutes late, 13 p.m. and 0 a.m."),
        ("en", "The May 3 meeting. Maybe a.m. IF(NOT(5))"),
        ("en", "a@b.etc.com"),
    ],
)
def test_what_is_no_short_form_stays(language: str, text: str) -> None:
    assert write_out(text, language) == text


@given(st.text("aAzZ .,;:-–0123456789pmBNrSüß€{}@/\n", max_size=60), st.sampled_from(["de", "en"]))
def test_a_text_written_out_is_so_for_good(text: str, language: str) -> None:
    once = write_out(text, language)
    assert write_out(once, language).split() == write_out(write_out(once, language), language).split()
    assert "\n" in once or "\n" not in text


@pytest.mark.parametrize("unit", ["5 ", "z. ", "1.2. ", "8 p", "NIE ", "a", "3-"])
def test_long_lines_take_no_time_without_end(unit: str) -> None:
    start = time.process_time()
    for language in ("de", "en"):
        write_out(unit * (100_000 // len(unit)), language)
    assert time.process_time() - start < 20
