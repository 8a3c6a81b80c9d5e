"""What scripts that train and score a model share: commands of nmt, scores of test sets, scores.json."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.measuring import say
from lab.studies import Processes, Stopped
from nmt.errors import InputError

Scores = dict[str, list[dict[str, Any]]]


def run_nmt(*arguments: str) -> str:
    """Run a command of nmt and return what it prints.

    Raises FailureError where it fails, InputError where its exit code says wrong usage. A signal is passed on to the
    command, which may save first, and ends the program then.
    """
    with Processes() as processes:
        try:
            return processes.run([sys.executable, "-m", "nmt", *arguments], threads=0)
        except Stopped:
            sys.exit(128 + processes.signal)


def score_sets(model: Path, languages: tuple[str, str], sets: Mapping[str, Path], *options: str) -> Scores:
    """Return the scores of a model (BLEU, chrF, … with signatures) by the name of a test set, and print them.

    sets: the path of each without its language; those that are not there are left out, which is told. Raises
    InputError where none is there.
    """
    scores: Scores = {}
    for name, prefix in sets.items():
        src, ref = (prefix.with_name(f"{prefix.name}.{code}") for code in languages)
        if not (src.is_file() and ref.is_file()):
            say(f"{name} is not there in {' and '.join(languages)}: no score of it")
            continue
        files = ["--src", str(src), "--ref", str(ref)]
        scores[name] = json.loads(run_nmt("evaluate", "-m", str(model), *files, "-f", "json", *options))
        for score in scores[name]:
            print(f"{name}: {score['name']} {score['score']:.2f}  {score['signature']}")
    if not scores:
        raise InputError(f"no test set is there in {' and '.join(languages)}: {', '.join(sets)}")
    return scores


def write_scores(directory: Path, scores: Scores) -> None:
    """Write scores.json into a directory."""
    (directory / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8", newline="\n")
