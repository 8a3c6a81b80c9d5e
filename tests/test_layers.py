"""Tests of the architecture: text flows one way through the files, and some things appear nowhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "nmt"
# A file imports only files above it: this list is the architecture.
ORDER = """
    errors languages surrogates paths signals interrupt durable lock device group heartbeat distributed bars
    config kinds yaml_text config_reading
    scaling settings
    model_files spm segmentation tokenizer tokenizer_training
    compression lines output readers corpus cleaning store permutation batches
    dropout normalization lstm quantized cells rnn attention encoder decoder model loss optim
    lexicon shortlist weights model_description model_zip model_directory model_loading checkpoint
    pretrained.models pretrained.choosing pretrained.listing
    rules beam ranking choosers constraints guided banks search ensemble onnx.graphs onnx.model onnx.export
    unspaced glossary phrases translation identifiers spans sentences
    carrying.quotes carrying.stand_ins carrying.enclosed carrying.surnames carrying.amounts carrying.times
    carrying.dates carrying.date_spelling carrying.figures carrying.held carrying.spelling carrying.letters
    carrying.carrier carrying.recovery
    guidance segments cutting workers tally forced_decoding reranking sentence_translator parts translator
    metrics validation progress training_report divergence agreement gradients model_card
    preparing.pairs preparing.vocabulary_record preparing.vocabularies preparing.run_directory
    preparing.widening preparing.deepening preparing.growing preparing.starting preparing.run training_state trainer
    documents.marks documents.formulas documents.tree documents.placeholders documents.alignment documents.numbers
    documents.frames documents.placing
    documents.weaving documents.passages documents.stretches documents.plain
    documents.html_tokens documents.html_references documents.html_attributes documents.html
    documents.markdown_inline documents.markdown_check documents.markdown documents.cue_times documents.subtitles
    documents.labels documents.po documents.columns documents.json_values documents.word_names documents.word_fields
    documents.word_ranges documents.word_paragraph documents.word
    documents.language_tags documents.formats documents.files
    pictures.output pictures.pages pictures.charts pictures.heat pictures.figures
    pictures.recording pictures.units pictures.explanation pictures.explain_page pictures.explain_image
    pictures.explaining pictures.curves pictures.curves_page pictures.curves_image pictures.event_files
    pictures.plotting pictures.lengths pictures.differences pictures.report
    commands.training commands.ending commands.writing commands.partial_output commands.translating commands.scoring
    commands.evaluation commands.export
    serve.refusal serve.options serve.keys serve.rate serve.monitor serve.batching serve.explaining
    serve.languages serve.engine serve.reading serve.readers serve.passes serve.formats serve.asking serve.downloads
    serve.page serve.prefix serve.gate serve.service serve.routes serve.app serve.connections serve.server
    usage exits completion command_options cli __main__
"""
LAYERS = ORDER.split()
# The package's own file names what it offers from everywhere, and imports it when first used.
FACE = "__init__"
# A folder is one layer, its files in their own order; its __init__ says what it is for, and imports nothing.
FOLDERS = ["carrying", "commands", "documents", "onnx", "pictures", "preparing", "pretrained", "serve"]
FACES = [FACE, *(f"{folder}.{FACE}" for folder in FOLDERS)]
every_file = pytest.mark.parametrize("name", LAYERS)


def parse(name: str) -> ast.Module:
    return ast.parse(PACKAGE.joinpath(*name.split(".")).with_suffix(".py").read_text(encoding="utf-8"))


def imports(name: str) -> Iterator[tuple[str, str]]:
    """Yield (module, name within it or "") of every import of a file, wherever it stands."""
    for node in ast.walk(parse(name)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}.py imports relatively, on line {node.lineno}"
            yield from ((node.module or "", alias.name) for alias in node.names)


def imported_files(name: str) -> set[str]:
    """Return the files of the package that a file imports."""
    found = set()
    for module, part in imports(name):
        if module == "nmt" and part and part != "__version__":
            found.add(part)
        elif module.removeprefix("nmt.") in FOLDERS:
            found.add(f"{module.removeprefix('nmt.')}.{part}")
        elif module.startswith("nmt."):
            found.add(module.removeprefix("nmt."))
    return found


def test_every_file_has_its_layer() -> None:
    names = [".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")]
    assert sorted(names) == sorted([*LAYERS, *FACES])
    assert sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__") == FOLDERS


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_is_one_layer(folder: str) -> None:
    inside = [name.startswith(f"{folder}.") for name in LAYERS]
    first = inside.index(True)
    assert inside[first : first + sum(inside)] == [True] * sum(inside)
    assert imported_files(f"{folder}.{FACE}") == set()


@every_file
def test_a_file_imports_only_files_above_it(name: str) -> None:
    assert imported_files(name) <= set(LAYERS[: LAYERS.index(name)])


SEARCH = ["rules", "beam", "ranking", "choosers", "constraints", "guided", "banks", "search"]


@pytest.mark.parametrize("name", SEARCH)
def test_the_search_knows_neither_text_nor_the_model(name: str) -> None:
    assert imported_files(name) <= {"errors", "config", *SEARCH}


def test_the_model_knows_neither_training_nor_the_search() -> None:
    for name in ("dropout", "normalization", "cells", "rnn", "attention", "encoder", "decoder", "model"):
        known = {
            "errors",
            "config",
            "tokenizer",
            "dropout",
            "normalization",
            "lstm",
            "quantized",
            "cells",
            "rnn",
            "attention",
            "encoder",
            "decoder",
        }
        assert imported_files(name) <= known


@pytest.mark.parametrize("name", [*LAYERS, *FACES])
def test_lines_end_at_line_feeds_alone(name: str) -> None:
    # splitlines() also splits at U+2028, U+0085 and others.
    assert "splitlines" not in {node.attr for node in ast.walk(parse(name)) if isinstance(node, ast.Attribute)}


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "misc", "common"}
    assert not {path.stem for path in PACKAGE.rglob("*")} & drawers


@pytest.mark.parametrize("name", [*LAYERS, *FACES])
def test_every_file_says_what_it_is_for(name: str) -> None:
    assert ast.get_docstring(parse(name))
