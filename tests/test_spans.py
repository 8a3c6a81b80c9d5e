"""What the model is not to read: found whole, with what belongs to it, in time that grows with the text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmt.spans import Kind, find_spans

STRANGE = "€£°²½§|×~&@®Łź·"
AMOUNT, NAME, APART, ASIDE, PLACE = Kind.AMOUNT, Kind.NAME, Kind.APART, Kind.ASIDE, Kind.PLACE


@pytest.mark.parametrize(
    "text, found",
    [
        ("Es kostet 5 €.", [("5 €", AMOUNT)]),
        ("Es kostet 5€, nicht 6.", [("5€", AMOUNT)]),
        ("Es kostet € 9,99.", [("€ 9,99", AMOUNT)]),
        ("Es kostet £5.50, ja.", [("£5.50", AMOUNT)]),
        ("Die 3 kosten 1.234,50 € im Monat.", [("1.234,50 €", AMOUNT)]),
        ("Es sind 10 000 € und 5,- €.", [("10 000 €", AMOUNT), ("5,- €", AMOUNT)]),
        ("Bei -5 °C oder 20–25 °C.", [("-5 °C", AMOUNT), ("20–25 °C", AMOUNT)]),
        ("Auf 20 m² und 2½ Etagen.", [("20 m²", AMOUNT), ("2½", AMOUNT)]),
        ("Nach § 5a und § 7.", [("§ 5a", AMOUNT), ("§ 7", AMOUNT)]),
        ("Macht 3 × 4 = 12.", [("3 × 4", AMOUNT)]),
        ("Etwa ~5 km.", [("~5", AMOUNT)]),
        ("5 € | 6 €", [("5 € | 6 €", AMOUNT)]),
        ("19,99 € 9,99 € £5 € 7", [("19,99 €", AMOUNT), ("9,99 €", AMOUNT), ("£5", AMOUNT), ("€ 7", AMOUNT)]),
        ("Bei 20 °C −5 °C", [("20 °C", AMOUNT), ("−5 °C", AMOUNT)]),
        ("Macht 3 × 4 × 5 und 3 × 4\u00a0×\u00a05.", [("3 × 4 × 5", AMOUNT), ("3 × 4\u00a0×\u00a05", AMOUNT)]),
        ("100 €/Jahr", [("100 €", AMOUNT)]),
        ("Update KB5034441 für E-4711.", [("KB5034441", AMOUNT), ("E-4711", AMOUNT)]),
        ("B08N5WRWNW, 2024-XK-778, A320-200", [("B08N5WRWNW", AMOUNT), ("2024-XK-778", AMOUNT), ("A320-200", AMOUNT)]),
        ("Fehler 0x80070005 in 3f2a9c1.", [("0x80070005", AMOUNT), ("3f2a9c1", AMOUNT)]),
        ("550e8400-e29b-41d4-a716-446655440000", [("550e8400-e29b-41d4-a716-446655440000", AMOUNT)]),
        ("IBAN DE89 3704 0044 0532 0130 00.", [("DE89 3704 0044 0532 0130 00", NAME)]),
        ("Flug LH 1234, flight BA117, im LH 1234", [("LH 1234", AMOUNT), ("BA117", AMOUNT)]),
        ("Paket 00340434161094042557", [("00340434161094042557", PLACE)]),
        ("5'6\" groß, 5’10 oder 6'", [("5'6\"", AMOUNT), ("5’10", AMOUNT)]),
        ("COVID-19, F-16, MP3, A380, UTF-8, U21-Elf, 9am-6pm, 24-STD, DECADE-80", []),
        ("In Łódź, AT&T und Windows®.", [("Łódź", NAME), ("AT&T", NAME), ("Windows®", NAME)]),
        ("An @max.", [("@max", PLACE)]),
        ("Ein m² mehr.", [("m²", NAME)]),
        ("Ein Wort², und 5 km².", [("²", APART), ("5 km²", AMOUNT)]),
        ("Katze & Hund | Maus", [("&", APART), ("|", APART)]),
        ("Katze·Hund", [("·", APART)]),
        ("Der (€) ist da.", [("€", NAME)]),
        ("Siehe `ls -l` und {name}.", [("`ls -l`", NAME), ("{name}", NAME)]),
        ("Von %s, %(name)s und %1$s", [("%s", NAME), ("%(name)s", NAME), ("%1$s", NAME)]),
        ("{n} von {fileCount}, {num_files}.", [("{n}", AMOUNT), ("{fileCount}", AMOUNT), ("{num_files}", AMOUNT)]),
        ("%d Tage, %1$d Tage, 5 %d, 100 %s, 100%ig", [("%d", AMOUNT), ("%1$d", AMOUNT)]),
        ("Danke😊, bis dann", [("😊", APART)]),
        ("Danke 😘 bis dann, 👍🏽 und :) ja", [("😘", APART), ("👍🏽", APART), (":)", APART)]),
        ("Ich bin 😴 aber da :) weil du 🍕 hast.", [("😴", ASIDE), (":)", ASIDE), ("🍕", ASIDE)]),
        ("Das ist mein Hund 🐶 und Katze", [("🐶", APART)]),
        ("Mein Hund 🐶 ist krank", [("🐶", ASIDE)]),
        ("Wir fahren ans Meer 🌊 und essen 🍕 und Eis.", [("🌊", APART), ("🍕", ASIDE)]),
        ("ICH MAG SEHR 🍕 UND EIS.", [("🍕", ASIDE)]),
        ("haha ja^^", [("^^", APART)]),
        ("Der Krieg (1939-1945) und 2010 - 2020.", []),
        ("Der Krieg 1939-1945 war lang, 1914 - 1918 auch.", []),
        (
            "Ruf 0221/123456 an, (0221) 123456 oder +49 (0)30 123456!",
            [
                ("0221/123456", PLACE),
                ("(0221) 123456", PLACE),
                ("+49 (0)30 123456", PLACE),
            ],
        ),
        ("Call 555.123.4567 or (555) 123-4567.", [("555.123.4567", PLACE), ("(555) 123-4567", PLACE)]),
        ("Am 12/12/2024 sind 3/4 da, 2.500.000 (1999) 20.", []),
        ("We met on 12/05/2024, 01/02/2024 and 05/2024.", []),
        ("03/2015 – 06/2018, 03/2015-06/2018: Entwickler", []),
        ("Am 09/11 2001 um 14:30, 12.03.2024 für 1.234,56 Euro, 3:2.", []),
        ("Am 2.4.24, 2024.04.02 und 2.4., 1.000.000 oder 1.000.000.000 Mal.", []),
        ("Nimm Version 3.5.1, v1.0.12.", [("3.5.1", AMOUNT), ("v1.0.12", AMOUNT)]),
        ("An 192.168.178.100:80 und 10.0.0.1.", [("192.168.178.100:80", AMOUNT), ("10.0.0.1", AMOUNT)]),
        (
            "In config.json, src/main.py und FOTO.JPG!",
            [("config.json", NAME), ("src/main.py", NAME), ("FOTO.JPG", NAME)],
        ),
        ("In /etc/hosts und C:\\Temp\\a.exe.", [("/etc/hosts", NAME), ("C:\\Temp\\a.exe", NAME)]),
        ("Nimm max_size, getName() und os.path()!", [("max_size", NAME), ("getName()", NAME), ("os.path()", NAME)]),
        ("Für alle Schüler_innen und jede_n: ____, das ist _sehr_ gut.", []),
        ("Das ist toll! #sonne #Berlin", [("#sonne", ASIDE), ("#Berlin", ASIDE)]),
        ("Wir fahren nach #Berlin", [("#Berlin", NAME)]),
        ("#Berlin ist toll, @max_1 auch.", [("#Berlin", PLACE), ("@max_1", PLACE)]),
        ("# Titel, #1, C# und das/die/der, 24/7.", []),
        ("Auf 20 Meter² mit 9 m/Minute².", [("20 Meter²", AMOUNT), ("Minute²", NAME)]),
        ("2500000 Menschen leben hier.", [("2500000", AMOUNT)]),
        ("Siehe Www.Beispiel.de und HTTPS://A.DE/B.", [("Www.Beispiel.de", PLACE), ("HTTPS://A.DE/B", PLACE)]),
        ("Auf Extras → Optionen ► Mehr.", [("→", APART), ("►", APART)]),
        ("→ Weiter", [("→", ASIDE)]),
        ("Wie geht`s, war`s gut?", []),
        ("Łukasz 🙂", [("Łukasz", NAME), ("🙂", APART)]),
        (
            "An a@b.de, https://c.de/€ und 0170 1234567.",
            [("a@b.de", PLACE), ("https://c.de/€", PLACE), ("0170 1234567", PLACE)],
        ),
        ("Am 12.3.2024 um 14:30 sind 5 % da.", []),
    ],
)
def test_spans_hold_what_belongs_together(text: str, found: list[tuple[str, Kind]]) -> None:
    assert [(text[span.start : span.end], span.kind) for span in find_spans(text, STRANGE)] == found


@given(st.text(st.sampled_from("aB1 .,-(){}`|€°²Ł🙂@:/\u00a0"), max_size=40))
def test_spans_are_in_order_and_hold_every_strange_character(text: str) -> None:
    spans = find_spans(text, "€°²Ł|")
    assert all(span.start < span.end for span in spans)
    assert all(one.end < two.start for one, two in itertools.pairwise(spans))
    inside = {place for span in spans for place in range(span.start, span.end)}
    assert all(place in inside for place, each in enumerate(text) if each in "€°²Ł|")
    assert not any(text[span.start].isspace() or text[span.end - 1].isspace() for span in spans)


@pytest.mark.parametrize(
    "unit",
    [
        "1",
        "a",
        "1.",
        "1 000 ",
        "€",
        "€ ",
        "{",
        "`a",
        "a-",
        "1-1",
        " ",
        "5 € | ",
        "a 😊b ",
        "a Da 🍕 ",
        "a_",
        "a/",
        "\\a",
        "a()",
        "1.1.1 ",
        "%d",
        "{n",
    ],
)
def test_a_long_line_is_done_in_no_time(unit: str) -> None:
    # If each character were compared with every other, the test would run for hours.
    assert find_spans(unit * 60_000 + "€", "€|")[-1].end == len(unit) * 60_000 + 1
