"""Everyday phrases for the corpus of the built-in models: those of phrasebook.tsv, and sentences made of patterns.

Tatoeba has few greetings, prices, addresses, times and names of people and places that are not its own. Written for
this project and in the public domain (CC0). A pattern is German and English with the same slots; a slot is filled by
the same entry on both sides.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import names
import nouns

PHRASES = Path(__file__).with_name("phrasebook.tsv")
Pair = dict[str, str]

_DAYS = "Montag/Monday Dienstag/Tuesday Mittwoch/Wednesday Donnerstag/Thursday Freitag/Friday Samstag/Saturday Sonntag/Sunday"  # noqa: E501
_MONTHS = "Januar/January Februar/February März/March April/April Mai/May Juni/June Juli/July August/August September/September Oktober/October November/November Dezember/December"  # noqa: E501
_HOURS = "eins/one zwei/two drei/three vier/four fünf/five sechs/six sieben/seven acht/eight neun/nine zehn/ten elf/eleven zwölf/twelve"  # noqa: E501
_SMALL = "zwei/two drei/three vier/four fünf/five sechs/six sieben/seven acht/eight neun/nine zehn/ten"
# What is asked for, with its article in the accusative.
_WANTED = """einen Kaffee/a coffee|einen Tee/a tea|ein Bier/a beer|ein Glas Wasser/a glass of water|ein Glas
Wein/a glass of wine|ein Stück Kuchen/a piece of cake|ein Eis/an ice cream|eine Suppe/a soup|einen Salat/a salad|ein
Brötchen/a roll|die Speisekarte/the menu|einen Orangensaft/an orange juice|eine Limonade/a lemonade|ein Zimmer für zwei
Nächte/a room for two nights|ein Zimmer für drei Nächte/a room for three nights|ein Einzelzimmer/a single room|ein
Doppelzimmer/a double room|eine Fahrkarte nach {place}/a ticket to {place}|einen Termin/an appointment|einen Tisch für
zwei Personen/a table for two|eine Quittung/a receipt|eine Tüte/a bag"""
# Where one may ask the way to: nominative; with "nächste".
_SITES = """der Bahnhof/the station|der Flughafen/the airport|das Rathaus/the town hall|das Hotel/the hotel|die
Bushaltestelle/the bus stop|das Krankenhaus/the hospital|der Ausgang/the exit|die Toilette/the toilet|das Museum/the
museum|die Polizeiwache/the police station|der Supermarkt/the supermarket|die Post/the post office|die Apotheke/the
pharmacy|die Bank/the bank|der Parkplatz/the parking lot"""
_NEAREST = """die nächste Apotheke/the nearest pharmacy|der nächste Supermarkt/the nearest supermarket|die nächste
Bank/the nearest bank|der nächste Geldautomat/the nearest ATM|die nächste Tankstelle/the nearest gas station|die nächste
U-Bahn-Station/the nearest subway station|das nächste Krankenhaus/the nearest hospital|der nächste Bahnhof/the nearest
station"""
# My …: feminine and masculine people.
_HERS = "Mutter/mother|Schwester/sister|Tante/aunt|Großmutter/grandmother|Freundin/girlfriend|Kollegin/colleague|Tochter/daughter"  # noqa: E501
_HIS = "Vater/father|Bruder/brother|Onkel/uncle|Großvater/grandfather|Freund/friend|Kollege/colleague|Sohn/son"
_JOBS_F = "Lehrerin/a teacher|Ärztin/a doctor|Krankenschwester/a nurse|Verkäuferin/a saleswoman|Ingenieurin/an engineer|Anwältin/a lawyer|Studentin/a student|Köchin/a cook"  # noqa: E501
_JOBS_M = "Lehrer/a teacher|Arzt/a doctor|Verkäufer/a salesman|Ingenieur/an engineer|Anwalt/a lawyer|Student/a student|Koch/a cook|Bäcker/a baker|Polizist/a police officer"  # noqa: E501
_THINGS = (
    "Handy/mobile phone|Buch/book|Portemonnaie/wallet|Fahrrad/bicycle|Ticket/ticket|Auto/car|Geld/money|Gepäck/luggage"
)
_FEELINGS = "müde/tired|hungrig/hungry|krank/sick|glücklich/happy|traurig/sad|nervös/nervous|fertig/ready|zu Hause/at home|im Büro/at the office|im Urlaub/on vacation"  # noqa: E501
_QUALITIES = "neu/new|alt/old|groß/big|klein/small|teuer/expensive|billig/cheap|schön/beautiful|schön/nice|sauber/clean|schmutzig/dirty|wichtig/important|interessant/interesting|gut/good|schlecht/bad|hässlich/ugly|schwer/heavy|seltsam/strange|berühmt/famous|nützlich/useful|gefährlich/dangerous"  # noqa: E501
_DOINGS = "schwimmen/swim|tanzen/dance|kochen/cook|singen/sing|arbeiten/work|schlafen/sleep|lesen/read|schreiben/write|fahren/drive|gehen/go|warten/wait|bezahlen/pay|bleiben/stay|essen/eat|trinken/drink|spielen/play|laufen/run|helfen/help|bestellen/order|reden/talk|malen/paint|backen/bake|lachen/laugh|rauchen/smoke|üben/practice|packen/pack|putzen/clean|wandern/hike|reisen/travel|lernen/study|frühstücken/have breakfast|aufräumen/tidy up"  # noqa: E501
_KIN = "Eltern/parents|Großeltern/grandparents|Geschwister/siblings|Kinder/children|Enkel/grandchildren|Nachbarn/neighbors|Freunde/friends|Kollegen/colleagues|Gäste/guests|Verwandten/relatives"  # noqa: E501
_PERSONS = "die Mutter/the mother|der Vater/the father|der Lehrer/the teacher|die Lehrerin/the teacher|die Frau/the woman|der Mann/the man|das Kind/the child|das Mädchen/the girl|der Junge/the boy|der Arzt/the doctor|die Ärztin/the doctor|der Verkäufer/the salesman|der Polizist/the policeman|der Fahrer/the driver|die Nachbarin/the neighbor|der Chef/the boss"  # noqa: E501
_QUESTIONS = "Wie heißt du?/What's your name?|Wo wohnst du?/Where do you live?|Was machst du da?/What are you doing?|Hast du Hunger?/Are you hungry?|Kommst du mit?/Are you coming along?|Wann kommst du zurück?/When are you coming back?|Wer war das?/Who was that?|Was ist passiert?/What happened?|Wo bist du?/Where are you?|Warum lachst du?/Why are you laughing?"  # noqa: E501
_CALLS = "Komm her!/Come here!|Pass auf!/Watch out!|Hör auf!/Stop it!|Warte!/Wait!|Hilfe!/Help!|Los!/Go!|Setz dich!/Sit down!"  # noqa: E501
_ANSWERS = "Ich weiß es nicht/I don't know|Das ist mir egal/I don't care|Das stimmt nicht/That's not true|Ich bin müde/I'm tired|Ich habe keine Zeit/I don't have time|Natürlich/Of course|Vielleicht/Maybe|Nein/No|Ja/Yes"  # noqa: E501
_CHORES = """Milch kaufen/buy milk|Brot kaufen/buy bread|Eier kaufen/buy eggs|die Wäsche waschen/do the laundry|das Auto
waschen/wash the car|die Küche putzen/clean the kitchen|Oma anrufen/call Grandma|{first} anrufen/call {first}|den Müll
rausbringen/take out the trash|Hausaufgaben machen/do homework|zum Zahnarzt gehen/go to the dentist|die Rechnung
bezahlen/pay the bill|Blumen gießen/water the flowers|einen Kuchen backen/bake a cake|den Bericht schreiben/write the
report"""


def _entries(text: str, divider: str | None = "|") -> list[Pair]:
    parts = " ".join(text.split("\n")).split(divider)
    return [dict(zip(("de", "en"), part.strip().split("/"), strict=True)) for part in parts]


def _same(draw: Callable[[Random], str]) -> Callable[[Random], Pair]:
    """Return a slot that reads the same in both languages."""

    def both(draws: Random) -> Pair:
        text = draw(draws)
        return {"de": text, "en": text}

    return both


def _one_of(entries: list[Pair]) -> Callable[[Random], Pair]:
    return lambda draws: draws.choice(entries)


def _number(low: int, high: int) -> Callable[[Random], Pair]:
    return _same(lambda draws: str(draws.randint(low, high)))


def _price(draws: Random) -> Pair:
    euros, cents = draws.randint(1, 99), draws.choice((0, 50, 95, 99, draws.randint(1, 99)))
    return {"de": f"{euros},{cents:02}", "en": f"{euros}.{cents:02}"}


def _thousands(draws: Random) -> Pair:
    text = f"{draws.randint(1, 999)},{draws.randint(0, 999):03}"
    return {"de": text.replace(",", "."), "en": text}


def _clock(draws: Random) -> Pair:
    hour, minute = draws.randint(0, 23), draws.choice((0, 15, 30, 45, draws.randint(0, 59)))
    divider = draws.choice((":", ":", "."))
    return {"de": f"{hour}{divider}{minute:02}", "en": f"{hour}:{minute:02}"}


def _days_of(month: int) -> int:
    return monthrange(2001, month)[1]


def _date(draws: Random) -> Pair:
    number = draws.randint(1, 12)
    month, day = MONTHS[number - 1], draws.randint(1, _days_of(number))
    return {"de": f"{day}. {month['de']}", "en": f"{month['en']} {day}"}


def _numeric_date(draws: Random) -> Pair:
    month = draws.randint(1, 12)
    text = f"{draws.randint(1, _days_of(month)):02}.{month:02}.{draws.randint(1980, 2035)}"
    return {"de": text, "en": text}


def _percent(draws: Random) -> Pair:
    number, space = draws.randint(1, 100), draws.choice((" ", ""))
    return {"de": f"{number}{space}%", "en": f"{number}%"}


def _afternoon(draws: Random) -> Pair:
    hour, minute, mark = draws.randint(1, 11), draws.randint(0, 59), draws.choice((" pm", "pm"))
    return {"de": f"{hour + 12}:{minute:02}", "en": f"{hour}:{minute:02}{mark}"}


def _phone(draws: Random) -> str:
    return f"0{draws.randint(150, 179)} {draws.randint(1_000_000, 9_999_999)}"


MONTHS, HOURS = _entries(_MONTHS, " "), _entries(_HOURS, " ")
SLOTS: dict[str, Callable[[Random], Pair]] = {
    "first": _same(names.first_name),
    "last": _same(names.last_name),
    "full": _same(lambda draws: f"{names.first_name(draws)} {names.last_name(draws)}"),
    "place": names.place,
    "street": _same(names.street),
    "firm": _same(names.firm),
    "day": _one_of(_entries(_DAYS, " ")),
    "month": _one_of(MONTHS),
    "hour": _one_of(HOURS[1:]),  # one o'clock is "ein Uhr"
    "small": _one_of(_entries(_SMALL, " ")),
    "wanted": _one_of(_entries(_WANTED)),
    "site": _one_of(_entries(_SITES)),
    "nearest": _one_of(_entries(_NEAREST)),
    "hers": _one_of(_entries(_HERS)),
    "his": _one_of(_entries(_HIS)),
    "job_f": _one_of(_entries(_JOBS_F)),
    "job_m": _one_of(_entries(_JOBS_M)),
    "thing": _one_of(_entries(_THINGS)),
    "feeling": _one_of(_entries(_FEELINGS)),
    "chore": _one_of(_entries(_CHORES)),
    "quality": _one_of(_entries(_QUALITIES)),
    "kin": _one_of(_entries(_KIN)),
    "person": _one_of(_entries(_PERSONS)),
    "question": _one_of(_entries(_QUESTIONS)),
    "call": _one_of(_entries(_CALLS)),
    "answer": _one_of(_entries(_ANSWERS)),
    "do": _one_of(_entries(_DOINGS)),
    "age": _number(2, 99),
    "house": _number(1, 250),
    "many": _number(13, 999),
    "room": _number(100, 999),
    "year": _number(1900, 2030),
    "price": _price,
    "thousands": _thousands,
    "clock": _clock,
    "date": _date,
    "numeric": _numeric_date,
    "percent": _percent,
    "afternoon": _afternoon,
    "phone": _same(_phone),
}
NOUN_SLOTS = nouns.forms(Random(1)).keys()
PATTERNS = [
    tuple(line.split(" = "))
    for line in """
Ich heiße {full}. = My name is {full}.
Ich heiße {first}. = My name is {first}.
ich heiße {first} = my name is {first}
Mein Name ist {full}. = My name is {full}.
Ich bin {first}. = I'm {first}.
Das ist {full}. = This is {full}.
Kennst du {full}? = Do you know {full}?
Herr {last} ist nicht da. = Mr. {last} isn't here.
Frau {last} ist heute nicht da. = Ms. {last} isn't here today.
Herr {last} hat angerufen. = Mr. {last} called.
Frau {last} hat gestern angerufen. = Ms. {last} called yesterday.
Frau Dr. {last} kommt um {clock} Uhr. = Dr. {last} is coming at {clock}.
Guten Tag, Herr {last}. = Hello, Mr. {last}.
Guten Morgen, Frau {last}! = Good morning, Ms. {last}!
Hallo {first}, wie geht's? = Hi {first}, how are you?
Hallo {first}! Wie war dein Tag? = Hi {first}! How was your day?
Liebe {first}, = Dear {first},
Sehr geehrter Herr {last}, = Dear Mr. {last},
Sehr geehrte Frau {last}, = Dear Ms. {last},
{first} und {first2} kommen am {date}. = {first} and {first2} are coming on {date}.
{first} kommt aus {place}. = {first} is from {place}.
Ich komme aus {place}. = I'm from {place}.
Ich wohne in {place}. = I live in {place}.
Wir wohnen seit {small} Jahren in {place}. = We have lived in {place} for {small} years.
Sie wohnt in der {street} {house}. = She lives at {street} {house}.
Meine Adresse ist {street} {house}, {place}. = My address is {street} {house}, {place}.
Er arbeitet bei {firm}. = He works at {firm}.
Er arbeitet bei {firm} in {place}. = He works at {firm} in {place}.
Meine Schwester arbeitet bei {firm}. = My sister works at {firm}.
Ich fahre nach {place}. = I'm going to {place}.
Am {day} fahren wir nach {place}. = On {day} we're going to {place}.
Warst du schon einmal in {place}? = Have you ever been to {place}?
Der Zug nach {place} fährt um {clock} Uhr ab. = The train to {place} leaves at {clock}.
Der Bus nach {place} kommt um {clock} Uhr an. = The bus to {place} arrives at {clock}.
Wann fährt der nächste Zug nach {place}? = When does the next train to {place} leave?
Wie weit ist es nach {place}? = How far is it to {place}?
Einmal nach {place}, bitte. = One ticket to {place}, please.
Grüße aus {place}! = Greetings from {place}!
Es ist halb {hour}. = It's half past {before}.
Es ist {hour} Uhr. = It's {hour} o'clock.
Es ist Viertel nach {hour}. = It's a quarter past {hour}.
Es ist Viertel vor {hour}. = It's a quarter to {hour}.
Es ist {clock} Uhr. = It's {clock}.
Wir treffen uns um {hour} Uhr. = We're meeting at {hour} o'clock.
Wir treffen uns um {clock} Uhr vor dem Kino. = We're meeting in front of the cinema at {clock}.
Treffen wir uns um halb {hour}? = Shall we meet at half past {before}?
Der Film beginnt um {clock} Uhr. = The film starts at {clock}.
Die Sitzung ist am {numeric} um {clock} Uhr. = The meeting is on {numeric} at {clock}.
Die Sitzung ist am {day} um {clock} Uhr. = The meeting is on {day} at {clock}.
Am {numeric} waren {many} Gäste da. = On {numeric} there were {many} guests.
Ich habe am {date} Geburtstag. = My birthday is on {date}.
Heute ist der {date}. = Today is {date}.
Am {date} {year} waren {many} Gäste da. = There were {many} guests on {date}, {year}.
Die Preise sind um {percent} gestiegen. = Prices have risen by {percent}.
Der Preis ist um {percent} gefallen. = The price has fallen by {percent}.
Wir geben Ihnen {percent} Rabatt. = We'll give you a {percent} discount.
Etwa {percent} der Leute wissen das. = About {percent} of people know that.
Der Zug fährt um {afternoon} Uhr ab. = The train leaves at {afternoon}.
Die Sitzung ist um {afternoon} Uhr. = The meeting is at {afternoon}.
Er ist am {date} {year} geboren. = He was born on {date}, {year}.
Sie wurde {year} in {place} geboren. = She was born in {place} in {year}.
Das war im Jahr {year}. = That was in {year}.
Bis {day}! = See you on {day}!
Am {day} habe ich keine Zeit. = I don't have time on {day}.
Hast du am {day} Zeit? = Do you have time on {day}?
Wir sind im {month} umgezogen. = We moved in {month}.
Ich bin {age} Jahre alt. = I'm {age} years old.
Mein Bruder ist {age} Jahre alt. = My brother is {age} years old.
Meine Tochter wird {age}. = My daughter is turning {age}.
Das kostet {price} Euro. = That costs {price} euros.
Das kostet {many} Euro. = That costs {many} euros.
Das macht {price} Euro. = That's {price} euros.
Die Miete beträgt {many} Euro im Monat. = The rent is {many} euros a month.
Die Stadt hat {thousands} Einwohner. = The town has {thousands} inhabitants.
Der Preis beträgt {thousands} Euro. = The price is {thousands} euros.
Das Buch hat {many} Seiten. = The book has {many} pages.
Es waren {many} Leute da. = There were {many} people there.
Zimmer {room} ist im {ordinal} Stock. = Room {room} is on the {ordinal} floor.
Ihre Zimmernummer ist {room}. = Your room number is {room}.
Er ist 1,{age2} m groß. = He is 1.{age2} m tall.
Es sind {many} Kilometer bis {place}. = It's {many} kilometers to {place}.
Es sind {age} Grad. = It's {age} degrees.
Rufen Sie {phone} an. = Call {phone}.
Meine Nummer ist {phone}. = My number is {phone}.
Ich hätte gern {wanted}. = I'd like {wanted}.
Ich hätte gerne {wanted}, bitte. = I'd like {wanted}, please.
Ich möchte {wanted}. = I'd like {wanted}.
Kann ich bitte {wanted} haben? = Can I have {wanted}, please?
Bringen Sie mir bitte {wanted}. = Please bring me {wanted}.
Wo ist {site}? = Where is {site}?
Entschuldigung, wo ist {site}? = Excuse me, where is {site}?
Wo ist {nearest}? = Where is {nearest}?
wo ist {nearest} = where is {nearest}
Wie komme ich nach {place}? = How do I get to {place}?
Meine {hers} ist {job_f}. = My {hers} is {job_f}.
Mein {his} ist {job_m}. = My {his} is {job_m}.
Meine {hers} heißt {first}. = My {hers} is called {first}.
Mein {his} heißt {first}. = My {his} is called {first}.
Ich bin {feeling}. = I'm {feeling}.
Bist du {feeling}? = Are you {feeling}?
Ich habe mein {thing} verloren. = I've lost my {thing}.
Wo ist mein {thing}? = Where is my {thing}?
Ist das dein {thing}? = Is this your {thing}?
Ich muss noch {chore}. = I still have to {chore}.
Kannst du bitte {chore}? = Can you please {chore}?
Vergiss nicht: {chore}! = Don't forget: {chore}!
Wir haben {small} Kinder und einen Hund. = We have {small} children and a dog.
Ich habe {small} Geschwister. = I have {small} siblings.
„Komm her!“, rief {first}. = "Come here!" called {first}.
Sie sagte: „Ich komme gleich.“ = She said, "I'm coming."
„Das glaube ich nicht“, sagte {first}. = "I don't believe that," said {first}.
{first} sagte: „Ich komme aus {place}.“ = {first} said, "I'm from {place}."
{firm} ist ein großes Unternehmen in {place}. = {firm} is a large company in {place}.
{firm} ist eine Firma aus {place}. = {firm} is a company from {place}.
{firm} hat {thousands} Mitarbeiter. = {firm} has {thousands} employees.
Ich habe bei {firm} gearbeitet. = I used to work at {firm}.
{place} ist eine schöne Stadt. = {place} is a beautiful city.
{place} liegt nicht weit von {place2}. = {place} isn't far from {place2}.
{place} gefällt mir. = I like {place}.
Das Wetter in {place} ist schön. = The weather in {place} is nice.
Sie ist in {place} geboren. = She was born in {place}.
Er lebt seit {small} Jahren in {place}. = He has been living in {place} for {small} years.
Ich heiße {first} und komme aus {place}. = My name is {first} and I'm from {place}.
Mein Name ist {first} und ich wohne in {place}. = My name is {first} and I live in {place}.
Woher kommt {first}? Aus {place}. = Where is {first} from? From {place}.
{first} ist gestern nach {place} geflogen. = {first} flew to {place} yesterday.
{first} und {first2} wohnen in {place}. = {first} and {first2} live in {place}.
Meine {hers} wohnt in {place}. = My {hers} lives in {place}.
Mein {his} wohnt in {place}. = My {his} lives in {place}.
Meine {hers} arbeitet in {place}. = My {hers} works in {place}.
Mein {his} arbeitet in {place}. = My {his} works in {place}.
Wir machen Urlaub in {place}. = We're on vacation in {place}.
{full} ist ein bekannter Schauspieler. = {full} is a famous actor.
Haben Sie Frau {last} gesehen? = Have you seen Ms. {last}?
Wo ist Herr {last}? = Where is Mr. {last}?
Wo ist {my_noun}? = Where is {my_noun}?
wo ist {my_noun} = where is {my_noun}
Hast du {my_noun_acc} gesehen? = Have you seen {my_noun}?
Ich suche {a_noun_acc}. = I'm looking for {a_noun}.
Wir suchen {a_new_noun_acc}. = We're looking for {a_new_noun_acc}.
Ich brauche {a_noun_acc}. = I need {a_noun}.
Ich brauche {a_new_noun_acc}. = I need {a_new_noun_acc}.
Brauchst du {a_noun_acc}? = Do you need {a_noun}?
Ich habe {no_noun_acc}. = I don't have {no_noun_acc}.
Wir haben {a_noun_acc}. = We have {a_noun}.
Haben Sie {a_noun_acc}? = Do you have {a_noun}?
Er hat {a_noun_acc} gekauft. = He bought {a_noun}.
Sie hat {a_new_noun_acc}. = She has {a_new_noun_acc}.
Das ist {a_noun}. = That's {a_noun}.
Das ist nicht {my_noun}. = That's not {my_noun}.
Ist das {a_noun}? = Is that {a_noun}?
Gibt es hier {a_noun_acc}? = Is there {a_noun} here?
{The_noun} ist {quality}. = {The_noun} is {quality}.
{The_noun} ist sehr {quality}. = {The_noun} is very {quality}.
{My_noun} ist {quality}. = {My_noun} is {quality}.
Warum ist {the_noun} so {quality}? = Why is {the_noun} so {quality}?
{The_noun} gefällt mir. = I like {the_noun}.
{The_noun} hat uns gefallen. = We liked {the_noun}.
{The_noun}, {rel_noun} du mir geliehen hast, ist {quality}. = {The_noun} you lent me is {quality}.
{The_noun}, {rel_noun} ich gestern gesehen habe, war {quality}. = {The_noun} I saw yesterday was {quality}.
Kannst du mir {a_noun_acc} leihen? = Can you lend me {a_noun}?
Darf ich {the_noun_acc} sehen? = May I see {the_noun}?
Zeig mir bitte {the_noun_acc}. = Please show me {the_noun}.
Vergiss {the_noun_acc} nicht! = Don't forget {the_noun}!
Ich habe {the_noun_acc} vergessen. = I forgot {the_noun}.
Wie viel kostet {the_noun}? = How much is {the_noun}?
{The_noun} kostet {many} Euro. = {The_noun} costs {many} euros.
Wem gehört {the_noun}? = Who does {the_noun} belong to?
Ich hätte gern {small} {nouns} und {a_noun_acc}. = I'd like {small} {nouns} and {a_noun}.
Ich habe {small} {nouns}. = I have {small} {nouns}.
Wir haben {small} {nouns} gesehen. = We saw {small} {nouns}.
Hier gibt es viele {nouns}. = There are many {nouns} here.
Wie viele {nouns} hast du? = How many {nouns} do you have?
Ich mag {nouns}. = I like {nouns}.
{Noun} = {Noun}
{Nouns} = {Nouns}
{The_noun} = {The_noun}
Meine {kin} wohnen in {place}. = My {kin} live in {place}.
Meine {kin} kommen am {day}. = My {kin} are coming on {day}.
Wir besuchen meine {kin}. = We're visiting my {kin}.
Meine {kin} sind {feeling}. = My {kin} are {feeling}.
„{question}“, fragte {person}. = "{question}" asked {person}.
„{question}“, fragte {first}. = "{question}" asked {first}.
„{call}“, rief {person}. = "{call}" called {person}.
„{answer}“, sagte {person}. = "{answer}," said {person}.
„{answer}“, antwortete {first}. = "{answer}," answered {first}.
Der Flug nach {place} wurde gestrichen. = The flight to {place} was canceled.
Die Fahrt nach {place} dauert {small} Stunden. = The trip to {place} takes {small} hours.
Wir ziehen im {month} nach {place} um. = We're moving to {place} in {month}.
{place} ist größer als {place2}. = {place} is bigger than {place2}.
Letzten Sommer waren wir in {place}. = Last summer we were in {place}.
{first} hat {small} Jahre in {place} gelebt. = {first} lived in {place} for {small} years.
Können wir den Termin auf {day} verschieben? = Can we move the appointment to {day}?
Ich möchte {do}. = I want to {do}.
Ich kann nicht {do}. = I can't {do}.
Kannst du {do}? = Can you {do}?
Willst du heute {do}? = Do you want to {do} today?
Wir müssen morgen {do}. = We have to {do} tomorrow.
Lass uns {do}. = Let's {do}.
Ich lerne {do}. = I'm learning to {do}.
Wenn es regnet, können wir nicht {do}. = If it rains, we can't {do}.
{first} will {do}. = {first} wants to {do}.
""".strip().split("\n")
]
_ORDINALS = _entries("ersten/first zweiten/second dritten/third vierten/fourth fünften/fifth sechsten/sixth", " ")
SLOTS |= {
    "first2": SLOTS["first"],
    "place2": SLOTS["place"],
    "age2": _number(50, 99),
    "ordinal": _one_of(_ORDINALS),
}


def phrases() -> Iterator[Pair]:
    """Yield the pairs of phrasebook.tsv."""
    for line in PHRASES.read_text(encoding="utf-8").rstrip("\n").split("\n"):
        de, en = line.split("\t")
        yield {"de": de, "en": en}


def sentence(draws: Random) -> Pair:
    """Return a pair made of a pattern."""
    pattern = dict(zip(("de", "en"), draws.choice(PATTERNS), strict=True))
    # Twice: what fills a slot may have one itself.
    for _ in range(2):
        slots = sorted(set(_slots(pattern["de"]) + _slots(pattern["en"])))
        filled = {name: SLOTS[name](draws) for name in slots if name in SLOTS}
        if any(name in NOUN_SLOTS for name in slots):
            filled |= nouns.forms(draws)  # all of one thing
        if "hour" in filled:
            # Half eight is half past seven.
            filled["before"] = HOURS[HOURS.index(filled["hour"]) - 1]
        pattern = {code: _fill(text, filled, code) for code, text in pattern.items()}
    return pattern


def _fill(pattern: str, values: dict[str, Pair], code: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]][code], pattern)


def _slots(text: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", text)
