"""What people type that is no language, carried around the model and put back where it belongs.

Texts without letters are not translated. List marks and emoji at the ends of a sentence stay there. Addresses, phone
numbers, emoji and words of letters that the vocabulary lacks are names to the model, and put back where it copied the
names; where it did not, the sentence is cut around them. CAPITALS are read as the words they are and written as
capitals again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nmt.tokenizer import Tokenizer, TokenizerPair, normalize
from nmt.translation import Translation

# Scripts written without spaces, of which a row of characters is no word, and the ends of their clauses.
_UNSPACED = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_CLAUSE_ENDS = "、。，；：！？（）「」『』"
URL = (
    rf"(?:https?|ftp|file)://[^\s<>\"'`{{}}|\\^{_CLAUSE_ENDS}]*[^\s<>\"'`{{}}|\\^.,;:!?)\]»”“’…{_CLAUSE_ENDS}]"
    rf"|(?:\b|(?<=[{_UNSPACED}]))www\.[^\s<>\"'`{_CLAUSE_ENDS}]*[\w/]"
)
ADDRESS = (
    rf"(?:mailto:)?(?:(?<![\w.+-])|(?<=[{_UNSPACED}]))(?:(?![{_UNSPACED}])[\w.+-]){{1,64}}"
    r"@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
)
# Pictures, with what joins and colours them.
_PICTURE = r"\U0001F000-\U0001FAFF\u2600-\u27BF\u2B00-\u2BFF\u2190-\u21FF\u25A0-\u25FF"
SYMBOLS = rf"[{_PICTURE}](?:[\uFE0F\u200D\u20E3{_PICTURE}\s]*[\uFE0F\u200D\u20E3{_PICTURE}])?"
# Smileys of letters and marks, which stand between spaces: ":-)", ":P", "xD", "<3".
_SMILEY = r"(?<!\S)(?:[:;=]['’]?-?[)(DPpOo/|*]|xD|XD|<3|\^\^)(?!\S)"
# Seven digits and more with spaces or dashes, but for dates ("2024-03-12") and thousands ("15 000 000").
_PHONE = r"(?<![\w.,-])(?!\d{4}-\d\d-|\d{1,3}(?: \d{3})+\b(?! ?\d))\+?\d(?:[ -]{0,2}\d){6,18}(?!\w|[.,-]\d)"
_HELD = re.compile(rf"{URL}|{ADDRESS}|{_PHONE}|{SYMBOLS}|{_SMILEY}")
# "1. ", "a) ", "(2) ", "- ", "• ", "[x] ": at the start of a line, in any number.
_MARK = r"(?:[-–—*•·▪◦‣⁃>#+]+|\d{1,3}\.|\(?(?:\d{1,3}|[A-Za-z])\)|\[[ xX]\])"
_LEAD = re.compile(rf"(?:{_MARK}\s+)+(?=\S)")
# Names that the model is likely to copy, and what would make another word of one.
_NAMES = ("Tom", "Anna", "Peter", "Robert", "Martin", "Laura")
_LETTER = rf"(?:(?![{_UNSPACED}])[\w'’-])"
_APART = r"(?<!\w){}(?![\w])(?!['’]s\b)"
_QUOTES = str.maketrans({**dict.fromkeys("„“”‟«»″", '"'), **dict.fromkeys("‚‘’‛‹›′", "'")})


@dataclass(frozen=True)
class Prepared:
    """A text as the model gets it, and what is carried around it.

    before, after: what stands around it; text: for the model, empty where all is carried or it is to be cut; held: the
    names in it and what they stand for; capitals: the translation is written in capitals; pieces: the text cut around
    what is held, with the white space behind each, none where nothing is
    """

    before: str
    text: str
    after: str = ""
    held: tuple[tuple[str, str], ...] = ()
    capitals: bool = False
    pieces: tuple[str, ...] = ()

    def finish(self, translated: str) -> str | None:
        """Return the translation of the text with what was carried, None where a name was lost."""
        if self.capitals:
            translated = translated.upper()
        for name, content in self.held:
            pattern = re.compile(_APART.format(name.upper() if self.capitals else name))
            if len(pattern.findall(translated)) != 1:
                return None
            translated = pattern.sub(lambda _, content=content: content, translated)  # type: ignore[misc]
        return f"{self.before}{translated}{self.after}"


class Carrier:
    """Prepares texts for a model by the vocabulary it reads."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def prepare(self, text: str) -> Prepared:
        """Take off a text what is carried; the white space at its ends goes."""
        text = text.strip()
        lead = _LEAD.match(text)
        start = lead.end() if lead else 0
        spans = [span for span in self._spans(text) if span[0] >= start]
        end = len(text)
        while spans and not text[start : spans[0][0]].strip():
            start = _skip_spaces(text, spans.pop(0)[1])
        while spans and not text[spans[-1][1] : end].strip():
            end = len(text[: spans.pop()[0]].rstrip())
        outside = "".join(_outside(text, start, end, spans))
        if not _has_letter(outside):
            return Prepared(text, "")
        pieces = tuple(_cut(text, start, end, spans)) if spans else ()
        held = _names(text, spans)
        if len(held) < len(spans):
            return Prepared(text[:start], "", text[end:], pieces=pieces)
        names = [name.upper() if outside.isupper() else name for name, _ in held]
        plain = self._simplify("".join(_replaced(text, start, end, spans, names)))
        words = self._in_small_letters(plain)
        return Prepared(text[:start], words or plain, text[end:], tuple(held), words is not None, pieces)

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Return where what the model is not to read stands: in order, none overlapping."""
        spans = [match.span() for match in _HELD.finditer(text)]
        if strange := "".join(character for character in set(text) if self._is_strange(character)):
            word = re.compile(rf"{_LETTER}*[{re.escape(strange)}]+(?:{_LETTER}*\w)?")
            spans += [match.span() for match in word.finditer(text)]
        kept: list[tuple[int, int]] = []
        for start, end in sorted(spans):
            if kept and start < kept[-1][1]:
                kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
            else:
                kept.append((start, end))
        return kept

    def _is_strange(self, character: str) -> bool:
        """Say whether a letter is one that the vocabulary lacks, and has no plain form of."""
        if not character.isalpha() or self._knows(character):
            return False
        return not self._knows(self._simplify(character))

    def _knows(self, text: str) -> bool:
        return all(character in self._tokenizer.characters for character in normalize(text))

    def _simplify(self, text: str) -> str:
        """Return a text whose characters, where the vocabulary lacks them, are the plain ones that it has."""
        if self._knows(text):
            return text
        text = normalize(text)
        # Quotation marks go in pairs.
        if any(ord(each) in _QUOTES and not self._knows(each) for each in text):
            text = text.translate(_QUOTES)
        return "".join(each if self._knows(each) else self._plain(each) for each in text)

    def _plain(self, character: str) -> str:
        kind = unicodedata.category(character)
        if character.isspace():
            return " "
        if kind in ("Cf", "Cc"):
            return ""
        plain = "-" if kind == "Pd" else unicodedata.normalize("NFKC", character)
        return plain if self._knows(plain) else character

    def _in_small_letters(self, text: str) -> str | None:
        """Return a text in CAPITALS as the words it is made of, None where it is none, or usual in the vocabulary."""
        cased = [character for character in text if character.lower() != character.upper()]
        if len(cased) < 2 or any(character.islower() for character in cased):
            return None
        words = re.sub(r"[^\W\d_]+", lambda match: self._usual(match[0]), text)
        first = next(place for place, character in enumerate(words) if character.isalpha())
        words = words[:first] + words[first].upper() + words[first + 1 :]
        return words if self._tokenizer.count(words) < self._tokenizer.count(text) else None

    def _usual(self, word: str) -> str:
        """Return a word as the vocabulary writes it in the fewest pieces, and of those the likeliest."""
        return min((word.lower(), word.capitalize(), word), key=self._tokenizer.cost)


def _has_letter(text: str) -> bool:
    return any(map(str.isalpha, text))


def _skip_spaces(text: str, start: int) -> int:
    return start + len(text[start:]) - len(text[start:].lstrip())


def _outside(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> Iterator[str]:
    """Yield what stands between spans."""
    for span in [*spans, (end, end)]:
        yield text[start : span[0]]
        start = span[1]


def _cut(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> Iterator[str]:
    """Yield the pieces of a text, around its spans and the spans, each with the white space behind it."""
    for span_start, span_end in [*spans, (end, end)]:
        if text[start:span_start].strip():
            yield text[start:span_start]
        start = min(_skip_spaces(text, span_end), end)
        if span_start < end:
            yield text[span_start:start]


def _names(text: str, spans: list[tuple[int, int]]) -> list[tuple[str, str]]:
    """Return a name that the text does not hold for each span, with what it stands for."""
    free = [name for name in _NAMES if name.lower() not in text.lower()]
    return [(name, text[start:end]) for name, (start, end) in zip(free, spans, strict=False)]


def _replaced(text: str, start: int, end: int, spans: list[tuple[int, int]], names: list[str]) -> Iterator[str]:
    for outside, name in zip(_outside(text, start, end, spans), [*names, ""], strict=True):
        yield outside + name


def carried(prepared: Prepared, translation: Translation, tokenizers: TokenizerPair) -> Translation | None:
    """Return a translation with what was carried around it, None where a name was lost; alternatives may be."""
    text = prepared.finish(translation.text)
    if text is None:
        return None
    others = [carried(prepared, each, tokenizers) for each in translation.alternatives[1:]]
    src, tgt = tokenizers.src, tokenizers.tgt
    ends = [(src.pieces(src.encode(end)), tgt.pieces(tgt.encode(end))) for end in (prepared.before, prepared.after)]
    (src_before, tgt_before), (src_after, tgt_after) = ends
    first = [(min(i, len(src_before) - 1), i) for i in range(len(tgt_before))]
    shifted = [(i + len(src_before), j + len(tgt_before)) for i, j in translation.alignment]
    src_end, tgt_end = len(src_before) + len(translation.src_tokens), len(tgt_before) + len(translation.tokens)
    last = [(src_end + min(i, len(src_after) - 1), tgt_end + i) for i in range(len(tgt_after))]
    best = replace(
        translation,
        text=text,
        tokens=(*tgt_before, *translation.tokens, *tgt_after),
        token_scores=(*[0.0] * len(tgt_before), *translation.token_scores, *[0.0] * len(tgt_after)),
        src_tokens=(*src_before, *translation.src_tokens, *src_after),
        alignment=(*first, *shifted, *last),
        alternatives=(),
    )
    return replace(best, alternatives=(best, *[each for each in others if each is not None]))
