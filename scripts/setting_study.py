"""Compare translations by a decoding setting with those by the model's own: which change, and the scores of those.

usage: .venv/bin/python scripts/setting_study.py [-m DIR] [--from de] [--to en] --src FILE --ref FILE [--show N]
       search.KEY=VALUE …

Scores of all lines hide what a setting does to the few that it is for, such as search.stand_ins, which is for words in
brackets or quotes and for surnames; so the lines that change are scored by themselves too. A built-in model is reranked
by the other, as `nmt translate` does.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from lab.command_line import parse, parser, run_script

from nmt.config_reading import read_config
from nmt.corpus import read_pairs
from nmt.errors import InputError
from nmt.metrics import evaluate
from nmt.pretrained.models import builtin, builtin_reverse
from nmt.translator import Translator


def parse_words(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    arguments = parser(__doc__)
    arguments.add_argument("-m", "--model", help="model directory or zip [the built-in one of --from and --to]")
    arguments.add_argument("--from", dest="src", help="language of the source")
    arguments.add_argument("--to", dest="tgt", help="language to translate into")
    arguments.add_argument("--src", dest="source", type=Path, required=True)
    arguments.add_argument("--ref", type=Path, required=True)
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--show", type=int, default=0, help="changed lines to print")
    return parse(arguments, words)


def changes_of(overrides: Sequence[str]) -> dict[str, object]:
    """Return decoding settings by key; raises InputError where there are none, or others."""
    keys = [override.partition("=")[0].removeprefix("search.") for override in overrides]
    if not keys or not all(override.startswith("search.") for override in overrides):
        raise InputError("give decoding settings to compare with, such as search.stand_ins=false")
    search = read_config(None, overrides).search
    return {key: getattr(search, key) for key in keys}


def main(options: argparse.Namespace) -> None:
    """Print the scores of all lines and of those that change, by the model's own settings and by the others."""
    changes = changes_of(options.overrides)
    model = Path(options.model) if options.model else builtin(options.src, options.tgt)
    pairs = [pair for pair in read_pairs([f"{options.source},{options.ref}"], "", "") if pair.src.strip()]
    translator = Translator.load(model, threads=options.threads, reverse=builtin_reverse(model) or ())
    translator.check_languages(options.src, options.tgt)
    lines = [pair.src for pair in pairs]
    own, other = (
        [each.text for each in translator.translate(lines, config)]
        for config in (translator.config, translator.settings(changes))
    )
    changed = [place for place in range(len(lines)) if own[place] != other[place]]
    for place in changed[: options.show]:
        print(lines[place], pairs[place].tgt, own[place], other[place], sep="\n    ")
    print(f"{len(changed)} of {len(lines)} lines change by {' '.join(options.overrides)}")
    print("lines    setting   BLEU   chrF")
    for name, places in (("all", list(range(len(lines)))), ("changed", changed)):
        for setting, texts in (("own", own), ("other", other)):
            if places:
                bleu, chrf = evaluate(
                    [texts[place] for place in places], [[pairs[place].tgt for place in places]], ["bleu", "chrf"]
                )
                print(f"{name:7}  {setting:7}  {bleu.value:5.1f}  {chrf.value:5.1f}")


if __name__ == "__main__":
    run_script("setting_study", lambda: main(parse_words()))
