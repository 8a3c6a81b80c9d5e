"""What people write short, written out as in books: abbreviations, units, clock times, and with them dates.

Corpora of sentences hold hardly any of it, so that a model reads "z. B." or "8 p.m." as something else. German and
English are known; of other languages nothing is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from nmt.carrying.amounts import CURRENCIES
from nmt.carrying.date_spelling import write_out_english, write_out_german
from nmt.carrying.dates import MONTHS
from nmt.sentences import is_end
from nmt.spans import find_spans, outside_of

# Behind one of these, "no." is the answer.
_NO_ANSWER = r"(?<!\bis )(?<!\bwas )(?<!\bsaid )(?<!\bsay )(?<!\bsays )"
# What is short = what it stands for; the first letter of both may be a capital, and spaces may be missing.
_ANYWHERE = {
    "de": """
        z. B. = zum Beispiel; d. h., = das heißt,; d. h. = das heißt,; i. d. R. = in der Regel; z. T. = zum Teil
        z. Zt. = zurzeit; zzt. = zurzeit; u. U. = unter Umständen; v. a. = vor allem; usw. = und so weiter
        etc. = und so weiter; ca. = etwa; evtl. = eventuell; ggf. = falls nötig; bzw. = oder; inkl. = einschließlich
        exkl. = ohne; zzgl. = plus; mind. = mindestens; vgl. = vergleiche; lt. = laut; bzgl. = wegen
        Fa. = Firma
    """,
    "en": """
        e. g., = for example; e. g. = for example; i. e., = that means; i. e. = that means; etc. = and so on
        approx. = about; incl. = including; excl. = without; Fig. = picture; ASAP = as soon as possible
        FYI = for your information
    """,
}
_BEHIND_A_NUMBER = {
    "de": """
        Min. = Minuten; min. = Minuten; min = Minuten; Std. = Stunden; h = Stunden; Sek. = Sekunden; Mio. = Millionen
        Mrd. = Milliarden; Tsd. = Tausend; TL = Teelöffel; EL = Esslöffel; kg = Kilo; g = Gramm; ml = Milliliter
        l = Liter; L = Liter
    """,
    "en": """
        mins. = minutes; mins = minutes; min. = minutes; min = minutes; hrs. = hours; hrs = hours; hr = hours
        lbs. = pounds; lbs = pounds; lb = pounds; ft. = feet; ft = feet; tsp of = teaspoons of
        tsp. = teaspoons of; tsp = teaspoons of; tbsp of = tablespoons of; tbsp. = tablespoons of
        tbsp = tablespoons of; g of = grams of; g = grams of; ml of = milliliters of
        ml = milliliters of
    """,
}
_BEFORE_A_NUMBER = {
    "de": "Nr. = Nummer; S. = Seite; max. = höchstens; Kap. = Kapitel; Abb. = Bild",
    "en": "no. = number; pp. = pages; p. = page; ch. = chapter",
}
_BEHIND_ON = {
    "de": "Mo. = Montag; Di. = Dienstag; Mi. = Mittwoch; Do. = Donnerstag; Fr. = Freitag; Sa. = Samstag; So. = Sonntag",
    "en": """
        Mon. = Monday; Mon = Monday; Tues. = Tuesday; Tue = Tuesday; Wed. = Wednesday; Wed = Wednesday
        Thurs. = Thursday; Thu = Thursday; Fri. = Friday; Fri = Friday; Sat. = Saturday; Sat = Saturday
        Sun. = Sunday; Sun = Sunday
    """,
}
_ON = {"de": r"(?<=\b[AaIi]m )", "en": r"(?<=\b[Oo]n )"}
# Short words that are stressed by CAPITALS: as such they are read as no words of the language, or as others.
_STRESSED = {
    "de": frozenset(["NIE", "NUR", "NEU", "JA", "NEIN", "GANZ", "SEHR", "ALLE", "VIEL", "JEDE"]),
    "en": frozenset(["NOT", "NOW", "NEW", "NO", "YES", "ALL", "VERY", "ONLY", "MUST"]),
}
# "8–10 Stunden": the word for the dash, before a measure.
_STRETCHES = {
    "de": ("bis", "Stunden|Minuten|Tage|Wochen|Monate|Jahre|Prozent|Meter|Kilometer|Personen"),
    "en": ("to", "hours|minutes|days|weeks|months|years|percent|people|meters|miles"),
}
# "5 €/Monat", "100/day"
_PER = {
    "de": ("pro", "Stunde|Tag|Nacht|Woche|Monat|Quartal|Jahr|Person|Stück|Kopf"),
    "en": ("per", "hour|day|night|week|month|quarter|year|person|piece"),
}
# Stands for what is not looked into; of Unicode's private use, it is no text.
_HELD = "\ue000"
_SPACE = "[ \u00a0\u202f]?"
_OPENING = re.compile(r"[ \"'„“«»‘(\[]*")
_CAPITALS = re.compile(r"(?<![\w.@#/-])[A-ZÄÖÜ]{2,4}(?![\w@/(-])")
# An hour after noon, which is read as one before it, or as "20 pm"; the second of two is not.
_HOUR = re.compile(r"(?<![\w.,:–-])(?<!bis )(?<!und )(1[3-9]|2[0-3]) Uhr(?! ?\d)")
# Before a clause; elsewhere it means "that means".
_IE = re.compile(r"(?<![\w.])i\. ?e\.,?(?= (?:I|we|you|he|she|it|they|there)\b)")
# Money in millions, whose sign is a word as well.
_GERMAN_MILLIONS = re.compile(rf"(?<=\d)({_SPACE})(Mio\.|Mrd\.|Millionen|Milliarden) ?([{CURRENCIES}])")
_ENGLISH_MILLIONS = re.compile(rf"([{CURRENCIES}]) ?(\d[\d.,]{{0,20}}) (million|billion|trillion)\b")
_MONEY = {
    "de": {"€": "Euro", "$": "Dollar", "£": "Pfund", "Mio.": "Millionen", "Mrd.": "Milliarden"},
    "en": {"€": "euros", "$": "dollars", "£": "pounds"},
}
# What follows a measure where it is not told of what.
_NOTHING_MEASURED = re.compile(
    r"\s*[,;:.!?)\]/]|\s+(?:and|or|each|per|with|for|then|to|into|in|at|on|from|is|are|was|were|more|less|extra)\b"
)
_STREET = re.compile(r"(?<=[a-zäöüß])str\.(?=\s*\d)")
_HALF = r" ?([ap])(?:\.m\.?|m)(?!\w)"
_CLOCK = re.compile(rf"(?<![\w.,:])(\d{{1,2}})(?:[:.](\d\d))?{_HALF}", re.IGNORECASE)
# The first of two times, of which the second alone tells its half of the day.
_FROM = re.compile(
    rf"(?<![\w.,:])((\d{{1,2}})(?:[:.]\d\d)?)(?= ?(?:[-–]|to|and) ?(\d{{1,2}})(?:[:.]\d\d)?{_HALF})", re.IGNORECASE
)

_MONTH_BEFORE = re.compile(rf"(?:{MONTHS['en']}) $")
_LONGEST_MONTH = 10


def write_out(text: str, language: str) -> str:
    """Return a sentence with what is short in it written out, but for addresses, placeholders and code."""
    if language not in _ANYWHERE or _HELD in text:
        return text
    if not text.replace("ß", "").isupper():
        text = _CAPITALS.sub(lambda each: _unstressed(each, _STRESSED[language]), text)
    spans = find_spans(text, "")
    held = iter([text[span.start : span.end] for span in spans])
    written = _written(_HELD.join(outside_of(text, 0, len(text), spans)), language)
    return re.sub(_HELD, lambda _: next(held), written)


def _unstressed(match: re.Match[str], words: frozenset[str]) -> str:
    if match[0] not in words:
        return match[0]
    return match[0].lower() if match.start() else match[0].capitalize()


def _written(text: str, language: str) -> str:
    text = _english(text) if language == "en" else _german(text)
    for form in _forms(language):
        text = form.pattern.sub(form.write, text)
    per, wholes = _PER[language]
    text = re.sub(rf"(?<=[\d{CURRENCIES}]) ?/ ?(?=(?:{wholes})\b)", f" {per} ", text)
    to, measures = _STRETCHES[language]
    return re.sub(rf"(?<=\d) ?[-–] ?(?=\d{{1,3}} (?:{measures})\b)", f" {to} ", text)


def _german(text: str) -> str:
    words = _MONEY["de"]
    text = _GERMAN_MILLIONS.sub(lambda each: f" {words.get(each[2], each[2])} {words[each[3]]}", text)
    return _HOUR.sub(r"\1:00 Uhr", _STREET.sub("straße", write_out_german(text)))


def _english(text: str) -> str:
    text = _ENGLISH_MILLIONS.sub(lambda each: f"{each[2]} {each[3]} {_MONEY['en'][each[1]]}", text)
    return _IE.sub("so", _english_times(write_out_english(text)))


@dataclass(frozen=True)
class _Form:
    """A short form: where it stands, and what it stands for."""

    pattern: re.Pattern[str]
    meaning: str

    def write(self, match: re.Match[str]) -> str:
        """Return what is to stand in its place."""
        text, start, end = match.string, match.start(), match.end()
        meaning, following = self.meaning, text[end : end + 1]
        last = is_end(text, end)
        if last or following in tuple(",;:.!?"):
            meaning = meaning.removesuffix(",")
        if last or _NOTHING_MEASURED.match(text, end):
            meaning = meaning.removesuffix(" of")
            # The full stop of a short form is that of the sentence too.
            meaning += "." if last and match[0].endswith(".") else ""
        if match[0].lstrip()[0].isupper() and self.meaning[0].islower() and _OPENING.fullmatch(text, 0, start):
            meaning = meaning[0].upper() + meaning[1:]
        return " " * text[start - 1 : start].isdigit() + meaning + " " * (following.isdigit() or following == _HELD)


@cache
def _forms(language: str) -> Sequence[_Form]:
    start = r"(?<![\w.])"
    return [
        *_read(_ANYWHERE[language], start, r"(?!\w)"),
        *_read(_BEHIND_A_NUMBER[language], rf"(?<=\d){_SPACE}", r"(?![\w/²³-])"),
        *_read(_BEFORE_A_NUMBER[language], _NO_ANSWER + start, rf"(?={_SPACE}[\d{_HELD}])"),
        *_read(_BEHIND_ON[language], _ON[language], r"(?!\w)"),
    ]


def _read(table: str, ahead: str, behind: str) -> Iterator[_Form]:
    for row in table.replace("\n", ";").split(";"):
        if row.strip():
            short, meaning = (each.strip() for each in row.split(" = "))
            first = f"[{short[0]}{short[0].upper()}]" if short[1:2] in (".", " ") or len(short) > 4 else short[0]
            others = re.escape(short[1:]).replace(r"\ ", _SPACE)
            yield _Form(re.compile(f"{ahead}{first}{others}{behind}"), meaning)


def _english_times(text: str) -> str:
    """Write times of the 12-hour clock as those of the 24-hour clock."""

    def write(match: re.Match[str]) -> str:
        hour = int(match[1])
        if not 1 <= hour <= 12:
            return match[0]
        ended = match.start() and match[0].endswith(".") and is_end(match.string, match.end())
        return f"{hour % 12 + 12 * (match[3].lower() == 'p')}:{match[2] or '00'}" + "." * bool(ended)

    def begin(match: re.Match[str]) -> str:
        # "from March 12 to 10 am"
        if _MONTH_BEFORE.search(match.string[max(match.start() - _LONGEST_MONTH, 0) : match.start()]):
            return match[0]
        half = match[4].lower()
        if int(match[2]) % 12 > int(match[3]) % 12:
            half = "a" if half == "p" else "p"
        return f"{match[1]} {half}m"

    return _CLOCK.sub(write, _FROM.sub(begin, text))
