"""Translate words that stand alone and count how many come out right.

usage: .venv/bin/python scripts/words_study.py [-m DIR] [--from de] [--to en] [--show]

A line of heldout/words.SRC-TGT.tsv is a word, a tab and its translations, divided by |. They were written for this and
for nothing else: the phrase book has none of them alone, and builtin_corpus.py leaves them out of the words alone that
dictionary.py finds in sentences. Case, an article before a translation and a mark at its end do not count.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from lab.command_line import parser, run_script

from nmt.errors import InputError
from nmt.lines import read_lines
from nmt.pretrained.models import builtin, builtin_reverse
from nmt.translator import Translator


def words(src: str, tgt: str) -> dict[str, list[str]]:
    """Return the translations of each word; raises InputError where there are none from one language to the other."""
    path = Path(__file__).with_name("heldout") / f"words.{src}-{tgt}.tsv"
    if not path.is_file():
        raise InputError(f"there are no words from {src} to {tgt}; take a model from de to en or from en to de")
    return {word: meant.split("|") for word, meant in (line.split("\t") for line in read_lines(path))}


def is_right(translation: str, meant: list[str]) -> bool:
    """Return whether a translation is one of those meant; articles before it do not count."""
    said = translation.lower().rstrip(".!?")
    for article in ("the ", "a ", "an ", "der ", "die ", "das ", "ein ", "eine "):
        said = said.removeprefix(article)
    return said in (each.lower() for each in meant)


def parse_words(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    arguments = parser(__doc__)
    arguments.add_argument("-m", "--model", help="model directory or zip [the built-in one of --from and --to]")
    arguments.add_argument("--from", dest="src", help="language of the words")
    arguments.add_argument("--to", dest="tgt", help="language to translate into")
    arguments.add_argument("--show", action="store_true", help="print those that come out wrong")
    return arguments.parse_args(words)


def main(arguments: argparse.Namespace) -> None:
    """Translate, count, print."""
    model = Path(arguments.model) if arguments.model else builtin(arguments.src, arguments.tgt)
    translator = Translator.load(model, reverse=builtin_reverse(model) or ())
    translator.check_languages(arguments.src, arguments.tgt)
    asked = words(translator.src, translator.tgt)
    said = {word: each.text for word, each in zip(asked, translator.translate(list(asked)), strict=True)}
    wrong = [word for word, meant in asked.items() if not is_right(said[word], meant)]
    if arguments.show:
        for word in wrong:
            print(f"{word}\t{said[word]}\t({'|'.join(asked[word])})")
    right = len(asked) - len(wrong)
    print(f"{right} of {len(asked)} right ({right / len(asked):.0%})")


if __name__ == "__main__":
    run_script("words_study", lambda: main(parse_words()))
