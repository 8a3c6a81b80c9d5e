"""The other toolkits of scripts/bench_peers: how each is installed, told what to train, and read.

Their settings are in scripts/peers/. Each lives in an environment of its own, where newer versions of what it
needs than its authors named are made to do: the same torch for all, empty modules for what is imported and
never used.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from lab.measuring import Finished, measure, run, say

TORCH = "torch==2.13.0"
SETTINGS = Path(__file__).resolve().parent.parent / "peers"
# A checkpoint written before torch refused by default to load more than tensors.
_TRUSTING = """import functools

import torch

torch.load = functools.partial(torch.load, weights_only=False)
"""

Tree = dict[str, Any]


class PeerError(Exception):
    """A toolkit could not be installed or run; the others go on."""


@dataclass(frozen=True)
class Speed:
    """What a training reports now and then: the update, target and all tokens per second since the last report
    (all: None where not told), target tokens an update."""

    update: int
    tgt: float
    both: float | None
    tgt_an_update: float


@dataclass(frozen=True)
class Job:
    """A training: prepared data, where the model goes, updates in all, updates between reports."""

    data: Path
    model: Path
    updates: int
    every: int


@dataclass(frozen=True)
class Peer:
    """A toolkit.

    package: installed without what it asks for; module: what its training command imports; needs: what that
    imports; stubs: modules it imports and does not need here; fill: adds paths and counts to its settings
    train: the command, after the environment's bin/; after: what follows its settings; checkpoint: of a finished
    training; speeds: from what it prints; tgt_an_update: about how many target tokens
    """

    name: str
    package: str
    module: str
    needs: tuple[str, ...]
    stubs: tuple[str, ...]
    fill: Callable[[Tree, Job], None]
    train: tuple[str, ...]
    after: tuple[str, ...]
    checkpoint: Callable[[Job], Path]
    speeds: Callable[[str], list[Speed]]
    tgt_an_update: int


def _fill_opennmt(tree: Tree, job: Job) -> None:
    tree["data"] = _corpora(job, ["filtertoolong"])
    tree["src_vocab"] = tree["tgt_vocab"] = str(job.data / "vocab.txt")
    tree["save_model"] = str(job.model / "model")
    tree |= {"train_steps": job.updates, "save_checkpoint_steps": job.updates, "report_every": job.every}


def _fill_eole(tree: Tree, job: Job) -> None:
    tree["data"] = _corpora(job, [])
    tree["src_vocab"] = tree["tgt_vocab"] = str(job.data / "vocab.txt")
    tree["report_every"] = job.every
    counts = {"train_steps": job.updates, "save_checkpoint_steps": job.updates}
    tree["training"] |= {"model_path": str(job.model), **counts}


def _fill_joey(tree: Tree, job: Job) -> None:
    tree["model_dir"] = str(job.model)
    tree["data"] |= {"train": str(job.data / "train.sp"), "dev": str(job.data / "val.sp")}
    for side in ("src", "trg"):
        tree["data"][side]["voc_file"] = str(job.data / "vocab.txt")
    every = max(1, job.every)
    tree["training"] |= {"updates": job.updates, "logging_freq": every, "validation_freq": every * 1_000_000}


def _corpora(job: Job, transforms: list[str]) -> Tree:
    return {
        "corpus_1": {
            "path_src": str(job.data / "train.sp.de"),
            "path_tgt": str(job.data / "train.sp.en"),
            "transforms": transforms,
            "weight": 1,
        },
        "valid": {
            "path_src": str(job.data / "val.sp.de"),
            "path_tgt": str(job.data / "val.sp.en"),
            "transforms": [],
        },
    }


_ONMT = re.compile(r"Step\s+(\d+)/.*bsz:\s*([\d.]+)/\s*([\d.]+)/.*?\s([\d.]+)/\s*([\d.]+) tok/s")
_JOEY = re.compile(r"^(\S+ \S+),(\d+) .*Step:\s+(\d+),.*Tokens per Sec:\s+([\d.]+)", re.MULTILINE)


def _onmt_speeds(log: str) -> list[Speed]:
    return [
        Speed(int(update), float(tgt), float(src) + float(tgt), float(tgt_batch))
        for update, _, tgt_batch, src, tgt in _ONMT.findall(log)
    ]


def _joey_speeds(log: str) -> list[Speed]:
    """Joey NMT tells target tokens per second; how many there were follows from the time between its lines."""
    found, before = [], None
    for moment, thousandths, update, tgt in _JOEY.findall(log):
        now = datetime.fromisoformat(f"{moment}.{thousandths}")
        if before is not None:
            seconds = (now - before[0]).total_seconds()
            found.append(Speed(int(update), float(tgt), None, float(tgt) * seconds / (int(update) - before[1])))
        before = now, int(update)
    return found


_COMMON = ("numpy", "pyyaml", "six", "sacrebleu", "sentencepiece", "tensorboard")
_ONMT_COMMON = (*_COMMON, "configargparse", "pyonmttok", "rapidfuzz", "subword-nmt", "waitress")
PEERS = {
    "opennmt": Peer(
        "opennmt", "OpenNMT-py==3.5.1", "onmt.bin.train", (*_ONMT_COMMON, "ctranslate2>=4,<5", "flask"),
        ("spacy", "fasttext", "ahocorasick"), _fill_opennmt, ("onmt_train", "-config"), (),
        lambda job: job.model / f"model_step_{job.updates}.pt", _onmt_speeds, 3290,
    ),
    "eole": Peer(
        "eole", "eole==0.5.3", "eole.bin.main",
        (*_ONMT_COMMON, "aiohttp", "fastapi", "huggingface_hub", "jinja2", "pandas", "pydantic", "requests", "rich",
         "safetensors", "tokenizers", "tqdm", "uvicorn"),
        ("spacy", "fasttext", "ahocorasick", "torchaudio.transforms"), _fill_eole, ("eole", "train", "-config"), (),
        lambda job: job.model, _onmt_speeds, 3290,
    ),
    "joey": Peer(
        "joey", "joeynmt==2.3.0", "joeynmt.training",
        (*_COMMON, "datasets", "importlib_metadata", "matplotlib", "packaging", "pandas", "sacremoses", "setuptools<81",
         "subword-nmt"),
        (), _fill_joey, ("python", "-m", "joeynmt", "train"), ("--skip-test",),
        lambda job: job.model, _joey_speeds, 2000,
    ),
}  # fmt: skip


def environment_of(peer: Peer, home: Path) -> dict[str, str]:
    """Write the stand-in modules of a toolkit and return the variables that make it find them."""
    stubs = home / "stand-ins"
    for name in peer.stubs:
        path = stubs / Path(*name.split("."))
        path.mkdir(parents=True, exist_ok=True)
        for folder in (path, *path.parents[: name.count(".")]):
            (folder / "__init__.py").touch()
    stubs.mkdir(parents=True, exist_ok=True)
    (stubs / "sitecustomize.py").write_text(_TRUSTING, encoding="utf-8")
    return {"PYTHONPATH": str(stubs), "PYTHONWARNINGS": "ignore", "TQDM_DISABLE": "1"}


def install(peer: Peer, home: Path) -> None:
    """Make the environment of a toolkit, or keep one that is there; raises PeerError telling what failed."""
    python = home / "bin" / "python"
    variables = environment_of(peer, home)
    attempt: list[str | Path] = [python, "-c", f"import {peer.module}"]
    if python.is_file() and run(attempt, variables).status == 0:
        return
    say(f"installing {peer.package} into {home}")
    pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet"]
    steps: list[list[str | Path]] = [
        [sys.executable, "-m", "venv", home],
        [*pip, TORCH],
        [*pip, "--no-deps", peer.package],
        [*pip, TORCH, *peer.needs],
        # Again, should one of the others have brought another torch along.
        [*pip, TORCH],
    ]
    for step in steps:
        _check(run(step, {}), f"cannot install {peer.package}")
    _check(run(attempt, variables), f"cannot use {peer.package}")


def train(peer: Peer, home: Path, job: Job, variables: Mapping[str, str]) -> Finished:
    """Train by a toolkit's own command; raises PeerError with the end of what it printed."""
    tree: Tree = yaml.safe_load((SETTINGS / f"{peer.name}.yaml").read_text(encoding="utf-8"))
    peer.fill(tree, job)
    job.model.mkdir(parents=True, exist_ok=True)
    settings = job.model.parent / f"{job.model.name}.yaml"
    settings.write_text(yaml.safe_dump(tree), encoding="utf-8")
    program, *arguments = peer.train
    command: list[str | Path] = [home / "bin" / program, *arguments, settings, *peer.after]
    done = measure(command, {**variables, **environment_of(peer, home)})
    _check(done, f"{peer.package} does not train")
    if not peer.checkpoint(job).exists():
        raise PeerError(f"{peer.package} ended without {peer.checkpoint(job)}: {done.output[-1000:]}")
    # By it a later run knows that the training is done.
    (job.model.parent / f"{job.model.name}.log").write_text(done.output, encoding="utf-8")
    return done


def _check(done: Finished, what: str) -> None:
    if done.status:
        raise PeerError(f"{what} (status {done.status}, a signal's number below 0): {done.output[-1500:]}")
