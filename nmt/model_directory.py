"""The model directory: what it holds, how it is written without ever being half-written, how it is read.

config.json             format version, the full config, vocabulary sizes
model.safetensors       the weights to translate with (the best so far)
shared.spm              or source.spm and target.spm: the tokenizers
generation_config.json  decoding defaults
shortlist.safetensors   which target pieces a source piece may become; a small vocabulary has none
README.md               model card
vocabulary.json         the settings of a vocabulary that was there before, see vocabulary_record.py
metrics.jsonl train.log what happened
checkpoints/step_N/     all that a training needs to go on, see checkpoint.py
cache/                  the training pairs, memory-mapped

The first six are the model; they may also stand in one zip. They are read as a stranger's: nothing in them runs,
and a size is believed only once everything that depends on it agrees.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from nmt.config import MOST_PIECES, Config, SearchConfig
from nmt.config_reading import build_config
from nmt.durable import write_atomically
from nmt.errors import InputError
from nmt.model import TranslationModel
from nmt.model_files import (
    CARD,
    CONFIG,
    GENERATION,
    MOST_BYTES,
    SHARED,
    SHORTLIST,
    WEIGHTS,
    ModelFiles,
    no_model,
    open_model,
)
from nmt.shortlist import Shortlist
from nmt.tokenizer import TokenizerPair
from nmt.weights import read_weights, weights_file

# A model has the lowest version that tells what is in it, so that older programs read what they can.
FORMAT_VERSIONS = {"fp32": 1, "bf16": 1, "int8": 2, "int7": 2}
# Settings of the network that came later: what a model is like whose config.json does not have them, and the version
# of a model that is otherwise.
BEFORE = {"lexical_shortcut": False, "second_attention": False, "encoder_residual": False}
_LATER = {"lexical_shortcut": 3, "second_attention": 4, "encoder_residual": 5}
# Likewise of decoding, where the value that has always been is not written: older programs know no such key.
_LATER_SEARCH = ("reverse_weight", "spell_out", "stand_ins", "keep_end")
_BEFORE_SEARCH = {key: SearchConfig.model_fields[key].default for key in _LATER_SEARCH}
# Weights that are at most so large when compressed are.
_WORTHWHILE = 0.85
_VERSIONS = sorted({*FORMAT_VERSIONS.values(), *_LATER.values()})
# What decoding defaults may ask for, which take effect unasked. A command may ask for more.
_MOST_SEARCH = {"beam_size": 100, "n_best": 100, "min_length": 1000, "max_length": 10_000, "max_length_ratio": 20}


def to_json(value: object) -> bytes:
    """Return a value as indented JSON."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


@dataclass(frozen=True)
class ModelDescription:
    """config.json: what a model directory was made from."""

    config: Config
    src_vocab: int
    tgt_vocab: int

    def to_bytes(self, precision: str = "fp32") -> bytes:
        """Return the file's content beside weights stored in a precision."""
        tree = self.config.model_dump(mode="json")
        section = _without(tree["model"], BEFORE)
        version = max(FORMAT_VERSIONS[precision], *(_LATER.get(key, 0) for key in section))
        return to_json(
            {
                "format_version": version,
                "src_vocab_size": self.src_vocab,
                "tgt_vocab_size": self.tgt_vocab,
                **tree,
                "model": section,
                "search": search_tree(self.config.search),
            }
        )

    @classmethod
    def read(cls, path: Path) -> ModelDescription:
        """Read the config.json of a model directory or zip; raises InputError where it is none."""
        with open_model(path) as files:
            return cls.read_from(files)

    @classmethod
    def read_from(cls, files: ModelFiles) -> ModelDescription:
        """Read a model's config.json; raises InputError where it is none."""
        where = files.where(CONFIG)
        if not files.exists(CONFIG):
            raise InputError(no_model(files.path))
        try:
            tree = json.loads(files.read(CONFIG))
            version = tree.pop("format_version")
            sizes = tree.pop("src_vocab_size"), tree.pop("tgt_vocab_size")
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
            if isinstance(error, KeyError) and "model_type" in tree:
                raise InputError(_foreign(files.path, tree["model_type"])) from None
            raise InputError(f"{where} is not a model's config ({_reason(error)})") from None
        if type(version) is not int or version not in _VERSIONS:
            raise InputError(f"{where} has format version {version!r:.40}; this program reads 1 to {_VERSIONS[-1]}")
        if not all(type(size) is int and 4 <= size <= MOST_PIECES for size in sizes):
            raise InputError(f"{where}: vocabulary sizes {sizes!s:.80} must be whole numbers from 4 to {MOST_PIECES:,}")
        if isinstance(tree.get("model"), dict):
            tree["model"] = BEFORE | tree["model"]
        return cls(build_config(tree, where), *sizes)


def _reason(error: Exception) -> str:
    """Return why a file is no model's config."""
    if isinstance(error, KeyError):
        return f"it has no {error}"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return f"not JSON: {error!s:.200}" if isinstance(error, ValueError) else "it holds no keys and values"


def search_tree(search: SearchConfig) -> dict[str, object]:
    """Return decoding settings as they are written."""
    return _without(search.model_dump(mode="json"), _BEFORE_SEARCH)


def _without(section: dict[str, object], before: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in section.items() if key not in before or before[key] != value}


def _foreign(path: Path, kind: object) -> str:
    given = f"{str(path)!r} is a Hugging Face model ({kind!s:.60})"
    return f"{given}; nmt reads the recurrent models that nmt train makes, give one of those"


def write_model(
    directory: Path,
    description: ModelDescription,
    tokenizers: TokenizerPair,
    weights: Mapping[str, Tensor],
    precision: str = "fp32",
) -> None:
    """Write all that translating needs into a directory, each file atomically, the weights last.

    Decoding defaults that are there stay: somebody may have changed them. precision: of the stored weights, see
    `weights_file`
    """
    for name, content in tokenizers.files().items():
        if not (directory / name).is_file() or (directory / name).read_bytes() != content:
            write_atomically(directory / name, content)
    if not (directory / GENERATION).is_file():
        write_atomically(directory / GENERATION, to_json(search_tree(description.config.search)))
    write_atomically(directory / CONFIG, description.to_bytes(precision))
    write_atomically(directory / WEIGHTS, weights_file(without_ties(weights), precision))


def write_zip(directory: Path, path: Path) -> None:
    """Write the model of a directory into one zip, equal for equal models. Raises InputError, FailureError."""
    with open_model(directory) as files:
        write_atomically(path, zipped({name: files.read(name) for name in MOST_BYTES if files.exists(name)}))


def zipped(contents: Mapping[str, bytes]) -> bytes:
    """Return the files of a model as one zip, the same for the same files."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name in MOST_BYTES:
            if name in contents:
                member = zipfile.ZipInfo(name)
                member.external_attr = 0o644 << 16
                small = name != WEIGHTS or _shrinks(contents[name])
                member.compress_type = zipfile.ZIP_DEFLATED if small else zipfile.ZIP_STORED
                archive.writestr(member, contents[name])
    return written.getvalue()


def _shrinks(weights: bytes) -> bool:
    """Say whether weights, by their first million, become much smaller, as those of few levels do.

    Others are read faster as they are.
    """
    first = weights[: 1 << 20]
    return len(zlib.compress(first)) < _WORTHWHILE * len(first)


def check_own_search(config: SearchConfig, where: str) -> None:
    """Raise InputError for more than a model's own decoding defaults may ask for."""
    for key, most in _MOST_SEARCH.items():
        if getattr(config, key) > most:
            raise InputError(f"{where}: {key}={getattr(config, key)} is too much for a model's own; at most {most}")


def read_search_config(path: Path, description: ModelDescription, checked: bool = True) -> SearchConfig:
    """Return the decoding defaults of a model directory or zip, from generation_config.json where there is one.

    Raises InputError where they are damaged or, if checked, ask for too much.
    """
    with open_model(path) as files:
        if not files.exists(GENERATION):
            where, config = files.where(CONFIG), description.config.search
        else:
            where = files.where(GENERATION)
            try:
                tree = json.loads(files.read(GENERATION))
            except (ValueError, RecursionError) as error:
                raise InputError(f"{where} is not JSON ({error!s:.200})") from None
            config = build_config({"search": tree}, where).search
    if checked:
        check_own_search(config, where)
    return config


class LoadedModel(NamedTuple):
    """What is read of a model directory or zip."""

    model: TranslationModel
    tokenizers: TokenizerPair
    description: ModelDescription


def read_model(path: Path) -> LoadedModel:
    """Load a model directory or zip for translating, in evaluation mode.

    Raises InputError naming the file at fault, FailureError where memory does not suffice.
    """
    with open_model(path) as files:
        description = ModelDescription.read_from(files)
        tokenizers = TokenizerPair.read_from(files)
        sizes = len(tokenizers.src), len(tokenizers.tgt)
        if sizes != (description.src_vocab, description.tgt_vocab):
            raise InputError(
                f"{path}: the tokenizers hold {sizes} pieces, {CONFIG} says "
                f"{(description.src_vocab, description.tgt_vocab)}; the files are of different models"
            )
        model = _outline(description, files.where(CONFIG))
        if not files.exists(WEIGHTS):
            raise InputError(_no_weights(files, description))
        shapes = {name: tuple(weight.shape) for name, weight in model.named_parameters()}
        with files.stream(WEIGHTS) as (file, size):
            _fill(model, read_weights(file, size, files.where(WEIGHTS), shapes))
    return LoadedModel(model.eval(), tokenizers, description)


def _no_weights(files: ModelFiles, description: ModelDescription) -> str:
    """Return the message about a model without its weights: what it is, or what to wait for."""
    if any(files.path.glob("*.onnx")):
        given = f"{str(files.path)!r} is an ONNX export, which -m does not read"
        return f"{given}; give the model that it was made from, or run it as its {CARD} says"
    often = f"after {description.config.train.eval_every:,} updates"
    return f"no file {files.where(WEIGHTS)!r}; a training saves its first model {often}, wait for that"


def read_shortlist(path: Path, description: ModelDescription) -> Shortlist | None:
    """Return the shortlist of a model directory or zip, None where it has none; raises InputError for a damaged one."""
    with open_model(path) as files:
        if not files.exists(SHORTLIST):
            return None
        sizes = description.src_vocab, description.tgt_vocab
        return Shortlist.read(files.read(SHORTLIST), sizes, files.exists(SHARED), files.where(SHORTLIST))


class _Undrawn(TorchFunctionMode):
    """Within it, first weights are not drawn: PyTorch imports much for that where they take no memory."""

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(function, "__name__", "")
        if name.endswith("_") and not name.endswith("__"):  # in place: normal_, uniform_, fill_, …
            return args[0] if args else kwargs["tensor"]
        return function(*args, **kwargs)


def _outline(description: ModelDescription, where: str) -> TranslationModel:
    """Return a model whose weights have shapes but take no memory yet, nor time to be drawn."""
    try:
        with torch.device("meta"), _Undrawn():
            return TranslationModel(description.config.model, description.src_vocab, description.tgt_vocab)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _fill(model: TranslationModel, weights: Mapping[str, Tensor]) -> None:
    """Give an outline its weights; what was tied stays tied."""
    filled = {id(outline): nn.Parameter(weights[name]) for name, outline in model.named_parameters()}
    for module in model.modules():
        for name, outline in list(module.named_parameters(recurse=False, remove_duplicate=False)):
            setattr(module, name, filled[id(outline)])
    assert not any(tensor.is_meta for tensor in (*model.parameters(), *model.buffers()))


def without_ties(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return each storage once, under its first name."""
    seen: set[int] = set()
    kept = {}
    for name, weight in weights.items():
        if weight.data_ptr() not in seen:
            seen.add(weight.data_ptr())
            kept[name] = weight.detach().contiguous().cpu()
    return kept
