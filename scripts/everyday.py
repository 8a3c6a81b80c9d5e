"""Print how a model translates what people type, and what is plainly wrong with it.

usage: .venv/bin/python scripts/everyday.py [-m DIR] [--from de] [--to en]

The texts are those of scripts/everyday.yaml: words, questions, names, numbers, capitals, lists, addresses, emoji.
Whether a translation is right only a reader can say; what can be checked without one is: that there is one, that it
does not go round in circles, keeps numbers, addresses, emoji, list marks, indents, capitals and the question mark.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from lab.command_line import parser, run_script

from nmt.errors import InputError
from nmt.pretrained.models import builtin, builtin_reverse
from nmt.spans import ADDRESS, SYMBOLS, URL
from nmt.translator import Translator

TEXTS = Path(__file__).with_name("everyday.yaml")
_LEAD = re.compile(r"\s*(?:(?:[-•*]|\d+[.)]|[a-z]\)|\[ \])\s)?")
# Numbers that are rather written as words.
_SMALL = 12


def texts(language: str) -> dict[str, list[str]]:
    """Return the texts of a language: `kept` come out as they are, `said` are translated.

    Raises InputError where there are none.
    """
    found: dict[str, dict[str, list[str]]] = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
    if language not in found:
        raise InputError(f"there are no texts in {language!r}; take a model from one of: {', '.join(found)}")
    return found[language]


def faults(source: str, translation: str) -> Iterator[str]:
    """Yield what is plainly wrong with the translation of a text that is said."""
    if not translation.strip():
        yield "empty"
    if re.search(r"\b(\w+(?:\W+\w+){0,3})(?:\W+\1\b){3}", translation):
        yield "goes round in circles"
    digits = re.findall(r"\d+", translation)
    if lost := [each for each in re.findall(r"\d+", source) if each not in digits and int(each) > _SMALL]:
        yield f"without {', '.join(lost)}"
    held = [match[0] for match in re.finditer(f"{URL}|{ADDRESS}|{SYMBOLS}", source)]
    if gone := [each for each in held if each not in translation]:
        yield f"without {', '.join(gone)}"
    if source.rstrip().endswith("?") and not translation.rstrip().endswith("?"):
        yield "no question"
    if source.isupper() and not translation.isupper():
        yield "not in capitals"
    if len(words := re.findall(r"\w+", source.lower())) > 1 and words == re.findall(r"\w+", translation.lower()):
        yield "not translated"
    begins = [match[0] if (match := _LEAD.match(each)) else "" for each in (source, translation)]
    if begins[0] != begins[1]:
        yield "another beginning"


def parse_words(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    arguments = parser(__doc__)
    arguments.add_argument("-m", "--model", help="model directory or zip [the built-in one of --from and --to]")
    arguments.add_argument("--from", dest="src", help="language of the texts")
    arguments.add_argument("--to", dest="tgt", help="language to translate into")
    return arguments.parse_args(words)


def main(arguments: argparse.Namespace) -> None:
    """Translate, print, check."""
    model = Path(arguments.model) if arguments.model else builtin(arguments.src, arguments.tgt)
    translator = Translator.load(model, reverse=builtin_reverse(model) or ())
    translator.check_languages(arguments.src, arguments.tgt)
    lines = texts(translator.src)
    count = 0
    for kind in ("kept", "said"):
        for line, found in zip(lines[kind], translator.translate(lines[kind]), strict=True):
            wrong = list(faults(line, found.text)) if kind == "said" else ["changed"] * (found.text != line)
            count += bool(wrong)
            print(f"{line!r:60} {found.text!r}" + f"    <- {', '.join(wrong)}" * bool(wrong))
    print(f"{sum(map(len, lines.values()))} texts, {count} with faults")


if __name__ == "__main__":
    run_script("everyday", lambda: main(parse_words()))
