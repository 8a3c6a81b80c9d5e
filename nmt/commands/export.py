"""What `nmt export` does: a model in one zip, or a directory of its own, to be carried away."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nmt.durable import write_atomically, write_folder
from nmt.errors import FailureError, InputError
from nmt.lines import read_lines
from nmt.model_description import ModelDescription
from nmt.model_directory import read_model, without_ties
from nmt.model_files import CARD, CONFIG, MOST_BYTES, WEIGHTS, open_model
from nmt.model_zip import zipped
from nmt.onnx.export import onnx_files
from nmt.onnx.graphs import DECODER, ENCODER
from nmt.output import check_output
from nmt.weights import weights_file

logger = logging.getLogger(__name__)

# What an export may consist of.
_NAMES = (*MOST_BYTES, ENCODER, DECODER)
# Endings that promise an archive which an export is not.
_OTHER_ARCHIVES = (".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zst", ".7z", ".rar")


@dataclass(frozen=True)
class Request:
    """The command's options; see its help."""

    model: Path
    output: Path
    precision: str | None = None
    card: Path | None = None
    overwrite: bool = False
    onnx: bool = False


def run_export(request: Request) -> None:
    """Write a model into a zip or directory. Raises InputError for what does not go together, FailureError."""
    _check_output(request)
    size = _write(request.output, _contents(request))
    logger.info("wrote %s: %.1f MB", request.output, size / 1e6)


def _contents(request: Request) -> dict[str, bytes]:
    """Return the files of the export by name, the weights last."""
    # A model that does not load is not worth carrying.
    model, tokenizers, description = read_model(request.model)
    with open_model(request.model) as files:
        contents = {name: files.read(name) for name in MOST_BYTES if files.exists(name)}
    if request.card is not None:
        contents[CARD] = _card(contents.get(CARD, b""), request.card, description)
    if request.onnx:
        return onnx_files(model, tokenizers, description, contents.get(CARD, b""))
    if request.precision is not None:
        contents[CONFIG] = description.to_bytes(request.precision)
        contents[WEIGHTS] = weights_file(without_ties(dict(model.named_parameters())), request.precision)
    return {name: contents[name] for name in MOST_BYTES if name in contents}


def _card(own: bytes, path: Path, description: ModelDescription) -> bytes:
    """Return the model's card followed by the text of a file, or a file that is a card itself."""
    added = "".join(line + "\n" for line in read_lines(path))
    data = description.config.data
    before = own.decode("utf-8", errors="replace") or f"# {data.src} to {data.tgt}\n"
    card = added if added.startswith("---\n") else f"{before.rstrip()}\n\n{added}"
    if len(card.encode()) > MOST_BYTES[CARD]:
        raise InputError(f"{path}: the model card would have more than {MOST_BYTES[CARD]:,} bytes; shorten it")
    return card.encode()


def _check_output(request: Request) -> None:
    """Raise InputError for an output that cannot be written, or must not be."""
    output = request.output
    if request.onnx and (request.precision not in (None, "fp32") or _is_zip(output)):
        raise InputError("--onnx writes graphs in fp32 into a directory; leave out --precision, and .zip of the output")
    if output.exists() and output.resolve() == request.model.resolve():
        raise InputError(f"output {str(output)!r} is the model itself; give another name")
    if output.suffix.lower() in _OTHER_ARCHIVES and not output.is_dir():
        raise InputError(f"output {str(output)!r} has the name of another archive; give a folder or a .zip")
    if _is_zip(output):
        if output.is_dir():
            raise InputError(f"output {str(output)!r} is a directory; give a file, or a name that does not end in .zip")
        check_output(output)
        taken = [output] if output.exists() else []
    else:
        if output.exists() and not output.is_dir():
            raise InputError(f"output {str(output)!r} is a file; give a directory, or a name that ends in .zip")
        taken = [output / name for name in _NAMES if (output / name).exists()]
    if taken and not request.overwrite:
        raise InputError(f"{str(taken[0])!r} exists; give another output, or --overwrite to replace it")


def _is_zip(output: Path) -> bool:
    return output.suffix.lower() == ".zip"


def _write(output: Path, contents: Mapping[str, bytes]) -> int:
    """Write files by name into a zip or a directory, which appears when it is whole; returns the bytes written."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FailureError(f"cannot write {output}: {error.strerror}") from None
    if _is_zip(output):
        content = zipped(contents)
        write_atomically(output, content)
        return len(content)
    # A tokenizer of the model that was there would be taken for this one's.
    write_folder(output, contents, stale=_NAMES)
    return sum(len(content) for content in contents.values())
