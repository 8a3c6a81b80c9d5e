"""What fills the slots of patterns: names, things, dates, times, prices, addresses, as each language writes them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from random import Random

from builtin_text import names

Pair = dict[str, str]

_DAYS = "Montag/Monday Dienstag/Tuesday Mittwoch/Wednesday Donnerstag/Thursday Freitag/Friday Samstag/Saturday Sonntag/Sunday"  # noqa: E501
_MONTHS = "Januar/January Februar/February März/March April/April Mai/May Juni/June Juli/July August/August September/September Oktober/October November/November Dezember/December"  # noqa: E501
_HOURS = "eins/one zwei/two drei/three vier/four fünf/five sechs/six sieben/seven acht/eight neun/nine zehn/ten elf/eleven zwölf/twelve"  # noqa: E501
_ORDINALS = "ersten/first zweiten/second dritten/third vierten/fourth fünften/fifth sechsten/sixth"
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
_FEELINGS = "müde/tired|hungrig/hungry|krank/sick|glücklich/happy|traurig/sad|nervös/nervous|fertig/ready|zu Hause/at home|im Büro/at the office|im Urlaub/on vacation"  # noqa: E501
_QUALITIES = "neu/new|alt/old|groß/big|klein/small|teuer/expensive|billig/cheap|schön/beautiful|schön/nice|sauber/clean|schmutzig/dirty|wichtig/important|interessant/interesting|gut/good|schlecht/bad|hässlich/ugly|schwer/heavy|seltsam/strange|berühmt/famous|nützlich/useful|gefährlich/dangerous"  # noqa: E501
_DOINGS = "schwimmen/swim|tanzen/dance|kochen/cook|singen/sing|arbeiten/work|schlafen/sleep|lesen/read|schreiben/write|fahren/drive|gehen/go|warten/wait|bezahlen/pay|bleiben/stay|essen/eat|trinken/drink|spielen/play|laufen/run|helfen/help|bestellen/order|reden/talk|malen/paint|backen/bake|lachen/laugh|rauchen/smoke|üben/practice|packen/pack|putzen/clean|wandern/hike|reisen/travel|lernen/study|frühstücken/have breakfast|aufräumen/tidy up"  # noqa: E501
_KIN = "Eltern/parents|Großeltern/grandparents|Geschwister/siblings|Kinder/children|Enkel/grandchildren|Nachbarn/neighbors|Freunde/friends|Kollegen/colleagues|Gäste/guests|Verwandten/relatives"  # noqa: E501
_PERSONS = "die Mutter/the mother|der Vater/the father|der Lehrer/the teacher|die Lehrerin/the teacher|die Frau/the woman|der Mann/the man|das Kind/the child|das Mädchen/the girl|der Junge/the boy|der Arzt/the doctor|die Ärztin/the doctor|der Verkäufer/the salesman|der Polizist/the policeman|der Fahrer/the driver|die Nachbarin/the neighbor|der Chef/the boss"  # noqa: E501
_QUESTIONS = "Wie heißt du?/What's your name?|Wo wohnst du?/Where do you live?|Was machst du da?/What are you doing?|Hast du Hunger?/Are you hungry?|Kommst du mit?/Are you coming along?|Wann kommst du zurück?/When are you coming back?|Wer war das?/Who was that?|Was ist passiert?/What happened?|Wo bist du?/Where are you?|Warum lachst du?/Why are you laughing?"  # noqa: E501
_CALLS = "Komm her!/Come here!|Pass auf!/Watch out!|Hör auf!/Stop it!|Warte!/Wait!|Hilfe!/Help!|Los!/Go!|Setz dich!/Sit down!"  # noqa: E501
_ANSWERS = "Ich weiß es nicht/I don't know|Das ist mir egal/I don't care|Das stimmt nicht/That's not true|Ich bin müde/I'm tired|Ich habe keine Zeit/I don't have time|Natürlich/Of course|Vielleicht/Maybe|Nein/No|Ja/Yes"  # noqa: E501
_DAY_RANGES = """Mo–Fr/Mon–Fri|Mo-Fr/Mon-Fri|Mo.–Fr./Mon.–Fri.|Di–Do/Tue–Thu|Mo–Sa/Mon–Sat|Sa/Sat|So/Sun|Sa und So/Sat
and Sun|Sa, So/Sat, Sun|Mi/Wed|Di/Tue|Do/Thu|Montag–Freitag/Monday–Friday|Montag bis Freitag/Monday to Friday|Dienstag
bis Sonntag/Tuesday to Sunday|montags/Mondays|sonntags/Sundays|werktags/weekdays|täglich/daily"""
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


def _span(draws: Random) -> Pair:
    begin, end = draws.randint(7, 11), draws.randint(13, 22)
    return draws.choice((
        {"de": f"{begin}–{end} Uhr", "en": f"{begin} a.m.–{end - 12} p.m."},
        {"de": f"{begin} bis {end} Uhr", "en": f"{begin} a.m. to {end - 12} p.m."},
        {"de": f"{begin}:00–{end}:30 Uhr", "en": f"{begin}:00 a.m.–{end - 12}:30 p.m."},
    ))  # fmt: skip


def _euros(draws: Random) -> Pair:
    text = f"{draws.choice((draws.randint(1, 99), draws.randint(100, 9999))):,}.{draws.choice((0, 50, 90, 99)):02}"
    return {"de": f"{text.translate(str.maketrans(',.', '.,'))} €", "en": f"€{text}"}


def _decimal(draws: Random) -> Pair:
    text = f"{draws.randint(0, 99)}.{draws.randint(1, 9)}"
    return {"de": text.replace(".", ","), "en": text}


def _nth(draws: Random) -> Pair:
    number = draws.randint(1, 31)
    end = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return {"de": f"{number}.", "en": f"{number}{end}"}


def _domain(draws: Random) -> str:
    name = names.made_up(draws).lower().replace("ö", "oe").replace("ü", "ue")
    return f"{name}.{draws.choice(('de', 'com', 'org', 'net', 'at', 'eu'))}"


def _email(draws: Random) -> str:
    return f"{draws.choice(('info', 'kontakt', 'hilfe', 'office', 'service', 'mail', 'team'))}@{_domain(draws)}"


def _url(draws: Random) -> str:
    page = draws.choice(("", "", "/faq", "/hilfe", "/en/about", f"/p/{draws.randint(1, 999)}"))
    return f"{draws.choice(('www.', 'https://', 'https://www.', ''))}{_domain(draws)}{page}"


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
    "age2": _number(50, 99),
    "ordinal": _one_of(_entries(_ORDINALS, " ")),
    "known": _same(names.known),
    "days": _one_of(_entries(_DAY_RANGES)),
    "span": _span,
    "open": _same(lambda draws: f"{draws.randint(6, 11)}:{draws.choice(('00', '30'))}"),
    "close": _same(lambda draws: f"{draws.randint(14, 23)}:{draws.choice(('00', '30'))}"),
    "early": _number(1850, 1989),
    "late": _number(1990, 2030),
    "euros": _euros,
    "decimal": _decimal,
    "nth": _nth,
    "email": _same(_email),
    "url": _same(_url),
    "postcode": _number(10_000, 99_999),
}
# A second one of the same kind.
SLOTS |= {f"{name}2": SLOTS[name] for name in ("first", "last", "place", "day", "days", "span", "euros")}
