#!/usr/bin/env python3
"""Kill a training again and again, and see whether it ends with the bytes of one that was left alone.

usage: .venv/bin/python scripts/kill_study.py [--kills 20] [--processes 1] [--seed 1] [--keep DIR]

Trains a small model twice on a corpus made here: once in one go, once with SIGKILL at that many random moments,
after each of which the same command is given again. With --processes 2 both run under torchrun, and a kill meets
all processes, one of them, or torchrun alone; what it leaves must end by itself. Some kills wait until a
checkpoint or the model is being written. At the end every byte of the last checkpoint and of the model must agree,
and metrics.jsonl but for its times. Prints a line a kill and a verdict; exit code 0 or 1. Unless they agree, both
trainings and their logs are kept, and it says where; --keep keeps them always.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import demo_corpus
from lab.command_line import parser, positive, run_script

from nmt.checkpoint import list_checkpoints
from nmt.commands.ending import Ending
from nmt.errors import FailureError, InputError

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {
    "data.src": "de", "data.tgt": "en", "tokenizer.vocab_size": 600, "tokenizer.sampling": 0.1,
    "model.embedding_size": 32, "model.encoder_size": 48, "model.decoder_size": 64, "model.recurrent_dropout": 0.1,
    "train.max_epochs": 0, "train.batch_tokens": 256, "train.accumulate": 3, "train.warmup_steps": 20,
    "train.learning_rate": 0.003, "train.schedule": "plateau", "train.precision": "fp32", "train.threads": 1,
    "train.eval_every": 20, "train.eval_sentences": 24, "train.save_every": 7, "train.log_every": 3,
    "train.keep": 2,
}  # fmt: skip
UPDATES_A_KILL = 8
# What differs from run to run: facts of the machine.
TIMES = {"seconds", "tokens_per_second", "tgt_tokens_per_second", "resident_mb"}
LIMIT_SECONDS = 600
ENDING_SECONDS = 60


@dataclass(frozen=True)
class Training:
    """A command, and the directory it trains in."""

    directory: Path
    corpus: Path
    processes: int
    updates: int

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a process group of its own; what it says goes to a file beside the directory."""
        launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={self.processes}"]
        settings = {
            **SETTINGS,
            "data.train": self.corpus / "train",
            "data.dev": self.corpus / "dev",
            "train.max_steps": self.updates,
        }
        words = [f"{key}={value}" for key, value in settings.items()]
        front = launcher if self.processes > 1 else []
        command = [sys.executable, *front, "-m", "nmt", "train", "-o", str(self.directory), *words]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)

    @property
    def log(self) -> Path:
        return self.directory.with_suffix(".log")

    def update(self) -> int:
        """Return the last update that metrics.jsonl tells of."""
        path = self.directory / "metrics.jsonl"
        if not path.is_file():
            return 0
        return max((int(line["step"]) for line in lines(path)), default=0)

    def trains(self, since: float) -> bool:
        """Say whether it has written to metrics.jsonl since a time."""
        path = self.directory / "metrics.jsonl"
        return path.is_file() and path.stat().st_mtime > since

    def half_written(self) -> dict[str, int]:
        """Return the names of what is half-written, a checkpoint or a file of the model, and since when."""
        found = {}
        for path in (*self.directory.glob(".*.tmp"), *self.directory.glob("checkpoints/.step_*")):
            with suppress(OSError):
                found[path.name] = path.stat().st_ctime_ns
        return found


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a metrics.jsonl; one that is cut short counts nothing."""
    found = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> bool:
    """Wait until something is so; returns False where the process ended before."""
    limit = time.monotonic() + LIMIT_SECONDS
    while process.poll() is None:
        if ready():
            return True
        if time.monotonic() > limit:
            raise FailureError("a training hangs; see its log")
        time.sleep(0.0005)
    return False


def members(process: subprocess.Popen[bytes]) -> list[int]:
    """Return the processes that train: of torchrun its children, else the process itself."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in children.read_text().split()] if children.is_file() else []


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def begun(training: Training) -> Iterator[subprocess.Popen[bytes]]:
    """Start a training; what of it still runs at the end of the context is killed, whatever ended that."""
    process = training.start()
    try:
        yield process
    finally:
        if process.poll() is None:
            kill_all(members(process))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def kill_all(pids: Sequence[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill(process: subprocess.Popen[bytes], processes: int, draw: random.Random) -> tuple[str, float]:
    """Kill by SIGKILL; returns what was killed, and the seconds until nothing of the training ran any more."""
    ranks = members(process) if processes > 1 else []
    whom = draw.choice(["all", "all", "one", "torchrun"]) if ranks else "all"
    began = time.monotonic()
    if whom == "all":
        # torchrun gives each process a group of its own.
        kill_all((*ranks, process.pid))
    elif whom == "one":
        place = draw.randrange(len(ranks))
        os.kill(ranks[place], signal.SIGKILL)
        whom = f"process {place}"
    else:
        process.kill()
    while process.poll() is None or any(map(running, ranks)):
        if time.monotonic() - began > ENDING_SECONDS:
            kill_all(ranks)
            raise FailureError(f"after a kill of {whom} a process goes on for more than {ENDING_SECONDS} s")
        time.sleep(0.01)
    return whom, time.monotonic() - began


def interrupted(training: Training, kills: int, draw: random.Random) -> None:
    """Train with that many kills, at random updates in growing order, and to the end."""
    places = sorted(draw.sample(range(1, training.updates - 2 * UPDATES_A_KILL), kills))
    # A tenth while a process starts, half of the rest while it writes, the other half anywhere.
    moments = ["start" if number % 10 == 5 else ("save", "any")[number % 2] for number in range(kills)]
    draw.shuffle(moments)
    print(f"{'kill':>4}  {'moment':<6} {'of':<10} {'update':>6}  {'ended in':>8}  half-written")
    for number, (place, moment) in enumerate(zip(places, moments, strict=True), 1):
        old, since = training.half_written(), time.time()
        with begun(training) as process:
            if moment == "start":
                time.sleep(draw.uniform(0, 6))
            else:
                wait_for(partial(reached, training, place, since), process)
                if moment == "save":
                    wait_for(partial(saving, training, old), process)
                else:
                    time.sleep(draw.uniform(0, 0.5))
            if process.poll() is not None:
                raise FailureError(f"the training ended before kill {number}; see {training.log}")
            whom, seconds = kill(process, training.processes, draw)
        left = " ".join(training.half_written())
        print(f"{number:>4}  {moment:<6} {whom:<10} {training.update():>6}  {seconds:>6.1f} s  {left}", flush=True)
    finish(training)


def reached(training: Training, update: int, since: float) -> bool:
    """Say whether a training that was started at a time trains, and has come to an update."""
    return training.trains(since) and training.update() >= update - 1


def saving(training: Training, old: dict[str, int]) -> bool:
    """Say whether something is half-written that is not among the old, which an earlier kill left."""
    return not training.half_written().items() <= old.items()


def finish(training: Training) -> None:
    """Train to the end; raises FailureError where it ends badly, or not at all."""
    with begun(training) as process:
        try:
            code = process.wait(LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            raise FailureError(f"the training goes on for more than {LIMIT_SECONDS} s; see {training.log}") from None
    if code:
        raise FailureError(f"the training ended with {code}; see {training.log}")


def outcome(directory: Path) -> dict[str, object]:
    """Return all that a training ends with, but for times."""
    folder = list_checkpoints(directory)[0]
    files = {f"{folder.name}/{path.name}": path.read_bytes() for path in sorted(folder.iterdir())}
    for name in ("model.safetensors", "README.md", "config.json", "generation_config.json", "shared.spm"):
        files[name] = (directory / name).read_bytes()
    told = [
        {key: value for key, value in line.items() if key not in TIMES} for line in lines(directory / "metrics.jsonl")
    ]
    return {**files, "metrics.jsonl": told}


def study(home: Path, options: argparse.Namespace) -> int:
    """Run both trainings, print the comparison, return the exit code."""
    draw = random.Random(options.seed)
    corpus = home / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    pairs = demo_corpus.generate(440, 1)
    demo_corpus.write(corpus, "dev", pairs[:40])
    demo_corpus.write(corpus, "train", pairs[40:])
    updates = (options.kills + 3) * UPDATES_A_KILL
    whole, killed = (
        Training(home / name, corpus, options.processes, updates) for name in ("uninterrupted", "interrupted")
    )
    began = time.monotonic()
    finish(whole)
    print(f"{updates} updates in one go by {options.processes} process(es): {time.monotonic() - began:.0f} s")
    interrupted(killed, options.kills, draw)
    expected, found = outcome(whole.directory), outcome(killed.directory)
    different = [name for name in sorted({*expected, *found}) if expected.get(name) != found.get(name)]
    print(f"compared: {', '.join(sorted(expected))}")
    if different:
        print(f"DIFFERENT after {options.kills} kills: {', '.join(different)}")
        return 1
    print(f"EQUAL byte for byte after {options.kills} kills, {options.processes} process(es)")
    return 0


def parse_words(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    arguments = parser(__doc__)
    arguments.add_argument("--kills", type=positive, default=20, help="how many (%(default)s)")
    arguments.add_argument("--processes", type=positive, default=1, help="2 or more: under torchrun (%(default)s)")
    arguments.add_argument("--seed", type=int, default=1, help="of the moments (%(default)s)")
    arguments.add_argument("--keep", type=Path, metavar="DIR", help="keep everything in a new directory")
    return arguments.parse_args(words)


def new_folder(path: Path | None) -> Path:
    """Make a folder, one for temporary files where no path is given; raises InputError where it cannot be made."""
    if path is None:
        return Path(tempfile.mkdtemp(prefix="nmt-kills-"))
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        raise InputError(f"--keep {path} exists already; give a new directory") from None
    except OSError as error:
        raise InputError(f"--keep {path} cannot be made: {error.strerror}") from None
    return path.resolve()


def main(options: argparse.Namespace) -> int:
    """Run the study in a folder that goes again where all is well; returns the exit code."""
    home, equal = new_folder(options.keep), False
    with Ending(lambda: "the trainings are ended"):
        try:
            equal = study(home, options) == 0
        finally:
            if equal and options.keep is None:
                shutil.rmtree(home)
            else:
                print(f"everything is kept in {home}", file=sys.stderr)
    return 0 if equal else 1


if __name__ == "__main__":
    run_script("kill_study", lambda: main(parse_words()))
