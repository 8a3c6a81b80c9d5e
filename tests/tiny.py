"""What the tests share: a corpus, a config and a model so small that they are made in a second or two."""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from nmt.config import Config
from nmt.config_reading import read_config
from nmt.corpus import Pair
from nmt.model_files import MOST_BYTES, open_model
from nmt.model_zip import zipped

WORDS = ["ba", "de", "gi", "ko", "lu", "ma", "ne", "po"]
# Differing sizes everywhere, so that a wrong transpose cannot pass.
SETTINGS: dict[str, object] = {
    "data.src": "de",
    "data.tgt": "en",
    "data.max_length": 40,
    "tokenizer.vocab_size": 300,
    "tokenizer.sampling": 0.1,
    "model.heads": 2,
    "model.embedding_size": 8,
    "model.encoder_size": 12,
    "model.decoder_size": 16,
    "model.dropout": 0.3,
    "model.embedding_dropout": 0.3,
    "model.word_dropout": 0.1,
    # By which even four updates make a model that says something.
    "train.seed": 5,
    "train.max_epochs": 0,
    "train.max_steps": 4,
    "train.batch_tokens": 128,
    "train.learning_rate": 0.01,
    "train.schedule": "constant",
    "train.warmup_steps": 0,
    "train.ema": 0.9,
    "train.precision": "fp32",
    "train.threads": 1,
    "train.eval_every": 1000,
    "train.eval_sentences": 2,
    "train.save_every": 1000,
    "train.log_every": 1,
    "search.beam_size": 2,
    "search.max_length": 12,
}


def pairs(count: int, first: int = 0) -> list[Pair]:
    """Return a copy task: pairs of one to four words, the target in capitals, all different."""
    size = len(WORDS)
    numbers = range(first, first + count)
    words = [[WORDS[number // size**place % size] for place in range(1 + number % 4)] for number in numbers]
    sources = [f"{' '.join(each)} {WORDS[number % size]}" for number, each in zip(numbers, words, strict=True)]
    return [Pair(source, source.upper()) for source in sources]


def write_corpus(prefix: Path, count: int, first: int = 0) -> str:
    """Write PREFIX.de and PREFIX.en, and return the prefix."""
    prefix.parent.mkdir(parents=True, exist_ok=True)
    for side, code in enumerate(("de", "en")):
        text = "".join(pair[side] + "\n" for pair in pairs(count, first))
        prefix.with_name(f"{prefix.name}.{code}").write_text(text, encoding="utf-8", newline="\n")
    return str(prefix)


def overrides(folder: Path, changes: Mapping[str, object] | None = None) -> list[str]:
    """Return the settings of a tiny training on a corpus in a folder, which is written where there is none."""
    settings = dict(SETTINGS)
    for name, count, first in (("train", 40, 0), ("dev", 3, 900)):
        prefix = folder / name
        if not prefix.with_name(f"{name}.de").exists():
            write_corpus(prefix, count, first)
        settings[f"data.{name}"] = str(prefix)
    settings.update(changes or {})
    return [f"{key}={value}" for key, value in settings.items()]


def config(folder: Path, changes: Mapping[str, object] | None = None) -> Config:
    """Return the config of a tiny training, see overrides."""
    return read_config(None, overrides(folder, changes))


def train(directory: Path, settings: Config, overwrite: bool = False) -> int | None:
    """Train as `nmt train` does; returns what Trainer.train returns."""
    from nmt.preparing.run import prepare_run
    from nmt.trainer import Trainer

    return Trainer(prepare_run(settings, directory, overwrite)).train()


@functools.cache
def _home() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="nmt-tiny-")


@functools.cache
def model_directory() -> Path:
    """Return the directory of one tiny trained model, made when first asked for; not to be written to."""
    home = Path(_home().name)
    train(home / "model", config(home, {"train.max_steps": 30}))
    return home / "model"


def write_zip(directory: Path, path: Path) -> None:
    """Write the model of a directory, with a card that may be there, into one zip."""
    with open_model(directory) as files:
        path.write_bytes(zipped({name: files.read(name) for name in MOST_BYTES if files.exists(name)}))


@functools.cache
def reverse_directory() -> Path:
    """Return the directory of a model from English to German: the same, which reads what it writes; likewise."""
    folder = Path(_home().name) / "reverse"
    shutil.copytree(model_directory(), folder)
    tree = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tree["data"].update(src="en", tgt="de")
    (folder / "config.json").write_text(json.dumps(tree), encoding="utf-8")
    return folder


def run_nmt(*arguments: object) -> int:
    """Run `nmt ARGUMENTS` in this process and return its exit code."""
    from nmt.cli import main

    with pytest.MonkeyPatch.context() as patch, _logging_restored():
        patch.setattr(sys, "argv", ["nmt", *map(str, arguments)])
        try:
            main()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


@contextlib.contextmanager
def _logging_restored() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in (None, "nmt", "nmt.bars")]
    before: Sequence[tuple[list[logging.Handler], int]] = [(list(each.handlers), each.level) for each in loggers]
    try:
        yield
    finally:
        for each, (handlers, level) in zip(loggers, before, strict=True):
            for handler in set(each.handlers) - set(handlers):
                handler.close()
            each.handlers[:] = handlers
            each.setLevel(level)


def files(directory: Path) -> dict[str, bytes]:
    """Return every file below a directory by its path there."""
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()
    }
