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

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from nmt.durable import write_atomically
from nmt.errors import InputError
from nmt.model import TranslationModel
from nmt.model_description import ModelDescription, search_tree, to_json
from nmt.model_files import CARD, CONFIG, GENERATION, SHARED, SHORTLIST, WEIGHTS, ModelFiles, open_model
from nmt.shortlist import Shortlist
from nmt.tokenizer import TokenizerPair
from nmt.weights import read_weights, weights_file


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
