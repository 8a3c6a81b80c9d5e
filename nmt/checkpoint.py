"""The model directory: what it holds, how it is written without ever being half-written, how it is read.

config.json             format version, the full config, vocabulary sizes
model.safetensors       the weights to translate with (the best so far)
shared.spm              or source.spm and target.spm: the tokenizers
generation_config.json  decoding defaults
README.md               model card
metrics.jsonl train.log what happened
checkpoints/step_N/     all that a training needs to go on: weights, average, optimiser, counters, checksums
cache/                  the training pairs, memory-mapped
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from nmt.config import Config, SearchConfig, build_config
from nmt.durable import sync, write_atomically
from nmt.errors import FailureError, InputError
from nmt.model import TranslationModel
from nmt.tokenizer import TokenizerPair

logger = logging.getLogger(__name__)

FORMAT_VERSION = 1
CONFIG, WEIGHTS, GENERATION, CHECKPOINTS = (
    "config.json",
    "model.safetensors",
    "generation_config.json",
    "checkpoints",
)
_CHECKSUMS = "checksums.json"
_MOST_CONFIG_BYTES = 1 << 20


def to_json(value: object) -> bytes:
    """Return a value as indented JSON."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


@dataclass(frozen=True)
class ModelDescription:
    """config.json: what a model directory was made from."""

    config: Config
    src_vocab: int
    tgt_vocab: int

    def to_bytes(self) -> bytes:
        """Return the file's content."""
        return to_json(
            {
                "format_version": FORMAT_VERSION,
                "src_vocab_size": self.src_vocab,
                "tgt_vocab_size": self.tgt_vocab,
                **self.config.model_dump(mode="json"),
            }
        )

    @classmethod
    def read(cls, directory: Path) -> ModelDescription:
        """Read a model directory's config.json; raises InputError where it is none."""
        path = directory / CONFIG
        if not directory.is_dir():
            raise InputError(f"no model directory {str(directory)!r}; give one made by nmt train")
        if not path.is_file():
            raise InputError(f"{str(directory)!r} is not a model directory: it has no {CONFIG}")
        if path.stat().st_size > _MOST_CONFIG_BYTES:
            raise InputError(f"{path} is larger than {_MOST_CONFIG_BYTES} bytes; expected a model's config")
        try:
            tree = json.loads(path.read_bytes())
            version = tree.pop("format_version")
            sizes = tree.pop("src_vocab_size"), tree.pop("tgt_vocab_size")
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            raise InputError(f"{path} is not a model's config ({type(error).__name__}: {error})") from None
        if version != FORMAT_VERSION:
            raise InputError(f"{path} has format version {version!r}; this program reads {FORMAT_VERSION}")
        if not all(isinstance(size, int) and 4 <= size <= 1_000_000 for size in sizes):
            raise InputError(f"{path}: vocabulary sizes {sizes} must be whole numbers from 4 to 1,000,000")
        return cls(build_config(tree, str(path)), *sizes)


def write_model(
    directory: Path, description: ModelDescription, tokenizers: TokenizerPair, weights: Mapping[str, Tensor]
) -> None:
    """Write all that translating needs into a directory, each file atomically, the weights last."""
    for name, content in tokenizers.files().items():
        if not (directory / name).is_file() or (directory / name).read_bytes() != content:
            write_atomically(directory / name, content)
    write_atomically(directory / GENERATION, to_json(description.config.search.model_dump(mode="json")))
    write_atomically(directory / CONFIG, description.to_bytes())
    write_atomically(directory / WEIGHTS, save_tensors(_without_ties(weights), {"format": "pt"}))


def read_search_config(directory: Path, description: ModelDescription) -> SearchConfig:
    """Return the decoding defaults of a model directory, from generation_config.json where there is one."""
    path = directory / GENERATION
    if not path.is_file():
        return description.config.search
    try:
        tree = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error})") from None
    return build_config({"search": tree}, str(path)).search


def read_model(directory: Path) -> tuple[TranslationModel, TokenizerPair, ModelDescription]:
    """Load a model for translating, in evaluation mode; raises InputError naming the file at fault."""
    description = ModelDescription.read(directory)
    tokenizers = TokenizerPair.load(directory)
    sizes = len(tokenizers.src), len(tokenizers.tgt)
    if sizes != (description.src_vocab, description.tgt_vocab):
        raise InputError(
            f"{directory}: the tokenizers hold {sizes} pieces, {CONFIG} says "
            f"{(description.src_vocab, description.tgt_vocab)}; the files are of different models"
        )
    model = TranslationModel(description.config.model, *sizes)
    load_weights(model, read_tensors(directory / WEIGHTS), directory / WEIGHTS)
    return model.eval(), tokenizers, description


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file; raises InputError where it is missing, cut short or not one."""
    if not path.is_file():
        raise InputError(f"no file {str(path)!r}; the training may not have saved a model yet")
    try:
        return load_tensors(path.read_bytes())
    except (safetensors.SafetensorError, ValueError, KeyError, OSError) as error:
        raise InputError(f"{path} is damaged or not a safetensors file ({error})") from None


def load_weights(model: TranslationModel, weights: Mapping[str, Tensor], path: Path) -> None:
    """Put weights into a model; raises InputError naming the first that does not fit."""
    expected = _without_ties(dict(model.named_parameters()))
    for name in [*expected, *weights]:
        if name not in weights or name not in expected:
            raise InputError(f"{path}: weight {name!r} is {'missing' if name in expected else 'unexpected'}")
        given, wanted = tuple(weights[name].shape), tuple(expected[name].shape)
        if given != wanted:
            raise InputError(f"{path}: weight {name!r} has shape {given}, expected {wanted}")
    for name, weight in expected.items():
        weight.data.copy_(weights[name])


def _without_ties(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return each storage once, under its first name."""
    seen: set[int] = set()
    kept = {}
    for name, weight in weights.items():
        if weight.data_ptr() not in seen:
            seen.add(weight.data_ptr())
            kept[name] = weight.detach().contiguous().cpu()
    return kept


@dataclass(frozen=True)
class Checkpoint:
    """All that a training needs to go on: groups of named tensors, and counters."""

    step: int
    tensors: dict[str, dict[str, Tensor]]
    counters: dict[str, Any]


def save_checkpoint(directory: Path, checkpoint: Checkpoint, keep: int) -> None:
    """Write checkpoints/step_N durably and with checksums, then drop all but the newest `keep`.

    Raises FailureError where it cannot be written; older checkpoints are then untouched.
    """
    folder = directory / CHECKPOINTS
    final = folder / f"step_{checkpoint.step}"
    temporary = folder / f".step_{checkpoint.step}.tmp"
    files = {f"{name}.safetensors": save_tensors(group) for name, group in checkpoint.tensors.items()}
    files["counters.json"] = to_json({"step": checkpoint.step, **checkpoint.counters})
    files[_CHECKSUMS] = to_json({name: _checksum(content) for name, content in files.items()})
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        for name, content in files.items():
            with (temporary / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        sync(temporary)
        if final.exists():
            shutil.rmtree(final)
        temporary.rename(final)
        sync(folder)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise FailureError(f"cannot write {final}: {error.strerror}; older checkpoints are untouched") from None
    # A checkpoint of a later update belongs to a line that was given up, damaged perhaps.
    others = [path for path in list_checkpoints(directory) if path != final]
    older = [path for path in others if _number(path) < checkpoint.step]
    for old in [*set(others) - set(older), *older[keep - 1 :]]:
        shutil.rmtree(old, ignore_errors=True)


def list_checkpoints(directory: Path) -> list[Path]:
    """Return the complete checkpoints of a model directory, newest first."""
    found = [path for path in (directory / CHECKPOINTS).glob("step_*") if _number(path) >= 0]
    return sorted(found, key=_number, reverse=True)


def _number(checkpoint: Path) -> int:
    """Return the update of a checkpoint's folder, -1 where its name tells none."""
    number = checkpoint.name.removeprefix("step_")
    return int(number) if number.isdecimal() and number.isascii() else -1


def load_checkpoint(directory: Path, report: Callable[[str], None]) -> Checkpoint | None:
    """Return the newest intact checkpoint, or None if there is none yet; damaged ones are reported.

    Raises FailureError when there are checkpoints and none is intact.
    """
    folders = list_checkpoints(directory)
    for folder in folders:
        try:
            return _read_checkpoint(folder)
        except (InputError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            report(f"checkpoint {folder.name} is damaged ({error}); trying the one before it")
    if folders:
        raise FailureError(
            f"none of the {len(folders)} checkpoints in {directory / CHECKPOINTS} is intact; "
            "remove them to start again, or use --overwrite"
        )
    return None


def _read_checkpoint(folder: Path) -> Checkpoint:
    sums = json.loads((folder / _CHECKSUMS).read_bytes())
    contents = {name: (folder / name).read_bytes() for name in sums}
    for name, content in contents.items():
        if _checksum(content) != sums[name]:
            raise InputError(f"{name} does not match its checksum")
    counters = json.loads(contents.pop("counters.json"))
    tensors = {name.removesuffix(".safetensors"): load_tensors(content) for name, content in contents.items()}
    return Checkpoint(counters.pop("step"), tensors, counters)


def _checksum(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
