"""Count the translations that change with the batch size or the number of threads.

usage: .venv/bin/python scripts/invariance_study.py -m runs/demo -i FILE [--reverse-model DIR]
       [--precisions fp32 bf16 int8]

Every run is compared, line by line, with batches of 64 on one thread. In fp32 the text must be the same, else the
exit code is 1; bf16 and int8 round so coarsely that two nearly equal hypotheses may change places.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from lab.command_line import parser, read_text, run_script

from nmt.translator import Translator

RUNS = ((1, 1), (7, 1), (64, 2), (1, 2))  # (batch size, threads)


def parse_words(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    arguments = parser(__doc__)
    arguments.add_argument("-m", "--model", required=True)
    arguments.add_argument("--reverse-model", default=(), help="a model of the other direction that reranks")
    arguments.add_argument("-i", "--input", type=Path, required=True)
    arguments.add_argument("--precisions", nargs="+", default=["fp32", "bf16", "int8"])
    return arguments.parse_args(words)


def main(options: argparse.Namespace) -> int:
    """Print a line for each precision and run; returns the exit code."""
    lines, exact, head = read_text(options.input), True, "precision  batch  threads  lines that differ"
    for precision in options.precisions:

        def run(batch_size: int, threads: int, precision: str = precision) -> list[str]:
            translator = Translator.load(options.model, precision, "cpu", threads, reverse=options.reverse_model)
            return [found.text for found in translator.translate(lines, batch_size=batch_size)]

        expected = run(64, 1)
        if head:  # nothing is refused any more
            print(head)
            head = ""
        for batch_size, threads in RUNS:
            found = run(batch_size, threads)
            differ = sum(one != other for one, other in zip(expected, found, strict=True))
            exact = exact and not (differ and precision == "fp32")
            print(f"{precision:9}  {batch_size:5}  {threads:7}  {differ} of {len(lines)} ({differ / len(lines):.2%})")
    return 0 if exact else 1


if __name__ == "__main__":
    run_script("invariance_study", lambda: main(parse_words()))
