"""Translators that stand in for a model: a faithful one, and ones that get everything wrong."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable, Iterator

from nmt.translation import Translation

_UNIT = re.compile(r"\s*(?:\w+|[^\w\s])")
WORDS = {"hallo": "hello", "wichtig": "important", "das": "this", "ist": "is", "datei": "file", "haus": "house"}


def translation(text: str, source: str, alignment: Iterable[tuple[int, int]]) -> Translation:
    return Translation(text.strip(), tokens=pieces(text), src_tokens=pieces(source), alignment=tuple(alignment))


def pieces(text: str) -> tuple[str, ...]:
    return tuple(re.sub(r"^\s+", "\u2581", unit) for unit in _UNIT.findall(" " + text.strip()))


def upper(lines: Iterable[str]) -> Iterator[Translation]:
    """Write every word in capitals, in its place."""
    for line in lines:
        yield translation(line.upper(), line, ((place, place) for place in range(len(pieces(line)))))


def by_words(lines: Iterable[str]) -> Iterator[Translation]:
    """Translate word by word, as far as the words are known."""
    for line in lines:
        text = re.sub(r"\w+", lambda word: WORDS.get(word[0].lower(), word[0]), line)
        yield translation(text, line, ((place, place) for place in range(len(pieces(line)))))


def backwards(lines: Iterable[str]) -> Iterator[Translation]:
    """Turn the order of words around."""
    for line in lines:
        units = [unit.strip() for unit in pieces(line)]
        text = " ".join(unit.replace("\u2581", "") for unit in reversed(units))
        yield translation(text, line, ((len(units) - 1 - place, place) for place in range(len(units))))


HOSTILE_TEXTS = [
    "", " ", "<b>", "</p>", "%s %s %s", "{name} {0}", "&amp; &lt; &",
    "https://evil.example/a?b", "x\ny\r\n\n", "\u2028",
    "a b c d e f g", "]]>", "-->", "00:00:01,000 --> 00:00:02,000", '"', '","', "`code`", "**b** _i_ [x](y)", "# h",
    "1. x", "\\", "\0", "${x}", "a@b.de", "$", "{", "}}", "%", "<", "<a", "msgid", "|", "☃", "ein und zwei",
]  # fmt: skip


def hostile(seed: int, texts: Iterable[str] = HOSTILE_TEXTS) -> object:
    """Return a translator that drops, doubles, reorders and makes up text, tokens and alignments."""
    draw = random.Random(seed)
    said = list(texts)

    def translate(lines: Iterable[str]) -> Iterator[Translation]:
        for line in lines:
            words = line.split() + draw.choices(said, k=draw.randrange(3))
            draw.shuffle(words)
            text = draw.choice([" ", "", "\n"]).join(words[: draw.randrange(len(words) + 1)] * draw.randrange(1, 3))
            tokens, src_tokens = (
                pieces(each) if draw.random() < 0.8 else ("x",) * draw.randrange(5) for each in (text, line)
            )
            pairs = [(draw.randrange(-2, 40), draw.randrange(-2, 40)) for _ in range(draw.randrange(20))]
            yield Translation(text, tokens=tokens, src_tokens=src_tokens, alignment=tuple(pairs))

    return translate


def endless(_translate: object) -> bytes:
    """Take longer over a document than anyone waits."""
    time.sleep(120)
    return b""
