#!/usr/bin/env python3
"""Measure what `nmt translate` needs for long texts and long lines: seconds and peak memory of each size.

usage: .venv/bin/python scripts/stream_study.py [--lines N …] [--megabytes N …] [--model DIR] [--resume]

Without --model it takes a small one with random weights. Every size runs in a process of its own, on one thread,
greedily and to at most 4 tokens, so that reading, cutting and writing weigh most.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nmt.config import build_config
from nmt.model import TranslationModel
from nmt.model_directory import ModelDescription, write_model
from nmt.tokenizer import TokenizerPair, train_tokenizer

SENTENCE = "Der alte Mann sieht am Dienstag {} Häuser und die Straße."
SIZES = {"embedding_size": 16, "encoder_size": 16, "decoder_size": 16, "heads": 2}
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
    """Write a small model with random weights."""
    config = build_config({"model": SIZES, "tokenizer": {"vocab_size": 310}}, "study")
    tokenizer = train_tokenizer((SENTENCE.format(number) for number in range(200)), config.tokenizer)
    model = TranslationModel(config.model, len(tokenizer), len(tokenizer))
    model.initialize(1)
    directory.mkdir()
    description = ModelDescription(config, len(tokenizer), len(tokenizer))
    write_model(directory, description, TokenizerPair(tokenizer, tokenizer), model.state_dict())
    return directory


def measure(model: Path, text: Path, resume: bool) -> tuple[float, float, int]:
    """Translate a file; return seconds, peak memory in MB and the number of lines written."""
    out = text.with_name("out")
    command = [sys.executable, "-m", "nmt", "translate", "-m", str(model), "-i", str(text), "-o", str(out), *OPTIONS]
    start = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--resume"] if resume else command, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("nmt translate failed")
    with out.open("rb") as lines:
        return time.perf_counter() - start, usage.ru_maxrss / 1024, sum(1 for _ in lines)


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--megabytes", type=float, nargs="*", default=[1.0])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        text = Path(name) / "text"
        model = options.model or make_model(Path(name) / "model")
        print(f"{'input':<28} {'lines out':>9} {'seconds':>8} {'peak MB':>8}")
        for count in options.lines:
            with text.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(SENTENCE.format(number) + "\n" for number in range(count))
            seconds, memory, lines = measure(model, text, options.resume)
            print(f"{f'{count:,} lines':<28} {lines:>9,} {seconds:>8.1f} {memory:>8.0f}", flush=True)
        for size in options.megabytes:
            for kind, unit in UNITS.items():
                text.write_text(unit * int(size * 2**20 / len(unit.encode())) + "\n", encoding="utf-8")
                seconds, memory, lines = measure(model, text, options.resume)
                row = f"{size:g} MB line of {kind}"
                print(f"{row:<28} {lines:>9,} {seconds:>8.1f} {memory:>8.0f}", flush=True)


if __name__ == "__main__":
    main()
