"""The files of an ONNX export: two graphs that were compared with the model, tokenizers, config, how to run them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from string import Template

import torch

from nmt.errors import FailureError
from nmt.model import TranslationModel
from nmt.model_description import ModelDescription
from nmt.model_files import CARD, CONFIG
from nmt.onnx.graphs import DECODER, ENCODER, flatten, state_names, write_graphs
from nmt.onnx.model import OnnxModel, OnnxState
from nmt.tokenizer import BOS, EOS, PAD, UNK, TokenizerPair

# Float32 differs in the sixth digit or so, a graph that is wrong in the first.
_TOLERANCE = 1e-4


def onnx_files(
    model: TranslationModel, tokenizers: TokenizerPair, description: ModelDescription, card: bytes
) -> dict[str, bytes]:
    """Return the files of an ONNX export by name; card: Markdown that the guide is added to.

    Raises InputError where a package is missing, FailureError where the graphs are not what the model is.
    """
    graphs = write_graphs(model)
    check_graphs(model, graphs)
    names, states = list(tokenizers.files()), state_names(model)
    guide = Template(Path(__file__).with_name("guide.md").read_text(encoding="utf-8")).substitute(
        states=_list(states), next_states=_list(f"next_{name}" for name in states), source=names[0], target=names[-1],
        pad=PAD, unk=UNK, bos=BOS, eos=EOS,
    )  # fmt: skip
    text = f"{card.decode('utf-8', errors='replace').rstrip()}\n\n{guide}"
    return {CARD: text.encode(), CONFIG: description.to_bytes(), **tokenizers.files(), **graphs}


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


@torch.no_grad()
def check_graphs(model: TranslationModel, graphs: dict[str, bytes]) -> None:
    """Raise FailureError unless the graphs compute what the model does, for batches and lengths of several sizes."""
    runtime = OnnxModel(graphs)
    for lengths in ([1], [3], [7, 2, 1], [4, 5, 5, 1]):
        src_ids, src_lengths = _sentences(model, lengths)
        memory = model.encode(src_ids, src_lengths)
        expected = [memory.keys, memory.values, memory.mask, *flatten(model.start(memory))]
        state = runtime.start(src_ids, src_lengths)
        _compare(ENCODER, expected, [*state.memory, *state.parts])
        # The first sentence twice: two hypotheses of one sentence.
        rows = torch.tensor([0, *range(len(lengths))])
        tokens = torch.arange(len(rows)) % (model.tgt_vocab - EOS) + EOS
        ours = model.decode(tokens.unsqueeze(1), model.start(memory).select(rows), memory.select(rows))
        log_probs = torch.log_softmax(model.logits(ours.features.squeeze(1)), dim=1)
        step = runtime.step(tokens, OnnxState(state.memory, state.select(rows, None, None).parts, rows))
        _compare(
            DECODER,
            [log_probs, ours.weights.squeeze(1), *flatten(ours.state)],
            [step.log_probs, step.weights, *step.state.parts],
        )


def _sentences(model: TranslationModel, lengths: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return source ids (batch, src_len), of any tokens that are text, and their lengths."""
    places = torch.arange(max(lengths)).expand(len(lengths), -1)
    src_lengths = torch.tensor(lengths)
    src_ids = (places * 7 + src_lengths.unsqueeze(1)) % (model.src_vocab - EOS) + EOS
    return src_ids.masked_fill(places >= src_lengths.unsqueeze(1), PAD), src_lengths


def _compare(name: str, expected: list[torch.Tensor], found: list[torch.Tensor]) -> None:
    for one, other in zip(expected, found, strict=True):
        if one.shape != other.shape or not torch.allclose(one.float(), other.float(), _TOLERANCE, _TOLERANCE):
            raise FailureError(
                f"{name} as torch {torch.__version__} writes it does not compute what the model does; not written"
            )
