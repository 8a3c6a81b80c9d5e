"""Tests of where sentences end."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nmt.segments import split_line
from nmt.sentences import split_sentences

# Sentences divided by bars.
GERMAN = """
Wir treffen uns am 3. Mai in Köln. | Dann gehen wir heim.
Im 19. Jahrhundert war das anders. | Heute nicht.
Der 1. FC Köln spielt. | Wir sehen zu.
Am 6. Oktober 2020 um 15.30 Uhr kam er an. | Gut.
Er kam z. B. gestern. | Sie nicht.
Das gilt z.B. für uns. | Nicht für alle.
Das ist Dr. Weber. | Er wohnt hier.
Prof. Dr. h. c. Müller u. a. kamen. | Alle gingen.
„Komm her!“, sagte er. | Sie ging.
Er sagte: „Ich gehe. Du bleibst.“ | Dann ging er.
Ich weiß nicht ... vielleicht. | Ja.
Siehe Abb. 3 auf S. 12. | Ende.
Was? | Nein! | Doch...
Ludwig XIV. war König. | Er starb.
Es kostet 3,50 €. | Das ist viel.
Besuche www.example.com. | Dort steht es.
Das Jahr 1999. | Es war gut.
Es waren 19. | Dann ging er.
Das ist usw. und so fort. | Schluss.
Das kostet 20 Euro inkl. MwSt. und zzgl. Versand. | Das ist viel.
Fragen Sie Dipl.-Ing. Meier. | Er weiß es.
Wir feiern Omas 80. Geburtstag. | Komm auch!
Es ist unser 10. Hochzeitstag und eurer 3. Versuch. | Schön.
Kommst du? | - Ja, gleich.
Es ist schon nach 10. | Wir müssen gehen.
BESUCHEN SIE WWW.BEISPIEL.DE! | Oder Www.Beispiel.De heute.
Schreib an A.B@C.DE. | Er liest es.
Ab 20. Schwangerschaftswoche und nach 3. Mahnung wird es teuer. | Gut.
Nimm die 12. | Sie fährt zum Bahnhof.
Zum 100. Mal kam der 2.500. Kunde am 1.000. Tag. | Gut.
Es gibt nur noch die 100. | Hier steht es.
Das gilt bis 3. März und ab 2. Klasse. | Gut.
Die ehem. DDR und die Fa. Meier. | Lange her.
Sie ist geb. Müller. | Er nicht.
Die Fahrt zw. Köln und Bonn dauert lange. | Gehen wir in Abt. Einkauf.
Das gilt einschl. Sonntag. | Es ist in engl. Sprache. | Gut.
Das ist Hrn. Meiers Firma, Gebr. Schulz. | Lange her.
hallo! | wie geht's? | mir gut. und dir?
Ein Satz ohne Ende
1. Einleitung
"""
ENGLISH = """
Mr. Smith met Dr. Jones. | They talked.
He lives in the U.S. and works. | She doesn't.
"Come here!" he said. | She left.
He said, "Go. Stay." | Then he left.
I don't know... maybe. | Yes.
At 3 p.m. we left. | It rained.
See Fig. 3 on p. 12. | End.
J. R. R. Tolkien wrote it. | I read it.
Version 3.5.1 is out. | Get it.
Really?! | No way!! | OK.
Apple Inc. is big. | So what?
It's No. 5. | I like it.
St. Peter's is old. | Go there.
The temperature is -3.5 degrees. | Cold.
She is Ms. Lee. | He is Mr. Miller.
I bought 5 lbs. of apples. | They weigh 5 lbs. | Good.
Open Mon. - Fri. from 9. | See you on Wed. | Bye.
It costs approx. 5 dollars incl. Tax. | Fine.
Use .NET now. | Please.
The est. cost is high. | Est. Cost: 5 dollars.
The orig. text had misc. errors, chap. 3 too. | The wt. is 5 kg. net. | Good.
"""


def cases(text: str) -> list[list[str]]:
    return [line.split(" | ") for line in text.strip().split("\n")]


@pytest.mark.parametrize(
    "language, sentences", [*(("de", c) for c in cases(GERMAN)), *(("en", c) for c in cases(ENGLISH))]
)
def test_sentences_end_where_a_reader_ends_them(language: str, sentences: list[str]) -> None:
    assert [part.strip() for part in split_sentences(" ".join(sentences), language)] == sentences


@given(
    st.text('aB. !?„“"»1239\u2028\u0085\u00a0\n\t。！äé(', max_size=40), st.sampled_from(["de", "en", "zh", "??", ""])
)
@example("A\u2028.", "en")
def test_the_sentences_joined_are_the_text(text: str, language: str) -> None:
    parts = split_sentences(text, language)
    assert "".join(parts) == text
    assert parts == [text] or all(any(map(str.isalpha, part)) for part in parts)


@pytest.mark.parametrize("text", ["Das ist ein Satz. ", "3. ", "1!\n\n", "a", "„a. b“ ", "(", "der 3. ", ". . a "])
def test_a_long_line_takes_time_by_its_length(text: str) -> None:
    start = time.process_time()
    split_sentences(text * (1_000_000 // len(text)), "de")
    assert time.process_time() - start < 5


@pytest.mark.parametrize("text", ["»!", "“ ", "?) ", "!-"])
def test_marks_in_a_row_take_time_by_their_number(text: str) -> None:
    start = time.process_time()
    assert "".join(split_sentences(text * (200_000 // len(text)), "de")) == text * (200_000 // len(text))
    assert time.process_time() - start < 5


@pytest.mark.parametrize("chunk", [40, 100, 333])
def test_a_long_line_is_cut_as_a_short_one(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    one = "Das ist Satz {}. Er kam um 5 Uhr! Kommst du, z. B. am 3. Mai? Ja, sagte sie, und ging. "
    text = "".join(one.format(number) for number in range(50)) + "a" * 700 + ". Ende."
    whole = split_sentences(text, "de")
    monkeypatch.setattr("nmt.sentences._CHUNK", chunk)
    assert split_sentences(text, "de") == whole


def test_sentences_are_not_packed_together_and_long_ones_are_cut() -> None:
    parts = split_line("Eins zwei. Drei.  Vier fünf sechs, sieben.", "de", lambda text: len(text.split()), 3)
    assert parts == ["Eins zwei. ", "Drei.  ", "Vier fünf sechs, ", "sieben."]
