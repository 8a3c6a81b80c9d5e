"""A translation looked into: its attention, and what the gates of every layer did, as numbers to be drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from nmt.batches import pad
from nmt.cells import CELLS
from nmt.errors import InputError
from nmt.model import TranslationModel
from nmt.pictures.recording import recorded
from nmt.pictures.units import Unit, telling_units
from nmt.rnn import Trace
from nmt.surrogates import check_text
from nmt.tokenizer import BOS, EOS
from nmt.translator import Translator

_END, _START = "</s>", "<s>"
# What can be taken in at a glance, and drawn: the attention has the product of two lengths.
MOST_PIECES = 100
# The layers of a model by their names in it, with what they are called.
_DIRECTIONS = {"ahead": "reading forwards", "back": "reading backwards"}


@dataclass(frozen=True)
class LayerView:
    """What a layer did: means over its units after each piece, and single units.

    pieces: what the layer read, in the order of the sentence; gates: by name; magnitude: of the cells
    """

    title: str
    pieces: list[str]
    size: int
    gates: dict[str, list[float]]
    magnitude: list[float]
    units: list[Unit]


@dataclass(frozen=True)
class Explanation:
    """A sentence, its translation, and how the model came to it.

    attention[target][source], each row of sum 1; second_attention: likewise of the second, None without one
    probabilities: of each target piece, given those before
    meanings: of the gates by their names; both rows of pieces have the end of the sentence last
    """

    source: str
    translation: str
    languages: tuple[str, str]
    source_pieces: list[str]
    target_pieces: list[str]
    probabilities: list[float]
    attention: list[list[float]]
    second_attention: list[list[float]] | None
    cell: str
    meanings: dict[str, str]
    layers: list[LayerView]


def explain_sentence(translator: Translator, sentence: str) -> Explanation:
    """Translate a sentence by a translator of one model, then run the model over the translation and look on.

    The second run is told each target piece (teacher forcing), so it goes the way that the search found, whatever
    beam it had. Raises InputError for a sentence that is empty, no text, or too long to be looked at.
    """
    (model,) = translator.models
    ids = translator.tokenizers.src.encode(_text(sentence))
    _check_length(len(ids), translator)
    config = translator.settings({"n_best": 1, "sampling": False})
    (found,) = translator.sentences.search([ids], config)
    tokens = found[0].tokens
    if len(tokens) > MOST_PIECES:
        raise InputError(f"the translation has {len(tokens):,} pieces and at most {MOST_PIECES} can be looked at")
    src_ids, src_lengths = pad([[*ids, EOS]])
    tgt_in, tgt_out = torch.tensor([[BOS, *tokens]]), torch.tensor([*tokens, EOS])
    with torch.inference_mode(), recorded(model) as recording:
        result = model(src_ids, src_lengths, tgt_in)
        log_probs = torch.log_softmax(model.logits(result.features[0]), dim=1, dtype=torch.float32)
        traces = recording.traces()
    src, tgt = translator.tokenizers.src.pieces(ids), translator.tokenizers.tgt.pieces(tokens)
    chosen = log_probs.gather(1, tgt_out.unsqueeze(1)).flatten()
    return Explanation(
        source=sentence,
        translation=translator.sentences.translation(ids, found).text,
        languages=(translator.src, translator.tgt),
        source_pieces=[*src, _END],
        target_pieces=[*tgt, _END],
        probabilities=[math.exp(value) for value in chosen.tolist()],
        attention=result.weights[0].tolist(),
        second_attention=None if result.second is None else result.second[0].tolist(),
        cell=model.config.cell,
        meanings=CELLS[model.config.cell].gates.meanings,
        layers=look_at_layers(model, traces, [*src, _END], [_START, *tgt]),
    )


def look_at_layers(
    model: TranslationModel, traces: dict[str, Trace], read: Sequence[str], written: Sequence[str]
) -> list[LayerView]:
    """Return a view of each traced layer, in the order a sentence passes them.

    read: what the encoder read; written: what the decoder read, which is what it had written before each step
    """
    keeps = CELLS[model.config.cell].gates.keeps
    views = []
    for name, trace in traces.items():
        part, _, number, *direction = name.split(".")
        title = f"{part.capitalize()}, layer {int(number) + 1}"
        if direction:
            title += f", {_DIRECTIONS[direction[0]]}"
        ordered = _turned(trace) if direction == ["back"] else trace
        views.append(_view(title, ordered, keeps, list(read if part == "encoder" else written)))
    return views


def _view(title: str, trace: Trace, keeps: str | None, pieces: list[str]) -> LayerView:
    """trace: each (1, time, size), steps in the order of the pieces"""
    return LayerView(
        title=title,
        pieces=pieces,
        size=trace.cells.shape[2],
        gates={name: values[0].mean(dim=1).tolist() for name, values in trace.gates.items()},
        magnitude=trace.cells[0].abs().mean(dim=1).tolist(),
        units=telling_units(trace, keeps, pieces),
    )


def _turned(trace: Trace) -> Trace:
    """Return the trace of one sentence read from its end, in the order of the sentence."""
    gates = {name: values.flip(1) for name, values in trace.gates.items()}
    return Trace(gates, trace.cells.flip(1), trace.outputs.flip(1))


def _text(sentence: str) -> str:
    if not sentence.strip():
        raise InputError("the sentence is empty; give one to be translated")
    if "\n" in sentence.strip():
        raise InputError("the sentence has several lines; give one of them")
    return check_text(sentence, "the sentence")


def _check_length(count: int, translator: Translator) -> None:
    most = min(MOST_PIECES, translator.description.config.data.max_length)
    if count > most:
        raise InputError(f"the sentence has {count:,} pieces and at most {most} can be looked at; give a shorter one")
