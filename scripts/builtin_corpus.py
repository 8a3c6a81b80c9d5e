"""Write the corpus of the built-in models: Tatoeba and LibreOffice help, with the variety that people type.

usage: .venv/bin/python scripts/builtin_corpus.py --src de --tgt en -o runs/builtin-corpus/de-en

Reads tatoeba-de-en/train.{de,en} and libreoffice-en-de/train.{de,en} from $NMT_DATA, data/ or ../shared/data, and
writes train.{de,en} and dev.{de,en}. In some pairs names and numbers are exchanged for others, the same on both
sides, so that copying is learned and not `Tom`, and the few with numbers come several times; in some the source
loses its capitals, its last mark or its kind of quotes, or both sides are in capitals, or two pairs stand in one
line. Short sentences come once more, and what people say every day is added from the phrase book (phrasebook.py). The
same files give the same corpus.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

import names
import phrasebook
from corpora import find_corpus

CORPORA = ("tatoeba-de-en", "libreoffice-en-de")
# How often each change is made, of the pairs it can be made in.
NAMES, NUMBERS, CAPITALS, LOWER, UNMARKED, QUOTES, JOINED = 0.2, 0.5, 0.015, 0.04, 0.03, 0.2, 0.02
# Of those names, how many get a family name.
FULL = 0.15
# Few pairs hold numbers: those that do come this many times more, with other numbers each time.
NUMBERED = 6

# Not names, though both languages write them alike.
_NO_NAMES = {"Tom", "Maria", "Mary", "April", "August", "September", "November", "Internet", "Hotel"}
# Of names that are the same on both sides, those exchanged for others.
PROPER = 0.6
# Short sentences, of up to so many English words, come once more; the phrase book so many times, and so many sentences
# made of its patterns.
SHORT, PHRASES, PATTERNS = 3, 10, 30_000


def rename(texts: dict[str, str], draws: Random) -> dict[str, str]:
    """Exchange Tom, and Maria who is Mary, for another where both sides name them."""
    for before, known in (({"de": "Tom", "en": "Tom"}, names.MEN), ({"de": "Maria", "en": "Mary"}, names.WOMEN)):
        patterns = {code: re.compile(rf"\b{word}(?=s?\b)") for code, word in before.items()}
        if not all(patterns[code].search(text) for code, text in texts.items()):
            continue
        after = draws.choice(known) if draws.random() < 0.5 else names.made_up(draws)
        if draws.random() < FULL:
            after = f"{after} {names.last_name(draws)}"
        if after[-1] in "sxzß" and re.search(rf"\b{before['de']}s\b", texts["de"]):
            continue  # its genitive is another
        texts = {code: patterns[code].sub(after, text) for code, text in texts.items()}
    return texts


def replace_proper(texts: dict[str, str], draws: Random) -> dict[str, str]:
    """Exchange a name that both sides hold, of a place or a person, for another; a word that begins a sentence is no
    sure name."""
    begins = set(re.findall(r"(?:^|[.!?:]\s+|[\"“„»«])([A-ZÄÖÜ]\w+)", texts["en"]))
    found = {code: re.findall(r"\b[A-ZÄÖÜ][a-zäöüß]{2,}\b", text) for code, text in texts.items()}
    both = [word for word in dict.fromkeys(found["de"]) if word in found["en"] and word not in begins | _NO_NAMES]
    if len(both) != 1 or draws.random() >= PROPER:
        return texts
    after = names.place(draws) if draws.random() < 0.5 else dict.fromkeys(texts, names.last_name(draws))
    return {code: re.sub(rf"\b{both[0]}\b", after[code], text) for code, text in texts.items()}


def renumber(texts: dict[str, str], draws: Random) -> dict[str, str]:
    """Exchange the numbers for others of as many digits, where both sides have the same ones."""
    found = {code: re.findall(r"\d+", text) for code, text in texts.items()}
    if sorted(found["de"]) != sorted(found["en"]):
        return texts
    # A number of one digit may be a part of the grammar: 1 Stunde, 2 Stunden.
    others = {old: _like(old, draws) for old in sorted(set(found["de"])) if len(old) > 1}
    return {code: re.sub(r"\d+", lambda match: others.get(match[0], match[0]), text) for code, text in texts.items()}


def _like(number: str, draws: Random) -> str:
    first = draws.choice("12" if len(number) == 4 else "123456789") if number[0] != "0" else "0"
    return first + "".join(draws.choice("0123456789") for _ in number[1:])


def requote(text: str, draws: Random) -> str:
    """Exchange the quotation marks of a text for another kind."""
    opening, closing = draws.choice(("„“", "“”", "»«", "«»", '""', "‚‘", "''"))
    marks = iter(range(len(text)))
    text = re.sub(r"[„“”»«\"]", lambda _: closing if next(marks) % 2 else opening, text)
    return re.sub(r"(?<=\w)'(?=\w)", "’", text) if draws.random() < 0.5 else text


def vary(texts: dict[str, str], src: str, draws: Random) -> dict[str, str]:
    """Return an everyday pair as somebody else might have typed it."""
    if draws.random() < NAMES:
        texts = rename(texts, draws)
    if draws.random() < NUMBERS:
        texts = renumber(texts, draws)
    if draws.random() < QUOTES:
        texts = {**texts, src: requote(texts[src], draws)}
    how = draws.random()
    if how < CAPITALS:
        return {code: text.upper() for code, text in texts.items()}
    if how < CAPITALS + LOWER:
        return {**texts, src: texts[src].lower().rstrip(".!?")}
    if how < CAPITALS + LOWER + UNMARKED:
        return {**texts, src: texts[src].rstrip(".!?")}
    return texts


def pairs(folder: Path, part: str) -> Iterator[dict[str, str]]:
    """Yield the pairs of a part of a corpus."""
    files = [(folder / f"{part}.{code}").open(encoding="utf-8", newline="\n") for code in ("de", "en")]
    for de, en in zip(*files, strict=True):
        yield {"de": de.rstrip("\n"), "en": en.rstrip("\n")}


def numbered(texts: Iterator[dict[str, str]], draws: Random) -> Iterator[dict[str, str]]:
    """Yield pairs, and further ones with other numbers after each whose numbers are the same on both sides."""
    for pair in texts:
        yield pair
        for _ in range(NUMBERED):
            other = renumber(pair, draws)
            if other == pair:
                break
            yield other


def everyday(folder: Path, draws: Random) -> Iterator[dict[str, str]]:
    """Yield what is varied: the pairs of a corpus, the short ones once more, and the phrase book."""
    for found in numbered(pairs(folder, "train"), draws):
        pair = replace_proper(found, draws)
        yield pair
        if len(pair["en"].split()) <= SHORT:
            yield pair
    for _ in range(PHRASES):
        yield from phrasebook.phrases()
    for _ in range(PATTERNS):
        yield phrasebook.sentence(draws)


def corpus(folders: list[Path], src: str) -> Iterator[dict[str, str]]:
    """Yield the training pairs: those of the first folder varied and now and then joined, the others as they are."""
    draws = Random(1)
    waiting: dict[str, str] | None = None
    for pair in everyday(folders[0], draws):
        texts = vary(pair, src, draws)
        if waiting is not None:
            texts = {code: f"{waiting[code]} {text}" for code, text in texts.items()}
            waiting = None
        elif draws.random() < JOINED:
            waiting = texts
            continue
        yield texts
    if waiting is not None:
        yield waiting
    for folder in folders[1:]:
        yield from pairs(folder, "train")


def write(texts: Iterator[dict[str, str]], output: Path, part: str) -> None:
    """Write pairs as two files of lines, whole or not at all."""
    paths = {code: output / f"{part}.{code}" for code in ("de", "en")}
    with ExitStack() as stack:
        files = {
            code: stack.enter_context(path.with_name(f"{path.name}.partial").open("w", encoding="utf-8", newline="\n"))
            for code, path in paths.items()
        }
        for pair in texts:
            for code, file in files.items():
                file.write(pair[code] + "\n")
    for path in paths.values():
        path.with_name(f"{path.name}.partial").replace(path)


def write_corpus(output: Path, src: str) -> None:
    """Write train.{de,en} and dev.{de,en} into a folder, the sides of src as people type."""
    folders = [find_corpus(each) for each in CORPORA]
    output.mkdir(parents=True, exist_ok=True)
    write(corpus(folders, src), output, "train")
    write(pairs(folders[0], "dev"), output, "dev")


def main() -> None:
    """Write the corpus."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--src", choices=("de", "en"), required=True)
    parser.add_argument("--tgt", choices=("de", "en"), required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.src == arguments.tgt:
        parser.error(f"--src and --tgt are both {arguments.src}; give two languages")
    write_corpus(arguments.output, arguments.src)


if __name__ == "__main__":
    main()
