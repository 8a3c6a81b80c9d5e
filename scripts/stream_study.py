#!/usr/bin/env python3
"""Measure what `nmt translate` needs for long texts and long lines: seconds and peak memory of each size.

usage: .venv/bin/python scripts/stream_study.py [--lines N …] [--megabytes N …] [--model DIR] [--resume]

Without --model it takes a small one with random weights. Every size runs in a process of its own, on one thread,
greedily and to at most 4 tokens, so that reading, cutting and writing weigh most.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from lab import measuring
from lab.command_line import parser, positive, run_script

from nmt.errors import FailureError, InputError

SENTENCE = "Der alte Mann sieht am Dienstag {} Häuser und die Straße.\n"
OPTIONS = ["--threads", "1", "--precision", "fp32", "--beam-size", "1", "--max-length", "4"]
# What a megabyte on one line may be made of.
UNITS = {
    "sentences": "Der Mann sieht Häuser. ",
    "words": "Häuser ",
    "one word": "x",
    "Han": "漢",
    "marks": "\u0301\u0316",
}


def make_model(directory: Path) -> Path:
    """Write a small model, by a process that measures nothing."""
    script = Path(__file__).with_name("random_model.py")
    done = measuring.run([sys.executable, script, directory], {})
    if done.status:
        raise FailureError(f"no model could be made: {done.output.strip()}")
    return directory


def sizes(options: argparse.Namespace) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield what is translated, by name: many lines, and long ones."""
    for count in options.lines:
        yield f"{count:,} lines", (SENTENCE.format(number) for number in range(count))
    for size in options.megabytes:
        for kind, unit in UNITS.items():
            yield f"{size:g} MB line of {kind}", iter([unit * int(size * 2**20 / len(unit.encode())), "\n"])


def row(name: str, text: Path, command: Sequence[str | Path]) -> str:
    """Translate a file and return its row of the table."""
    out = text.with_name("out")
    done = measuring.run([*command, "-i", text, "-o", out], measuring.environment(1, None))
    if done.status:
        kind = InputError if done.status == 2 else FailureError
        raise kind(f"nmt translate failed: {done.output.strip()}")
    with out.open("rb") as file:
        lines = sum(1 for _ in file)
    return f"{name:<28} {lines:>9,} {done.seconds:>8.1f} {done.peak_mb:>8.0f}"


def parse_words(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    arguments = parser(__doc__)
    arguments.add_argument("--lines", type=positive, nargs="*", default=[1000, 10_000, 100_000])
    arguments.add_argument("--megabytes", type=float, nargs="*", default=[1.0])
    arguments.add_argument("--model", type=Path)
    arguments.add_argument("--resume", action="store_true")
    return arguments.parse_args(words)


def main(options: argparse.Namespace) -> None:
    """Print a row for each size."""
    with tempfile.TemporaryDirectory() as name:
        text = Path(name) / "text"
        model = options.model or make_model(Path(name) / "model")
        command = [sys.executable, "-m", "nmt", "translate", "-m", model, *OPTIONS]
        command += ["--resume"] if options.resume else []
        print(f"{'input':<28} {'lines out':>9} {'seconds':>8} {'peak MB':>8}")
        for kind, pieces in sizes(options):
            with text.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(pieces)
            print(row(kind, text, command), flush=True)


if __name__ == "__main__":
    run_script("stream_study", lambda: main(parse_words()))
