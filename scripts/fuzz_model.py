#!/usr/bin/env python3
"""Load models whose files were damaged at random, each as `nmt translate` does, and count how that ends.

usage: .venv/bin/python scripts/fuzz_model.py [--mutations 2000] [--seed 1]

A damaged model must be refused by one line that names it, or load and then translate a line, or refuse that by one
line. All else is a failure: a traceback, a crash of the process, more than 20 seconds, or memory running out, with a
GB to spare. Mutation N of a seed is always the same: --only N repeats one.
Models are made first, tiny ones of random weights. Loading happens in a child process, so that a crash is counted.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lab.command_line import parser, positive, run_script

from nmt.commands.ending import Ending
from nmt.errors import FailureError

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 20.0
_MEMORY = 1 << 30
_LONGEST_MESSAGE = 1000
LOADED, LINE_REFUSED, REFUSED = "loaded", "loaded, line refused", "refused"
CLEAN = (LOADED, LINE_REFUSED, REFUSED)
LINES = ["Der Mann sieht zwei Häuser. \U0001f600", ""]


@dataclass(frozen=True)
class Outcome:
    """How loading a damaged model ended: one of CLEAN, else a failure, with what was damaged and said."""

    number: int
    file: str
    kind: str
    message: str = ""
    peak: int = 0  # KiB of memory the process held at most, so far


# --- models ---

MODELS: dict[str, dict[str, object]] = {
    "shared": {"cell": "lstm", "attention": "multihead"},
    "eight_bits": {"cell": "lstm", "attention": "general", "decoder_layers": 1, "tie": "none"},
    "separate": {"cell": "gru", "attention": "additive", "tie": "output", "layer_norm": True, "input_feeding": True},
}

# How weights are stored, where not in float32.
PRECISIONS = {"eight_bits": "int8"}


def make_models(folder: Path) -> None:
    """Write a model directory of each of MODELS, with a checkpoint each."""
    import torch

    from nmt.checkpoint import Checkpoint, save_checkpoint
    from nmt.config import TokenizerConfig
    from nmt.config_reading import build_config
    from nmt.model import TranslationModel
    from nmt.model_description import ModelDescription
    from nmt.model_directory import write_model
    from nmt.tokenizer import TokenizerPair
    from nmt.tokenizer_training import train_tokenizer

    nouns, verbs, ends = ["Der Mann", "Die Frau", "Ein Kind"], ["sieht", "hört", "kauft"], ["Häuser", "Straßen", "Öl"]
    lines = [f"{noun} {verb} {end}." for noun in nouns for verb in verbs for end in ends]
    for name, changes in MODELS.items():
        unigram = train_tokenizer(lines, TokenizerConfig(vocab_size=290, symbols=["<br>"]))
        bpe = unigram if name != "separate" else train_tokenizer(lines, TokenizerConfig(kind="bpe", vocab_size=295))
        tokenizers = TokenizerPair(unigram, bpe)
        sizes = {"embedding_size": 6, "encoder_size": 8, "decoder_size": 10, "heads": 2}
        config = build_config({"data": {"src": "de", "tgt": "en"}, "model": {**sizes, **changes}}, "fuzz")
        model = TranslationModel(config.model, len(unigram), len(bpe))
        model.initialize(1)
        (folder / name).mkdir()
        description = ModelDescription(config, len(unigram), len(bpe))
        write_model(folder / name, description, tokenizers, model.state_dict(), PRECISIONS.get(name, "fp32"))
        tensors = {"weights": {"a": torch.ones(2, 3)}, "optimizer": {"0.step": torch.ones(())}}
        save_checkpoint(folder / name, Checkpoint(7, tensors, {"epoch": 1}), keep=1)


# --- one mutation ---


def try_one(models: Path, folder: Path, seed: int, number: int) -> Outcome:
    """Damage a copy of a model in a folder that exists for it, and load that."""
    from lab import mutations

    chance = random.Random(f"{seed} {number}")
    original = models / chance.choice(list(MODELS))
    names = [str(path.relative_to(original)) for path in sorted(original.rglob("*")) if path.is_file()]
    main = [name for name in names if "/" not in name]
    target = folder / "model"
    way = chance.random()
    if way < 0.2:
        files = {name: (original / name).read_bytes() for name in main}
        victim = chance.choice(main)
        if chance.random() < 0.3:
            files[victim] = mutations.damage(chance, victim, files[victim])
        target = folder / "model.zip"
        return _load(target, number, f"zip, {mutations.write_zip(chance, target, files)}")
    shutil.copytree(original, target)
    victim = chance.choice(names if way < 0.3 else main)
    if way > 0.95:
        mutations.misplace(chance, target / victim)
    else:
        (target / victim).write_bytes(mutations.damage(chance, victim, (original / victim).read_bytes()))
    return _load_checkpoint(target, number, victim) if "/" in victim else _load(target, number, victim)


def _load(path: Path, number: int, file: str) -> Outcome:
    from nmt.errors import FailureError, InputError
    from nmt.translator import Translator

    loaded = False
    try:
        translator = Translator.load(path, precision="fp32", device="cpu", threads=1)
        loaded = True
        translations = translator.translate(LINES)
        assert len(translations) == len(LINES)
        "".join(each.text for each in translations).encode()
    except (InputError, FailureError) as error:
        return _refusal(number, file, LINE_REFUSED if loaded else REFUSED, str(error), "" if loaded else str(path))
    except Exception as error:
        return Outcome(number, file, "traceback", f"{type(error).__name__}: {error!s:.300}")
    return Outcome(number, file, LOADED)


def _load_checkpoint(path: Path, number: int, file: str) -> Outcome:
    from nmt.checkpoint import load_checkpoint
    from nmt.errors import FailureError

    reports: list[str] = []
    try:
        load_checkpoint(path, reports.append)
    except FailureError as error:
        return _refusal(number, file, REFUSED, reports[0] if reports else str(error), "step_7")
    except Exception as error:
        return Outcome(number, file, "traceback", f"{type(error).__name__}: {error!s:.300}")
    return Outcome(number, file, LOADED)


def _refusal(number: int, file: str, kind: str, message: str, name: str) -> Outcome:
    one_line = "\n" not in message and len(message) <= _LONGEST_MESSAGE and message.isprintable()
    return Outcome(number, file, kind if one_line and name in message else "unclear message", message[:300])


# --- many, in child processes ---


def work(models: Path, seed: int, first: int, last: int) -> None:
    """Try mutations, telling on stdout when each begins and how it ends."""
    import torch

    import nmt.translator  # noqa: F401

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "warm"
        folder.mkdir()
        try_one(models, folder, seed, 0)
        _limit_memory()
        for number in range(first, last):
            print(json.dumps({"begin": number}), flush=True)
            folder = Path(temporary) / str(number)
            folder.mkdir()
            outcome = replace(try_one(models, folder, seed, number), peak=_peak())
            shutil.rmtree(folder)
            print(json.dumps(asdict(outcome)), flush=True)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _limit_memory() -> None:
    """Let the process take a GB more than it holds, so that exhausting memory is an error and not a slow machine."""
    (pages, *_) = Path("/proc/self/statm").read_text().split()
    most = int(pages) * resource.getpagesize() + _MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def run(models: Path, seed: int, first: int, last: int) -> Iterator[Outcome]:
    """Yield the outcome of each mutation; a child that dies or hangs costs one, and another goes on."""
    while first < last:
        begun = None
        hung = threading.Event()
        command = [
            sys.executable,
            __file__,
            "--work",
            str(models),
            "--seed",
            str(seed),
            "--range",
            str(first),
            str(last),
        ]
        # A pipe that nobody reads would fill, and the child wait.
        with tempfile.TemporaryFile() as said:
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True, cwd=ROOT)
            try:
                for told in _tell(child, hung):
                    if "begin" in told:
                        begun = told["begin"]
                    else:
                        first, begun = told["number"] + 1, None
                        yield Outcome(**told)
            except BaseException:
                child.kill()
                raise
            finally:
                child.wait()
            said.seek(max(said.seek(0, 2) - 300, 0))
            last_words = said.read().decode(errors="replace")
        if begun is not None:
            kind = "hang" if hung.is_set() else "crash"
            yield Outcome(begun, "?", kind, f"exit code {child.returncode} {last_words}")
            first = begun + 1
        elif first < last:
            raise FailureError(f"the child process failed: {last_words}")


def _tell(child: subprocess.Popen[str], hung: threading.Event) -> Iterator[dict[str, Any]]:
    """Yield what a child says, until it ends or says nothing for too long and is killed."""
    assert child.stdout is not None
    watch = _watch(child, hung)
    for line in child.stdout:
        watch.cancel()
        yield json.loads(line)
        watch = _watch(child, hung)
    watch.cancel()


def _watch(child: subprocess.Popen[str], hung: threading.Event) -> threading.Timer:
    """Kill a child that says nothing for too long (starting takes time too)."""

    def kill() -> None:
        hung.set()
        child.kill()

    timer = threading.Timer(SECONDS, kill)
    timer.daemon = True
    timer.start()
    return timer


# --- the report ---


def failure_line(outcome: Outcome) -> str:
    return f"mutation {outcome.number}, {outcome.file}: {outcome.kind}: {outcome.message!a}"


def report(outcomes: list[Outcome], seconds: float) -> str:
    """Return a table of counts by file and outcome."""
    kinds = [*CLEAN, *sorted({each.kind for each in outcomes} - {*CLEAN})]
    counts = Counter((each.file, each.kind) for each in outcomes)
    rows = [["damaged", *kinds]]
    rows += [[file, *(str(counts[file, kind]) for kind in kinds)] for file in sorted({each.file for each in outcomes})]
    rows += [["all", *(str(sum(each.kind == kind for each in outcomes)) for kind in kinds)]]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    failures = [each for each in outcomes if each.kind not in CLEAN]
    lines += map(failure_line, failures)
    peak = max((each.peak for each in outcomes), default=0) >> 10
    lines += [f"{len(outcomes)} mutations, {len(failures)} failures, {seconds:.0f} s, at most {peak} MiB of memory"]
    return "\n".join(lines)


def parse_words(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    arguments = parser(__doc__)
    arguments.add_argument("--mutations", type=positive, default=2000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--only", type=int, metavar="N", help="repeat mutation N alone, in this process")
    arguments.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--range", type=int, nargs=2, help=argparse.SUPPRESS)
    return arguments.parse_args(words)


def main(options: argparse.Namespace) -> int:
    """Damage, load, count; returns the exit code."""
    if options.work:
        work(options.work, options.seed, *options.range)
        return 0
    with tempfile.TemporaryDirectory(prefix="nmt-fuzz-") as temporary:
        models = Path(temporary) / "models"
        models.mkdir()
        make_models(models)
        if options.only is not None:
            (Path(temporary) / "one").mkdir()
            print(try_one(models, Path(temporary) / "one", options.seed, options.only))
            return 0
        return count(models, options.seed, options.mutations)


def count(models: Path, seed: int, mutations: int) -> int:
    """Try mutations, tell failures when they come and at the end, and return the exit code."""
    outcomes: list[Outcome] = []
    start = time.monotonic()
    with Ending(lambda: "the report is of what was tried"):
        try:
            for outcome in run(models, seed, 0, mutations):
                outcomes.append(outcome)
                if outcome.kind not in CLEAN:
                    print(failure_line(outcome), file=sys.stderr)
                if len(outcomes) % 500 == 0:
                    print(f"{len(outcomes)} mutations", file=sys.stderr)
        finally:
            print(report(outcomes, time.monotonic() - start), flush=True)
    return int(any(each.kind not in CLEAN for each in outcomes))


if __name__ == "__main__":
    run_script("fuzz_model", lambda: main(parse_words()))
