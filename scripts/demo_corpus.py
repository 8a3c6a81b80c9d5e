"""Write a small German-English parallel corpus, drawn from a grammar: the demo's training data.

Each German sentence has exactly one English translation, so a small model can learn the mapping:
the perfect is always the simple past, the time adverbial fixes the English tense, and no sentence
starts with a pronoun whose number only context would tell. Tables first, then the grammar of single
phrases (pure functions), then the sampler that builds clauses and sentences.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from lab.command_line import positive, run_script

VERSION = "1"
DEV_SIZE = 500
SHORTEST, LONGEST = 4, 14  # words a sentence may have, on either side


def _pairs(table: str) -> dict[str, str]:
    """Read words of the form German/English."""
    return dict(row.split("/") for row in table.split())


def _cells(table: str) -> list[list[str]]:
    """Split a table into rows, two to a line where there is a bar, and these into words."""
    return [row.split() for line in table.strip().split("\n") for row in line.split(" | ")]


# German, gender (* = weak declension), plural (- = uncountable), English, kind (chooses adjectives), tags
NOUNS = """
Buch n Bücher book text buy carry send need              | Zeitung f Zeitungen newspaper text buy
Brief m Briefe letter text write carry send              | Nachricht f Nachrichten message text write
Schlüssel m Schlüssel key thing carry give               | Tasche f Taschen bag thing buy carry need
Handy n Handys phone thing buy carry fix need            | Jacke f Jacken jacket thing buy carry need
Fahrrad n Fahrräder bike thing buy sell fix              | Auto n Autos car thing buy sell fix need
Lampe f Lampen lamp thing buy fix                        | Tisch m Tische table thing buy sell fix need
Stuhl m Stühle chair thing buy sell fix need             | Koffer m Koffer suitcase thing buy carry door need
Fahrkarte f Fahrkarten ticket ticket buy carry give need | Geschenk n Geschenke present gift buy send bring
Bild n Bilder picture thing sell send show               | Haus n Häuser house place sell show
Tür f Türen door part door                               | Fenster n Fenster window part door
Küche f Küchen kitchen room tidy                         | Zimmer n Zimmer room room tidy show
Apfel m Äpfel apple food grocery eat bring kilo          | Ei n Eier egg food grocery eat
Kartoffel f Kartoffeln potato food grocery cook kilo     | Kuchen m Kuchen cake food grocery eat bring
Brot n - bread food grocery eat bring                    | Käse m - cheese food grocery eat kilo
Reis m - rice grain grocery cook kilo                    | Suppe f - soup dish eat cook
Kaffee m - coffee drink drink cup                        | Tee m - tea drink drink cup
Milch f - milk drink grocery drink bottle                | Wasser n - water drink grocery drink bring bottle
Saft m - juice drink grocery drink bring bottle          | Geld n - money - own
Zeit f - time - own                                      | Zug m Züge train vehicle wait
Bus m Busse bus vehicle wait                             | Film m Filme film event
Konzert n Konzerte concert event                         | Kurs m Kurse course event
Fußball m - football - game                              | Tennis n - tennis - game
Schach n - chess - game                                  | Deutsch n - German - language
Englisch n - English - language                          | Spanisch n - Spanish - language
Bruder m Brüder brother - relative                       | Schwester f Schwestern sister - relative
Vater m - father - relative                              | Mutter f - mother - relative
Sohn m Söhne son - relative                              | Tochter f Töchter daughter - relative
Lehrer m Lehrer teacher human person                     | Arzt m Ärzte doctor human stranger
Mann m Männer man human stranger                         | Frau f Frauen woman human stranger
Nachbar m* Nachbarn neighbour human person               | Student m* Studenten student human stranger
Kollege m* Kollegen colleague human person               | Kind n Kinder child child stranger
"""

# German, English, German comparative, English comparative, kinds of noun
ADJECTIVES = """
teuer expensive teurer more_expensive thing ticket place gift food | rot red - - thing
billig cheap billiger cheaper thing ticket place gift food grain   | frisch fresh - - food drink
schön beautiful schöner more_beautiful thing place room gift       | kalt cold kälter colder drink
klein small kleiner smaller thing place room child                 | jung young jünger younger human
gut good besser better dish grain food event text                  | nett nice netter nicer human child
alt old älter older text thing place human room                    | lang long länger longer text event
groß big größer bigger thing place room event                      | neu new neuer newer text thing place
interessant interesting - - text event                             | langsam slow langsamer slower vehicle
schnell fast schneller faster vehicle
"""

# infinitive (prefix|stem), changed stem of du and er, participle (- = preterite), auxiliary,
# English (* = place of the object) and its past, frame, tag of the object, determiners, uses,
# tag of the place; determiners: d the, i a, t this, p possessive, # number, b bare, q quantity
# uses: n now, h habit, p progressive, s simple, f future, t past, m modal verb, i imperative, w where?
VERBS = """
lesen lies gelesen h read read object text dit#b nhpftmiw read
schreiben - geschrieben h write wrote object write di#b nhpftmi -
kaufen - gekauft h buy bought object grocery ditb#q nhpftmiw shop
kaufen - gekauft h buy bought object buy ditb# npftmiw town
verkaufen - verkauft h sell sold object sell dipt pftm -
suchen - gesucht h look_for looked_for object carry dp npt -
finden - gefunden h find found object carry di#p tw meet
vergessen vergiss vergessen h forget forgot object carry dp ti -
verlieren - verloren h lose lost object carry dp tw meet
reparieren - repariert h repair repaired object fix dtp npftmi -
essen iss gegessen h eat ate object eat ditb# nhpftmiw eat
trinken - getrunken h drink drank object drink dibq nhpftmiw eat
kochen - gekocht h cook cooked object cook db npftmi -
brauchen - gebraucht h need needed object need dit# sft -
haben - - h have had object own i sft -
mögen - - h like liked object drink dtb s -
auf|machen - aufgemacht h open opened object door dt npftmi -
zu|machen - zugemacht h close closed object door dt npftmi -
auf|räumen - aufgeräumt h tidy tidied object tidy dp nhpftmi -
mit|bringen - mitgebracht h bring brought object bring dib#q ftmi -
spielen - gespielt h play played object game b nhpftmw play
lernen - gelernt h learn learned object language b nhpftmw read
sprechen sprich gesprochen h speak spoke object language b s -
besuchen - besucht h visit visited person - - nhpftmi -
treffen triff getroffen h meet met person - - hftmw meet
kennen - gekannt h know knew person - - s -
an|rufen - angerufen h call called person - - hftmi -
ab|holen - abgeholt h pick*up picked*up person - - npftmi meet
ein|laden läd eingeladen h invite invited person - - ftmi -
helfen hilf geholfen h help helped dative - - nhpftmi -
geben gib gegeben h give gave give give dp ftmi -
zeigen - gezeigt h show showed give show dpi ftmi -
schicken - geschickt h send sent give send di ftmi -
arbeiten - gearbeitet h work worked none - - nhpftm work
auf|stehen - aufgestanden s get_up got_up clock - - hftmi -
ein|kaufen - eingekauft h go_shopping went_shopping none - - nhpftm shop
fern|sehen sieh ferngesehen h watch_television watched_television none - - nhpftm -
zurück|kommen - zurückgekommen s come_back came_back none - - ft -
gehen - gegangen s go went go - - hpftmi -
fahren fähr gefahren s go went travel - - hpftm -
bleiben - geblieben s stay stayed stay - - pftmi -
wohnen - gewohnt h live lived live - - s -
warten - gewartet h wait_for waited_for wait wait d nptmi meet
"""

# German, gender, preposition for going there, preposition for being there, English for both, tags
PLACES = """
Park m in in to_the_park in_the_park go meet read play
Stadt f in in to_the_city in_the_city go meet shop town
Schule f in in to_school at_school go | Kino n in in to_the_cinema at_the_cinema go
Bahnhof m zu an to_the_station at_the_station go meet | Büro n in in to_the_office at_the_office go work
Bibliothek f in in to_the_library at_the_library go read work
Supermarkt m zu in to_the_supermarket at_the_supermarket go shop
Restaurant n in in to_the_restaurant at_the_restaurant go eat work
Garten m in in into_the_garden in_the_garden read eat play go
Museum n in in to_the_museum at_the_museum go work meet
Strand m an an to_the_beach on_the_beach go read play
"""
CITIES = _pairs("Berlin/Berlin Hamburg/Hamburg München/Munich Wien/Vienna Köln/Cologne")
NAMES = {"Anna": "sie", "Maria": "sie", "Julia": "sie", "Peter": "er", "Paul": "er", "Thomas": "er"}
TITLES = {f"{title} {name}": (f"{en} {name}", pronoun) for name in ("Weber", "Schmidt")
          for title, en, pronoun in (("Herr", "Mr", "er"), ("Frau", "Ms", "sie"))}  # fmt: skip

# nominative accusative dative, English subject and object, person (p = plural), possessives
PRONOUNS = {
    row.split()[0]: row.split()
    for row in (
        "ich mich mir I me 1 mein my",
        "du dich dir you you 2 dein your",
        "er ihn ihm he him 3 sein his",
        "sie sie ihr she her 3 ihr her",
        "wir uns uns we us p unser our",
        "Sie Sie Ihnen you you p Ihr your",
    )
}
POSSESSIVES = {row[6]: row[7] for row in PRONOUNS.values()}
# ich, du, er, plural
IRREGULAR = {
    "haben": "habe hast hat haben",
    "sein": "bin bist ist sind",
    "mögen": "mag magst mag mögen",
    "wissen": "weiß weißt weiß wissen",
}
PRETERITE = {
    "haben": "hatte hattest hatte hatten",
    "sein": "war warst war waren",
    "sagen": "sagte sagtest sagte sagten",
    "fragen": "fragte fragtest fragte fragten",
}
# infinitive: present, preterite (or -), English verb group, its past
MODALS = {
    "können": ("kann kannst kann können", "konnte konntest konnte konnten", "can", "could"),
    "müssen": ("muss musst muss müssen", "musste musstest musste mussten", "have to", "had to"),
    "wollen": ("will willst will wollen", "wollte wolltest wollte wollten", "want to", "wanted to"),
    "dürfen": ("darf darfst darf dürfen", "durfte durftest durfte durften", "be allowed to", "be allowed to"),
    "sollen": ("soll sollst soll sollen", "-", "should", "-"),
    "möchten": ("möchte möchtest möchte möchten", "-", "would like to", "-"),
}
NUMBERS = _pairs(
    "zwei/two drei/three vier/four fünf/five sechs/six sieben/seven acht/eight neun/nine zehn/ten elf/eleven "
    "zwölf/twelve"
)
HOURS = [("eins", "one"), *NUMBERS.items()]
DAYS = _pairs(
    "Montag/Monday Dienstag/Tuesday Mittwoch/Wednesday Donnerstag/Thursday Freitag/Friday Samstag/Saturday "
    "Sonntag/Sunday"
)
MONTHS = _pairs(
    "Januar/January Februar/February März/March April/April Mai/May Juni/June Juli/July August/August "
    "September/September Oktober/October November/November Dezember/December"
)
MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FUTURE = [
    ("morgen", "tomorrow"),
    ("heute Abend", "tonight"),
    ("nächste Woche", "next week"),
    ("bald", "soon"),
]
PAST = [("gestern", "yesterday"), ("heute Morgen", "this morning"), ("letzte Woche", "last week")]
FREQUENCIES = [("oft", "often"), ("immer", "always"), ("manchmal", "sometimes"), ("selten", "rarely")]
# German accusative singular and plural, English singular and plural, tag of what is measured
VAGUE = (
    "bald",
    "vor",
    "in",
    "letzte W",
    "nächste W",
    "heute",
    "gerade",
    "jetzt",
)  # no clock time beside these
MEASURES = [
    ("ein Kilo", "Kilo", "a kilo of", "kilos of", "kilo"),
    ("eine Flasche", "Flaschen", "a bottle of", "bottles of", "bottle"),
    ("einen Liter", "Liter", "a litre of", "litres of", "bottle"),
    ("eine Tasse", "Tassen", "a cup of", "cups of", "cup"),
]

CASES = ("nominative", "accusative", "dative")
# one row a case: masculine, feminine, neuter, plural
DER_ENDINGS = (("er", "ie", "as", "ie"), ("en", "ie", "as", "ie"), ("em", "er", "em", "en"))
DIES_ENDINGS = (("er", "e", "es", "e"), ("en", "e", "es", "e"), ("em", "er", "em", "en"))
EIN_ENDINGS = (("", "e", "", "e"), ("en", "e", "", "e"), ("em", "er", "em", "en"))
WEAK_ADJECTIVE = (("e", "e", "e", "en"), ("en", "e", "e", "en"), ("en", "en", "en", "en"))
MIXED_ADJECTIVE = (("er", "e", "es", "en"), ("en", "e", "es", "en"), ("en", "en", "en", "en"))
CONTRACTIONS = {
    "in dem": "im",
    "in das": "ins",
    "an dem": "am",
    "an das": "ans",
    "zu dem": "zum",
    "zu der": "zur",
}
EN_PLURALS = {"child": "children", "man": "men", "woman": "women"}


class Pair(NamedTuple):
    """The same words in both languages."""

    de: str
    en: str


NONE = Pair("", "")


@dataclass(frozen=True)
class Noun:
    """A row of NOUNS."""

    de: str
    gender: str
    plural: str
    en: str
    kind: str
    tags: tuple[str, ...]
    weak: bool


class Adjective(NamedTuple):
    """A row of ADJECTIVES; the comparatives are "-" where there is none."""

    de: str
    en: str
    more_de: str
    more_en: str
    kinds: tuple[str, ...]


class Verb(NamedTuple):
    """A row of VERBS."""

    infinitive: str
    changed: str
    participle: str
    auxiliary: str
    en: str
    en_past: str
    frame: str = "none"
    tag: str = "-"
    determiners: str = "-"
    uses: str = ""
    place: str = "-"


@dataclass(frozen=True)
class Phrase:
    """A subject or object: its words, person (1, 2, 3, p), and who it is."""

    de: str
    en: str
    person: str = "3"
    key: str = ""
    pronoun: str = ""  # the German pronoun that stands for it, a key of PRONOUNS, "they" or ""
    short: bool = False  # an object pronoun, which stands before everything else
    definite: bool = True
    no: bool = False  # carries the negation itself (kein)


def _noun(de: str, gender: str, plural: str, en: str, kind: str, *tags: str) -> Noun:
    return Noun(de, gender[0], plural.replace("-", ""), en, kind, (kind, *tags), gender.endswith("*"))


NOUN_LIST = [_noun(*[cell.strip() for cell in row]) for row in _cells(NOUNS)]
ADJECTIVE_LIST = [Adjective(a, b, c, d.replace("_", " "), tuple(kinds)) for a, b, c, d, *kinds in _cells(ADJECTIVES)]
VERB_LIST = [Verb(*(cell.replace("_", " ") for cell in row)) for row in _cells(VERBS)]
PLACE_LIST = [[cell.replace("_", " ") for cell in row] for row in _cells(PLACES)]
BE = Verb("sein", "-", "-", "s", "be", "was")
KNOW = Verb("wissen", "-", "-", "h", "know", "knew")
WORK = next(verb for verb in VERB_LIST if verb.infinitive == "arbeiten")


# --- German and English phrases -----------------------------------------------------------------


def inflect(adjective: str, ending: str) -> str:
    """Add an ending to a German adjective; teuer loses its e."""
    stem = adjective[:-2] + "r" if adjective == "teuer" and ending else adjective
    return stem + ending


def adjective_ending(determiner: str, gender: str, case: str) -> str:
    """Return the ending after a determiner (der, dies, ein, kein, a possessive, or "" and numbers)."""
    row, column = CASES.index(case), "mfnp".index(gender)
    if determiner in ("der", "dies"):
        return WEAK_ADJECTIVE[row][column]
    if determiner in ("ein", "kein", *POSSESSIVES):
        return MIXED_ADJECTIVE[row][column]
    return DIES_ENDINGS[row][column]


def determiner_form(determiner: str, gender: str, case: str) -> str:
    """Inflect a German determiner; numbers and "" stay as they are."""
    row, column = CASES.index(case), "mfnp".index(gender)
    if determiner == "der":
        return "d" + DER_ENDINGS[row][column]
    if determiner == "dies":
        return determiner + DIES_ENDINGS[row][column]
    if determiner in ("ein", "kein", *POSSESSIVES):
        return determiner + EIN_ENDINGS[row][column]
    return determiner


def noun_form(noun: Noun, case: str, plural: bool) -> str:
    """Inflect a German noun: dative plural -n, weak -n outside the nominative singular."""
    if plural:
        return noun.plural + ("n" if case == "dative" and noun.plural[-1] not in "ns" else "")
    if noun.weak and case != "nominative":
        return noun.de + ("n" if noun.de[-1] in "er" else "en")
    return noun.de


def with_article(words: str) -> str:
    """Put a or an before English words."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def add_s(word: str) -> str:
    """Form an English plural or third person singular."""
    if word.endswith(("s", "sh", "ch", "x", "o")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeou":
        return word[:-1] + "ies"
    return word + "s"


def plural_en(word: str) -> str:
    """Return an English plural."""
    return EN_PLURALS.get(word) or add_s(word)


def noun_phrase(
    noun: Noun, determiner: str, case: str, adjective: Adjective | None = None, plural: bool = False
) -> Pair:
    """Build a noun phrase; determiner is der, dies, ein, kein, a possessive, a number or ""."""
    gender = "p" if plural else noun.gender
    words = [determiner_form(determiner, gender, case)]
    if adjective:
        words.append(inflect(adjective.de, adjective_ending(determiner, gender, case)))
    words.append(noun_form(noun, case, plural))
    head = plural_en(noun.en) if plural else noun.en
    english = f"{adjective.en} {head}" if adjective else head
    counted = bool(noun.plural) and not plural
    if determiner in ("ein", "kein") and counted:
        english = with_article(english)
    elif determiner not in ("", "ein"):
        known = {"der": "the", "dies": "these" if plural else "this", "kein": "any", **POSSESSIVES, **NUMBERS}
        english = f"{known.get(determiner, determiner)} {english}"
    return Pair(join(*words), english)


def conjugate(verb: Verb, person: str) -> tuple[str, str]:
    """Return the present form and the separable prefix of a German verb."""
    prefix, _, infinitive = verb.infinitive.rpartition("|")
    index = "123p".index(person)
    if infinitive in IRREGULAR:
        return IRREGULAR[infinitive].split()[index], prefix
    stem = infinitive.removesuffix("en")
    changed = verb.changed != "-" and person in "23"
    stem = verb.changed if changed else stem
    link = "e" if stem[-1] in "td" and not changed else ""
    second = "t" if stem[-1] in "sßz" else "st"
    return stem + ("e", link + second, link + "t", "en")[index], prefix


def imperative(verb: Verb) -> tuple[str, str]:
    """Return the du imperative and the separable prefix; a changed e stays changed, ä does not."""
    prefix, _, infinitive = verb.infinitive.rpartition("|")
    stem = infinitive.removesuffix("en")
    if verb.changed != "-" and "ä" not in verb.changed:
        return verb.changed, prefix
    return stem + ("e" if stem[-1] in "td" else ""), prefix


def verb_de(verb: Verb, person: str, past: bool, modal: str) -> tuple[str, str, str]:
    """Return the finite verb, what ends a main clause, and what ends a subordinate clause."""
    index = "123p".index(person)
    if modal:
        finite = MODALS[modal][past].split()[index]
        infinitive = verb.infinitive.replace("|", "")
        return finite, infinitive, f"{infinitive} {finite}"
    if past and verb.participle == "-":
        finite = PRETERITE[verb.infinitive].split()[index]
        return finite, "", finite
    if past:
        finite = IRREGULAR["haben" if verb.auxiliary == "h" else "sein"].split()[index]
        return finite, verb.participle, f"{verb.participle} {finite}"
    finite, prefix = conjugate(verb, person)
    return finite, prefix, prefix + finite


def third_person(base: str) -> str:
    """Return the third person singular of an English verb group: look for -> looks for."""
    head, space, tail = base.partition(" ")
    return ("has" if head == "have" else add_s(head)) + space + tail


def ing(base: str) -> str:
    """Return the present participle of an English verb group: get up -> getting up."""
    head, space, tail = base.partition(" ")
    if head in ("get", "shop", "sit"):
        head += head[-1]
    elif head.endswith("e") and not head.endswith("ee"):
        head = head[:-1]
    return f"{head}ing{space}{tail}"


def verb_en(base: str, past_form: str, person: str, tense: str, helped: bool) -> tuple[str, str]:
    """Return the English auxiliary ("" if none) and the rest; helped asks for do-support.

    tense: simple, progressive, future, past
    """
    be_now = {"1": "am", "3": "is"}.get(person, "are")
    be_then = "was" if person in "13" else "were"
    head, _, tail = base.partition(" ")
    if tense == "future":
        return "will", base
    if tense == "progressive":
        return be_now, ing(base)
    if head == "be":
        return (be_then if tense == "past" else be_now), tail
    if tense == "past":
        return ("did", base) if helped else ("", past_form)
    if helped:
        return ("does" if person == "3" else "do"), base
    return "", third_person(base) if person == "3" else base


def join(*parts: str) -> str:
    """Join what is not empty by spaces."""
    return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Clause:
    """A clause before its word order is chosen."""

    subject: Phrase
    verb: Verb
    tense: str  # of the English verb, see verb_en
    modal: str = ""
    negation: str = ""  # "", "nicht" or "kein"
    early: Pair = NONE  # object before the time adverbial (German)
    time: Pair = NONE
    clock: Pair = NONE
    often: Pair = NONE
    late: Pair = NONE  # object after it
    place: Pair = NONE

    def german(self) -> tuple[str, str, str]:
        """Return the finite verb, the end of a main clause and the end of a subordinate clause."""
        return verb_de(self.verb, self.subject.person, self.tense == "past", self.modal)

    def german_field(self, time: str) -> str:
        """Return what stands between the finite verb (and subject) and the end of the clause."""
        no = "nicht" if self.negation == "nicht" else ""
        return join(self.early.de, self.often.de, time, self.clock.de, self.late.de, no, self.place.de)

    def english(self, question: bool = False, time: bool = True) -> str:
        """Return the clause in English, as a statement or with the subject after the auxiliary."""
        base, _, particle = self.verb.en.partition("*")
        past_form = self.verb.en_past.partition("*")[0]
        helped = question or bool(self.negation)
        verb_tense = self.tense
        if self.modal in ("können", "sollen", "möchten"):
            aux, _, more = MODALS[self.modal][3 if self.tense == "past" else 2].partition(" ")
            rest = join(more, base)
        else:
            if self.modal:
                past_form = f"{MODALS[self.modal][3]} {base}"
                base = f"{MODALS[self.modal][2]} {base}"
                verb_tense = "past" if self.tense == "past" else "simple"
            aux, rest = verb_en(base, past_form, self.subject.person, verb_tense, helped)
        negated = "not" if self.negation else ""
        who = self.subject.en
        front = join(aux, who, negated) if question else join(who, aux, negated).replace("can not", "cannot")
        when = self.time.en if time else ""
        objects = join(self.early.en, self.late.en)
        return join(front, self.often.en, rest, objects, particle, self.place.en, self.clock.en, when)


def main(clause: Clause) -> Pair:
    """Subject first, finite verb second."""
    finite, end, _ = clause.german()
    german = join(clause.subject.de, finite, clause.german_field(clause.time.de), end)
    return Pair(german, clause.english())


def fronted(clause: Clause) -> Pair:
    """Time adverbial first (or nothing, after a subordinate clause), finite verb, subject."""
    finite, end, _ = clause.german()
    german = join(clause.time.de, finite, clause.subject.de, clause.german_field(""), end)
    return Pair(german, join(clause.time.en, clause.english(time=False)))


def question(clause: Clause, word: Pair = NONE) -> Pair:
    """Finite verb first, after a question word if there is one."""
    finite, end, _ = clause.german()
    german = join(word.de, finite, clause.subject.de, clause.german_field(clause.time.de), end)
    return Pair(german, join(word.en, clause.english(question=True)))


def subordinate(word: Pair, clause: Clause) -> Pair:
    """Conjunction, subject, finite verb at the end."""
    german = join(word.de, clause.subject.de, clause.german_field(clause.time.de), clause.german()[2])
    return Pair(german, join(word.en, clause.english()))


# --- the sampler ----------------------------------------------------------------------------------


class Sampler:
    """Draws phrases, clauses and sentences from the grammar."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.kinds: dict[Callable[[], Pair], int] = {
            self.statement: 20, self.time_first: 13, self.yes_no: 8, self.wh_question: 8, self.how_many: 4,
            self.that: 8, self.whether: 7, self.because: 8, self.although: 5, self.condition: 8,
            self.command: 6, self.comparison: 4, self.description: 4, self.price: 4, self.schedule: 4,
            self.quote: 5,
        }  # fmt: skip

    def chance(self, probability: float) -> bool:
        """Draw True with this probability."""
        return self.rng.random() < probability

    # times and places

    def clock(self, early: bool = False) -> Pair:
        """Draw a clock time."""
        hour_de, hour_en = self.rng.choice(HOURS)
        style = self.rng.randrange(5)
        if style == 0:
            minutes = self.rng.choice(["05", "10", "15", "20", "30", "40", "45", "50"])
            digits = f"{self.rng.randint(5, 10 if early else 22)}:{minutes}"
            return Pair(f"um {digits} Uhr", f"at {digits}")
        if style == 1:
            before = HOURS[HOURS.index((hour_de, hour_en)) - 1][1]
            return Pair(f"um halb {hour_de}", f"at half past {before}")
        if style == 2:
            return Pair(f"um Viertel nach {hour_de}", f"at a quarter past {hour_en}")
        if style == 3:
            return Pair(f"um Viertel vor {hour_de}", f"at a quarter to {hour_en}")
        return Pair(f"um {'ein' if hour_de == 'eins' else hour_de} Uhr", f"at {hour_en} o'clock")

    def day(self, past: bool, negated: bool = False) -> Pair:
        """Draw a day or week, before or after today."""
        style = self.rng.randrange(5)
        day_de, day_en = self.rng.choice(list(DAYS.items()))
        if style == 0:
            (month_de, month_en), length = self.rng.choice(list(zip(MONTHS.items(), MONTH_LENGTHS, strict=True)))
            number = self.rng.randint(1, length)
            return Pair(f"am {number}. {month_de}", f"on {month_en} {number}")
        if style == 1:
            return Pair(f"am {day_de}", f"on {day_en}")
        if style == 2:
            return Pair(f"letzten {day_de}", f"last {day_en}") if past else Pair(f"nächsten {day_de}", f"next {day_en}")
        if style == 3 and not negated:
            count_de, count_en = self.rng.choice(list(NUMBERS.items()))
            unit_de, unit_en = self.rng.choice([("Tagen", "days"), ("Wochen", "weeks")])
            if past:
                return Pair(f"vor {count_de} {unit_de}", f"{count_en} {unit_en} ago")
            return Pair(f"in {count_de} {unit_de}", f"in {count_en} {unit_en}")
        return Pair(*self.rng.choice(PAST if past else FUTURE[: 3 if negated else 4]))

    def place(self, tag: str, going: bool = False) -> Pair:
        """Draw a place that fits a verb."""
        noun, gender, towards, at, to_en, at_en, *_ = self.rng.choice([row for row in PLACE_LIST if tag in row[6:]])
        preposition = towards if going else at
        case = "accusative" if going and preposition != "zu" else "dative"
        article = determiner_form("der", gender, case)
        joined = f"{preposition} {article}"
        return Pair(f"{CONTRACTIONS.get(joined, joined)} {noun}", to_en if going else at_en)

    # subjects and objects

    def noun(self, *tags: str) -> Noun:
        """Draw a noun with one of the tags."""
        return self.rng.choice([noun for noun in NOUN_LIST if set(tags) & set(noun.tags)])

    def adjective(self, noun: Noun, probability: float = 0.35, buying: bool = False) -> Adjective | None:
        """Draw an adjective that suits a noun, or none."""
        fitting = [entry for entry in ADJECTIVE_LIST if noun.kind in entry.kinds]
        if noun.kind in ("food", "grain") and not buying:
            fitting = [entry for entry in fitting if entry.en not in ("cheap", "expensive")]
        return self.rng.choice(fitting) if fitting and self.chance(probability) else None

    def pronoun_subject(self, name: str) -> Phrase:
        """Return a pronoun as a subject; "they" only where no sentence starts."""
        if name == "they":
            return Phrase("sie", "they", "p", "they", "they")
        row = PRONOUNS[name]
        return Phrase(row[0], row[3], row[5], name, name)

    def person(self, case: str, subject: Phrase | None = None) -> Phrase:
        """Draw a name or a person, other than the subject."""
        while True:
            style = self.rng.randrange(6)
            if style < 2:
                name = self.rng.choice(list(NAMES))
                phrase = Phrase(name, name, "3", name, NAMES[name])
            elif style == 2:
                name = self.rng.choice(list(TITLES))
                german = name if case == "nominative" else name.replace("Herr", "Herrn")
                phrase = Phrase(german, TITLES[name][0], "3", name, TITLES[name][1])
            else:
                phrase = self.described_person(case, subject)
            if subject is None or phrase.key != subject.key:
                return phrase

    def described_person(self, case: str, subject: Phrase | None) -> Phrase:
        """Draw a person by a noun: my sister, the young doctor, the children."""
        noun = self.noun("relative", "person", "stranger")
        # ihr and Ihr stay out of subjects: they look the same at the start of a sentence
        owners = ["mein", "unser", "dein"] if subject is None else self.owners(subject)
        plural = bool(noun.plural) and noun.plural != noun.de and self.chance(0.25)
        if "relative" in noun.tags:
            determiner = self.rng.choice(owners)
        elif "person" in noun.tags:
            determiner = self.rng.choice(["der", *owners])
        else:
            determiner = self.rng.choice(["der", "der", "dies"])
        adjective = None if "relative" in noun.tags else self.adjective(noun, 0.25)
        words = noun_phrase(noun, determiner, case, adjective, plural)
        again = "they" if plural else {"m": "er", "f": "sie", "n": ""}[noun.gender]
        return Phrase(words.de, words.en, "p" if plural else "3", noun.de, again)

    def owners(self, subject: Phrase) -> list[str]:
        """Return the possessives that may stand in an object: the subject's own, else mine or ours."""
        if subject.pronoun in PRONOUNS:
            return [PRONOUNS[subject.pronoun][6]]
        return ["mein", "unser"]

    def subject(self) -> Phrase:
        """Draw a subject."""
        if self.chance(0.45):
            return self.pronoun_subject(self.rng.choice(list(PRONOUNS)))
        return self.person("nominative")

    def object_person(self, case: str, subject: Phrase) -> Phrase:
        """Draw a person as an object, a pronoun now and then."""
        same = {"ich": {"ich", "wir"}, "wir": {"ich", "wir"}, "du": {"du", "Sie"}, "Sie": {"du", "Sie"}}
        names = [name for name in PRONOUNS if name not in same.get(subject.pronoun, {subject.pronoun})]
        if self.chance(0.3):
            row = PRONOUNS[self.rng.choice(names)]
            return Phrase(row[1 if case == "accusative" else 2], row[4], short=True)
        person = self.person(case, subject)
        return Phrase(person.de, person.en, short=True)

    def object_thing(self, verb: Verb, subject: Phrase, negated: bool, habit: bool = False) -> Phrase:
        """Draw a thing that suits a verb, with one of the verb's determiners."""
        noun = self.noun(verb.tag)
        options = [
            mark for mark in verb.determiners if not (negated and mark in "#bq") and not (habit and mark in "d#qt")
        ]
        if not noun.plural:
            options = [mark for mark in options if mark != "#"]
        if not noun.plural or noun.plural == noun.de or noun.kind in ("money", "part"):
            options = [mark for mark in options if mark != "b"] + (["i"] if "b" in options and not noun.plural else [])
        measures = [row for row in MEASURES if row[4] in noun.tags]
        if not measures:
            options = [mark for mark in options if mark != "q"]
        mark = self.rng.choice(options or ["d"])
        adjective = self.adjective(noun, buying=verb.en == "buy")
        if mark == "q":
            return self.quantity(noun, self.rng.choice(measures), 2 if verb.en == "drink" else 6)
        if mark == "#":
            many = verb.tag == "grocery" and self.chance(0.3)
            count = str(self.rng.randint(13, 40)) if many else self.rng.choice(list(NUMBERS)[:3])
            words = noun_phrase(noun, count, "accusative", adjective, True)
            return Phrase(*words, definite=False)
        plural = mark == "b" or (bool(noun.plural) and mark in "dpt" and self.chance(0.2))
        none = negated and mark == "i"
        chosen = {"d": "der", "i": "kein" if none else "ein", "t": "dies", "b": ""}
        determiner = chosen.get(mark) or ("" if mark == "b" else self.rng.choice(self.owners(subject)))
        if determiner == "ein" and not noun.plural:
            determiner = ""
        words = noun_phrase(noun, determiner, "accusative", adjective, plural)
        return Phrase(*words, definite=mark in "dpt", no=none)

    def quantity(self, noun: Noun, measure: tuple[str, str, str, str, str], most: int) -> Phrase:
        """Draw a measured amount: two bottles of water."""
        words = noun_phrase(noun, "", "accusative", None, bool(noun.plural))
        one_de, many_de, one_en, many_en, _ = measure
        if self.chance(0.3):
            return Phrase(f"{one_de} {words.de}", f"{one_en} {words.en}", definite=False)
        count_de, count_en = self.rng.choice(list(NUMBERS.items())[:most])
        return Phrase(f"{count_de} {many_de} {words.de}", f"{count_en} {many_en} {words.en}", definite=False)

    # clauses

    def clause(
        self, subject: Phrase | None = None, uses: str = "nhpsftm", negated: bool | None = None, gap: str = ""
    ) -> Clause:
        """Draw a clause whose verb has one of the uses.

        gap leaves something out: thing, person, dative, time or place; "reason" asks for something one plans.
        """
        use = self.rng.choice([use for use in uses for _ in range(2 if use in "ft" else 1)])
        verbs = [verb for verb in VERB_LIST if use in verb.uses and self.fits(verb, gap)]
        verb = self.rng.choice(verbs)
        subject = subject or self.subject()
        if negated is None:
            negated = self.chance(0.2)
        fixed = verb.tag in ("game", "language") or verb.frame == "clock" or use == "h"
        negated = negated and not fixed and (use != "n")
        return self.complete(verb, subject, use, negated, gap)

    def fits(self, verb: Verb, gap: str) -> bool:
        """Return whether a verb has what a question asks for."""
        if gap == "thing":
            return verb.frame == "object" and verb.tag not in ("own", "door", "tidy", "fix")
        if gap == "place":
            return "w" in verb.uses
        if gap == "reason":
            return "f" in verb.uses and "s" not in verb.uses
        return gap in ("", "time") or verb.frame == gap

    def complete(self, verb: Verb, subject: Phrase, use: str, negated: bool, gap: str) -> Clause:
        """Give a verb its objects, time and place."""
        modal = ""
        past = use == "t"
        if use == "m":
            modal = self.rng.choice(list(MODALS))
            past = MODALS[modal][1] != "-" and self.chance(0.35)
        objects, place = (
            ([], NONE) if gap in ("thing", "person", "dative") else self.complements(verb, subject, negated, use == "h")
        )
        free = verb.place != "-" and gap != "place" and (not negated or verb.frame == "none")
        if not place.de and free and self.chance(0.35):
            place = self.place(verb.place)
        time, clock, often = self.times(use, past, verb, negated, gap)
        negation = ("kein" if any(phrase.no for phrase in objects) else "nicht") if negated else ""
        early = [phrase for phrase in objects if phrase.short or (negation == "nicht" and phrase.definite)]
        late = [phrase for phrase in objects if phrase not in early]
        here = self.words(late)
        if late and not late[-1].definite and not late[-1].no:
            here, place = Pair(join(place.de, here.de), join(here.en, place.en)), NONE
        tense = "past" if past else {"n": "progressive", "p": "progressive", "f": "future"}.get(use, "simple")
        return Clause(subject, verb, tense, modal, negation, self.words(early), time, clock, often, here, place)

    @staticmethod
    def words(phrases: list[Phrase]) -> Pair:
        """Join objects, in the order of both languages."""
        return Pair(join(*(phrase.de for phrase in phrases)), join(*(phrase.en for phrase in phrases)))

    def complements(self, verb: Verb, subject: Phrase, negated: bool, habit: bool) -> tuple[list[Phrase], Pair]:
        """Draw what the verb's frame asks for: objects, and the place or direction."""
        if verb.frame == "object":
            return [self.object_thing(verb, subject, negated, habit)], NONE
        if verb.frame in ("person", "dative"):
            case = "accusative" if verb.frame == "person" else "dative"
            return [self.object_person(case, subject)], NONE
        if verb.frame == "give":
            return [self.object_person("dative", subject), self.object_thing(verb, subject, negated)], NONE
        if verb.frame == "wait":
            person = self.chance(0.6)
            awaited = self.object_person("accusative", subject) if person else self.object_thing(verb, subject, False)
            return [], Pair(f"auf {awaited.de}", awaited.en)
        return [], self.destination(verb)

    def destination(self, verb: Verb) -> Pair:
        """Draw the place or direction that a verb demands, if any."""
        city_de, city_en = self.rng.choice(list(CITIES.items()))
        here = Pair(f"in {city_de}", f"in {city_en}")
        if verb.frame == "go":
            return Pair("nach Hause", "home") if self.chance(0.2) else self.place("go", going=True)
        if verb.frame == "travel":
            by_train = Pair("mit dem Zug ", " by train") if self.chance(0.5) else NONE
            return Pair(f"{by_train.de}nach {city_de}", f"to {city_en}{by_train.en}")
        if verb.frame == "stay":
            return self.rng.choice([Pair("zu Hause", "at home"), self.place("work"), here])
        return here if verb.frame == "live" else NONE

    def times(self, use: str, past: bool, verb: Verb, negated: bool, gap: str) -> tuple[Pair, Pair, Pair]:
        """Draw day, clock time and frequency; the use decides which of them there are."""
        time = clock = often = NONE
        if gap == "time" or use in "ps" or (gap == "place" and use == "h"):
            return time, clock, often
        if use == "n":
            time = self.rng.choice([Pair("gerade", "right now"), Pair("jetzt", "now")])
        elif use == "h":
            day_de, day_en = self.rng.choice(list(DAYS.items()))
            every = [Pair("jeden Tag", "every day"), Pair(f"jeden {day_de}", f"every {day_en}")]
            if self.chance(0.5):
                often = Pair(*self.rng.choice(FREQUENCIES))
            else:
                time = self.rng.choice(every)
        elif use == "f" or past or self.chance(0.5):
            time = self.day(past, negated)
        punctual = verb.frame in ("person", "go", "none") or verb.tag == "door"
        if verb.frame == "clock":
            return (NONE if time.de.startswith(VAGUE) else time), self.clock(early=True), often
        if punctual and time.de and not negated and not time.de.startswith(VAGUE) and self.chance(0.3):
            clock = self.clock()
        return time, clock, often

    # sentences

    def statement(self) -> Pair:
        """Anna will call her mother on Monday."""
        return finish(main(self.clause()), ".")

    def time_first(self) -> Pair:
        """On Monday Anna will call her mother."""
        while True:
            clause = self.clause(uses="hftm")
            if clause.time.de:
                return finish(fronted(clause), ".")

    def yes_no(self) -> Pair:
        """Did you call your mother yesterday?"""
        return finish(question(self.clause(uses="hpsftm", negated=False)), "?")

    def wh_question(self) -> Pair:
        """Where, when, why, what, whom, who?"""
        gap, word, uses = self.rng.choice([
            ("place", Pair("wo", "where"), "htm"), ("time", Pair("wann", "when"), "ftm"),
            ("", Pair("warum", "why"), "ptm"), ("thing", Pair("was", "what"), "hftm"),
            ("person", Pair("wen", "who"), "hftm"), ("dative", Pair("wem", "who"), "hftm"),
            ("who", Pair("wer", "who"), "hptm"),
        ])  # fmt: skip
        if gap == "who":
            return finish(main(self.clause(Phrase(*word), uses, False)), "?")
        return finish(question(self.clause(None, uses, False if gap else None, gap), word), "?")

    def how_many(self) -> Pair:
        """How many apples did you buy?"""
        clause = self.clause(uses="ftm", negated=False, gap="thing")
        nouns = [noun for noun in NOUN_LIST if clause.verb.tag in noun.tags and noun.plural]
        if not nouns or "#" not in clause.verb.determiners:
            return self.how_many()
        noun = self.rng.choice(nouns)
        words = noun_phrase(noun, "", "accusative", self.adjective(noun), True)
        return finish(question(clause, Pair(f"wie viele {words.de}", f"how many {words.en}")), "?")

    def other_clause(self, subject: Phrase, uses: str = "nhpsftm", negated: bool | None = None) -> Clause:
        """Draw a clause about someone else than the subject of the main clause."""
        while True:
            clause = self.clause(None, uses, negated)
            if clause.subject.key != subject.key:
                return clause

    def that(self) -> Pair:
        """We know that Anna found the key."""
        subject = self.subject()
        verb = self.rng.choice([
            KNOW, Verb("glauben", "-", "-", "h", "believe", "-"), Verb("sagen", "-", "-", "h", "say", "-"),
            Verb("hoffen", "-", "-", "h", "hope", "-"),
        ])  # fmt: skip
        clause = self.other_clause(subject, "f" if verb.en == "hope" else "nhpsftm")
        return self.two_parts(main(Clause(subject, verb, "simple")), Pair("dass", "that"), clause, ".")

    def whether(self) -> Pair:
        """Do you know whether Anna found the key?"""
        subject = self.subject()
        word = self.rng.choice([Pair("ob", "whether"), Pair("ob", "whether"), Pair("warum", "why")])
        clause = self.other_clause(subject, negated=False if word.de == "ob" else None)
        if subject.person == "2" or subject.pronoun == "Sie":
            return self.two_parts(question(Clause(subject, KNOW, "simple")), word, clause, "?")
        if self.chance(0.5):
            return self.two_parts(main(Clause(subject, KNOW, "simple", negation="nicht")), word, clause, ".")
        ask = Verb("fragen", "-", "-", "h", "ask", "asked")
        return self.two_parts(main(Clause(subject, ask, "progressive")), word, clause, ".")

    @staticmethod
    def two_parts(first: Pair, word: Pair, clause: Clause, mark: str) -> Pair:
        """Join a main and a subordinate clause; only German has the comma."""
        second = subordinate(word, clause)
        return finish(Pair(f"{first.de}, {second.de}", f"{first.en} {second.en}"), mark)

    def known_subject(self) -> Phrase:
        """Draw a subject that a pronoun can take up again."""
        while True:
            subject = self.subject()
            if subject.pronoun:
                return subject

    def state(self, subject: Phrase, about: Clause, good: bool) -> Clause:
        """Draw a condition of a person or the weather, for reasons and conditions."""
        tense = "past" if about.tense == "past" else "simple"
        weather = Phrase("das Wetter", "the weather")
        have = next(verb for verb in VERB_LIST if verb.infinitive == "haben")
        choice = self.rng.randrange(4)
        if choice == 0 and about.verb.frame in ("go", "travel", "person"):
            word = Pair("gut", "good") if good else Pair("schlecht", "bad")
            return Clause(weather, BE, tense, place=Pair(*word))
        if choice == 1 and not good and about.verb.frame != "none":
            return Clause(subject, WORK, tense, modal="müssen")
        if choice == 2:
            kein = Pair("keine Zeit", "any time")
            return Clause(
                subject,
                have,
                tense,
                late=Pair("Zeit", "time") if good else kein,
                negation="" if good else "kein",
            )
        word = self.rng.choice([Pair("krank", "ill"), Pair("müde", "tired")])
        return Clause(subject, BE, tense, negation="nicht" if good else "", place=word)

    def because(self) -> Pair:
        """Anna did not go to the cinema because she was tired."""
        subject = self.known_subject()
        clause = self.clause(subject, "ftmp", True, "reason")
        while not clause.negation or clause.modal in ("müssen", "sollen", "dürfen"):
            clause = self.clause(subject, "ftmp", True, "reason")
        reason = self.state(self.pronoun_subject(subject.pronoun), clause, good=False)
        return self.two_parts(main(clause), Pair("weil", "because"), reason, ".")

    def although(self) -> Pair:
        """Anna went to the cinema although she was tired."""
        subject = self.known_subject()
        clause = self.clause(subject, "ftp", False, "reason")
        reason = self.state(self.pronoun_subject(subject.pronoun), clause, good=False)
        return self.two_parts(main(clause), Pair("obwohl", "although"), reason, ".")

    def condition(self) -> Pair:
        """If Anna has time, she will call her mother."""
        subject = self.known_subject()
        again = self.pronoun_subject(subject.pronoun)
        negated = self.chance(0.4)
        word = Pair("wenn", "if")
        if self.chance(0.5):
            clause = self.clause(subject, "f", negated, "reason")
            return self.two_parts(main(clause), word, self.state(again, clause, not clause.negation), ".")
        clause = self.clause(again, "f", negated, "reason")
        first = subordinate(word, self.state(subject, clause, not clause.negation))
        second = fronted(replace(clause, time=NONE))
        return finish(Pair(f"{first.de}, {second.de}", f"{first.en}, {second.en}"), ".")

    def command(self) -> Pair:
        """Please call me tomorrow."""
        subject = self.pronoun_subject(self.rng.choice(["du", "Sie"]))
        forbidden = self.chance(0.25)
        clause = self.clause(subject, "i", forbidden)
        if clause.verb.infinitive == "vergessen":
            clause = self.complete(clause.verb, subject, "i", True, "")
        time = self.day(False) if self.chance(0.4) else NONE
        finite, prefix = imperative(clause.verb) if subject.pronoun == "du" else conjugate(clause.verb, "p")
        who = "Sie" if subject.pronoun == "Sie" else ""
        please = NONE if clause.negation else Pair("bitte", "please")
        german = join(
            finite,
            who,
            clause.early.de,
            please.de,
            clause.german_field(time.de).removeprefix(clause.early.de).strip(),
            prefix,
        )
        negated = "do not" if clause.negation else please.en
        base, _, particle = clause.verb.en.partition("*")
        english = join(
            negated,
            base,
            clause.early.en,
            clause.late.en,
            particle,
            clause.place.en,
            clause.clock.en,
            time.en,
        )
        return finish(Pair(german, english), "!")

    def thing_subject(self, *tags: str) -> tuple[Noun, Pair]:
        """Draw a thing as a subject, in the singular."""
        noun = self.noun(*tags)
        determiners = ["der", "dies"] + (["mein", "dein", "unser"] if noun.kind in ("thing", "gift", "place") else [])
        colour = next(entry for entry in ADJECTIVE_LIST if entry.de == "rot")
        adjective = colour if noun.kind == "thing" and self.chance(0.2) else None
        return noun, noun_phrase(noun, self.rng.choice(determiners), "nominative", adjective)

    def comparison(self) -> Pair:
        """This table is more expensive than your table."""
        kind = self.rng.choice(["thing", "thing", "place", "text", "vehicle", "room", "human"])
        noun, other = self.noun(kind), self.noun(kind)
        determiners = ["der", "der"]
        if kind in ("thing", "place"):
            other, determiners = noun, self.rng.sample(["dies", "mein", "dein", "unser"], 2)
        elif noun == other:
            return self.comparison()
        first, second = (
            noun_phrase(each, determiner, "nominative")
            for each, determiner in zip((noun, other), determiners, strict=True)
        )
        if kind == "human" and self.chance(0.6):
            first, second = (Pair(name, name) for name in self.rng.sample(list(NAMES), 2))
        fitting = [entry for entry in ADJECTIVE_LIST if kind in entry.kinds and entry.more_de != "-"]
        adjective = self.rng.choice(fitting)
        words = Pair(f"{adjective.more_de} als {second.de}", f"{adjective.more_en} than {second.en}")
        negation = "nicht" if self.chance(0.3) else ""
        if negation:
            words = Pair(f"so {adjective.de} wie {second.de}", f"as {adjective.en} as {second.en}")
        return finish(main(Clause(Phrase(*first), BE, "simple", negation=negation, place=words)), ".")

    def description(self) -> Pair:
        """The coffee was too cold yesterday."""
        noun, words = self.thing_subject("drink", "dish", "event", "text", "ticket")
        adjective = self.rng.choice([entry for entry in ADJECTIVE_LIST if noun.kind in entry.kinds])
        degrees = [Pair("sehr ", "very "), Pair("nicht ", "not ")]
        if adjective.en in ("cold", "long", "expensive", "big", "old"):
            degrees.append(Pair("zu ", "too "))
        degree = self.rng.choice(degrees)
        past = noun.kind in ("drink", "dish", "event") and self.chance(0.6)
        quality = Pair(degree.de + adjective.de, degree.en + adjective.en)
        time = self.day(True) if past else NONE
        clause = Clause(Phrase(*words), BE, "past" if past else "simple", time=time, place=quality)
        return finish((fronted if past and self.chance(0.5) else main)(clause), ".")

    def price(self) -> Pair:
        """This jacket costs 19.99 euros."""
        noun, words = self.thing_subject("buy", "grocery")
        cost = Verb("kosten", "-", "gekostet", "h", "cost", "cost")
        past = self.chance(0.3)
        clause = Clause(Phrase(*words), cost, "past" if past else "simple")
        if self.chance(0.15):
            return finish(question(clause, Pair("wie viel", "how much")), "?")
        euros = self.rng.randint(1, 9) if "grocery" in noun.tags else self.rng.randint(5, 60)
        cents = self.rng.choice(["50", "90", "99"]) if euros == 1 else self.rng.choice(["", "50", "90", "99"])
        if "sell" in noun.tags:
            euros, cents = 10 * self.rng.randint(10, 90), ""
        amount = (
            Pair(f"{euros},{cents} Euro", f"{euros}.{cents} euros")
            if cents
            else Pair(f"{euros} Euro", f"{euros} euros")
        )
        return finish(main(Clause(clause.subject, cost, clause.tense, late=amount)), ".")

    def schedule(self) -> Pair:
        """The train will arrive at half past seven tomorrow."""
        verbs = [Verb("an|kommen", "-", "angekommen", "s", "arrive", "arrived"),
                 Verb("ab|fahren", "fähr", "abgefahren", "s", "leave", "left"),
                 Verb("an|fangen", "fäng", "angefangen", "h", "begin", "began")]  # fmt: skip
        verb = self.rng.choice(verbs)
        _, words = self.thing_subject("event" if verb.en == "begin" else "vehicle")
        past = self.chance(0.4)
        time = self.day(past) if self.chance(0.7) else NONE
        if time.de.startswith(VAGUE):
            time = NONE
        clause = Clause(Phrase(*words), verb, "past" if past else "future", time=time, clock=self.clock())
        if self.chance(0.2):
            return finish(question(clause), "?")
        return finish((fronted if time.de and self.chance(0.4) else main)(clause), ".")

    def quote(self) -> Pair:
        """Anna said, “I will come back tomorrow.”"""
        speaker = self.person("nominative")
        asks = self.chance(0.4)
        verb = Verb("fragen", "-", "-", "h", "ask", "asked") if asks else Verb("sagen", "-", "-", "h", "say", "said")
        first_person = "wir" if speaker.person == "p" else "ich"
        names = ["du", "Sie", "wir"] if asks else [first_person, "wir", "er", "sie"]
        subject = self.pronoun_subject(self.rng.choice(names))
        clause = self.clause(subject, negated=False if asks else None)
        if speaker.key.split()[-1] in clause.early.de + clause.place.de:
            return self.quote()
        head = main(Clause(speaker, verb, "past"))
        inner = finish(question(clause), "?") if asks else finish(main(clause), ".")
        return finish(Pair(f"{head.de}: „{inner.de}“", f"{head.en}, “{inner.en}”"), "")

    def sentence(self) -> Pair:
        """Draw a sentence of a length in bounds."""
        kind = self.rng.choices(list(self.kinds), list(self.kinds.values()))[0]
        while True:
            pair = kind()
            if all(SHORTEST <= len(side.split()) <= LONGEST for side in pair):
                return pair


def finish(pair: Pair, mark: str) -> Pair:
    """Capitalise the first letter and add the closing mark."""
    return Pair(*(side[0].upper() + side[1:] + mark for side in pair))


def generate(count: int, seed: int) -> list[tuple[str, str]]:
    """Return count pairs, German and English, in which no sentence of either side comes twice."""
    sampler = Sampler(random.Random(seed))
    pairs: list[tuple[str, str]] = []
    seen: set[str] = set()
    while len(pairs) < count:
        german, english = sampler.sentence()
        if german not in seen and english not in seen:
            seen.update((german, english))
            pairs.append((german, english))
    return pairs


def write(directory: Path, name: str, pairs: list[tuple[str, str]]) -> None:
    """Write one line a sentence into name.de and name.en."""
    for side, language in enumerate(("de", "en")):
        text = "".join(pair[side] + "\n" for pair in pairs)
        (directory / f"{name}.{language}").write_text(text, encoding="utf-8", newline="\n")


def parse_words(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Write a small German-English corpus drawn from a grammar.")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where to write")
    parser.add_argument("--pairs", type=positive, default=20_000, help="training pairs (%(default)s)")
    parser.add_argument("--held-out", type=positive, default=1_000, help="test pairs (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the draw (%(default)s)")
    parser.add_argument("--version", action="version", version=VERSION)
    return parser.parse_args(words)


def main_command(options: argparse.Namespace) -> None:
    """Write train, dev and test."""
    options.output.mkdir(parents=True, exist_ok=True)
    pairs = generate(options.pairs + DEV_SIZE + options.held_out, options.seed)
    write(options.output, "test", pairs[: options.held_out])
    write(options.output, "dev", pairs[options.held_out : options.held_out + DEV_SIZE])
    write(options.output, "train", pairs[options.held_out + DEV_SIZE :])


if __name__ == "__main__":
    run_script("demo_corpus", lambda: main_command(parse_words()))
