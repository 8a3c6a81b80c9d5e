"""Write the corpus of the built-in models: Tatoeba and LibreOffice help, with the variety that people type.

usage: .venv/bin/python scripts/builtin_corpus.py --src de -o runs/builtin-corpus/de-en [--translations FOLDER]

Reads tatoeba-de-en/train.{de,en} and libreoffice-en-de/train.{de,en} from $NMT_DATA, data/ or ../shared/data, and
writes train.{de,en} and dev.{de,en}. In some pairs names and numbers are exchanged for others (exchanges.py), and the
few with numbers come several times; targets follow one convention (conventions.py), and some sources are written as
somebody else might have typed them (as_typed.py); two stand in one line now and then. Short sentences come once more,
longer ones are made of two (compounds.py), words stand alone with their translations (dictionary.py), and what people
say every day is added from the phrase book (phrasebook.py). With what earlier models made of the two corpora, as
scripts/builtin has them translate it, these translations are added (translations.py). The same files give the same
corpus.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from random import Random

from builtin_text import compounds, phrasebook
from builtin_text.as_typed import as_typed
from builtin_text.conventions import by_convention
from builtin_text.dictionary import dictionary
from builtin_text.exchanges import exchange, renumber, replace_proper
from builtin_text.translations import Translations, read_translations, translated
from lab.command_line import parser, run_script
from lab.corpora import find_corpus

CORPORA = ("tatoeba-de-en", "libreoffice-en-de")
TESTED = ("dev", "test", "test_hard")
# Sentences (two sets) and words that were written to test on and for nothing else.
HELD_OUT = Path(__file__).with_name("heldout")
WRITTEN_TO_TEST = ("everyday", "genres")
# Of the same sorts, but to choose by, as Tatoeba's development set is.
WRITTEN_TO_CHOOSE = ("development",)
# How often two pairs stand in one line.
JOINED = 0.02
# Few pairs hold numbers: those that do come this many times more, with other numbers each time.
NUMBERED = 6
# Short sentences, of up to so many English words, come once more; the phrase book's words and phrases, and its
# sentences, so many times; so many sentences made of its patterns, and so many of two statements; words alone so often.
SHORT, PHRASES, SENTENCES, PATTERNS, COMPOUNDS, WORDS = 3, 8, 5, 60_000, 20_000, 4
# How often the pairs of the further corpora, written as they are, come.
FURTHER = 2


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


def everyday(folder: Path, src: str, draws: Random, translations: Translations | None) -> Iterator[dict[str, str]]:
    """Yield what is varied: the pairs of a corpus, the short ones once more, longer ones, translations, and the phrase
    book."""
    statements = []
    for found in numbered(pairs(folder, "train"), draws):
        pair = replace_proper(found, draws)
        yield pair
        if len(pair["en"].split()) <= SHORT:
            yield pair
        if compounds.is_statement(pair):
            statements.append(pair)
    yield from compounds.compounds(statements, COMPOUNDS, draws)
    if translations:
        for pair in translated(pairs(folder, "train"), translations, src):
            yield replace_proper(pair, draws)
    for _ in range(PHRASES):
        yield from phrasebook.phrases()
    for _ in range(SENTENCES):
        yield from phrasebook.sentences()
    for _ in range(PATTERNS):
        yield phrasebook.sentence(draws)
    if WORDS:
        yield from WORDS * words(folder)


def words(folder: Path) -> list[dict[str, str]]:
    """Return words with their translations, as sentences have them, but those that the phrase book has, or that models
    are asked for by words_study.py."""
    there = {pair["de"].lower() for pair in phrasebook.phrases()}
    asked = {code: held_out_words(code) for code in ("de", "en")}
    found = dictionary([*pairs(folder, "train"), *phrasebook.sentences()])
    return [
        pair
        for pair in found
        if pair["de"].lower() not in there and not any(pair[code].lower() in asked[code] for code in asked)
    ]


def held_out_words(code: str) -> set[str]:
    """Return the words of a language that models are asked to translate alone, without case."""
    paths = HELD_OUT.glob(f"words.{code}-*.tsv")
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").split("\n") if line]
    return {line.split("\t")[0].lower() for line in lines}


def corpus(folders: list[Path], src: str, translations: Translations | None = None) -> Iterator[dict[str, str]]:
    """Yield the training pairs without what models are tested on."""
    tested = held_out(folders)
    texts = varied(folders, src, translations)
    return (pair for pair in texts if not any(pair[code] in tested[code] for code in tested))


def held_out(folders: list[Path]) -> dict[str, set[str]]:
    """Return the lines of every set that models are tested on, by their languages."""
    lines: dict[str, set[str]] = {"de": set(), "en": set()}
    own = [HELD_OUT / name for name in (*WRITTEN_TO_TEST, *WRITTEN_TO_CHOOSE)]
    for prefix in [*(folder / part for folder in folders for part in TESTED), *own]:
        for code, found in lines.items():
            path = prefix.with_name(f"{prefix.name}.{code}")
            if path.is_file():
                found.update(path.read_text(encoding="utf-8").split("\n"))
    return {code: found - {""} for code, found in lines.items()}


def varied(folders: list[Path], src: str, translations: Translations | None) -> Iterator[dict[str, str]]:
    """Yield the pairs of the first folder varied and now and then joined, those of the others as they are."""
    draws = Random(1)
    waiting: dict[str, str] | None = None
    for pair in everyday(folders[0], src, draws, translations):
        exchanged = exchange(pair, draws)
        texts = as_typed(by_convention(exchanged, "en" if src == "de" else "de"), src, draws)
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
        for _ in range(FURTHER):
            yield from pairs(folder, "train")
        if translations:
            yield from translated(pairs(folder, "train"), translations, src)


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


def originals() -> Iterator[dict[str, str]]:
    """Yield the training pairs of both corpora as they are."""
    for name in CORPORA:
        yield from pairs(find_corpus(name), "train")


def write_corpus(output: Path, src: str, translations: Path | None = None) -> None:
    """Write train.{de,en} and dev.{de,en} into a folder, the sides of src as people type.

    translations: the folder of what earlier models made of the corpora (see builtin_text/translations.py).
    """
    folders = [find_corpus(each) for each in CORPORA]
    output.mkdir(parents=True, exist_ok=True)
    said = read_translations(translations) if translations else None
    write(corpus(folders, src, said), output, "train")
    chosen_by = [pairs(folders[0], "dev"), *(pairs(HELD_OUT, name) for name in WRITTEN_TO_CHOOSE)]
    write(chain.from_iterable(chosen_by), output, "dev")


def parse_words(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    arguments = parser(__doc__)
    arguments.add_argument("--src", choices=("de", "en"), required=True, help="the other is translated into")
    arguments.add_argument("-o", "--output", type=Path, required=True)
    arguments.add_argument(
        "--translations", type=Path, metavar="FOLDER", help="what earlier models made of the corpora"
    )
    return arguments.parse_args(words)


def main(options: argparse.Namespace) -> None:
    """Write the corpus."""
    write_corpus(options.output, options.src, options.translations)


if __name__ == "__main__":
    run_script("builtin_corpus", lambda: main(parse_words()))
