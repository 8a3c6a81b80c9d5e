"""Where in a text stands what the model is not to read: addresses, pictures, signs that the vocabulary lacks.

A sign that it lacks would be read as bytes, and a number beside it would suffer: "5 €" is one span, as is a word that
holds such a letter, and a mark that stands between words is one by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from nmt.identifiers import CODE, IDENTIFIER, MENTION, NUMBER_PLACEHOLDER, PLACEHOLDER, TAG, VERSION
from nmt.unspaced import UNSPACED

# The ends of clauses in scripts without spaces.
_CLAUSE_ENDS = "、。，；：！？（）「」『』"
URL = (
    rf"(?i:https?|ftp|file)://[^\s<>\"'`{{}}|\\^{_CLAUSE_ENDS}]*[^\s<>\"'`{{}}|\\^.,;:!?)\]»”“’…{_CLAUSE_ENDS}]"
    rf"|(?:\b|(?<=[{UNSPACED}]))(?i:www)\.[^\s<>\"'`{_CLAUSE_ENDS}]*[\w/]"
)
ADDRESS = (
    rf"(?:mailto:)?(?:(?<![\w.+-])|(?<=[{UNSPACED}]))(?:(?![{UNSPACED}])[\w.+-]){{1,64}}"
    r"@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
)
# Pictures, with what joins and colours them.
_PICTURE = r"\U0001F000-\U0001FAFF\u2600-\u27BF\u2B00-\u2BFF\u2190-\u21FF\u25A0-\u25FF"
SYMBOLS = rf"[{_PICTURE}](?:[\uFE0F\u200D\u20E3{_PICTURE}\s]*[\uFE0F\u200D\u20E3{_PICTURE}])?"
# Smileys of letters and marks, which stand between spaces: ":-)", ":P", "xD", "<3".
_SMILEY = r"(?<!\S)(?:[:;=]['’]?-?[)(DPpOo/|*]|xD|XD|<3)(?!\S)|\^\^(?!\S)"
# Seven digits and more, also of a parcel, with spaces or dashes, but for dates ("2024-03-12"), years ("1939-1945") and
# thousands ("15 000 000"); "+49 (0)30/123456", "0221/123456", "(0221) 123456", "555.123.4567".
_PHONE = (
    r"(?<![\w.,/-])(?:"
    r"(?!\d{4}-\d\d-|(?:1\d|20)\d\d ?- ?(?:1\d|20)\d\d(?![ -]{0,2}\d)|\d{1,3}(?: \d{3})+\b(?! ?\d))"
    r"\d(?:[ -]{0,2}\d){6,38}"
    r"|\+\d(?:[ -]{0,2}\d){0,2} ?\(0\)(?:[ /-]{0,2}\d){4,14}|\+\d(?:[ /-]{0,2}\d){6,18}"
    r"|0\d{2,5} ?/ ?\d(?:[ -]{0,2}\d){2,12}|\(0?\d{2,5}\) ?\d(?:[ -]{0,2}\d){5,12}|\(0\d{2,5}\)(?:[ -]{0,2}\d){3,12}"
    r"|\d{3}\.\d{3}\.\d{4}"
    r")(?!\w|[.,-]\d)"
)
_PLACES = re.compile(rf"{URL}|{ADDRESS}|{_PHONE}")
_IDENTIFIERS = re.compile(IDENTIFIER)
# 5'6", of feet and inches
_FEET = r"(?<![\w.,'’])\d['’′]\d{1,2}(?:[\"”″]|''|(?![\w'’]))"
_NUMBERS = re.compile(f"{VERSION}|{NUMBER_PLACEHOLDER}|{CODE}|{_FEET}")
_TAGS = re.compile(TAG)
# Words behind which a noun comes.
_LEADING = re.compile(
    r"(?<!\w)(?:der|die|das|de[mns]|ein(?:e[mnrs]?)?|in|i[mn]s?|a[mn]s?|auf|aus|bei|beim|für|mit|nach|über|vo[mnr]|zu[mr]?|und"
    r"|oder|the|an?|about|and|at|for|from|of|on|or|to|with) $",
    re.IGNORECASE,
)
_MENTIONS = re.compile(MENTION)
_SMILEYS = re.compile(_SMILEY)
# Characters beside an arrow among which a word is looked for.
_NEAR = 9
# Arrows and triangles, as between the steps of a menu.
_ARROW = re.compile(r"[\u2190-\u21FF\u25B2-\u25C5]")
# Faces, hands, hearts and marks: said beside a sentence or between two, where a thing ("🍕") may be a word of it.
_GESTURE = re.compile(
    r"[\U0001F600-\U0001F64F\U0001F910-\U0001F92F\U0001F970-\U0001F97A\U0001F9D0\U0001FAE0-\U0001FAFF\U0001F440"
    r"\U0001F446-\U0001F450\U0001F4AA\U0001F48B\U0001F493-\U0001F49F\U0001F4AF\U0001F389\U0001F38A\U0001F525"
    r"\U0001F590-\U0001F596\U0001F5A4\U0001F90D-\U0001F90F\U0001F9E1\u2639\u263A\u261D\u270A-\u270D\u2728\u2763"
    r"\u2764\u2705\u2714\u2716\u274C\u26A0\u2753-\u2757]"
)
# Words that join what follows to the sentence before, as and does not.
_JOINING = re.compile(
    r"\s{0,3}(?:aber|oder|weil|denn|dass|wenn|falls|obwohl|sondern|but|or|because|if|although|though|unless)(?!\w)",
    re.IGNORECASE,
)
# A noun or a name within a sentence, behind which a thing is only its picture.
_NOUN = re.compile(r"\w,? [A-ZÄÖÜ][a-zäöüß]{1,40} $")
_NOUN_LENGTH = 50
# Before one of these it goes on with what the noun is.
_VERB = re.compile(
    r"\s*(?:ist|sind|war(?:en)?|ha(?:t|ben|tte)|wird|werden|kann|muss|will|is|are|was|were|has|have|had|will|can)\b"
)
_SYMBOLS = re.compile(SYMBOLS)
# "{name}", "`ls -l`"
_CODE = rf"{PLACEHOLDER}|(?<!\w)`[^`\s](?:[^`\n]{{0,200}}[^`\s])?`(?!\w)"

# Bounded, as all that may be repeated: a line may be a million letters.
_LETTERS = rf"(?:(?![{UNSPACED}])[\w'’-]){{0,60}}"
# "5", "-1.234,50", "20-25", "10 000", "5,-"
_DIGITS = r"(?:\d{1,3}(?:[ \u00a0\u202f]\d{3}){1,6}|\d{1,30})(?:[.,:'’]\d{1,30}){0,6}(?:,[-–](?!\w))?"
_NUMBER = rf"(?<![\w.,])[-+−±~≈]?{_DIGITS}(?:[-–]{_DIGITS})?"
_SPACE = r"[ \u00a0\u202f]?"
# The number of a footnote, behind a word too long for a unit ("km²") and without a number ("20 Meter²").
_NOTE = re.compile(r"(?<=[^\W\d_]{4})[¹²³⁰⁴-⁹]+(?!\w)")
_MEASURE = re.compile(r"\d[ \u00a0\u202f]?(?:[^\W\d_]{1,20}/)?[^\W\d_]{1,20}$")
# Signs of punctuation that belong to what they stand at.
_CLINGING = "&@\\§‰‱"


class Kind(Enum):
    """What a span is."""

    ASIDE = "aside"  # a picture: at the ends of a sentence, it is no part of it
    PLACE = "place"  # an address, a number to call, a name in a network: at the ends, it may be no part of a sentence
    NAME = "name"  # a word that the model cannot read
    AMOUNT = "amount"  # a number with a sign that it cannot, or in a code
    TIME = "time"  # a time of day that the target language writes otherwise
    DATE = "date"  # a date, with its day of the week
    APART = "apart"  # a mark, or a gesture, between words


# What spans of two kinds are together.
_RANKS = (Kind.NAME, Kind.AMOUNT, Kind.TIME, Kind.DATE, Kind.PLACE, Kind.ASIDE, Kind.APART)


@dataclass(frozen=True)
class Span:
    """A stretch of a text, from start to before end."""

    start: int
    end: int
    kind: Kind


def find_spans(text: str, strange: str, numbers: Sequence[Span] = ()) -> list[Span]:
    """Return the spans of a text in order, none overlapping.

    strange: the characters that cannot be read; numbers: spans of amounts, times and dates that may be a part of others
    """
    spans = [Span(*match.span(), _place_kind(match[0])) for match in _PLACES.finditer(text)]
    spans += [Span(*match.span(), _gesture_kind(text, match)) for match in _SMILEYS.finditer(text)]
    spans += [Span(*match.span(), _picture_kind(text, match)) for match in _SYMBOLS.finditer(text)]
    spans += [Span(*match.span(), Kind.APART) for match in _NOTE.finditer(text) if _is_note(text, match, strange)]
    spans += [Span(*match.span(), _tag_kind(text, match)) for match in _TAGS.finditer(text)]
    spans += [Span(*match.span(), Kind.PLACE) for match in _MENTIONS.finditer(text)]
    spans += [Span(*match.span(), Kind.NAME) for match in _IDENTIFIERS.finditer(text)]
    spans += [Span(*match.span(), Kind.AMOUNT) for match in _NUMBERS.finditer(text)]
    # A word before a smiley or a note is no part of it, whatever that is made of.
    rest = _masked(text, spans)
    spans += [Span(*match.span(), Kind.NAME) for match in re.finditer(_CODE, text)]
    marks = "".join(each for each in strange if unicodedata.category(each)[0] == "P" and each not in _CLINGING)
    signs = "".join(each for each in strange if each not in marks)
    if signs:
        spans += [Span(*match.span(), _kind(text, match)) for match in _signed(signs).finditer(rest)]
    if marks:
        spans += [Span(*match.span(), Kind.APART) for match in re.finditer(f"[{re.escape(marks)}]+", text)]
    return _merged(text, sorted([*spans, *numbers], key=lambda span: (span.start, -span.end)))


def outside_of(text: str, start: int, end: int, spans: Sequence[Span]) -> Iterator[str]:
    """Yield what stands between spans in a stretch of a text, and at its ends."""
    for span in spans:
        yield text[start : span.start]
        start = span.end
    yield text[start:end]


def _is_note(text: str, match: re.Match[str], strange: str) -> bool:
    """Say whether small digits that cannot be read belong to a footnote, not to a measure."""
    before = text[max(match.start() - 50, 0) : match.start()]
    return set(match[0]) <= set(strange) and not _MEASURE.search(before)


def _place_kind(found: str) -> Kind:
    """Return the kind of an address or a number to call: one of digits alone may be any number."""
    return Kind.AMOUNT if found.isdigit() and not found.startswith("0") else Kind.PLACE


def _tag_kind(text: str, match: re.Match[str]) -> Kind:
    """Return the kind of a tag: one before a word in small letters, or behind "to", is a word of its sentence."""
    following = text[match.end() : match.end() + _NEAR].lstrip()[:1]
    if following.islower():
        return Kind.PLACE
    return Kind.NAME if _LEADING.search(text[max(match.start() - _NEAR, 0) : match.start()]) else Kind.ASIDE


def _picture_kind(text: str, match: re.Match[str]) -> Kind:
    """Return the kind of a picture: one that touches a word, and an arrow between two, is no word's stand-in."""
    before, after = text[max(match.start() - _NEAR, 0) : match.start()], text[match.end() : match.end() + _NEAR]
    touching = any(map(str.isalnum, before[-1:] + after[:1]))
    between = _ARROW.match(match[0]) and before.strip() and after.strip()
    if touching or between:
        return Kind.APART
    named = _NOUN.search(text[max(match.start() - _NOUN_LENGTH, 0) : match.start()])
    shown = named and not _VERB.match(text, match.end())
    return _gesture_kind(text, match) if shown or _GESTURE.match(match[0]) else Kind.ASIDE


def _gesture_kind(text: str, match: re.Match[str]) -> Kind:
    """Return the kind of a smiley or a gesture: it divides what is said before from what behind."""
    return Kind.ASIDE if _JOINING.match(text, match.end()) else Kind.APART


def _masked(text: str, spans: list[Span]) -> str:
    """Return a text as long with spaces in the place of spans."""
    parts: list[str] = []
    done = 0
    for start, end in sorted((span.start, span.end) for span in spans):
        parts += [text[done:start], " " * (end - max(start, done))]
        done = max(done, end)
    return "".join([*parts, text[done:]])


def _signed(signs: str) -> re.Pattern[str]:
    """Return a pattern of signs with what belongs to them: "5 €", "20 °C", "€ 9,99", "3 × 4", "Łódź", "AT&T"."""
    sign = f"[{re.escape(signs)}]"
    operator = f"[{re.escape(each)}]" if (each := _operators(signs)) else r"(?!)"
    number = f"{_NUMBER}{_SPACE}"
    return re.compile(
        rf"{number}{operator}{_SPACE}{_DIGITS}(?!\w)"
        rf"|{number}{_LETTERS}{sign}+(?:{_LETTERS}\w)?"
        rf"|{_LETTERS}{sign}+(?:{_SPACE}[-+−]?{_DIGITS}[a-z]?(?!\w)|{_LETTERS}\w)?"
    )


def _operators(signs: str) -> str:
    return "".join(each for each in signs if unicodedata.category(each) == "Sm")


def _kind(text: str, match: re.Match[str]) -> Kind:
    found = match[0]
    if any(map(str.isnumeric, found)):
        # "m²" and "Łódź2" are words, "10 m²" is an amount.
        return Kind.AMOUNT if not found[0].isalpha() else Kind.NAME
    if any(map(str.isalpha, found)):
        return Kind.NAME
    around = text[: match.start()][-1:], text[match.end() :][:1]
    return Kind.APART if all(not each or each.isspace() for each in around) else Kind.NAME


def _merged(text: str, spans: list[Span]) -> list[Span]:
    """Join spans that overlap or touch, and amounts with marks, and what follows those, that only a space divides."""
    kept: list[Span] = []
    end = None  # what the last of those kept ends with
    for span in spans:
        last = kept[-1] if kept else None
        if last and span.end <= last.end:
            continue
        if last and (span.start <= last.end or _goes_on(text, last, end, span)):
            kinds = {last.kind, span.kind}
            kind = next(each for each in _RANKS if each in kinds)
            kept[-1] = Span(last.start, span.end, kind)
        else:
            kept.append(span)
        end = span.kind
    return kept


def _goes_on(text: str, last: Span, end: Kind | None, span: Span) -> bool:
    """Say whether a span belongs to the one before: two amounts only where a mark or an operator is between them."""
    if text[last.end : span.start].strip():
        return False
    if {last.kind, span.kind} == {Kind.AMOUNT}:
        # "× 5", but not "−5"
        operated = _operators(text[span.start]) and text[span.start + 1 : span.start + 2].isspace()
        return end is Kind.APART or bool(operated)
    return {last.kind, span.kind} == {Kind.AMOUNT, Kind.APART}
