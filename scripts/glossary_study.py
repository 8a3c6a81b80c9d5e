"""Measure what a glossary does to translations: the share of its terms honoured, BLEU, time.

usage: .venv/bin/python scripts/glossary_study.py -m DIR --src dev.de --ref dev.en [--pairs train.de,train.en]

Glossaries are made from pairs of words that belong together: each of a source sentence's and its reference's words
that occur once there, and that choose each other by how often they occur together (Dice coefficient) in the texts
of --pairs. Three are made: "reference" asks for the word of the reference, "unusual" for a word of another
reference, and "copied" for the source word as it is; the references are changed alike, so that BLEU tells whether
the rest of a sentence stays good. Only sentences that hold a term are translated, without and with the glossary.
"""

from __future__ import annotations

import argparse
import itertools
import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from lab.command_line import parser, positive, run_script

from nmt.config import SearchConfig
from nmt.corpus import Pair, read_pairs
from nmt.errors import InputError
from nmt.glossary import Glossary, missing
from nmt.metrics import evaluate
from nmt.translator import Translator

_WORD = re.compile(r"\w+")
# Shorter words, and pairs seen together less often, are rather of the grammar, or of chance.
_SHORTEST, _SEEN, _LEAST_DICE = 4, 3, 0.3
_MOST_PAIRS = 100_000


class Case(NamedTuple):
    """A sentence and the word pairs in it that belong together."""

    src: str
    ref: str
    terms: dict[str, str]


def parse_words(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    arguments = parser(__doc__)
    arguments.add_argument("-m", "--model", required=True)
    arguments.add_argument("--src", type=Path, required=True)
    arguments.add_argument("--ref", type=Path, required=True)
    arguments.add_argument("--pairs", help="texts to count words in; else --src and --ref")
    arguments.add_argument("--sentences", type=positive, default=300)
    arguments.add_argument("--terms", type=positive, default=2, help="most terms in a sentence")
    arguments.add_argument("--beam-size", type=int, default=None)
    arguments.add_argument("--max-length", type=int, default=None)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--precision", default="auto")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--show", type=int, default=0, help="sentences to print of each glossary")
    return arguments.parse_args(words)


def main(options: argparse.Namespace) -> None:
    """Print a line for each glossary."""
    draws = random.Random(options.seed)
    both = f"{options.src},{options.ref}"
    dice = count(itertools.islice(read_pairs([options.pairs or both], "", ""), _MOST_PAIRS))
    pairs = list(read_pairs([both], "", ""))
    draws.shuffle(pairs)
    found = choose(pairs, dice, options.sentences, options.terms)
    if not found:
        raise InputError("no word pair is seen often enough; give larger texts with --pairs")
    translator = Translator.load(options.model, options.precision, "cpu", options.threads)
    config = translator.settings({"beam_size": options.beam_size, "max_length": options.max_length})
    terms = sum(len(case.terms) for case in found)
    print(f"{len(found)} sentences, {terms} terms, beam {config.beam_size}")
    print("glossary   honoured without  with      BLEU without  with   time")
    for name, asked in glossaries(found, draws).items():
        print(f"{name:9}  {study(translator, config, found, asked, options.show)}", flush=True)


def count(pairs: Iterable[Pair]) -> dict[tuple[str, str], float]:
    """Return the Dice coefficient of words that occur together often enough."""
    together: Counter[tuple[str, str]] = Counter()
    alone: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for src, ref in pairs:
        words = [sorted({word for word in _WORD.findall(text) if len(word) >= _SHORTEST}) for text in (src, ref)]
        for counter, each in zip(alone, words, strict=True):
            counter.update(each)
        together.update(itertools.product(*words))
    values = {
        (src, tgt): 2 * times / (alone[0][src] + alone[1][tgt])
        for (src, tgt), times in together.items()
        if times >= _SEEN
    }
    return {pair: value for pair, value in values.items() if value >= _LEAST_DICE}


def choose(pairs: list[Pair], dice: dict[tuple[str, str], float], most: int, terms: int) -> list[Case]:
    """Return at most so many sentences with at most so many terms; a source word means the same in all of them."""
    cases = [Case(*pair, align(pair, dice)) for pair in pairs]
    meanings: dict[str, set[str]] = {}
    for case in cases:
        for word in _WORD.findall(case.src):
            meanings.setdefault(word.casefold(), set()).add(case.terms.get(word, ""))
    clear = [(case, [word for word in case.terms if len(meanings[word.casefold()]) == 1][:terms]) for case in cases]
    chosen = [(case, words) for case, words in clear if words][:most]
    everywhere = {word: case.terms[word] for case, words in chosen for word in words}
    # Other terms of the glossary may stand in a sentence too.
    return [
        case._replace(terms={word: everywhere[word] for word in _WORD.findall(case.src) if word in everywhere})
        for case, _ in chosen
    ]


def align(pair: Pair, dice: dict[tuple[str, str], float]) -> dict[str, str]:
    """Return the source words that belong to a word of the reference, both there but once."""
    sides = [[word for word, times in Counter(_WORD.findall(text)).items() if times == 1] for text in pair]
    best = {src: max(sides[1], key=lambda tgt: dice.get((src, tgt), 0.0), default="") for src in sides[0]}
    back = {tgt: max(sides[0], key=lambda src: dice.get((src, tgt), 0.0), default="") for tgt in sides[1]}
    return {src: tgt for src, tgt in best.items() if (src, tgt) in dice and back[tgt] == src}


def glossaries(cases: list[Case], draws: random.Random) -> dict[str, dict[str, str]]:
    """Return the glossaries by name, as source words and what they become."""
    reference = {src: tgt for case in cases for src, tgt in case.terms.items()}
    others = sorted(reference.values())
    draws.shuffle(others)
    return {
        "reference": reference,
        "unusual": dict(zip(reference, others, strict=True)),
        "copied": {src: src for src in reference},
    }


def study(translator: Translator, config: SearchConfig, cases: list[Case], asked: dict[str, str], show: int) -> str:
    """Return a line of the table: terms honoured, BLEU and time without and with a glossary."""
    glossary = Glossary.of(asked)
    lines = [case.src for case in cases]
    references = [reworded(case, asked) for case in cases]
    demands = [glossary.find(line) for line in lines]
    total = sum(map(len, demands))
    translator.translate(lines[:8], config, glossary=glossary)
    cells = []
    for given in (None, glossary):
        start = time.perf_counter()
        texts = [each.text for each in translator.translate(lines, config, glossary=given)]
        seconds = time.perf_counter() - start
        lacking = sum(len(missing(text, each)) for text, each in zip(texts, demands, strict=True))
        (bleu,) = evaluate(texts, [references], ["bleu"])
        cells.append((1 - lacking / total, bleu.value, seconds, texts))
    for place in range(show):
        print(lines[place], *(f"{src}={asked[src]}" for src in cases[place].terms), sep=" | ")
        print("   ", *(texts[place] for *_, texts in cells), references[place], sep="\n    ")
    before, after = cells
    return (
        f"{before[0]:16.1%}  {after[0]:6.1%}  {before[1]:12.1f}  {after[1]:4.1f}  {after[2] / before[2]:4.1f}x "
        f"({before[2]:.1f} s, {after[2]:.1f} s)"
    )


def reworded(case: Case, asked: dict[str, str]) -> str:
    """Return a reference that holds what a glossary asks for."""
    changes = {tgt: asked[src] for src, tgt in case.terms.items()}
    return _WORD.sub(lambda word: changes.get(word[0], word[0]), case.ref)


if __name__ == "__main__":
    run_script("glossary_study", lambda: main(parse_words()))
